"""Sign-ins in Django admin: lock-outs, successes and failures."""

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from axes.utils import reset
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from edof.administration import LectureSeule
from edof.templatetags.affichage import pluriel


class BloqueFilter(admin.SimpleListFilter):
    """Filter on lock-out."""

    title = "blocage"
    parameter_name = "bloque"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Return the two choices."""
        return [("oui", "Bloqué"), ("non", "Pas encore")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Return the attempts at or above the limit of failures, or below it."""
        limite = settings.AXES_FAILURE_LIMIT
        choix = {"oui": {"failures_since_start__gte": limite}, "non": {"failures_since_start__lt": limite}}
        return queryset.filter(**choix.get(self.value(), {}))


@admin.register(AccessAttempt)
class TentativeAdmin(LectureSeule):
    """Admin of failed attempts: an address and an account, locked out together for a while past the limit.

    Nothing of the submitted form is shown.
    """

    list_display = ["username", "ip_address", "attempt_time", "failures_since_start", "bloque"]
    list_filter = [BloqueFilter]
    search_fields = ["^username", "^ip_address"]
    fields = ["username", "ip_address", "attempt_time", "failures_since_start", "bloque", "user_agent"]
    readonly_fields = fields
    actions = ["debloquer"]

    @admin.display(description="bloqué", boolean=True)
    def bloque(self, tentative: AccessAttempt) -> bool:
        """Return whether this pair is locked out."""
        return tentative.failures_since_start >= settings.AXES_FAILURE_LIMIT

    @admin.action(description="Débloquer : oublier ces échecs")
    def debloquer(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        """Delete these failures, so that the users may try again at once."""
        self.log_deletions(request, queryset)
        couples = {(tentative.username, tentative.ip_address) for tentative in queryset}
        for courriel, adresse in couples:
            reset(username=courriel, ip=adresse)
        self.message_user(
            request, f"{pluriel(len(couples), 'accès débloqué,accès débloqués')}.", messages.SUCCESS
        )

    def get_actions(self, request: HttpRequest) -> dict[str, object]:
        """Return the actions, for whoever may forget failures."""
        permise = request.user.has_perm("axes.delete_accessattempt")
        return super().get_actions(request) if permise else {}


class JournalAdmin(LectureSeule):
    """Base admin of the logs of sign-ins."""

    list_display = ["attempt_time", "username", "ip_address"]
    search_fields = ["^username", "^ip_address"]
    fields = ["attempt_time", "username", "ip_address", "user_agent"]
    readonly_fields = fields


@admin.register(AccessLog)
class ConnexionAdmin(JournalAdmin):
    """Admin of successful sign-ins, with the sign-out if any."""

    list_display = [*JournalAdmin.list_display, "logout_time"]


@admin.register(AccessFailureLog)
class EchecAdmin(JournalAdmin):
    """Admin of wrong passwords, including those that a later success clears."""

    list_display = [*JournalAdmin.list_display, "locked_out"]
    list_filter = ["locked_out"]
