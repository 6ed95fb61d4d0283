"""« Programmer » many sessions: an opening or a closing is ordered for a day (D-46)."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from catalogue.cycle_de_vie import OperationRefusee, Refus
from catalogue.ensemble import CHANGEE, Tentative, relire
from edof.ecriture import parmi
from lots.models import Lot
from organismes.droits import Acteur, Operation, exiger_de
from sessions_app.models import Programmation, Session
from sessions_app.programmation import prevues_de, programmer, refus_de_programmer, refus_du_jour


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
    """Take back the plans that the lot ordered and that are still pending for its day (D-48).

    A plan that it moved from another day, or a refusal that it dismissed, comes back.
    """
    operation, jour = _ordre(annule)
    exiger_de(par, operation, annule.organisme_id)
    choisies = Session.objects.filter(organisme_id=annule.organisme_id, pk__in=parmi(cles))
    sessions = {session.pk: session for session in choisies.select_for_update(no_key=True).order_by("pk")}
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
    remises = [tentative.cle for tentative in tentatives if tentative.change]
    evenements: Any = Programmation.pgh_event_model  # type: ignore[attr-defined]
    nouvelles = evenements.objects.filter(
        pgh_context_id=annule.contexte, pgh_label="insert", session__in=parmi(remises)
    )
    Programmation.objects.prevues().filter(pk__in=nouvelles.values("pgh_obj_id")).order_by().delete()
    choisies.filter(pk__in=parmi(remises)).rendre_les_suites(annule.contexte)
    return tentatives


def _ordre(lot: Lot) -> tuple[Operation, dt.date]:
    return Operation(lot.parametres["operation"]), dt.date.fromisoformat(lot.parametres["jour"])
