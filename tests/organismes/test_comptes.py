"""Tests of « Mon compte » and of the forgotten password."""

import datetime as dt
import re
from urllib.parse import urlsplit

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.test import Client

from edof.horloge import maintenant
from edof.variables import messagerie
from organismes.courriels import envoyer_ce_qui_attend
from organismes.droits import Role
from organismes.models import Utilisateur
from tests.conftest import Monde

ANCIEN, NOUVEAU = "demo-edof-mot-de-passe", "une phrase assez longue"


def lien(rang=-1):
    return urlsplit(re.search(r"http\S+", mail.outbox[rang].body).group()).path


def oublier(courriel, client=None):
    reponse = (client or Client()).post("/mot-de-passe/oublie/", {"email": courriel}, follow=True)
    envoyer_ce_qui_attend()
    return reponse


def se_connecter(courriel, mot_de_passe):
    return Client().post("/connexion/", {"username": courriel, "password": mot_de_passe}).status_code == 302


# --- Forgotten password ---


def test_un_mot_de_passe_oublie_se_choisit_de_nouveau(monde):
    courriel = monde.gestionnaire.courriel
    page = oublier(courriel.upper())
    assert "Si un compte existe avec l'adresse indiquée" in page.text
    assert mail.outbox[0].to == [courriel] and mail.outbox[0].subject == "Votre mot de passe Catalogue OF"
    client = Client()
    page = client.get(lien(), follow=True)
    # The secret is removed from the URL.
    choisir = page.request["PATH_INFO"]
    assert page.status_code == 200 and lien() != choisir
    page = client.post(choisir, {"new_password1": "court", "new_password2": "court"})
    assert page.status_code == 422 and "12 caractères" in page.text
    page = client.post(choisir, {"new_password1": NOUVEAU, "new_password2": NOUVEAU}, follow=True)
    assert "connectez-vous avec le nouveau" in page.text
    assert se_connecter(courriel, NOUVEAU) and not se_connecter(courriel, ANCIEN)
    page = Client().get(lien(), follow=True)
    assert page.status_code == 410 and "Ce lien n'est plus valable" in page.text


def test_meme_reponse_pour_une_adresse_inconnue(monde, django_assert_num_queries):
    inactif = monde.personne("inactif", Role.LECTEUR)
    Utilisateur.objects.filter(pk=inactif.pk).update(is_active=False)
    oublier(monde.gestionnaire.courriel)
    pages, envois = [], len(mail.outbox)
    for courriel in (monde.gestionnaire.courriel, "inconnue@test.example", inactif.courriel):
        # One query reads the account, one writes the e-mail, which may have no recipient.
        with django_assert_num_queries(2):
            pages.append(Client().post("/mot-de-passe/oublie/", {"email": courriel}, follow=True))
    envoyer_ce_qui_attend()
    assert len({page.text for page in pages}) == 1 and {page.status_code for page in pages} == {200}
    assert len(mail.outbox) == envois + 1


def test_les_liens_ne_partent_pas_sans_fin(monde):
    reponses = [
        Client().post("/mot-de-passe/oublie/", {"email": monde.gestionnaire.courriel}).status_code
        for _ in range(6)
    ]
    assert reponses == [302] * 5 + [429]
    ailleurs = Client(REMOTE_ADDR="192.0.2.7")
    assert ailleurs.post("/mot-de-passe/oublie/", {"email": monde.gestionnaire.courriel}).status_code == 302
    envoyer_ce_qui_attend()


@pytest.mark.parametrize("courriel", ["", "x", "a\x00b@test.example", "a" * 300 + "@test.example"])
def test_une_adresse_illisible_revient(monde, courriel):
    reponse = Client().post("/mot-de-passe/oublie/", {"email": courriel})
    assert reponse.status_code == 422 and 'aria-invalid="true"' in reponse.text


def test_le_lien_vaut_un_jour(monde):
    oublier(monde.gestionnaire.courriel)
    with time_machine.travel(maintenant() + dt.timedelta(days=1, minutes=1), tick=True):
        assert Client().get(lien(), follow=True).status_code == 410


@pytest.mark.parametrize(
    "chemin",
    ["/mot-de-passe/x/y/", "/mot-de-passe/OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5/x/", "/mot-de-passe/%00/%ff/"],
)
def test_un_lien_invente_ne_casse_rien(monde, chemin):
    assert Client().get(chemin).status_code == 410


# --- Mon compte ---


def envoyer(client, partie, **champs):
    return client.post("/compte/", {"partie": partie, **champs})


