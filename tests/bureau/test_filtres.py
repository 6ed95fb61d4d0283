"""Tests of the search and of the filters of the catalogue: results, order, counts, unreadable parameters."""

import datetime as dt
import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bureau.catalogue import comptes
from catalogue.cycle_de_vie import Statut, executer
from catalogue.models import Action, Certification, Offre
from edof.horloge import aujourd_hui, demain
from organismes.droits import Operation
from organismes.models import Adresse
from publication.passages import publier
from sessions_app.models import Session
from tests.conftest import Monde


@pytest.fixture
def client(client, monde):
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client, **parametres):
    return html.unescape(client.get("/catalogue/", parametres, follow=True).content.decode())


def montrees(contenu, niveau):
    """Return the identifiers of the blocks of a level that a page shows, in order."""
    return re.findall(rf'id="{niveau}-\d+" tabindex.*?ID : ([^<]*)<', contenu, re.S)


def fiches(client, niveau, **parametres):
    """Return the identifiers of the blocks of a level, in order."""
    return montrees(page(client, **parametres), niveau)


def offre(monde, identifiant, intitule, **valeurs):
    monde.offre = monde.nouvelle_offre(identifiant)
    valeurs = {"intitule": intitule, **valeurs}
    return executer(monde.offre, Operation.MODIFIER, par=monde.gestionnaire, valeurs=valeurs)


def action(monde, identifiant, **valeurs):
    creee = monde.nouvelle_action(identifiant)
    return executer(creee, Operation.MODIFIER, par=monde.gestionnaire, valeurs=valeurs) if valeurs else creee


@pytest.mark.exigence("S-109", "S-108")
@pytest.mark.parametrize(
    ("recherche", "trouve"),
    [
        ("texte", 1), ("offre-1", 1), ("action-1", 1), ("chevilly", 1), ("S1", 1), ("rncp1", 1), ("rien", 0),
        ("PROFESSIONNEL", 1),
        ("  texte   chevilly s1 ", 1), ("texte rien", 0), ("télétexte", 0), ("tèxté", 1), ("%", 0), ("_", 0),
        ("xt", 1), ("\x00texte", 1),
        ("texte " * 40, 1),
    ],
)  # fmt: skip
def test_la_recherche_trouve_a_tous_les_niveaux(monde, client, recherche, trouve):
    monde.session()
    assert len(fiches(client, "offre", q=recherche)) == trouve


def test_la_recherche_ignore_les_accents_des_fiches(monde, client):
    offre(monde, "OE", "Ingénierie des Œuvres d'art")
    assert fiches(client, "offre", q="INGENIERIE oeuvres") == ["OE"]


def test_les_meilleures_reponses_d_abord(monde, client):
    offre(monde, "R4", "Conduite d'engins et soudage")
    offre(monde, "R3", "Le soudage, toutes les bases")
    offre(monde, "R2", "Soudage des aciers")
    action(monde, "ailleurs-soudage")
    offre(monde, "R1", "Chaudronnerie")
    monde.session("soudage", action=action(monde, "A"))
    offre(monde, "R5", "Assemblage", points_forts="x")
    action(monde, "autre-soudage-2")
    assert fiches(client, "offre", q="Soudage") == ["R1", "R2", "R3", "R4", "R5"]


def test_l_archivee_ne_se_trouve_que_par_son_filtre(monde, client):
    session = monde.session("vieille")
    executer(session, Operation.ARCHIVER, par=monde.gestionnaire)
    assert fiches(client, "offre", q="vieille") == []
    assert fiches(client, "session", q="vieille", statut="archivee") == ["vieille"]


