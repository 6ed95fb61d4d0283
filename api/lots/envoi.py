"""A lot that a program sends: done at once, or kept to be done by the worker; its rows, and its answer."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count

from api.ecriture import en_transaction
from api.lots.elements import CREER, DEPOSER, ECRITURES, OPERATIONS, Element
from api.lots.execution import Execution
from catalogue.cycle_de_vie import Origine
from edof.horloge import maintenant
from edof.problemes import Probleme
from lots.models import PROGRAMME, Etat, Issue, LigneDeLot, Lot
from organismes.droits import Operation
from organismes.models import Jeton

ELEMENTS = "elements"
# What was done to a record: how the undoing takes it back.
CREEE, CHANGEE, FERMEE, SUPPRIMEE = "c", "m", "f", "s"
Faite = list[Any]


class RienEcrit(Exception):
    """An element of a lot that is all or nothing was refused."""


def envoyer(jeton: Jeton, mode: str, elements: list[Element], *, simulation: bool) -> Lot:
    """Do these elements in one transaction; return the lot, which holds what undoes it.

    Raises Probleme, with the answer of each element, when the lot is all or nothing and one is refused.
    """
    lot = nouveau(jeton, len(elements), droits(elements), etat=Etat.FINI, mode=mode)

    def faire() -> Lot:
        lot.save()
        Execution(jeton, lot.contexte, lot.pk).executer(elements)
        if mode == "tout" and any(element.probleme for element in elements):
            raise RienEcrit
        lot.parametres |= {"faites": faites(elements), "comptes": _comptes(elements)}
        lot.save(update_fields=["parametres"])
        return lot

    try:
        return en_transaction(faire, simulation=simulation)
    except RienEcrit:
        sans_suite(elements)
        reponses = [element.en_json(simulation=simulation) for element in elements]
        raise Probleme("lot_refuse", _phrase(elements), elements=reponses) from None


def deposer(jeton: Jeton, mode: str, elements: Sequence[Element]) -> Lot:
    """Keep these elements, to be done by the worker; return their lot."""
    lot = nouveau(jeton, len(elements), droits(elements), etat=Etat.DEMANDE, mode=mode)
    lot.save()
    LigneDeLot.objects.bulk_create(
        [
            LigneDeLot(
                lot=lot, cle=element.rang, version=0, nom=element.nom[:30], demande=element.en_demande()
            )
            for element in elements
        ],
        batch_size=2_000,
    )
    return lot


def nouveau(jeton: Jeton, nombre: int, droits: list[str], *, etat: str, mode: str | None = None) -> Lot:
    """Return a lot of so many records, not saved; its undoing will require these rights."""
    instant = maintenant()
    return Lot(
        organisme=jeton.organisme,
        jeton=jeton,
        operation=ELEMENTS,
        parametres={"mode": mode, "droits": droits},
        nombre=nombre,
        choix=PROGRAMME,
        origine=Origine.API,
        etat=etat,
        demande_le=instant,
        fini_le=instant if etat == Etat.FINI else None,
    )


def droits(elements: Iterable[Element]) -> list[str]:
    """Return the rights that the undoing of these elements requires: that of opening for « Fermer »."""
    demandes = {Operation.MODIFIER if e.faire in ECRITURES else OPERATIONS[e.faire] for e in elements}
    return sorted({str(Operation.OUVRIR if d == Operation.FERMER else d) for d in demandes})


def sans_suite(elements: Iterable[Element]) -> None:
    """Answer those that are not refused that they are not done, because of another."""
    for element in elements:
        if element.probleme is None:
            element.refusee(Probleme("sans_suite"))


def faites(elements: Iterable[Element]) -> list[Faite]:
    """Return the level, the key and what was done of each record that has changed, in order."""
    return [faite(element) for element in elements if element.change and element.fiche is not None]


def faite(element: Element) -> Faite:
    """Return the level and the key of the record of an element, and what was done to it."""
    quoi = {Operation.SUPPRIMER.value: SUPPRIMEE, Operation.FERMER.value: FERMEE}.get(element.faire, CHANGEE)
    if element.faire in {CREER, DEPOSER} and element.statut == 201:
        quoi = CREEE
    return [element.niveau, element.fiche.pk, quoi, element.fiche.identifiant]


def issue_de(element: Element) -> Issue:
    """Return what became of an element."""
    if element.probleme is not None:
        return Issue.REFUSEE
    return Issue.FAITE if element.change else Issue.INCHANGEE


def _comptes(elements: Iterable[Element]) -> dict[str, int]:
    comptes: dict[str, int] = dict.fromkeys(map(str, Issue.values), 0)
    for element in elements:
        comptes[str(issue_de(element))] += 1
    return comptes


def _phrase(elements: Sequence[Element]) -> str:
    refuses = [e for e in elements if e.probleme is not None and e.probleme.code != "sans_suite"]
    premier = refuses[0]
    assert premier.probleme is not None
    autres = f" ({len(refuses)} éléments sont refusés)" if len(refuses) > 1 else ""
    return f"Rien n'est écrit{autres}. Élément {premier.rang} : {premier.probleme.phrase}"


def compter(lots: Sequence[Any]) -> None:
    """Give each lot its numbers by issue, and the key of what undoes it; two queries for all of them."""
    cles = [lot.pk for lot in lots]
    lues = LigneDeLot.objects.filter(lot__in=cles).order_by().values_list("lot", "issue")
    comptes: dict[int, dict[str, int]] = {}
    for lot, issue, nombre in lues.annotate(nombre=Count("pk")):
        comptes.setdefault(lot, {})[issue] = nombre
    retours = dict(Lot.objects.filter(annule__in=cles).values_list("annule", "pk"))
    for lot in lots:
        siens = comptes.get(lot.pk) or lot.parametres.get("comptes", {})
        lot.faites, lot.inchangees = siens.get(Issue.FAITE, 0), siens.get(Issue.INCHANGEE, 0)
        lot.refusees, lot.a_faire = siens.get(Issue.REFUSEE, 0), siens.get(Issue.A_FAIRE, 0)
        lot.mode, lot.annule_par = lot.parametres.get("mode"), retours.get(lot.pk)