def test_le_nom_se_change(monde, connecter):
    client = connecter(monde.gestionnaire)
    assert envoyer(client, "nom", prenom="Claire", nom="Moreau").status_code == 302
    assert "Claire Moreau" in client.get("/compte/").text
    reponse = envoyer(client, "nom", prenom="", nom="Autre\u202e")
    assert (
        reponse.status_code == 422
        and "Claire Moreau" in reponse.text
        and "Prénom : Ce champ est obligatoire." in reponse.text
    )
    assert envoyer(client, "rien").status_code == 422


@pytest.mark.parametrize(
    "nom",
    [
        "Votre compte expire http://piege.example", "www.piege.example", "piege.com", "Piege．COM",
        "bit.ly/abc", "a@b.example", "Appelez 0899",
        "pie\u00adge.fr", "\u200bpiege.net",
    ],
)  # fmt: skip
def test_un_nom_ne_porte_pas_d_adresse(monde, connecter, nom):
    """Check that a name contains no URL, e-mail address or phone number.

    The name is written in the e-mails that the program sends.
    """
    reponse = envoyer(connecter(monde.gestionnaire), "nom", prenom=nom, nom="Roux")
    assert reponse.status_code == 422 and "sans adresse ni numéro" in reponse.text
    monde.gestionnaire.refresh_from_db()
    assert monde.gestionnaire.prenom == ""


@pytest.mark.parametrize(
    "nom",
    [
        "Jean-Marie",
        "J.-P.",
        "M. de La Tour",
        "O'Neil",
        "Ch.de Gaulle",
        "Éva Núñez",
        "Łukasz",
        "Louis XIV",
        "Dupont (IV)",
    ],
)
def test_les_noms_des_gens_passent(nom):
    for champ in ("prenom", "nom"):
        Utilisateur._meta.get_field(champ).run_validators(nom)


def test_le_mot_de_passe_se_change_et_deconnecte_ailleurs(monde, connecter):
    client, ailleurs = connecter(monde.gestionnaire), Client()
    ailleurs.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    faux = envoyer(client, "mot_de_passe", old_password="faux", new_password1=NOUVEAU, new_password2=NOUVEAU)
    assert faux.status_code == 422 and "Ce n&#x27;est pas votre mot de passe actuel." in faux.text
    for faible, phrase in {"court": "12 caractères", "1234567890123": "", "qwerty123456": "courant"}.items():
        refuse = envoyer(
            client, "mot_de_passe", old_password=ANCIEN, new_password1=faible, new_password2=faible
        )
        assert refuse.status_code == 422 and phrase in refuse.text
    assert (
        envoyer(
            client, "mot_de_passe", old_password=ANCIEN, new_password1=NOUVEAU, new_password2=NOUVEAU
        ).status_code
        == 302
    )
    assert client.get("/compte/").status_code == 200 and ailleurs.get("/compte/").status_code == 302
    assert se_connecter(monde.gestionnaire.courriel, NOUVEAU)


def test_une_session_ouverte_ne_sert_pas_a_deviner_le_mot_de_passe(monde, connecter):
    client = connecter(monde.gestionnaire)
    reponses = [envoyer(client, "sessions", mot_de_passe=f"essai {n}").status_code for n in range(11)]
    assert reponses == [422] * 10 + [429]
    assert envoyer(client, "nom", prenom="Claire", nom="Moreau").status_code == 302


def test_se_deconnecter_partout_ailleurs(monde, connecter):
    client, ailleurs = connecter(monde.gestionnaire), Client()
    ailleurs.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    assert (
        envoyer(client, "sessions", mot_de_passe="faux").status_code == 422
        and ailleurs.get("/compte/").status_code == 200
    )
    assert envoyer(client, "sessions", mot_de_passe=ANCIEN).status_code == 302
    assert client.get("/compte/").status_code == 200 and ailleurs.get("/compte/").status_code == 302
    assert se_connecter(monde.gestionnaire.courriel, ANCIEN)


