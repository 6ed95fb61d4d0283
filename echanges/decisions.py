"""What a line becomes: the decision of the plan, with what it would write."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from echanges.lignes import Anomalie, Gravite, LigneLue


class Decision(models.TextChoices):
    """What applying a line would do."""

    CREATION = "creation", "Création"
    MODIFICATION = "modification", "Modification"
    INCHANGEE = "inchangee", "Inchangée"
    ERREUR = "erreur", "Erreur"
    IGNOREE = "ignoree", "Ignorée"


_RIEN: dict[str, Any] = {}


@dataclass(slots=True)
class LignePlanifiee:
    """A line, compared with the catalogue.

    `valeurs` and `changements` are in the types of the API, `nettes` in those of the columns. `fiche` is the
    record that exists, or the new one; `candidate` what it would become.
    """

    lue: LigneLue
    decision: Decision = Decision.ERREUR
    validable: bool = False
    valeurs: dict[str, Any] = field(default_factory=dict)
    changements: dict[str, list[Any]] = field(default_factory=dict)
    anomalies: list[Anomalie] = field(default_factory=list)
    nettes: dict[str, Any] = field(default_factory=dict)
    fiche: Any = None
    candidate: Any = None
    # The identifiers that lead to the record, as they are kept.
    chemin: tuple[str, ...] = ()

    def oublier_la_fiche(self) -> None:
        """Let go of the new record: a plan that is shown does not need it, and may have thousands."""
        self.fiche = self.candidate = None
        self.nettes = self.changements = _RIEN

    @property
    def est_fautive(self) -> bool:
        """Return whether an anomaly prevents it from being applied."""
        return any(anomalie.gravite == Gravite.BLOQUANTE for anomalie in self.anomalies)

    def dire(self, code: str, gravite: Gravite, phrase: str, champ: str = "", *propositions: str) -> None:
        """Add an anomaly about a field, with what the file says of it."""
        ecrit = self.lue.ecrites.get(champ) or str(self.lue.valeurs.get(champ) or "")
        self.anomalies.append(Anomalie(code, gravite, phrase, champ, ecrit, list(propositions)))

    def refuser(self, code: str, phrase: str, champ: str = "", *propositions: str) -> None:
        """Add an anomaly that prevents the line from being applied, unless the field has one already."""
        if any(a.gravite == Gravite.BLOQUANTE and a.champ in {champ, ""} for a in self.anomalies):
            return
        self.dire(code, Gravite.BLOQUANTE, phrase, champ, *propositions)

    def en_json(self) -> dict[str, Any]:
        """Return the line as the command and the API give it."""
        return {
            "ligne": self.lue.ligne,
            "chemin": list(self.chemin or self.lue.chemin),
            "niveau": str(self.lue.niveau),
            "decision": str(self.decision),
            "validable": self.validable,
            "valeurs": self.valeurs,
            "changements": self.changements,
            "anomalies": [anomalie_en_json(anomalie) for anomalie in self.anomalies],
        }


def anomalie_en_json(anomalie: Anomalie) -> dict[str, str]:
    """Return an anomaly as the command and the API give it."""
    noms = ("code", "gravite", "champ", "valeur", "phrase")
    return {nom: str(getattr(anomalie, nom)) for nom in noms}


@dataclass
class Plan:
    """What a file would do to the catalogue: one decision per line, in the order of the file."""

    lignes: list[LignePlanifiee]
    # What was assumed for the whole file, in sentences.
    remarques: list[str] = field(default_factory=list)

    @property
    def bilan(self) -> dict[str, int]:
        """Return the number of lines by decision."""
        return bilan_de(ligne.decision for ligne in self.lignes)


def bilan_de(decisions: Iterable[str]) -> dict[str, int]:
    """Return the number of each decision, under the names of the API."""
    comptes = Counter(map(str, decisions))
    return {
        "creations": comptes[Decision.CREATION],
        "modifications": comptes[Decision.MODIFICATION],
        "inchangees": comptes[Decision.INCHANGEE],
        "erreurs": comptes[Decision.ERREUR],
        "ignorees": comptes[Decision.IGNOREE],
    }
