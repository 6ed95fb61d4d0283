"""What a series would create: one line per date of its rule, checked as one batch, nothing written."""

import calendar
import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict

from bureau.series.forms import RANGS, SerieForm
from catalogue.forms.fiche import IDENTIFIANT_PRIS
from catalogue.models import Action
from edof.horloge import demain
from edof.templatetags.affichage import date_longue, enumerer, pluriel
from organismes.validateurs import identifiant_libre, normaliser_identifiant
from sessions_app.models import Session
from sessions_app.series import JOURS, Occurrence, Unite, derouler, identifiant

# A calendar of more months says less than the table.
MOIS_AU_PLUS = 24


@dataclass
class Ligne:
    """A date of the rule: the session that it gives, what is typed for it, and what deserves a look."""

    occurrence: Occurrence
    identifiant: str = ""
    # What the pattern gives.
    genere: str = ""
    cochee: bool = True
    erreur: str = ""
    # What to type instead of an identifier that is taken.
    propose: str = ""
    avertissements: list[str] = field(default_factory=list)

    @property
    def cle(self) -> str:
        """Return what names the line in the form: the date of the rule."""
        return self.occurrence.prevue.isoformat()

    @property
    def a_creer(self) -> bool:
        """Return whether the session is to be created."""
        return self.cochee and not self.occurrence.passee

    @property
    def dates(self) -> str:
        """Return « 4 janvier 2027 au 8 janvier 2027 », or the only day."""
        o = self.occurrence
        if o.passee or o.debut == o.fin:
            return date_longue(o.debut)
        return f"{date_longue(o.debut)} au {date_longue(o.fin)}"


@dataclass
class Apercu:
    """The lines of a series, and what is said of them."""

    lignes: list[Ligne]
    phrase: str

    @property
    def a_creer(self) -> list[Ligne]:
        """Return the lines whose session is to be created."""
        return [ligne for ligne in self.lignes if ligne.a_creer]

    @property
    def en_erreur(self) -> list[Ligne]:
        """Return the lines to correct first."""
        return [ligne for ligne in self.a_creer if ligne.erreur]

    @property
    def passees(self) -> int:
        """Return the number of dates that an exclusion skips."""
        return sum(1 for ligne in self.lignes if ligne.occurrence.passee)

    @property
    def mois(self) -> list[dict[str, Any]]:
        """Return the calendar: each month with its weeks, each day with its class."""
        classes: dict[dt.date, str] = {}
        for ligne in self.lignes:
            o = ligne.occurrence
            if o.passee:
                classes[o.prevue] = "passe"
            elif ligne.cochee:
                jour = o.debut
                while jour <= o.fin:
                    classes[jour] = "pris"
                    jour += dt.timedelta(days=1)
        if not classes:
            return []
        premier, dernier = min(classes), max(classes)
        mois: list[dict[str, Any]] = []
        annee_mois = (premier.year, premier.month)
        while annee_mois <= (dernier.year, dernier.month) and len(mois) < MOIS_AU_PLUS:
            annee, numero = annee_mois
            semaines = calendar.Calendar().monthdatescalendar(annee, numero)
            mois.append(
                {
                    "nom": date_longue(dt.date(annee, numero, 2)).split(" ", 1)[1],
                    # A day of another month leaves its place empty.
                    "semaines": [
                        [
                            (jour.day, classes.get(jour, "")) if jour.month == numero else ("", "")
                            for jour in s
                        ]
                        for s in semaines
                    ],
                }
            )
            annee_mois = (annee, numero + 1) if numero < 12 else (annee + 1, 1)
        return mois


def apercevoir(form: SerieForm, action: Action, saisie: QueryDict) -> Apercu:
    """Return what a valid form would create, with the ticks and the identifiers that were typed.

    Three queries, whatever the number of dates.
    """
    lues = form.cleaned_data
    occurrences = derouler(form.dates, lues["duree"], lues["unite"] or Unite.OUVRES, form.exclusions)
    lignes, rang = [], 0
    for occurrence in occurrences:
        ligne = Ligne(occurrence)
        if not occurrence.passee:
            rang += 1
            # A box that is not ticked sends nothing: the line also sends that it was shown.
            ligne.cochee = f"vue-{ligne.cle}" not in saisie or f"garder-{ligne.cle}" in saisie
            ligne.genere = identifiant(
                lues["modele"], occurrence.debut, rang, action=action.identifiant, ville=action.ville
            )
            tape = saisie.get(f"identifiant-{ligne.cle}", "").strip()
            # What nobody has changed follows the pattern.
            ligne.identifiant = tape if tape and tape != saisie.get(f"genere-{ligne.cle}") else ligne.genere
        lignes.append(ligne)
    _verifier_les_identifiants(lignes, action)
    _avertir(lignes, action)
    return Apercu(lignes, _phrase(form, occurrences))


