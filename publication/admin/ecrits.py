"""Read-only Django admin of what the runs wrote: parutions, sessions held back, contents."""

import datetime as dt
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from edof.administration import LectureSeule
from edof.horloge import aujourd_hui
from edof.templatetags.affichage import date_longue
from organismes.admin.filtre_par_organisme import OrganismeFilter, par_debut
from publication.models import Contenu, Parution, Passage, Retenue
from publication.visibilite import raisons
from sessions_app.models import Session

JOURS_PROPOSES = 10


class JourFilter(admin.SimpleListFilter):
    """A filter on the run that wrote the row: one of the last runs, or the day given in the URL."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the last runs and the requested day."""
        jours = set(Passage.objects.order_by("-jour").values_list("jour", flat=True)[:JOURS_PROPOSES])
        demande = _jour(request.GET.get(self.parameter_name, ""))
        return [
            (jour.isoformat(), date_longue(jour)) for jour in sorted(jours | {demande} - {None}, reverse=True)
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Return the rows of the requested day, none when the value is not a day."""
        if self.value() is None:
            return queryset
        jour = _jour(self.value())
        return queryset.filter(**{self.parameter_name: jour}) if jour else queryset.none()


def _jour(texte: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(texte)
    except ValueError:
        return None


class DuFilter(JourFilter):
    """A filter on the first day."""

    title, parameter_name = "premier jour", "du"


class AuFilter(JourFilter):
    """A filter on the end day, which is the first day after the interval."""

    title, parameter_name = "jour de fin", "au"


class EcritAdmin(LectureSeule):
    """Base admin of the rows about a session that may have been deleted since."""

    list_select_related = ["organisme"]
    search_fields = ["session_id"]
    search_help_text = "Début de l'identifiant d'une session, ou SIRET de l'organisme."

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Search through the sessions, whose identifiers are indexed.

        A SIRET also finds the rows of deleted sessions.
        """
        q = par_debut(search_term)
        if not q or q == par_debut(search_term, "session__"):
            return queryset.filter(q), False
        return queryset.filter(session__in=Session.objects.filter(q).values("pk")), False

    @admin.display(description="session")
    def lien_de_la_session(self, ecrit: Any) -> str:
        """Return a link to the session, or a text when it has been deleted."""
        if not Session.objects.filter(pk=ecrit.session_id).exists():
            return "Supprimée depuis"
        return format_html(
            '<a href="{}">Voir la session</a>',
            reverse("admin:sessions_app_session_change", args=[ecrit.session_id]),
        )


@admin.register(Parution)
class ParutionAdmin(EcritAdmin):
    """Admin of the parutions: what was public, and when."""

    list_display = ["identifiant", "organisme", "du", "au", "date_debut"]
    list_filter = [DuFilter, AuFilter, OrganismeFilter]
    fields = [
        "identifiant",
        "lien_de_la_session",
        "organisme",
        "du",
        "au",
        "date_debut",
        "contenu",
        "coordonnees",
        "contenu_action",
        "contenu_offre",
    ]
    readonly_fields = fields

    @admin.display(description="identifiant")
    def identifiant(self, parution: Parution) -> str:
        """Return the identifier of the session as it was published."""
        return parution.contenu.get("identifiant", "")


class RaisonFilter(admin.SimpleListFilter):
    """A filter on the reason for holding a session back."""

    title, parameter_name = "raison", "raison"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return every condition, and the errors of the run."""
        return list(raisons(aujourd_hui()).items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Return the sessions held back for the chosen reason."""
        return queryset.filter(raison=self.value()) if self.value() is not None else queryset


@admin.register(Retenue)
class RetenueAdmin(EcritAdmin):
    """Admin of the open sessions that the public does not see, with the reason and the error details."""

    list_display = ["identifiant", "organisme", "en_clair", "detail", "du", "au"]
    list_filter = [DuFilter, AuFilter, RaisonFilter, OrganismeFilter]
    fields = ["identifiant", "lien_de_la_session", "organisme", "en_clair", "detail", "du", "au"]
    readonly_fields = fields

    @admin.display(description="raison")
    def en_clair(self, retenue: Retenue) -> str:
        """Return the reason as a sentence."""
        return raisons(retenue.du).get(retenue.raison, retenue.raison)


@admin.register(Contenu)
class ContenuAdmin(LectureSeule):
    """Admin of the contents of offres and actions as they were published."""

    list_display = ["empreinte"]
    search_fields = ["empreinte"]
    search_help_text = "Début de l'empreinte."

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Search by the beginning of the digest, for which there is an index."""
        return queryset.filter(empreinte__startswith=search_term.replace("\x00", "").strip()), False
