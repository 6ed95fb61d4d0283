"""Tests of the splitting of a one-line address into its parts, without losing a word."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edof.lecture import sans_invisibles
from organismes.adresse_en_ligne import INDICES, NATURES, PARTIES, decouper, plat
from organismes.models import Adresse
from organismes.models.pays import Pays

NOMS = {
    "numero": "numero_voie",
    "indice": "indice_repetition",
    "nature": "nature_voie",
    "libelle": "libelle_voie",
    "cp": "code_postal",
}


@pytest.mark.parametrize(
    ("ligne", "attendu"),
    [
        (
            "12 bis avenue de la Cité 94550 Chevilly-Larue",
            {"numero": "12", "indice": "B", "nature": "AV", "libelle": "de la Cité", "cp": "94550",
            "ville": "Chevilly-Larue"},
        ),
        (
            "12, av. de la Cité, 94550 CHEVILLY LARUE",
            {"numero": "12", "nature": "AV", "libelle": "de la Cité", "cp": "94550",
            "ville": "CHEVILLY LARUE"},
        ),
        ("BP 123, ZA Les Prés, 35000 Rennes",
        {"ligne_5": "BP 123, ZA Les Prés", "cp": "35000", "ville": "Rennes"}),
        ("3 Pl Place du Vieux Marché", {"numero": "3", "nature": "PL", "libelle": "du Vieux Marché"}),
        ("12Place du Marché", {"numero": "12", "nature": "PL", "libelle": "du Marché"}),
        ("lieu-dit Le Bourg 24200 Sarlat",
        {"ligne_5": "lieu-dit Le Bourg", "cp": "24200", "ville": "Sarlat"}),
        ("CS 12345 35000 Rennes CEDEX 9", {"ligne_5": "CS 12345", "cp": "35000", "ville": "Rennes CEDEX 9"}),
        ("12b rue X, 75002 Paris", {"numero": "12", "indice": "B", "nature": "RUE", "libelle": "X",
        "cp": "75002", "ville": "Paris"}),
        ("12bd Voltaire 75011 PARIS", {"numero": "12", "nature": "BD", "libelle": "Voltaire", "cp": "75011",
        "ville": "PARIS"}),
        ("5 rond point de l'Europe", {"numero": "5", "nature": "RPT", "libelle": "de l'Europe"}),
        ("12 rue de la Paix, Paris 75002",
        {"numero": "12", "nature": "RUE", "libelle": "de la Paix", "cp": "75002", "ville": "Paris"}),
        (
            "Bâtiment C\r\n3 rue de la Gare BP 12\r\nF-94000 Créteil",
            {
                "numero": "3", "nature": "RUE", "libelle": "de la Gare", "ligne_5": "Bâtiment C, BP 12",
                "cp": "94000", "ville": "Créteil",
                "pays": "FR",
            },
        ),
        (
            "Résidence Les Lilas, 1 ter sentier des Prés, 35000 Rennes, France",
            {
                "numero": "1", "indice": "T", "nature": "SEN", "libelle": "des Prés",
                "ligne_5": "Résidence Les Lilas", "cp": "35000",
                "ville": "Rennes", "pays": "FR",
            },
        ),
        # Too long for their columns: kept whole in the fifth line, which the official import accepts (30013).
        (
            "10 avenue du Maréchal de Lattre de Tassigny 94000 Créteil",
            {"ligne_5": "10 avenue du Maréchal de Lattre de Tassigny", "cp": "94000", "ville": "Créteil"},
        ),
        ("12-14 rue de la Paix", {"ligne_5": "12-14 rue de la Paix"}),
        # Several numbers of one street stay together.
        ("3 à 5 rue Lepic 75018 Paris", {"ligne_5": "3 à 5 rue Lepic", "cp": "75018", "ville": "Paris"}),
        ("1 à 9 bis rue Lepic 75018 Paris",
        {"ligne_5": "1 à 9 bis rue Lepic", "cp": "75018", "ville": "Paris"}),
        ("10 bis et 12 rue Lepic", {"ligne_5": "10 bis et 12 rue Lepic"}),
        ("12, 14 rue Lepic", {"ligne_5": "12, 14 rue Lepic"}),
        ("12 bis/ter rue Lepic", {"ligne_5": "12 bis/ter rue Lepic"}),
        ("12 – 14 rue Lepic", {"ligne_5": "12 - 14 rue Lepic"}),
        ("3-5 rue Lepic", {"numero": "3-5", "nature": "RUE", "libelle": "Lepic"}),
        ("1 B rue Lepic", {"numero": "1", "indice": "B", "nature": "RUE", "libelle": "Lepic"}),
        # A number that belongs to the words before the street stays with them.
        (
            "PK 12,5 route de Montabo 97300 Cayenne",
            {"nature": "RTE", "libelle": "de Montabo", "ligne_5": "PK 12,5", "cp": "97300",
            "ville": "Cayenne"},
        ),
        ("Km 3 route de Dégrad", {"nature": "RTE", "libelle": "de Dégrad", "ligne_5": "Km 3"}),
        ("BP 12 rue de la Gare", {"nature": "RUE", "libelle": "de la Gare", "ligne_5": "BP 12"}),
        (
            "CS 12345 - 12 rue X 35000 Rennes Cedex 9",
            {"numero": "12", "nature": "RUE", "libelle": "X", "ligne_5": "CS 12345", "cp": "35000",
            "ville": "Rennes Cedex 9"},
        ),
        # A separator belongs to no part. Spaces in a postal code are ignored.
        *(
            (
                f"2 rue Jean Moulin {signe} 94 550 Chevilly-Larue {signe}",
                {"numero": "2", "nature": "RUE", "libelle": "Jean Moulin", "cp": "94550",
                "ville": "Chevilly-Larue"},
            )
            for signe in "–—|,;·/-"
        ),
        ("\u200e2 rue X 94550\u200b Chevilly",
        {"numero": "2", "nature": "RUE", "libelle": "X", "cp": "94550", "ville": "Chevilly"}),
        ("4 quai Y, 94500 Champigny s/ Marne",
        {"numero": "4", "nature": "QUAI", "libelle": "Y", "cp": "94500", "ville": "Champigny s/ Marne"}),
        (
            "1 rue X 94550 Chevilly-Larue 94152 Rungis Cedex",
            {"numero": "1", "nature": "RUE", "libelle": "X", "ligne_5": "94550 Chevilly-Larue", "cp": "94152",
            "ville": "Rungis Cedex"},
        ),
        ("12345 rue de Rennes", {"ligne_5": "12345 rue de Rennes"}),
        (
            "Rue de la Loi 16, 1040 Bruxelles, Belgique",
            {"nature": "RUE", "libelle": "de la Loi 16", "cp": "1040", "ville": "Bruxelles", "pays": "BE"},
        ),
        ("", {}),
        (" , ;", {}),
    ],
)  # fmt: skip
def test_ce_que_les_gens_ecrivent(ligne, attendu):
    assert {nom: valeur for nom, valeur in decouper(ligne).items() if valeur} == {
        NOMS.get(nom, nom): valeur for nom, valeur in attendu.items()
    }


def mots(texte: str) -> set[str]:
    """Return the words of a text, without « n° », accents and case."""
    return set(re.findall(r"[^\W_]+", re.sub(r"\bn ?°", " ", plat(texte))))


def mots_des_parties(parties: dict[str, str]) -> set[str]:
    """Return the words that the parts contain, and those that their codes may stand for."""
    adresse = Adresse(**parties)
    texte = " ".join([adresse.ligne_voie, parties["ligne_5"], parties["code_postal"], parties["ville"]])
    # « 12Place » and « 12bis » are glued in the line, and separate in the parts.
    trouves = {morceau for mot in mots(texte) for morceau in {mot, *re.findall(r"[0-9]+|[^\W\d_]+", mot)}}
    natures = {code for nature, code in NATURES.items() if mots(nature) <= trouves}
    trouves |= {mot for nature, code in NATURES.items() if code in natures for mot in mots(nature)}
    trouves |= {indice[0] for indice in trouves & set(INDICES)}
    # « 94 550 » is stored without a space in the parts.
    trouves |= {parties["code_postal"][:2], parties["code_postal"][2:]}
    if parties["pays"]:
        trouves |= mots(Pays(parties["pays"]).label) | {"f", "fr"}
    return trouves


MORCEAUX = st.sampled_from(
    [
        *sorted(NATURES), *INDICES, "12", "12bis", "3b", "12-14", "3 à 5", "12,5", "PK", "94 550", "–", "|",
        "/", "n° 5", "12Place", "BP 123", "CS 12345", "94550", "F-35000", "1040", "CEDEX 9",
        "Chevilly-Larue", "de la Cité", "d'Orsay", "du", "Le Bourg", "ZA Les Prés", "Bâtiment C",
        "du Maréchal de Lattre de Tassigny", "France",
        "Belgique", ",", ", ", "\n", ";", "-", ".", "œ", "É",
    ]
)  # fmt: skip


@given(
    st.one_of(
        st.lists(MORCEAUX, max_size=14).map(" ".join),
        st.lists(MORCEAUX, max_size=14).map("".join),
        st.text(max_size=120),
    )
)
def test_rien_ne_se_perd_et_rien_ne_casse(ligne):
    parties = decouper(ligne)
    assert tuple(parties) == PARTIES
    perdus = {
        morceau for mot in mots(sans_invisibles(ligne)) for morceau in re.findall(r"[0-9]+|[^\W\d_]+", mot)
    } - mots_des_parties(parties)
    assert perdus == set()
    assert parties["nature_voie"] in {"", *Adresse.NatureVoie.values} and parties["indice_repetition"] in {
        "",
        *Adresse.Indice.values,
    }
    assert len(parties["code_postal"]) <= 10


def test_une_ligne_interminable_ne_ralentit_rien():
    assert decouper("12 rue " * 40)["numero_voie"] == "12"
