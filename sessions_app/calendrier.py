"""The French calendar: public holidays by territory, school holidays by zone, bridges (D-49).

Public holidays are the statutory ones, computed by jours-feries-france. School holidays are those that have
been decreed: `donnees/vacances_scolaires.csv`, from the data of vacances-scolaires-france (MIT, Antoine
Augusti). After the last decreed day they are unknown, and said to be.
"""

import csv
import datetime as dt
from functools import cache
from pathlib import Path

from django.db.models import TextChoices
from jours_feries_france import JoursFeries

UN_JOUR = dt.timedelta(days=1)
DONNEES = Path(__file__).parent / "donnees" / "vacances_scolaires.csv"


class Territoire(TextChoices):
    """The territories that have their own public holidays, under the names of jours-feries-france."""

    METROPOLE = "Métropole", "Métropole"
    ALSACE_MOSELLE = "Alsace-Moselle", "Alsace-Moselle"
    GUADELOUPE = "Guadeloupe", "Guadeloupe"
    MARTINIQUE = "Martinique", "Martinique"
    GUYANE = "Guyane", "Guyane"
    REUNION = "La Réunion", "La Réunion"
    MAYOTTE = "Mayotte", "Mayotte"
    SAINT_BARTHELEMY = "Saint-Barthélémy", "Saint-Barthélemy"
    SAINT_MARTIN = "Saint-Martin", "Saint-Martin"
    SAINT_PIERRE_ET_MIQUELON = "Saint-Pierre-et-Miquelon", "Saint-Pierre-et-Miquelon"


class ZoneScolaire(TextChoices):
    """The zones of the school calendar; Corsica and the overseas territories have calendars of their own."""

    A = "A", "Zone A"
    B = "B", "Zone B"
    C = "C", "Zone C"


_TERRITOIRES = {
    "57": Territoire.ALSACE_MOSELLE, "67": Territoire.ALSACE_MOSELLE, "68": Territoire.ALSACE_MOSELLE,
    "971": Territoire.GUADELOUPE, "972": Territoire.MARTINIQUE, "973": Territoire.GUYANE,
    "974": Territoire.REUNION, "975": Territoire.SAINT_PIERRE_ET_MIQUELON, "976": Territoire.MAYOTTE,
    "977": Territoire.SAINT_BARTHELEMY, "978": Territoire.SAINT_MARTIN,
}  # fmt: skip
# Besançon, Bordeaux, Clermont-Ferrand, Dijon, Grenoble, Limoges, Lyon, Poitiers; Créteil, Montpellier, Paris,
# Toulouse, Versailles. The other academies of the mainland are in zone B.
_ZONE_A = {
    "01", "03", "07", "15", "16", "17", "19", "21", "23", "24", "25", "26", "33", "38", "39", "40", "42",
    "43", "47", "58", "63", "64", "69", "70", "71", "73", "74", "79", "86", "87", "89", "90",
}  # fmt: skip
_ZONE_C = {
    "09", "11", "12", "30", "31", "32", "34", "46", "48", "65", "66", "75", "77", "78", "81", "82", "91",
    "92", "93", "94", "95",
}  # fmt: skip


def departement(code_postal: str) -> str:
    """Return the département of a French postal code: three digits overseas, "20" for Corsica."""
    return code_postal[:3] if code_postal.startswith(("97", "98")) else code_postal[:2]


def territoire_de(code_postal: str) -> Territoire:
    """Return the territory whose public holidays apply at this postal code; the mainland by default."""
    # Saint-Barthélemy and Saint-Martin have postal codes of Guadeloupe.
    iles = {"97133": Territoire.SAINT_BARTHELEMY, "97150": Territoire.SAINT_MARTIN}
    return iles.get(code_postal) or _TERRITOIRES.get(departement(code_postal), Territoire.METROPOLE)


def zone_de(code_postal: str) -> ZoneScolaire | None:
    """Return the school zone of this postal code; None where no calendar is known, or without a code."""
    numero = departement(code_postal)
    if len(numero) != 2 or numero == "20":
        return None
    return ZoneScolaire.A if numero in _ZONE_A else ZoneScolaire.C if numero in _ZONE_C else ZoneScolaire.B


def jours_feries(du: dt.date, au: dt.date, territoire: str) -> dict[dt.date, str]:
    """Return the public holidays from `du` to `au`, as {day: « férié (Toussaint) »}."""
    return {
        jour: f"férié ({nom})"
        for annee in range(du.year, au.year + 1)
        for nom, jour in JoursFeries.for_year(annee, zone=territoire).items()
        if du <= jour <= au
    }


@cache
def _vacances() -> list[tuple[str, dt.date, dt.date, str]]:
    with DONNEES.open(encoding="utf-8") as fichier:
        return [
            (
                ligne["zone"],
                dt.date.fromisoformat(ligne["du"]),
                dt.date.fromisoformat(ligne["au"]),
                ligne["nom"],
            )
            for ligne in csv.DictReader(fichier)
        ]


def vacances_connues_jusqu_au() -> dt.date:
    """Return the last day for which the school holidays have been decreed."""
    return max(au for _, _, au, _ in _vacances())


def vacances_scolaires(du: dt.date, au: dt.date, zone: str) -> dict[dt.date, str]:
    """Return the days of school holidays from `du` to `au`, as {day: « vacances de printemps, zone C »}."""
    return {
        jour: f"{nom[:1].lower()}{nom[1:]}, zone {zone}"
        for une, debut, fin, nom in _vacances()
        if une == zone
        for jour in jours(max(du, debut), min(au, fin))
    }


def ponts(feries: dict[dt.date, str]) -> dict[dt.date, str]:
    """Return the working days between a public holiday and a weekend, as {day: « pont »}."""
    voisins = {jour - UN_JOUR for jour in feries if jour.weekday() == 1}
    voisins |= {jour + UN_JOUR for jour in feries if jour.weekday() == 3}
    return dict.fromkeys(sorted(voisins - feries.keys()), "pont")


def jours(du: dt.date, au: dt.date) -> list[dt.date]:
    """Return every day from `du` to `au`, both included; none when `au` comes first."""
    return [du + n * UN_JOUR for n in range((au - du).days + 1)]
