"""The chart of the home page: how many sessions start in each of the next twelve months.

The server draws it as SVG.
"""

import datetime as dt
from dataclasses import dataclass

from django.utils.formats import date_format

from bureau.sessions.adresses import des_sessions
from edof.horloge import aujourd_hui
from edof.templatetags.affichage import pluriel
from publication.recompte import MOIS, mois

# Heights in pixels. The number is written above each bar, and the name of the month below it.
HAUTEUR, HAUT, PIED = 196, 18, 24
# Horizontal sizes are a share of the width, so that letters keep their size whatever the screen.
PAS = 100 / MOIS
LARGEUR = 0.64


@dataclass(frozen=True)
class Barre:
    """One month of the chart: its numbers, and the position of its two stacked bars.

    Horizontal positions and widths are percentages, vertical positions and heights are in pixels.
    """

    mois: dt.date
    ouvertes: int
    autres: int
    x: str
    milieu: str
    y_ouvertes: int
    h_ouvertes: int
    y_autres: int
    h_autres: int
    nommee: bool

    @property
    def total(self) -> int:
        """Return the number of sessions of the month."""
        return self.ouvertes + self.autres

    @property
    def total_affiche(self) -> str:
        """Return the number in a form short enough to fit above a bar.

        Examples: « 12 », and « 12 k » from a thousand on.
        """
        return (
            str(self.total) if self.total < 1000 else f"{round(self.total / 1000)}\N{NARROW NO-BREAK SPACE}k"
        )

    @property
    def url(self) -> str:
        """Return the URL of the sessions of the month as a table."""
        return des_sessions(**self._bornes())

    @property
    def url_des_ouvertes(self) -> str:
        """Return the URL of those that are open."""
        return des_sessions(**self._bornes(), ouverte="oui")

    @property
    def url_des_autres(self) -> str:
        """Return the URL of those that are not."""
        return des_sessions(**self._bornes(), ouverte="non")

    def _bornes(self) -> dict[str, dt.date]:
        # The days of the present month that have passed are not counted.
        fin = (self.mois + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        return {"debut_du": max(self.mois, aujourd_hui()), "debut_au": fin}

    @property
    def nom(self) -> str:
        """Return the short name of the month, such as « févr. »."""
        return date_format(self.mois, "N")


@dataclass(frozen=True)
class Graphique:
    """The chart: its bars, and the sentence that describes it to users who do not see it."""

    barres: list[Barre]
    largeur: str = f"{PAS * LARGEUR:.2f}%"
    hauteur: int = HAUTEUR
    pied: int = HAUTEUR - PIED

    @property
    def total(self) -> int:
        """Return the number of sessions of the twelve months."""
        return sum(barre.total for barre in self.barres)

    @property
    def description(self) -> str:
        """Return the description of the chart in one sentence."""
        plus_haute = max(self.barres, key=lambda barre: barre.total)
        ouvertes = sum(barre.ouvertes for barre in self.barres)
        return (
            f"Sur douze mois : {pluriel(self.total, 'session,sessions')}, dont"
            f" {pluriel(ouvertes, 'ouverte,ouvertes')} à l'inscription. Le mois le plus chargé est"
            f" {date_format(plus_haute.mois, 'F Y')} : {plus_haute.total}."
        )


def graphique(par_mois: list[tuple[int, int]]) -> Graphique:
    """Return the chart of the sessions that start from today to the end of the eleventh month after this one.

    `par_mois` gives the sessions of each month, and those that are open. Archived sessions are not counted
    (D-31).
    """
    maximum = max(toutes for toutes, _ in par_mois) or 1
    return Graphique(
        [
            _barre(rang, premier, toutes, ouvertes, maximum)
            for rang, (premier, (toutes, ouvertes)) in enumerate(
                zip(mois(aujourd_hui())[:MOIS], par_mois, strict=True)
            )
        ]
    )


def _barre(rang: int, mois: dt.date, toutes: int, ouvertes: int, maximum: int) -> Barre:
    autres = toutes - ouvertes
    utile = HAUTEUR - PIED - HAUT
    h_ouvertes, h_autres = (
        max(round(utile * nombre / maximum), 3) if nombre else 0 for nombre in (ouvertes, autres)
    )
    x = rang * PAS + PAS * (1 - LARGEUR) / 2
    y_ouvertes = HAUTEUR - PIED - h_ouvertes
    return Barre(
        mois, ouvertes, autres, f"{x:.2f}%", f"{rang * PAS + PAS / 2:.2f}%",
        y_ouvertes, h_ouvertes, y_ouvertes - h_autres, max(h_autres - 2, 1) if h_autres else 0,
        nommee=rang % 2 == 0,
    )  # fmt: skip
