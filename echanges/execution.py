"""What makes an import go on, from its rows: reading, applying, undoing; each set commits with its place."""

import logging
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from echanges.annulation import remettre
from echanges.application import Refusees, appliquer
from echanges.models import Etat, Import, LigneImport, Mode, Retour
from echanges.preparation import preparer
from edof.ecriture import ecrire
from edof.horloge import maintenant
from lots.models import Issue
from lots.repetition import COMPTE_DISPARU
from organismes.bac_a_sable import a_l_heure_de
from organismes.droits import Acteur, Operation, exiger_de
from organismes.models import Jeton, Utilisateur

journal = logging.getLogger(__name__)

# The lines of one transaction: its locks last a fraction of a second.
TAILLE = 500
# An import up to this size is applied by the request that asks for it; a larger one, by the worker.
TOUT_DE_SUITE = 200
_ECRITES = {"issue", "code", "phrase", "cle"}
# What a person reads of a line, and its application does not.
_POUR_L_ECRAN = ("anomalies", "changements", "corrections")
_RETOURS = {"retour", "phrase_du_retour"}


def demander(importation: Import, *, mode: str, par: Any = None) -> bool:
    """Ask for the application of a plan; return whether it was. A second click changes nothing.

    `par` is who confirms: the lines are applied with their rights.
    """
    signe = {"jeton" if isinstance(par, Jeton) else "par": par} if par else {}
    instant = maintenant()
    return bool(
        Import.objects.filter(pk=importation.pk, etat=Etat.PLANIFIE).update(
            etat=Etat.DEMANDE, mode=mode, demande_le=instant, modifie_le=instant, refus="", **signe
        )
    )


def annuler(importation: Import, *, par: Any) -> bool:
    """Ask for the undoing of an import that is applied; return whether it was.

    Raise PermissionDenied without the right.
    """
    exiger_de(par, Operation.MODIFIER, importation.organisme_id)
    return bool(
        Import.objects.filter(pk=importation.pk, etat=Etat.APPLIQUE, efface_le=None).update(
            etat=Etat.A_ANNULER,
            annule_par=par if isinstance(par, Utilisateur) else None,
            modifie_le=maintenant(),
        )
    )


def avancer_un_import(cle: int) -> None:
    """Do what an import waits for, until there is nothing left to do or it is another worker's turn."""
    importation = Import.objects.select_related("organisme").filter(pk=cle).first()
    if importation is not None and importation.etat == Etat.A_LIRE:
        with a_l_heure_de(importation.organisme):
            preparer(importation)
    while _avancer(cle):
        pass


def _avancer(cle: int) -> bool:
    """Do the next set of lines; return whether there may be another.

    Two workers never do the same set: the row of the import is locked. A set that a kill interrupts is not
    committed, and is done again.
    """
    with transaction.atomic():
        importation = (
            Import.objects.select_related(
                "organisme", "par", "jeton", "annule_par", "action__offre__certification"
            )
            .select_for_update(skip_locked=True, of=("self",))
            .filter(pk=cle, etat__in=[Etat.DEMANDE, Etat.A_ANNULER])
            .first()
        )
        if importation is None:
            return False
        with a_l_heure_de(importation.organisme):
            if importation.etat == Etat.A_ANNULER:
                return _remettre_un_ensemble(importation)
            if importation.mode == Mode.TOUT:
                return _tout_ou_rien(importation)
            return _appliquer_un_ensemble(importation)


def _a_faire(importation: Import) -> Any:
    return (
        importation.lignes.filter(
            issue=Issue.A_FAIRE, choisie=True, decision__in=["creation", "modification"]
        )
        .order_by("rang")
        .defer(*_POUR_L_ECRAN)
    )


def _appliquer_un_ensemble(importation: Import) -> bool:
    lignes = _du_meme_niveau(_a_faire(importation)[:TAILLE])
    if not lignes:
        _finir(importation)
        return False
    _appliquer(importation, lignes)
    ecrire(lignes, _ECRITES)
    Import.objects.filter(pk=importation.pk).update(modifie_le=maintenant())
    return True


def _du_meme_niveau(lignes: Iterable[LigneImport]) -> list[LigneImport]:
    """Return the first lines that are of one level: parents are written before what is below them."""
    lues = list(lignes)
    return [ligne for ligne in lues if ligne.niveau == lues[0].niveau]


