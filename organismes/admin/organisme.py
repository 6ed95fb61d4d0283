"""Organismes in Django admin: their identity, their certificates, their members, and their suspension."""

import copy
import datetime as dt
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from edof.horloge import demain
from edof.lecture import lire_code
from edof.pliage import tri_francais
from edof.templatetags.affichage import enumerer
from organismes.admin.entree import Entree, MotifForm
from organismes.admin.historique import Suivie
from organismes.admin.widgets import UtilisateurField
from organismes.confirmation import mot_de_passe_recent
from organismes.courriels import aux_gestionnaires
from organismes.droits import Role
from organismes.equipe import EquipeRefusee, garder_un_gestionnaire, solder
from organismes.models import Membre, Organisme, Qualiopi
from organismes.suspension import suspendre
from publication.impact import Dessous, Impact, essayer
from publication.retraits import alertes
from publication.visibilite import visibles
from sessions_app.models import Session

AU_PLUS = 100
SUSPENDRE = "organismes.suspendre_organisme"


class LignesFormSet(BaseInlineFormSet):
    """Inline rows that are checked against the constraints of their table.

    Django leaves out the constraints that include the organisme.
    """

    # What saving the rows would lose, once it was announced.
    impact: Impact | None = None

    def clean(self) -> None:
        """Add to each invalid row the message of the constraint it breaks."""
        super().clean()
        for form in self.forms:
            if form.has_changed() and not form.errors and form not in self.deleted_forms:
                try:
                    form.instance.validate_constraints()
                except ValidationError as refus:
                    form.add_error(None, refus.messages)


class QualiopiFormSet(LignesFormSet):
    """The certificates of an organisme, whose change is announced when sessions are lost by it."""

    def clean(self) -> None:
        """Refuse, until the box is ticked, what would take sessions off the public side."""
        super().clean()
        changes = [form.instance for form in self.forms if form.has_changed()]
        if any(self.errors) or not self.instance.pk or not changes:
            return
        sessions = Session.objects.filter(organisme=self.instance)
        # Tomorrow, then the morning after each end: what a shorter certificate loses is lost that day.
        lendemains = sorted({c.au + dt.timedelta(days=1) for c in changes if c.au and c.au >= demain()})
        for jour in (demain(), *lendemains):
            self.impact = essayer(Dessous(sessions, jour=jour), partial(_ecrire, changes))
            if self.impact:
                break
        if self.impact and self.data.get("impact") != self.impact.empreinte:
            raise ValidationError([str(phrase) for phrase in self.impact.phrases()])


def _ecrire(certificats: list[Qualiopi]) -> None:
    """Write copies of these certificates, which stay as they are."""
    for certificat in certificats:
        copy.copy(certificat).save()


class EnLigne(admin.StackedInline):
    """Base class of the inlines: a template of ours, for the space that French has before a colon."""

    template = "admin/organismes/lignes.html"


class QualiopiEnLigne(EnLigne):
    """The certificates of an organisme; they are not deleted, they end by their date."""

    model = Qualiopi
    formset = QualiopiFormSet
    extra = 0
    can_delete = False
    fields = [("categorie", "du", "au")]
    ordering = ["categorie", "du"]


class MembresFormSet(LignesFormSet):
    """The members of an organisme, which always keeps a gestionnaire once it has had one."""

    def clean(self) -> None:
        """Refuse to remove the last gestionnaire.

        The organisme is locked, so that two users cannot remove one each at the same time.
        """
        super().clean()
        if any(self.errors):
            return
        Organisme.objects.select_for_update(no_key=True).get(pk=self.instance.pk)
        partent = [
            form.instance.pk
            for form in self.forms
            if form in self.deleted_forms or form.cleaned_data["role"] != Role.GESTIONNAIRE
        ]
        try:
            garder_un_gestionnaire(self.instance.pk, partent)
        except EquipeRefusee as refusee:
            raise ValidationError(str(refusee)) from refusee


