"""Views of « Ce qui était en ligne le… ».

They show the public side of the organisme as it was on a day, what changed between two days, and the proofs
of publication.
"""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from edof.horloge import aujourd_hui
from edof.textes import texte_cherche
from organismes.espace import Requete, chercher_ailleurs, fiche_de_l_espace
from publication import en_ligne
from publication.forms import DeuxJoursForm, JourForm, lisible
from publication.models import Parution
from publication.presentation import presenter, qualiopi
from publication.preuves import canonique, preuve
from recherche.passe import chercher_ces_jours

PAR_PAGE = 20
JOUR = dt.timedelta(days=1)


@require_GET
def liste(request: Requete) -> HttpResponse:
    """Render the formations of the organisme that the public could read on a day.

    The day is given by `?jour=AAAA-MM-JJ`; it is today by default.
    """
    if request.membre is None:
        return redirect("accueil")
    q = texte_cherche(request.GET.get("q", ""))
    contexte, autre_adresse = _le_jour(request, q=q)
    if autre_adresse:
        return redirect(autre_adresse)
    if jour := contexte["jour"]:
        parutions = en_ligne.en_ligne_le(jour, request.organisme)
        # As the public search, and by any part of a word or of an identifier, as in the catalogue.
        trouvees = en_ligne.chercher(parutions, q, identifiants=True)
        if q:
            trouvees |= chercher_ces_jours(parutions, q)
        page = Paginator(en_ligne.par_action(trouvees), PAR_PAGE).get_page(request.GET.get("page"))
        page.object_list = en_ligne.resumer(page.object_list)
        contexte |= {"page": page, "passage": en_ligne.dernier_passage(jour, request.organisme)}
    return render(request, "bureau/publication/en_ligne.html", {**contexte, "q": q})


@require_GET
def formation(request: Requete, pk: int) -> HttpResponse:
    """Render one formation as the public read it on a day (`?jour=AAAA-MM-JJ`, today by default)."""
    parutions, nom = _de_l_organisme(request, pk)
    contexte, autre_adresse = _le_jour(request)
    if autre_adresse:
        return redirect(autre_adresse)
    ce_jour = en_ligne.de_la_formation(parutions.au_jour(contexte["jour"])) if contexte["jour"] else []
    contexte |= {"pk": pk, "nom": nom, "parutions": ce_jour, "fiche": None}
    contexte["changements"] = en_ligne.jours_de_changement(parutions)
    if ce_jour:
        offre, action = ce_jour[0].contenu_offre.contenu, ce_jour[0].contenu_action.contenu
        fiche = presenter(offre, action, [parution.contenu_complet for parution in ce_jour])
        contexte["fiche"] = fiche | {"qualiopi": qualiopi(offre)}
    return render(request, "bureau/publication/en_ligne_formation.html", contexte)


@require_GET
def comparer(request: Requete, pk: int) -> HttpResponse:
    """Render what differs in one formation between two days, field by field: `?de=…&a=…`.

    By default, the days are that of the last change and the day before.
    """
    parutions, nom = _de_l_organisme(request, pk)
    dernier = min(en_ligne.jours_de_changement(parutions)[0], aujourd_hui())
    defauts = {"de": max(dernier - JOUR, en_ligne.premier_jour(request.organisme) or dernier), "a": dernier}
    form = DeuxJoursForm(
        {nom: lisible(request.GET.get(nom, defaut.isoformat())) for nom, defaut in defauts.items()},
        organisme=request.organisme,
    )
    contexte: dict[str, Any] = {"pk": pk, "nom": nom, "form": form, "absences": [], "groupes": None}
    if form.is_valid():
        jours = [form.cleaned_data["de"], form.cleaned_data["a"]]
        lues = [en_ligne.de_la_formation(parutions.au_jour(jour)) for jour in jours]
        contexte |= {
            "jours": jours,
            "absences": [jour for jour, ce_jour in zip(jours, lues, strict=True) if not ce_jour],
            "groupes": en_ligne.differences(*lues) if any(lues) else [],
        }
    return render(request, "bureau/publication/en_ligne_comparer.html", contexte)


@require_GET
def lire_la_preuve(request: Requete, pk: int) -> HttpResponse:
    """Render the proof of one parution, to read and to print."""
    parution = _parution(request, pk)
    fiche = presenter(
        parution.contenu_offre.contenu, parution.contenu_action.contenu, [parution.contenu_complet]
    )
    contexte = {
        "parution": parution,
        "preuve": preuve(parution),
        "fiche": fiche,
        "adresse_de_verification": request.build_absolute_uri(reverse("verifier")),
    }
    return render(request, "bureau/publication/preuve.html", contexte)


@require_GET
def telecharger_la_preuve(request: Requete, pk: int) -> HttpResponse:
    """Return the same proof as a JSON file, whose bytes depend only on the parution."""
    parution = _parution(request, pk)
    identifiant = slugify(parution.contenu["identifiant"]) or "session"
    nom = f"preuve-{identifiant}-{parution.du.isoformat()}-{parution.pk}.json"
    reponse = HttpResponse(canonique(preuve(parution)), content_type="application/json")
    reponse["Content-Disposition"] = f'attachment; filename="{nom}"'
    return reponse


def _de_l_organisme(request: Requete, action: int) -> tuple[Any, str]:
    """Return every parution of this action of the organisme, and the name it has in the last one.

    Raise Http404 when the action never had any.
    """
    parutions = Parution.objects.pour_organisme(request.organisme).filter(action=action)
    derniere = parutions.select_related(*Parution.CONTENUS).order_by("du", "pk").last()
    if derniere is None:
        chercher_ailleurs(request, Parution.objects.order_by(), action=action)
    lue = presenter(derniere.contenu_offre.contenu, derniere.contenu_action.contenu, [])
    return parutions, ", ".join(filter(None, (lue["intitule"], lue["ville"])))


def _parution(request: Requete, pk: int) -> Parution:
    parutions = Parution.objects.select_related(*Parution.CONTENUS).select_related("organisme")
    return fiche_de_l_espace(request, parutions, pk=pk)


def _le_jour(request: Requete, **autres: str) -> tuple[dict[str, Any], str | None]:
    """Return the template context of the requested day, and the URL to redirect to or None.

    The URL is that of the same page, with the day written as AAAA-MM-JJ.
    """
    demande = request.GET.get("jour", "").strip() or aujourd_hui().isoformat()
    form = JourForm({"jour": lisible(demande)}, organisme=request.organisme)
    jour = form.cleaned_data["jour"] if form.is_valid() else None
    contexte = {"form": form, "jour": jour, "veille": None, "lendemain": None}
    if jour is None:
        return contexte, None
    if demande != jour.isoformat():
        parametres = {"jour": jour.isoformat()} | {nom: v for nom, v in autres.items() if v}
        return contexte, f"{request.path}?{urlencode(parametres)}"
    if jour > (en_ligne.premier_jour(request.organisme) or jour):
        contexte["veille"] = jour - JOUR
    if jour < aujourd_hui():
        contexte["lendemain"] = jour + JOUR
    return contexte, None
