"""What a file says, whatever its format: lines that each want something, with what is wrong with them.

The readers (spreadsheet, pasted text, EDOF's XML, the API) give these lines; the plan compares them with the
catalogue.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db import models


class Gravite(models.TextChoices):
    """What an anomaly prevents."""

    BLOQUANTE = "bloquante", "Bloquante"
    BROUILLON = "brouillon", "À compléter"
    AVERTISSEMENT = "avertissement", "Avertissement"
    REPARE = "repare", "Réparé à la lecture"


class Niveau(models.TextChoices):
    """The kind of record that a line is about, in the order in which they are written."""

    CONTACT = "contact", "Contact"
    ADRESSE = "adresse", "Adresse"
    OFFRE = "offre", "Offre"
    ACTION = "action", "Action"
    SESSION = "session", "Session"


class Demande(models.TextChoices):
    """What a line asks beside its values: never done by reading or applying a file (D-42)."""

    RIEN = "", "Rien"
    OUVRIR = "ouvrir", "Ouvrir"
    FERMER = "fermer", "Fermer"
    ARCHIVER = "archiver", "Archiver"


@dataclass
class Anomalie:
    """What is wrong, or was repaired, on a line.

    `code` is EDOF's number when it has one ("30020"), else a slug of ours. `champ` is the field's name in the
    API, `valeur` the text that was read.
    """

    code: str
    gravite: Gravite
    phrase: str
    champ: str = ""
    valeur: str = ""
    # What a person may take instead: texts that the field reads.
    propositions: list[str] = field(default_factory=list)


@dataclass(slots=True)
class LigneLue:
    """One record as a file describes it.

    `ligne` is the number that the person sees: row of the sheet, first physical line of the record in a text.
    `chemin` holds the identifiers that lead to the record: (offre, action, session) for a session, with ""
    for what the file does not say; (identifiant,) for a contact or an address. `valeurs` gives, by field of
    the API, what the file says, in its types (texts, numbers, booleans, ISO dates, lists of codes). A contact
    or an address is named by a text. A field that is absent is not touched (D-41); None empties it.
    """

    ligne: int
    niveau: Niveau
    chemin: tuple[str, ...]
    valeurs: dict[str, Any] = field(default_factory=dict)
    anomalies: list[Anomalie] = field(default_factory=list)
    demande: Demande = Demande.RIEN
    # Why the line asks for nothing (an empty row, a total): it is ignored.
    ignoree: str = ""
    # What was written for each field, to be shown and compared with the next file.
    ecrites: dict[str, str] = field(default_factory=dict)
    # What the file says of something that it does not change: the price of the action of a session.
    temoins: dict[str, Any] = field(default_factory=dict)
    # The sheet of a workbook, when several are read.
    feuille: str = ""
    # What tells this line from the others of its file, and finds it in the corrected file: `ligne`, when each
    # line has its own.
    repere: int = 0

    def __post_init__(self) -> None:
        """Set `repere` to the number of the line when nothing else tells it."""
        self.repere = self.repere or self.ligne

    @property
    def place(self) -> str:
        """Return where the line is: « ligne 3 », « ligne 3 de la feuille « Actions » »."""
        return self.vue_de("")

    def vue_de(self, feuille: str) -> str:
        """Return where the line is, for who reads that sheet: « ligne 3 » of the same one."""
        ailleurs = self.feuille and self.feuille != feuille
        return f"ligne {self.ligne}" + (f" de la feuille « {self.feuille} »" if ailleurs else "")


class FichierRefuse(Exception):
    """A file of which nothing can be read; its text is a French sentence that says what to do."""
