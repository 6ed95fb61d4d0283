"""The calendar beside the preview of a series: its months, each day with what it is."""

import calendar
import datetime as dt
from dataclasses import dataclass, field

from django.utils.formats import date_format

from edof.templatetags.affichage import date_longue
from sessions_app.serie_demandee.apercu import Apercu
from sessions_app.series import Exclusion

# A calendar of more months says less than the table.
MOIS_AU_PLUS = 24
# What a day that is in no session is: the last one that applies wins.
GENRES = {
    "vacances": "vacances",
    "propres": "ferme",
    "fermetures": "ferme",
    "ponts": "ferme",
    "feries": "ferie",
}
LEGENDE = {
    "pris": "session",
    "passe": "date passée",
    "ferie": "férié",
    "vacances": "vacances scolaires",
    "ferme": "fermeture, pont",
}


@dataclass(frozen=True)
class Jour:
    """A day of a month: its number, what it is (a class), and the keys of the lines whose day it is."""

    numero: str = ""
    classe: str = ""
    lignes: str = ""


@dataclass
class Mois:
    """A month: its weeks, and in words what happens in it."""

    nom: str
    semaines: list[list[Jour]]
    faits: list[str] = field(default_factory=list)


@dataclass
class Vue:
    """The calendar: its months by year, and the legend of what is in it."""

    annees: list[tuple[int, list[Mois]]]
    legende: list[tuple[str, str]]


def calendrier_de(apercu: Apercu, exclusions: list[Exclusion]) -> Vue:
    """Return the months from the first date of the series to its last day, MOIS_AU_PLUS at most."""
    classes: dict[dt.date, str] = {}
    for nom, classe in GENRES.items():
        for exclusion in exclusions:
            if exclusion.nom == nom:
                classes |= dict.fromkeys(exclusion.jours, classe)
    jours: list[dt.date] = []
    # The lines that a day belongs to: the page outlines the days of the line that is pointed at.
    lignes: dict[dt.date, str] = {}
    faits: dict[tuple[int, int], list[tuple[dt.date, str]]] = {}

    def dire(jour: dt.date, fait: str) -> None:
        faits.setdefault((jour.year, jour.month), []).append((jour, fait))

    for ligne in apercu.lignes:
        o = ligne.occurrence
        if o.passee:
            classes[o.prevue] = "passe"
            lignes[o.prevue] = f"{lignes.get(o.prevue, '')} {ligne.cle}".strip()
            jours.append(o.prevue)
            dire(o.prevue, f"{date_longue(o.prevue).rsplit(' ', 1)[0]} : passée, {o.passee}")
    for ligne in apercu.lignes:
        o = ligne.occurrence
        if ligne.a_creer:
            classes |= dict.fromkeys(o.jours, "pris")
            lignes |= {jour: f"{lignes.get(jour, '')} {ligne.cle}".strip() for jour in o.jours}
            jours += [o.debut, o.fin]
            dire(o.debut, f"{ligne.dates_courtes} : {ligne.identifiant}")
    if not jours:
        return Vue([], [])
    annees: dict[int, list[Mois]] = {}
    vues: set[str] = set()
    premier, dernier = min(jours), max(jours)
    annee, numero = premier.year, premier.month
    for _ in range(MOIS_AU_PLUS):
        if (annee, numero) > (dernier.year, dernier.month):
            break
        mois = _mois(annee, numero, classes, lignes)
        mois.faits = [fait for _, fait in sorted(faits.get((annee, numero), []))]
        vues |= {jour.classe for semaine in mois.semaines for jour in semaine}
        annees.setdefault(annee, []).append(mois)
        annee, numero = (annee, numero + 1) if numero < 12 else (annee + 1, 1)
    return Vue(list(annees.items()), [(classe, mot) for classe, mot in LEGENDE.items() if classe in vues])


def _mois(annee: int, numero: int, classes: dict[dt.date, str], lignes: dict[dt.date, str]) -> Mois:
    semaines = calendar.Calendar().monthdatescalendar(annee, numero)
    return Mois(
        date_format(dt.date(annee, numero, 1), "F"),
        # A day of another month leaves its place empty.
        [
            [
                Jour(str(jour.day), classes.get(jour, ""), lignes.get(jour, ""))
                if jour.month == numero
                else Jour()
                for jour in semaine
            ]
            for semaine in semaines
        ],
    )
