"""The plan of a long form: its parts, what each still misses, and what may be left folded."""

import contextlib
import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from catalogue.cycle_de_vie import OperationRefusee
from catalogue.models import Fiche
from edof.templatetags.affichage import ancre, pluriel

# From this number of parts on, a form has a plan, and folds what is optional.
PARTIES_D_UN_LONG_FORMULAIRE = 3
VIDES: tuple[Any, ...] = (None, "", [], False)


@dataclass(frozen=True)
class Exigence:
    """What VALIDER asks to fill, given the other answers: one of `champs` is enough."""

    champ: str
    champs: tuple[str, ...]
    vide: bool


@dataclass(frozen=True)
class Partie:
    """A part of the form: what it always shows, and what it folds (`facultatifs`)."""

    titre: str
    aide: str
    gabarit: str | None
    principaux: list[BoundField]
    facultatifs: list[BoundField]
    exigences: list[tuple[str, Exigence]] = field(default_factory=list)

    @property
    def champs(self) -> list[BoundField]:
        """All its fields, in the order of the page."""
        return [*self.principaux, *self.facultatifs]

    def __getitem__(self, nom: str) -> Any:
        """Read as a dict too."""
        return getattr(self, nom)

    @property
    def manquants(self) -> int:
        """How many mandatory fields are not filled."""
        return sum(exigence.vide for _, exigence in self.exigences)

    @property
    def fautive(self) -> bool:
        """Whether something in it is wrong, and not only missing."""
        manquants = {nom for _, exigence in self.exigences if exigence.vide for nom in exigence.champs}
        return any(champ.errors for champ in self.champs if champ.name not in manquants)

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do in it; a part that asks for nothing is not."""
        return bool(self.exigences) and not self.manquants and not self.fautive

    @property
    def ancre(self) -> str:
        """Where its link in the plan leads: to what is wrong or missing first, else to its first field."""
        fautes = [ancre(champ) for champ in self.champs if champ.errors]
        manques = [lien for lien, exigence in self.exigences if exigence.vide]
        return [*manques, *fautes, *map(ancre, self.champs)][0]

    @property
    def exigences_json(self) -> str:
        """For the script that goes on counting: the id, the names of the fields, whether they are empty."""
        return json.dumps([[lien, exigence.champs, exigence.vide] for lien, exigence in self.exigences])

    @property
    def remplis(self) -> int:
        """How many of the folded fields hold something."""
        return sum(champ.value() not in VIDES for champ in self.facultatifs)

    @property
    def depliee(self) -> bool:
        """Whether what is folded must be seen: something in it is wrong, or a panel is open there."""
        return any(champ.errors or getattr(champ.field, "panneau_ouvert", None) for champ in self.facultatifs)

    @property
    def resume(self) -> str:
        """What is folded: « modalités pédagogiques, horaires · 1 rempli »."""
        noms = [getattr(champ.field, "nom_court", None) or champ.label for champ in self.facultatifs]
        enumeres = ", ".join(nom[:1].lower() + nom[1:] for nom in noms)
        return f"{enumeres} · {pluriel(self.remplis, 'rempli,remplis')}" if self.remplis else enumeres


class Plan:
    """What a form of several parts says of itself; `FicheForm` mixes it in."""

    fiche: Fiche
    fields: dict[str, forms.Field]

    def fiche_montree(self) -> Fiche:
        """The record as it would be with what the form shows; what cannot be read is not filled."""
        fiche, valeurs = copy.copy(self.fiche), {}
        for champ in self:  # type: ignore[attr-defined]
            valeur = champ.value()
            lien = isinstance(champ.field, forms.ModelChoiceField)
            if lien and str(getattr(fiche, f"{champ.name}_id")) == str(valeur):
                continue
            try:
                valeurs[champ.name] = champ.field.clean(valeur)
            except forms.ValidationError:
                valeurs[champ.name] = fiche._meta.get_field(champ.name).get_default()
        # Refused, the values are on it all the same; why is said when the form is sent.
        with contextlib.suppress(OperationRefusee):
            fiche.appliquer(valeurs)
        return fiche

    def exigences(self) -> Iterator[Exigence]:
        """What must be filled before VALIDER, in the order of the rules."""
        fiche = self.fiche_montree()
        for regle in fiche.REGLES:
            champs = tuple(nom for nom in regle.remplissent if nom in self.fields)
            if champs and regle.exige(fiche):
                yield Exigence(regle.champ or champs[0], champs, not regle.est_respectee(fiche))
