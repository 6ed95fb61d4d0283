"""A level of the catalogue as a table, for a spreadsheet: the titles and the values that imports read.

The columns of offres, actions, contacts and addresses are the fields of their forms, named by their labels;
those of sessions have short names. A contact or an address is written by a text that finds it again.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from catalogue.forms.action import ActionForm
from catalogue.forms.offre import OffreForm
from catalogue.models import Action, Offre
from echanges.lignes import Niveau
from edof.horloge import jour_de
from organismes.carnet_ecrit import CarnetEcrit
from organismes.forms import AdresseForm, ContactForm
from organismes.models import Adresse, Contact, Organisme
from publication.visibilite import avec_visibilite
from sessions_app.forms import SessionForm
from sessions_app.models import Session

Valeur = str | int | Decimal | dt.date | None
FORMULAIRES: dict[str, type[forms.ModelForm]] = {
    Niveau.OFFRE: OffreForm,
    Niveau.ACTION: ActionForm,
    Niveau.SESSION: SessionForm,
    Niveau.CONTACT: ContactForm,
    Niveau.ADRESSE: AdresseForm,
}
# The columns of the parents, then of the record itself.
_CHEMINS: dict[str, dict[str, str]] = {
    Niveau.OFFRE: {"Offre": "identifiant"},
    Niveau.ACTION: {"Offre": "offre__identifiant", "Action": "identifiant"},
    Niveau.SESSION: {
        "Offre": "action__offre__identifiant",
        "Action": "action__identifiant",
        "Session": "identifiant",
    },
    Niveau.CONTACT: {},
    Niveau.ADRESSE: {},
}
_COURTS = {
    "pas_de_dates": "Permanente", "date_debut": "Du", "date_fin": "Au", "garantie": "Garantie",
    "contact_inscription": "Contact", "adresse_inscription": "Adresse",
    "modalites_particulieres": "Modalités particulières",
}  # fmt: skip
# What is shown beside, and that an import does not read.
_POUR_LIRE: dict[str, dict[str, str]] = {
    Niveau.SESSION: {"Intitulé": "action__offre__intitule", "Statut": "statut"},
    Niveau.OFFRE: {"Statut": "statut"},
    Niveau.ACTION: {"Statut": "statut"},
}
# What is written when it is asked for by name only.
_SUR_DEMANDE: dict[str, dict[str, str]] = {
    Niveau.SESSION: {"Ouverte": "ouverte", "Visible": "est_visible", "Modifiée": "modifie_le"},
}
NOMS = {
    Niveau.CONTACT: "contacts", Niveau.ADRESSE: "adresses", Niveau.OFFRE: "offres",
    Niveau.ACTION: "actions", Niveau.SESSION: "sessions",
}  # fmt: skip
OUI_NON = ("Oui", "Non")


@dataclass
class Table:
    """A table: its name, its titles, its rows and their number; the values of a column, by its rank."""

    nom: str
    titres: list[str]
    rangees: Iterator[list[Valeur]]
    nombre: int
    listes: dict[int, list[str]] = field(default_factory=dict)


class Carnets:
    """How a contact or an address is written in a cell, so that an import finds it."""

    def __init__(self, organisme: Organisme) -> None:
        self.organisme = organisme

    @cached_property
    def contacts(self) -> dict[int, str]:
        """Return the texts of the contacts, by key."""
        return self.textes(Contact, list(Contact.objects.pour_organisme(self.organisme)))

    @cached_property
    def adresses(self) -> dict[int, str]:
        """Return the texts of the addresses, by key."""
        return self.textes(Adresse, list(Adresse.objects.pour_organisme(self.organisme)))

    @staticmethod
    def textes(modele: type[Any], entrees: list[Any]) -> dict[int, str]:
        """Return a text that finds each of these contacts or addresses among them, by key."""
        carnet: CarnetEcrit[Any] = CarnetEcrit(entrees)
        if modele is Contact:
            return {
                e.pk: _trouvable(carnet, e, carnet.libelles[e.pk], e.courriel, e.identifiant) for e in entrees
            }
        return {e.pk: _trouvable(carnet, e, e.titre, carnet.libelles[e.pk]) for e in entrees}

    def de(self, modele: type[Any]) -> dict[int, str]:
        """Return the texts of the entries of this model."""
        return self.contacts if modele is Contact else self.adresses


def _trouvable(carnet: CarnetEcrit[Any], entree: Any, *textes: str) -> str:
    """Return the first of these texts that finds the entry, and no other."""
    for texte in textes:
        try:
            if carnet.trouver(texte) == entree:
                return texte
        except ValidationError:
            continue
    return textes[-1]


def table(
    niveau: str,
    organisme: Organisme,
    fiches: QuerySet[Any] | None = None,
    choisies: Collection[str] | None = None,
) -> Table:
    """Return the records of a level; those of the organisme that are not archived, when none are given.

    `choisies` names the columns that are written beside the identifiers, without which nothing comes back;
    without it, they are all the fields of the form and what is shown beside.
    """
    formulaire = FORMULAIRES[niveau]
    modele = formulaire._meta.model
    if fiches is None:
        fiches = modele.objects.pour_organisme(organisme)
        fiches = fiches.exclude(statut="archivee") if issubclass(modele, (Offre, Action, Session)) else fiches
        fiches = fiches.order_by(*_ordre(niveau))
    titrees = {nom: _titre(niveau, formulaire, nom) for nom in formulaire._meta.fields or ()}
    titrees |= {nom: titre for titre, nom in _POUR_LIRE.get(niveau, {}).items()}
    if choisies is not None:
        titrees |= {nom: titre for titre, nom in _SUR_DEMANDE.get(niveau, {}).items()}
        titrees = {nom: titre for nom, titre in titrees.items() if nom in choisies}
    if "est_visible" in titrees:
        fiches = avec_visibilite(fiches)
    titres = [*_CHEMINS[niveau], *titrees.values()]
    colonnes = [*_CHEMINS[niveau].values(), *titrees]
    return Table(
        NOMS[Niveau(niveau)],
        titres,
        _rangees(modele, organisme, fiches, colonnes),
        fiches.count(),
        _listes(modele, organisme, colonnes),
    )


def _ordre(niveau: str) -> list[str]:
    if niveau in (Niveau.CONTACT, Niveau.ADRESSE):
        return ["identifiant_normalise"]
    parents = {Niveau.ACTION: ["offre"], Niveau.SESSION: ["action__offre", "action"]}.get(Niveau(niveau), [])
    dates = ["date_debut"] if niveau == Niveau.SESSION else []
    return [*(f"{parent}__identifiant_normalise" for parent in parents), *dates, "identifiant_normalise"]


def _titre(niveau: str, formulaire: type[forms.ModelForm], nom: str) -> str:
    if niveau == Niveau.SESSION:
        return _COURTS[nom]
    libelle = str(formulaire.base_fields[nom].label)
    return libelle[:1].upper() + libelle[1:]


def _rangees(
    modele: type[Any], organisme: Organisme, fiches: QuerySet[Any], colonnes: list[str]
) -> Iterator[list[Valeur]]:
    carnets = Carnets(organisme)
    lire = [_lecteur(modele, carnets, colonne) for colonne in colonnes]
    lues = ["certification__code" if colonne == "certification" else colonne for colonne in colonnes]
    for rangee in fiches.values_list(*lues).iterator(chunk_size=2000):
        yield [lu(valeur) for lu, valeur in zip(lire, rangee, strict=True)]


def _lecteur(modele: type[Any], carnets: Carnets, colonne: str) -> Any:
    """Return the function that turns a value of this column into that of a cell."""
    if colonne == "certification":
        return lambda valeur: valeur or ""
    if colonne == "est_visible":
        return lambda valeur: OUI_NON[not valeur]
    if colonne == "modifie_le":
        return jour_de
    champ = modele._meta.get_field(colonne.partition("__")[0])
    if champ.is_relation and "__" not in colonne:
        textes = carnets.de(champ.related_model)
        return lambda valeur: textes.get(valeur, "")
    if champ.is_relation:
        return lambda valeur: valeur
    return _GENRES.get(getattr(champ, "genre", ""), _tel_quel)(champ)


def _tel_quel(champ: Any) -> Any:
    return lambda valeur: "" if valeur is None else valeur


def _en_mots(champ: Any) -> Any:
    """Return what the column says in words, "" for nothing."""
    vides: tuple[Any, ...] = (None, "", [])
    return lambda valeur: "" if valeur in vides else str(champ.en_mots(valeur))


def _des_dates(champ: Any) -> Any:
    return lambda valeur: ", ".join(f"{jour:%d/%m/%Y}" for jour in valeur or [])


def _des_codes(champ: Any) -> Any:
    """Return the codes of a list, when its values have no names of their own."""
    return _en_mots(champ) if champ.base_field.choices else lambda valeur: ", ".join(valeur or [])


_GENRES: dict[str, Any] = {
    "choix": _en_mots,
    "liste": _des_codes,
    "oui_non": _en_mots,
    "case": _en_mots,
    "dates": _des_dates,
}


def _listes(modele: type[Any], organisme: Organisme, colonnes: list[str]) -> dict[int, list[str]]:
    """Return the values that a cell may take, by rank of the column."""
    carnets = Carnets(organisme)
    listes: dict[int, list[str]] = {}
    for rang, colonne in enumerate(colonnes):
        if "__" in colonne or colonne in {"statut", "est_visible"}:
            continue
        champ = modele._meta.get_field(colonne)
        if champ.related_model in (Contact, Adresse):
            listes[rang] = sorted(carnets.de(champ.related_model).values(), key=str.casefold)
        elif getattr(champ, "genre", "") in ("oui_non", "case"):
            listes[rang] = list(OUI_NON)
        elif getattr(champ, "genre", "") == "choix":
            listes[rang] = [str(libelle) for _, libelle in champ.flatchoices]
    return {rang: valeurs for rang, valeurs in listes.items() if valeurs}
