"""Public calendars: the sessions of an organisme or of a formation that a titulaire could find."""

from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from edof.debit import trop_souvent
from edof.erreurs import trop_de_demandes
from edof.horloge import aujourd_hui
from edof.icalendrier import ecrire, repondre
from edof.replique import sur_la_replique
from edof.templatetags.affichage import de
from publication.agenda import agenda_public, organisme_de
from publication.visibilite import parues
from vitrine.cache import sans_temoin

# From one network address; each reading asks for the sessions again, so that what is closed is not told late.
LECTURES_PAR_MINUTE = 120
CACHE = "public, no-cache"


@login_not_required
@require_GET
@sans_temoin
@sur_la_replique
def de_l_organisme(request: HttpRequest, siret: str) -> HttpResponse:
    """Return the public sessions of an organisme as a calendar.

    It is empty while nothing is public. Raise Http404 for an unknown SIRET.
    """
    if trop_souvent(request, "agenda", LECTURES_PAR_MINUTE):
        return trop_de_demandes(request)
    organisme = organisme_de(siret)
    if organisme is None:
        raise Http404
    return _repondre(request, f"Formations {de(organisme)}", Q(organisme=organisme))


@login_not_required
@require_GET
@sans_temoin
@sur_la_replique
def de_la_formation(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the public sessions of an action as a calendar, named as its last parution.

    It is empty once the action is no longer public. Raise Http404 for one that never was.
    """
    if trop_souvent(request, "agenda", LECTURES_PAR_MINUTE):
        return trop_de_demandes(request)
    lues = parues().filter(action=pk, du__lte=aujourd_hui()).order_by("-du", "-pk")
    intitule = lues.values_list("contenu_offre__contenu__intitule", flat=True).first()
    if intitule is None:
        raise Http404
    return _repondre(request, intitule, Q(action=pk))


def _repondre(request: HttpRequest, nom: str, quoi: Q) -> HttpResponse:
    agenda = agenda_public(quoi)
    return repondre(request, ecrire(nom, agenda.description, agenda.evenements), cache=CACHE)
