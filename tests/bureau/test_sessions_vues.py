"""The saved views of « Sessions »: created, listed, renamed, deleted, each seen by its member only."""

import re

import pytest

from organismes.droits import Role
from organismes.models import Vue
from organismes.models.vue import VUES_AU_PLUS
from tests.conftest import Monde
from tests.outils import texte

pytestmark = pytest.mark.django_db
AJOUTER = "/catalogue/sessions/vues/ajouter/?contact=sans&debut_du=01/03/2027&debut_au=31/03/2027"
LISTE = "/catalogue/sessions/?debut_du=01%2F03%2F2027&debut_au=31%2F03%2F2027&contact=sans"


@pytest.fixture
def client_(connecter, monde):
    return connecter(monde.gestionnaire)


def test_les_filtres_s_enregistrent_sous_un_nom(client_, monde):
    assert "Enregistrer cette vue" in texte(client_.get(LISTE))
    propose = client_.get(AJOUTER).content.decode()
    assert 'value="Début du 1er mars au 31 mars 2027 et sans contact"' in propose
    reponse = client_.post(AJOUTER, {"nom": "Sessions de mars sans contact"})
    assert (reponse.status_code, reponse.url) == (302, LISTE)
    page = client_.get("/catalogue/sessions/").content.decode()
    assert re.findall(r'href="([^"]+)" *>Sessions de mars sans contact', page) == [
        LISTE.replace("&", "&amp;")
    ]
    choisie = texte(client_.get(LISTE))
    assert "Renommer ou supprimer" in choisie and "Enregistrer cette vue" not in choisie


def test_envoye_deux_fois_le_formulaire_fait_une_vue(client_):
    for _ in range(2):
        assert client_.post(AJOUTER, {"nom": "Mars"}).status_code == 302
    assert Vue.objects.count() == 1


@pytest.mark.parametrize(
    ("nom", "phrase"),
    [
        ("", "Donnez un nom à cette vue."),
        ("ÉTÉ", "Une autre de vos vues porte déjà ce nom"),
        ("x" * 61, "60 caractères"),
        ("a\x00b", "vue"),
    ],
)
def test_un_nom_refuse_garde_ce_qui_a_ete_tape(client_, monde, nom, phrase):
    Vue.objects.create(membre=monde.gestionnaire.membres.get(), nom="été", parametres="q=a")
    reponse = client_.post(AJOUTER, {"nom": nom})
    assert phrase in texte(reponse)
    assert (reponse.status_code, Vue.objects.count()) in {(422, 1), (302, 2)}
    assert reponse.status_code == 422 or nom == "a\x00b"


def test_sans_filtre_rien_ne_s_enregistre(client_):
    reponse = client_.get("/catalogue/sessions/vues/ajouter/", follow=True)
    assert "Posez d'abord un filtre" in texte(reponse) and not Vue.objects.exists()


def test_le_nombre_de_vues_est_borne(client_, monde):
    membre = monde.gestionnaire.membres.get()
    Vue.objects.bulk_create(Vue(membre=membre, nom=f"v{n}", parametres=f"q={n}") for n in range(VUES_AU_PLUS))
    reponse = client_.post(AJOUTER, {"nom": "de trop"})
    assert reponse.status_code == 422 and f"Vous avez déjà {VUES_AU_PLUS} vues" in texte(reponse)
    assert Vue.objects.count() == VUES_AU_PLUS


def test_une_vue_se_renomme_et_se_supprime(client_, monde):
    membre = monde.gestionnaire.membres.get()
    vue = Vue.objects.create(membre=membre, nom="Mars", parametres="contact=sans")
    Vue.objects.create(membre=membre, nom="Avril", parametres="q=a")
    adresse = f"/catalogue/sessions/vues/{vue.pk}/"
    assert "Ce qu'elle montre : Sans contact." in texte(client_.get(adresse))
    assert client_.post(adresse, {"nom": "avril"}).status_code == 422
    reponse = client_.post(adresse, {"nom": "mars 2027"})
    assert (reponse.status_code, reponse.url) == (302, "/catalogue/sessions/?contact=sans")
    partie = texte(client_.post(f"{adresse}supprimer/", follow=True))
    assert "La vue « mars 2027 » est supprimée." in partie and "Vos vues Avril" in partie
    assert client_.post(f"{adresse}supprimer/").status_code == 404
    assert [*Vue.objects.values_list("nom", flat=True)] == ["Avril"]


def test_une_vue_n_est_qu_a_son_membre(client_, monde):
    lecteur = monde.personne("lecteur", Role.LECTEUR)
    voisin = Monde("Autre", "73282932000074").gestionnaire
    for personne in (lecteur, voisin):
        vue = Vue.objects.create(membre=personne.membres.get(), nom="Mars", parametres="contact=sans")
        assert client_.get(f"/catalogue/sessions/vues/{vue.pk}/").status_code == 404
        assert client_.post(f"/catalogue/sessions/vues/{vue.pk}/supprimer/").status_code == 404
    assert "Vos vues" not in texte(client_.get("/catalogue/sessions/")) and Vue.objects.count() == 2
    client_.force_login(lecteur)
    assert client_.post(AJOUTER, {"nom": "À moi"}).status_code == 302


def test_une_vue_dont_un_choix_a_disparu_le_dit(client_, monde):
    Vue.objects.create(membre=monde.gestionnaire.membres.get(), nom="Partie", parametres="offre=999999")
    assert "il n'est pas appliqué" in texte(client_.get("/catalogue/sessions/?offre=999999"))
