"""The open data that are written: a day is there as soon as it has its manifest, which is written last.

They are in the storage « donnees » of Django: a folder (dossier.py), or a bucket of S3 (seau.py).
"""

import datetime as dt
import json
import re
from pathlib import Path
from typing import IO, Any, Protocol

from django.conf import settings
from django.core.files.storage import storages

MANIFESTE = "manifest.json"
CATALOGUE, FORMATIONS = "catalogue.csv.gz", "catalogue.jsonl.gz"
AGREGE, CHANGEMENTS = "agrege-cdc.csv.gz", "changements.jsonl.gz"
NOMS = (CATALOGUE, FORMATIONS, AGREGE, CHANGEMENTS, MANIFESTE)


class Stockage(Protocol):
    """What both storages do. A file of a day is named by its name and its SHA-256, the manifest by its name.

    What is away raises StockageInjoignable (edof/fichiers.py).
    """

    def jours(self, entiers: bool = True) -> list[dt.date]:
        """Return in order the days that are written; `entiers=False` adds what a dead process left."""

    def ouvrir(
        self, jour: dt.date, nom: str, empreinte: str = "", debut: int = 0, longueur: int | None = None
    ) -> IO[bytes]:
        """Open a file from the byte `debut` on, for `longueur` bytes; raise FileNotFoundError without it."""

    def atelier(self) -> Path:
        """Return an empty folder of this machine where a day is written before it is put in place."""

    def envoyer(self, jour: dt.date, empreintes: dict[str, str]) -> None:
        """Make the files of `atelier` safe, before anybody reads them; `empreintes` has their SHA-256."""

    def mettre_en_place(self, jour: dt.date) -> None:
        """Have the files of this day, and the manifest of `atelier`, be read from now on, all at once."""

    def retirer(self, jour: dt.date) -> None:
        """Delete a day: from the first deletion on, nobody reads it."""

    def joindre(self) -> None:
        """Raise OSError, in a few seconds at most, when the days cannot be listed."""


def stockage() -> Stockage:
    """Return the storage of the open data."""
    choisi: Any = storages["donnees"]
    return choisi


def jours_ecrits() -> list[dt.date]:
    """Return the days whose files are complete, in order."""
    return stockage().jours()


def lire_le_jour(texte: str) -> dt.date | None:
    """Return the day that a folder is named after, or None."""
    try:
        return dt.date.fromisoformat(texte) if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", texte) else None
    except ValueError:
        return None


def manifeste_brut(jour: dt.date) -> bytes | None:
    """Return the bytes of the manifest of a day, or None when the day is not written."""
    try:
        with stockage().ouvrir(jour, MANIFESTE) as fichier:
            return fichier.read()
    except FileNotFoundError:
        return None


def manifeste(jour: dt.date) -> dict[str, Any] | None:
    """Return the manifest of a day, or None when the day is not written."""
    octets = manifeste_brut(jour)
    return None if octets is None else json.loads(octets)


def ressource(manifeste: dict[str, Any], nom: str) -> tuple[dict[str, Any], str]:
    """Return what the manifest says of a file, and its SHA-256."""
    trouvee = next(ressource for ressource in manifeste["resources"] if ressource["path"] == nom)
    return trouvee, trouvee["hash"].removeprefix("sha256:")


def oublier(dernier: dt.date | None) -> None:
    """Delete the days older than DONNEES_JOURS, but the last one, and those after the last run."""
    ecrits = jours_ecrits()
    for jour in stockage().jours(entiers=False):
        ancien = bool(ecrits) and (ecrits[-1] - jour).days >= settings.DONNEES_JOURS and jour != ecrits[-1]
        if ancien or (dernier is not None and jour > dernier):
            stockage().retirer(jour)
