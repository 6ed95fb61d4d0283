"""« Annuler » of a lot that a program sent: what has not moved since is put back, the rest stays (D-48).

The records are taken in the reverse order of what was done. All that the lot did is in one context of the
history: a record that it changed several times comes back as it was before the first one.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from api.lots.envoi import CREEE, FERMEE, SUPPRIMEE, Faite
from catalogue.cycle_de_vie import Origine, Refus
from catalogue.ensemble import CHANGEE as A_CHANGE
from catalogue.ensemble import Tentative
from catalogue.models.fiche import niveaux
from catalogue.remise import dernieres_versions
from edof.horloge import maintenant
from lots.annulation import ANNULER, rendre, rendre_au_dessus, restaurer, retirer, rouvrir
from lots.execution import noter
from lots.models import PROGRAMME, Etat, Issue, LigneDeLot, Lot
from lots.repetition import COMPTE_DISPARU
from organismes.droits import Operation, exiger_de
from organismes.models import Jeton


def demander(lot: Lot, *, par: Jeton) -> Lot:
    """Ask for the undoing of a lot that is finished or stopped; a second call returns the same one.

    Raise PermissionDenied without the rights of all that the lot did.
    """
    for droit in lot.parametres["droits"]:
        exiger_de(par, Operation(droit), lot.organisme_id)
    try:
        with transaction.atomic():
            retour = Lot.objects.create(
                organisme=lot.organisme,
                jeton=par,
                operation=ANNULER,
                choix=PROGRAMME,
                origine=Origine.API,
                etat=Etat.DEMANDE,
                demande_le=maintenant(),
                annule=lot,
            )
            lignes = [
                LigneDeLot(lot=retour, cle=rang, version=0, nom=nom, demande=[niveau, cle, quoi])
                for rang, (niveau, cle, quoi, nom) in enumerate(_a_remettre(lot))
            ]
            LigneDeLot.objects.bulk_create(lignes, batch_size=5_000)
            retour.nombre = len(lignes)
            retour.save(update_fields=["nombre"])
    except IntegrityError:
        return Lot.objects.get(annule=lot)
    return retour


def _a_remettre(lot: Lot) -> list[Faite]:
    """Return what was done to each record, the last first: once, as created or deleted when it was."""
    faites = lot.parametres.get("faites")
    if faites is None:
        lues = lot.lignes.filter(issue=Issue.FAITE).order_by("pk").values_list("reponse", flat=True)
        faites = [reponse["faite"] for reponse in lues if reponse]
    creees = {(niveau, cle) for niveau, cle, quoi, _ in faites if quoi == CREEE}
    parties = {(niveau, cle) for niveau, cle, quoi, _ in faites if quoi == SUPPRIMEE}
    retenues: dict[tuple[str, int], Faite] = {}
    for niveau, cle, quoi, nom in reversed(faites):
        fiche = (niveau, cle)
        if (fiche in creees) != (quoi == CREEE) or (fiche in creees and fiche in parties):
            # Created by the lot: taken back as such, unless the lot has deleted it.
            continue
        if (fiche in parties) == (quoi == SUPPRIMEE):
            retenues.setdefault(fiche, [niveau, cle, quoi, nom])
    return list(retenues.values())


def remettre(retour: Lot, annule: Lot, lignes: Sequence[LigneDeLot]) -> None:
    """Put back the records of these lines, in the current transaction, and note on each what became of it."""
    for _, ensemble in groupby(lignes, key=lambda ligne: _demande(ligne)[::2]):
        _remettre_ensemble(retour, annule, list(ensemble))


def _demande(ligne: LigneDeLot) -> tuple[str, int, str]:
    """Return the level and the key of the record of a line, and what was done to it."""
    assert ligne.demande is not None, "an undoing says of each line what it takes back"
    niveau, cle, quoi = ligne.demande
    return niveau, cle, quoi


def _remettre_ensemble(retour: Lot, annule: Lot, lignes: list[LigneDeLot]) -> None:
    niveau, _, quoi = _demande(lignes[0])
    cles = [_demande(ligne)[1] for ligne in lignes]
    try:
        with transaction.atomic():
            tentatives = _remettre(retour, annule, niveau, quoi, cles)
            # Whether the contacts and the addresses still exist is known now, not at the commit.
            connection.check_constraints()
    except PermissionDenied as interdit:
        tentatives = {cle: Tentative(cle, refus=[Refus(str(interdit), code="droit")]) for cle in cles}
    except IntegrityError:
        # Each is tried alone, so that it stops nobody else.
        if len(lignes) > 1:
            for ligne in lignes:
                _remettre_ensemble(retour, annule, [ligne])
            return
        refus = Refus("La base de données refuse ce retour : d'autres fiches en dépendent.", code="base")
        tentatives = {cle: Tentative(cle, refus=[refus]) for cle in cles}
    for ligne, cle in zip(lignes, cles, strict=True):
        noter(ligne, tentatives[cle])


def _remettre(retour: Lot, annule: Lot, niveau: str, quoi: str, cles: list[int]) -> dict[int, Tentative]:
    if (par := retour.jeton) is None:
        raise PermissionDenied(COMPTE_DISPARU)
    for droit in annule.parametres["droits"]:
        exiger_de(par, Operation(droit), annule.organisme_id)
    modele, organisme = niveaux()[niveau], annule.organisme_id
    with retour.contexte_de_l_historique():
        if quoi == CREEE:
            tentatives = retirer(modele, organisme, _laissees(modele, [annule, retour], cles))
            rendre_au_dessus(modele, annule)
        elif quoi == SUPPRIMEE:
            tentatives = restaurer(annule, modele, cles)
        elif quoi == FERMEE:
            laissees = dernieres_versions(modele, annule.contexte, organisme, pgh_obj_id__in=cles)
            tentatives = rouvrir(retour, annule, modele, cles, laissees, par=par)
        else:
            laissees = dernieres_versions(modele, annule.contexte, organisme, pgh_obj_id__in=cles)
            tentatives = rendre(annule, modele, cles, laissees)
        bougees = [t.cle for t in tentatives if quoi != CREEE and _a_bouge(t)]
        deja = _deja_remises(modele, retour, bougees)
    for tentative in tentatives:
        if tentative.cle in deja:
            # It came back with what contains it.
            tentative.refus, tentative.change = [], True
    return {tentative.cle: tentative for tentative in tentatives}


def _laissees(modele: Any, lots: list[Lot], cles: list[int]) -> dict[int, int]:
    """Return the version in which a lot, or its undoing, left each record that it created."""
    contextes = [lot.contexte for lot in lots]
    evenements = modele.pgh_event_model.objects.filter(pgh_context_id__in=contextes, pgh_obj_id__in=cles)
    lues = dict(evenements.order_by().values_list("pgh_obj_id").annotate(derniere=Max("version")))
    return {cle: lues.get(cle, 1) for cle in cles}


def _a_bouge(tentative: Tentative) -> bool:
    return any(refus.code == A_CHANGE for refus in tentative.refus)


def _deja_remises(modele: Any, retour: Lot, cles: list[int]) -> set[int]:
    """Return which of these records the undoing itself was the last to change."""
    if not cles:
        return set()
    evenements = modele.pgh_event_model.objects.filter(pgh_obj_id__in=cles)
    derniers = evenements.order_by("pgh_obj_id", "-pgh_id").distinct("pgh_obj_id")
    return {
        cle
        for cle, contexte in derniers.values_list("pgh_obj_id", "pgh_context_id")
        if contexte == retour.contexte
    }