@pytest.fixture
def varie(monde):
    """Create two offres, five actions and sessions in each status; return the second offre."""
    jour = aujourd_hui()
    monde.session("validee")
    monde.session("visible", ouverte=True)
    fermee = monde.session("fermee", ouverte=True)
    executer(fermee, Operation.FERMER, par=monde.gestionnaire)
    executer(
        Session(action=monde.action, organisme=monde.organisme),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"identifiant": "brouillon"},
    )
    executer(monde.session("archivee"), Operation.ARCHIVER, par=monde.gestionnaire)
    lyon = Adresse.objects.create(
        organisme=monde.organisme,
        titre="Lyon",
        denomination="I",
        ligne_5="Lieu-dit",
        code_postal="69001",
        ville="Lyon",
    )
    action(monde, "LYON", lieu_de_formation=lyon, modalites_enseignement="mixte")
    action(monde, "DISTANCE", modalites_enseignement="a_distance")
    certification = Certification.objects.create(
        code="RS6289", type_certification="rs", intitule="Bureautique"
    )
    autre = offre(monde, "TABLEUR", "Tableur", certification=certification)
    action(monde, "PERMANENTE", modalites_entrees_sorties="permanentes")
    lointaine = {"date_debut": jour + dt.timedelta(300), "date_fin": jour + dt.timedelta(330)}
    monde.session("lointaine", action=action(monde, "LOIN"), **lointaine)
    return autre


# What each filter shows of `varie`: offres, actions, sessions.
REPONSES = [
    ({"statut": "brouillon"}, ["OFFRE-1"], ["ACTION-1"], ["brouillon"]),
    ({"statut": "archivee"}, ["OFFRE-1"], ["ACTION-1"], ["archivee"]),
    ({"statut": "active"}, ["OFFRE-1"], ["ACTION-1"], ["visible", "fermee"]),
    ({"visibilite": "non_visibles"}, ["OFFRE-1"], ["ACTION-1"], ["fermee"]),
    ({"visibilite": "visibles"}, ["OFFRE-1"], ["ACTION-1"], ["visible"]),
    ({"visibilite": "visibles", "statut": "validee"}, [], [], []),
    ({"type": "certifiante"}, ["TABLEUR", "OFFRE-1"], [], []),
    ({"type": "bilan"}, [], [], []),
    ({"certification": "RS6289"}, ["TABLEUR"], [], []),
    ({"enseignement": "mixte"}, ["OFFRE-1"], ["LYON"], []),
    ({"entrees": "permanentes"}, ["TABLEUR"], ["PERMANENTE"], []),
    ({"ville": "LYON"}, ["OFFRE-1"], ["LYON"], []),
    ({"ville": "CHEVILLY LARUE", "certification": "RNCP1"}, ["OFFRE-1"], ["ACTION-1"], []),
    ({"du": "+290"}, ["TABLEUR"], ["LOIN"], ["lointaine"]),
    ({"du": "+85", "au": "+200"}, ["OFFRE-1"], ["ACTION-1"], ["validee", "visible", "fermee"]),
    ({"du": "+331"}, [], [], []),
    ({"q": "lointaine"}, ["TABLEUR"], ["LOIN"], ["lointaine"]),
    ({"q": "lointain"}, ["TABLEUR"], ["LOIN", "PERMANENTE"], ["lointaine"]),
    ({"q": " Fermee"}, ["OFFRE-1"], ["ACTION-1"], ["fermee"]),
    ({"q": "loin"}, ["TABLEUR"], ["LOIN"], ["lointaine"]),
    ({"q": "fermee", "statut": "brouillon"}, [], [], []),
    ({"q": "archivee", "statut": "archivee"}, ["OFFRE-1"], ["ACTION-1"], ["archivee"]),
    ({"q": "tableur"}, ["TABLEUR"], [], []),
    ({"q": "offre", "ville": "LYON"}, ["OFFRE-1"], ["LYON"], []),
    ({"q": "chevilly"}, ["TABLEUR", "OFFRE-1"], ["LOIN", "PERMANENTE", "ACTION-1", "DISTANCE", "LYON"],
     []),
    ({"q": "lointaine", "o": "0"}, ["TABLEUR"], [], []),
]  # fmt: skip


