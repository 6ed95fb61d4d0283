"""Tests of the pure functions that read what users type, paste or send, before it is validated."""

import datetime as dt

import pytest

from edof.dates import lire_date, lire_date_de_cellule
from edof.lecture import (
    lire_code,
    lire_identifiant,
    lire_ligne,
    lire_lignes,
    lire_nombre,
    lire_oui_non,
    puces_lisibles,
)

RENTREE = dt.date(2027, 9, 1)


@pytest.mark.parametrize(
    "texte",
    [
        *(
            "01/09/2027",
            "1/9/27",
            "01092027",
            "01 09 2027",
            "01.09.27",
            "1-9-2027",
            "2027-09-01",
            "2027/09/01",
            "01 / 09 / 2027",
        ),
        *(
            "\u200e01/09/2027",
            "01/09/2027\ufeff",
            "\u00a001/09/2027 ",
            "01\u202f09\u202f2027",
            "01\u201109\u20112027",
            "０１/０９/２０２７",
        ),
        *(
            "1er septembre 2027",
            "1 sept. 2027",
            "mercredi 1er septembre 2027",
            "Le 1er SEPTEMBRE 2027",
            "01-sept-2027",
            "1 sep 2027.",
            "1-sept-27",
            "1er sept. 27",
        ),
    ],
    ids=ascii,
)
def test_une_date_se_lit_comme_les_gens_l_ecrivent(texte):
    assert lire_date(texte) == RENTREE


def test_les_mois_de_l_annee_ont_leurs_noms_et_leurs_abreges():
    noms = ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."]
    longs = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ]
    assert [lire_date(f"2 {nom} 2027").month for nom in (*noms, *longs)] == [*range(1, 13), *range(1, 13)]


@pytest.mark.parametrize(
    "texte",
    [
        *(
            "",
            "demain",
            "010927",
            "1092027",
            "31/02/2027",
            "13/13/2027",
            "09/31/2027",
            "01/09/207",
            "01/09-2027",
            "01/09 2027",
            "20270901",
        ),
        *(
            "1 brumaire 2027",
            "septembre 2027",
            "01/09",
            "46631",
            "01/09/2027 au 05/09/2027",
            "0\u0301109/2027",
        ),
    ],
    ids=ascii,
)
def test_une_date_ambigue_ou_fausse_est_refusee(texte):
    with pytest.raises(ValueError):  # noqa: PT011 - its text is for nobody
        lire_date(texte)


@pytest.mark.parametrize(
    ("texte", "reserves"),
    [
        ("01/09/2027", []),
        ("01/09/2027 09:00", ["heure retirée"]),
        ("2027-09-01T09:00:00", ["heure retirée"]),
        ("1er sept. 2027 à 9h", ["heure retirée"]),
        ("1-sept-27 14 h 30", ["heure retirée"]),
        ("01/09/2027 8h30-17h", ["heure retirée"]),
        ("01/09/2027, de 9h-12h30 / 13h30-17h", ["heure retirée"]),
        ("01/09/2027 (matin)", ["heure retirée"]),
        ("2027-09-01T09:00:00+02:00", ["heure retirée"]),
        ("mer. 01/09/27", []),
        ("Lundi 1/9/27", ["le 01/09/2027 est un mercredi, pas un lundi"]),
        ("mar. 01/09/2027", ["le 01/09/2027 est un mercredi, pas un mardi"]),
        ("46631.375", ["« 46631.375 », nombre d'Excel, lu 01/09/2027"]),
        ("mercredi 1er septembre 2027", []),
        ("Lundi 1er septembre 2027", ["le 01/09/2027 est un mercredi, pas un lundi"]),
        ("46631", ["« 46631 », nombre d'Excel, lu 01/09/2027"]),
    ],
    ids=ascii,
)
def test_une_cellule_de_tableur_dit_ce_qui_a_ete_suppose(texte, reserves):
    lue = lire_date_de_cellule(texte)
    assert (lue.jour, list(lue.reserves)) == (RENTREE, reserves)


@pytest.mark.parametrize(
    ("texte", "raison"),
    [
        *(("sept-27", "le jour"), ("septembre 2027", "le jour"), ("09/2027", "le jour")),
        *(("01/09", "l'année"), ("1er septembre", "l'année"), ("mercredi 1 sept.", "l'année")),
        *(("09/31/2027", "inversés"), ("31/02/2027", "n'existe pas"), ("31 févr. 2027", "n'existe pas")),
        *(("01/03/0027", "année n'est pas la bonne"), ("Lundi 31/02/2027", "n'existe pas")),
        *(("2027-02-30", "n'existe pas"), ("demain", "pas une date"), ("29999", "pas une date")),
        *(
            ("60001", "pas une date"),
            ("09:00", "pas une date"),
            ("", "pas une date"),
            ("#N/A", "pas une date"),
        ),
    ],
    ids=ascii,
)
def test_une_cellule_refusee_dit_pourquoi(texte, raison):
    with pytest.raises(ValueError, match=raison):
        lire_date_de_cellule(texte)


