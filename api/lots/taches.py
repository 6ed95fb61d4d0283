"""The lots that the worker does for programs, from their rows: by sets, or all at once."""

import logging
from collections.abc import Sequence

from django.db import DatabaseError, transaction

from api.lots.elements import Element, element_de
from api.lots.envoi import RienEcrit, faite, issue_de, sans_suite
from api.lots.execution import Execution
from api.lots.retour import remettre
from edof.ecriture import ecrire
from edof.problemes import Probleme
from lots.execution import TAILLE, avancer
from lots.models import Issue, LigneDeLot, Lot
from lots.repetition import COMPTE_DISPARU

journal = logging.getLogger(__name__)

_BASE = "La base de données refuse ce changement : une autre fiche vient sans doute de prendre sa place."


def executer_un_lot(cle: int) -> None:
    """Do what remains of a lot, or of its undoing, until the end, a stop, or another worker's turn."""
    while avancer(cle, _executer):
        pass


def _executer(lot: Lot, lignes: Sequence[LigneDeLot]) -> None:
    """Do these lines, all of the lot when it is all or nothing, and note on each what became of it."""
    if lot.annule is not None:
        remettre(lot, lot.annule, lignes)
    elif lot.parametres["mode"] == "tout":
        _tout(lot, lignes)
    else:
        _noter(lignes, _faire(lot, _elements(lignes)))


def _elements(lignes: Sequence[LigneDeLot]) -> list[Element]:
    return [element_de(ligne.cle, ligne.demande or {}) for ligne in lignes]


def _faire(lot: Lot, elements: list[Element]) -> list[Element]:
    if lot.jeton is None:
        for element in elements:
            element.refusee(Probleme("droit_insuffisant", COMPTE_DISPARU))
        return elements
    try:
        with transaction.atomic():
            Execution(lot.jeton, lot.contexte, lot.pk).executer(elements)
    except DatabaseError:
        # Each is tried alone, so that it stops nobody else.
        if len(elements) > 1:
            neufs = [element_de(element.rang, element.en_demande()) for element in elements]
            return [fait for neuf in neufs for fait in _faire(lot, [neuf])]
        journal.exception("Lot %s, élément %s", lot.pk, elements[0].rang)
        elements[0].refusee(Probleme("operation_refusee", _BASE))
    return elements


def _tout(lot: Lot, premieres: Sequence[LigneDeLot]) -> None:
    """Do every line in the current transaction; when one is refused, none is."""
    lignes = [*premieres, *lot.lignes.filter(issue=Issue.A_FAIRE).order_by("pk")[len(premieres) :]]
    elements = _elements(lignes)
    try:
        with transaction.atomic():
            for debut in range(0, len(elements), TAILLE):
                elements[debut : debut + TAILLE] = _faire(lot, elements[debut : debut + TAILLE])
            if any(element.probleme for element in elements):
                raise RienEcrit
    except RienEcrit:
        sans_suite(elements)
    _noter(lignes, elements)
    # The first ones are written by whoever asked.
    restent = lignes[len(premieres) :]
    ecrire(restent, {"issue", "code", "phrase"})


def _noter(lignes: Sequence[LigneDeLot], elements: Sequence[Element]) -> None:
    """Note on each line what its element is answered, and what will undo it."""
    for ligne, element in zip(lignes, elements, strict=True):
        ligne.issue, ligne.reponse = issue_de(element), element.en_json(simulation=False)
        if element.change and element.fiche is not None:
            ligne.reponse["faite"] = faite(element)
        if element.probleme is not None:
            raisons = element.probleme.raisons
            ligne.code = (raisons[0].code if raisons else element.probleme.code)[:60]
            ligne.phrase = element.probleme.phrase
    ecrire(lignes, {"reponse"})
