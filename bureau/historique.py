"""Views of the « Historique » of a record: entries, comparison of two versions, restoration of a version."""

from typing import Any

import pghistory
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from bureau.acces import fiche_ou_404, page_du_catalogue
from bureau.menu import url_de
from catalogue.comparaison import champs, changements, disparus, etats, restituables, valeurs_d_avant
from catalogue.cycle_de_vie import OperationRefusee, Statut, executer, refus_de
from catalogue.forms.fiche import FORMULAIRES, pris_entre_temps
from catalogue.fusion import VersionDepassee
from catalogue.historique import (
    PAR_PAGE,
    Historique,
    operation_de,
    origine_de,
    version_de,
)
from catalogue.models import Fiche
from edof.contraintes import table_visee
from edof.versions import lire_version
from organismes.auteurs import auteur_de, personnes
from organismes.droits import Operation, role_permet
from organismes.espace import Requete, exiger
from publication.impact import Impact, ImpactAnnonce, dessous_de, enregistrer_ou_annoncer, presenter
from publication.retraits import apres_enregistrement
from sessions_app.plans import Programmation

# How many plans of a session its history shows, the latest.
PROGRAMMATIONS_MONTREES = 20


@require_GET
def historique(request: Requete, niveau: str, pk: int) -> HttpResponse:
    """Render the history entries of the record, latest first.

    `?enfants=1` adds the entries of the records below it.
    """
    fiche = fiche_ou_404(request, niveau, pk)
    enfants = request.GET.get("enfants") == "1"
    page = Paginator(Historique(fiche, enfants=enfants), PAR_PAGE).get_page(request.GET.get("page"))
    dessous = {"offre": "de ses actions et de ses sessions", "action": "de ses sessions", "session": ""}[
        niveau
    ]
    plans = Programmation.objects.none()
    if niveau == "session" and page.number == 1:
        plans = Programmation.objects.filter(session=fiche).select_related("par", "jeton")
    return render(
        request,
        "bureau/historique/historique.html",
        {
            **_commun(request, fiche),
            "page": page,
            "enfants": enfants,
            "dessous": dessous,
            "plans": plans[:PROGRAMMATIONS_MONTREES],
        },
    )


@require_GET
def comparer(request: Requete, niveau: str, pk: int) -> HttpResponse:
    """Render two versions of the record side by side: `?de=3&a=7`, by default the last two.

    A version that does not exist gives a 422, with an error message beside its number.
    """
    fiche = fiche_ou_404(request, niveau, pk)
    demandees = {
        nom: request.GET.get(nom, "").strip() or str(defaut)
        for nom, defaut in (("de", max(fiche.version - 1, 1)), ("a", fiche.version))
    }
    de, a = (lire_version(texte) for texte in demandees.values())
    lignes = version_de(fiche, de, a)
    contexte: dict[str, Any] = {
        **_commun(request, fiche),
        **demandees,
        "erreurs": {},
        "versions": [],
        "differences": [],
    }
    for nom, version in (("de", de), ("a", a)):
        if version not in lignes:
            contexte["erreurs"][nom] = (
                f"Cette version n'existe pas : indiquez un numéro de 1 à {fiche.version}."
            )
    if contexte["erreurs"]:
        return render(request, "bureau/historique/historique_comparer.html", contexte, status=422)
    etat = etats(lignes.values())
    contexte["versions"] = [_version(lignes[version], fiche) for version in (de, a)]
    contexte["differences"] = changements(*(etat[type(fiche), lignes[version].pgh_id] for version in (de, a)))
    return render(request, "bureau/historique/historique_comparer.html", contexte)


@require_http_methods(["GET", "POST"])
def restaurer(request: Requete, niveau: str, pk: int, version: int) -> HttpResponse:
    """Restore a former version of the record: its values are written again as a new edit.

    GET shows what would change. POST makes the change through `executer`; the confirmation page comes back
    with 409 when the record has changed in the meantime, and with 422 when the change is refused. Raise
    Http404 when the history does not contain this version.
    """
    fiche = fiche_ou_404(request, niveau, pk)
    exiger(request, Operation.MODIFIER)
    if not (ligne := version_de(fiche, version).get(version)):
        raise Http404
    ancienne = etats([ligne])[type(fiche), ligne.pgh_id]
    if request.method == "GET":
        return _confirmer(
            request, fiche, ligne, ancienne, [refus.phrase for refus in refus_de(fiche, Operation.MODIFIER)]
        )
    avant, lue = fiche.statut, lire_version(request.POST.get("version", ""))
    try:
        with pghistory.context(restaure=version):
            valeurs = valeurs_d_avant(fiche, ancienne)
            fiche = _restaurer(request, fiche, valeurs, lue)
    except ImpactAnnonce as annonce:
        return _confirmer(request, fiche, ligne, ancienne, [], statut=422, impact=annonce.impact)
    except VersionDepassee:
        messages.warning(
            request,
            "La fiche a été modifiée entre-temps : relisez ce qui changerait, puis confirmez de nouveau.",
        )
        return _confirmer(request, fiche_ou_404(request, niveau, pk), ligne, ancienne, [], statut=409)
    except OperationRefusee as refusee:
        return _confirmer(
            request, fiche, ligne, ancienne, [refus.phrase for refus in refusee.refus], statut=422
        )
    except IntegrityError as erreur:
        return _confirmer(request, fiche, ligne, ancienne, [_phrase(erreur, fiche)], statut=422)
    except type(fiche).DoesNotExist:
        messages.info(request, "Cette fiche n'existe plus : elle a été supprimée entre-temps.")
        return redirect("catalogue")
    _annoncer(request, fiche, version, change=fiche.version != lue, avant=avant)
    return redirect("historique", niveau, pk)


