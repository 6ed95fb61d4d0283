"""The calendar of a member: the sessions of the organisme with brouillons, for who has the secret link."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from edof.debit import trop_souvent
from edof.erreurs import trop_de_demandes
from edof.icalendrier import ecrire, repondre
from edof.templatetags.affichage import de
from organismes.models import LienDAgenda
from publication.agenda import agenda_du_membre

LECTURES_PAR_MINUTE = 120


# A calendar program sends neither cookie nor password: the secret of the address is the proof.
@login_not_required
@require_GET
def prive(request: HttpRequest, jeton: str) -> HttpResponse:
    """Return the calendar of this link; a 410 when it is unknown, revoked, or its member has left."""
    if trop_souvent(request, "agenda-prive", LECTURES_PAR_MINUTE):
        return trop_de_demandes(request)
    lien = LienDAgenda.objects.de_secret(jeton)
    if lien is None:
        phrase = "Ce lien ne donne plus accès à un agenda : créez-en un autre dans « Mon compte ».\n"
        reponse = HttpResponse(phrase, status=410, content_type="text/plain; charset=utf-8")
        reponse.headers["Cache-Control"] = "no-store"
        return reponse
    organisme = lien.membre.organisme
    agenda = agenda_du_membre(organisme, reverse("session_consulter", args=[0]))
    texte = ecrire(f"Sessions {de(organisme)}", agenda.description, agenda.evenements)
    return repondre(request, texte, cache="private, no-cache")
