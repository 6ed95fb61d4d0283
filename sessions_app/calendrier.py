"""The French calendar: public holidays by territory, school holidays by zone, bridges, closures (D-49).

Public holidays are the statutory ones, computed by jours-feries-france. School holidays are those that have
been decreed, in the table `Fermeture`; after the last one they are unknown, and said to be.
"""

import datetime as dt

from django.db.models import TextChoices
from jours_feries_france import JoursFeries

from organismes.models import Organisme
from sessions_app.fermetures import Fermeture, ZoneScolaire

UN_JOUR = dt.timedelta(days=1)


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


def code_du_siege(organisme: Organisme) -> str:
    """Return the beginning of the postal code of the head office, as its NDA tells it; "" without NDA.

    An NDA begins with the region, 01 to 06 overseas (95 to 98 before), then the département.
    """
    region, numero = organisme.nda[:2], organisme.nda[2:4]
    outre_mer = {
        "01": "971", "02": "972", "03": "973", "04": "974", "06": "976",
        "95": "971", "96": "973", "97": "972", "98": "974",
    }  # fmt: skip
    if numero == "97" or region.startswith("0"):
        return outre_mer.get(region, "")
    return "20" if numero.startswith("2A") or numero.startswith("2B") else numero


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


class Calendrier:
    """The school holidays, and the closures of an organisme, read once in one query."""

    def __init__(self, organisme: Organisme) -> None:
        lues = list(Fermeture.objects.du_calendrier(organisme))
        self.vacances = [lue for lue in lues if lue.organisme_id is None]
        self.fermetures = [lue for lue in lues if lue.organisme_id is not None]

    def connu_jusqu_au(self, zone: str) -> dt.date | None:
        """Return the last day for which the holidays of this zone have been decreed; None when none is."""
        return max((lue.au for lue in self.vacances if lue.zone == zone), default=None)

    def vacances_scolaires(self, du: dt.date, au: dt.date, zone: str) -> dict[dt.date, str]:
        """Return the days of school holidays from `du` to `au`: {day: « vacances de printemps, zone C »}."""
        return {
            jour: f"{lue.nom[:1].lower()}{lue.nom[1:]}, zone {zone}"
            for lue in self.vacances
            if lue.zone == zone
            for jour in jours(max(du, lue.du), min(au, lue.au))
        }

    def jours_fermes(self, du: dt.date, au: dt.date) -> dict[dt.date, str]:
        """Return the days on which the organisme is closed, as {day: « fermeture (Fermeture d'été) »}."""
        return {
            jour: f"fermeture ({lue.nom})"
            for lue in self.fermetures
            for jour in jours(max(du, lue.du), min(au, lue.au))
        }


def ponts(feries: dict[dt.date, str]) -> dict[dt.date, str]:
    """Return the working days between a public holiday and a weekend, as {day: « pont »}."""
    voisins = {jour - UN_JOUR for jour in feries if jour.weekday() == 1}
    voisins |= {jour + UN_JOUR for jour in feries if jour.weekday() == 3}
    return dict.fromkeys(sorted(voisins - feries.keys()), "pont")


def jours(du: dt.date, au: dt.date) -> list[dt.date]:
    """Return every day from `du` to `au`, both included; none when `au` comes first."""
    return [du + n * UN_JOUR for n in range((au - du).days + 1)]
