"""The progress and the report of an import, and what its file asks beside its values."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from bureau.lots.reparations import page_du_lot
from echanges.lignes import Demande
from echanges.models import Etat, Import, Retour
from edof.ecriture import parmi
from lots.models import Issue, Lot
from organismes.droits import Operation, role_permet
from organismes.espace import Requete, exiger
from sessions_app.models import Session

MONTREES = 50
_DROITS = {Demande.OUVRIR: Operation.OUVRIR, Demande.FERMER: Operation.FERMER}


def contexte_du_suivi(request: Requete, importation: Import) -> dict[str, Any]:
    """Return the context of the pages that follow the plan."""
    comptes = importation.comptes()
    retours = importation.lignes.filter(issue=Issue.FAITE)
    remises = retours.filter(retour=Retour.REMISE).count()
    role = request.membre.role if request.membre else ""
    a_appliquer = importation.lignes.filter(choisie=True, decision__in=["creation", "modification"]).count()
    en_cours = importation.etat in {Etat.A_LIRE, Etat.DEMANDE, Etat.A_ANNULER}
    passees = (
        a_appliquer
        - importation.lignes.filter(
            issue=Issue.A_FAIRE, choisie=True, decision__in=["creation", "modification"]
        ).count()
    )
    if importation.etat == Etat.A_ANNULER:
        a_appliquer = retours.count()
        passees = a_appliquer - retours.filter(retour=Retour.A_FAIRE).count()
    refusees = importation.lignes.filter(issue=Issue.REFUSEE) | importation.lignes.filter(decision="erreur")
    return {
        "bilan": importation.bilan,
        "faites": comptes[Issue.FAITE],
        "passees": passees,
        "a_appliquer": a_appliquer,
        "en_cours": en_cours,
        "refusees": refusees.order_by("ligne", "rang")[:MONTREES],
        "nombre_de_refusees": refusees.count(),
        "remises": remises,
        "gardees": retours.filter(retour=Retour.GARDEE).order_by("ligne")[:MONTREES],
        "impossibles": retours.filter(retour=Retour.IMPOSSIBLE).order_by("ligne")[:MONTREES],
        "annulable": importation.etat == Etat.APPLIQUE and comptes[Issue.FAITE] and not importation.efface_le,
        "demandes": [
            (str(demande), nombre)
            for demande, droit in _DROITS.items()
            if role_permet(role, droit) and (nombre := len(_demandees(importation, demande)))
        ]
        if importation.etat == Etat.APPLIQUE
        else [],
        "coche": bool(importation.choix.get("ouvertures")),
    }


def _demandees(importation: Import, demande: str) -> list[int]:
    """Return the keys of the sessions that the file asks to open or to close, once applied."""
    lignes = importation.lignes.filter(demande=demande, cle__isnull=False).exclude(decision="erreur")
    return [ligne.cle for ligne in lignes.exclude(issue=Issue.REFUSEE) if ligne.cle]


def preparer_les_demandes(request: Requete, importation: Import) -> HttpResponse:
    """Make a lot of the sessions that the file asks to open or to close: its page rehearses it (D-42)."""
    demande = Demande(request.POST["geste"])
    exiger(request, _DROITS[demande])
    cles = _demandees(importation, demande) if importation.etat == Etat.APPLIQUE else []
    sessions = Session.objects.pour_organisme(request.organisme).filter(pk__in=parmi(cles))
    lot = Lot.objects.create(
        organisme=importation.organisme,
        niveau="session",
        operation=str(demande),
        par=request.user,
        choix="importees",
        retour=reverse("import", args=[importation.pk]),
    )
    if not lot.figer(sessions.order_by("pk")):
        lot.delete()
        return redirect("import", importation.pk)
    return redirect(page_du_lot(lot))
