"""The same sessions by month: a bar for each over its days, at most three a week, then how many others.

The number of queries depends neither on the number of sessions nor on the month.
"""

import datetime as dt
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Value
from django.http import QueryDict
from django.utils.formats import date_format

from bureau.sessions.liste import MOIS, VUE, Liste
from bureau.sessions.poses import jour_court
from edof.horloge import aujourd_hui
from organismes.models import Membre
from publication.etapes import Etape
from sessions_app.calendrier import Territoire, jours_feries

PAR_SEMAINE = 3
UN_JOUR = dt.timedelta(days=1)
# The years that a URL may ask for.
ANNEES = range(2000, 2100)
# A brouillon may lack a date, or end before it begins.
DATEE = Q(date_debut__isnull=False, date_fin__gte=F("date_debut"))
ICONES = {
    Etape.VISIBLE: "eye-fill",
    Etape.DEMAIN: "clock",
    Etape.PRETE: "door-closed",
    Etape.FERMEE: "eye-slash",
    Etape.COMMENCEE: "hourglass-split",
    Etape.BROUILLON: "pencil",
    Etape.PAS_PRETE: "exclamation-circle-fill",
    Etape.ARCHIVEE: "dash-circle",
    Etape.DISPARAIT: "exclamation-triangle-fill",
    Etape.A_REPARER: "exclamation-triangle-fill",
}
MOTS = {
    Etape.VISIBLE: "visible",
    Etape.DEMAIN: "demain matin",
    Etape.PRETE: "prête à ouvrir",
    Etape.FERMEE: "fermée",
    Etape.COMMENCEE: "commencée",
    Etape.BROUILLON: "brouillon",
    Etape.PAS_PRETE: "pas prête à ouvrir",
    Etape.ARCHIVEE: "archivée",
    Etape.DISPARAIT: "disparaît demain",
    Etape.A_REPARER: "à réparer",
}


@dataclass(frozen=True)
class Barre:
    """A session over its days of one week: its first column, and how many it covers."""

    session: Any
    premier: dt.date
    colonne: int
    largeur: int
    # « jusqu'au 30 juin », when it goes on after the week.
    suite: str

    @property
    def mot(self) -> str:
        """Return the step of the session, in a word or two."""
        return MOTS[Etape(self.session.etape)]

    @property
    def icone(self) -> str:
        """Return the icon of the step."""
        return ICONES[Etape(self.session.etape)]


@dataclass
class Semaine:
    """A week from Monday: its days, the bars that are shown, and how many sessions are not."""

    lundi: dt.date
    jours: list[dict[str, Any]]
    nombre: int = 0
    barres: list[Barre] = field(default_factory=list)
    url: str = ""

    @property
    def dimanche(self) -> dt.date:
        """Return the last day."""
        return self.lundi + 6 * UN_JOUR

    @property
    def reste(self) -> int:
        """Return the number of sessions that are not shown."""
        return max(self.nombre - len(self.barres), 0)

    @property
    def par_jour(self) -> list[tuple[str, list[Barre]]]:
        """Return the days on which a session starts, in words, with their bars; then those that go on.

        What a telephone shows, and what is heard: one after the other, the days are in order.
        """
        debutent = [barre for barre in self.barres if barre.session.date_debut >= self.lundi]
        par_jour = [
            (
                f"{date_format(jour, 'l')} {jour_court(jour, 'F')}".capitalize(),
                [barre for barre in debutent if barre.premier == jour],
            )
            for jour in sorted({barre.premier for barre in debutent})
        ]
        suite = [barre for barre in self.barres if barre not in debutent]
        titre = f"Semaine du {jour_court(self.lundi, 'F')} : se poursuivent"
        return [*par_jour, (titre, suite)] if suite else par_jour


