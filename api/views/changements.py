"""View of the change feed: what happened to the records of the organisme, in one order."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from api import parametres
from api.parametres import SI_CHANGE, Parametre, refuser
from api.preconditions import verifier
from api.schema import LECTURE, Doc
from api.serializers.changements import ChangementDuFilSerializer, PageDuFilSerializer
from api.views.actions import ActionVue
from api.views.base import Vue
from api.views.carnet import AdresseVue, ContactVue
from api.views.offres import OffreVue
from api.views.organismes import OrganismeVue
from api.views.sessions import SessionVue
from edof.horloge import aujourd_hui
from edof.problemes import Probleme
from publication import fil
from publication.changements import Changement, raconter

FIN = "fin"
DEPUIS = Parametre(
    "depuis",
    "Le `curseur` de la réponse précédente, ou d'un changement : ce qui vient après. `fin` : rien, et le"
    " curseur d'où suivre ce qui vient. Sans lui, du plus ancien changement gardé.",
    {"type": "string", "minLength": 1, "maxLength": 120},
)
TAILLE = Parametre(
    "taille",
    "Combien de changements au plus.",
    {"type": "integer", "minimum": 1, "maximum": 1000, "default": 200},
)
AVEC_LES_FICHES = Parametre(
    "inclure",
    "`fiche` : avec chaque changement, la fiche telle que sa liste la montre maintenant.",
    {"type": "string", "enum": ["fiche"]},
)
VUES: dict[str, Any] = {
    "organisme": OrganismeVue,
    "offre": OffreVue,
    "action": ActionVue,
    "session": SessionVue,
    "contact": ContactVue,
    "adresse": AdresseVue,
}


class ChangementVue(Vue):
    """The feed of the organisme of the token."""

    chapitre, ressource = "Changements", "changements"
    docs: ClassVar[dict[str, Doc]] = {
        "suivre": Doc(
            "Suivre les changements",
            "Tout ce qui a changé, du plus ancien au plus récent : créations, modifications, opérations,"
            " suppressions, et ce que chaque nuit a publié. Aucun changement ne manque ni ne vient deux fois,"
            " quoi que fassent les autres pendant ce temps. Gardés 90 jours.",
            PageDuFilSerializer,
            parametres=(DEPUIS, TAILLE, AVEC_LES_FICHES, SI_CHANGE),
            erreurs=(*LECTURE, 410),
            etag=True,
        ),
    }

    def suivre(self, request: Request) -> Response:
        """Return what happened after the cursor."""
        inclure = parametres.parmi(request, AVEC_LES_FICHES)
        taille = parametres.entier(request, TAILLE, TAILLE.schema["default"]) or 0
        organisme = self.jeton.organisme
        place = self._place(request)
        etiquette = f"{organisme.pk}-{fil.dernier_numero(organisme)}-{aujourd_hui():%Y%m%d}"
        if verifier(request, etiquette):
            return self.repondre(None, etiquette, statut=304)
        faits = fil.lire(organisme, place, taille + 1)
        encore, faits = len(faits) > taille, faits[:taille]
        changements = raconter(organisme, faits)
        fiches = self._fiches(changements) if inclure else None
        curseur = (faits[-1].place if faits else place).curseur
        suivant = self._suivant(request, curseur)
        lus = ChangementDuFilSerializer(changements, many=True, context={"fiches": fiches}).data
        contenu = {"suivant": suivant, "curseur": curseur, "encore": encore, "resultats": lus}
        reponse = self.repondre(contenu, etiquette)
        if encore:
            reponse["Link"] = f'<{suivant}>; rel="next"'
        return reponse

    def _place(self, request: Request) -> fil.Place:
        organisme, texte = self.jeton.organisme, request.query_params.get(DEPUIS.nom)
        if texte is None:
            return fil.debut(organisme)
        if texte == FIN:
            return fil.fin(organisme)
        try:
            return fil.place_de(organisme, texte)
        except fil.CurseurIllisible as erreur:
            raise refuser(
                DEPUIS.nom,
                "« depuis » n'est pas un curseur de votre organisme : donnez celui d'une réponse précédente,"
                " `fin`, ou rien pour tout lire.",
            ) from erreur
        except fil.CurseurPerime as erreur:
            raise Probleme("curseur_perime") from erreur

    def _suivant(self, request: Request, curseur: str) -> str:
        demande = request.query_params.copy()
        demande[DEPUIS.nom] = curseur
        return request.build_absolute_uri(f"{request.path}?{demande.urlencode()}")

    def _fiches(self, changements: list[Changement]) -> dict[tuple[str, int], Any]:
        """Return the records that exist, as their lists show them; one query for each level."""
        fiches: dict[tuple[str, int], Any] = {}
        for niveau, vue in VUES.items():
            if cles := {c.cle for c in changements if c.niveau == niveau and c.vivante}:
                lues = vue.de(self.jeton.organisme).filter(pk__in=cles)
                fiches |= {(niveau, lue["id"]): lue for lue in vue.lecture(lues, many=True).data}
        return fiches