def _restaurer(request: Requete, fiche: Any, valeurs: dict[str, Any], lue: int | None) -> Any:
    """Save these values, and return the record; raise ImpactAnnonce for a loss that was not announced."""

    def enregistrer() -> Any:
        return executer(
            fiche, Operation.MODIFIER, par=request.user, valeurs=valeurs, version=lue, stricte=True
        )

    return enregistrer_ou_annoncer(dessous_de(fiche), enregistrer, vu=request.POST.get("impact", ""))


def _commun(request: Requete, fiche: Fiche) -> dict[str, Any]:
    modifiable = request.membre is not None and role_permet(request.membre.role, Operation.MODIFIER)
    return {
        "fiche": fiche,
        "niveau": fiche.nom_de_niveau,
        "nom": f"{fiche.GENRE} « {fiche.identifiant} »",
        "retour": page_du_catalogue(fiche),
        "consulter": url_de(fiche, Operation.CONSULTER),
        "peut_restaurer": modifiable and fiche.statut != Statut.ARCHIVEE,
    }


def _version(ligne: Any, fiche: Fiche) -> dict[str, Any]:
    """Return the description of a version: number, date, author, operation and origin."""
    return {
        "numero": ligne.version,
        "instant": ligne.pgh_created_at,
        "qui": auteur_de(ligne, personnes([ligne])),
        "operation": operation_de(ligne),
        "origine": origine_de(ligne),
        "actuelle": ligne.version == fiche.version,
    }


def _confirmer(
    request: Requete,
    fiche: Fiche,
    ligne: Any,
    ancienne: Fiche,
    refus: list[str],
    *,
    statut: int = 200,
    impact: Impact | None = None,
) -> HttpResponse:
    """Render the confirmation page: what would change, what it would lose, the reasons of a refusal."""
    perdus = disparus(ancienne)
    noms = [nom for nom in restituables(fiche) if nom not in perdus]
    contexte = {
        **_commun(request, fiche),
        "version": _version(ligne, fiche),
        "differences": changements(fiche, ancienne, noms),
        "gardees": [{"libelle": champs(type(fiche))[nom], "nom": nom_lu} for nom, nom_lu in perdus.items()],
        "refus": refus,
        **presenter(impact),
    }
    return render(request, "bureau/historique/historique_restaurer.html", contexte, status=statut)


def _annoncer(request: Requete, fiche: Fiche, version: int, *, change: bool, avant: str) -> None:
    if not change:
        messages.info(request, f"Rien à restaurer : la fiche est déjà comme dans sa version {version}.")
        return
    suite, alertes = apres_enregistrement(fiche) if fiche.statut == Statut.ACTIVE else ("", [])
    fait = f"La version {version} est restaurée : c'est la nouvelle version {fiche.version}."
    messages.success(request, f"{fait} {suite}".rstrip())
    for phrase in fiche.suites:
        messages.warning(request, phrase)
    for alerte in alertes:
        messages.warning(request, alerte.phrase, extra_tags=alerte.geste)
    if (avant, fiche.statut) == (Statut.VALIDEE, Statut.BROUILLON):
        messages.warning(
            request, f"{fiche.GENRE} « {fiche.identifiant} » n'est plus complète : elle repasse en brouillon."
        )


def _phrase(erreur: IntegrityError, fiche: Fiche) -> str:
    """Return the message for a refusal of the database; raise `erreur` again when it is unexpected."""
    if table_visee(erreur):
        return (
            "Un contact, une adresse ou la certification de cette version vient d'être supprimé :"
            " recommencez."
        )
    if pris := pris_entre_temps(erreur, fiche, FORMULAIRES[type(fiche)]):
        return pris[0][1]
    raise erreur
