"""Search of certifications, while the user types in the form of an offre."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from catalogue.models import Certification
from edof.textes import texte_cherche
from organismes.espace import Requete


@require_GET
def certifications(request: Requete) -> HttpResponse:
    """Render the fragment of the certifications found.

    The form shows the same fragment by itself without JavaScript. The parameters are `q` and `type`; the
    names that these fields have in the form, `recherche` and `type_offre`, are accepted too.
    """
    q = texte_cherche(request.GET.get("q", request.GET.get("recherche", "")))
    type_offre = request.GET.get("type", request.GET.get("type_offre", ""))
    contexte = {"recherche": q, "trouvees": Certification.objects.propositions(q, type_offre)}
    return render(request, "bureau/assistant/_certifications.html", contexte)