def test_l_adresse_se_change_par_le_lien_qu_elle_recoit(monde, connecter):
    client, ancienne = connecter(monde.gestionnaire), monde.gestionnaire.courriel
    assert envoyer(client, "adresse", courriel="neuve@test.example", mot_de_passe="faux").status_code == 422
    meme = envoyer(client, "adresse", courriel=ancienne.upper(), mot_de_passe=ANCIEN)
    assert meme.status_code == 422 and "C&#x27;est déjà l&#x27;adresse" in meme.text and not mail.outbox
    assert envoyer(client, "adresse", courriel="neuve@test.example", mot_de_passe=ANCIEN).status_code == 302
    assert mail.outbox[0].to == ["neuve@test.example"] and se_connecter(ancienne, ANCIEN)
    # Only the person who made the request may follow the link.
    autre = Client()
    autre.force_login(
        monde.personne("autre", Role.LECTEUR), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert autre.post(lien(0)).status_code == 410
    assert "neuve@test.example" in client.get(lien(0)).text and se_connecter(ancienne, ANCIEN)
    assert client.post(lien(0)).status_code == 302
    assert se_connecter("neuve@test.example", ANCIEN) and not se_connecter(ancienne, ANCIEN)
    envoyer_ce_qui_attend()
    (avertie,) = [m for m in mail.outbox if m.to == [ancienne] and "adresse" in m.subject]
    assert "n'ouvre plus" not in avertie.subject
    assert client.post(lien(0)).status_code == 410


def test_une_adresse_deja_prise_ne_se_devine_pas(monde, connecter):
    prise = Monde("Autre", "52345678900017").gestionnaire.courriel
    client = connecter(monde.gestionnaire)
    pages = []
    for courriel in (prise, "libre@test.example"):
        envoyer(client, "adresse", courriel=courriel, mot_de_passe=ANCIEN)
        pages.append(
            re.sub(r'value="[0-9A-Za-z-]{36,}"', "", client.get("/compte/").text).replace(courriel, "x")
        )
    assert pages[0] == pages[1]
    assert "http" not in mail.outbox[0].body and mail.outbox[0].to == [prise]


def test_l_adresse_prise_entre_temps_est_refusee(monde, connecter):
    client = connecter(monde.gestionnaire)
    envoyer(client, "adresse", courriel="neuve@test.example", mot_de_passe=ANCIEN)
    Utilisateur.objects.create_user("NEUVE@test.example", NOUVEAU)
    assert client.post(lien()).status_code == 410 and se_connecter(monde.gestionnaire.courriel, ANCIEN)


def test_une_panne_de_messagerie_se_dit(monde, connecter, monkeypatch):
    def tomber(message):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", tomber)
    client = connecter(monde.gestionnaire)
    envoyer(client, "adresse", courriel="neuve@test.example", mot_de_passe=ANCIEN)
    assert "votre adresse ne change pas" in client.get("/compte/").text
    # The response does not reveal whether an account exists.
    assert "Si un compte existe" in oublier(monde.gestionnaire.courriel).text


def test_les_mots_de_passe_de_la_demonstration_ouvrent_toujours(db):
    utilisateur = Utilisateur.objects.create_user("demo@test.example", "demo-edof")
    assert se_connecter(utilisateur.courriel, "demo-edof")


@pytest.mark.parametrize(
    ("url", "attendu"),
    [
        ("console:", ("console", None, None, None, None, None)),
        ("file:///un/des%20mots", ("filebased", None, None, None, None, "/un/des mots")),
        ("smtp://relais.example", ("smtp", "relais.example", 25, False, False, None)),
        ("smtp+tls://a%40b:m%3Adp@relais.example", ("smtp", "relais.example", 587, True, False, None)),
        ("smtp+ssl://a:b@relais.example:4650", ("smtp", "relais.example", 4650, False, True, None)),
    ],
)
def test_email_url(url, attendu, monkeypatch):
    monkeypatch.setenv("EMAIL_URL", url)
    lu = messagerie("console:")
    noms = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_USE_TLS", "EMAIL_USE_SSL", "EMAIL_FILE_PATH")
    assert (lu["EMAIL_BACKEND"].split(".")[-2], *(lu.get(nom) for nom in noms)) == attendu
    if "%40" in url:
        assert (lu["EMAIL_HOST_USER"], lu["EMAIL_HOST_PASSWORD"]) == ("a@b", "m:dp")


@pytest.mark.parametrize(
    "url", ["http://x", "smtp://", "relais.example:25", "smtp://a:b@relais.example:port", "smtp://[x"]
)
def test_email_url_illisible(url, monkeypatch):
    from django.core.exceptions import ImproperlyConfigured

    monkeypatch.setenv("EMAIL_URL", url)
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        messagerie("console:")


def test_la_liste_des_mots_de_passe_courants_est_sur_place():
    noms = [validateur["NAME"].rsplit(".", 1)[1] for validateur in settings.AUTH_PASSWORD_VALIDATORS]
    assert "CommonPasswordValidator" in noms and "MinimumLengthValidator" in noms
