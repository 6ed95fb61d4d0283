"""Views of the register of the nightly runs, and of what the public sees."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from api import parametres
from api.listes import CHOIX, liste_simple
from api.pagination import Lignes, suite
from api.parametres import CLE, PAGE, TAILLE, TAILLE_AU_PLUS, TAILLE_DE_PAGE, Parametre
from api.recherche import RECHERCHE, demande
from api.schema import LECTURE, PUBLIC, Doc
from api.serializers.communs import page_de
from api.serializers.reponses import FormationSerializer, PassageSerializer
from api.views.base import Vue
from edof.horloge import aujourd_hui
from edof.replique import sur_la_replique
from publication.adresses import adresse, url_absolue
from publication.demain import nombres_par_jour
from publication.models import Parution, registre
from publication.visibilite import parues, publiques
from recherche.demande import Curseur, Demande
from recherche.facettes import seulement_le_total
from recherche.resultats import Trouvee, chercher

# Everything that is public is in the open data, in one file.
FORMATIONS_D_UN_CSV = 5_000
JOUR = Parametre(
    "jour",
    "AAAA-MM-JJ : ce qui était public ce jour-là. Sans lui, ce qui l'est maintenant.",
    {"type": "string", "format": "date"},
)


class PublicationVue(Vue):
    """The operations on the register of the runs."""

    chapitre, ressource = "Publications", "publications"
    docs: ClassVar[dict[str, Doc]] = {
        "lister": Doc(
            "Lister les publications",
            "Un passage par jour, du premier au dernier, avec le nombre de vos sessions parues, modifiées,"
            " retirées et nouvellement retenues.",
            page_de(PassageSerializer, partielle=True),
            parametres=(*PAGE, *CHOIX),
            erreurs=LECTURE,
            tableau=True,
        ),
    }

    def lister(self, request: Request) -> HttpResponseBase:
        """Return a page of runs, with the counts of the organisme."""
        passages = Lignes(registre(self.jeton.organisme), self._comptes)
        return liste_simple(request, self.ressource, PassageSerializer, passages)

    def _comptes(self, passages: list[Any]) -> list[Any]:
        nombres = nombres_par_jour(self.jeton.organisme, [passage.jour for passage in passages])
        for passage in passages:
            passage.nombres = nombres[passage.jour]
        return passages


class _DUnJour(Lignes):
    """The formations of a day, in the order of the keys of their actions."""

    au_plus = FORMATIONS_D_UN_CSV

    def __init__(self, parutions: QuerySet[Parution]) -> None:
        self.parutions = parutions
        super().__init__(parutions.order_by().values("action_id").distinct(), self._lues, cle="action_id")

    @sur_la_replique
    def apres(self, cle: int) -> list[Any]:
        """Return the rows of a piece, those that follow this key."""
        return super().apres(cle)

    @sur_la_replique
    def _lues(self, cles: list[Any]) -> list[Any]:
        return _formations(self.parutions.filter(action_id__in=[ligne["action_id"] for ligne in cles]))


class _Trouvees:
    """The formations that a search finds, in its order."""

    au_plus = FORMATIONS_D_UN_CSV

    def __init__(self, cherchee: Demande) -> None:
        self.cherchee = cherchee

    def page(self, request: Request) -> tuple[list[Any], str | None]:
        """Return the requested page, and the URL of the next one."""
        taille = parametres.entier(request, TAILLE_DE_PAGE, TAILLE) or TAILLE
        lue = chercher(self.cherchee, taille)
        return _montrer(lue.trouvees), suite(request, lue.suivante) if lue.suivante else None

    def nombre(self) -> int:
        """Return how many formations the search finds."""
        return seulement_le_total(self.cherchee)

    def morceaux(self) -> Iterator[list[Any]]:
        """Yield all the formations, piece by piece."""
        cherchee: Demande | None = self.cherchee
        while cherchee:
            formations, suivante = self._un_morceau(cherchee)
            yield formations
            cherchee = replace(cherchee, curseur=Curseur.lire(suivante)) if suivante else None

    @sur_la_replique
    def _un_morceau(self, cherchee: Demande) -> tuple[list[Any], str]:
        lue = chercher(cherchee, TAILLE_AU_PLUS)
        return _montrer(lue.trouvees), lue.suivante


def _montrer(trouvees: list[Trouvee]) -> list[dict[str, Any]]:
    actions = [trouvee.action for trouvee in trouvees]
    formations = {f["id"]: f for f in _formations(publiques().filter(action__in=actions))}
    return [formations[action] for action in actions if action in formations]


class FormationVue(Vue):
    """The operations on what the public sees, for which no token is required."""

    chapitre, ressource = "Formations", "formations"
    permission_classes: ClassVar[list[Any]] = [AllowAny]
    docs: ClassVar[dict[str, Doc]] = {
        "lister": Doc(
            "Chercher dans ce que le public voit",
            "Les actions visibles, de tous les organismes, telles qu'elles ont été publiées, avec les mêmes"
            " paramètres que la recherche publique et dans le même ordre. Sans jeton. Avec `jour`, ce qui"
            " était public un autre jour, dans l'ordre des clés : les paramètres de la recherche ne vont pas"
            " avec lui. Le CSV en a 5 000 au plus ; tout ce qui est public, en un fichier, est dans les"
            " données ouvertes.",
            page_de(FormationSerializer, partielle=True),
            parametres=(JOUR, TAILLE_DE_PAGE, *RECHERCHE, *CHOIX),
            erreurs=LECTURE,
            tableau=True,
        ),
        "lire": Doc(
            "Lire une formation publiée",
            "L'action, son offre et ses sessions. Sans jeton.",
            FormationSerializer,
            parametres=(CLE, JOUR),
            erreurs=PUBLIC,
        ),
    }

    @sur_la_replique
    def lister(self, request: Request) -> HttpResponseBase:
        """Return a page of actions: those of the search, or those of a day."""
        if "jour" not in request.query_params:
            source: Any = _Trouvees(demande(request))
            return liste_simple(request, self.ressource, FormationSerializer, source)
        admis = {"jour", "taille", "curseur", *(choix.nom for choix in CHOIX)}
        autres = sorted(set(request.query_params) - admis)
        if autres:
            raise parametres.refuser(
                autres[0],
                "« jour » ne va pas avec les paramètres de la recherche, qui porte sur aujourd'hui.",
            )
        return liste_simple(request, self.ressource, FormationSerializer, _DUnJour(self._parutions()))

    @sur_la_replique
    def lire(self, request: Request, id: int) -> Response:
        """Return one action; 404 when it is not public."""
        formations = _formations(self._parutions().filter(action_id=id))
        if not formations:
            raise Http404
        return Response(FormationSerializer(formations[0]).data)

    def _parutions(self) -> QuerySet[Parution]:
        """Return the parutions of the requested day, or of now.

        Today, the immediate conditions hide some of them (D-20).
        """
        texte = self.request.query_params.get("jour")
        if texte is None:
            return publiques()
        try:
            jour = dt.date.fromisoformat(texte) if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", texte) else None
        except ValueError:
            jour = None
        if jour is None:
            raise parametres.refuser("jour", "Le jour s'écrit AAAA-MM-JJ, par exemple 2026-03-29.")
        if jour > aujourd_hui():
            raise parametres.refuser("jour", "Ce jour n'est pas encore arrivé : rien n'y est publié.")
        return publiques() if jour == aujourd_hui() else parues().au_jour(jour)


def _formations(parutions: QuerySet[Parution]) -> list[dict[str, Any]]:
    """Return the actions of these parutions, with their sessions, in one query."""
    formations: dict[int, dict[str, Any]] = {}
    for parution in parutions.select_related(*Parution.CONTENUS).order_by(
        "action_id", "date_debut", "session_id"
    ):
        formation = formations.setdefault(
            parution.action_id,
            {
                "id": parution.action_id,
                "url": url_absolue(adresse(parution.contenu_offre.contenu, parution.contenu_action.contenu)),
                "offre": parution.contenu_offre.contenu,
                "action": parution.contenu_action.contenu,
                "sessions": [],
            },
        )
        formation["sessions"].append(parution)
    return list(formations.values())
