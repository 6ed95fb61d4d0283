"""What people really type: places as they say them, sigles with points, words in the wrong box."""

import datetime as dt

import pytest

from recherche.demande import RechercheForm
from recherche.lieux import LieuAmbigu, LieuInconnu, lieu_dans, proposer
from recherche.lieux import trouver as trouver_le_lieu
from tests.recherche.conftest import communes, formulaire, lire, pays, pays_du_fichier, trouver  # noqa: F401


@pytest.mark.parametrize(
    ("ecrit", "lu"),
    [
        ("75013 paris", "Paris (75013)"),
        ("5 rue de la Paix, 75002 Paris", "Paris (75002)"),
        ("44000 Nantes, France", "Nantes (44000)"),
        ("44 Nantes", "Nantes (44000)"),
        ("St Denis 93", "Saint-Denis (93200)"),
        ("Saint Denis, la Réunion", "Saint-Denis (97400)"),
        ("Saint-Martin (32)", "Saint-Martin (32300)"),
        ("Lyon (Rhône)", "Lyon (69001)"),
        ("Paris 13e", "Paris (75001)"),
        ("📍Paris", "Paris (75001)"),
        ("le 93", "Seine-Saint-Denis (93)"),
        ("departement 93", "Seine-Saint-Denis (93)"),
        ("Seine St Denis", "Seine-Saint-Denis (93)"),
        ("dans le Rhône", "Rhône (69)"),
        ("Réunion", "La Réunion (974)"),
        ("la reunion", "La Réunion (974)"),
        ("Île-de-France", "Île-de-France"),
        ("ile de france", "Île-de-France"),
        ("IDF", "Île-de-France"),
        ("PACA", "Provence-Alpes-Côte d'Azur"),
        ("Bretagne", "Bretagne"),
        ("region bretagne", "Bretagne"),
        ("Corse", "Corse"),
        ("Alsace", "Alsace"),
        ("Vienne", "Vienne (38200)"),
        ("Paris", "Paris (75001)"),
    ],
)
def test_un_lieu_comme_on_le_dit(communes, ecrit, lu):  # noqa: F811
    assert str(trouver_le_lieu(ecrit)[0]) == lu


def test_un_code_postal_de_bien_des_communes_donne_celle_qui_est_nommee(communes):  # noqa: F811
    # The twenty largest of a code are not all of them.
    assert trouver_le_lieu("02140 Fontaine-lès-Vervins")[0].nom == "Fontaine-lès-Vervins"
    assert trouver_le_lieu("Thenailles (02140)")[0].nom == "Thenailles"


@pytest.mark.parametrize(
    ("ecrit", "dits"),
    [
        ("marseile", ["Marseille (13001)"]),
        ("lhay les roses", ["L'Haÿ-les-Roses (94240)"]),
        ("Paris XIII", ["Paris (75001)"]),
        ("12 rue de la Paix Paris", ["Paris (75001)"]),
        ("Créteil (75000)", ["Créteil (94000)"]),
        ("Belgique", []),
        ("%", []),
    ],
)
def test_un_lieu_inconnu_est_dit_avec_ceux_qui_lui_ressemblent(communes, ecrit, dits):  # noqa: F811
    with pytest.raises(LieuInconnu, match="Nous ne connaissons pas de lieu") as refus:
        trouver_le_lieu(ecrit)
    assert [str(lieu) for lieu in refus.value.choix] == dits
    assert ("Vouliez-vous dire" in str(refus.value)) == bool(dits)


def test_un_nom_de_plusieurs_lieux_reste_une_question(communes):  # noqa: F811
    with pytest.raises(LieuAmbigu):
        trouver_le_lieu("st denis")


def test_une_region_se_propose_et_se_cherche(trouver):  # noqa: F811
    assert str(proposer("île-de-f")[0]) == "Île-de-France"
    assert [str(lieu) for lieu in proposer("75013 par")] == ["Paris (75013)"]
    assert set(trouver("soudure", ou="Île-de-France")) == {"villejuif", "vitry", "ivry", "evry", "melun"}
    assert trouver("soudure", ou="Bretagne") == []


def test_la_france_entiere_n_est_pas_un_lieu(trouver):  # noqa: F811
    assert trouver("soudure", ou="France") == trouver("soudure", ou="Partout") == trouver("soudure")


def test_un_sigle_avec_ses_points_un_code_avec_son_espace(trouver, pays, settings):  # noqa: F811
    assert trouver("C.A.C.E.S.") == trouver("caces") == ["cariste"]
    pays.ajouter("r489", "Chariots R489", debuts=(dt.date(2027, 4, 12),))
    pays.ajouter("cap", "Prépa C.A.P. menuisier", debuts=(dt.date(2027, 4, 12),))
    pays.publier(settings)
    assert trouver("R 489") == trouver("r489") == ["r489"]
    assert trouver("C.A.P. menuisier") == ["cap"] and trouver("p.a.c. menuisier") == []


def test_ce_qui_ne_dit_rien_ne_compte_pas(trouver):  # noqa: F811
    for ecrit in ("je veux devenir cariste", "cariste 🙂", "devenir cariste"):
        assert trouver(ecrit) == ["cariste"], ecrit


def test_des_lettres_doublees_se_corrigent(trouver):  # noqa: F811
    assert lire("habillitassion").mots.corrections == {}
    assert lire("proffessionel").mots.corrections == {"proffessionel": "professionnel"}


def test_le_lieu_ecrit_avec_les_mots(communes):  # noqa: F811
    for ecrit, mots, lieu in (
        ("plombier à Lyon", "plombier", "Lyon (69001)"),
        ("patissier 75013", "patissier", "Paris (75013)"),
        ("Lille, soudure tig", "soudure tig", "Lille (59000)"),
        ("soudure dans le 93", "soudure", "Seine-Saint-Denis (93)"),
        ("75013", "", "Paris (75013)"),
    ):
        trouve = lieu_dans(ecrit)
        assert trouve and (trouve[0], str(trouve[1])) == (mots, lieu), ecrit
    assert lieu_dans("soudure inox") is None


@pytest.mark.parametrize(
    "parametre", ["gad_source", "gbraid", "wbraid", "srsltid", "_gl", "mc_cid", "yclid", "at_medium"]
)
def test_ce_que_les_autres_sites_ajoutent_n_empeche_rien(communes, parametre):  # noqa: F811
    assert formulaire(q="soudure", **{parametre: "x"}).is_valid()


def test_un_code_de_certification_avec_son_espace(trouver):  # noqa: F811
    assert trouver(certification="rncp 38413") == ["tsmel"]


def test_un_lieu_trop_long_est_dit_dans_ses_mots(communes):  # noqa: F811
    form = formulaire(ou="x" * 300)
    assert isinstance(form, RechercheForm) and "trop long" in " ".join(form.errors["ou"])
