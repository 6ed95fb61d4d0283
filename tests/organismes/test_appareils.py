"""Tests of the open sign-ins of a person, and of the password that is asked again."""

import datetime as dt
import html
import re

import pytest
from axes.models import AccessAttempt
from django.test import Client

from edof.horloge import maintenant
from organismes.appareils import en_mots
from organismes.models import Connexion

BON = "demo-edof-mot-de-passe"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148"
    " Safari/604.1"
)


def entrer(personne, navigateur, adresse="192.0.2.1"):
    """Return a browser that has signed in and seen a page."""
    client = Client(headers={"User-Agent": navigateur}, REMOTE_ADDR=adresse)
    client.post("/connexion/", {"username": personne.courriel, "password": BON})
    client.get("/compte/")
    return client


def lignes(client):
    """Return the devices that « Mon compte » shows: what is read, and the name of the button."""
    page = (
        html.unescape(client.get("/compte/").text).partition('id="titre-sessions"')[2].partition("</ul>")[0]
    )
    return [
        (" ".join(re.sub("<[^>]+>", " ", ligne).split()), re.findall(r'value="([0-9a-f]{32})"', ligne))
        for ligne in re.findall(r"<li.*?</li>", page, re.S)
    ]


@pytest.mark.parametrize(
    ("navigateur", "mots"),
    [
        (FIREFOX, "Firefox sur Windows"),
        (SAFARI, "Safari sur un iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Chrome/140 Safari/537 Edg/140", "Edge sur un Mac"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36", "Chrome sur Linux"),
        ("curl/8", "Navigateur inconnu"),
        ("", "Navigateur inconnu"),
    ],
)
def test_un_navigateur_se_dit_en_mots(navigateur, mots):
    assert en_mots(navigateur) == mots


def test_un_appareil_se_ferme_aussitot_et_lui_seul(monde):
    ici, la = entrer(monde.gestionnaire, FIREFOX), entrer(monde.gestionnaire, SAFARI, "203.0.113.9")
    autre = entrer(monde.personne("lecteur", "lecteur"), FIREFOX)
    (celui_ci, sans_bouton), (autre_ligne, (cle,)) = lignes(ici)
    assert celui_ci.startswith("Firefox sur Windows Celui-ci · adresse 192.0.2.1") and not sans_bouton
    assert "Safari sur un iPhone Vu aujourd'hui" in autre_ligne and "203.0.113.9" in autre_ligne
    assert cle not in {ligne.session_key for ligne in Connexion.objects.all()}
    # Nobody closes the session of another person.
    autre.post("/compte/appareils/fermer/", {"appareil": cle})
    assert la.get("/compte/").status_code == 200
    page = ici.post("/compte/appareils/fermer/", {"appareil": cle}, follow=True)
    assert "Cet appareil est déconnecté." in page.text and len(lignes(ici)) == 1
    assert la.get("/compte/").status_code == 302 and ici.get("/compte/").status_code == 200
    assert "déjà" in ici.post("/compte/appareils/fermer/", {"appareil": cle}, follow=True).text


def test_une_connexion_finie_ne_se_montre_plus(monde, time_machine):
    time_machine.move_to(maintenant())
    ici = entrer(monde.gestionnaire, FIREFOX)
    entrer(monde.gestionnaire, SAFARI)
    assert len(lignes(ici)) == 2
    for _ in range(9):
        time_machine.shift(dt.timedelta(minutes=20))
        assert ici.get("/compte/").status_code == 200
    assert [ligne[0][:7] for ligne in lignes(ici)] == ["Firefox"]


def test_le_passage_ne_s_ecrit_qu_une_fois_par_quart_d_heure(monde, time_machine):
    time_machine.move_to(maintenant())
    ici = entrer(monde.gestionnaire, FIREFOX)
    vus = set()
    for _ in range(20):
        ici.get("/compte/")
        vus.add(Connexion.objects.get().vue_le)
        time_machine.shift(dt.timedelta(minutes=2))
    assert len(vus) == 3


# --- The password asked again ---


def test_le_mot_de_passe_est_redemande_apres_un_quart_d_heure(monde, time_machine):
    time_machine.move_to(maintenant())
    client = entrer(monde.gestionnaire, FIREFOX)
    assert client.get("/jetons/creer/").status_code == 200
    time_machine.shift(dt.timedelta(minutes=16))
    ou = client.get("/jetons/creer/").url
    assert ou == "/connexion/confirmer/?next=%2Fjetons%2Fcreer%2F"
    assert client.get("/jetons/").status_code == 200
    donnees = {"next": "/jetons/creer/", "mot_de_passe": "pas le bon"}
    assert client.post("/connexion/confirmer/", donnees).status_code == 422
    assert client.get("/jetons/creer/").status_code == 302
    assert client.post("/connexion/confirmer/", donnees | {"mot_de_passe": BON}).url == "/jetons/creer/"
    assert client.get("/jetons/creer/").status_code == 200
    assert "pas le bon" not in AccessAttempt.objects.get().post_data


def test_ce_qu_on_envoyait_est_rendu_apres_le_mot_de_passe(monde, time_machine):
    time_machine.move_to(maintenant())
    client = entrer(monde.gestionnaire, FIREFOX)
    time_machine.shift(dt.timedelta(minutes=16))
    envoi = client.post("/jetons/creer/", {"nom": "Planning", "role": "lecteur"})
    assert envoi.status_code == 401 and not monde.organisme.jetons.exists()
    reprise = html.unescape(re.search(r'name="reprise" value="([^"]+)"', envoi.text)[1])
    suite = {"next": "/jetons/creer/", "reprise": reprise, "mot_de_passe": BON}
    rendu = client.post("/connexion/confirmer/", suite)
    assert 'name="nom" value="Planning"' in rendu.text and not monde.organisme.jetons.exists()


@pytest.mark.parametrize("ailleurs", ["https://mal.example/", "//mal.example", "javascript:1", "\\\\x"])
def test_on_ne_repart_pas_ailleurs(client, monde, ailleurs):
    client = entrer(monde.gestionnaire, FIREFOX)
    donnees = {"next": ailleurs, "mot_de_passe": BON}
    assert client.post("/connexion/confirmer/", donnees).url == "/compte/"


def test_dix_mots_de_passe_faux_et_l_on_attend(monde):
    client = entrer(monde.gestionnaire, FIREFOX)
    statuts = [client.post("/connexion/confirmer/", {"mot_de_passe": "faux"}).status_code for _ in range(11)]
    assert statuts == [422] * 9 + [429] * 2
