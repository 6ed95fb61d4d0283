"""The accueil: what to do today."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from catalogue.cycle_de_vie import Statut
from catalogue.templatetags.affichage import date_longue
from edof.horloge import demain
from publication import visibilite
from sessions_app.models import Session


@require_GET
def accueil(request: HttpRequest) -> HttpResponse:
    """What to do today."""
    if request.organisme is None:
        return render(request, "organismes/sans_organisme.html")
    sessions = visibilite.avec_visibilite(
        Session.objects.pour_organisme(request.organisme).non_archivees().select_related("action__offre", "action__lieu_de_formation")
    )
    visibles = sessions.filter(est_visible=True)
    en_attente = sessions.filter(est_visible=False, sera_visible=True)
    brouillons = sessions.filter(statut=Statut.BROUILLON).order_by("modifie_le")
    non_visibles = (
        sessions.filter(statut=Statut.ACTIVE, est_visible=False, sera_visible=False)
        .annotate(retenue=visibilite.retenue_par(demain()))
        .order_by("date_debut", "pk")
    )
    raisons = {condition.slug: condition.raison for condition in visibilite.conditions(demain())}
    nombre_non_visibles = non_visibles.count()
    compteurs = [
        _compteur(visibles.values("action").distinct().count(), "action visible", "actions visibles", "sur Mon Compte Formation"),
        _compteur(en_attente.count(), "session à paraître", "sessions à paraître", f"le {date_longue(demain())} au matin"),
        _compteur(nombre_non_visibles, "active mais non visible", "actives mais non visibles", "", alerte=nombre_non_visibles > 0),
        _compteur(brouillons.count(), "brouillon à terminer", "brouillons à terminer", ""),
    ]
    contexte = {
        "compteurs": compteurs,
        "non_visibles": [
            {"session": session, "raison": raisons[session.retenue], "url": reverse("session_visibilite", args=[session.pk])}
            for session in non_visibles[:10]
        ],
        "brouillons": brouillons[:10],
        "demain": en_attente.order_by("date_debut", "pk")[:10],
        "date_demain": demain(),
    }
    return render(request, "catalogue/accueil.html", contexte)


def _compteur(nombre: int, un: str, plusieurs: str, precision: str, *, alerte: bool = False) -> dict[str, object]:
    return {
        "nombre": nombre,
        "libelle": un if nombre < 2 else plusieurs,
        "precision": precision,
        "url": reverse("catalogue"),
        "lien": "Voir le catalogue",
        "alerte": alerte,
    }
