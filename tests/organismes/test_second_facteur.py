"""Tests of the second factor: put, asked for, replaced by a recovery code, required, taken away."""

import datetime as dt
import html
import re
import time
from base64 import b32decode
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from edof.horloge import maintenant
from organismes import second_facteur
from organismes.courriels import envoyer_ce_qui_attend
from organismes.droits import Role
from organismes.models import CodeDeSecours, Membre, Utilisateur
from tests.conftest import Monde

BON = "demo-edof-mot-de-passe"
PAGE, APPLICATION = "/compte/second-facteur/", "/compte/second-facteur/application/"


def code(personne, decalage=0):
    """Return the code that the application of this person shows, or showed `decalage` periods ago."""
    totp = TOTP(TOTPDevice.objects.get(user=personne).bin_key)
    totp.time = time.time() + 30 * decalage
    return f"{totp.token():06}"


def proteger(personne):
    """Give a second factor to this person; return their recovery codes."""
    cle = second_facteur.nouvelle_application(personne).key
    totp = TOTP(bytes.fromhex(cle))
    totp.time = time.time() - 30
    assert second_facteur.poser_l_application(personne, cle, f"{totp.token():06}")
    return second_facteur.refaire_les_codes(personne)


def entrer(client, personne, **autres):
    return client.post("/connexion/", {"username": personne.courriel, "password": BON, **autres})


def donner(client, valeur):
    return client.post("/connexion/code/", {"code": valeur})


def lu(reponse):
    return html.unescape(reponse.text)


def connecte(client):
    return "_auth_user_id" in client.session


@pytest.fixture
def personne(monde):
    return monde.gestionnaire


# --- Put ---


def test_une_application_se_pose_avec_le_qr_et_la_cle(client, connecter, personne):
    ailleurs = Client()
    entrer(ailleurs, personne)
    connecter(personne)
    page = client.get(APPLICATION).text
    assert '<svg width="' in page and "style=" not in page.partition("<main")[2]
    lisible = re.search(r"secret-lisible.*?<code>([A-Z2-7 ]+)</code>", page, re.S)[1]
    signee = html.unescape(re.search(r'name="cle" value="([^"]+)"', page)[1])
    cle = second_facteur.nouvelle_application(personne).key
    assert not TOTPDevice.objects.exists() and len(lisible.replace(" ", "")) == 32
    faux = client.post(APPLICATION, {"cle": signee, "code": "12"})
    assert faux.status_code == 422 and "Ce n'est pas le code affiché" in lu(faux) and signee in lu(faux)
    assert not TOTPDevice.objects.exists()
    totp = TOTP(b32decode(lisible.replace(" ", "")))
    totp.time = time.time()
    pose = client.post(APPLICATION, {"cle": signee, "code": f" {totp.token():06}"})
    codes = re.findall(r"<code>([0-9A-Z-]{29})</code>", pose.text)
    assert pose.status_code == 201 and len(codes) == len(set(codes)) == 10
    assert all(c in pose.text.partition("data:text/plain")[2] for c in codes)
    # This session goes on, the other one has ended.
    assert client.get(PAGE).status_code == 200 and ailleurs.get("/").status_code == 302
    assert "Actif" in client.get(PAGE).text and cle not in client.get(PAGE).text
    assert not any(CodeDeSecours.objects.filter(empreinte__in=codes))
    envoyer_ce_qui_attend()
    assert "vient d'être ajoutée" in mail.outbox[-1].body


def test_la_cle_d_un_autre_ou_perimee_ne_se_pose_pas(client, connecter, monde, time_machine):
    autre = monde.personne("autre", Role.LECTEUR)
    page = connecter(autre).get(APPLICATION).text
    signee = html.unescape(re.search(r'name="cle" value="([^"]+)"', page)[1])
    for fausse in (signee, "x", ""):
        reponse = connecter(monde.gestionnaire).post(APPLICATION, {"cle": fausse, "code": "123456"})
        assert reponse.url == APPLICATION


# --- Asked for ---