def test_chaque_filtre_montre_ce_qui_mene_a_ses_reponses(monde, varie, client, settings):
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    jour = aujourd_hui() - dt.timedelta(1)
    for filtre, *attendues in REPONSES:
        contenu = page(
            client,
            **{
                nom: f"{jour + dt.timedelta(int(valeur)):%d/%m/%Y}" if valeur.startswith("+") else valeur
                for nom, valeur in filtre.items()
            },
        )
        assert [montrees(contenu, niveau) for niveau in ("offre", "action", "session")] == attendues, filtre


def test_une_session_en_attente_n_est_pas_non_visible(monde, client):
    monde.session("en-attente", ouverte=True)
    assert fiches(client, "session", visibilite="non_visibles") == []


def test_un_parent_archive_montre_ce_qui_ne_l_est_plus(monde, client):
    session = monde.session("revenue")
    executer(monde.offre, Operation.ARCHIVER, par=monde.gestionnaire)
    assert "Toutes vos offres sont archivées" in page(client)
    session.refresh_from_db()
    executer(session, Operation.DESARCHIVER, par=monde.gestionnaire)
    assert fiches(client, "session", o=monde.offre.pk, a=monde.action.pk) == ["revenue"]


def jetons(contenu):
    """Return the filter badges, as (URL, title with the count, attributes, label)."""
    motif = r'<a class="jeton[^"]*"\s+href="([^"]*)" title="([^"]*)"([^>]*)>\s*(?:<svg.*?</svg>)?([^<]*)<'
    return re.findall(motif, contenu, re.S)


@pytest.mark.exigence("S-32")
def test_les_pastilles_comptent_et_gardent_le_reste(monde, varie, client):
    lues = jetons(page(client))
    assert [libelle for *_, libelle in lues] == [
        "Toutes les offres 2", "Brouillon 1", "Validée 2", "Active 1", "Archivée 1", "Sessions visibles 0",
        "Sessions actives non visibles 1",
    ]  # fmt: skip
    contenu = page(client, q="texte", ville="LYON", statut="brouillon", ordre="modification")
    lues = jetons(contenu)
    assert [libelle for *_, libelle in lues] == [
        "Toutes les offres 1", "Brouillon 0", "Validée 1", "Active 0", "Archivée 0", "Sessions visibles 0",
        "Sessions actives non visibles 0",
    ]  # fmt: skip
    assert [libelle for _, _, attributs, libelle in lues if "aria-current" in attributs] == ["Brouillon 0"]
    assert lues[1][1] == "0\xa0offre" and lues[5][1] == "0\xa0session"
    suite = "&ville=LYON&ordre=modification"
    assert (
        lues[2][0] == f"/catalogue/?q=texte&statut=validee{suite}"
        and lues[0][0] == f"/catalogue/?q=texte{suite}"
    )
    assert lues[5][0] == f"/catalogue/?q=texte&visibilite=visibles{suite}"
    assert "Plus de filtres (1)" in contenu and 'id="id_enseignement"' in contenu


def test_chaque_pastille_montre_autant_qu_elle_dit(monde, varie, client, settings):
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    executer(monde.nouvelle_offre("VIEILLE"), Operation.ARCHIVER, par=monde.gestionnaire)
    for filtre in (
        {}, {"q": "tableur"}, {"q": "fermee"}, {"q": "archivee"}, {"q": "action-1 texte"},
        {"type": "certifiante"}, {"ville": "LYON"},
        {"certification": "RNCP1", "q": "titre"}, {"entrees": "permanentes"},
        {"du": "01/01/2020", "au": "31/12/2099"}, {"q": "introuvable"},
        {"du": "01/01/2020", "enseignement": "presentiel", "q": "chevilly"},
    ):  # fmt: skip
        lues = jetons(page(client, **filtre))
        for adresse, compte, _, libelle in lues:
            niveau = "session" if "visibilite=" in adresse else "offre"
            lue = html.unescape(client.get(adresse).content.decode())
            nombre = len(re.findall(rf' id="{niveau}-\d+"', lue))
            assert libelle.endswith(f" {nombre}") and compte.startswith(f"{nombre}\xa0{niveau}"), (
                filtre,
                libelle,
            )
        assert filtre or len(lues) == 7


