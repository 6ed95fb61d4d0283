"""What people really type: places as they say them, sigles with points, words in the wrong box."""

import datetime as dt

import pytest

from edof.dates import lire_date
from recherche.demande import RechercheForm
from recherche.lieux import LieuAmbigu, LieuInconnu, lieu_dans, proposer
from recherche.lieux import trouver as trouver_le_lieu
from tests.outils import texte
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
        ("94038 cedex", "Val-de-Marne (94)"),
        ("94038", "Val-de-Marne (94)"),
        ("94038 Créteil cedex", "Créteil (94000)"),
        ("BP 123 94038 Créteil Cedex 2", "Créteil (94000)"),
        ("CS 10123 94038 Créteil Cedex", "Créteil (94000)"),
        ("75008 Paris cedex 08", "Paris (75008)"),
        ("69 cedex 03", "Rhône (69)"),
        ("F-94038", "Val-de-Marne (94)"),
        ("CS 50012 - 35042 Rennes Cedex", "Rennes (35000)"),
        ("Drom", "Drom (01250)"),
        ("DOM-TOM", "Outre-mer"),
        ("Y", "Y (80190)"),
        ("us", "Us (95450)"),
        ("Nouvelle-Calédonie", "Nouvelle-Calédonie (988)"),
        ("Nouméa", "Nouvelle-Calédonie (988)"),
        ("Polynésie", "Polynésie française (987)"),
        ("98713 Papeete", "Polynésie française (987)"),
        ("Guyane française", "Guyane (973)"),
        ("collectivité de Saint-Martin", "Saint-Martin (978)"),
        ("outre-mer", "Outre-mer"),
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


def test_un_lieu_ne_se_propose_pas_a_la_place_de_lui_meme(communes):  # noqa: F811
    lieu, autres = trouver_le_lieu("Saint-Martin")
    assert str(lieu) == "Saint-Martin (978)" and lieu not in autres


def test_une_collectivite_d_outre_mer_se_cherche(trouver, pays, settings, client):  # noqa: F811
    pays.ajouter("noumea", "Soudure sous-marine", "Nouméa Cedex", "98848", debuts=(dt.date(2027, 4, 12),))
    pays.ajouter("papeete", "Soudure navale", "Papeete", "98713", debuts=(dt.date(2027, 4, 12),))
    pays.publier(settings)
    assert trouver("soudure", ou="Nouvelle-Calédonie") == trouver("soudure", ou="98800") == ["noumea"]
    assert trouver("soudure", ou="Polynésie française") == ["papeete"]
    assert set(trouver("soudure", ou="Outre-mer")) == {"noumea", "papeete"}
    page = client.get("/formations/", {"ou": "Nouvelle-Calédonie"}).content.decode()
    assert "dans la collectivité Nouvelle-Calédonie (988)" in page
    assert "2 formations outre-mer" in texte(client.get("/formations/", {"ou": "outre-mer"}))


@pytest.mark.parametrize(
    ("ecrit", "du", "au"),
    [
        ("mars 2027", (2027, 3, 1), (2027, 3, 31)),
        ("Févr. 2028", (2028, 2, 1), (2028, 2, 29)),
        ("en septembre 2027", (2027, 9, 1), (2027, 9, 30)),
        ("03/2027", (2027, 3, 1), (2027, 3, 31)),
        ("2027-03", (2027, 3, 1), (2027, 3, 31)),
        ("2027", (2027, 1, 1), (2027, 12, 31)),
        ("9999", (9999, 1, 1), (9999, 12, 31)),
        ("1er mars 2027", (2027, 3, 1), (2027, 3, 1)),
        ("2027-03-08", (2027, 3, 8), (2027, 3, 8)),
    ],
)
def test_une_borne_est_un_jour_un_mois_ou_une_annee(communes, client, ecrit, du, au):  # noqa: F811
    lue = lire(du=ecrit, au=ecrit).filtres
    assert (lue["du"], lue["au"]) == (dt.date(*du), dt.date(*au))
    for adresse in ("/formations/", "/api/v1/formations/"):
        assert client.get(adresse, {"du": ecrit, "au": ecrit}).status_code == 200


@pytest.mark.parametrize("ecrit", ["2027-13", "13/2027", "0000", "mars 27", "mars", "2027-02-30", "un 2027"])
def test_une_borne_illisible_est_dite(communes, ecrit):  # noqa: F811
    assert "un mois (septembre 2027)" in str(formulaire(du=ecrit).errors["du"])


def test_seule_la_recherche_lit_un_mois_pour_un_jour():
    for ecrit in ("mars 2027", "2027", "03/2027", "2027-03"):
        with pytest.raises(ValueError):
            lire_date(ecrit)


@pytest.mark.parametrize(
    "ecrit", ["1 500 €", "1.500 €", "1500,00 euros", "1.500,00", "1,500", "1500€", "1 500 EUR", "1500.00"]
)
def test_un_prix_comme_on_l_ecrit(communes, ecrit):  # noqa: F811
    assert lire(prix_max=ecrit).filtres["prix_max"] == 1500


@pytest.mark.parametrize("ecrit", ["1e3", "1_000", "NaN", "Infinity", "-1", "1" + "0" * 400, "gratuit"])
def test_ce_qui_n_est_pas_un_prix_est_dit(communes, ecrit):  # noqa: F811
    assert "est un montant en euros" in str(formulaire(prix_max=ecrit).errors["prix_max"])


def test_un_lieu_trop_long_est_dit_dans_ses_mots(communes):  # noqa: F811
    form = formulaire(ou="x" * 300)
    assert isinstance(form, RechercheForm) and "trop long" in " ".join(form.errors["ou"])
