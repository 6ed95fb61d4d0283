"""The saving of the table: every changed row, through the ordinary operation, or none."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID, uuid5

import pghistory
from django.db import connection, transaction

from bureau.tableau.forms import LigneForm
from bureau.tableau.lignes import LignesDuTableau
from catalogue.cycle_de_vie import Origine, Statut, creer_ensemble
from catalogue.ensemble import executer_ensemble, lire
from catalogue.fusion import Divergences, fusionner
from catalogue.operations import TABLEAU
from organismes.auteurs import INCONNU, derniers_auteurs
from organismes.droits import Acteur, Operation
from organismes.validateurs import normaliser_identifiant
from sessions_app.models import Session

CROISES = (
    "Des sessions ne peuvent pas échanger leurs identifiants en une fois : passez par un identifiant"
    " provisoire."
)


class RienEnregistre(Exception):
    """At least one row was refused: nothing was saved, each row says why."""


@dataclass
class Bilan:
    """What was saved, in which context of the history."""

    contexte: UUID | None = None
    modifiees: list[Session] = field(default_factory=list)
    # How many of them were validées, and are no longer complete once merged with what others changed.
    retombees: int = 0
    creees: list[Session] = field(default_factory=list)
    # Those whose dates were written.
    datees: list[Session] = field(default_factory=list)


def enregistrer(tableau: LignesDuTableau, *, par: Acteur, cle: UUID) -> Bilan:
    """Save the changed rows of a valid table in one transaction and one context of the history.

    Raise RienEnregistre when a row is refused, IntegrityError when somebody else was faster on an identifier,
    a contact or an address. `cle` is that of the page. The number of queries does not depend on the number of
    rows, unless identifiers pass from a row to another.
    """
    bilan = Bilan()
    with (
        transaction.atomic(),
        pghistory.context(operation=TABLEAU, origine=str(Origine.FORMULAIRE), **par.signature) as contexte,
    ):
        _modifier([form for form in tableau.changees if not form.nouvelle], par, contexte.id, bilan)
        _creer([form for form in tableau.changees if form.nouvelle], par, cle, bilan)
        # Whether the contacts and the addresses still exist is known now, not at the end of the transaction.
        connection.check_constraints()
    if bilan.modifiees or bilan.creees:
        bilan.contexte = contexte.id
    return bilan


def _modifier(forms: list[LigneForm], par: Acteur, contexte: UUID, bilan: Bilan) -> None:
    """Modify the sessions of these rows, or raise RienEnregistre, with the reasons on the rows."""
    if not forms:
        return
    organisme_id = forms[0].fiche.organisme_id
    # Locked now, they do not move until all is saved.
    lues, _ = lire(Session, [form.fiche.pk for form in forms], organisme_id, verrou=True)
    refusees = []
    vagues, croisees = _par_vagues(forms)
    for form in croisees:
        form.add_error("identifiant", CROISES)
        refusees.append(form)
    for vague in vagues:
        par_cle = {form.fiche.pk: form for form in vague}
        ensemble = executer_ensemble(
            Session,
            {cle: lues[cle].version if cle in lues else 0 for cle in par_cle},
            Operation.MODIFIER,
            organisme_id=organisme_id,
            par=par,
            contexte=contexte,
            parametres=partial(_parametres, par_cle),
        )
        for tentative in ensemble.tentatives:
            form = par_cle[tentative.cle]
            if tentative.refus:
                refusees.append(form)
                for refus in () if form.divergences else tentative.refus:
                    form.add_error(refus.champ if refus.champ in form.fields else None, refus.phrase)
            elif tentative.change:
                bilan.modifiees.append(tentative.fiche)
                statuts = (tentative.avant["statut"], tentative.fiche.statut)
                bilan.retombees += statuts == (Statut.VALIDEE, Statut.BROUILLON)
                if {"date_debut", "date_fin"} & set(form.changed_data):
                    bilan.datees.append(tentative.fiche)
    if refusees:
        _nommer_les_auteurs(refusees)
        raise RienEnregistre


def _parametres(forms: dict[int, LigneForm], fiche: Session) -> dict[str, Any]:
    """Return what to write on the locked session: its row, merged with what somebody else has changed."""
    form = forms[fiche.pk]
    valeurs = dict(form.cleaned_data)
    if form.fige:
        del valeurs["identifiant"]
    try:
        reunies = fusionner(fiche, valeurs, form.version, vue=form.vue_choisie, choix=form.choix)
    except Divergences as divergences:
        form.departager(divergences)
        raise
    return {"valeurs": reunies}


def _par_vagues(forms: list[LigneForm]) -> tuple[list[list[LigneForm]], list[LigneForm]]:
    """Return the rows in waves: when a wave is written, each identifier that it takes is free.

    Then those that wait for each other, which the database would refuse.
    """
    restent, vagues = list(forms), []
    while restent:
        tenus = {(f.fiche.action_id, f.fiche.identifiant_normalise): f for f in restent}
        vague = [f for f in restent if tenus.get((f.fiche.action_id, _voulu(f)), f) is f]
        if not vague:
            break
        vagues.append(vague)
        restent = [form for form in restent if form not in vague]
    return vagues, restent


def _voulu(form: LigneForm) -> str:
    return normaliser_identifiant(form.cleaned_data["identifiant"])


def cle_de(cle: UUID, rang: int | None) -> UUID:
    """Return what makes a new row created once, however often the page is sent."""
    return uuid5(cle, str(rang))


def _creer(forms: list[LigneForm], par: Acteur, cle: UUID, bilan: Bilan) -> None:
    for form in forms:
        form.fiche.cle_de_creation = cle_de(cle, form.rang)
        bilan.creees.append(form.fiche)
    if forms:
        valeurs = [dict(form.cleaned_data) for form in forms]
        creer_ensemble(bilan.creees, valeurs, par=par, operation=TABLEAU)
        bilan.datees += bilan.creees


def _nommer_les_auteurs(forms: list[LigneForm]) -> None:
    """Say who made the other change of the rows in which there is a choice to make."""
    divergentes = [form for form in forms if form.divergences]
    auteurs = derniers_auteurs(Session, [form.fiche.pk for form in divergentes])
    for form in divergentes:
        form.auteur = auteurs.get(form.fiche.pk, INCONNU)
