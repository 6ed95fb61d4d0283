"""The organisme that a user currently works for.

The choice is kept in the session, and every form carries the organisme it was made for.
"""

from typing import Any, NoReturn

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_htmx.middleware import HtmxDetails

from organismes.droits import Operation, refus, role_permet
from organismes.models import BacASable, Membre, Organisme, Visite

# Name of the organisme in the session, in the forms (the field that `{% signature %}` writes), and in htmx
# requests (`data-hx-headers` of base.html).
CLE, CHAMP, EN_TETE = "organisme", "espace", "X-Espace"


class Requete(HttpRequest):
    """A request as views receive it, once the middleware has set the user and the organisme."""

    # None for a user without organisme, or not signed in: such a user reaches no page of a member.
    organisme: Organisme
    membre: Membre
    # One for each organisme of the user.
    membres: list[Membre]
    user: Any
    htmx: HtmxDetails
    # The visit of an administrator, during which nothing can be changed.
    visite: Visite | None
    # The sandbox in which the user works, None in an organisme that is none.
    bac: BacASable | None
    # Seconds before the sign-in ends; None for a user who is not signed in.
    connexion_reste: int | None


class AutreOrganisme(Http404):
    """A 404 for a record of another organisme of the user, who can then choose to work for that one."""

    def __init__(self, organisme: Organisme) -> None:
        super().__init__()
        self.organisme = organisme


def fiche_de_l_espace(request: Requete, ensemble: QuerySet[Any], **cles: Any) -> Any:
    """Return the record of `ensemble` with these keys in the current organisme.

    Raise AutreOrganisme when it belongs to another organisme of the user, Http404 in every other case.
    """
    try:
        return ensemble.pour_organisme(request.organisme).get(**cles)
    except ensemble.model.DoesNotExist:
        chercher_ailleurs(request, ensemble, **cles)


def chercher_ailleurs(request: Requete, ensemble: QuerySet[Any], **cles: Any) -> NoReturn:
    """Raise the error for a record that is not in the current organisme.

    The error is AutreOrganisme when another organisme of the user has the record, Http404 otherwise.
    """
    autres = {membre.organisme_id: membre.organisme for membre in request.membres if membre != request.membre}
    ailleurs = (
        ensemble.filter(organisme__in=autres, **cles).values_list("organisme", flat=True).first()
        if autres
        else None
    )
    raise AutreOrganisme(autres[ailleurs]) if ailleurs else Http404


def travailler_pour(request: Requete, membre: Membre) -> None:
    """Set the current organisme of the user, for this request and the next ones."""
    request.membre, request.organisme = membre, membre.organisme
    request.session[CLE] = membre.organisme_id


def champ_de_l_espace(request: Requete) -> SafeString:
    """Return the hidden field that holds the organisme a form was made for; empty without organisme."""
    organisme = getattr(request, "organisme", None)
    return (
        format_html('<input type="hidden" name="{}" value="{}">', CHAMP, organisme.pk)
        if organisme
        else SafeString("")
    )


def exiger(request: Requete, operation: Operation) -> None:
    """Raise PermissionDenied, with a sentence, when the role lacks this right in the current organisme."""
    if request.membre is None or not role_permet(request.membre.role, operation):
        raise refus(operation)
