"""The plan of a long form: its parts, the fields missing in each, and the fields that may stay folded."""

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

# From this number of parts on, a form has a plan, and folds its optional fields.
PARTIES_D_UN_LONG_FORMULAIRE = 3
VIDES: tuple[Any, ...] = (None, "", [], False)


@dataclass(frozen=True)
class Exigence:
    """A requirement of VALIDER, given the other answers: one of the fields `champs` must be filled."""

    champ: str
    champs: tuple[str, ...]
    vide: bool


@dataclass(frozen=True)
class Partie:
    """A part of the form: the fields always shown (`principaux`), and those it folds (`facultatifs`)."""

    titre: str
    aide: str
    gabarit: str | None
    principaux: list[BoundField]
    facultatifs: list[BoundField]
    exigences: list[tuple[str, Exigence]] = field(default_factory=list)

    @property
    def champs(self) -> list[BoundField]:
        """Return all its fields, in the order of the page."""
        return [*self.principaux, *self.facultatifs]

    def __getitem__(self, nom: str) -> Any:
        """Return an attribute, so that the part can be read as a dict too."""
        return getattr(self, nom)

    @property
    def manquants(self) -> int:
        """Return how many mandatory fields are not filled."""
        return sum(exigence.vide for _, exigence in self.exigences)

    @property
    def fautive(self) -> bool:
        """Return whether a field has an error other than being missing."""
        manquants = {nom for _, exigence in self.exigences if exigence.vide for nom in exigence.champs}
        return any(champ.errors for champ in self.champs if champ.name not in manquants)

    @property
    def complete(self) -> bool:
        """Return whether all that the part requires is done; False when it requires nothing."""
        return bool(self.exigences) and not self.manquants and not self.fautive

    @property
    def ancre(self) -> str:
        """Return the anchor to which its link in the plan leads.

        It is the first missing field, else the first field with an error, else the first field.
        """
        fautes = [ancre(champ) for champ in self.champs if champ.errors]
        manques = [lien for lien, exigence in self.exigences if exigence.vide]
        return [*manques, *fautes, *map(ancre, self.champs)][0]

    @property
    def exigences_json(self) -> str:
        """Return the requirements as JSON, for the script that keeps counting.

        Each item is [id, names of the fields, whether they are empty].
        """
        return json.dumps([[lien, exigence.champs, exigence.vide] for lien, exigence in self.exigences])

    @property
    def remplis(self) -> int:
        """Return how many of the folded fields are filled."""
        return sum(champ.value() not in VIDES for champ in self.facultatifs)

    @property
    def depliee(self) -> bool:
        """Return whether the folded fields must be shown: one has an error, or an open panel."""
        return any(champ.errors or getattr(champ.field, "panneau_ouvert", None) for champ in self.facultatifs)

    @property
    def resume(self) -> str:
        """Return the summary of the folded fields: « modalités pédagogiques, horaires · 1 rempli »."""
        noms = [getattr(champ.field, "nom_court", None) or champ.label for champ in self.facultatifs]
        enumeres = ", ".join(nom[:1].lower() + nom[1:] for nom in noms)
        return f"{enumeres} · {pluriel(self.remplis, 'rempli,remplis')}" if self.remplis else enumeres


class Plan:
    """The requirements of a form in several parts, as a mixin for `FicheForm`."""

    fiche: Fiche
    fields: dict[str, forms.Field]

    def fiche_montree(self) -> Fiche:
        """Return a copy of the record with the values shown in the form.

        A value that cannot be read counts as not filled.
        """
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
        # Even when they are refused, the values are set on the copy; the reason is displayed once the form is
        # sent.
        with contextlib.suppress(OperationRefusee):
            fiche.appliquer(valeurs)
        return fiche

    def exigences(self) -> Iterator[Exigence]:
        """Yield what must be filled before VALIDER, in the order of the rules."""
        fiche = self.fiche_montree()
        for regle in fiche.REGLES:
            champs = tuple(nom for nom in regle.remplissent if nom in self.fields)
            if champs and regle.exige(fiche):
                yield Exigence(regle.champ or champs[0], champs, not regle.est_respectee(fiche))
