"""The public search: one page, the places while one types, and how results are ranked."""

import re
from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from edof.debit import trop_souvent
from edof.erreurs import trop_de_demandes
from edof.replique import sur_la_replique
from edof.templatetags.affichage import pluriel
from publication.coordonnees import de_la_commune
from publication.donnees.territoires import territoire
from recherche.ampleur import COMPTES_AU_PLUS
from recherche.communes import ATTRIBUTION
from recherche.criteres import CRITERES
from recherche.demande import RAYON, RAYONS, TRIS, Demande, RechercheForm, demander
from recherche.desserrer import Piste, pistes
from recherche.facettes import Comptes
from recherche.lieux import proposer, trouver
from recherche.nombres import nombres
from recherche.resultats import PAR_PAGE, chercher
from vitrine.adresses import avec, canonique, sans_les_filtres
from vitrine.cache import pour_tous
from vitrine.cartes import cartes
from vitrine.filtres import groupes, poses, texte_de
from vitrine.lecteurs import page_comptee

# Requests from one network address, with or without search words: each one reads the whole catalogue.
LISTES_PAR_MINUTE = 120
# One for each letter typed.
LIEUX_PAR_MINUTE = 600


@login_not_required
@require_GET
@pour_tous
def formations(request: HttpRequest) -> HttpResponse:
    """Render what the search of the address finds.

    Return a 400 that says what cannot be used, with what was typed, and a 429 above LISTES_PAR_MINUTE
    requests per minute from one network address.
    """
    if trop_souvent(request, "formations", LISTES_PAR_MINUTE):
        return trop_de_demandes(request)
    if propre := canonique(request.GET):
        return redirect(f"{request.path}{propre}" if propre != "?" else request.path)
    form = RechercheForm(request.GET)
    contexte: dict[str, Any] = {
        "form": form,
        **{nom: request.GET.get(nom, "") for nom in ("q", "ou", "prix_min")},
        "rayons": RAYONS,
        "rayon": request.GET.get("rayon") or RAYON,
        "attribution": ATTRIBUTION,
        "choix": [],
    }
    if not form.is_valid():
        # The form sends with any place the radius and the order of the search before.
        if "ou" in request.GET and form.restes:
            return redirect(f"{request.path}{avec(request.GET, **dict.fromkeys(form.restes))}")
        contexte["choix"] = [
            (e, territoire(e.code).nom_departement, avec(request.GET, ou=str(e))) for e in form.choix
        ]
        contexte |= _issues(request.GET, form)
        return render(request, "vitrine/formations_refus.html", contexte, status=200 if form.choix else 400)
    contexte |= _trouver(request, demander(form))
    montrees = [carte.pk for carte in contexte["cartes"]]
    return page_comptee(request, "vitrine/formations.html", contexte, montrees=montrees)


def _issues(parametres: QueryDict, form: RechercheForm) -> dict[str, Any]:
    """Return what is kept of a search that cannot be made, and the searches that it may become."""
    bons = parametres.copy()
    for nom in [*bons]:
        if nom in form.errors or nom not in form.fields:
            bons.pop(nom)
    partout = {"ou": None, "rayon": None, "tri": None}
    if "ou" in form.errors or "distance" in form.errors:
        ou, a_distance = parametres.get("ou", "").strip(), avec(bons, **partout, modalite=None, distance=1)
        issues = [("Partout en France", avec(bons, **partout)), ("À distance", a_distance)]
        if "ou" not in form.errors and ou:
            issues[0] = (f"Près de « {ou} »", avec(bons))
        elif not bons.get("q"):
            issues.append((f"Chercher « {ou[:60]} » dans les formations", avec(bons, **partout, q=ou)))
    else:
        issues = [("Chercher sans ce qui ne va pas", avec(bons))] if bons else []
    # Dates that are right are kept without being shown.
    dates = [] if {"du", "au"}.isdisjoint(form.errors) else [("du", "Du"), ("au", "au")]
    montres = {"q", "ou", "rayon", "tri", "page", "curseur", *(nom for nom, _ in dates)}
    return {
        "issues": issues,
        "gardes": [(nom, v) for nom, valeurs in bons.lists() for v in valeurs if nom not in montres],
        "dates": [(nom, texte, parametres.get(nom, "")) for nom, texte in dates],
    }


