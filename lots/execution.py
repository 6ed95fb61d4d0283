"""Execution of a lot, by sets of records; each set is committed with its place in the lot."""

import logging
from collections.abc import Callable, Sequence

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from catalogue.cycle_de_vie import Refus
from catalogue.ensemble import Tentative, executer_ensemble
from catalogue.jumelles import CERTIFICATION, COLONNES, empreinte, nouvelles_jumelles
from catalogue.models import Action
from catalogue.remise import etats_d_avant
from edof.ecriture import ecrire, parmi
from edof.horloge import maintenant
from lots.annulation import remettre
from lots.models import Etat, Issue, LigneDeLot, Lot
from lots.operations import OPERATIONS, parametres_de
from lots.repetition import COMPTE_DISPARU, change_une_action
from organismes.bac_a_sable import a_l_heure_de
from organismes.models import Utilisateur

journal = logging.getLogger(__name__)

# The records of one transaction: its locks last a fraction of a second.
TAILLE = 500
# A lot up to this size is executed by the request that confirms it; a larger one, by the worker.
TOUT_DE_SUITE = 200


def demander(lot: Lot, *, par: Utilisateur | None = None) -> bool:
    """Ask for the execution of a lot that is ready or stopped; return whether it was.

    `par` is who confirms: the lot is executed with their rights. A second click changes nothing.
    """
    signe = {"par": par} if par else {}
    return bool(
        Lot.objects.filter(pk=lot.pk, etat__in=[Etat.PREPARE, Etat.ARRETE]).update(
            etat=Etat.DEMANDE, demande_le=maintenant(), fini_le=None, **signe
        )
    )


def arreter(lot: Lot) -> None:
    """Stop the lot after the set in progress: what is done stays done."""
    Lot.objects.filter(pk=lot.pk, etat=Etat.DEMANDE).update(etat=Etat.ARRETE, fini_le=maintenant())


# What does the next lines of a lot, and notes on each what became of it.
Executant = Callable[[Lot, Sequence[LigneDeLot]], None]


def executer_lot(cle: int) -> None:
    """Execute the sets that remain, one transaction each, until the end, a stop, or another worker's turn."""
    while avancer(cle):
        pass


def avancer(cle: int, executer: Executant | None = None) -> bool:
    """Execute the next set of the lot, with `executer` if given; return whether there may be another.

    Two workers never execute the same set: the row of the lot is locked. A set that a kill interrupts is not
    committed, and is executed again.
    """
    with transaction.atomic():
        lot = (
            Lot.objects.select_related("organisme", "par", "jeton", "annule")
            .select_for_update(skip_locked=True, of=("self",))
            .filter(pk=cle, etat=Etat.DEMANDE)
            .first()
        )
        return lot is not None and _avancer(lot, executer or _executer)


def _avancer(lot: Lot, executer: Executant) -> bool:
    """Execute the next set of this lot, which is locked; return whether there may be another."""
    with a_l_heure_de(lot.organisme):
        lignes = list(lot.lignes.filter(issue=Issue.A_FAIRE).order_by("pk")[:TAILLE])
        if not lignes:
            _finir(lot)
            return False
        executer(lot, lignes)
        faites = [ligne.pk for ligne in lignes if ligne.issue == Issue.FAITE]
        LigneDeLot.objects.filter(pk__in=parmi(faites)).update(issue=Issue.FAITE)
        ecrire([ligne for ligne in lignes if ligne.issue != Issue.FAITE], {"issue", "code", "phrase"})
        if len(lignes) < TAILLE:
            _finir(lot)
            return False
    return True


def _finir(lot: Lot) -> None:
    """Close the lot; the report warns of the actions that it made twins of others (D-44)."""
    if change_une_action(lot):
        faites = {ligne.cle: ligne for ligne in lot.lignes.filter(issue=Issue.FAITE)}
        avant = etats_d_avant(Action, lot.contexte, list(faites))
        apres = Action.objects.filter(pk__in=parmi(list(faites))).values("pk", CERTIFICATION, *COLONNES)
        comparees = {
            ligne["pk"]: (
                empreinte(vars(avant[ligne["pk"]]), ligne[CERTIFICATION]),
                empreinte(ligne, ligne[CERTIFICATION]),
            )
            for ligne in apres
            if ligne["pk"] in avant
        }
        jumelles = nouvelles_jumelles(lot.organisme, comparees)
        for jumelle in jumelles:
            faites[jumelle.cle].code, faites[jumelle.cle].phrase = jumelle.code, jumelle.phrase
        ecrire([faites[jumelle.cle] for jumelle in jumelles], {"code", "phrase"})
    Lot.objects.filter(pk=lot.pk).update(etat=Etat.FINI, fini_le=maintenant())


def _executer(lot: Lot, lignes: Sequence[LigneDeLot]) -> None:
    """Execute the operation on these records, and note on each line what became of it."""
    try:
        with transaction.atomic():
            tentatives = _tentatives(lot, lignes)
    except PermissionDenied as interdit:
        tentatives = [Tentative(ligne.cle, refus=[Refus(str(interdit), code="droit")]) for ligne in lignes]
    except DatabaseError:
        # The database refuses one of the rows, which the conditions could not see: another record took its
        # place meanwhile. Each record is tried alone, so that it stops nobody else.
        if len(lignes) > 1:
            for ligne in lignes:
                _executer(lot, [ligne])
            return
        journal.exception("Lot %s, fiche %s", lot.pk, lignes[0].cle)
        phrase = (
            "La base de données refuse ce changement : une autre fiche vient sans doute de prendre sa place."
        )
        tentatives = [Tentative(lignes[0].cle, refus=[Refus(phrase, code="base")])]
    for ligne, tentative in zip(lignes, tentatives, strict=True):
        noter(ligne, tentative)


def _tentatives(lot: Lot, lignes: Sequence[LigneDeLot]) -> list[Tentative]:
    acteur = lot.acteur
    if acteur is None:
        raise PermissionDenied(COMPTE_DISPARU)
    versions = {ligne.cle: ligne.version for ligne in lignes}
    with lot.contexte_de_l_historique():
        if lot.annule:
            return remettre(lot, lot.annule, versions, par=acteur)
        if faire := OPERATIONS[lot.operation].faire:
            return faire(lot, versions, par=acteur, ecrire=True)
        ensemble = executer_ensemble(
            lot.modele,
            versions,
            OPERATIONS[lot.operation].operation,
            organisme_id=lot.organisme_id,
            par=acteur,
            contexte=lot.contexte,
            parametres=parametres_de(lot.operation, lot.organisme, lot.parametres),
        )
    return ensemble.tentatives


def noter(ligne: LigneDeLot, tentative: Tentative) -> None:
    """Set on the line what became of its record."""
    refus = tentative.refus
    ligne.code = refus[0].code[:60] if refus else ""
    ligne.phrase = " ".join(r.phrase for r in refus)
    if refus:
        ligne.issue = Issue.INCHANGEE if any(r.deja for r in refus) else Issue.REFUSEE
    else:
        ligne.issue = Issue.FAITE if tentative.change else Issue.INCHANGEE
