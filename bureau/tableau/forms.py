"""The row of the table: the form of the session, with its identifier, as cells."""

import copy
import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from catalogue.cycle_de_vie import Statut
from catalogue.forms.champ_de_fiche import INCONNU
from catalogue.forms.fiche import IDENTIFIANT_PRIS, IdentifiantForm, champs_des, identifiant_fige
from catalogue.fusion import Divergences
from edof.champs import LigneFormField
from edof.lecture import lire_cle
from edof.versions import lire_version
from organismes.carnet_ecrit import CarnetEcrit
from organismes.validateurs import identifiant_libre, normaliser_identifiant
from sessions_app.coherence import FIN_APRES_DEBUT
from sessions_app.forms import SECTIONS, SessionForm
from sessions_app.models import Session

if TYPE_CHECKING:
    from bureau.tableau.lignes import LignesDuTableau

LIENS = ("contact_inscription", "adresse_inscription")
TITRES = {"pas_de_dates": "Sans dates", "garantie": "Garantie"}
# Each column: its field, its title. A new field of the form gets its column.
COLONNES = {"identifiant": "Identifiant"} | {
    nom: TITRES.get(nom, str(SessionForm.base_fields[nom].label)) for nom in champs_des(SECTIONS)
}


class EntreeEcriteField(LigneFormField):
    """A contact or an address named in a text box, found in the address book that the page has read once."""

    def __init__(self, carnet: CarnetEcrit[Any], liste: str, **options: Any) -> None:
        super().__init__(required=False, max_length=400, **options)
        self.carnet = carnet
        self.widget.attrs |= {"list": liste, "autocomplete": "off"}

    def to_python(self, value: Any) -> Any:
        """Return the entry, or None for an empty box."""
        texte = super().to_python(value)
        if not texte:
            return None
        if (entree := self.carnet.trouver(texte)) is None:
            raise ValidationError(INCONNU, code="invalid_choice")
        return entree

    def run_validators(self, value: Any) -> None:
        """Do nothing: the length is that of a text, and the value is an entry."""

    def prepare_value(self, value: Any) -> Any:
        """Return the short name of the entry."""
        return self.carnet.libelles.get(value, "") if isinstance(value, int) else value


