"""« Programmer » many sessions: an opening or a closing is ordered for a day (D-46)."""

import datetime as dt
from collections.abc import Collection, Mapping

from catalogue.cycle_de_vie import OperationRefusee, Refus
from catalogue.ensemble import CHANGEE, Tentative, relire
from lots.models import Lot
from organismes.droits import Acteur, Operation, exiger_de
from sessions_app.models import Session
from sessions_app.programmation import (
    deprogrammer,
    prevues_de,
    programmer,
    refus_de_programmer,
    refus_du_jour,
)


def planifier(lot: Lot, versions: Mapping[int, int], *, par: Acteur, ecrire: bool) -> list[Tentative]:
    """Order the operation of `parametres` for its day, on each session; without `ecrire`, say what would be.

    Raise PermissionDenied without the right to do the operation itself.
    """
    operation, jour = _ordre(lot)
    exiger_de(par, operation, lot.organisme_id)
    tentatives, _ = relire(Session, versions, lot.organisme_id, verrou=ecrire)
    restent = [tentative for tentative in tentatives if not tentative.refus]
    prevues = prevues_de([tentative.fiche for tentative in restent])
    for tentative in restent:
        siennes = prevues[tentative.cle]
        tentative.refus = refus_du_jour(operation, jour) or list(
            refus_de_programmer(tentative.fiche, operation, jour, siennes)
        )
        deja = operation in siennes and siennes[operation].jour == jour
        tentative.change = not tentative.refus and not deja
    if ecrire and (a_programmer := [tentative.fiche for tentative in restent if tentative.change]):
        try:
            programmer(a_programmer, operation, jour, par)
        except OperationRefusee as refusee:
            for tentative in restent:
                tentative.refus, tentative.change = refusee.refus, False
    return tentatives


def deplanifier(annule: Lot, cles: Collection[int], *, par: Acteur) -> list[Tentative]:
    """Cancel the plans that the lot ordered and that are still pending for its day (D-48)."""
    operation, jour = _ordre(annule)
    exiger_de(par, operation, annule.organisme_id)
    sessions = Session.objects.filter(organisme_id=annule.organisme_id).in_bulk(list(cles))
    prevues = prevues_de(sessions.values())
    tentatives = []
    for cle in cles:
        plan = prevues[cle].get(operation)
        tentative = Tentative(cle, sessions.get(cle))
        tentative.change = plan is not None and plan.jour == jour
        if not tentative.change:
            phrase = "Ce qui était programmé a été fait, changé ou annulé depuis."
            tentative.refus = [Refus(phrase, code=CHANGEE)]
        tentatives.append(tentative)
    deprogrammer([t.fiche for t in tentatives if t.change], [operation], par)
    return tentatives


def _ordre(lot: Lot) -> tuple[Operation, dt.date]:
    return Operation(lot.parametres["operation"]), dt.date.fromisoformat(lot.parametres["jour"])
