"""The execution of the elements of a lot, in the current transaction, by sets."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from rest_framework import serializers

from api.ecriture import expliquer, lire_le_corps
from api.lots.ecriture import Ecritures
from api.lots.elements import CREER, DEPOSER, Chemin, Element, chaque, retrouver
from api.lots.lecture import lire_les_fiches, verrouiller
from api.lots.ordre import ECRIRE, Groupe, chemins_de, ranger
from api.lots.refus import absente, probleme_de
from api.preconditions import exiger
from api.serializers.fiches import DesarchivageSerializer
from catalogue.cycle_de_vie import OperationRefusee, Origine
from catalogue.ensemble import executer_ensemble
from catalogue.forms.fiche import FORMULAIRES
from catalogue.fusion import VersionDepassee
from catalogue.models.fiche import niveaux
from catalogue.operations import ENVOI_GROUPE
from catalogue.referentiel import referentiel_lu_une_fois
from edof.horloge import a_l_instant, maintenant
from edof.problemes import Probleme
from lots.models import ContexteDonne
from organismes.droits import Operation
from organismes.models import Jeton


@dataclass
class Execution:
    """The elements that a token sends, done in one context of the history."""

    jeton: Jeton
    contexte: uuid.UUID
    lot: int | None
    # The elements that create what others name, and were refused.
    refusees: dict[Chemin, Element] = field(default_factory=dict)

    def executer(self, elements: list[Element]) -> None:
        """Do these elements in their order, and note on each what became of it."""
        organisme = self.jeton.organisme
        retrouver(elements, organisme)
        restent = [element for element in elements if element.probleme is None]
        chemins = [chemin for element in restent for chemin in chemins_de(element)]
        with (
            self._historique(elements) as contexte,
            referentiel_lu_une_fois(),
            a_l_instant(maintenant()),
        ):
            verrouiller(organisme, chemins)
            for groupe in ranger(restent):
                self._faire(groupe, groupe.elements, contexte)
                for element in groupe.elements:
                    if element.probleme is not None and element.faire in {CREER, DEPOSER}:
                        self.refusees.setdefault(element.chemin, element)

    def _historique(self, elements: list[Element]) -> "Contexte":
        """Return the context of the history: it is named by the operation when all ask for the same."""
        faites = {element.faire for element in elements}
        seule = faites.pop() if len(faites) == 1 else ""
        nom = seule if seule in Operation.values and seule != Operation.MODIFIER else ENVOI_GROUPE
        return Contexte(
            self.contexte, operation=nom, origine=str(Origine.API), lot=self.lot, **self.jeton.signature
        )

    def _faire(self, groupe: Groupe, elements: list[Element], contexte: Any) -> None:
        try:
            with transaction.atomic():
                if groupe.faire == ECRIRE:
                    Ecritures(self.jeton, groupe.niveau, contexte, self.refusees).executer(elements)
                else:
                    self._operer(groupe, elements)
                # Whether the contacts and the addresses still exist is known now, not at the commit.
                connection.check_constraints()
        except PermissionDenied as interdit:
            for element in elements:
                element.refusee(probleme_de(interdit))
        except IntegrityError as erreur:
            # Somebody else was first, for one of them: each is tried alone, so that it stops nobody else.
            if len(elements) > 1:
                for element in elements:
                    if element.probleme is None:
                        self._faire(groupe, [element], contexte)
                return
            modele = niveaux()[groupe.niveau]
            fiche = modele(organisme=self.jeton.organisme)
            elements[0].refusee(expliquer(erreur, fiche, FORMULAIRES[modele]))

    def _operer(self, groupe: Groupe, elements: list[Element]) -> None:
        """Do one operation of the life cycle on the records of these elements."""
        attendu = DesarchivageSerializer() if groupe.operation == Operation.DESARCHIVER else _rien()
        try:
            lus = lire_le_corps(groupe.valeurs, attendu)
        except Probleme as probleme:
            for element in elements:
                element.refusee(probleme)
            return
        parametres = {"valeurs": {}} if groupe.operation == Operation.VALIDER else lus
        lues = lire_les_fiches(self.jeton.organisme, [element.chemin for element in elements])
        a_faire: dict[int, Element] = {}
        versions: dict[int, int] = {}

        def retenir(element: Element) -> None:
            fiche = lues.get(element.chemin)
            try:
                if fiche is None:
                    raise absente(element, element.chemin, self.refusees)
                exiger(element.si_match, str(fiche.version), VersionDepassee(fiche))
            except (Probleme, OperationRefusee) as refus:
                element.refusee(probleme_de(refus))
                return
            a_faire[fiche.pk], versions[fiche.pk] = element, fiche.version

        chaque(elements, retenir)
        ensemble = executer_ensemble(
            niveaux()[groupe.niveau],
            versions,
            groupe.operation,
            organisme_id=self.jeton.organisme_id,
            par=self.jeton,
            contexte=self.contexte,
            parametres=lambda fiche: parametres,
        )
        for tentative in ensemble.tentatives:
            element = a_faire[tentative.cle]
            if tentative.refus:
                refusee = tentative.refusee or OperationRefusee(tentative.refus)
                element.refusee(probleme_de(refusee))
            else:
                element.faite(tentative.fiche, change=tentative.change)


class Contexte(ContexteDonne):
    """The context of a lot: its sets know its key and what it says."""

    def __init__(self, cle: uuid.UUID, **metadata: Any) -> None:
        super().__init__(cle, **metadata)
        self.cle = cle

    def __enter__(self) -> Any:
        super().__enter__()
        return self


def _rien() -> serializers.Serializer:
    """Return what an operation without parameters reads: nothing."""
    return serializers.Serializer()
