"""The writing of a set of lines through the ordinary operations, in the current transaction.

The lines are planned again on the catalogue as it is: a record that moved since is refused as moved (D-40).
"""

import uuid
from typing import Any

from django.db import connection

from catalogue.cycle_de_vie import OperationRefusee, Origine, creer_ensemble
from catalogue.ensemble import CHANGEE, executer_ensemble
from catalogue.models.fiche import niveaux
from catalogue.operations import IMPORTER
from echanges.decisions import Decision, LignePlanifiee
from echanges.lignes import Gravite
from echanges.models import Import, LigneImport
from echanges.preparation import version_de
from echanges.relecture import relire
from edof.ecriture import ecrire
from edof.horloge import maintenant
from lots.models import Issue
from organismes.droits import Acteur, Operation
from organismes.genres import GENRES

_CHANGEE = "Changée depuis le plan : déposez de nouveau le fichier pour la comparer."


class Refusees(Exception):
    """A set was refused as a whole: its lines must be tried one by one."""


Paire = tuple[LigneImport, LignePlanifiee]


def appliquer(importation: Import, lignes: list[LigneImport], *, par: Acteur) -> None:
    """Write these lines of one level, and note on each what became of it.

    Raise PermissionDenied without the right, Refusees or DatabaseError when nothing was written.
    """
    planifiees = relire(importation, lignes, par=par)
    creations: list[Paire] = []
    modifications: list[Paire] = []
    for ligne, planifiee in zip(lignes, planifiees, strict=True):
        if _verifier(ligne, planifiee):
            (creations if planifiee.decision == Decision.CREATION else modifications).append(
                (ligne, planifiee)
            )
    niveau = lignes[0].niveau
    with importation.historique(importation.contexte, par, IMPORTER):
        if niveau in GENRES:
            _creer_des_entrees(importation, creations)
            _modifier_des_entrees(niveau, modifications)
        else:
            _creer(importation, creations, par)
            _modifier(importation, niveau, modifications, par)
        # Whether the contacts and the addresses still exist is known now, not at the end of the transaction.
        connection.check_constraints()


def _verifier(ligne: LigneImport, planifiee: LignePlanifiee) -> bool:
    """Return whether the line still does what was shown; note on it why not."""
    if planifiee.decision == Decision.INCHANGEE:
        ligne.issue, ligne.cle = Issue.INCHANGEE, planifiee.fiche.pk
        return False
    if planifiee.decision in {Decision.ERREUR, Decision.IGNOREE}:
        graves = [a.phrase for a in planifiee.anomalies if a.gravite == Gravite.BLOQUANTE]
        phrase = " ".join(graves or [a.phrase for a in planifiee.anomalies])
        ligne.issue, ligne.code, ligne.phrase = Issue.REFUSEE, "refusee", phrase
        return False
    vue = version_de(planifiee.fiche) if planifiee.decision == Decision.MODIFICATION else ""
    if planifiee.decision != ligne.decision or vue != ligne.vue:
        ligne.issue, ligne.code, ligne.phrase = Issue.REFUSEE, CHANGEE, _CHANGEE
        return False
    return True


def _cle(importation: Import, ligne: LigneImport) -> uuid.UUID:
    """Return what makes a line create one record, however often it is tried."""
    return uuid.uuid5(importation.contexte, str(ligne.rang))


def _creer(importation: Import, paires: list[Paire], par: Acteur) -> None:
    if not paires:
        return
    for ligne, planifiee in paires:
        planifiee.fiche.cle_de_creation = _cle(importation, ligne)
    fiches = [planifiee.fiche for _, planifiee in paires]
    valeurs = [{**planifiee.nettes, "identifiant": planifiee.fiche.identifiant} for _, planifiee in paires]
    try:
        creer_ensemble(fiches, valeurs, par=par, operation=IMPORTER, origine=Origine.IMPORT)
    except OperationRefusee as refusee:
        raise Refusees(str(refusee)) from refusee
    for (ligne, _), fiche in zip(paires, fiches, strict=True):
        ligne.issue, ligne.cle = Issue.FAITE, fiche.pk


def _modifier(importation: Import, niveau: str, paires: list[Paire], par: Acteur) -> None:
    if not paires:
        return
    nettes = {planifiee.fiche.pk: planifiee.nettes for _, planifiee in paires}

    def parametres(fiche: Any) -> dict[str, Any]:
        return {"valeurs": nettes[fiche.pk]}

    ensemble = executer_ensemble(
        niveaux()[niveau],
        {planifiee.fiche.pk: planifiee.fiche.version for _, planifiee in paires},
        Operation.MODIFIER,
        organisme_id=importation.organisme_id,
        par=par,
        contexte=importation.contexte,
        parametres=parametres,
    )
    for (ligne, _), tentative in zip(paires, ensemble.tentatives, strict=True):
        if tentative.refus:
            ligne.issue, ligne.code = Issue.REFUSEE, tentative.refus[0].code[:60]
            ligne.phrase = " ".join(refus.phrase for refus in tentative.refus)
        else:
            ligne.issue = Issue.FAITE if tentative.change else Issue.INCHANGEE


def _creer_des_entrees(importation: Import, paires: list[Paire]) -> None:
    entrees = []
    for ligne, planifiee in paires:
        entree = planifiee.candidate
        # The key that the plan gave was provisional.
        entree.pk, entree.cle_de_creation = None, _cle(importation, ligne)
        entree._state.adding = True
        entrees.append(entree)
    if entrees:
        type(entrees[0])._default_manager.bulk_create(entrees)
    for (ligne, _), entree in zip(paires, entrees, strict=True):
        ligne.issue, ligne.cle = Issue.FAITE, entree.pk


def _modifier_des_entrees(niveau: str, paires: list[Paire]) -> None:
    if not paires:
        return
    cles = [planifiee.fiche.pk for _, planifiee in paires]
    modele: Any = GENRES[niveau].modele
    verrouillees = modele.objects.select_for_update(no_key=True).order_by("pk").in_bulk(cles)
    ecrites, champs, instant = [], set[str](), maintenant()
    for ligne, planifiee in paires:
        entree = verrouillees.get(planifiee.fiche.pk)
        if entree is None or version_de(entree) != ligne.vue:
            ligne.issue, ligne.code, ligne.phrase = Issue.REFUSEE, CHANGEE, _CHANGEE
            continue
        for nom in planifiee.changements:
            setattr(entree, nom, planifiee.nettes[nom])
            champs.add(nom)
        entree.modifie_le = instant
        ecrites.append(entree)
        ligne.issue = Issue.FAITE
    ecrire(ecrites, champs | {"modifie_le"})
