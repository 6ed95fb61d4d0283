"""Test that copying the demo catalogue to an empty organisme through the API gives the same catalogue."""

import datetime as dt
from urllib.parse import urlencode

import pytest

from api.views.documentation import _schema
from demo import donnees as demo
from edof.horloge import PARIS, a_l_instant, aujourd_hui
from organismes.models import Organisme, Qualiopi, Utilisateur
from tests.api.client import Programme, jeton_de
from tests.conftest import Monde

LUS = {
    "offre": "OffreModification",
    "action": "ActionModification",
    "session": "SessionModification",
    "contact": "ContactEcriture",
    "adresse": "AdresseEcriture",
}


class _Place:
    """The attributes of a world that `jeton_de` needs."""

    def __init__(self, organisme, gestionnaire):
        self.organisme, self.gestionnaire = organisme, gestionnaire


def ecrits(genre, ligne):
    """Return the fields of a row that the schema allows to write."""
    noms = _schema()["components"]["schemas"][LUS[genre]]["properties"].keys() - {"version", "valider"}
    return {nom: ligne[nom] for nom in noms}


def adresse(genre, ligne):
    noms = {"identifiant": "identifiant", "offre": "offre_identifiant", "action": "action_identifiant"}
    demandes = {
        "offre": ("identifiant",),
        "action": ("offre", "identifiant"),
        "session": ("offre", "action", "identifiant"),
        "contact": ("identifiant",),
    }
    valeurs = (
        {"titre": ligne["titre"]}
        if genre == "adresse"
        else {nom: ligne[noms[nom]] for nom in demandes[genre]}
    )
    return f"{genre}s/par-identifiant/?{urlencode(valeurs)}"


def catalogue(api):
    """Return all the records, without the fields that depend on the organisme or on the day."""
    hors = {
        "id",
        "offre",
        "action",
        "version",
        "cree_le",
        "modifie_le",
        "ouverte_depuis",
        "visible",
        "visible_le",
        "utilisations",
        "sessions_visibles",
    }
    listes = {genre: api.tout(f"{genre}s/?taille=10") for genre in LUS}
    return {
        genre: sorted(({nom: v for nom, v in ligne.items() if nom not in hors} for ligne in lues), key=str)
        for genre, lues in listes.items()
    }


@pytest.mark.django_db
def test_le_catalogue_de_demonstration_se_recopie():
    demo.charger()
    gestionnaire = Utilisateur.objects.get(courriel="gestionnaire@ilvm.example")
    source = Programme(
        jeton_de(_Place(Organisme.objects.get(raison_sociale__startswith="Institut"), gestionnaire))[1]
    )
    avant = catalogue(source)
    assert {genre: len(lignes) for genre, lignes in avant.items()} == {
        "offre": 3,
        "action": 26,
        "session": 8,
        "contact": 3,
        "adresse": 7,
    }

    vide = Monde.__new__(Monde)
    vide.organisme = Organisme.objects.create(raison_sociale="Copie", siret="73282932000074")
    Qualiopi.objects.create(
        organisme=vide.organisme, categorie="actions_de_formation", du=dt.date(2020, 1, 1)
    )
    vide.gestionnaire = vide.personne("gestionnaire", "gestionnaire")
    cible = Programme(jeton_de(vide)[1])
    # The clock is set to the day on which the demo began: some of its sessions have started since, and could
    # not be created today.
    debut = dt.datetime.combine(aujourd_hui() - dt.timedelta(40), dt.time(9), tzinfo=PARIS)
    with a_l_instant(debut):
        for genre in ("contact", "adresse", "offre", "action", "session"):
            for ligne in source.tout(f"{genre}s/"):
                valider = {"valider": True} if ligne.get("statut", "brouillon") != "brouillon" else {}
                copie = cible("PUT", adresse(genre, ligne), {**ecrits(genre, ligne), **valider})
                assert copie.status_code == 201, (genre, copie.lu)
                suites = [nom for nom, fait in (
                    ("ouvrir", genre == "session" and ligne["statut"] == "active"),
                    ("fermer", genre == "session" and ligne["statut"] == "active" and not ligne["ouverte"]),
                    ("archiver", ligne.get("statut") == "archivee"),
                ) if fait]  # fmt: skip
                for operation in suites:
                    assert cible("POST", f"{genre}s/{copie.lu['id']}/{operation}/").status_code == 200
    assert catalogue(cible) == avant
    # Sending the records again changes nothing, not even a version.
    versions = {
        genre: [ligne["version"] for ligne in cible.tout(f"{genre}s/")]
        for genre in ("offre", "action", "session")
    }
    for genre in ("offre", "action", "session"):
        for ligne in source.tout(f"{genre}s/"):
            if ligne["statut"] != "archivee":
                assert cible("PUT", adresse(genre, ligne), ecrits(genre, ligne)).status_code == 200
    assert versions == {genre: [ligne["version"] for ligne in cible.tout(f"{genre}s/")] for genre in versions}