class Mois(Liste):
    """The list that a URL requests, shown as one month."""

    def __init__(self, membre: Membre, parametres: QueryDict) -> None:
        super().__init__(membre, parametres)
        du = self.filtres.valeurs.get("debut_du")
        self.premier = _lu(parametres.get(MOIS, "")) or _debut(du or aujourd_hui())
        self.gardes = {VUE: MOIS, MOIS: f"{self.premier:%Y-%m}"}

    @cached_property
    def semaines(self) -> list[Semaine]:
        """Return the weeks of the month, whole, with their bars; in three queries, or four."""
        lundi = self.premier - self.premier.weekday() * UN_JOUR
        lundis = [lundi + n * 7 * UN_JOUR for n in range(6) if lundi + n * 7 * UN_JOUR < self.suivant]
        feries = jours_feries(lundi, lundis[-1] + 6 * UN_JOUR, Territoire.METROPOLE)
        semaines = [
            Semaine(lundi, [self._jour(lundi + n * UN_JOUR, feries) for n in range(7)]) for lundi in lundis
        ]
        toutes = self.filtres.sessions().order_by()
        comptes = {str(rang): _pendant(s.lundi, s.dimanche) for rang, s in enumerate(semaines)}
        comptes |= {MOIS: _pendant(self.premier, self.suivant - UN_JOUR), "sans": ~DATEE}
        nombres = toutes.aggregate(**{f"n_{nom}": Count("pk", filter=q) for nom, q in comptes.items()})
        self.dans_le_mois, self.sans_dates = nombres[f"n_{MOIS}"], nombres["n_sans"]
        for rang, semaine in enumerate(semaines):
            semaine.nombre = nombres[f"n_{rang}"]
        self._accrocher(semaines, toutes.filter(DATEE))
        return semaines

    def _accrocher(self, semaines: list[Semaine], sessions: QuerySet[Any]) -> None:
        """Give their bars to the weeks: the sessions that start in it, then those that go on, the last to end
        last."""
        debutent = [
            _premieres(rang, sessions.filter(date_debut__range=(s.lundi, s.dimanche), date_fin__gte=s.lundi))
            for rang, s in enumerate(semaines)
            if s.nombre
        ]
        cles = _lire(debutent)
        durent = [
            _premieres(rang, sessions.filter(date_debut__lt=s.lundi, date_fin__gte=s.lundi), "date_fin")
            for rang, s in enumerate(semaines)
            if len(cles.get(rang, ())) < min(s.nombre, PAR_SEMAINE)
        ]
        for rang, suite in _lire(durent).items():
            cles[rang] = [*cles.get(rang, ()), *suite][:PAR_SEMAINE]
        toutes = list(dict.fromkeys(cle for des in cles.values() for cle in des))
        lues = {session.pk: session for session in self.lire(toutes)}
        for rang, semaine in enumerate(semaines):
            semaine.barres = [_barre(lues[cle], semaine) for cle in cles.get(rang, ()) if cle in lues]
            semaine.url = self._url_de(semaine)

    def _jour(self, jour: dt.date, feries: dict[dt.date, str]) -> dict[str, Any]:
        """Return a day as the grid shows it."""
        hors = (jour.year, jour.month) != (self.premier.year, self.premier.month)
        numero = "1er" if hors and jour.day == 1 else str(jour.day)
        ferie = feries.get(jour, "")
        return {
            "jour": jour,
            "nom": f"{numero} {date_format(jour, 'N')}" if hors else numero,
            "calme": jour.weekday() > 4,
            "ferie": ferie.removeprefix("férié (").removesuffix(")"),
            "aujourd_hui": jour == aujourd_hui(),
        }

    def _url_de(self, semaine: Semaine) -> str:
        """Return the URL of the list restricted to a week."""
        du, au = (self.filtres.valeurs.get(nom) for nom in ("du", "au"))
        bornes = {
            "du": max(semaine.lundi, du or semaine.lundi),
            "au": min(semaine.dimanche, au or semaine.dimanche),
        }
        return self.url_de_la_liste(**{nom: f"{jour:%d/%m/%Y}" for nom, jour in bornes.items()})

    @property
    def url_du_mois(self) -> str:
        """Return the URL of this page."""
        return self.url()

    def url_de_la_liste(self, **changes: str) -> str:
        """Return the URL of the same sessions as a table."""
        return self.url(**{VUE: "", MOIS: "", **changes})

    # --- What the page shows ---

    @property
    def suivant(self) -> dt.date:
        """Return the first day of the next month."""
        return (self.premier + 31 * UN_JOUR).replace(day=1)

    @property
    def legende(self) -> list[tuple[str, str]]:
        """Return the icon and the word of each step that the month shows."""
        vues = {barre.session.etape for semaine in self.semaines for barre in semaine.barres}
        return [(ICONES[etape], MOTS[etape].capitalize()) for etape in Etape if etape in vues]

    @property
    def noms_des_jours(self) -> list[str]:
        """Return the names of the days, from Monday."""
        return [date_format(jour["jour"], "l") for jour in self.semaines[0].jours]

    @property
    def nom(self) -> str:
        """Return « Mars 2027 »."""
        return date_format(self.premier, "F Y").capitalize()

    @property
    def navigation(self) -> dict[str, dict[str, str]]:
        """Return the months around, and the present one: name and URL."""
        mois = {
            "precedent": _debut(self.premier - UN_JOUR),
            "suivant": self.suivant,
            "present": aujourd_hui(),
        }
        return {
            nom: {"nom": date_format(jour, "F Y"), "url": self.url(**{MOIS: f"{jour:%Y-%m}"})}
            for nom, jour in mois.items()
        }


def _lu(texte: str) -> dt.date | None:
    """Return the first day of the month « 2027-03 », None when it cannot be read."""
    lu = re.fullmatch("([0-9]{4})-(0[1-9]|1[0-2])", texte)
    return dt.date(int(lu[1]), int(lu[2]), 1) if lu and int(lu[1]) in ANNEES else None


def _debut(jour: dt.date) -> dt.date:
    premier = jour.replace(day=1)
    return premier if premier.year in ANNEES else aujourd_hui().replace(day=1)


def _pendant(du: dt.date, au: dt.date) -> Q:
    """Return the condition of the sessions that have a day from `du` to `au`."""
    return Q(date_debut__lte=au, date_fin__gte=du) & DATEE


def _premieres(rang: int, sessions: QuerySet[Any], ordre: str = "date_debut") -> QuerySet[Any]:
    """Return the week and the keys of the first of these sessions."""
    lignes = sessions.annotate(semaine=Value(rang)).order_by(ordre, "date_fin", "pk")
    return lignes.values_list("semaine", F(ordre), "date_fin", "pk")[:PAR_SEMAINE]


def _lire(lots: list[QuerySet[Any]]) -> dict[int, list[int]]:
    """Return the keys of each week, in order, read in one query."""
    cles: dict[int, list[int]] = {}
    if lots:
        for semaine, *_, cle in sorted(lots[0].union(*lots[1:], all=True) if lots[1:] else lots[0]):
            cles.setdefault(semaine, []).append(cle)
    return cles


def _barre(session: Any, semaine: Semaine) -> Barre:
    premier, dernier = max(session.date_debut, semaine.lundi), min(session.date_fin, semaine.dimanche)
    suite = ""
    if session.date_fin > semaine.dimanche:
        meme_annee = session.date_fin.year == semaine.lundi.year
        suite = f"jusqu'au {jour_court(session.date_fin, 'N' if meme_annee else 'N Y')}"
    colonne = (premier - semaine.lundi).days + 1
    return Barre(session, premier, colonne, (dernier - premier).days + 1, suite)
