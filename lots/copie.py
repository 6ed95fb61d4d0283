"""« Dupliquer vers d'autres actions »: each chosen session is copied, with its dates, under other actions."""

import uuid
from collections.abc import Collection, Mapping
from typing import Any, cast

from django.db.models import Field

from catalogue.cycle_de_vie import OperationRefusee, Refus, refus_de, transition_de
from catalogue.ensemble import CHANGEE, Tentative, lire, relire
from catalogue.models import Action
from lots.models import Lot
from organismes.droits import Acteur, Operation, exiger_de
from sessions_app.models import Session

# What a copy takes from its session; like every copy, it is neither open nor part of a series (D-16).
COPIES = (
    "identifiant",
    "pas_de_dates",
    "date_debut",
    "date_fin",
    "garantie",
    "contact_inscription",
    "adresse_inscription",
    "modalites_particulieres",
)


def copier(lot: Lot, versions: Mapping[int, int], *, par: Acteur, ecrire: bool) -> list[Tentative]:
    """Copy these sessions under the actions of `parametres["actions"]`; a refusal of one is for all.

    Without `ecrire`, nothing is written or locked. Raise PermissionDenied without the right.
    """
    exiger_de(par, Operation.DUPLIQUER, lot.organisme_id)
    tentatives, _ = relire(Session, versions, lot.organisme_id, verrou=ecrire)
    actions, _ = lire(Action, lot.parametres["actions"], lot.organisme_id, verrou=ecrire)
    voulus = {t.fiche.identifiant_normalise for t in tentatives if not t.refus}
    pris = set(
        Session.objects.filter(action__in=list(actions), identifiant_normalise__in=voulus).values_list(
            "action", "identifiant_normalise"
        )
    )
    copies = []
    for tentative in tentatives:
        if tentative.refus:
            continue
        siennes = [
            _copie(lot, tentative.fiche, action)
            for cle, action in actions.items()
            if cle != tentative.fiche.action_id
        ]
        tentative.refus = [refus for copie in siennes for refus in _refus(copie, pris)]
        tentative.change = bool(siennes) and not tentative.refus
        if not siennes:
            tentative.refus = [Refus("La session est déjà dans cette action.", code="meme-action", deja=True)]
        if tentative.change:
            copies += siennes
            # Two sessions of the choice may have the same identifier under two actions.
            pris |= {(copie.action_id, copie.identifiant_normalise) for copie in siennes}
    if ecrire:
        Session.objects.bulk_create(copies)
    return tentatives


def retirer(annule: Lot, cles: Collection[int], *, par: Acteur) -> list[Tentative]:
    """Delete the copies of these sessions that nobody has changed since (D-48)."""
    exiger_de(par, Operation.DUPLIQUER, annule.organisme_id)
    faites = {_cle(annule, cle, action): cle for cle in cles for action in annule.parametres["actions"]}
    copies = Session.objects.filter(organisme_id=annule.organisme_id, cle_de_creation__in=list(faites))
    par_source: dict[int, list[Any]] = {}
    for copie in copies.select_for_update(no_key=True).order_by("pk"):
        par_source.setdefault(faites[cast(uuid.UUID, copie.cle_de_creation)], []).append(copie)
    intactes, tentatives = [], []
    for cle in cles:
        siennes = par_source.get(cle, [])
        tentative = Tentative(cle, change=bool(siennes))
        if any(copie.version > 1 for copie in siennes):
            phrase = "Une de ses copies a été modifiée depuis : elles restent."
            tentative.refus, tentative.change = [Refus(phrase, code=CHANGEE)], False
        else:
            intactes += [copie.pk for copie in siennes]
        tentatives.append(tentative)
    Session.objects.filter(pk__in=intactes).delete()
    return tentatives


def _cle(lot: Lot, session: int, action: int) -> uuid.UUID:
    return uuid.uuid5(lot.contexte, f"{session}-{action}")


def _copie(lot: Lot, session: Any, action: Any) -> Any:
    copie = Session(
        organisme_id=lot.organisme_id, action=action, cle_de_creation=_cle(lot, session.pk, action.pk)
    )
    for nom in ("identifiant_normalise", *COPIES):
        colonne = cast(Field, Session._meta.get_field(nom)).attname
        setattr(copie, colonne, getattr(session, colonne))
    return copie


def _refus(copie: Any, pris: Collection[tuple[int, str]]) -> list[Refus]:
    """Give the copy its status, validée when it is complete; return why it cannot be made."""
    action = copie.action
    if (action.pk, copie.identifiant_normalise) in pris:
        phrase = f"L'action « {action} » a déjà une session de cet identifiant."
        return [Refus(phrase, "identifiant", action, code="identifiant-pris")]
    possible = Operation.MODIFIER if copie.empechements() else Operation.VALIDER
    if refus := refus_de(copie, possible):
        return refus
    trouvee = transition_de(copie, possible)
    assert trouvee is not None, "a new record may be saved"
    try:
        getattr(copie, trouvee.name)(valeurs={})
    except OperationRefusee as refusee:
        return refusee.refus
    return []
