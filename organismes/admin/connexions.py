"""Sign-ins in Django admin: who is locked out, and who came or failed to."""

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from axes.utils import reset
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from edof.administration import LectureSeule
from edof.templatetags.affichage import pluriel


class BloqueFilter(admin.SimpleListFilter):
    """Locked out or not yet."""

    title = "blocage"
    parameter_name = "bloque"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Two."""
        return [("oui", "Bloqué"), ("non", "Pas encore")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """By the number of failures."""
        limite = settings.AXES_FAILURE_LIMIT
        choix = {"oui": {"failures_since_start__gte": limite}, "non": {"failures_since_start__lt": limite}}
        return queryset.filter(**choix.get(self.value(), {}))


@admin.register(AccessAttempt)
class TentativeAdmin(LectureSeule):
    """An address that failed for an account; past the limit, both together are locked out for a while.
    Nothing of the form is shown.
    """

    list_display = ["username", "ip_address", "attempt_time", "failures_since_start", "bloque"]
    list_filter = [BloqueFilter]
    search_fields = ["^username", "^ip_address"]
    fields = ["username", "ip_address", "attempt_time", "failures_since_start", "bloque", "user_agent"]
    readonly_fields = fields
    actions = ["debloquer"]

    @admin.display(description="bloqué", boolean=True)
    def bloque(self, tentative: AccessAttempt) -> bool:
        """Whether it must wait."""
        return tentative.failures_since_start >= settings.AXES_FAILURE_LIMIT

    @admin.action(description="Débloquer : oublier ces échecs")
    def debloquer(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        """The person may try again at once."""
        self.log_deletions(request, queryset)
        couples = {(tentative.username, tentative.ip_address) for tentative in queryset}
        for courriel, adresse in couples:
            reset(username=courriel, ip=adresse)
        self.message_user(
            request, f"{pluriel(len(couples), 'accès débloqué,accès débloqués')}.", messages.SUCCESS
        )

    def get_actions(self, request: HttpRequest) -> dict[str, object]:
        """For administrators only."""
        return super().get_actions(request) if request.user.is_superuser else {}


class JournalAdmin(LectureSeule):
    """What is known of a sign-in."""

    list_display = ["attempt_time", "username", "ip_address"]
    search_fields = ["^username", "^ip_address"]
    fields = ["attempt_time", "username", "ip_address", "user_agent"]
    readonly_fields = fields


@admin.register(AccessLog)
class ConnexionAdmin(JournalAdmin):
    """Somebody came, and perhaps left."""

    list_display = [*JournalAdmin.list_display, "logout_time"]


@admin.register(AccessFailureLog)
class EchecAdmin(JournalAdmin):
    """A wrong password, also those that a later success makes forget."""

    list_display = [*JournalAdmin.list_display, "locked_out"]
    list_filter = ["locked_out"]
