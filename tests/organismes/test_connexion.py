"""Tests of signing in and out.

A refusal reveals nothing, nobody can lock out another user, and nothing is left after signing out.
"""

import re

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from edof.horloge import maintenant
from edof.visiteur import adresse
from organismes.courriels import envoyer_ce_qui_attend
from organismes.essais import APPAREIL, EN_TOUT
from organismes.models import Utilisateur

BON, FAUX = "demo-edof-mot-de-passe", "pas le bon"
ICI, AILLEURS = "192.0.2.1", "203.0.113.9"
TROP = "Trop d'essais depuis cet endroit : réessayez dans un quart d'heure."


def entrer(client, courriel, mot_de_passe=BON, d_ou=ICI, **autres):
    return client.post(
        "/connexion/", {"username": courriel, "password": mot_de_passe, **autres}, REMOTE_ADDR=d_ou
    )


def se_tromper(courriel, fois, d_ou=ICI, client=None):
    for _ in range(fois):
        reponse = entrer(client or Client(), courriel, FAUX, d_ou)
    return reponse


@pytest.fixture
def courriel(monde):
    return monde.gestionnaire.courriel


def test_dix_essais_puis_un_quart_d_heure(client, courriel):
    assert se_tromper(courriel, 9).status_code == 422
    dixieme = se_tromper(courriel, 1)
    assert (
        dixieme.status_code == 429
        and dixieme.headers["Retry-After"] == "900"
        and TROP in dixieme.content.decode()
    )
    refuse = entrer(client, courriel)
    assert (
        refuse.status_code == 429
        and courriel in refuse.content.decode()
        and "_auth_user_id" not in client.session
    )


def test_on_attend_sans_allonger_l_attente(client, courriel, time_machine):
    time_machine.move_to(maintenant())
    se_tromper(courriel, 10)
    for _ in range(3):
        time_machine.shift(4 * 60)
        assert se_tromper(courriel, 1).status_code == 429
    time_machine.shift(4 * 60)
    assert entrer(client, courriel).status_code == 302


def test_qui_se_trompe_ailleurs_ne_bloque_personne_ici(client, courriel):
    assert se_tromper(courriel, 10, AILLEURS).status_code == 429
    assert entrer(client, courriel).status_code == 302


