"""The chart of the accueil: how many sessions start in each of the next twelve months, drawn by the server as
SVG.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth
from django.utils.formats import date_format

from edof.horloge import aujourd_hui
from edof.templatetags.affichage import pluriel
from organismes.models import Organisme
from sessions_app.models import Session

MOIS = 12
# In pixels: above the bars stands their number, below them the name of the month.
HAUTEUR, HAUT, PIED = 196, 18, 24
# Horizontally everything is a share of the width, so that letters keep their size whatever the screen.
PAS = 100 / MOIS
LARGEUR = 0.64


@dataclass(frozen=True)
class Barre:
    """One month: its numbers, and where its two stacked bars stand (`x` and widths in percent, the rest in
    pixels).
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
        """The sessions of the month."""
        return self.ouvertes + self.autres

    @property
    def total_affiche(self) -> str:
        """« 12 », « 12 k » from a thousand on: what fits above a bar."""
        return (
            str(self.total) if self.total < 1000 else f"{round(self.total / 1000)}\N{NARROW NO-BREAK SPACE}k"
        )

    @property
    def nom(self) -> str:
        """« févr. »."""
        return date_format(self.mois, "N")


@dataclass(frozen=True)
class Graphique:
    """The chart: its bars, and the sentence that says it without looking."""

    barres: list[Barre]
    largeur: str = f"{PAS * LARGEUR:.2f}%"
    hauteur: int = HAUTEUR
    pied: int = HAUTEUR - PIED

    @property
    def total(self) -> int:
        """The sessions of the twelve months."""
        return sum(barre.total for barre in self.barres)

    @property
    def description(self) -> str:
        """The chart in a sentence."""
        plus_haute = max(self.barres, key=lambda barre: barre.total)
        ouvertes = sum(barre.ouvertes for barre in self.barres)
        return (
            f"Sur douze mois : {pluriel(self.total, 'session,sessions')}, dont"
            f" {pluriel(ouvertes, 'ouverte,ouvertes')} à l'inscription. Le mois le plus chargé est"
            f" {date_format(plus_haute.mois, 'F Y')} : {plus_haute.total}."
        )


def graphique(organisme: Organisme) -> Graphique:
    """The sessions that start from today to the end of the eleventh month after this one; archived ones are
    not counted (D-31).
    """
    jour = aujourd_hui()
    mois = [
        dt.date(jour.year + (jour.month - 1 + n) // 12, (jour.month - 1 + n) % 12 + 1, 1)
        for n in range(MOIS + 1)
    ]
    sessions = (
        Session.objects.pour_organisme(organisme)
        .non_archivees()
        .filter(date_debut__gte=jour, date_debut__lt=mois[MOIS])
    )
    lignes = sessions.order_by().annotate(mois=TruncMonth("date_debut")).values("mois")
    comptes = {
        ligne["mois"]: ligne
        for ligne in lignes.annotate(toutes=Count("pk"), ouvertes=Count("pk", filter=Q(ouverte=True)))
    }
    maximum = max((ligne["toutes"] for ligne in comptes.values()), default=1)
    return Graphique(
        [_barre(rang, premier, comptes.get(premier), maximum) for rang, premier in enumerate(mois[:MOIS])]
    )


def _barre(rang: int, mois: dt.date, compte: dict[str, int] | None, maximum: int) -> Barre:
    ouvertes = compte["ouvertes"] if compte else 0
    autres = compte["toutes"] - ouvertes if compte else 0
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