def test_le_mot_de_passe_seul_n_ouvre_plus_rien(client, personne):
    proteger(personne)
    reponse = entrer(client, personne, next="/carnet/")
    assert reponse.url == "/connexion/code/" and not connecte(client)
    assert client.get("/carnet/").status_code == 302
    refuse = donner(client, "000000")
    assert refuse.status_code == 422 and "pas le bon" in refuse.text and not connecte(client)
    assert donner(client, code(personne)).url == "/carnet/" and connecte(client)
    assert client.get("/carnet/").status_code == 200


def test_un_code_ne_sert_qu_une_fois(client, personne):
    proteger(personne)
    donne = code(personne)
    entrer(client, personne)
    assert donner(client, donne).status_code == 302
    autre = Client()
    entrer(autre, personne)
    assert donner(autre, donne).status_code == 422 and not connecte(autre)


def test_un_code_de_secours_sert_une_fois_et_se_dit(client, personne):
    codes = proteger(personne)
    entrer(client, personne)
    assert donner(client, codes[0].lower().replace("-", " ")).status_code == 302
    autre = Client()
    entrer(autre, personne)
    assert donner(autre, codes[0]).status_code == 422
    assert donner(autre, codes[1]).status_code == 302
    envoyer_ce_qui_attend()
    assert any("8\N{NO-BREAK SPACE}codes restent valables" in m.body for m in mail.outbox)
    second_facteur.refaire_les_codes(personne)
    troisieme = Client()
    entrer(troisieme, personne)
    assert donner(troisieme, codes[2]).status_code == 422


def test_dix_codes_faux_et_l_on_attend_comme_pour_un_mot_de_passe(client, personne):
    proteger(personne)
    entrer(client, personne)
    for _ in range(9):
        assert donner(client, "000000").status_code == 422
    assert donner(client, "000000").status_code == 429
    assert donner(client, code(personne)).status_code == 429 and not connecte(client)
    assert entrer(Client(), personne).status_code == 429
    envoyer_ce_qui_attend()
    assert [m.subject for m in mail.outbox].count("Quelqu'un connaît le mot de passe de votre compte") == 1


def test_l_attente_du_code_a_une_fin(client, personne, time_machine):
    proteger(personne)
    assert client.get("/connexion/code/").url == "/connexion/"
    entrer(client, personne)
    time_machine.move_to(maintenant() + dt.timedelta(minutes=11))
    assert client.get("/connexion/code/").url == "/connexion/"
    assert donner(client, code(personne)).url == "/connexion/" and not connecte(client)
    entrer(client, personne)
    personne.set_password("un autre mot de passe")
    personne.save()
    assert donner(client, code(personne)).url == "/connexion/" and not connecte(client)


def test_ce_que_l_on_saisissait_est_rendu_apres_le_code(client, personne):
    proteger(personne)
    reprise = '[["intitule", "Gardé"]]'
    entrer(client, personne, next="/catalogue/offres/ajouter/", reprise=reprise)
    page = donner(client, code(personne))
    assert 'value="Gardé"' in page.text and connecte(client)


# --- Required ---


def test_l_administration_le_demande(client, settings, monde):
    settings.SECOND_FACTEUR_DES_ADMINISTRATEURS = True
    admin = Utilisateur.objects.create_superuser("admin@test.example", BON)
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    reponse = client.get("/admin/organismes/organisme/")
    assert reponse.url == PAGE and client.post("/admin/organismes/organisme/add/").status_code == 403
    assert "L'administration de la plateforme demande" in lu(client.get(PAGE))
    proteger(admin)
    client = Client()
    entrer(client, admin, next="/admin/")
    donner(client, code(admin))
    assert client.get("/admin/").status_code == 200
    refuse = client.post("/compte/second-facteur/retirer/", follow=True)
    assert "pas le retirer" in refuse.text and TOTPDevice.objects.exists()


