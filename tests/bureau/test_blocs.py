"""Tests of the parts of the catalogue that are kept once drawn: they always say what a fresh drawing says."""

import datetime as dt
import re

import pytest

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Certification, Offre
from edof.horloge import a_l_instant, aujourd_hui, maintenant
from edof.templatetags.blocs import _JETON, _place, oublier_les_blocs
from organismes.droits import Operation, Role
from organismes.models import Adresse, Membre
from publication.passages import publier
from sessions_app.models import Session
from tests.conftest import Monde

pytestmark = pytest.mark.django_db
JETON = re.compile(r'name="csrfmiddlewaretoken" value="(\w{64})"')
# What differs between two answers.
CHANGE = re.compile(rf'{JETON.pattern}|data-veille-reste="\d+"')
SANS_PRIX = dict.fromkeys(
    ("total_ht", "total_ttc", "ht_0", "ttc_0", "ht_5_5", "ttc_5_5", "ht_20", "ttc_20"), None
)


def lue(client, adresse):
    """Return the page, after checking that it is the same drawn afresh."""
    gardee = client.get(adresse).content.decode()
    oublier_les_blocs()
    fraiche = client.get(adresse).content.decode()
    assert _JETON not in gardee and len(set(JETON.findall(gardee))) == 1
    gardee, fraiche = CHANGE.sub("", gardee), CHANGE.sub("", fraiche)
    assert gardee == fraiche
    return gardee


def test_ce_qui_est_garde_dit_toujours_ce_qui_est(monde, connecter):
    session, client = monde.session("s1", ouverte=True), connecter(monde.gestionnaire)
    adresse = f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}"
    fermee = f"/catalogue/?o={monde.offre.pk}"
    vues = [lue(client, "/catalogue/"), lue(client, fermee), lue(client, adresse)]

    def change(faire, combien=1):
        faire()
        pages = [lue(client, "/catalogue/"), lue(client, fermee), lue(client, adresse)]
        assert sum(page != vue for page, vue in zip(pages, vues, strict=True)) >= combien
        vues[:] = pages

    change(lambda: executer(session, Operation.FERMER, par=monde.gestionnaire))
    change(lambda: executer(session, Operation.OUVRIR, par=monde.gestionnaire))
    offre, action = Offre.objects.filter(pk=monde.offre.pk), Action.objects.filter(pk=monde.action.pk)
    lieu = Adresse.objects.filter(pk=monde.action.lieu_de_formation_id)
    certification = Certification.objects.filter(pk=monde.offre.certification_id)
    change(lambda: offre.update(intitule="Autre intitulé"), 3)
    change(lambda: action.update(statut="brouillon", **SANS_PRIX), 2)
    change(lambda: lieu.update(ville="Autre ville"), 2)
    change(lambda: certification.update(intitule="Autre"), 3)
    change(lambda: monde.session("s2"), 2)
    change(lambda: Membre.objects.filter(utilisateur=monde.gestionnaire).update(role=Role.LECTEUR), 3)
    change(lambda: Session.objects.all().delete(), 2)


def test_un_bloc_garde_change_avec_le_jour(monde, connecter):
    session, client = monde.session("s1", ouverte=True), connecter(monde.gestionnaire)
    adresse, vues = f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}", set()
    for jours in (0, 1, (session.date_debut - maintenant().date()).days + 1):
        with a_l_instant(maintenant() + dt.timedelta(days=jours)):
            publier(aujourd_hui(), par="test")
            client = connecter(monde.gestionnaire)
            vues.add(lue(client, adresse))
    assert len(vues) == 3


def test_un_bloc_n_est_dessine_qu_une_fois(monde, connecter):
    monde.session("s1", ouverte=True)
    client, adresse = connecter(monde.gestionnaire), f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}"
    autre = Monde("Autre", "52345678900017")
    oublier_les_blocs()
    for attendus in (1, 1):
        client.get(adresse)
        assert _place.cache_info().currsize == attendus
    client = connecter(autre.gestionnaire)
    assert monde.offre.cle_html not in lue(client, "/catalogue/")


def test_le_jeton_des_formulaires_est_celui_de_la_requete(monde, connecter):
    monde.session("s1", ouverte=True)
    client = connecter(monde.gestionnaire)
    adresse = f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}"
    jetons = [set(JETON.findall(client.get(adresse).content.decode())) for _ in range(2)]
    assert [len(lus) for lus in jetons] == [1, 1] and jetons[0] != jetons[1]
