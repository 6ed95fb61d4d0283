"""What saving a record does below it, announced by the form before it is done (publication/impact.py)."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages

from catalogue.cycle_de_vie import executer
from catalogue.models import Fiche
from catalogue.nomenclatures import EntreesSorties
from edof.templatetags.affichage import milliers, pluriel
from organismes.droits import Operation, role_permet
from organismes.espace import Requete
from publication.impact import Impact, dessous_de, enregistrer_ou_annoncer, presenter
from sessions_app.models import Session

# The button that accepts what was announced: « continuer:valider ».
CONTINUER = "continuer"
# What may be done of the sessions that are lost.
VIDER, FERMER, GARDER = "vider", "fermer", "garder"
# Above this number, sessions are not closed one by one while somebody waits.
A_FERMER_AU_PLUS = 200


class AvecImpact:
    """Mixin of `Assistant` that announces what a save loses, and repairs it on request."""

    fiche: Fiche
    creation: bool

    def enregistrer_ou_annoncer(self, request: Requete, enregistrer: Callable[[], Fiche]) -> Fiche:
        """Save through `enregistrer`, and return the record; raise ImpactAnnonce when something is lost.

        What the person has accepted is in the form: the losses that were shown, and the repair.
        """
        if self.creation or isinstance(self.fiche, Session):
            return enregistrer()
        accepte = request.POST.get("operation", "").startswith(f"{CONTINUER}:")
        return enregistrer_ou_annoncer(
            dessous_de(self.fiche),
            enregistrer,
            vu=request.POST.get("impact", "") if accepte else "",
            ensuite=lambda impact: self._reparer(request, impact),
        )

    def annonce_de(self, request: Requete, impact: Impact, operation: Operation) -> dict[str, Any]:
        """Return what the template shows of the losses: sentences, sessions, repairs."""
        return {
            **presenter(impact),
            "reparations": list(self._reparations(request, impact).items()),
            "reparation": GARDER,
            "continuer": f"{CONTINUER}:{'valider' if operation == Operation.VALIDER else 'enregistrer'}",
            # The choices already made between two versions, which this page does not show again.
            "choix_faits": [(nom, v) for nom, v in request.POST.items() if nom.startswith("choix:")],
            "vue": request.POST.get("vue", ""),
        }

    def _reparations(self, request: Requete, impact: Impact) -> dict[str, str]:
        """Return the repairs that this person may ask for, with their labels; the last repairs nothing."""
        offertes = {}
        incoherentes, visibles = len(impact.incoherentes), len(impact.visibles)
        if incoherentes and request.POST.get("modalites_entrees_sorties") == EntreesSorties.PERMANENTES:
            offertes[VIDER] = _selon(
                incoherentes, "Vider les dates de cette session", "Vider les dates de ces {} sessions"
            )
        if 0 < visibles <= A_FERMER_AU_PLUS and role_permet(request.membre.role, Operation.FERMER):
            offertes[FERMER] = _selon(
                visibles,
                "Fermer la session visible : le public ne la voit plus dès maintenant",
                "Fermer les {} sessions visibles : le public ne les voit plus dès maintenant",
            )
        return {**offertes, GARDER: "Enregistrer quand même"}

    def _reparer(self, request: Requete, impact: Impact) -> None:
        choisie = request.POST.get("reparation", GARDER)
        if choisie not in self._reparations(request, impact):
            return
        if choisie == VIDER:
            nombre = Session.objects.filter(pk__in=impact.incoherentes).vider_les_dates(par=request.membre)
            messages.success(
                request, f"Les dates sont vidées : {pluriel(nombre, 'session,sessions')} sans dates."
            )
        elif choisie == FERMER:
            for session in Session.objects.filter(pk__in=impact.visibles).order_by("pk"):
                executer(session, Operation.FERMER, par=request.membre)
            formes = "session est fermée,sessions sont fermées"
            messages.success(request, f"{pluriel(len(impact.visibles), formes)} à l'inscription.")


def _selon(nombre: int, une: str, plusieurs: str) -> str:
    return une if nombre == 1 else plusieurs.format(milliers(nombre))
