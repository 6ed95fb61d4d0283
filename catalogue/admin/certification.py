"""The certifications in Django admin, and the import of the registers."""

import copy
import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join

from catalogue.import_certifications import ImportImpossible, importer
from catalogue.models import Certification
from edof.horloge import demain
from organismes.admin.historique import Suivie
from publication.impact import Dessous, Impact, essayer
from publication.retraits import DE_LA_CERTIFICATION, alertes
from sessions_app.models import Session


class ImportForm(forms.Form):
    """The form of the import, with the archive to read."""

    fichier = forms.FileField(
        label="Archive ZIP",
        help_text=(
            "L'export CSV des fiches RNCP et RS, publié chaque jour sur data.gouv.fr :"
            " export-fiches-csv-AAAA-MM-JJ.zip."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,application/zip"}),
        error_messages={"required": "Choisissez l'archive à importer.", "empty": "Ce fichier est vide."},
    )


class CertificationForm(forms.ModelForm):
    """The form of a certification, whose change is announced when sessions are lost by it (D-26)."""

    # What saving would lose, once it was announced.
    impact: Impact | None = None

    def _post_clean(self) -> None:
        """Refuse, until the box is ticked, what would take sessions off the public side."""
        super()._post_clean()  # type: ignore[misc]
        if self.errors or not self.instance.pk or not self.has_changed():
            return
        sessions = Session.objects.filter(action__offre__certification=self.instance.pk)
        fin = self.instance.date_fin_enregistrement
        for jour in sorted({demain(), *([fin + dt.timedelta(days=1)] if fin and fin >= demain() else [])}):
            self.impact = essayer(Dessous(sessions, jour=jour), copy.copy(self.instance).save)
            if self.impact:
                break
        if self.impact and self.data.get("impact") != self.impact.empreinte:
            self.add_error(None, [str(phrase) for phrase in self.impact.phrases()])


@admin.register(Certification)
class CertificationAdmin(Suivie):
    """Admin of the certifications: those of the registers are imported, the others entered here."""

    list_display = ["code", "intitule", "niveau", "active"]
    list_filter = ["type_certification", "active", "niveau"]
    search_fields = ["code"]
    search_help_text = "Mots du code ou de l'intitulé."
    fields = [
        "code",
        "type_certification",
        "intitule",
        "abrege",
        "niveau",
        "active",
        "date_fin_enregistrement",
        "liste_des_blocs",
        "noms",
    ]
    form = CertificationForm
    change_form_template = "admin/catalogue/certification/fiche.html"
    change_list_template = "admin/catalogue/certification/liste.html"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return a text area of two lines for the title, because titles are long."""
        if db_field.name == "intitule":
            kwargs["widget"] = AdminTextareaWidget(attrs={"rows": 2})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Certification, form: Any, change: bool) -> None:
        """Save, and warn about the sessions that the public will no longer see tomorrow (D-26)."""
        super().save_model(request, obj, form, change)
        for alerte in alertes([obj.pk], DE_LA_CERTIFICATION):
            self.message_user(request, alerte.phrase, messages.WARNING)

    def get_readonly_fields(self, request: HttpRequest, obj: Certification | None = None) -> list[str]:
        """Return the read-only fields, with the code and the type of an existing certification.

        A code never changes, because offres and rules depend on it.
        """
        return ["liste_des_blocs", "noms", *(["code", "type_certification"] if obj else [])]

    def has_delete_permission(self, request: HttpRequest, obj: Certification | None = None) -> bool:
        """Return False: no certification can be deleted.

        One that is no longer registered becomes inactive; the offres that lead to it still exist.
        """
        return False

    # Shown in a form, whose fields do not read `empty_value`.
    @admin.display(description="blocs de compétences")
    def liste_des_blocs(self, certification: Certification) -> str:
        """Return the blocs, one per line."""
        return (
            format_html_join(
                "", "<p>{} {}</p>", ((bloc["code"], bloc["libelle"]) for bloc in certification.blocs)
            )
            or "Aucun"
        )

    @admin.display(description="certificateurs")
    def noms(self, certification: Certification) -> str:
        """Return the names of the certificateurs, on one line."""
        return ", ".join(certification.certificateurs) or "Aucun"

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Search as in the form of an offre, without its limit."""
        return queryset.avec_les_mots(search_term), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Render the list, with a link to the import for users who may change certifications."""
        return super().changelist_view(
            request, {"peut_importer": self.has_change_permission(request), **(extra_context or {})}
        )

    def get_urls(self) -> list[URLPattern]:
        """Return the URL of the import, with those of Django."""
        adresse = path(
            "importer/", self.admin_site.admin_view(self.importer), name="catalogue_certification_importer"
        )
        return [adresse, *super().get_urls()]

    def importer(self, request: HttpRequest) -> HttpResponse:
        """Render « Importer l'export de France compétences »: the form, then the report below it."""
        if not self.has_change_permission(request):
            raise PermissionDenied("Votre compte ne permet pas de modifier les certifications.")
        form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
        bilan = None
        if form.is_valid():
            fichier = form.cleaned_data["fichier"]
            try:
                bilan = importer(fichier.file, par=request.user.pk, source=str(fichier.name))
            except ImportImpossible as erreur:
                form.add_error("fichier", str(erreur))
        contexte = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Importer l'export de France compétences",
            "form": form,
            "bilan": bilan,
        }
        return TemplateResponse(
            request,
            "admin/catalogue/certification/importer.html",
            contexte,
            status=422 if form.errors else 200,
        )