def test_un_organisme_l_exige_a_la_prochaine_connexion(client, connecter, monde, personne, time_machine):
    lecteur, deja = monde.personne("lecteur", Role.LECTEUR), Client()
    entrer(deja, lecteur)
    deja.get("/")
    connecter(personne)
    sans = client.post("/equipe/second-facteur/", {"exiger": "1"}, follow=True)
    assert "votre propre second facteur" in sans.text
    proteger(personne)
    client.force_login(personne, backend="django.contrib.auth.backends.ModelBackend")
    exige = client.post("/equipe/second-facteur/", {"exiger": "1"}, follow=True)
    assert "Le second facteur est exigé" in exige.text
    # Whoever was at work finishes.
    assert deja.get("/catalogue/").status_code == 200
    time_machine.move_to(maintenant() + dt.timedelta(seconds=2))
    nouveau = Client()
    entrer(nouveau, lecteur)
    assert nouveau.get("/catalogue/", follow=True).redirect_chain[-1][0] == PAGE
    assert nouveau.get("/compte/").status_code == 200 and nouveau.get("/formations/").status_code == 200
    perdu = nouveau.post("/carnet/contacts/ajouter/", {"nom": "Moreau", "espace": monde.organisme.pk})
    assert perdu.status_code == 403 and "Moreau" in perdu.text
    assert "Second facteur exigé des membres." in client.get("/equipe/historique/").text
    assert "plus exigé" in client.post("/equipe/second-facteur/", follow=True).text
    assert nouveau.get("/catalogue/").status_code == 200


# --- Taken away ---


def test_un_gestionnaire_le_retire_a_qui_a_tout_perdu(client, connecter, monde, personne):
    lecteur = monde.personne("lecteur", Role.LECTEUR)
    adresse = f"/equipe/{lecteur.membres.get().pk}/second-facteur/"
    connecter(personne)
    assert "n'a pas de second facteur" in lu(client.get(adresse, follow=True))
    proteger(lecteur)
    assert "Retirer son second facteur" in client.get("/equipe/").text
    assert "de vive voix" in client.get(adresse).text
    client.post(adresse)
    lecteur.refresh_from_db()
    assert lecteur.second_facteur_le is None and not TOTPDevice.objects.exists()
    assert "Second facteur de" in client.get("/equipe/historique/").text
    envoyer_ce_qui_attend()
    assert "a retiré votre second facteur" in mail.outbox[-1].body
    assert entrer(Client(), lecteur).url == "/"


def test_pas_a_qui_a_acces_a_un_autre_organisme(client, connecter, monde, personne):
    partage = monde.personne("partage", Role.LECTEUR)
    proteger(partage)
    ailleurs = Monde("Autre", "52345678900017").organisme
    Membre.objects.create(utilisateur=partage, organisme=ailleurs, role=Role.GESTIONNAIRE)
    adresse = f"/equipe/{partage.membres.get(organisme=monde.organisme).pk}/second-facteur/"
    page = connecter(personne).post(adresse, follow=True)
    assert "un administrateur de la plateforme" in page.text and TOTPDevice.objects.exists()


def test_chacun_retire_le_sien(client, connecter, personne):
    proteger(personne)
    connecter(personne)
    assert "Refaire des codes" in client.get(PAGE).text
    assert client.post("/compte/second-facteur/codes/").status_code == 201
    page = client.post("/compte/second-facteur/retirer/", follow=True)
    assert "Votre second facteur est retiré" in page.text
    assert not TOTPDevice.objects.exists() and not CodeDeSecours.objects.exists()
    assert "n'avez pas de second facteur" in lu(client.post("/compte/second-facteur/retirer/", follow=True))


def test_un_mot_de_passe_oublie_garde_le_second_facteur(client, personne):
    proteger(personne)
    client.post("/mot-de-passe/oublie/", {"email": personne.courriel})
    envoyer_ce_qui_attend()
    lien = urlsplit(re.search(r"http\S+", mail.outbox[-1].body).group()).path
    choisir = client.get(lien, follow=True).request["PATH_INFO"]
    neuf = "une phrase assez longue"
    client.post(choisir, {"new_password1": neuf, "new_password2": neuf})
    assert client.post("/connexion/", {"username": personne.courriel, "password": neuf}).url == (
        "/connexion/code/"
    )


def test_la_commande_le_retire_a_l_administrateur_qui_a_tout_perdu(personne, capsys):
    proteger(personne)
    call_command("retirer_le_second_facteur", personne.courriel.upper())
    assert "le mot de passe suffit" in capsys.readouterr().out and not TOTPDevice.objects.exists()
    for courriel, dit in ((personne.courriel, "n'a pas de second facteur"), ("x@x.example", "Aucun compte")):
        with pytest.raises(CommandError, match=dit):
            call_command("retirer_le_second_facteur", courriel)
