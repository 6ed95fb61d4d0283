"""The progress and the report of an import, and what its file asks beside its values."""

from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from bureau.lots.reparations import page_du_lot
from catalogue.models.fiche import niveaux
from echanges.lignes import Demande, Niveau
from echanges.models import Etat, Import, Retour
from edof.ecriture import parmi
from edof.templatetags.affichage import enumerer, pluriel
from lots.models import Issue, Lot
from organismes.droits import Operation, role_permet
from organismes.espace import Requete, exiger

MONTREES = 50
# What a file may ask, level by level: what is archived takes what it contains with it.
DEMANDES = {
    "ouvrir": (Demande.OUVRIR, Niveau.SESSION, Operation.OUVRIR, "ouverture,ouvertures"),
    "fermer": (Demande.FERMER, Niveau.SESSION, Operation.FERMER, "fermeture,fermetures"),
    **{
        f"archiver-{niveau}": (
            Demande.ARCHIVER, niveau, Operation.ARCHIVER, f"archivage {de}{niveau},archivages {de}{niveau}s"
        )
        for niveau, de in ((Niveau.OFFRE, "d'"), (Niveau.ACTION, "d'"), (Niveau.SESSION, "de "))
    },
}  # fmt: skip


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
            (geste, pluriel(nombre, mots))
            for geste, (_, _, droit, mots) in DEMANDES.items()
            if role_permet(role, droit) and (nombre := _demandees(importation, geste).count())
        ]
        if importation.etat == Etat.APPLIQUE and importation.lignes.exclude(demande="").exists()
        else [],
        "coche": bool(importation.choix.get("ouvertures")),
    }


def demandes_en_mots(importation: Import) -> str:
    """Return what the file asks beside its values: « 9 ouvertures et 2 fermetures », "" for nothing."""
    lignes = importation.lignes.exclude(demande="").exclude(decision="erreur").order_by()
    comptes = {
        (demande, niveau): nombre
        for demande, niveau, nombre in lignes.values_list("demande", "niveau").annotate(Count("pk"))
    }
    dites = ((comptes.get((d, n), 0), mots) for d, n, _, mots in DEMANDES.values())
    return enumerer([pluriel(nombre, mots) for nombre, mots in dites if nombre])


def _demandees(importation: Import, geste: str) -> Any:
    """Return the records of which the file asks this, once applied."""
    demande, niveau, _, _ = DEMANDES[geste]
    lignes = importation.lignes.filter(demande=demande, niveau=niveau, cle__isnull=False)
    faites = lignes.exclude(decision="erreur").exclude(issue=Issue.REFUSEE)
    cles = [ligne.cle for ligne in faites.only("cle") if ligne.cle]
    fiches: Any = niveaux()[niveau].objects
    return fiches.pour_organisme(importation.organisme).non_archivees().filter(pk__in=parmi(cles))


def preparer_les_demandes(request: Requete, importation: Import) -> HttpResponse:
    """Make a lot of the records that the file asks to open, close or archive, to be rehearsed (D-42)."""
    geste = request.POST["geste"]
    demande, niveau, droit, _ = DEMANDES[geste]
    exiger(request, droit)
    if importation.etat != Etat.APPLIQUE:
        return redirect("import", importation.pk)
    lot = Lot.objects.create(
        organisme=importation.organisme,
        niveau=str(niveau),
        operation=str(demande),
        par=request.user,
        choix="importees",
        retour=reverse("import", args=[importation.pk]),
    )
    if not lot.figer(_demandees(importation, geste).order_by("pk")):
        lot.delete()
        return redirect("import", importation.pk)
    return redirect(page_du_lot(lot))
