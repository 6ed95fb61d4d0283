"""Offres, actions and (from `sessions_app`) sessions in Django admin.

They are displayed as in « Consulter », and their operations go through `executer`. Nothing is typed here: the
content belongs to the organisme, whose screens, drafts and merges would be bypassed. An administrator who
must correct it takes a role there, and the history records it.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from bureau.fiche.sections import lire
from bureau.menu import url_de
from catalogue.admin.operations import OPERATIONS, adresse_de, confirmer, operer
from catalogue.cycle_de_vie import Refus, Statut, est_proposee, refus_de
from catalogue.forms.fiche import FORMULAIRES
from catalogue.models import Action, Fiche, Offre
from catalogue.operations import USAGES, demande_confirmation
from edof.administration import LectureSeule
from lots.admin import preparer
from organismes.admin.filtre_par_organisme import OrganismeFilter, commencent_par
from organismes.admin.historique import Suivie
from organismes.droits import Operation


def _action(operation: Operation) -> Callable[..., Any]:
    @admin.action(description=operation.label)
    def agir(page: "FicheAdmin", request: HttpRequest, queryset: QuerySet[Fiche]) -> HttpResponse | None:
        return page.agir(request, queryset, operation)

    agir.__name__ = operation.value
    return agir


def _refus(refus: Refus) -> dict[str, str]:
    return {
        "phrase": refus.phrase,
        "url": adresse_de(refus.coupable) if refus.coupable and refus.coupable.pk else "",
    }


class StatutFilter(admin.SimpleListFilter):
    """Filter on the status, for which there is an index."""

    title = "statut"
    parameter_name = "statut"
    CHOIX = {statut.value: (statut.label, Q(statut=statut.value)) for statut in Statut}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices: four, or five for the sessions."""
        return [(code, libelle) for code, (libelle, _) in self.CHOIX.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Return the records of the chosen status."""
        return queryset.filter(self.CHOIX.get(self.value(), ("", Q()))[1])


class FicheAdmin(LectureSeule, Suivie):
    """Base admin of the records of a level."""

    list_filter = [StatutFilter, OrganismeFilter]
    search_fields = ["identifiant_normalise"]
    search_help_text = "Début de l'identifiant, ou SIRET de l'organisme."
    change_form_template = "admin/catalogue/fiche.html"
    parents: tuple[str, ...]
    operations = tuple(operation for operation in OPERATIONS if not USAGES[operation].pour_la_session)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Search by the beginning of the identifier or by SIRET, for which there are indexes."""
        return commencent_par(queryset, search_term), False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the operations of the life cycle, for superusers only.

        They have the right to all operations in every organisme.
        """
        if not request.user.is_superuser or "_popup" in request.GET:
            return {}
        return {
            operation.value: (_action(operation), operation.value, operation.label)
            for operation in self.operations
        }

    def agir(
        self, request: HttpRequest, queryset: QuerySet[Fiche], operation: Operation
    ) -> HttpResponse | None:
        """Ask for a confirmation when the operation needs one, then do it; several records make a lot.

        A button of the page of a record returns to this page.
        """
        fiches = list(queryset.select_related(*self.parents).order_by("pk")[:2])
        if len(fiches) > 1:
            return preparer(self, request, operation, queryset)
        if demande_confirmation(operation, contient=True) and "confirme" not in request.POST:
            return confirmer(self, request, operation, fiches)
        parametres: dict[str, Any] = {"valeurs": {}} if operation == Operation.VALIDER else {}
        if operation == Operation.DESARCHIVER:
            parametres = {"avec_descendants": "avec_descendants" in request.POST}
        faites = operer(self, request, operation, fiches, **parametres)
        if (
            request.POST.get("retour") == "fiche"
            and len(fiches) == 1
            and not (faites and operation == Operation.SUPPRIMER)
        ):
            return redirect(adresse_de(fiches[0]))
        return None

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return nothing: the template displays the record as in « Consulter »."""
        return []

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Render the record, its parents, the operations offered and why some are refused."""
        fiche = self.get_object(request, object_id)
        contexte = self.contexte_de(request, fiche) if isinstance(fiche, Fiche) else {}
        return super().change_view(request, object_id, form_url, {**contexte, **(extra_context or {})})

    def contexte_de(self, request: HttpRequest, fiche: Fiche) -> dict[str, Any]:
        """Return the template context of the page of the record."""
        proposees = [
            operation
            for operation in (self.operations if request.user.is_superuser else ())
            if est_proposee(fiche, operation)
            and (operation != Operation.VALIDER or fiche.statut == Statut.BROUILLON)
        ]
        boutons = [
            {"code": o.value, "libelle": o.label, "refus": [_refus(r) for r in refus_de(fiche, o)]}
            for o in proposees
        ]
        return {
            "fiche": fiche,
            "parents_de_la_fiche": [
                {"nom": p._meta.verbose_name, "fiche": p, "url": adresse_de(p)}
                for p in reversed(fiche.parents())
            ],
            "sections": lire(fiche, FORMULAIRES[type(fiche)]),
            "manques": (
                [regle.raison for regle in fiche.empechements()] if fiche.statut == Statut.BROUILLON else []
            ),
            "boutons": boutons,
            "modifier": url_de(fiche, Operation.MODIFIER) if request.organisme == fiche.organisme else "",
            "faits": [],
        }


@admin.register(Offre)
class OffreAdmin(FicheAdmin):
    """Admin of the offres."""

    parents = ("organisme", "certification")
    list_display = ["identifiant", "intitule", "organisme", "statut", "modifie_le"]
    list_select_related = ["organisme"]


@admin.register(Action)
class ActionAdmin(FicheAdmin):
    """Admin of the actions."""

    parents = ("organisme", "offre__certification", "lieu_de_formation")
    list_display = ["identifiant", "offre", "organisme", "statut", "modifie_le"]
    list_select_related = ["organisme", "offre"]