def _appliquer(importation: Import, lignes: list[LigneImport]) -> None:
    """Apply these lines, and note on each what became of it."""
    try:
        with transaction.atomic():
            appliquer(importation, lignes, par=_acteur(importation))
    except PermissionDenied as interdit:
        for ligne in lignes:
            ligne.issue, ligne.code, ligne.phrase = Issue.REFUSEE, "droit", str(interdit)
    except (DatabaseError, Refusees) as erreur:
        # The database refuses one of the rows, or a parent has changed meanwhile, which the plan could not
        # see. Each line is tried alone, so that it stops nobody else.
        if len(lignes) > 1:
            for ligne in lignes:
                _appliquer(importation, [ligne])
            return
        ligne = lignes[0]
        ligne.cle = None
        ligne.issue, ligne.code = Issue.REFUSEE, "base"
        ligne.phrase = str(erreur) if isinstance(erreur, Refusees) else _PRISE
        if not isinstance(erreur, Refusees):
            journal.exception("Import %s, ligne %s", importation.pk, ligne.ligne)


_PRISE = "La base de données refuse cette ligne : une autre fiche vient sans doute de prendre sa place."


def _acteur(importation: Import) -> Acteur:
    if (acteur := importation.acteur) is None:
        raise PermissionDenied(COMPTE_DISPARU)
    return acteur


class _RienEcrit(Exception):
    """A line of an import that is all or nothing was refused."""


def _tout_ou_rien(importation: Import) -> bool:
    """Apply every line in the current transaction; when one is refused, none is, and the plan says why."""
    refusees: list[LigneImport] = []
    try:
        with transaction.atomic():
            while lignes := _du_meme_niveau(_a_faire(importation)[:TAILLE]):
                _appliquer(importation, lignes)
                ecrire(lignes, _ECRITES)
                refusees += [ligne for ligne in lignes if ligne.issue == Issue.REFUSEE]
                if refusees:
                    raise _RienEcrit
    except _RienEcrit:
        premiere = refusees[0]
        importation.etat = Etat.PLANIFIE
        importation.refus = f"Rien n'a été écrit. Ligne {premiere.ligne} : {premiere.phrase}"
        importation.save(update_fields=["etat", "refus"])
        return False
    _finir(importation)
    return False


def _finir(importation: Import) -> None:
    faites = importation.lignes.filter(issue=Issue.FAITE)
    creees = faites.filter(decision="creation")
    bilan = {
        "creees": creees.count(),
        "validees": creees.filter(validable=True).count(),
        "modifiees": faites.filter(decision="modification").count(),
        "refusees": importation.lignes.filter(issue=Issue.REFUSEE).count()
        + importation.lignes.filter(decision="erreur").count(),
        "inchangees": importation.lignes.filter(decision="inchangee").count(),
        "laissees": importation.lignes.filter(
            choisie=False, decision__in=["creation", "modification"], issue=Issue.A_FAIRE
        ).count(),
    }
    instant = maintenant()
    Import.objects.filter(pk=importation.pk).update(
        etat=Etat.APPLIQUE, bilan=bilan, fini_le=instant, modifie_le=instant
    )


def _remettre_un_ensemble(importation: Import) -> bool:
    """Undo the next set, the last ones first: what is below goes before its parents."""
    faites = importation.lignes.filter(issue=Issue.FAITE, retour=Retour.A_FAIRE).order_by("-rang")
    lignes = _du_meme_niveau(faites[:TAILLE])
    if not lignes:
        instant = maintenant()
        Import.objects.filter(pk=importation.pk).update(
            etat=Etat.ANNULE, annule_le=instant, modifie_le=instant
        )
        return False
    _remettre(importation, lignes)
    ecrire(lignes, _RETOURS)
    Import.objects.filter(pk=importation.pk).update(modifie_le=maintenant())
    return True


def _remettre(importation: Import, lignes: list[LigneImport]) -> None:
    try:
        with transaction.atomic():
            if (acteur := importation.auteur_du_retour) is None:
                raise PermissionDenied(COMPTE_DISPARU)
            remettre(importation, lignes, par=acteur)
    except PermissionDenied as interdit:
        for ligne in lignes:
            ligne.retour, ligne.phrase_du_retour = Retour.IMPOSSIBLE, str(interdit)
    except DatabaseError:
        if len(lignes) > 1:
            for ligne in lignes:
                _remettre(importation, [ligne])
            return
        journal.exception("Annulation de l'import %s, ligne %s", importation.pk, lignes[0].ligne)
        lignes[0].retour = Retour.IMPOSSIBLE
        lignes[0].phrase_du_retour = "La base de données refuse ce retour : d'autres fiches en dépendent."
