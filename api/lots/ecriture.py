"""The writes of a set: creations and changes of one level, through the forms and in two statements.

A body becomes what somebody would have typed, as for one record (api/ecriture.py). The forms are those of the
files: the same, with the links found beforehand.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError

from api.choix import choix_inconnu
from api.ecriture import lire_le_corps, meme_identifiant, raisons_du_contenu, refus_du_contenu
from api.lots.elements import CREER, DEPOSER, MODIFIER, Chemin, Element, chaque
from api.lots.lecture import lire_les_fiches, lire_les_liens
from api.lots.ordre import chemins_de
from api.lots.refus import absente, probleme_de
from api.preconditions import exiger
from api.serializers.fiches import (
    ActionDetailSerializer,
    ActionModificationSerializer,
    EcritureSerializer,
    OffreDetailSerializer,
    OffreModificationSerializer,
    SessionDetailSerializer,
    SessionModificationSerializer,
)
from catalogue.cycle_de_vie import OperationRefusee, Origine, Statut, creer_ensemble, refus_de
from catalogue.ensemble import executer_ensemble
from catalogue.forms.fiche import IDENTIFIANT_PRIS, IdentifiantForm, identifiant_fige
from catalogue.fusion import VersionDepassee
from catalogue.models.fiche import niveaux
from catalogue.regles import Regle
from echanges.formulaires import FORMULAIRES_D_IMPORT, TrouveeField
from echanges.lignes import Niveau
from edof.problemes import Probleme, Raison
from organismes.droits import Operation
from organismes.models import Jeton

_CORPS: dict[str, tuple[type[EcritureSerializer], Any]] = {
    "offre": (OffreModificationSerializer, OffreDetailSerializer),
    "action": (ActionModificationSerializer, ActionDetailSerializer),
    "session": (SessionModificationSerializer, SessionDetailSerializer),
}


@dataclass
class Prete:
    """A write that the form admits: the record, what is asked of it, and its new values."""

    element: Element
    fiche: Any
    operation: Operation
    valeurs: dict[str, Any]
    version: int | None = None
    manquements: list[Regle] = field(default_factory=list)


@cache
def _lecture_seule(niveau: str) -> frozenset[str]:
    return frozenset(_CORPS[niveau][1]().fields)


class Ecritures:
    """The writes of one level."""

    def __init__(self, jeton: Jeton, niveau: str, contexte: Any, refusees: Mapping[Chemin, Element]) -> None:
        self.jeton, self.niveau, self.contexte, self.refusees = jeton, niveau, contexte, refusees
        self.attendu = _CORPS[niveau][0]()
        self.champs = dict(self.attendu.fields)
        self.neuves: dict[int, Any] = {}
        self.organisme = jeton.organisme
        self.modele: Any = niveaux()[niveau]
        self.partage: Any = None
        self.identifiant = IdentifiantForm.base_fields["identifiant"]

    def executer(self, elements: list[Element]) -> None:
        """Do these writes, in the current transaction, and note on each what became of it.

        Raise PermissionDenied without the right, IntegrityError when the database refuses one of the rows.
        """
        self.lues = lire_les_fiches(self.organisme, [c for e in elements for c in chemins_de(e)])
        existantes = [self.lues[e.chemin] for e in elements if e.chemin in self.lues]
        self.liens = lire_les_liens(self.organisme, self.attendu.formulaire, elements, existantes)
        pretes: list[Prete] = []
        chaque(elements, lambda element: self._preparer(element, pretes))
        neuves = [prete for prete in pretes if prete.fiche.pk is None]
        changees = [prete for prete in pretes if prete.fiche.pk is not None]
        self._creer(neuves)
        for operation in (Operation.MODIFIER, Operation.VALIDER):
            self._changer(operation, [prete for prete in changees if prete.operation == operation])

    def _preparer(self, element: Element, pretes: list[Prete]) -> None:
        try:
            pretes.append(self._prete(element))
        except (Probleme, OperationRefusee) as refus:
            element.refusee(probleme_de(refus))

    # --- One write ---

    def _prete(self, element: Element) -> Prete:
        fiche = self.lues.get(element.chemin)
        corps = dict(element.valeurs)
        if fiche is None:
            fiche = self._nouvelle(element)
            if element.si_match is not None:
                exiger(element.si_match, None)
        elif element.faire == CREER:
            raise _pris(self.niveau)
        else:
            exiger(element.si_match, str(fiche.version), VersionDepassee(fiche))
        neuve = fiche.pk is None
        if neuve or element.faire == DEPOSER:
            corps = self._du_chemin(element, corps, neuve=neuve)
        saisie = lire_le_corps(corps, self.champs, self.liens, lecture_seule=_lecture_seule(self.niveau))
        operation = Operation.VALIDER if saisie.pop("valider", False) else Operation.MODIFIER
        version = saisie.pop("version", None)
        if refus := refus_de(fiche, operation):
            raise OperationRefusee(refus)
        valeurs = self._identifiant(element, fiche, saisie)
        remplace = neuve or element.faire == DEPOSER
        form = self._formulaire(fiche, saisie, remplace=remplace, operation=operation)
        valeurs |= {n: v for n, v in form.cleaned_data.items() if remplace or n in saisie}
        version = None if neuve or element.si_match is not None else version
        return Prete(element, fiche, operation, valeurs, version, form.manquements)

    def _nouvelle(self, element: Element) -> Any:
        """Return a new record, below what contains it."""
        if element.faire == MODIFIER:
            raise absente(element, element.chemin, self.refusees)
        parent = self.organisme if len(element.chemin) == 1 else self.lues.get(element.chemin[:-1])
        if parent is None:
            dessus = element.chemin[:1] if element.chemin[:1] not in self.lues else element.chemin[:-1]
            raise absente(element, dessus, self.refusees)
        # A copy costs less than a new one.
        if parent.pk not in self.neuves:
            self.neuves[parent.pk] = self.modele(**{"organisme": self.organisme, self.modele.PARENT: parent})
        return copy.copy(self.neuves[parent.pk])

    def _du_chemin(self, element: Element, corps: dict[str, Any], *, neuve: bool) -> dict[str, Any]:
        """Return the body with the identifier of the path, which it may repeat."""
        dit = corps.get("identifiant", element.nom)
        if dit != element.nom and isinstance(dit, str) and not meme_identifiant(dit, element.nom):
            phrase = "L'identifiant des valeurs n'est pas celui du chemin."
            raise Probleme("validation", "", [Raison(phrase, "identifiant", "identifiant")])
        if neuve:
            return {**corps, "identifiant": dit}
        return {nom: valeur for nom, valeur in corps.items() if nom != "identifiant"}

    def _identifiant(self, element: Element, fiche: Any, saisie: dict[str, Any]) -> dict[str, Any]:
        """Return the identifier when it is set or changed, checked as « VÉRIFIER » does (D-04)."""
        if "identifiant" not in saisie:
            return {}
        ecrit = saisie.pop("identifiant")
        try:
            identifiant = self.identifiant.clean(ecrit)
        except ValidationError as erreur:
            raisons = [
                Raison(phrase, "identifiant", une.code or "refuse")
                for une in erreur.error_list
                for phrase in une.messages
            ]
            raise Probleme("validation", "", raisons) from erreur
        if fiche.pk and identifiant == fiche.identifiant:
            return {}
        if fige := identifiant_fige(fiche):
            raise Probleme("validation", "", [Raison(fige, "identifiant", "refuse")])
        autre = self.lues.get(chemins_de(element)[-1])
        if autre is not None and autre.pk != fiche.pk:
            raise _pris(self.niveau)
        return {"identifiant": identifiant}

    def _formulaire(self, fiche: Any, saisie: dict[str, Any], *, remplace: bool, operation: Operation) -> Any:
        """Return the form filled as for one record, once it is valid."""
        form = self._vierge(fiche, saisie, remplace=remplace)
        form.exiger = operation == Operation.VALIDER or fiche.statut == Statut.ACTIVE
        inconnus = []
        for nom, champ in form.fields.items():
            dit = nom in saisie
            if isinstance(champ, TrouveeField):
                form.data[nom] = self._lien(fiche, nom, saisie, remplace=remplace)
                if dit and saisie[nom] and form.data[nom] is None:
                    inconnus.append(nom)
            elif dit:
                form.data[nom] = saisie[nom]
            elif not remplace:
                form.data[nom] = champ.prepare_value(form.get_initial_for_field(champ, nom))
        raisons = [r for r in raisons_du_contenu(form, saisie) if r.champ not in inconnus]
        raisons += [Raison(choix_inconnu(form, nom), nom, "invalid_choice") for nom in inconnus]
        if raisons:
            raise Probleme("validation", "", raisons)
        return form

    def _vierge(self, fiche: Any, saisie: dict[str, Any], *, remplace: bool) -> Any:
        """Return the form of this record, with what it depends on: the same one for all the sessions."""
        if self.niveau == Niveau.SESSION:
            if self.partage is None:
                self.partage = FORMULAIRES_D_IMPORT[self.niveau]({}, fiche=fiche)
            self.partage.reprendre(fiche, initiales=not remplace)
            return self.partage
        if self.niveau == Niveau.ACTION:
            return FORMULAIRES_D_IMPORT[self.niveau]({}, fiche=fiche)
        type_offre = saisie.get("type_offre", "" if remplace else fiche.type_offre)
        certification = self._lien(fiche, "certification", saisie, remplace=remplace)
        return FORMULAIRES_D_IMPORT[self.niveau](
            {"type_offre": type_offre, "certification": certification}, fiche=fiche
        )

    def _lien(self, fiche: Any, nom: str, saisie: dict[str, Any], *, remplace: bool) -> Any:
        """Return the record that is named, or the one that the record has; None without any."""
        modele = fiche._meta.get_field(nom).related_model
        if nom in saisie:
            return self.liens.fiche(modele, int(saisie[nom] or 0))
        return None if remplace else self.liens.fiche(modele, getattr(fiche, f"{nom}_id"))

    # --- All of them ---

    def _creer(self, pretes: list[Prete]) -> None:
        if not pretes:
            return
        fiches = [prete.fiche for prete in pretes]
        try:
            creer_ensemble(
                fiches,
                [prete.valeurs for prete in pretes],
                par=self.jeton,
                operation=self.contexte.metadata["operation"],
                origine=Origine.API,
                demandees=[prete.operation for prete in pretes],
            )
        except OperationRefusee as refusee:
            if len(pretes) > 1:
                # A parent has changed, or two of them disagree: each is tried alone.
                for prete in pretes:
                    self._creer([prete])
                return
            pretes[0].element.refusee(probleme_de(refus_du_contenu(refusee)))
            return
        for prete in pretes:
            _dire(prete, prete.fiche, statut=201)

    def _changer(self, operation: Operation, pretes: list[Prete]) -> None:
        if not pretes:
            return
        par_cle = {prete.fiche.pk: prete for prete in pretes}

        def parametres(fiche: Any) -> dict[str, Any]:
            prete = par_cle[fiche.pk]
            return {"valeurs": prete.valeurs, "version": prete.version}

        ensemble = executer_ensemble(
            self.modele,
            {cle: prete.fiche.version for cle, prete in par_cle.items()},
            operation,
            organisme_id=self.organisme.pk,
            par=self.jeton,
            contexte=self.contexte.cle,
            parametres=parametres,
        )
        for prete, tentative in zip(pretes, ensemble.tentatives, strict=True):
            if tentative.refus:
                refusee = tentative.refusee or OperationRefusee(tentative.refus)
                prete.element.refusee(probleme_de(refus_du_contenu(refusee)))
            else:
                _dire(prete, tentative.fiche, change=tentative.change)


def _dire(prete: Prete, fiche: Any, *, statut: int = 200, change: bool = True) -> None:
    prete.element.faite(fiche, statut=statut, change=change)
    if fiche.statut == Statut.BROUILLON:
        prete.element.a_completer = [Raison(r.raison, r.champ, r.slug) for r in prete.manquements]


def _pris(niveau: str) -> Probleme:
    return Probleme("validation", "", [Raison(IDENTIFIANT_PRIS[niveau], "identifiant", "pris")])