def test_un_compte_que_tout_le_monde_essaie_reste_ouvert_a_son_navigateur(client, courriel):
    """Check that attacks on an account do not block a browser that has already signed in to it.

    That holds even for attacks from the user's own IP address. A browser never used with the account must
    wait.
    """
    entrer(client, courriel)
    client.post("/deconnexion/")
    for rang in range(EN_TOUT // 10):
        se_tromper(courriel, 10, f"203.0.113.{rang}" if rang else ICI)
    assert entrer(Client(), courriel, d_ou="198.51.100.7").status_code == 429
    assert entrer(Client(), "autre@test.example", FAUX, "198.51.100.7").status_code == 422
    assert entrer(client, courriel).status_code == 302


def test_une_adresse_qui_essaie_tous_les_comptes_attend_et_elle_seule(client, courriel):
    entrer(client, courriel)
    client.post("/deconnexion/")
    for rang in range(EN_TOUT // 5):
        se_tromper(f"inconnu-{rang}@test.example", 5)
    assert entrer(Client(), courriel).status_code == 429
    assert entrer(Client(), courriel, d_ou=AILLEURS).status_code == 302
    assert entrer(client, courriel).status_code == 302


def test_un_navigateur_reconnu_a_lui_aussi_dix_essais_d_ou_qu_il_vienne(client, courriel):
    entrer(client, courriel)
    client.post("/deconnexion/")
    se_tromper(courriel, 5, ICI, client)
    assert se_tromper(courriel, 5, AILLEURS, client).status_code == 429
    assert entrer(client, courriel).status_code == 429
    assert entrer(Client(), courriel).status_code == 302


def test_le_cookie_du_navigateur_ne_dit_rien_et_ne_s_invente_pas(client, courriel):
    reponse = entrer(client, courriel)
    cookie = reponse.cookies[APPAREIL]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and courriel not in cookie.value
    for valeur in ("", "n'importe quoi", cookie.value[:-3] + "abc"):
        intrus = Client()
        intrus.cookies[APPAREIL] = valeur
        assert se_tromper(courriel, 10, AILLEURS, intrus).status_code in {422, 429}
        assert entrer(intrus, courriel, d_ou=AILLEURS).status_code == 429


def test_le_lien_recu_par_courriel_fait_reconnaitre_un_navigateur(client, courriel, mailoutbox):
    for rang in range(EN_TOUT // 10):
        se_tromper(courriel, 10, f"203.0.113.{rang}")
    assert entrer(client, courriel).status_code == 429
    client.post("/mot-de-passe/oublie/", {"email": courriel})
    envoyer_ce_qui_attend()
    lien = re.search(r"http://testserver(/\S+)", mailoutbox[0].body)[1]
    page = client.get(lien, follow=True)
    neuf = "un tout autre mot de passe"
    client.post(page.request["PATH_INFO"], {"new_password1": neuf, "new_password2": neuf})
    assert entrer(client, courriel, neuf).status_code == 302


@pytest.mark.parametrize(
    "variante", [str.upper, lambda c: f"  {c} ", lambda c: c.replace("s", "ſ"), lambda c: c.replace("i", "ı")]
)
def test_ecrire_le_compte_autrement_ne_donne_pas_d_autres_essais(courriel, variante):
    se_tromper(courriel, 10)
    assert entrer(Client(), variante(courriel)).status_code == 429


def test_meme_reponse_que_le_compte_existe_ou_non(courriel, monde):
    inactif = monde.personne("inactif", "lecteur")
    Utilisateur.objects.filter(pk=inactif.pk).update(is_active=False)
    sans_mot_de_passe = Utilisateur.objects.create_user("invite@test.example")
    corps = set()
    for essaye, mot_de_passe in (
        (courriel, FAUX),
        ("nul@test.example", FAUX),
        (inactif.courriel, BON),
        (sans_mot_de_passe.courriel, FAUX),
    ):
        reponse = entrer(Client(), essaye, mot_de_passe, f"198.51.100.{len(corps)}")
        page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", reponse.content.decode()).replace(
            essaye, ""
        )
        corps.add((reponse.status_code, page))
    assert len(corps) == 1 and "Adresse e-mail ou mot de passe incorrect." in page


def test_meme_travail_que_le_compte_existe_ou_non(courriel, monde, settings, monkeypatch):
    """Check that the password is hashed exactly once, whatever was typed. Hashing is what takes time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    inactif = monde.personne("inactif", "lecteur")
    Utilisateur.objects.filter(pk=inactif.pk).update(is_active=False)
    actif = monde.personne("actif", "lecteur")
    sans_mot_de_passe = Utilisateur.objects.create_user("invite@test.example")
    fois, hacher = [], PBKDF2PasswordHasher.encode
    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", lambda *a, **k: (fois.append(1), hacher(*a, **k))[1])
    comptes = []
    for essaye in (actif.courriel, inactif.courriel, sans_mot_de_passe.courriel, "nul@test.example"):
        fois.clear()
        entrer(Client(), essaye, FAUX)
        comptes.append(len(fois))
    assert comptes == [1, 1, 1, 1]


@pytest.mark.parametrize(
    "suite",
    [
        "https://ailleurs.example/",
        "//ailleurs.example",
        "///ailleurs.example",
        "/\\ailleurs.example",
        "javascript:a()",
        "http:///a",
        "\x00/",
    ],
)
def test_on_ne_part_pas_ailleurs_en_entrant(client, courriel, suite):
    assert entrer(client, courriel, next=suite).url == "/"


def test_la_cle_change_en_entrant_et_ne_vaut_plus_rien_en_sortant(client, courriel):
    client.cookies["sessionid"] = fixee = "a" * 32
    entrer(client, courriel, next="/catalogue/")
    volee = client.cookies["sessionid"].value
    assert volee != fixee
    voleur = Client()
    voleur.cookies["sessionid"] = volee
    assert voleur.get("/catalogue/").status_code == 200
    client.post("/deconnexion/")
    assert voleur.get("/catalogue/").status_code == 302
    voleur.cookies["sessionid"] = fixee
    assert voleur.get("/catalogue/").status_code == 302


def test_changer_de_mot_de_passe_ferme_les_autres_sessions(client, courriel):
    entrer(client, courriel)
    personne = Utilisateur.objects.get(courriel=courriel)
    personne.set_password("un tout autre mot de passe")
    personne.save()
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    "reprise",
    ['[["a", "\\ud800"]]', '[["\\ud800", 1]]', "[" * 5000, "\x00", '{"ab": 1}', "null", '[["a", "\\u0000"]]'],
)
def test_ce_qui_est_repris_ne_casse_rien(client, courriel, reprise):
    assert entrer(client, courriel, next="/catalogue/", reprise=reprise).status_code in {200, 302}


def test_l_adresse_du_visiteur_derriere_des_proxys(rf, settings):
    def lue(proxys, ecrit, directe="10.0.0.1"):
        settings.PROXYS = proxys
        entetes = {"HTTP_X_FORWARDED_FOR": ecrit} if ecrit is not None else {}
        return adresse(rf.get("/", REMOTE_ADDR=directe, **entetes))

    assert lue(0, "192.0.2.66") == "10.0.0.1"
    assert lue(1, "192.0.2.66, 203.0.113.5") == "203.0.113.5"
    assert lue(2, "192.0.2.66, 203.0.113.5, 10.0.0.2") == "203.0.113.5"
    # Fewer addresses than configured: the request did not come through the proxies.
    assert lue(2, "203.0.113.5") == "10.0.0.1" and lue(1, None) == "10.0.0.1"
    assert lue(1, "une adresse") is None and lue(0, None, "") is None
    assert lue(1, "2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::" and lue(1, "::ffff:192.0.2.8") == "192.0.2.8"


@pytest.mark.parametrize(
    ("mot_de_passe", "dit"),
    [
        ("court-et-dur", None), ("onze-signes", "12 caractères"), ("password1234", "trop courant"),
        ("492817305512", "entièrement numérique"),
        ("nadia.bernard", "trop semblable"), ("Bernardinette", "trop semblable"),
    ],
)  # fmt: skip
def test_un_mot_de_passe_acceptable(mot_de_passe, dit):
    personne = Utilisateur(courriel="nadia.bernard@test.example", prenom="Nadia", nom="Bernardinet")
    if dit is None:
        validate_password(mot_de_passe, personne)
        return
    with pytest.raises(ValidationError) as refus:
        validate_password(mot_de_passe, personne)
    assert dit in " ".join(refus.value.messages)
