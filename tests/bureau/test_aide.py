"""Tests of the help: check-list, guides, browsers, life cycle and operations by status."""

import html
import re

import pytest

from bureau.aide import operations_par_statut
from catalogue.cycle_de_vie import Statut
from edof.horloge import aujourd_hui
from organismes.models import Utilisateur
from publication.visibilite import conditions
from tests.outils import texte

# The table of D-10. Columns: brouillon, validée, active et ouverte, active et fermée, archivée.
D_10 = [
    ("Consulter", "oui oui oui oui oui"),
    ("Modifier", "oui oui oui oui non"),
    ("Dupliquer", "oui oui oui oui oui"),
    ("Ouvrir à l'inscription (session)", "non oui non oui non"),
    ("Fermer à l'inscription (session)", "non non oui non non"),
    ("Archiver", "oui oui oui oui non"),
    ("Désarchiver", "non non non non oui"),
    ("Supprimer", "oui oui non non oui"),
]
AUTRES_SITES = {"https://www.of.moncompteformation.gouv.fr/", "https://www.moncompteformation.gouv.fr/"}


@pytest.fixture
def membre(monde, connecter):
    """Return a signed-in client."""
    return connecter(monde.gestionnaire)


@pytest.mark.exigence("S-02")
def test_les_quatre_navigateurs_et_le_conseil_de_les_tenir_a_jour(client, db):
    """Check that the page is readable without signing in, since the browser may be what prevents it."""
    page = texte(client.get("/aide/navigateurs/"))
    for nom in ("Google Chrome", "Mozilla Firefox", "Safari", "Microsoft Edge"):
        assert nom in page
    assert "dernière version mise à jour" in page
    assert 'href="/aide/navigateurs/"' in client.get("/formations/").content.decode(), (
        "le pied de page y mène"
    )


@pytest.mark.exigence("S-37")
def test_la_check_list_est_celle_que_le_programme_applique(membre):
    page = texte(membre.get("/aide/visibilite/"))
    assert "Check-list : conditions de visibilité d'une offre sur MCF.fr / l'appli MCF" in page
    position = 0
    for condition in conditions(aujourd_hui()):
        position = page.index(
            f"{condition.exigence} Sinon : {condition.raison} Qui peut agir : {condition.qui}", position
        )
    assert 'href="/aide/visibilite/"' in membre.get("/catalogue/").content.decode()


@pytest.mark.exigence("S-44", "S-45", "S-46")
def test_l_accueil_invite_a_lire_le_guide_et_mene_au_portail(monde, membre):
    for prepare in (lambda: None, monde.session):
        prepare()
        page = membre.get("/")
        assert "Avez-vous lu le guide d'utilisation et de saisie EDOF ?" in texte(page)
        assert "lisez-le avant de commencer" in texte(page)
        assert 'href="/aide/guides/#guide-edof"' in page.content.decode()
        assert 'href="https://www.of.moncompteformation.gouv.fr/"' in page.content.decode()
    guides = membre.get("/aide/guides/").content.decode()
    assert 'id="guide-edof"' in guides and "Où le télécharger" in guides
    assert all(
        f"<dt>{niveau}</dt>" in guides
        for niveau in ("Formation, ou offre", "Action", "Session", "Visibilité")
    )


@pytest.mark.parametrize(
    "adresse", ["/", "/aide/", "/aide/visibilite/", "/aide/guides/", "/aide/navigateurs/"]
)
def test_ce_qui_vit_ailleurs_est_nomme_et_rien_ne_s_ouvre_dans_un_autre_onglet(monde, membre, adresse):
    monde.session()
    page = membre.get(adresse).content.decode()
    assert set(re.findall(r'<a [^>]*href="(https?://[^"]+)"', page)) <= AUTRES_SITES
    assert " target=" not in page and 'href="#"' not in page


@pytest.mark.exigence("S-127")
def test_le_gestionnaire_de_dossiers_est_nomme_partout_sans_lien_mort(membre, client):
    for adresse in ("/", "/catalogue/", "/aide/", "/formations/verifier/"):
        assert "gestionnaire de dossiers" in texte(membre.get(adresse))
    client.logout()
    assert "gestionnaire de dossiers" in texte(client.get("/connexion/"))
    # A titulaire has nothing to do there.
    assert "gestionnaire de dossiers" not in texte(client.get("/formations/"))


@pytest.mark.exigence("S-32", "D-10")
def test_le_tableau_des_operations_est_celui_de_d_10(membre):
    etats, lignes = operations_par_statut()
    assert etats == ["Brouillon", "Validée", "Active, ouverte", "Active, fermée", "Archivée"]
    assert [
        (libelle, " ".join("oui" if permise else "non" for permise in permises))
        for libelle, permises in lignes
    ] == D_10
    page = membre.get("/aide/").content.decode()
    tableau = texte(membre.get("/aide/"))
    for libelle, permises in D_10:
        assert f"{libelle} {permises.replace('non', '– non')}" in tableau
    cycle = html.unescape(page[page.index('<dl class="cycle">') : page.index("</dl>")])
    assert re.findall(r'class="pastille[^>]*>([^<]+)<', cycle) == list(Statut.labels)


def test_l_aide_dit_par_ou_commencer_et_le_menu_y_mene(membre):
    page = membre.get("/aide/")
    assert "Par où commencer ?" in texte(page)
    assert '<a href="/aide/" aria-current="page">Aide</a>' in page.content.decode()
    assert '<a href="/aide/" aria-current="true">Aide</a>' in membre.get("/aide/guides/").content.decode()
    assert '<a href="/aide/">Aide</a>' in membre.get("/nulle-part/").content.decode()


def test_l_aide_se_lit_sans_organisme(connecter, db):
    client = connecter(Utilisateur.objects.create_user("seul@test.example", "x"))
    for adresse in ("/aide/", "/aide/visibilite/", "/aide/guides/", "/aide/navigateurs/"):
        assert client.get(adresse).status_code == 200