def _trouver(request: HttpRequest, demande: Demande) -> dict[str, Any]:
    page, comptes = chercher(demande, PAR_PAGE), nombres(demande)
    parametres = request.GET
    filtres = groupes(demande, comptes)
    mots = demande.mots
    sans_distances = dict.fromkeys(("rayon", *(["tri"] if demande.tri == "distance" else [])))
    return {
        "demande": demande,
        "comptes": comptes,
        "nombre": _nombre(comptes.total),
        "autour": _ou(demande),
        "cherche": _cherche(demande),
        "retour": _retour(demande, comptes),
        "cartes": cartes(page.trouvees, demande),
        "suivante": avec(parametres, curseur=page.suivante) if page.suivante else "",
        "au_debut": avec(parametres) if demande.curseur or demande.page > 1 else "",
        "par_page": PAR_PAGE,
        "groupes": filtres,
        "mois_avant": next((o.valeur for o in filtres[0].options if o.choisie), ""),
        "poses": poses(parametres, demande, comptes),
        "tout_effacer": sans_les_filtres(parametres),
        "tris": [(v, nom) for v, nom in TRIS.items() if v != "distance" or demande.precis],
        "a_distance": comptes.a_distance and _nombre(comptes.a_distance),
        "a_distance_seule": comptes.a_distance == 1,
        "environ": bool(comptes.estimes),
        "vers_a_distance": avec(parametres, ou=None, rayon=None, tri=None, modalite=None, distance=1),
        "corrections": [(dit, lu, avec(parametres, q=_tel_quel(demande.q, dit)))
                        for dit, lu in (mots.corrections if mots else {}).items()],
        "autres_lieux": [(e, avec(parametres, ou=str(e), **(sans_distances if e.departements else {})))
                         for e in demande.autres],
        "pistes": [_piste(piste, request, demande, comptes) for piste in pistes(demande, comptes)]
        if not comptes.total else [],
    }  # fmt: skip


def _nombre(nombre: int) -> str:
    """Return « 14 formations », « Plus de 10 000 formations »."""
    if nombre > COMPTES_AU_PLUS:
        return f"Plus de {pluriel(COMPTES_AU_PLUS, 'formation,formations')}"
    return pluriel(nombre, "formation,formations")


def _retour(demande: Demande, comptes: Comptes) -> str:
    """Return what the page of a formation says of the search that led to it."""
    mots = f"pour « {_cherche(demande)} »" if demande.q else ""
    return " ".join(filter(None, (_nombre(comptes.total), mots, _ou(demande))))


def _tel_quel(q: str, mot: str) -> str:
    return re.sub(re.escape(mot), f'"{mot}"', q, flags=re.IGNORECASE)


def _cherche(demande: Demande) -> str:
    """Return the words that are searched: those that were typed, corrected."""
    cherche = demande.q
    for dit, lu in (demande.mots.corrections if demande.mots else {}).items():
        cherche = re.sub(re.escape(dit), lu, cherche, flags=re.IGNORECASE)
    return cherche


def _ou(demande: Demande) -> str:
    if demande.endroit is None:
        return "à distance" if "distance" in demande.filtres else ""
    if demande.endroit.departements:
        return demande.endroit.dedans
    return f"à moins de {demande.rayon}\N{NO-BREAK SPACE}km {de_la_commune(demande.endroit.nom)}"


def _piste(piste: Piste, request: HttpRequest, demande: Demande, comptes: Comptes) -> dict[str, Any]:
    """Return what a wider search says, and its address."""
    lus = request.GET
    if piste.genre == "rayon":
        texte, adresse = f"À moins de {piste.quoi}\N{NO-BREAK SPACE}km", avec(lus, rayon=piste.quoi)
    elif piste.genre == "critere":
        noms = CRITERES[piste.quoi]
        valeurs = [demande.filtres.get(nom) for nom in noms]
        plates = valeurs[0] if isinstance(valeurs[0], list) else valeurs
        texte = f"Sans « {texte_de(piste.quoi, plates, comptes)} »"
        adresse = avec(lus, **dict.fromkeys(noms))
    elif piste.genre == "ou":
        texte, adresse = "Partout en France", avec(lus, ou=None, rayon=None, tri=None)
    elif piste.genre == "lieu":
        la = replace(demande, q=piste.q, endroit=trouver(piste.quoi)[0])
        texte = " ".join(filter(None, (f"« {piste.q} »" if piste.q else "", _ou(la))))
        texte, adresse = texte[:1].upper() + texte[1:], avec(lus, q=piste.q or None, ou=piste.quoi)
    elif piste.genre == "autre":
        texte, adresse = f"« {piste.q} »", avec(lus, q=piste.q)
    elif piste.genre == "mot":
        texte, adresse = f"« {piste.quoi} » seulement", avec(lus, q=piste.quoi)
    else:
        texte, adresse = "Sans aucun filtre", sans_les_filtres(lus)
    return {"texte": texte, "adresse": adresse, "nombre": _nombre(piste.nombre)}


@login_not_required
@require_GET
@sur_la_replique
def lieux(request: HttpRequest) -> HttpResponse:
    """Return the places whose name or postal code begins with `?ou=…`, as JSON."""
    if trop_souvent(request, "lieux", LIEUX_PAR_MINUTE):
        return JsonResponse({"lieux": []}, status=429)
    return JsonResponse({"lieux": [str(endroit) for endroit in proposer(request.GET.get("ou", ""))]})


@login_not_required
@require_GET
@pour_tous
def classement(request: HttpRequest) -> HttpResponse:
    """Render « Comment les résultats sont classés »."""
    return render(request, "vitrine/classement.html", {"attribution": ATTRIBUTION, "tris": TRIS})