def test_une_annee_de_deux_chiffres_est_de_ce_siecle_jusqu_a_79():
    assert [lire_date(f"01/01/{annee}").year for annee in ("00", "79", "80", "99")] == [
        2000,
        2079,
        1980,
        1999,
    ]


@pytest.mark.parametrize(
    ("texte", "lu"),
    [("Oui", True), ("x", True), (" VRAI ", True), ("✓", True), ("non", False), ("0", False), ("", None)],
    ids=ascii,
)
def test_oui_ou_non(texte, lu):
    assert lire_oui_non(texte) is lu
    with pytest.raises(ValueError):  # noqa: PT011 - its text is for nobody
        lire_oui_non("peut-être")


@pytest.mark.parametrize(
    ("texte", "lu"),
    [
        *(
            ("Bilan\nlogistique", "Bilan logistique"),
            ("a\r\nb", "a b"),
            ("a\tb", "a b"),
            ("a\u2028b\u2029c", "a b c"),
            ("a\x85b\x0bc\x0cd", "a b c d"),
        ),
        *(
            (" a \n\n b ", "a b"),
            ("Prix\u00a0: 5\u00a0€", "Prix\u00a0: 5\u00a0€"),
            ("a  b", "a  b"),
            ("co\u00adopération", "co\u00adopération"),
        ),
        *(("Bilan \uf0e0 VAE", "Bilan → VAE"), ("Points\uf0b7forts", "Points•forts"), ("\n", "")),
    ],
    ids=ascii,
)
def test_une_ligne_n_a_pas_de_fin_de_ligne(texte, lu):
    assert lire_ligne(texte) == lu == lire_ligne(lu)


def test_plusieurs_lignes_se_comptent_comme_dans_le_navigateur():
    assert lire_lignes(" Rampe\r\nAscenseur\rBoucle\u2028Parking\n") == "Rampe\nAscenseur\nBoucle\nParking"


@pytest.mark.parametrize(
    ("texte", "lu"),
    [
        *(
            ("356 000 000 09075", "35600000009075"),
            ("356.000.000-09075", "35600000009075"),
            ("356\u202f000\u00a0000\u200909075\u200b", "35600000009075"),
        ),
        *(
            ("11 94 06789 94", "11940678994"),
            ("11/94/06789/94", "11940678994"),
            ("94 550", "94550"),
            ("９４５５０", "94550"),
        ),
        *(
            ("RNCP 38413", "RNCP38413"),
            ("rs-5678", "RS5678"),
            ("RNCP\u201138413\ufeff", "RNCP38413"),
            ("", ""),
        ),
    ],
    ids=ascii,
)
def test_un_code_se_lit_d_un_seul_tenant(texte, lu):
    assert lire_code(texte) == lu == lire_code(lu)


@pytest.mark.parametrize(
    ("texte", "lu"),
    [
        *(
            ("NB\u00a0SP", "NB SP"),
            ("NB\u2009SP\u200b", "NB SP"),
            ("NB\u200bSP", "NBSP"),
            (" a\r\nb\t", "a b"),
            ("\ufeffS1\u00ad", "S1"),
        ),
        *(("é\u0301 😀", "é\u0301 😀"), ("a  b", "a  b"), ("\u200e\u200f", "")),
    ],
    ids=ascii,
)
def test_un_identifiant_n_a_rien_d_invisible(texte, lu):
    assert lire_identifiant(texte) == lu == lire_identifiant(lu)


@pytest.mark.parametrize(
    ("texte", "lu"),
    [
        ("5 000,00 €", "5000.00"),
        ("5\u202f000\u00a0€", "5000"),
        ("\u200e5000.5", "5000.5"),
        ("\u22125,5", "-5.5"),
        ("1.234,5", "1234.5"),
        ("1,234.50", "1234.50"),
        ("x", "x"),
    ],
    ids=ascii,
)
def test_un_nombre_se_lit_a_la_francaise(texte, lu):
    assert lire_nombre(texte) == lu


@pytest.mark.parametrize(
    ("texte", "lu"),
    [
        *(
            ("\uf0b7\tAccueil\n\uf0a7 Bilan", "- Accueil\n- Bilan"),
            ("\uf0d8Tour\n\uf0fc\u00a0\u00a0fait", "- Tour\n- fait"),
            ("\uf076\tx", "- x"),
        ),
        *(
            ("o\tniveau 2\n·\tun\n§\tdeux", "- niveau 2\n- un\n- deux"),
            ("a \uf0e0 b \uf0b7 c", "a → b • c"),
            ("-\tun", "- un"),
        ),
        *(("o mon bateau", "o mon bateau"), ("– tiret", "– tiret"), ("• point", "• point"), ("a\tb", "a\tb")),
    ],
    ids=ascii,
)
def test_les_puces_de_word_sont_des_tirets(texte, lu):
    assert puces_lisibles(texte) == lu == puces_lisibles(lu)