class MembresEnLigne(EnLigne):
    """The members of an organisme, with their roles."""

    model = Membre
    formset = MembresFormSet
    extra = 0
    fields = [("courriel", "role")]
    readonly_fields = ["courriel"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membre]:
        """Return the members with their users, sorted by address."""
        return super().get_queryset(request).select_related("utilisateur").order_by("utilisateur__courriel")

    def has_add_permission(self, request: HttpRequest, obj: Organisme) -> bool:
        """Return False: members are added in the inline below."""
        return False

    @admin.display(description="adresse e-mail")
    def courriel(self, membre: Membre) -> str:
        """Return the sign-in address of the member."""
        return membre.utilisateur.courriel


class NouveauMembreForm(forms.ModelForm):
    """Form of a new member, designated by sign-in address."""

    utilisateur = UtilisateurField(label="Adresse e-mail")

    class Meta:
        model = Membre
        fields = ["utilisateur", "role"]


class NouveauMembreEnLigne(EnLigne):
    """Inline that adds an existing user; the inline above shows the current members."""

    model = Membre
    formset = LignesFormSet
    verbose_name = "nouveau membre"
    form = NouveauMembreForm
    extra = max_num = 1
    fields = [("utilisateur", "role")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membre]:
        """Return no member."""
        return super().get_queryset(request).none()

    def has_delete_permission(self, request: HttpRequest, obj: Organisme | None = None) -> bool:
        """Return False: there is nothing to delete."""
        return False


