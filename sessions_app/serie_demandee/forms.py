"""The form of a series: when, except when, which identifiers, copied from which session."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.utils.html import format_html

from catalogue.models import Action
from edof.champs import EntierFormField, LignesFormField, champ_date
from edof.dates import lire_date
from edof.horloge import aujourd_hui
from edof.templatetags.affichage import date_longue, enumerer, pluriel
from edof.textes import valider_texte
from sessions_app.habitudes import Habitudes
from sessions_app.models import Session
from sessions_app.serie_demandee.apercu import Prevue
from sessions_app.serie_demandee.sauf import TROP_LOIN, SaufForm, choix, est_proche
from sessions_app.series import JOURS, SESSIONS_AU_PLUS, Unite, derouler, par_mois, par_semaines

JOURS_DE_LA_SEMAINE = [(str(rang), nom) for rang, nom in enumerate(JOURS)]
RANGS = [("1", "premier"), ("2", "deuxième"), ("3", "troisième"), ("4", "quatrième"), ("-1", "dernier")]
MODELES_AU_PLUS = 100


def _nombre(label: str, maximum: int, initial: int | None = None) -> EntierFormField:
    chiffres = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": 3})
    return EntierFormField(
        label=label, min_value=1, max_value=maximum, initial=initial, required=False, widget=chiffres
    )


class SerieForm(SaufForm):
    """What the page asks. Once valid, `prevues` gives the sessions that it describes."""

    rythme = forms.ChoiceField(
        label="Rythme",
        choices=[("semaines", "Par semaines"), ("mois", "Par mois"), ("dates", "Dates collées")],
        initial="mois",
        widget=forms.RadioSelect,
    )
    toutes_les = _nombre("Toutes les … semaines", 52, 1)
    jours = forms.MultipleChoiceField(
        label="Le (jours de la semaine)",
        choices=JOURS_DE_LA_SEMAINE,
        initial=["0"],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    tous_les = _nombre("Tous les … mois", 24, 1)
    rang = choix("Le (rang dans le mois)", [*RANGS, ("quantieme", "jour n°")], "1")
    jour = choix("Jour de la semaine", JOURS_DE_LA_SEMAINE, "0")
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
    fin = choix("Fin", [("date", "jusqu'au"), ("nombre", "pour")], "date")
    jusqu_au = champ_date(label="Jusqu'au", required=False)
    nombre = _nombre("Nombre de sessions", SESSIONS_AU_PLUS, 12)
    duree = _nombre("Pendant (durée)", 366, 5)
    unite = choix("Unité de la durée", Unite.choices, Unite.OUVRES)

    reprendre = forms.ModelChoiceField(
        label="Contact, adresse, garantie et modalités repris de",
        queryset=Session.objects.none(),
        required=False,
        empty_label="Aucune session : le contact et l'adresse proposés pour l'action",
    )

    def __init__(self, *args: Any, action: Action, habitudes: Habitudes, **kwargs: Any) -> None:
        super().__init__(*args, habitudes=habitudes, **kwargs)
        self.action = action
        self.dates: list[dt.date] = []
        soeurs = action.sessions.order_by("-modifie_le", "-pk")
        reprendre: Any = self.fields["reprendre"]
        reprendre.queryset = soeurs.select_related("contact_inscription", "adresse_inscription")
        # The latest ones are enough to choose from; read when the list is shown.
        reprendre.choices = lambda: [
            ("", reprendre.empty_label),
            *soeurs.values_list("pk", "identifiant")[:MODELES_AU_PLUS],
        ]
        debut = (aujourd_hui().replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        self.initial = {
            "du": debut,
            "jusqu_au": dt.date(debut.year, 12, 31) if debut.month < 10 else dt.date(debut.year + 1, 12, 31),
            **self.zones_de(action),
            "modele": "{AAAA}-{MM}",
            "reprendre": None if self.is_bound else soeurs.values_list("pk", flat=True).first(),
        }

    def clean(self) -> dict[str, Any]:
        """Compute `dates` and `exclusions`; each error is beside the field to correct."""
        lues: dict[str, Any] = super().clean() or {}
        for nom in ("toutes_les", "tous_les", "duree", "nombre"):
            if nom in lues and lues[nom] is None:
                lues[nom] = self.fields[nom].initial
        for nom in ("du", "jusqu_au"):
            if lues.get(nom) and not est_proche(lues[nom]):
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
            self.lire_les_exclusions(lues, self.dates)
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
            if not est_proche(dates[-1]):
                self.add_error(champ, f"« {morceau.strip()[:40]} » : {TROP_LOIN[0].lower()}{TROP_LOIN[1:]}")
                return []
        return dates

    @property
    def compte(self) -> str:
        """Return how the length of a session is counted."""
        return str(self.cleaned_data["unite"] or Unite.OUVRES)

    def prevues(self) -> list[Prevue]:
        """Return the sessions that the valid form describes, with what is copied from the chosen one."""
        modele, duree = self.cleaned_data["reprendre"], self.cleaned_data["duree"]
        occurrences = derouler(self.dates, duree, self.compte, self.exclusions)
        return [
            Prevue(self.action, o, o.prevue.isoformat(), self.compte, duree, modele=modele)
            for o in occurrences
        ]

    @property
    def phrase(self) -> str:
        """Return the rule said back, with its first dates."""
        lues, dates = self.cleaned_data, self.dates
        unite = dict(Unite.choices)[self.compte] if lues["duree"] > 1 else "jour"
        quand = {"semaines": self._par_semaines, "mois": self._par_mois, "dates": lambda: "Aux dates collées"}
        premieres = ", ".join(date_longue(jour).rsplit(" ", 1)[0] for jour in dates[:3])
        suite = "…" if len(dates) > 3 else "."
        return format_html(
            "<strong>{}, du {} au {}, {} {}.</strong> {} : {}{}",
            quand[lues["rythme"]](),
            date_longue(dates[0]),
            date_longue(dates[-1]),
            lues["duree"],
            unite,
            pluriel(len(dates), "date,dates"),
            premieres,
            suite,
        )

    def _par_semaines(self) -> str:
        n = self.cleaned_data["toutes_les"]
        jours = enumerer([JOURS[int(jour)] for jour in self.cleaned_data["jours"]])
        return f"Chaque semaine, le {jours}" if n == 1 else f"Toutes les {n} semaines, le {jours}"

    def _par_mois(self) -> str:
        lues = self.cleaned_data
        if lues["rang"] == "quantieme":
            quoi = f"Le {lues['quantieme']} (ou le dernier jour)"
        else:
            quoi = f"Le {dict(RANGS)[lues['rang'] or '1']} {JOURS[int(lues['jour'] or 0)]}"
        if lues["tous_les"] == 1:
            return f"{quoi} de chaque mois"
        return f"{quoi}, tous les {lues['tous_les']} mois"
