"""Views of « Publication de demain » and « Registre des publications », for the records of the organisme."""

import datetime as dt
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from edof.horloge import demain as jour_de_demain
from organismes.espace import Requete
from publication.avance import dernier_jour_en_avance
from publication.demain import (
    NATURES,
    du_jour,
    ecarts_de_demain,
    jours_du_registre,
    nombres_par_jour,
    page_de_demain,
    page_du_jour,
    programmees_du_jour,
    programmees_jusqu_a_demain,
    retenues_demain,
)
from publication.jours import jours_dus
from publication.models import registre as passages_de
from sessions_app.models import Programmation

LIGNES_PAR_PAGE, PROGRAMMATIONS_MONTREES = 30, 25
# The heading of each nature (for one session, for several), its message when empty, and its icon: for
# tomorrow, then for a past day.
A_VENIR = {
    "parait": (
        "Paraîtra,Paraîtront",
        "Rien de nouveau ne paraîtra demain : une session ouverte à l'inscription paraît le lendemain matin.",
        "eye-fill",
    ),
    "change": (
        "Changera,Changeront",
        "Rien de ce qui est en ligne ne changera demain.",
        "arrow-counterclockwise",
    ),
    "disparait": ("Disparaîtra,Disparaîtront", "Rien ne sera retiré demain.", "eye-slash"),
    "retenue": (
        "Retenue,Retenues",
        "Aucune session ouverte à l'inscription n'est retenue.",
        "hourglass-split",
    ),
}
PASSEES = {
    "parait": ("Parue,Parues", "Aucune de vos sessions n'a paru ce jour-là.", "eye-fill"),
    "change": (
        "Modifiée,Modifiées",
        "Rien de ce qui était en ligne n'a changé ce jour-là.",
        "arrow-counterclockwise",
    ),
    "disparait": ("Retirée,Retirées", "Rien n'a été retiré ce jour-là.", "eye-slash"),
    "retenue": (
        "Retenue,Retenues",
        "Aucune session ouverte à l'inscription n'était retenue ce jour-là.",
        "hourglass-split",
    ),
}
FORMES = ("parue,parues", "modifiée,modifiées", "retirée,retirées", "nouvelle retenue,nouvelles retenues")


def _retards(request: Requete) -> dict[str, Any]:
    """Return what is wrong with the register of all; a sandbox has its own, which has nothing to tell."""
    if request.organisme.bac_a_sable:
        return {"manquants": [], "avance": None}
    return {"manquants": jours_dus(), "avance": dernier_jour_en_avance()}


@require_GET
def demain(request: Requete) -> HttpResponse:
    """Render what will appear, change, disappear or be held back tomorrow.

    The result is computed by the code of the nightly run. `?nature=…` selects one of NATURES.
    """
    if request.organisme is None:
        return redirect("accueil")
    ecarts = ecarts_de_demain(request.organisme)
    nombres = {nature: len(liste) for nature, liste in ecarts.items()}
    nombres["retenue"] = retenues_demain(request.organisme).count()
    nature = _nature(request, nombres)
    contexte = {
        "jour": jour_de_demain(),
        **_programmations(programmees_jusqu_a_demain(request.organisme), "Programmé d'ici demain"),
        "onglets": _onglets(A_VENIR, nombres),
        "nature": nature,
        "vide": A_VENIR[nature][1],
        "page": page_de_demain(request.organisme, nature, ecarts, request.GET.get("page")),
        **_retards(request),
    }
    return render(request, "bureau/publication/demain.html", contexte)


@require_GET
def registre(request: Requete) -> HttpResponse:
    """Render the publication register of the organisme, latest run first.

    There is one line for each run that changed something for the organisme, and one for the days between two
    of them.
    """
    if request.organisme is None:
        return redirect("accueil")
    page = Paginator(jours_du_registre(request.organisme), LIGNES_PAR_PAGE).get_page(request.GET.get("page"))
    seuls = [jours[0] for bouge, jours in page.object_list if bouge]
    passages = {passage.jour: passage for passage in passages_de(request.organisme).filter(jour__in=seuls)}
    nombres = nombres_par_jour(request.organisme, seuls)
    for jour, passage in passages.items():
        passage.nombres = [
            (nombres[jour][nature], formes) for nature, formes in zip(NATURES, FORMES, strict=True)
        ]
    lignes = [
        {
            "passage": passages.get(jours[0]) if bouge else None,
            "jours": jours,
            "du": jours[-1],
            "au": jours[0],
        }
        for bouge, jours in page.object_list
    ]
    contexte = {"page": page, "lignes": lignes, **_retards(request)}
    return render(request, "bureau/publication/registre.html", contexte)


@require_GET
def passage(request: Requete, jour: str) -> HttpResponse:
    """Render what the run of a day did to the sessions of the organisme.

    `?nature=…` selects one of NATURES. Raise Http404 for a day without a run.
    """
    if request.organisme is None:
        return redirect("accueil")
    try:
        date = dt.date.fromisoformat(jour)
    except ValueError as erreur:
        raise Http404 from erreur
    fait = get_object_or_404(passages_de(request.organisme), jour=date)
    nombres = {nature: du_jour(request.organisme, nature, date).count() for nature in NATURES}
    nature = _nature(request, nombres)
    contexte = {
        "passage": fait,
        **_programmations(programmees_du_jour(request.organisme, date), "Programmé ce jour-là"),
        "onglets": _onglets(PASSEES, nombres),
        "nature": nature,
        "vide": PASSEES[nature][1],
        "page": page_du_jour(request.organisme, nature, fait, request.GET.get("page")),
    }
    return render(request, "bureau/publication/passage.html", contexte)


def _programmations(plans: QuerySet[Programmation], titre: str) -> dict[str, Any]:
    """Return what the template shows of these plans: the first ones, and how many others there are."""
    nombre = plans.count()
    return {
        "titre_des_programmations": titre,
        "programmations": plans[:PROGRAMMATIONS_MONTREES] if nombre else (),
        "autres_programmations": nombre - PROGRAMMATIONS_MONTREES,
    }


def _nature(request: Requete, nombres: dict[str, int]) -> str:
    """Return the requested nature, else the first one that is not empty."""
    demandee = request.GET.get("nature")
    return (
        demandee
        if demandee in NATURES
        else next((nature for nature in NATURES if nombres[nature]), NATURES[0])
    )


def _onglets(
    libelles: dict[str, tuple[str, str, str]], nombres: dict[str, int]
) -> list[tuple[str, Any, str, int]]:
    return [(nature, libelle, icone, nombres[nature]) for nature, (libelle, _, icone) in libelles.items()]