@admin.register(Organisme)
class OrganismeAdmin(Entree, Suivie):
    """Admin of organismes."""

    list_display = ["raison_sociale", "siret", "nda_affiche", "publication"]
    list_filter = ["suspendu", "bac_a_sable"]
    search_fields = ["raison_sociale__trouve", "^siret", "^nda"]
    search_help_text = "Raison sociale, SIRET ou NDA."
    ordering = (*tri_francais("raison_sociale"), "pk")
    fields = ["raison_sociale", "siret", "nda", "publication", "bac_a_sable", "cree_le", "modifie_le"]
    readonly_fields = ["publication", "bac_a_sable", "cree_le", "modifie_le"]
    inlines = [QualiopiEnLigne, MembresEnLigne, NouveauMembreEnLigne]
    avec = ((Qualiopi, "organisme_id"), (Membre, "organisme_id"))
    actions = ["suspendre", "lever_la_suspension"]
    change_form_template = "admin/organismes/organisme.html"

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the inlines, and warn about the effects of changed certificates.

        The warnings tell which sessions leave the public side tomorrow.
        """
        super().save_related(request, form, formsets, change)
        if any(formset.model is Qualiopi and formset.has_changed() for formset in formsets):
            for alerte in alertes([form.instance.pk], "organisme"):
                self.message_user(request, alerte.phrase, messages.WARNING)

    @admin.display(description="NDA")
    def nda_affiche(self, organisme: Organisme) -> str:
        """Return the NDA in groups."""
        return organisme.nda_affiche

    @admin.display(description="publication")
    def publication(self, organisme: Organisme) -> str:
        """Return whether the organisme may publish, as a French sentence."""
        if organisme.bac_a_sable:
            return "Bac à sable : rien n'en est public"
        return "Suspendu : ne publie plus" if organisme.suspendu else "Autorisé à publier"

    def get_inlines(self, request: HttpRequest, obj: Organisme | None) -> list[type[admin.StackedInline]]:
        """Return the inlines; members can be added only once the organisme exists."""
        return self.inlines if obj else self.inlines[:1]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save an inline, with the same effects as the page of the organisme.

        Members who leave or change role lose the tokens and invitations that their role no longer allows. A
        new gestionnaire is announced to the others.
        """
        super().save_formset(request, form, formset, change)
        if formset.model is not Membre:
            return
        for membre in formset.deleted_objects:
            solder(membre, "", par=request.user)
        for membre in [*(objet for objet, _ in formset.changed_objects), *formset.new_objects]:
            solder(membre, membre.role, par=request.user)
            if membre.role == Role.GESTIONNAIRE:
                aux_gestionnaires(
                    membre.organisme, "nouveau_gestionnaire", nouveau=membre.utilisateur, par=request.user
                )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Organisme], search_term: str
    ) -> Any:
        """Search; a SIRET, a SIREN or an NDA may be typed in groups: « 412 345 678 00012 »."""
        compact = lire_code(search_term)
        return super().get_search_results(request, queryset, compact if compact.isdecimal() else search_term)

    def has_delete_permission(self, request: HttpRequest, obj: Organisme | None = None) -> bool:
        """Return False: the records and the history refer to the organisme."""
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the actions, for whoever may suspend."""
        return super().get_actions(request) if request.user.has_perm(SUSPENDRE) else {}

    @admin.action(description="Suspendre : ne publie plus")
    def suspendre(self, request: HttpRequest, queryset: QuerySet[Organisme]) -> HttpResponse:
        """Redirect to the page that asks for the reason."""
        return _vers_la_suspension("oui", queryset)

    @admin.action(description="Lever la suspension")
    def lever_la_suspension(self, request: HttpRequest, queryset: QuerySet[Organisme]) -> HttpResponse:
        """Redirect to the page that asks for the reason."""
        return _vers_la_suspension("non", queryset)

    def get_urls(self) -> list[URLPattern]:
        """Add the URL of the suspension to the others."""
        vue = self.admin_site.admin_view(mot_de_passe_recent(self.suspension))
        return [path("suspension/", vue, name="organismes_organisme_suspension"), *super().get_urls()]

    def suspension(self, request: HttpRequest) -> HttpResponse:
        """Show the consequences of a suspension, ask for the reason, then suspend or lift the suspension.

        The parameters are `?suspendre=oui&o=12&o=13`.
        """
        if not request.user.has_perm(SUSPENDRE):
            raise PermissionDenied("Seul un administrateur suspend un organisme.")
        suspendu = request.GET.get("suspendre") == "oui"
        cles = {int(cle) for cle in request.GET.getlist("o") if cle.isdecimal() and len(cle) < 19}
        organismes = list(Organisme.objects.filter(pk__in=cles, suspendu=not suspendu)[:AU_PLUS])
        if not organismes:
            if not Organisme.objects.filter(pk__in=cles).exists():
                raise Http404
            self.message_user(
                request, f"C'est déjà fait : {'suspendu' if suspendu else 'plus suspendu'}.", messages.INFO
            )
            return self._retour(cles)
        form = MotifForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            faits = [
                o
                for o in organismes
                if suspendre(o.pk, suspendu, motif=form.cleaned_data["motif"], par=request.user)
            ]
            quoi = "suspendu : plus rien de lui n'est public,suspendus : plus rien d'eux n'est public"
            if not suspendu:
                quoi = "peut de nouveau publier,peuvent de nouveau publier"
            verbe = quoi.split(",")[0 if len(faits) < 2 else 1]
            self.message_user(request, f"{enumerer([f'« {o} »' for o in faits])} {verbe}.", messages.SUCCESS)
            return self._retour(cles)
        contexte = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Suspendre" if suspendu else "Lever la suspension",
            "suspendu": suspendu,
            "organismes": organismes,
            "visibles": visibles(Session.objects.filter(organisme__in=organismes)).count(),
            "form": form,
        }
        return TemplateResponse(
            request, "admin/organismes/suspension.html", contexte, status=422 if form.errors else 200
        )

    def _retour(self, cles: set[int]) -> HttpResponseRedirect:
        return (
            redirect("admin:organismes_organisme_change", *cles)
            if len(cles) == 1
            else redirect("admin:organismes_organisme_changelist")
        )


def _vers_la_suspension(suspendre: str, queryset: QuerySet[Organisme]) -> HttpResponseRedirect:
    cles = queryset.order_by("pk").values_list("pk", flat=True)[:AU_PLUS]
    adresse = reverse("admin:organismes_organisme_suspension")
    return HttpResponseRedirect(
        f"{adresse}?{urlencode([('suspendre', suspendre), *(('o', cle) for cle in cles)])}"
    )
