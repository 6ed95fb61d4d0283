"""View that stops the digest, from the link of the e-mail."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from organismes.desabonnement import personne_du_lien
from organismes.espace import Requete
from organismes.models import Frequence


# The token is the proof: mail programs stop the digest by themselves, without a page (RFC 8058).
@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def arreter(request: Requete, jeton: str) -> HttpResponse:
    """Ask for a confirmation, then stop the digest; a link that a program merely reads changes nothing."""
    personne = personne_du_lien(jeton)
    if personne is None:
        return render(request, "organismes/bulletin_inconnu.html", status=410)
    if request.method == "POST" and personne.frequence_du_bulletin != Frequence.JAMAIS:
        personne.choisir_le_bulletin(Frequence.JAMAIS)
    return render(request, "organismes/bulletin_arreter.html", {"personne": personne})
