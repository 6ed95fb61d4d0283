"""The page of the public search: what it shows, refuses, proposes, and how its form is sent."""

import html
import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from organismes.droits import Operation
from organismes.models import Utilisateur
from recherche.models import Synonyme
from sessions_app.models import Session
from tests.recherche.conftest import pays, pays_du_fichier  # noqa: F401


def _texte(reponse):
    sans_balises = html.unescape(re.sub(r"<[^>]*>", " ", reponse.content.decode()))
    return " ".join(sans_balises.replace("\xa0", " ").replace("\u202f", " ").split())


@pytest.fixture
def page(pays, client):  # noqa: F811
    """Return a function that asks for the page with these parameters, each time from another address."""
    rang = iter(range(1, 250))

    def _page(statut=200, **parametres):
        reponse = client.get("/formations/", parametres, REMOTE_ADDR=f"192.0.2.{next(rang)}")
        assert reponse.status_code == statut, (reponse.status_code, reponse.headers.get("Location"))
        return reponse

    return _page


def _liens(reponse):
    """Return the names of the links to the formations, as they are heard: each with its town."""
    liens = re.findall(r"<h2>\s*<a[^>]*>(.*?)</a>\s*</h2>", reponse.content.decode(), re.S)
    return [" ".join(html.unescape(re.sub(r"<[^>]*>", "", lien)).split()) for lien in liens]


def _titres(reponse):
    return [nom.rpartition(", ")[0] for nom in _liens(reponse)]


def test_la_page_dit_le_nombre_le_lieu_et_les_filtres(page):
    lue = page(q="soudure", ou="94550", rayon="10", prix_max="5000")
    texte = _texte(lue)
    assert "<title>soudure à moins de 10\xa0km de Chevilly-Larue : 3\xa0formations" in lue.content.decode()
    assert "3 formations à moins de 10 km de Chevilly-Larue" in texte
    assert "Jusqu'à 5 000,00 €" in texte and "retirer ce filtre" in texte and "Tout effacer" in texte
    assert "Villejuif Cedex · à environ 3 km de Chevilly-Larue" in texte and "GeoNames, CC BY 4.0" in texte
    assert len(_titres(lue)) == 3
    # Out of their cards, two links of the same title are told apart by the town (RGAA 6.1).
    assert len(set(_liens(lue))) == 3 and any(nom.endswith(", Villejuif Cedex") for nom in _liens(lue))


def test_des_nombres_estimes_se_disent(page, monkeypatch):
    # How many formations there are, as it is remembered.
    cache.set("recherche/tout", 5)
    assert "estimés" not in _texte(page(q="soudure"))
    for module in ("ampleur", "facettes"):
        monkeypatch.setattr(f"recherche.{module}.VASTE", -2)
    monkeypatch.setattr("recherche.facettes.COMPTES_AU_PLUS", 2)
    lue = _texte(page(q="soudure", tri="prix"))
    assert "les nombres sont estimés" in lue and "≈" in lue and "environ" in lue


def test_une_correction_se_refuse(page):
    lue = page(q="logistque")
    assert "Résultats pour logistique . Chercher « logistque » tel quel" in _texte(lue)
    assert "q=%22logistque%22" in lue.content.decode()
    assert 'Aucune formation pour « "logistque" »' in _texte(page(q='"logistque"'))


def test_ce_qui_ne_peut_servir_est_dit_avec_ce_qui_fut_tape(page):
    lue = page(400, q="soudure", ou="Trifouillis")
    assert "Nous ne connaissons pas de lieu « Trifouillis »" in _texte(lue)
    assert 'value="soudure"' in lue.content.decode() and 'value="Trifouillis"' in lue.content.decode()
    for parametres in ({"couleur": "rouge"}, {"tri": "note"}, {"prix_max": "cher"}, {"curseur": "x"}):
        page(400, **parametres)


def test_un_refus_garde_les_filtres_et_mene_quelque_part(page, client):
    lue = page(q="soudure", ou="marseile", prix_max="5000", modalite=["presentiel", "mixte"])
    texte, html_ = _texte(lue), lue.content.decode()
    assert "Nous ne connaissons pas de lieu « marseile »" in texte and "Marseille (13001)" in texte
    assert 'value="mixte" form="recherche"' in " ".join(html_.split()) and 'name="prix_max"' in html_
    for lien in re.findall(r'href="(\?[^"]*)"', html_):
        assert client.get("/formations/" + html.unescape(lien)).status_code == 200, lien
    lue = page(400, q="soudure", ou="Trifouillis", couleur="rouge")
    assert re.search(r'href="\?q=soudure"[^>]*>Partout en France', lue.content.decode())
    assert re.search(r'href="\?q=Trifouillis"', page(400, ou="Trifouillis").content.decode())
    lue = page(400, q="soudure", ou="Paris", distance="1")
    assert "À distance" in _texte(lue) and re.search(r'href="\?q=soudure&amp;ou=Paris"', lue.content.decode())


