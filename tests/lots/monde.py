"""A catalogue with records in every state, and what compares an operation on many with operations on one."""

import datetime as dt
import random
import re
from typing import Any

from django.db import connection, transaction

from catalogue.cycle_de_vie import OperationRefusee, executer
from catalogue.models.fiche import niveaux
from edof.horloge import aujourd_hui
from lots.annulation import annuler
from lots.execution import demander, executer_lot
from lots.models import Etat, Lot
from lots.operations import OPERATIONS, parametres_de
from organismes.droits import Operation
from organismes.models import Organisme
from publication.decomptes import decompter
from tests.conftest import Monde

# Columns that any write changes and that no undoing brings back (docs/architecture.md, « Undoing »).
IGNOREES = {"version", "modifie_le"}


def peupler(monde: Monde, hasard: random.Random, sessions: int = 40) -> None:
    """Create offres, actions and sessions, then shake them."""
    actions = []
    for rang in range(3):
        monde.offre = monde.nouvelle_offre(f"O{rang}")
        actions += [monde.nouvelle_action(f"A{rang}{n}") for n in range(2)]
    for rang in range(sessions):
        debut = aujourd_hui() + dt.timedelta(hasard.randint(2, 200))
        monde.session(
            f"s{rang}",
            action=hasard.choice(actions),
            date_debut=debut,
            date_fin=debut + dt.timedelta(hasard.randint(1, 30)),
        )
    secouer(monde, hasard, 60)


def secouer(monde: Monde, hasard: random.Random, operations: int = 8) -> None:
    """Do random operations on the records, refused ones included."""
    toutes = [fiche for modele in niveaux().values() for fiche in modele.objects.order_by("pk")]
    gestes = [Operation.OUVRIR, Operation.FERMER, Operation.ARCHIVER, Operation.DESARCHIVER]
    for fiche in hasard.choices(
        toutes, weights=[{"session": 9}.get(f.nom_de_niveau, 1) for f in toutes], k=operations
    ):
        possibles = gestes if fiche.nom_de_niveau == "session" else gestes[2:]
        tenter(fiche, hasard.choice(possibles), monde.gestionnaire)


def tenter(fiche: Any, operation: Operation, par: Any, **parametres: Any) -> str:
    """Execute the operation; return the sentences of its refusal, empty when it was done."""
    try:
        executer(type(fiche).objects.get(pk=fiche.pk), operation, par=par, **parametres)
    except OperationRefusee as refusee:
        return str(refusee)
    except type(fiche).DoesNotExist:
        return "disparue"
    return ""


def photo() -> dict[tuple[str, int], dict[str, Any]]:
    """Return every column of every record, except those that any write changes."""
    return {
        (str(modele._meta.model_name), ligne["id"]): {
            nom: valeur for nom, valeur in ligne.items() if nom not in IGNOREES
        }
        for modele in niveaux().values()
        for ligne in modele.objects.values()
    }


# Tables that only grow, and say what was done: the history, the lots with their reports, what tells caches
# that the public side moved.
JOURNAUX = re.compile(r"event$|^pghistory_|^lots_|^publication_(mouvement|trace)$|^django_|^auth_")


def tables() -> dict[str, list[str]]:
    """Return every row of every table as text, whatever it is for, but for the columns of IGNOREES.

    The tables of JOURNAUX are left out. What is marked is counted again first, as whoever looks does.
    """
    for organisme in Organisme.objects.all():
        decompter(organisme)
    with connection.cursor() as curseur:
        noms = [nom for nom in connection.introspection.table_names(curseur) if not JOURNAUX.search(nom)]
        sauf = f"ARRAY{sorted(IGNOREES)}"
        lues = {}
        for nom in noms:
            curseur.execute(f"SELECT (to_jsonb(t) - {sauf})::text FROM {nom} AS t ORDER BY 1")
            lues[nom] = [ligne for (ligne,) in curseur.fetchall()]
    return lues


def nouveau_lot(monde: Monde, code: str, fiches: Any, par: Any = None, **parametres: Any) -> Lot:
    """Return a lot of these records, ready to be asked for."""
    lot = Lot.objects.create(
        organisme=monde.organisme,
        niveau=fiches.model._meta.model_name,
        operation=code,
        parametres=parametres,
        par=par or monde.gestionnaire,
    )
    lot.figer(fiches)
    return lot


def faire(lot: Lot) -> Lot:
    """Ask for the lot, execute it whole, and return it."""
    assert demander(lot)
    executer_lot(lot.pk)
    lot.refresh_from_db()
    assert lot.etat == Etat.FINI
    return lot


def faire_annuler(lot: Lot, monde: Monde) -> Lot:
    """Undo the lot whole; return the lot that undoes it."""
    retour = annuler(lot, par=monde.gestionnaire)
    executer_lot(retour.pk)
    retour.refresh_from_db()
    assert retour.etat == Etat.FINI
    return retour


def issues(lot: Lot) -> dict[int, tuple[str, str]]:
    """Return, by key, the issue and the sentence of each line."""
    return {ligne.cle: (ligne.issue, ligne.phrase) for ligne in lot.lignes.all()}


class Annulee(Exception):
    """Raised to give up a transaction."""


def a_l_unite(lot: Lot, par: Any) -> tuple[dict[int, str], dict[Any, Any]]:
    """Return what `executer` does to each record of the lot, one by one, and the tables that result.

    Nothing remains of it.
    """
    refus: dict[int, str] = {}
    tables: dict[Any, Any] = {}
    parametres_d_une = parametres_de(lot.operation, lot.organisme, lot.parametres)
    try:
        with transaction.atomic():
            for ligne in lot.lignes.all():
                fiche = lot.modele.objects.filter(pk=ligne.cle).first()
                if fiche is None:
                    refus[ligne.cle] = "disparue"
                    continue
                try:
                    dits = parametres_d_une(fiche)
                except OperationRefusee as refusee:
                    refus[ligne.cle] = str(refusee)
                    continue
                refus[ligne.cle] = tenter(fiche, OPERATIONS[lot.operation].operation, par, **dits)
            tables = photo()
            raise Annulee
    except Annulee:
        return refus, tables
