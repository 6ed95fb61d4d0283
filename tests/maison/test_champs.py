"""Tests of docs/champs.md against the program: it lists every field that exists, and no other."""

import re
from pathlib import Path

import pytest

from catalogue import nomenclatures
from catalogue.forms import ActionForm, IdentifiantForm, OffreForm
from catalogue.models import Action, Offre
from organismes.forms import AdresseForm, ContactForm
from organismes.models import Adresse, Contact
from sessions_app.forms import SessionForm
from sessions_app.models import Session

PAGE = (Path(__file__).parents[2] / "docs" / "champs.md").read_text()
MODELES = {modele.__name__: modele for modele in (Offre, Action, Session, Contact, Adresse)}
FORMULAIRES = {
    form.__name__: form
    for form in (OffreForm, ActionForm, SessionForm, ContactForm, AdresseForm, IdentifiantForm)
}
# Columns for internal use.
INTERNES = {
    "id", "organisme", "offre", "action", "identifiant_normalise", "statut", "a_ete_active",
    "cle_de_creation", "cree_le", "modifie_le",
    "dates_saisies_le", "version", "ouverte_depuis", "fermee_le", "serie",
}  # fmt: skip


def lignes() -> list[tuple[str, str, str]]:
    """Return the (model, column, form) of each row of the document."""
    return re.findall(r"^\|[^|]+\| `(\w+)\.(\w+)` \| (\w+) \|", PAGE, re.M)


@pytest.mark.parametrize(("modele", "colonne", "formulaire"), lignes())
def test_chaque_ligne_existe(modele, colonne, formulaire):
    MODELES[modele]._meta.get_field(colonne)
    if formulaire != "none":
        assert colonne in FORMULAIRES[formulaire].base_fields


@pytest.mark.parametrize("nom", MODELES)
def test_chaque_champ_a_sa_ligne(nom):
    nommees = {colonne for modele, colonne, _ in lignes() if modele == nom}
    assert {champ.name for champ in MODELES[nom]._meta.concrete_fields} - INTERNES - nommees == set()


def test_chaque_slug_a_son_code():
    ecrits = re.findall(r"^\| `(\w+)` \| `(\w+)` \| ([^|]+) \|", PAGE, re.M)
    for table in {table for table, _, _ in ecrits}:
        assert [slug for nom, slug, _ in ecrits if nom == table] == getattr(nomenclatures, table).values
        codes = [code for nom, _, code in ecrits if nom == table]
        assert len(set(codes)) == len(codes)
