"""The lookup of certifications, as one types in the form of an offre."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from catalogue.models import Certification
from edof.textes import texte_cherche
from organismes.espace import Requete


@require_GET
def certifications(request: Requete) -> HttpResponse:
    """The fragment that the form shows by itself without JavaScript; `recherche` and `type_offre` are its own
    names.
    """
    q = texte_cherche(request.GET.get("q", request.GET.get("recherche", "")))
    type_offre = request.GET.get("type", request.GET.get("type_offre", ""))
    contexte = {"recherche": q, "trouvees": Certification.objects.propositions(q, type_offre)}
    return render(request, "bureau/assistant/_certifications.html", contexte)
