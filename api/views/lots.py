"""Views of the lots: many writes in one call, their progress, their stop, their undoing."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import parametres
from api.corps import LecteurJSON
from api.ecriture import lire_le_corps
from api.listes import CHOIX, liste_simple
from api.lots import retour
from api.lots.elements import TOUT_DE_SUITE, lire
from api.lots.envoi import ELEMENTS, compter, deposer, envoyer
from api.lots.taches import executer_un_lot
from api.pagination import Lignes
from api.parametres import CLE, PAGE, SIMULATION, Parametre
from api.schema import ECRITURE, LECTURE, LECTURE_D_UNE, Doc
from api.serializers.communs import page_de
from api.serializers.lots import (
    EnvoiSerializer,
    LigneDeLotSerializer,
    LotFaitSerializer,
    LotSerializer,
)
from api.views.base import Vue
from catalogue.cycle_de_vie import Origine
from edof.problemes import Probleme, Raison
from lots import annulation, execution
from lots.models import PROGRAMME, Etat, Lot
from lots.operations import OPERATIONS
from organismes.droits import Operation

EN_TACHE = "respond-async"
PREFERENCE = Parametre(
    "Prefer",
    f"`{EN_TACHE}` : le lot se fait en tâche (202), quel que soit son nombre d'éléments.",
    {"type": "string"},
    lieu="header",
)
_SUR_UN: dict[str, Any] = {"reponse": LotSerializer, "parametres": (CLE,), "erreurs": ECRITURE}


class LecteurDeLot(LecteurJSON):
    """A parser of the elements of a lot, which are many."""

    octets_au_plus = 20_000_000
    trop_gros = "Un lot pèse 20 Mo au plus."


class LotVue(Vue):
    """The operations on the lots of the organisme of the token."""

    chapitre, ressource = "Lots", "lot"
    parser_classes: ClassVar[Any] = [LecteurDeLot]
    docs: ClassVar[dict[str, Doc]] = {
        "lister": Doc(
            "Lister les lots",
            "Ceux des programmes et ceux des écrans, gardés 90 jours.",
            page_de(LotSerializer, partielle=True),
            parametres=(*PAGE, *CHOIX),
            erreurs=LECTURE,
            tableau=True,
        ),
        "envoyer": Doc(
            "Écrire beaucoup de fiches en un appel",
            "Des offres, des actions et des sessions à créer, à changer, à ouvrir, à archiver… dans l'ordre"
            " donné : un élément peut nommer par `chemin` ce qu'un autre crée avant lui. Chacun est répondu"
            " comme la même requête faite seule (`status`, `probleme`, `etag`). Jusqu'à 1 000 éléments, la"
            " réponse vient tout de suite (200) ; au-delà, jusqu'à 20 000, ou avec `Prefer: respond-async`,"
            " le lot se fait en tâche (202) : lisez-le à l'adresse de `Location`. `dry_run` dit tout et"
            " n'écrit rien, pour 1 000 éléments au plus.",
            LotFaitSerializer,
            corps=EnvoiSerializer,
            statuts=(200, 202),
            parametres=(SIMULATION, PREFERENCE),
            erreurs=ECRITURE,
        ),
        "lire": Doc(
            "Lire un lot",
            "Où il en est.",
            LotSerializer,
            parametres=(CLE,),
            erreurs=LECTURE_D_UNE,
        ),
        "lignes": Doc(
            "Lister les lignes d'un lot",
            "Ce qu'est devenue chaque fiche d'un lot fait en tâche ; vide quand les réponses sont venues tout"
            " de suite.",
            page_de(LigneDeLotSerializer, partielle=True),
            parametres=(CLE, *PAGE, *CHOIX),
            erreurs=LECTURE_D_UNE,
            tableau=True,
        ),
        "arreter": Doc(
            "Arrêter un lot", "Après l'ensemble en cours : ce qui est fait reste fait.", **_SUR_UN
        ),
        "reprendre": Doc("Reprendre un lot arrêté", "D'où il en était.", **_SUR_UN),
        "annuler": Doc(
            "Annuler un lot",
            "Ce qui n'a pas bougé depuis redevient comme avant, le reste est gardé et nommé. La réponse est"
            " le lot qui l'annule ; au-delà de 200 fiches, il se fait en tâche.",
            **_SUR_UN,
        ),
    }

    def ensemble(self) -> QuerySet[Lot]:
        """Return the lots of the organisme."""
        lots = Lot.objects.pour_organisme(self.jeton.organisme)
        return lots.select_related("organisme", "annule").exclude(etat=Etat.PREPARE)

    def lister(self, request: Request) -> HttpResponseBase:
        """Return a page of lots."""
        return liste_simple(request, "lots", LotSerializer, Lignes(self.ensemble(), _comptes))

    def lire(self, request: Request, id: int) -> Response:
        """Return one lot."""
        return self._montrer(get_object_or_404(self.ensemble(), pk=id))

    def lignes(self, request: Request, id: int) -> HttpResponseBase:
        """Return a page of the records of one lot."""
        lignes = get_object_or_404(self.ensemble(), pk=id).lignes.all()
        return liste_simple(request, f"lot-{id}", LigneDeLotSerializer, Lignes(lignes))

    def envoyer(self, request: Request) -> Response:
        """Do the elements of the body, or keep them for the worker (POST)."""
        self.exiger(Operation.MODIFIER)
        mode, elements = lire(request.data)
        simulation = parametres.vrai(request, SIMULATION)
        preferee = _demande_une_tache(request)
        if simulation and len(elements) > TOUT_DE_SUITE:
            raison = Raison(f"Une simulation a {TOUT_DE_SUITE} éléments au plus.", "elements", "trop")
            raise Probleme("validation", "", [raison])
        if not simulation and (preferee or len(elements) > TOUT_DE_SUITE):
            lot = deposer(self.jeton, mode, elements)
            entetes = {"Preference-Applied": EN_TACHE} if preferee else {}
            return self._envoye(lot, None, statut=202, entetes=entetes)
        lot = envoyer(self.jeton, mode, elements, simulation=simulation)
        if simulation:
            lot.id = None
        return self._envoye(lot, [element.en_json(simulation=simulation) for element in elements])

    def _envoye(
        self, lot: Any, elements: Any, *, statut: int = 200, entetes: dict[str, str] | None = None
    ) -> Response:
        compter([lot])
        contenu = {**LotSerializer(lot).data, "elements": elements}
        entetes = dict(entetes or {})
        if lot.pk is not None:
            entetes["Location"] = self.request.build_absolute_uri(reverse("api_lot", args=[lot.pk]))
        return Response(contenu, status=statut, headers=entetes)

    def arreter(self, request: Request, id: int) -> Response:
        """Stop a lot (POST)."""
        lot = self._a_conduire(id)
        execution.arreter(lot)
        return self.lire(request, id)

    def reprendre(self, request: Request, id: int) -> Response:
        """Go on with a lot that was stopped (POST)."""
        lot = self._a_conduire(id)
        if lot.etat == Etat.ARRETE:
            execution.demander(lot)
        return self.lire(request, id)

    def annuler(self, request: Request, id: int) -> Response:
        """Undo a lot that is finished or stopped (POST)."""
        lot = self._a_conduire(id)
        if lot.etat not in {Etat.FINI, Etat.ARRETE} or lot.annule is not None:
            phrase = f"Ce lot n'en est pas là : « {lot.get_etat_display()} »."
            if lot.annule is not None:
                phrase = "Un retour ne s'annule pas."
            raise Probleme("operation_refusee", "", [Raison(phrase, None, "etat")])
        des_programmes = lot.choix == PROGRAMME
        if des_programmes:
            fait = retour.demander(lot, par=self.jeton)
        else:
            fait = annulation.annuler(lot, par=None, jeton=self.jeton, origine=Origine.API)
        if fait.nombre <= execution.TOUT_DE_SUITE:
            (executer_un_lot if des_programmes else execution.executer_lot)(fait.pk)
        return self.lire(request, fait.pk)

    def _a_conduire(self, cle: int) -> Lot:
        """Return a lot that the token may stop, resume or undo; its body says nothing."""
        lot = get_object_or_404(self.ensemble(), pk=cle)
        conduit = lot.annule or lot
        droits = conduit.parametres.get("droits", [])
        if conduit.operation != ELEMENTS:
            droits = [OPERATIONS[conduit.operation].operation]
        for droit in droits:
            self.exiger(Operation(droit))
        lire_le_corps(self.request.data, serializers.Serializer())
        return lot

    def _montrer(self, lot: Lot) -> Response:
        compter([lot])
        return Response(LotSerializer(lot).data)


def _comptes(lots: list[Lot]) -> list[Lot]:
    compter(lots)
    return lots


def _demande_une_tache(request: Request) -> bool:
    """Return whether the header Prefer asks for a task (RFC 7240)."""
    preferences = request.headers.get("Prefer", "").split(",")
    return EN_TACHE in {preference.partition(";")[0].strip().lower() for preference in preferences}
