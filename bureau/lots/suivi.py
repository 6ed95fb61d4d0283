"""What is done with a lot once its rehearsal is read: confirm, stop, undo, and its report.

The screens of the members and the administration share it.
"""

import csv
from typing import Any

from django.http import HttpResponse

from bureau.lots.consequences import consequences
from bureau.lots.faits import par_qui
from bureau.lots.presentation import deja, groupes_du_compte_rendu, titre
from catalogue.cycle_de_vie import Origine
from catalogue.ensemble import CHANGEE
from edof.textes import sans_formule
from lots.annulation import annuler
from lots.execution import TOUT_DE_SUITE, arreter, demander, executer_lot
from lots.models import Etat, Issue, Lot
from lots.operations import OPERATIONS
from lots.repetition import raconter
from organismes.models import Utilisateur


def confirmer(lot: Lot, ecrit: str, *, par: Utilisateur) -> str:
    """Ask for the execution of a lot that is ready or stopped; return why it cannot be, or nothing.

    `ecrit` is the number that was typed: it is asked for when many sessions leave the public side.
    """
    if lot.etat == Etat.PREPARE:
        repetition = raconter(lot)
        nombre = len(repetition.pretes)
        if not nombre:
            return "Aucune fiche n'est prête : il n'y a rien à faire."
        if consequences(lot, repetition).a_ecrire and "".join(ecrit.split()) != str(nombre):
            return f"Pour confirmer, écrivez {nombre}."
    if demander(lot, par=par) and lot.nombre <= TOUT_DE_SUITE:
        executer_lot(lot.pk)
    return ""


def arreter_tout(lot: Lot) -> None:
    """Stop the lot, or its undoing when it is being undone."""
    arreter(Lot.objects.filter(annule=lot, etat=Etat.DEMANDE).first() or lot)


def defaire(lot: Lot, *, par: Utilisateur, origine: Origine = Origine.FORMULAIRE) -> None:
    """Undo the lot, or go on with an undoing that was stopped. Raise PermissionDenied without the right."""
    if lot.etat not in {Etat.FINI, Etat.ARRETE}:
        return
    retour = annuler(lot, par=par, origine=origine)
    if retour.etat == Etat.ARRETE:
        demander(retour, par=par)
    if retour.nombre <= TOUT_DE_SUITE:
        executer_lot(retour.pk)


def suivi(lot: Lot) -> dict[str, Any]:
    """Return the context of the progress and of the report, whoever reads them."""
    comptes, retour = lot.comptes(), Lot.objects.filter(annule=lot).first()
    fini = lot.etat in {Etat.FINI, Etat.ARRETE}
    contexte = {
        "lot": lot,
        "titre": titre(lot, lot.nombre),
        "operation": OPERATIONS[lot.operation],
        "faites": comptes[Issue.FAITE],
        "deja": comptes[Issue.INCHANGEE] and deja(lot, comptes[Issue.INCHANGEE]),
        "refusees": comptes[Issue.REFUSEE],
        "reste": comptes[Issue.A_FAIRE],
        "passees": lot.nombre - comptes[Issue.A_FAIRE],
        "annulable": fini and comptes[Issue.FAITE] and retour is None,
        "groupes": groupes_du_compte_rendu(lot) if fini else [],
        # Done, and worth a second look (D-44); one more than is shown says that there are others.
        "averties": list(lot.lignes.filter(issue=Issue.FAITE).exclude(phrase="")[:51]) if fini else [],
        "retour": retour,
        "en_cours": lot.etat == Etat.DEMANDE or (retour is not None and retour.etat == Etat.DEMANDE),
    }
    return {**contexte, **(_suivi_du_retour(retour) if retour else {})}


def _suivi_du_retour(retour: Lot) -> dict[str, Any]:
    """Return the three lists of an undoing: put back, kept because changed since, impossible (D-48)."""
    comptes = retour.comptes()
    changees = list(retour.lignes.filter(issue=Issue.REFUSEE, code=CHANGEE).values_list("cle", flat=True))
    gardees = len(changees)
    return {
        "remises": comptes[Issue.FAITE],
        "remises_deja": comptes[Issue.INCHANGEE],
        "gardees": gardees,
        "par_qui": par_qui(retour.modele, changees) if changees else "",
        "impossibles": comptes[Issue.REFUSEE] - gardees,
        "passees_du_retour": retour.nombre - comptes[Issue.A_FAIRE],
        "groupes_du_retour": groupes_du_compte_rendu(retour),
    }


def en_csv(lot: Lot) -> HttpResponse:
    """Return the report of a lot, one line per record, as a CSV file that Excel opens in French."""
    reponse = HttpResponse(content_type="text/csv; charset=utf-8")
    reponse["Content-Disposition"] = f'attachment; filename="compte-rendu-{lot.pk}.csv"'
    reponse.write("\N{ZERO WIDTH NO-BREAK SPACE}")
    ecrivain = csv.writer(reponse, delimiter=";")
    ecrivain.writerow([str(lot.modele._meta.verbose_name).capitalize(), "Résultat", "Raison"])
    for nom, issue, phrase in lot.lignes.values_list("nom", "issue", "phrase").iterator():
        ecrivain.writerow([sans_formule(nom), Issue(issue).label, sans_formule(phrase)])
    return reponse
