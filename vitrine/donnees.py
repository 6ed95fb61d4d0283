"""Open data: the page that tells what there is, the files of each day, what was withdrawn since."""

import hashlib
import io
import json
from functools import partial

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from edof.debit import trop_souvent
from edof.erreurs import trop_de_demandes
from edof.fichiers import repondre_octets, servir
from edof.replique import sur_la_replique
from publication.donnees import jeux
from publication.donnees.retraits import retraits as retires
from vitrine.cache import sans_temoin

RETRAITS_PAR_MINUTE = 60


@login_not_required
@require_GET
@sans_temoin
def page(request: HttpRequest) -> HttpResponse:
    """Render « Données ouvertes »: the files of the last day, their columns, the licence, the other days."""
    jours = jeux.jours_ecrits()
    manifeste = jeux.manifeste(jours[-1]) if jours else None
    tables = [r for r in manifeste["resources"] if "schema" in r] if manifeste else []
    contexte = {
        "manifeste": manifeste,
        "jour": jours[-1] if jours else None,
        "autres_jours": jours[-2::-1],
        "tables": tables,
        "base": request.build_absolute_uri(reverse("donnees")),
        "agenda": request.build_absolute_uri("/agenda/organismes/"),
        "gardes": settings.DONNEES_JOURS,
    }
    return render(request, "vitrine/donnees.html", contexte)


@login_not_required
@require_GET
@sans_temoin
def derniere(request: HttpRequest, nom: str) -> HttpResponse:
    """Redirect to this file of the last day written."""
    jours = jeux.jours_ecrits()
    if nom not in jeux.NOMS or not jours:
        raise Http404
    reponse = redirect("donnees_fichier", jours[-1].isoformat(), nom)
    reponse.headers["Cache-Control"] = "no-cache"
    return reponse


@login_not_required
@require_GET
@sans_temoin
def fichier(request: HttpRequest, jour: str, nom: str) -> HttpResponseBase:
    """Return a file of a day, whole or by ranges; its ETag is its SHA-256, as in the manifest."""
    lu = jeux.lire_le_jour(jour)
    octets = jeux.manifeste_brut(lu) if lu and nom in jeux.NOMS else None
    if lu is None or octets is None:
        raise Http404
    accel = f"{settings.DONNEES_ACCEL}{jour}/{nom}" if settings.DONNEES_ACCEL else ""
    if nom == jeux.MANIFESTE:
        return servir(
            request,
            lambda debut, longueur: io.BytesIO(octets[debut : debut + longueur]),
            taille=len(octets),
            empreinte=hashlib.sha256(octets).hexdigest(),
            genre="application/json",
            accel=accel,
        )
    ressource, empreinte = jeux.ressource(json.loads(octets), nom)
    try:
        return servir(
            request,
            partial(jeux.stockage().ouvrir, lu, nom, empreinte),
            taille=ressource["bytes"],
            empreinte=empreinte,
            genre=ressource["mediatype"],
            accel=accel,
        )
    except FileNotFoundError:
        # An old day was forgotten meanwhile.
        raise Http404 from None


@login_not_required
@require_GET
@sans_temoin
@sur_la_replique
def retraits(request: HttpRequest) -> HttpResponse:
    """Return, as JSON Lines, the sessions withdrawn since the last files, at this instant."""
    if trop_souvent(request, "retraits", RETRAITS_PAR_MINUTE):
        return trop_de_demandes(request)
    jours = jeux.jours_ecrits()
    lignes = retires(jours[-1]) if jours else ()
    corps = "".join(f"{json.dumps(ligne, ensure_ascii=False)}\n" for ligne in lignes).encode()
    return repondre_octets(request, corps, genre="application/jsonl; charset=utf-8", cache="public, no-cache")