def test_ce_qui_porte_exactement_le_mot_est_montre_seul(monde, client):
    """Check the search for an exact identifier.

    Sessions of several actions may have it, and other records may contain it as a word.
    """
    for identifiant in ("2027-09", "2027-09-bis", "autre"):
        monde.session(identifiant)
    deuxieme, voisine = action(monde, "ACTION-2"), action(monde, "2027-10")
    monde.session("2027-09", action=deuxieme)
    for identifiant in ("octobre-1", "octobre-2"):
        monde.session(identifiant, action=voisine)
    offre(monde, "AILLEURS", "Rentrée 2027-09")
    action(monde, "SANS-RAPPORT")
    assert fiches(client, "offre", q="2027-09") == [
        "OFFRE-1",
        "AILLEURS",
    ], "le mot se cherche toujours partout"
    assert sorted(fiches(client, "action", q="2027-09")) == ["ACTION-1", "ACTION-2"]
    assert fiches(client, "session", q="2027-09") == ["2027-09", "2027-09"]
    contenu = page(client, q="2027-09")
    assert (
        "2\xa0actions correspondent" in contenu
        and "3\xa0sessions programmées, 1\xa0correspond à ce qui est demandé" in contenu
    )
    assert fiches(client, "action", q="2027-10") == ["2027-10"] and fiches(
        client, "action", q="action-2"
    ) == ["ACTION-2"]
    ouverte = page(client, q="2027-10", o=monde.action.offre_id, a=voisine.pk)
    assert "octobre-1" in ouverte and "octobre-2" in ouverte and "ACTION-2" not in ouverte
    assert sorted(fiches(client, "session", q="2027")) == [
        "2027-09",
        "2027-09",
        "2027-09-bis",
        "autre",
    ], "une partie d'identifiant trouve comme avant"


def test_les_choix_sont_ceux_du_catalogue(monde, varie, client):
    Certification.objects.create(code="RNCP999", type_certification="rncp", intitule="Inutilisée")
    Monde("Autre", "52345678900017")
    contenu = page(client, plus="1")
    assert (
        "RS6289" in contenu and "RNCP999" not in contenu and '<option value="LYON">LYON</option>' in contenu
    )
    assert contenu.count("<option") == 2 + 1 + 6 + 1 + 3 + 1 + 2 + 1 + 3


def test_les_choix_ne_sont_lus_que_si_les_filtres_s_ouvrent(monde, varie, client):
    def lire(**parametres):
        entetes = {"HX-Request": "true", "HX-Target": "plus-de-filtres"} if "htmx" in parametres else {}
        parametres.pop("htmx", None)
        with CaptureQueriesContext(connection) as requetes:
            reponse = client.get("/catalogue/", parametres, headers=entetes)
        lues = sum('SELECT plier("organismes_adresse"."ville")' in requete["sql"] for requete in requetes)
        return html.unescape(reponse.content.decode()), lues

    fermes, lues = lire(statut="active", o=str(monde.offre.pk))
    assert lues == 0 and "<option" not in fermes
    lien = re.search(r'<a id="ouvrir-les-filtres" href="([^"]*)"', fermes)[1]
    assert lien == f"/catalogue/?statut=active&o={monde.offre.pk}&plus=1#plus-de-filtres"
    for ouverts, lues in (
        lire(plus="1"),
        lire(enseignement="mixte"),
        lire(statut="truc"),
        lire(plus="1", htmx=""),
    ):
        assert lues == 1 and '<option value="LYON">LYON</option>' in ouverts and "RS6289" in ouverts
    seuls, _ = lire(plus="1", htmx="")
    assert seuls.lstrip().startswith("<details open>") and "<main" not in seuls


def test_l_adresse_ne_garde_que_ce_qui_est_demande(monde, client):
    reponse = client.get("/catalogue/", {"q": "texte", "type": "", "ville": "", "du": "", "page": ""})
    assert reponse.status_code == 302 and reponse.url == "/catalogue/?q=texte"