def test_des_dates_a_l_envers_se_corrigent_sur_place(page):
    html_ = " ".join(page(400, q="soudure", du="2027-03-02", au="2027-03-01").content.decode().split())
    assert 'type="date" id="du" name="du" value="2027-03-02"' in html_ and 'value="2027-03-01"' in html_


def test_rien_ne_repond_mais_le_lieu_ou_un_mot_voisin_oui(page):
    lue = page(q="soudure 77000")
    assert "« soudure » à moins de 30 km de Melun : 2 formations" in _texte(lue), _texte(lue)
    assert "q=soudure&amp;ou=Melun+%2877000%29" in lue.content.decode()
    assert "Dans le département Essonne (91) : 1 formation" in _texte(page(q="le 91"))
    assert "« logistique » : 10 formations" in _texte(page(q="logisticienne"))


def test_un_nom_de_plusieurs_lieux_donne_le_choix(page):
    lue = page(q="soudure", ou="saint-denis", rayon="30")
    assert "Quel « saint-denis » ?" in _texte(lue) and "Saint-Denis (93200) Seine-Saint-Denis" in _texte(lue)
    assert "ou=Saint-Denis+%2893200%29" in lue.content.decode()


def test_rien_ne_repond_la_page_dit_quoi_desserrer(page):
    texte = _texte(page(q="soudure", ou="94550", rayon="10", garantie="1"))
    assert "Aucune formation pour « soudure » à moins de 10 km de Chevilly-Larue" in texte
    assert "Sans « Session garantie » : 3 formations" in texte
    texte = _texte(page(q="soudure", ou="94550", rayon="10", du="2027-03-01", au="2027-03-31"))
    assert "Sans « Début en mars 2027 » : 3 formations" in texte
    texte = _texte(page(q="inox", ou="94550", rayon="10"))
    assert "À moins de 50 km : 1 formation" in texte and "Partout en France : 1 formation" in texte
    assert "« soudure » seulement : 5 formations" in _texte(page(q="soudure cariste"))


def test_a_distance_est_a_part_avec_son_nombre(page):
    lue = page(q="logistique", ou="94550", rayon="50")
    assert re.search("1 formation à distance répond aussi à « ?logistique ?». La voir", _texte(lue)), _texte(
        lue
    )
    assert "Anglais professionnel" not in _titres(lue)
    vers = re.search(r'href="(\?[^"]*distance=1[^"]*)"', lue.content.decode())[1].replace("&amp;", "&")
    assert "ou=" not in vers


@pytest.mark.parametrize(
    ("envoye", "propre"),
    [
        ({"q": "", "ou": "", "rayon": "30"}, "/formations/"),
        ({"q": "a", "ou": "", "rayon": "30", "tri": "distance"}, "/formations/?q=a"),
        ({"q": "a", "ou": "94", "rayon": "30"}, "/formations/?q=a&ou=94"),
        ({"q": "a", "prix_max": "\u200b", "du": "\xa0"}, "/formations/?q=a"),
        ({"q": "a", "ou": "94", "rayon": "30", "tri": "distance"}, "/formations/?q=a&ou=94"),
        ({"q": "a", "ou": "94", "tri": "distance"}, "/formations/?q=a&ou=94"),
        ({"ou": "Bretagne", "rayon": "12", "tri": "distance"}, "/formations/?ou=Bretagne"),
        ({"ou": "France", "rayon": "30", "tri": "distance"}, "/formations/?ou=France"),
        ({"ou": "94", "du": "chose", "tri": "distance"}, "/formations/?ou=94&du=chose"),
        ({"q": "a", "ou": "À distance", "rayon": "30", "tri": "distance"}, "/formations/?q=a&distance=1"),
        ({"ou": "en ligne", "rayon": "30", "tri": "prix"}, "/formations/?tri=prix&distance=1"),
        (
            {"q": "a", "mois": "2027-03-01~2027-03-31", "mois_avant": "", "du": "", "au": ""},
            "/formations/?q=a&du=2027-03-01&au=2027-03-31",
        ),
        ({"q": "a", "mois": "", "mois_avant": "2027-03-01~2027-03-31"}, "/formations/?q=a"),
        ({"q": "a", "mois": "", "mois_avant": "dates", "du": "2027-03-02"}, "/formations/?q=a"),
        ({"q": "a", "mois": "", "mois_avant": "", "du": "2027-03-02"}, "/formations/?q=a&du=2027-03-02"),
        (
            {"q": "a", "mois": "dates", "mois_avant": "dates", "au": "2027-03-02"},
            "/formations/?q=a&au=2027-03-02",
        ),
    ],
)
def test_l_adresse_ne_garde_que_ce_qui_est_demande(page, envoye, propre):
    assert page(302, **envoye).headers["Location"] == propre


