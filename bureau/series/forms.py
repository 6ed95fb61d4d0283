"""The form of a series: when, except when, which identifiers, copied from which session."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalogue.models import Action
from edof.champs import EntierFormField, LigneFormField, LignesFormField, champ_date
from edof.horloge import aujourd_hui
from edof.lecture import lire_date
from edof.templatetags.affichage import date_longue
from edof.textes import valider_texte
from sessions_app import calendrier
from sessions_app.calendrier import Territoire, ZoneScolaire
from sessions_app.models import Session
from sessions_app.series import (
    JOURS,
    SESSIONS_AU_PLUS,
    AuDebut,
    AuDedans,
    Exclusion,
    Unite,
    par_mois,
    par_semaines,
)

JOURS_DE_LA_SEMAINE = [(str(rang), nom) for rang, nom in enumerate(JOURS)]
RANGS = [("1", "premier"), ("2", "deuxième"), ("3", "troisième"), ("4", "quatrième"), ("-1", "dernier")]
MODELES_AU_PLUS = 100
UN_AN = dt.timedelta(days=366)
# Further than that from today, a year was mistyped.
ANNEES_AUTOUR = 20
TROP_LOIN = "Cette date est trop loin d'aujourd'hui : vérifiez l'année."


def _nombre(label: str, maximum: int, initial: int | None = None) -> EntierFormField:
    chiffres = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": 3})
    return EntierFormField(
        label=label, min_value=1, max_value=maximum, initial=initial, required=False, widget=chiffres
    )


def _choix(label: str, choix: list[tuple[str, str]], initial: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choix, initial=initial, required=False)


def _est_proche(jour: dt.date) -> bool:
    """Return whether a calendar of public holidays makes sense around this day."""
    return abs(jour.year - aujourd_hui().year) <= ANNEES_AUTOUR


def _sous(titre: str, libelle: str) -> SafeString:
    """Return the label of a field whose row already shows `titre`; read aloud, it names it."""
    return format_html('<span class="visually-hidden">{} : </span>{}', titre, libelle)


class SerieForm(forms.Form):
    """What the page asks. Once valid, `dates` and `exclusions` are what `series.derouler` takes."""

    rythme = forms.ChoiceField(
        label="Rythme",
        choices=[("semaines", "Par semaines"), ("mois", "Par mois"), ("dates", "Dates collées")],
        initial="mois",
        widget=forms.RadioSelect,
    )
    toutes_les = _nombre("Toutes les … semaines", 52, 1)
    jours = forms.MultipleChoiceField(
        label="Le",
        choices=JOURS_DE_LA_SEMAINE,
        initial=["0"],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    tous_les = _nombre("Tous les … mois", 24, 1)
    rang = _choix("Le", [*RANGS, ("quantieme", "jour n°")], "1")
    jour = _choix("Jour de la semaine", JOURS_DE_LA_SEMAINE, "0")
    quantieme = _nombre("Jour du mois", 31)
    collees = LignesFormField(
        label="Dates de début",
        required=False,
        max_length=5000,
        validators=[valider_texte],
        help_text="Une date par ligne, ou séparées par des virgules : 14/09/2027, 21/09/2027.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    du = champ_date(label="À partir du", required=False)
    fin = _choix("Fin", [("date", "jusqu'au"), ("nombre", "en tout")], "date")
    jusqu_au = champ_date(label="Jusqu'au", required=False)
    nombre = _nombre("Nombre de sessions", SESSIONS_AU_PLUS, 12)
    duree = _nombre("Durée", 366, 5)
    unite = _choix("Compte", Unite.choices, Unite.OUVRES)

    feries = forms.BooleanField(label="Jours fériés", required=False, initial=True)
    territoire = _choix("Territoire", Territoire.choices, Territoire.METROPOLE)
    vacances = forms.BooleanField(label="Vacances scolaires", required=False)
    zone = _choix("Zone scolaire", ZoneScolaire.choices, ZoneScolaire.A)
    ponts = forms.BooleanField(label="Ponts", required=False)
    fermetures = LignesFormField(
        label="Fermetures et autres dates",
        required=False,
        max_length=2000,
        validators=[valider_texte],
        help_text="Une date ou une période par ligne : 24/12/2027, ou 02/08/2027 au 20/08/2027.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    modele = LigneFormField(
        label="Modèle des identifiants",
        max_length=60,
        validators=[valider_texte],
        help_text=(
            "{AAAA} l'année, {AA} ses deux derniers chiffres, {MM} le mois, {JJ} le jour, {SEM} la semaine,"
            " {N} le numéro, {N:02} sur deux chiffres, {VILLE}, {ACTION}."
        ),
    )
    reprendre = forms.ModelChoiceField(
        label="Contact, adresse, garantie et modalités repris de",
        queryset=Session.objects.none(),
        required=False,
        empty_label="Aucune session : elles seront à compléter",
    )

    EXCLUSIONS = ("feries", "vacances", "ponts", "fermetures")

    def __init__(self, *args: Any, action: Action, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for nom in self.EXCLUSIONS:
            titre = str(self.fields[nom].label)
            dedans = AuDedans.ALLONGER if nom == "feries" else AuDedans.GARDER
            self.fields[f"{nom}_debut"] = _choix(
                _sous(titre, "Si un début tombe dessus"), AuDebut.choices, AuDebut.PASSER
            )
            self.fields[f"{nom}_dedans"] = _choix(
                _sous(titre, "Si un jour tombe dessus"), AuDedans.choices, dedans
            )
        soeurs = action.sessions.order_by("-modifie_le", "-pk")
        reprendre: Any = self.fields["reprendre"]
        reprendre.queryset = soeurs.filter(pk__in=list(soeurs.values_list("pk", flat=True)[:MODELES_AU_PLUS]))
        code = action.lieu_de_formation.code_postal if action.lieu_de_formation else ""
        zone = calendrier.zone_de(code)
        debut = aujourd_hui().replace(day=1) + dt.timedelta(days=32)
        self.initial = {
            "du": debut.replace(day=1),
            "jusqu_au": dt.date(debut.year, 12, 31) if debut.month < 10 else dt.date(debut.year + 1, 12, 31),
            "territoire": calendrier.territoire_de(code),
            "zone": zone or ZoneScolaire.A,
            "vacances": zone is not None,
            "modele": "{AAAA}-{MM}",
            "reprendre": soeurs.values_list("pk", flat=True).first(),
        }

    def clean(self) -> dict[str, Any]:
        """Compute `dates` and `exclusions`; each error is beside the field to correct."""
        lues: dict[str, Any] = super().clean() or {}
        self.dates: list[dt.date] = []
        self.exclusions: list[Exclusion] = []
        for nom in ("toutes_les", "tous_les", "duree", "nombre"):
            if nom in lues and lues[nom] is None:
                lues[nom] = self.fields[nom].initial
        for nom in ("du", "jusqu_au"):
            if lues.get(nom) and not _est_proche(lues[nom]):
                self.add_error(nom, TROP_LOIN)
        if self.errors:
            return lues
        self.dates = self._dates(lues)
        if len(self.dates) > SESSIONS_AU_PLUS:
            self.add_error(
                "jusqu_au" if lues["rythme"] != "dates" else "collees",
                f"Cela ferait plus de {SESSIONS_AU_PLUS} sessions : raccourcissez la série.",
            )
        elif not self.dates and not self.errors:
            self.add_error(None, "Cette règle ne donne aucune date : changez-la.")
        if not self.errors:
            self.exclusions = self._exclusions(lues)
        return lues

    def _dates(self, lues: dict[str, Any]) -> list[dt.date]:
        if lues["rythme"] == "dates":
            return sorted(set(self._collees("collees", lues["collees"])))
        if not lues["du"]:
            self.add_error("du", "Indiquez le jour à partir duquel les sessions commencent.")
            return []
        fin = {"jusqu_au": lues["jusqu_au"], "nombre": None}
        if lues["fin"] == "nombre":
            fin = {"jusqu_au": None, "nombre": lues["nombre"]}
        elif not lues["jusqu_au"] or lues["jusqu_au"] < lues["du"]:
            self.add_error("jusqu_au", "Indiquez une fin qui suive le début.")
            return []
        if lues["rythme"] == "semaines":
            if not lues["jours"]:
                self.add_error("jours", "Cochez au moins un jour de la semaine.")
                return []
            return par_semaines(lues["du"], [int(jour) for jour in lues["jours"]], lues["toutes_les"], **fin)
        if lues["rang"] == "quantieme":
            if not lues["quantieme"]:
                self.add_error("quantieme", "Indiquez le jour du mois, de 1 à 31.")
                return []
            return par_mois(lues["du"], lues["tous_les"], quantieme=lues["quantieme"], **fin)
        return par_mois(
            lues["du"], lues["tous_les"], rang=int(lues["rang"] or 1), jour=int(lues["jour"] or 0), **fin
        )

    def _collees(self, champ: str, texte: str) -> list[dt.date]:
        """Return the pasted dates; the first one that cannot be read is an error of the field."""
        dates = []
        for morceau in filter(str.strip, re.split(r"[,;\n\t]+", texte or "")):
            try:
                dates.append(lire_date(morceau.strip()))
            except ValueError:
                self.add_error(champ, f"« {morceau.strip()[:40]} » n'est pas une date : écrivez jj/mm/aaaa.")
                return []
            if not _est_proche(dates[-1]):
                self.add_error(champ, f"« {morceau.strip()[:40]} » : {TROP_LOIN[0].lower()}{TROP_LOIN[1:]}")
                return []
        return dates

    def _exclusions(self, lues: dict[str, Any]) -> list[Exclusion]:
        # A session lasts beyond its start, and a start may move back.
        du, au = min(self.dates) - UN_AN, max(self.dates) + 2 * UN_AN
        feries = calendrier.jours_feries(du, au, lues["territoire"] or Territoire.METROPOLE)
        jours = {
            "feries": feries,
            "vacances": calendrier.vacances_scolaires(du, au, lues["zone"] or ZoneScolaire.A),
            "ponts": calendrier.ponts(feries),
            "fermetures": self._fermetures(lues["fermetures"]),
        }
        return [
            Exclusion(
                jours[nom],
                lues[f"{nom}_debut"] or AuDebut.PASSER,
                lues[f"{nom}_dedans"] or AuDedans.GARDER,
            )
            for nom in self.EXCLUSIONS
            if lues.get(nom) and jours[nom]
        ]

    def _fermetures(self, texte: str) -> dict[dt.date, str]:
        fermes: dict[dt.date, str] = {}
        for ligne in filter(str.strip, (texte or "").split("\n")):
            bornes = re.split(r"\s+(?:au|à|-)\s+", ligne.strip().removeprefix("du "), maxsplit=1)
            try:
                du, au = lire_date(bornes[0]), lire_date(bornes[-1])
            except ValueError:
                self.add_error("fermetures", f"« {ligne.strip()[:40]} » n'est ni une date ni une période.")
                return {}
            if au < du or au - du > UN_AN:
                self.add_error(
                    "fermetures", f"« {ligne.strip()[:40]} » : la fin doit suivre le début, d'un an au plus."
                )
                return {}
            fermes |= dict.fromkeys(calendrier.jours(du, au), "fermeture")
        return fermes

    @property
    def exclues(self) -> list[dict[str, Any]]:
        """Return the rows of « Sauf »: the fields of each exclusion."""
        aides = {
            "vacances": f"Calendrier connu jusqu'au {date_longue(calendrier.vacances_connues_jusqu_au())}.",
            "ponts": "Un jour ouvré entre un férié et un week-end.",
        }
        zones = {"feries": self["territoire"], "vacances": self["zone"]}
        return [
            {
                "case": self[nom],
                "aide": aides.get(nom, ""),
                "zone": zones.get(nom),
                "debut": self[f"{nom}_debut"],
                "dedans": self[f"{nom}_dedans"],
            }
            for nom in self.EXCLUSIONS
        ]
