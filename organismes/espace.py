"""The organisme that a person works for: the choice is kept in the session, and every form remembers the one
it was made for.
"""

from typing import Any, NoReturn

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_htmx.middleware import HtmxDetails

from organismes.droits import Operation, refus, role_permet
from organismes.models import Membre, Organisme

# In the session, in the forms (the field that `{% signature %}` writes), in what htmx sends
# (`data-hx-headers` of base.html).
CLE, CHAMP, EN_TETE = "organisme", "espace", "X-Espace"


class Requete(HttpRequest):
    """A request as a page sees it, once the middlewares have said who asks, and for which organisme."""

    # None for who works for no organisme, or is not signed in: no page of a member is reached without.
    organisme: Organisme
    membre: Membre
    # One for each organisme of the person.
    membres: list[Membre]
    user: Any
    htmx: HtmxDetails
    # Seconds before the sign-in ends; None for who is not signed in.
    connexion_reste: int | None


class AutreOrganisme(Http404):
    """What was asked for belongs to another organisme of this person, who may want to work for that one."""

    def __init__(self, organisme: Organisme) -> None:
        super().__init__()
        self.organisme = organisme


def fiche_de_l_espace(request: Requete, ensemble: QuerySet[Any], **cles: Any) -> Any:
    """The record of `ensemble` with these keys in the organisme one works for.

    Raises AutreOrganisme when it belongs to another organisme of the person, Http404 in every other case.
    """
    try:
        return ensemble.pour_organisme(request.organisme).get(**cles)
    except ensemble.model.DoesNotExist:
        chercher_ailleurs(request, ensemble, **cles)


def chercher_ailleurs(request: Requete, ensemble: QuerySet[Any], **cles: Any) -> NoReturn:
    """What is not in the organisme one works for: AutreOrganisme when another organisme of the person has it,
    else Http404.
    """
    autres = {membre.organisme_id: membre.organisme for membre in request.membres if membre != request.membre}
    ailleurs = (
        ensemble.filter(organisme__in=autres, **cles).values_list("organisme", flat=True).first()
        if autres
        else None
    )
    raise AutreOrganisme(autres[ailleurs]) if ailleurs else Http404


def travailler_pour(request: Requete, membre: Membre) -> None:
    """From now on, and for this very request, the person works for this organisme."""
    request.membre, request.organisme = membre, membre.organisme
    request.session[CLE] = membre.organisme_id


def champ_de_l_espace(request: Requete) -> SafeString:
    """The hidden field by which a form remembers for which organisme it was made; nothing when there is
    none.
    """
    organisme = getattr(request, "organisme", None)
    return (
        format_html('<input type="hidden" name="{}" value="{}">', CHAMP, organisme.pk)
        if organisme
        else SafeString("")
    )


def exiger(request: Requete, operation: Operation) -> None:
    """Raise PermissionDenied, with a sentence, when the role has not this right in this organisme."""
    if request.membre is None or not role_permet(request.membre.role, operation):
        raise refus(operation)
