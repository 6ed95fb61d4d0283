"""The operations on many records in Django admin: what the administrators ask for there, and what all did.

An administrator ticks records of one organisme in a list; the lot then has its rehearsal, its execution and
its report here, as in the screens of the members (`bureau/lots`).
"""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from bureau.lots.choix import trop_de_fiches
from bureau.lots.consequences import consequences
from bureau.lots.presentation import choix_en_mots, deja, suite_en_mots, titre
from bureau.lots.suivi import arreter_tout, confirmer, defaire, en_csv, suivi
from catalogue.cycle_de_vie import Origine
from catalogue.models import Fiche
from edof.administration import LectureSeule
from lots.models import FICHES_AU_PLUS, Etat, Lot
from lots.operations import OPERATIONS
from lots.repetition import raconter
from organismes.admin.filtre_par_organisme import OrganismeFilter
from organismes.droits import Operation
from organismes.models import Utilisateur

PLUSIEURS_ORGANISMES = (
    "Les fiches choisies sont de plusieurs organismes, et une opération en nombre se fait dans un seul :"
    " filtrez la liste par organisme, puis recommencez. Rien n'a été fait."
)
# The records that the page names for each reason of refusal.
NOMMEES = 12


def preparer(
    page: admin.ModelAdmin, request: HttpRequest, operation: Operation, choisies: QuerySet[Any]
) -> HttpResponse | None:
    """Keep the keys and versions of the records chosen in a list, and go to the page of the lot.

    Nothing is kept, and a message says why, when there are too many or when they are of several organismes.
    """
    modele: type[Fiche] = page.model
    premiere = choisies.order_by("pk").first()
    if premiere is None:
        return None
    if choisies.order_by().exclude(organisme=premiere.organisme_id).exists():
        page.message_user(request, PLUSIEURS_ORGANISMES, messages.ERROR)
        return None
    if (nombre := choisies.order_by().count()) > FICHES_AU_PLUS:
        page.message_user(request, trop_de_fiches(modele, nombre), messages.ERROR)
        return None
    niveau, qui = str(modele._meta.model_name), _qui(request)
    lot = Lot.objects.create(
        organisme_id=premiere.organisme_id,
        niveau=niveau,
        operation=operation.value,
        par=qui,
        origine=Origine.ADMIN,
        choix="filtres" if request.POST.get("select_across") == "1" else "cochees",
        retour=reverse("sessions" if niveau == "session" else "catalogue"),
    )
    lot.figer(choisies.order_by("pk"))
    return redirect("admin:lots_lot_change", lot.pk)


def _qui(request: HttpRequest) -> Utilisateur:
    """Return who is signed in: nobody enters the administration without."""
    return cast(Utilisateur, request.user)


@admin.register(Lot)
class LotAdmin(LectureSeule):
    """Admin of the operations on many records: who asked for what, how far it is."""

    list_display = ["nom", "nombre", "etat", "organisme", "par", "origine", "cree_le"]
    list_select_related = ["organisme", "par"]
    list_filter = ["etat", OrganismeFilter]
    search_fields = ["=organisme__siret"]
    search_help_text = "SIRET entier."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lot]:
        """Return the lots of the screens: what a program sent is read by the API."""
        lots: Any = super().get_queryset(request)
        return cast("QuerySet[Lot]", lots.des_ecrans())

    @admin.display(description="opération")
    def nom(self, lot: Lot) -> str:
        """Return « Ouvrir 40 sessions à l'inscription »."""
        return titre(lot, lot.nombre)

    def get_urls(self) -> list[Any]:
        """Return the URLs, with that of the report."""
        vue = self.admin_site.admin_view(self.compte_rendu)
        return [
            path("<int:pk>/compte-rendu/", vue, name="lots_lot_compte_rendu"),
            *super().get_urls(),
        ]

    def compte_rendu(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the report of the lot, one line per record, as a CSV file."""
        lot = self.get_object(request, str(pk))
        if not self.has_view_permission(request, lot):
            raise PermissionDenied
        if lot is None:
            raise Http404
        return en_csv(lot)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Render the rehearsal, the progress or the report of a lot; POST does what a button says."""
        lot = self.get_object(request, object_id)
        if lot is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if lot.annule:
            return redirect("admin:lots_lot_change", lot.annule_id)
        erreur = ""
        if request.method == "POST":
            if not self._peut_agir(request, lot):
                raise PermissionDenied
            erreur = self._faire(request, lot, request.POST.get("geste", ""))
            if not erreur:
                return redirect("admin:lots_lot_change", lot.pk)
        elif not self.has_view_permission(request, lot):
            raise PermissionDenied
        contexte = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": lot,
            **self._contexte(request, lot, erreur),
        }
        return TemplateResponse(request, "admin/lots/lot.html", contexte, status=422 if erreur else 200)

    def _peut_agir(self, request: HttpRequest, lot: Lot) -> bool:
        """Return whether this administrator may act on the lot: what members prepare is theirs."""
        return bool(request.user.is_superuser and lot.origine == Origine.ADMIN)

    def _faire(self, request: HttpRequest, lot: Lot, geste: str) -> str:
        """Do what a button asks; return why it cannot be done, or nothing."""
        if geste == "executer":
            avec = {"avec_descendants": True} if "avec_descendants" in request.POST else {}
            if lot.etat == Etat.PREPARE and lot.operation == Operation.DESARCHIVER:
                lot.parametres = avec
                lot.save(update_fields=["parametres"])
            return confirmer(lot, request.POST.get("nombre", ""), par=_qui(request))
        if geste == "repeter" and lot.etat == Etat.PREPARE:
            lot.figer_de_nouveau()
        elif geste == "arreter":
            arreter_tout(lot)
        elif geste == "annuler":
            defaire(lot, par=_qui(request), origine=Origine.ADMIN)
        return ""

    def _contexte(self, request: HttpRequest, lot: Lot, erreur: str) -> dict[str, Any]:
        niveau = lot.modele._meta
        fiche = f"admin:{niveau.app_label}_{niveau.model_name}"
        commun = {
            "title": titre(lot, lot.nombre),
            "peut_agir": self._peut_agir(request, lot),
            "erreur": erreur,
            "url_de_la_fiche": f"{fiche}_change",
            "url_de_la_liste": reverse(f"{fiche}_changelist"),
            "nommees": NOMMEES,
        }
        if lot.etat != Etat.PREPARE:
            return {**commun, **suivi(lot)}
        if not commun["peut_agir"]:
            return {**commun, "lot": lot}
        repetition = raconter(lot)
        nombre = len(repetition.pretes)
        return {
            **commun,
            "lot": lot,
            "repetition": repetition,
            "choix": choix_en_mots(lot),
            "noms": f"{niveau.verbose_name},{niveau.verbose_name_plural}",
            "deja": repetition.deja and deja(lot, repetition.deja),
            "suite_en_mots": suite_en_mots(lot, nombre),
            "suites": consequences(lot, repetition),
            "parents": [
                parent for niveau in repetition.parents for parent in repetition.parents[niveau].values()
            ],
            "bouton": titre(lot, nombre, les=True),
            "operation": OPERATIONS[lot.operation],
            "descendants_au_choix": lot.operation == Operation.DESARCHIVER and lot.niveau != "session",
        }