def test_un_prix_entier_se_lit_par_milliers(page):
    assert "9 500 €" in _texte(page(prix_max="9.500 €")) and "9 500,50 €" in _texte(page(prix_max="9500,50"))


def test_un_autre_lieu_se_choisit_sans_l_ordre_des_distances(page):
    lue = page(ou="Paris", rayon="10", tri="distance").content.decode()
    lien = html.unescape(re.search(r'href="([^"]*)">Paris \(75\)</a>', lue)[1])
    assert lien == "?ou=Paris+%2875%29"
    for refus in ({"ou": "94", "rayon": "dix"}, {"rayon": "10"}, {"tri": "distance"}):
        page(400, **refus)


def test_une_fermeture_retire_la_carte_dans_la_demande(page, pays):  # noqa: F811
    assert "Magasinier cariste" in _titres(page(q="cariste"))
    session = Session.objects.get(action=pays.actions["cariste"])
    executer(session, Operation.FERMER, par=pays.mondes[0].gestionnaire)
    lue = page(q="cariste")
    assert _titres(lue) == [] and "Aucune formation" in _texte(lue)


def test_une_formation_retiree_mene_a_ce_qui_lui_ressemble(page, pays, client):  # noqa: F811
    session = Session.objects.get(action=pays.actions["ivry"])
    adresse = f"/formations/{session.action_id}/"
    executer(session, Operation.FERMER, par=pays.mondes[0].gestionnaire)
    reponse = client.get(adresse, follow=True)
    assert reponse.status_code == 410
    texte = _texte(reponse)
    assert "La même certification (RNCP1), à moins de 30 km d'Ivry-sur-Seine : 6 formations" in texte, texte
    assert "La même certification (RNCP1), partout : 8 formations" in texte
    for lien in re.findall(r'href="(/formations/\?[^"]*)"', reponse.content.decode()):
        assert f": {len(_titres(client.get(html.unescape(lien))))} formations" in texte


def test_les_pages_se_suivent(page, monkeypatch):
    monkeypatch.setattr("vitrine.formations.PAR_PAGE", 4)
    lues, adresse = [], {}
    while True:
        lue = page(tri="prix", **adresse)
        lues += _titres(lue)
        suite = re.search(r'href="\?([^"]*)" rel="next"', lue.content.decode())
        if suite is None:
            break
        adresse = {"curseur": re.search("curseur=([^&]*)", suite[1])[1]}
    assert len(lues) == len(set(lues)) == 10
    assert "Revenir au début" in _texte(lue)


def test_le_nombre_de_requetes_ne_depend_pas_des_formations(page):
    def compter(**parametres):
        with CaptureQueriesContext(connection) as requetes:
            page(**parametres)
        return len(requetes)

    assert len(_titres(page(q="inox"))) == 1 and len(_titres(page(q="texte"))) == 10
    peu, beaucoup = compter(q="inox"), compter(q="texte")
    assert peu == beaucoup <= 8


def test_les_lieux_pendant_la_frappe(page, client):
    def lieux(texte):
        return client.get("/formations/lieux/", {"ou": texte}).json()["lieux"]

    assert lieux("chevilly")[0] == "Chevilly-Larue (94550)" and lieux("94550") == ["Chevilly-Larue (94550)"]
    assert "Val-de-Marne (94)" in lieux("val-de-m") and lieux("Évry")[0] == "Évry-Courcouronnes (91000)"
    assert lieux("") == lieux("%") == lieux("'") == [] and len(lieux("saint")) == 8


def test_un_synonyme_de_l_administration_compte(page):
    administration = Client()
    administrateur = Utilisateur.objects.create_superuser("admin@test.example", "mot-de-passe-long")
    administration.force_login(administrateur, backend="django.contrib.auth.backends.ModelBackend")
    assert _titres(page(q="chalumeau")) == []
    reponse = administration.post("/admin/recherche/synonyme/add/", {"expressions": "chalumeau, soudure"})
    assert reponse.status_code == 302 and Synonyme.objects.filter(expressions="chalumeau, soudure").exists()
    cache.clear()
    assert len(_titres(page(q="chalumeau"))) == 5
    refuse = administration.post("/admin/recherche/synonyme/add/", {"expressions": "seul"})
    assert refuse.status_code == 200 and "deux à quatre" in refuse.content.decode()


def test_le_classement_est_explique(page, client):
    texte = _texte(client.get("/formations/classement/"))
    assert "tirage qui change chaque jour" in texte and "GeoNames" in texte
    assert 'href="/formations/classement/"' in page().content.decode()