def _verifier_les_identifiants(lignes: list[Ligne], action: Action) -> None:
    colonne: Any = Session._meta.get_field("identifiant")
    pris = set(action.sessions.values_list("identifiant_normalise", flat=True))
    for ligne in lignes:
        if not ligne.a_creer:
            continue
        try:
            ligne.identifiant = colonne.clean(ligne.identifiant, None)
        except ValidationError as erreur:
            ligne.erreur = " ".join(erreur.messages)
            continue
        normalise = normaliser_identifiant(ligne.identifiant)
        if normalise in pris:
            ligne.erreur = IDENTIFIANT_PRIS["session"]
            ligne.propose = identifiant_libre(ligne.identifiant, pris)
        else:
            pris.add(normalise)


def _avertir(lignes: list[Ligne], action: Action) -> None:
    """Say what is accepted and deserves a look: same dates (D-44), same place, a start too close."""
    a_creer = [ligne for ligne in lignes if ligne.a_creer]
    if not a_creer:
        return
    premier = min(ligne.occurrence.debut for ligne in a_creer)
    dernier = max(ligne.occurrence.fin for ligne in a_creer)
    memes = {
        (debut, fin): nom
        for debut, fin, nom in action.sessions.non_archivees()
        .filter(date_debut__gte=premier, date_fin__lte=dernier)
        .values_list("date_debut", "date_fin", "identifiant")
    }
    sessions: Any = Session.objects.pour_organisme(action.organisme)
    occupees: list[tuple[Any, Any, str]] = []
    if action.lieu_de_formation_id and not action.a_distance:
        occupees = list(
            sessions.non_archivees()
            .filter(
                action__lieu_de_formation=action.lieu_de_formation_id,
                date_fin__gte=premier,
                date_debut__lte=dernier,
            )
            .exclude(action=action)
            .order_by("date_debut", "pk")
            .values_list("date_debut", "date_fin", "identifiant")[:1000]
        )
    for ligne in a_creer:
        o = ligne.occurrence
        if autre := memes.get((o.debut, o.fin)):
            ligne.avertissements.append(f"Mêmes dates que « {autre} ».")
        autre = next((nom for debut, fin, nom in occupees if debut <= o.fin and fin >= o.debut), None)
        if autre:
            ligne.avertissements.append(f"Au même lieu que « {autre} », aux mêmes jours.")
        if o.debut < demain():
            ligne.avertissements.append("Elle commence avant demain : elle restera en brouillon.")


def _phrase(form: SerieForm, occurrences: list[Occurrence]) -> str:
    """Return the rule said back, with its first dates."""
    lues, dates = form.cleaned_data, form.dates
    unite = dict(Unite.choices)[lues["unite"] or Unite.OUVRES] if lues["duree"] > 1 else "jour"
    quand = {"semaines": _par_semaines, "mois": _par_mois, "dates": lambda form: "Aux dates collées"}[
        lues["rythme"]
    ](form)
    premieres = ", ".join(date_longue(jour).rsplit(" ", 1)[0] for jour in dates[:3])
    suite = "…" if len(dates) > 3 else "."
    return (
        f"{quand}, du {date_longue(dates[0])} au {date_longue(dates[-1])}, {lues['duree']} {unite}."
        f" {pluriel(len(dates), 'date,dates')} : {premieres}{suite}"
    )


def _par_semaines(form: SerieForm) -> str:
    n = form.cleaned_data["toutes_les"]
    jours = enumerer([JOURS[int(jour)] for jour in form.cleaned_data["jours"]])
    return f"Chaque semaine, le {jours}" if n == 1 else f"Toutes les {n} semaines, le {jours}"


def _par_mois(form: SerieForm) -> str:
    lues = form.cleaned_data
    if lues["rang"] == "quantieme":
        quoi = f"Le {lues['quantieme']} (ou le dernier jour)"
    else:
        quoi = f"Le {dict(RANGS)[lues['rang'] or '1']} {JOURS[int(lues['jour'] or 0)]}"
    return f"{quoi} de chaque mois" if lues["tous_les"] == 1 else f"{quoi}, tous les {lues['tous_les']} mois"
