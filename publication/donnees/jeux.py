"""The folder of the open data: a folder for each day, complete as soon as it has its manifest."""

import datetime as dt
import json
import re
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings

MANIFESTE = "manifest.json"
CATALOGUE, FORMATIONS = "catalogue.csv.gz", "catalogue.jsonl.gz"
AGREGE, CHANGEMENTS = "agrege-cdc.csv.gz", "changements.jsonl.gz"
NOMS = (CATALOGUE, FORMATIONS, AGREGE, CHANGEMENTS, MANIFESTE)
# Where a day is written before it takes its place.
EN_COURS = ".en-cours"


def racine() -> Path:
    """Return the folder of the open data."""
    return Path(settings.DONNEES_OUVERTES)


def dossier(jour: dt.date) -> Path:
    """Return the folder of a day."""
    return racine() / jour.isoformat()


def jours_ecrits() -> list[dt.date]:
    """Return the days whose files are complete, in order."""
    trouves = []
    for manifeste in racine().glob(f"*/{MANIFESTE}"):
        jour = lire_le_jour(manifeste.parent.name)
        if jour is not None:
            trouves.append(jour)
    return sorted(trouves)


def lire_le_jour(texte: str) -> dt.date | None:
    """Return the day that a folder is named after, or None."""
    try:
        return dt.date.fromisoformat(texte) if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", texte) else None
    except ValueError:
        return None


def manifeste(jour: dt.date) -> dict[str, Any] | None:
    """Return the manifest of a day, or None when the day is not written."""
    try:
        lu: dict[str, Any] = json.loads((dossier(jour) / MANIFESTE).read_bytes())
    except FileNotFoundError:
        return None
    return lu


def oublier(dernier: dt.date | None) -> None:
    """Delete the days older than DONNEES_JOURS, but the last one, and those after the last run."""
    ecrits = jours_ecrits()
    for jour in ecrits:
        ancien = (ecrits[-1] - jour).days >= settings.DONNEES_JOURS and jour != ecrits[-1]
        if ancien or (dernier is not None and jour > dernier):
            shutil.rmtree(dossier(jour), ignore_errors=True)
