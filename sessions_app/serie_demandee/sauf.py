"""What « Créer une série » and « Reconduire » both ask: except when, and which identifiers."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalogue.models import Action
from edof.champs import LigneFormField, LignesFormField
from edof.dates import lire_date
from edof.horloge import aujourd_hui
from edof.templatetags.affichage import date_longue
from edof.textes import valider_texte
from sessions_app import calendrier
from sessions_app.calendrier import Calendrier, Territoire
from sessions_app.fermetures import ZoneScolaire
from sessions_app.habitudes import Habitudes
from sessions_app.series import AuDebut, AuDedans, Exclusion

UN_AN = dt.timedelta(days=366)
# Further than that from today, a year was mistyped.
ANNEES_AUTOUR = 20
TROP_LOIN = "Cette date est trop loin d'aujourd'hui : vérifiez l'année."
JETONS = (
    "{AAAA} l'année, {AA} ses deux derniers chiffres, {MM} le mois, {JJ} le jour, {SEM} la semaine, {N} le"
    " numéro, {N:02} sur deux chiffres, {VILLE}, {ACTION}."
)
# Those that a button adds to the pattern, with its name.
A_AJOUTER = (
    ("{AAAA}", "Année"),
    ("{MM}", "Mois"),
    ("{JJ}", "Jour"),
    ("{SEM}", "Semaine"),
    ("{N}", "N°"),
    ("{N:02}", "N° à 2 chiffres"),
    ("{VILLE}", "Ville"),
)


def choix(label: str, valeurs: list[tuple[str, str]], initial: str) -> forms.ChoiceField:
    """Return a drop-down list that a form may leave out."""
    return forms.ChoiceField(label=label, choices=valeurs, initial=initial, required=False)


def est_proche(jour: dt.date) -> bool:
    """Return whether a calendar of public holidays makes sense around this day."""
    return abs(jour.year - aujourd_hui().year) <= ANNEES_AUTOUR


def _sous(titre: str, libelle: str) -> SafeString:
    """Return the label of a field whose row already shows `titre`; read aloud, it names it."""
    return format_html('<span class="visually-hidden">{} : </span>{}', titre, libelle)


class SaufForm(forms.Form):
    """The exclusions and the pattern of identifiers. Once valid, `exclusions` is what `series` takes."""

    feries = forms.BooleanField(label="Jours fériés", required=False, initial=True)
    territoire = choix("Territoire", Territoire.choices, Territoire.METROPOLE)
    vacances = forms.BooleanField(label="Vacances scolaires", required=False)
    zone = choix("Zone scolaire", ZoneScolaire.choices, ZoneScolaire.A)
    propres = forms.BooleanField(label="Fermetures de l'organisme", required=False, initial=True)
    ponts = forms.BooleanField(label="Ponts", required=False)
    fermetures = LignesFormField(
        label="Autres dates à exclure",
        required=False,
        max_length=2000,
        validators=[valider_texte],
        help_text="Une date ou une période par ligne : 24/12/2027, ou 02/08/2027 au 20/08/2027.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    modele = LigneFormField(
        label="Modèle des identifiants", max_length=60, validators=[valider_texte], help_text=JETONS
    )

    jetons = A_AJOUTER
    EXCLUSIONS = ("feries", "vacances", "propres", "ponts", "fermetures")

    def __init__(self, *args: Any, habitudes: Habitudes, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.habitudes = habitudes
        self.calendrier = Calendrier(habitudes.organisme.organisme)
        self.exclusions: list[Exclusion] = []
        # « 11 en 2027 », once the dates are known.
        self.feries_dits = ""
        for nom in self.EXCLUSIONS:
            titre = str(self.fields[nom].label)
            dedans = AuDedans.ALLONGER if nom == "feries" else AuDedans.GARDER
            self.fields[f"{nom}_debut"] = choix(
                _sous(titre, "Si un début tombe dessus"), AuDebut.choices, AuDebut.PASSER
            )
            self.fields[f"{nom}_dedans"] = choix(
                _sous(titre, "Si un jour tombe dessus"), AuDedans.choices, dedans
            )

    def zones_de(self, action: Action | None) -> dict[str, Any]:
        """Return the zones to propose: those of the place, else those of the organisme or of its NDA."""
        lieu, habitude = action.lieu_de_formation if action else None, self.habitudes.organisme
        siege = calendrier.code_du_siege(habitude.organisme)
        code = lieu.code_postal if lieu else siege
        zone: Any = calendrier.zone_de(code)
        territoire: Any = calendrier.territoire_de(code)
        self.origine_des_zones = (
            f"le lieu : {lieu.ville} ({calendrier.departement(code)})" if lieu else "« Mon organisme »"
        )
        if not lieu:
            zone, territoire = habitude.zone or zone, habitude.territoire or territoire
        return {
            "territoire": territoire,
            "zone": zone or ZoneScolaire.A,
            # Where no calendar is known, nothing is excluded by it.
            "vacances": zone is not None,
        }

    def lire_les_exclusions(self, lues: dict[str, Any], dates: list[dt.date]) -> None:
        """Compute `exclusions` for sessions that begin on these dates."""
        # A session lasts beyond its start, and a start may move back.
        du, au = min(dates) - UN_AN, max(dates) + 2 * UN_AN
        feries = calendrier.jours_feries(du, au, lues["territoire"] or Territoire.METROPOLE)
        annees = range(min(dates).year, max(dates).year + 1)
        comptes = ((sum(jour.year == annee for jour in feries), annee) for annee in annees)
        self.feries_dits = ", ".join(f"{nombre} en {annee}" for nombre, annee in comptes if nombre)
        jours = {
            "feries": feries,
            "vacances": self.calendrier.vacances_scolaires(du, au, lues["zone"] or ZoneScolaire.A),
            "propres": self.calendrier.jours_fermes(du, au),
            "ponts": calendrier.ponts(feries),
            "fermetures": self._fermetures(lues["fermetures"]),
        }
        self.exclusions = [
            Exclusion(
                jours[nom],
                lues[f"{nom}_debut"] or AuDebut.PASSER,
                lues[f"{nom}_dedans"] or AuDedans.GARDER,
                nom,
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
            fermes |= dict.fromkeys(calendrier.jours(du, au), "date exclue")
        return fermes

    def au_dela_du_calendrier(self, dernier: dt.date) -> str:
        """Return the sentence to say when a session ends after the last known school holidays, else ""."""
        if not self.cleaned_data.get("vacances"):
            return ""
        zone = self.cleaned_data["zone"] or ZoneScolaire.A
        connu = self.calendrier.connu_jusqu_au(zone)
        if connu and dernier <= connu:
            return ""
        apres = f"ne sont connues que jusqu'au {date_longue(connu)}" if connu else "ne sont pas connues"
        return f"Les vacances de la zone {zone} {apres} : au-delà, aucune date n'est passée à cause d'elles."

    @property
    def exclues(self) -> list[dict[str, Any]]:
        """Return the rows of « Sauf »: the fields of each exclusion."""
        connus = [self.calendrier.connu_jusqu_au(zone) for zone in ZoneScolaire.values]
        connu = min((jour for jour in connus if jour), default=None)
        aides = {
            "vacances": f"Calendrier connu jusqu'au {date_longue(connu)}."
            if connu
            else "Calendrier inconnu.",
            "ponts": "Un jour ouvré entre un férié et un week-end.",
        }
        zones = {"feries": self["territoire"], "vacances": self["zone"]}
        return [
            {
                "nom": nom,
                "case": self[nom],
                "aide": aides.get(nom, ""),
                "zone": zones.get(nom),
                "debut": self[f"{nom}_debut"],
                "dedans": self[f"{nom}_dedans"],
            }
            for nom in self.EXCLUSIONS
        ]

    @property
    def fermetures_a_venir(self) -> list[Any]:
        """Return the closures of the organisme that are not over, in order."""
        return [lue for lue in self.calendrier.fermetures if lue.au >= aujourd_hui()]