class LigneForm(SessionForm):
    """A row: the fields of the session as cells, its identifier first."""

    fiche: Session

    identifiant = IdentifiantForm.base_fields["identifiant"]

    def __init__(self, *args: Any, fiche: Session, tableau: "LignesDuTableau", rang: int | None, **kw: Any):
        kw["initial"] = {"identifiant": fiche.identifiant} if fiche.pk else tableau.modele
        kw["empty_permitted"], kw["use_required_attribute"] = True, False
        exiger = fiche.statut in {Statut.VALIDEE, Statut.ACTIVE}
        super().__init__(*args, fiche=fiche, exiger=exiger, **kw)
        self.tableau, self.rang = tableau, rang
        # Set when the row is saved: the fields that somebody else changed too, in which version, and who.
        self.divergences: list[dict[str, Any]] = []
        self.vue: int | None = None
        self.auteur = ""
        self.nouvelle = fiche.pk is None
        # Deleted meanwhile: it is saved only if the person asks for a new session of it.
        self.cle_disparue = lire_cle(self.brut("pk")) if self.nouvelle and self.is_bound else None
        for nom, carnet in tableau.carnets.items():
            self.fields[nom] = EntreeEcriteField(carnet, f"liste-{nom}", label=self.fields[nom].label)
        garantie: Any = self.fields["garantie"]
        garantie.widget = forms.Select(choices=[("", "—"), *garantie.choices])
        if not tableau.sans_dates:
            del self.fields["pas_de_dates"]
        self.fige = identifiant_fige(fiche)
        attributs = {"autocomplete": "off", "spellcheck": "false", "placeholder": "Identifiant"}
        self.fields["identifiant"].widget.attrs |= attributs
        if self.fige:
            self.fields["identifiant"].widget.attrs["readonly"] = True
            self.fields["identifiant"].required = False
        for nom in ("date_debut", "date_fin"):
            # The calendar has no room in a cell.
            self.fields[nom].widget.attrs.pop("data-date", None)
        texte = self.fields["modalites_particulieres"].widget.attrs
        texte |= {"rows": 1, "placeholder": "—"}
        texte.pop("data-leger", None)
        for champ in self.fields.values():
            champ.help_text = ""
        self.order_fields(COLONNES)

    def brut(self, nom: str) -> str:
        """Return what the page sent for this row beside its fields."""
        return str(self.data.get(f"{self.prefix}-{nom}", ""))

    @property
    def version(self) -> int | None:
        """Return the version of the session that the row was filled from."""
        return (
            lire_version(self.brut("version")) if self.is_bound and not self.nouvelle else self.fiche.version
        )

    @property
    def numero(self) -> int:
        """Return the number of the row on the page, from 1."""
        return (self.rang or 0) + 1

    @property
    def vue_choisie(self) -> int | None:
        """Return the version in which the person was shown what differs."""
        return lire_version(self.brut("vue"))

    @property
    def choix(self) -> dict[str, str]:
        """Return what the person keeps of each field that differs: "mien" or "leur"."""
        return {nom: self.brut(f"choix-{nom}") for nom in self.fields if self.brut(f"choix-{nom}")}

    def departager(self, divergences: Divergences) -> None:
        """Note what differs between the row and the session that somebody else has changed."""
        base, leur, mienne = divergences.base, divergences.fiche, copy.copy(self.fiche)
        mienne.appliquer(self.cleaned_data)
        self.vue = leur.version
        self.divergences = [
            {
                "champ": d.champ,
                "titre": COLONNES[d.champ],
                "avant": None if base is None else leur.colonne(d.champ).en_texte(base),
                "leur": leur.colonne(d.champ).en_texte(leur),
                "mien": leur.colonne(d.champ).en_texte(mienne),
                "choisi": self.choix.get(d.champ, ""),
            }
            for d in divergences.divergences
        ]

    @property
    def laissee(self) -> bool:
        """Return whether the person asked to leave this row out of the save."""
        return self.is_bound and bool(self.brut("laisser"))

    @property
    def reprise(self) -> bool:
        """Return whether the person asked for a new session of a row whose session is deleted."""
        return bool(self.brut("reprendre"))

    @property
    def disparition_tue(self) -> bool:
        """Return whether the page has not said yet that the session of this row is deleted."""
        return self.cle_disparue is not None and not self.brut("dite")

    @cached_property
    def changed_data(self) -> list[str]:
        """Return the cells whose text is not that of the record."""
        return [
            nom
            for nom in self.fields
            if not (nom == "identifiant" and self.fige) and self._texte(nom) != self.avant(nom)
        ]

    def has_changed(self) -> bool:
        """Return whether the row is to be checked and saved.

        A new one is when something is typed beside the contact and the address, which it proposes.
        """
        if self.laissee or (self.cle_disparue and not self.reprise):
            return False
        if not self.nouvelle:
            return bool(self.changed_data)
        return any(self._texte(nom) for nom in self.fields if nom not in LIENS)

    @property
    def classe(self) -> str:
        """Return what the style sheet knows the row by: a new one, and whether something is typed in it."""
        if self.cle_disparue:
            return "tableau-disparue"
        remplie = " tableau-remplie" if self.is_bound and self.has_changed() else ""
        return f"tableau-nouvelle{remplie}" if self.nouvelle else ""

    def _texte(self, nom: str) -> str:
        return _en_texte(self.fields[nom], self[nom].data)

    def avant(self, nom: str) -> str:
        """Return the text of the cell as the record has it."""
        champ = self.fields[nom]
        return _en_texte(champ, champ.prepare_value(self.get_initial_for_field(champ, nom)))

    def _get_validation_exclusions(self) -> set[str]:
        # The entries were found in the address book of the organisme: no query for each is needed.
        return {*super()._get_validation_exclusions(), *LIENS}  # type: ignore[misc]

    def clean_identifiant(self) -> str:
        """Refuse an identifier that another session of the action has, in the table or out of it."""
        if self.fige:
            return str(self.fiche.identifiant)
        identifiant = str(self.cleaned_data["identifiant"])
        if self.tableau.est_pris(self.rang, normaliser_identifiant(identifiant)):
            raise ValidationError(IDENTIFIANT_PRIS["session"], code="pris")
        return identifiant

    @property
    def cellules(self) -> list[dict[str, Any]]:
        """Return the cells, in the order of the columns, with what the page says of each."""
        changees = set(self.changed_data) if self.is_bound else set()
        fautives = self.fautives if self.is_bound else []
        return [
            {
                "html": self[nom].as_widget(attrs=self._attributs(nom, nom in changees, nom in fautives)),
                "nom": nom,
                "classes": " ".join(
                    classe
                    for classe, vraie in (
                        ("changee", nom in changees and not self.nouvelle),
                        ("fautive", nom in fautives),
                        ("collee", (self.rang, nom) in self.tableau.collees),
                        ("figee", nom == "identifiant" and self.fige),
                    )
                    if vraie
                ),
            }
            for nom in self.fields
        ]

    def _attributs(self, nom: str, changee: bool, fautive: bool) -> dict[str, str | bool]:
        """Return what a cell says beside its value: its name, its former text, where its fault is said."""
        ligne = "__rang__" if self.rang is None else str(self.rang + 1)
        attributs: dict[str, str | bool] = {
            "aria-label": f"{COLONNES[nom]} : {self.fiche.identifiant or f'ligne {ligne}'}"
        }
        # Where its fault is said, and in words what the blue edge says.
        decrivent = [f"{self.prefix}-phrase"] if fautive else []
        if changee and not self.nouvelle:
            attributs["data-avant"] = self.avant(nom)
            decrivent.append("cellule-changee")
        if fautive:
            attributs["aria-invalid"] = "true"
        if decrivent:
            attributs["aria-describedby"] = " ".join(decrivent)
        return attributs

    @property
    def lues(self) -> str:
        """Return, as JSON, the cells as they are read: « 1er mars 27 » gives « 01/03/2027 »."""
        propres: dict[str, str] = {}
        for nom in ("date_debut", "date_fin", *LIENS):
            if valeur := self.cleaned_data.get(nom):
                dite = (
                    f"{valeur:%d/%m/%Y}"
                    if nom not in LIENS
                    else self.tableau.carnets[nom].libelles[valeur.pk]
                )
                if dite != self._texte(nom):
                    propres[nom] = dite
        return json.dumps(propres) if propres else ""

    @property
    def fautives(self) -> list[str]:
        """Return the columns to correct, or between which to choose."""
        divergent = {divergence["champ"] for divergence in self.divergences}
        return [nom for nom in self.fields if nom in self.errors or nom in divergent]

    @property
    def phrases(self) -> list[dict[str, Any]]:
        """Return what is wrong in the row, in the order of the columns, each with its only repair."""
        dites = []
        for nom in (*self.fields, NON_FIELD_ERRORS):
            for erreur in self.errors.as_data().get(nom, []):
                mettre = self._reparation(nom, erreur)
                phrase = " ".join(erreur.messages)
                dites.append(
                    {"titre": COLONNES.get(nom, ""), "phrase": phrase, "champ": nom, "mettre": mettre}
                )
        return dites

    @property
    def refusee(self) -> bool:
        """Return whether something else than a cell keeps the row from being saved."""
        return NON_FIELD_ERRORS in self.errors

    @property
    def notes(self) -> list[str]:
        """Return what is accepted and deserves a look, for a row that is about to be saved."""
        if not self.is_bound or not self.has_changed() or self.errors:
            return []
        return self.avertissements

    def _reparation(self, nom: str, erreur: ValidationError) -> str:
        """Return what to type instead, when one value is the obvious one; "" otherwise."""
        if nom == "identifiant" and erreur.code == "pris" and self.rang is not None:
            return identifiant_libre(self._texte(nom), self.tableau.pris(self.rang))
        if nom == "date_fin" and erreur.code == FIN_APRES_DEBUT.slug:
            debut, fiche = self.cleaned_data.get("date_debut"), self.fiche
            if debut and fiche.date_debut and fiche.date_fin and fiche.date_fin > fiche.date_debut:
                # The session keeps its length.
                return f"{debut + (fiche.date_fin - fiche.date_debut):%d/%m/%Y}"
        return ""


def _en_texte(champ: forms.Field, valeur: Any) -> str:
    if isinstance(champ.widget, forms.CheckboxInput):
        return "on" if valeur else ""
    affichee = champ.widget.format_value(valeur)
    if isinstance(affichee, list):
        affichee = affichee[0] if affichee else ""
    return str(affichee or "").replace("\r\n", "\n")