@pytest.mark.parametrize(
    ("parametres", "phrase"),
    [
        ({"du": "31/02/2030"}, "Cette date n'est pas lisible : écrivez-la jj/mm/aaaa, par exemple "
        "14/09/2027."),
        ({"du": "01/02/2030", "au": "01/01/2030"},
        "La fin de la période précède son début : cette date n'est pas appliquée."),
        ({"certification": "RNCP0"}, "Ce choix n'existe pas, ou plus, dans votre catalogue : il n'est pas "
        "appliqué."),
        ({"ville": "\x00"}, "Ce choix n'existe pas"), ({"statut": "truc"}, "Ce choix n'existe pas"),
        ({"visibilite": "%"}, "Ce choix n'existe pas"),
    ],
)  # fmt: skip
def test_l_illisible_est_dit_et_n_est_pas_applique(monde, client, parametres, phrase):
    contenu = page(client, **parametres)
    assert phrase in contenu and ("OFFRE-1" in contenu) is (
        parametres != {"du": "01/02/2030", "au": "01/01/2030"}
    )
    assert "Select a valid" not in contenu and "Sélectionnez un choix" not in contenu


@pytest.mark.parametrize(
    "suite",
    [
        "page=abc", "page=0", "page=-1", "page=99999999999999999999", "page=%00", "page=1&page=2",
        "o=9999999999999999999",
        "o=1.99", "o=1.0", "o=-1",
        "a=%D9%A1", "o=" + "&o=".join(map(str, range(1, 300))), "q=%00%FF%ED%A0%80", "q=" + "x" * 5000,
        "q=%25%5C_'\"", "du=%00", "du=99999/1/1",
        "au=0001-01-01", "voir=session-99999999999999999", "voir=truc", "voir=offre-0",
        "q=" + "+".join("abcdefgh"), "ville=" + "é" * 3000,
        "statut=&visibilite=&q=", "du=01/01/0001&au=31/12/9999",
    ],
)  # fmt: skip
def test_n_importe_quelle_adresse_repond(monde, client, suite):
    monde.session()
    assert client.get(f"/catalogue/?{suite}", follow=True).status_code == 200


def test_rien_trouve_dit_que_faire(monde, client):
    executer(monde.session("vieille"), Operation.ARCHIVER, par=monde.gestionnaire)
    contenu = page(client, q="<introuvable>")
    assert (
        "Rien ne correspond à « <introuvable> »" in contenu
        and "Voir tout le catalogue" in contenu
        and "filtre « Archivée »" in contenu
    )
    assert "Aucune fiche ne correspond à ces filtres" in page(client, type="vae")


def test_les_nombres_d_un_grand_catalogue_sont_gardes_un_moment(monde, client, monkeypatch):
    monkeypatch.setattr(comptes, "GRAND", 0)
    monde.session("s1")
    assert "Validée 1" in page(client) and "Validée 0" in page(client, q="brouillon-1")
    assert "Validée 1" in page(client, enseignement="presentiel")
    offre(monde, "brouillon-1", "Neuve")
    action(monde, "neuve")
    # What chooses among offres is exact at once; what a filter of the actions finds is kept a moment.
    assert "Validée 2" in page(client) and "Validée 1" in page(client, q="brouillon-1")
    assert "Validée 1" in page(client, enseignement="presentiel")
    comptes.cache.clear()
    assert "Validée 2" in page(client, enseignement="presentiel")
    assert comptes.compter(monde.organisme).par_statut[Statut.VALIDEE] == 5


def test_rien_d_un_autre_organisme(monde, client):
    autre = Monde("Autre", "52345678900017")
    session = autre.session("secrete")
    assert fiches(client, "offre", q="secrete") == []
    assert fiches(client, "action", o=autre.offre.pk, a=autre.action.pk) == []
    assert "Cette fiche n'existe plus" in page(client, voir=session.cle_html)
    assert Offre.objects.count() == 2 and Action.objects.count() == 2
