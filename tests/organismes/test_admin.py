"""Tests of organismes, people, sign-ins and banners in the administration."""

import datetime as dt
import re

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth.models import Permission
from django.core import mail
from django.urls import reverse

from edof.horloge import maintenant
from organismes.courriels import envoyer_ce_qui_attend
from organismes.droits import Role
from organismes.models import Bandeau, Membre, Organisme, Qualiopi, Utilisateur
from publication.visibilite import visibles
from sessions_app.models import Session
from tests.administration import (
    administrateur,
    adresse,
    client,
    enregistrer,
    messages,
    monde,
    operer,
    peuple,
    texte,
)
from tests.conftest import Monde

# ruff: noqa: F401, F811


def suspension(*organismes, suspendre="oui") -> str:
    cles = "&".join(f"o={organisme.pk}" for organisme in organismes)
    return f"{reverse('admin:organismes_organisme_suspension')}?suspendre={suspendre}&{cles}"


@pytest.mark.exigence("D-20")
def test_suspendre_demande_un_motif_le_garde_et_retire_aussitot(client, peuple, monde, administrateur):
    assert visibles(Session.objects.all()).exists()
    page = client.post(suspension(monde.organisme), {"motif": " "})
    assert (
        page.status_code == 422
        and "Indiquez le motif." in texte(page)
        and not Organisme.objects.get().suspendu
    )
    assert client.post(
        suspension(monde.organisme), {"motif": "Contrôle <en cours>"}, follow=True
    ).redirect_chain[-1][0] == adresse(monde.organisme)
    assert not visibles(Session.objects.all()).exists()
    contexte = monde.organisme.events.order_by("-pgh_id").first().pgh_context.metadata
    assert contexte == {
        "operation": "suspendre",
        "origine": "admin",
        "utilisateur": administrateur.pk,
        "motif": "Contrôle <en cours>",
    }
    histoire = texte(client.get(adresse(monde.organisme, "history")))
    assert (
        "Suspension" in histoire
        and "Motif : Contrôle &lt;en cours&gt;" in histoire
        and "Suspendu Oui" in histoire.replace("ajouté : ", "").replace("retiré : Non ", "")
    )
    deja = client.post(suspension(monde.organisme), {"motif": "Encore"}, follow=True)
    assert (
        messages(deja)
        and monde.organisme.events.filter(pgh_context__metadata__operation="suspendre").count() == 1
    )
    client.post(suspension(monde.organisme, suspendre="non"), {"motif": "Levée"})
    assert visibles(Session.objects.all()).exists()


def test_suspendre_en_nombre_par_l_action(client, monde):
    autre = Monde("Autre", "52345678900017")
    page = operer(client, "suspendre", monde.organisme, autre.organisme)
    assert (
        "Institut" in texte(page)
        and "Autre" in texte(page)
        and not Organisme.objects.filter(suspendu=True).exists()
    )
    client.post(page.redirect_chain[-1][0], {"motif": "Fraude"})
    assert Organisme.objects.filter(suspendu=True).count() == 2
    assert client.get(suspension(Organisme(pk=10**9))).status_code == 404
    assert (
        client.get(f"{reverse('admin:organismes_organisme_suspension')}?o=x&o={'9' * 30}").status_code == 404
    )


@pytest.fixture
def organisme(monde) -> Organisme:
    Organisme.objects.update(siret="73282932000074")
    return Organisme.objects.get()


def test_un_certificat_finit_par_sa_date_et_ne_s_efface_pas(client, organisme, administrateur):
    certificat = Qualiopi.objects.get()
    assert (
        enregistrer(
            client, organisme, **{"qualiopi-0-DELETE": "on", "qualiopi-0-au": "31/12/2030"}
        ).status_code
        == 302
    )
    certificat.refresh_from_db()
    assert certificat.au == dt.date(2030, 12, 31)
    assert (
        certificat.events.order_by("-pgh_id").first().pgh_context.metadata["utilisateur"] == administrateur.pk
    )
    assert "31 décembre 2030" in texte(client.get(adresse(organisme, "history")))
    refus = enregistrer(client, organisme, **{"qualiopi-0-au": "01/01/2019"})
    assert refus.status_code == 200 and "La fin de validité précède le début." in texte(refus)


def test_les_deux_points_ont_leur_espace(client, organisme, administrateur):
    bandeau = Bandeau.objects.create(message="Maintenance", du=maintenant())
    for page in (
        adresse(organisme),
        reverse("admin:organismes_utilisateur_change", args=[administrateur.pk]),
        reverse("admin:organismes_bandeau_delete", args=[bandeau.pk]),
    ):
        assert re.findall(r"[\w»)]+:\s", texte(client.get(page))) == [], page


def test_le_champ_suspendu_ne_se_poste_pas(client, organisme):
    assert enregistrer(client, organisme, suspendu="on").status_code == 302
    assert not Organisme.objects.get().suspendu


def test_le_dernier_gestionnaire_reste(client, organisme, monde):
    for changes in ({"membres-0-role": "lecteur"}, {"membres-0-DELETE": "on"}):
        refus = enregistrer(client, organisme, **changes)
        assert refus.status_code == 200 and "aucun gestionnaire" in texte(refus)
        assert Membre.objects.get().role == Role.GESTIONNAIRE
    nouveau = Utilisateur.objects.create_user("nouveau@test.example", "x")
    assert (
        enregistrer(
            client,
            organisme,
            **{"membres-2-0-utilisateur": "Nouveau@test.example", "membres-2-0-role": "gestionnaire"},
        ).status_code
        == 302
    )
    rang = {
        membre.utilisateur_id: n for n, membre in enumerate(Membre.objects.order_by("utilisateur__courriel"))
    }[monde.gestionnaire.pk]
    assert enregistrer(client, organisme, **{f"membres-{rang}-DELETE": "on"}).status_code == 302
    assert Membre.objects.get().utilisateur == nouveau
    deux = enregistrer(
        client,
        organisme,
        **{"membres-2-0-utilisateur": "Nouveau@test.example", "membres-2-0-role": "lecteur"},
    )
    assert deux.status_code == 200 and Membre.objects.count() == 1


# --- People ---


def test_creer_desactiver_et_changer_le_mot_de_passe(client, monde):
    trop_court = client.post(
        adresse(Utilisateur, "add"),
        {"courriel": "n@test.example", "password1": "court", "password2": "court"},
    )
    assert trop_court.status_code == 200 and "12 caractères" in texte(trop_court)
    envoi = {
        "courriel": "n@test.example",
        "password1": "un-mot-de-passe-long",
        "password2": "un-mot-de-passe-long",
    }
    assert client.post(adresse(Utilisateur, "add"), envoi).status_code == 302
    pris = client.post(adresse(Utilisateur, "add"), {**envoi, "courriel": "N@test.example"})
    assert pris.status_code == 200 and "Un compte existe déjà" in texte(pris)
    personne = Utilisateur.objects.get(courriel="n@test.example")
    page = client.get(adresse(personne)).content.decode()
    assert personne.password not in page and "algorithme" not in page and "md5" not in page.lower()
    nouveau = reverse("admin:auth_user_password_change", args=[personne.pk])
    assert "12 caractères" in texte(
        client.post(nouveau, {"usable_password": "true", "password1": "court", "password2": "court"})
    )
    client.post(
        nouveau,
        {
            "usable_password": "true",
            "password1": "encore-un-plus-long",
            "password2": "encore-un-plus-long",
            "set-password": "1",
        },
    )
    personne.refresh_from_db()
    assert personne.check_password("encore-un-plus-long")
    averti = client.post(adresse(monde.gestionnaire), {"courriel": monde.gestionnaire.courriel}, follow=True)
    assert any("plus de gestionnaire" in ligne for ligne in messages(averti))
    monde.gestionnaire.refresh_from_db()
    assert not monde.gestionnaire.is_active


def test_un_lien_part_vers_qui_a_perdu_son_mot_de_passe(client, monde, administrateur):
    sans, desactive = monde.personne("sans", Role.LECTEUR), monde.personne("parti", Role.LECTEUR)
    sans.set_unusable_password()
    sans.save()
    Utilisateur.objects.filter(pk=desactive.pk).update(is_active=False)
    dits = messages(operer(client, "envoyer_un_lien", sans, desactive))
    envoyer_ce_qui_attend()
    assert (
        f"part vers {sans.courriel}." in dits[0] and desactive.courriel in dits[1] and "désactivés" in dits[1]
    )
    assert [message.to for message in mail.outbox] == [[sans.courriel]] and "/mot-de-passe/" in mail.outbox[
        0
    ].body
    # A user who is not an administrator cannot act on one.
    aide = Utilisateur.objects.create_user("aide@test.example", "x", is_staff=True)
    aide.user_permissions.set(Permission.objects.filter(content_type__model="utilisateur"))
    client.force_login(aide, backend="django.contrib.auth.backends.ModelBackend")
    assert (
        "Aucun lien ne part vers admin@test.example"
        in messages(operer(client, "envoyer_un_lien", administrateur))[0]
    )
    envoyer_ce_qui_attend()
    assert len(mail.outbox) == 1


def test_personne_ne_s_enferme_dehors(client, administrateur):
    refus = client.post(adresse(administrateur), {"courriel": administrateur.courriel, "is_superuser": "on"})
    assert refus.status_code == 200 and "votre propre compte" in texte(refus)
    administrateur.refresh_from_db()
    assert administrateur.is_active and administrateur.is_staff
    assert client.post(adresse(administrateur, "delete"), {"post": "yes"}).status_code == 403


def test_un_acces_bloque_se_debloque_et_les_connexions_se_lisent(client, peuple):
    tentative = peuple[AccessAttempt]
    AccessAttempt.objects.create(
        username=tentative.username, ip_address=tentative.ip_address, user_agent="autre", http_accept="",
        path_info="/", get_data="",
        post_data="", failures_since_start=3,
    )  # fmt: skip
    assert "x@test.example" in texte(client.get(adresse(AccessAttempt, "changelist"), {"bloque": "oui"}))
    operer(client, "debloquer", tentative)
    assert not AccessAttempt.objects.exists()
    for modele in (AccessLog, AccessFailureLog):
        assert "192.0.2.1" in texte(client.get(adresse(modele, "changelist")))


def test_un_echec_de_connexion_se_voit(client, db, administrateur):
    client.logout()
    client.post("/connexion/", {"username": "admin@test.example", "password": "faux"})
    client.post("/connexion/", {"username": "admin@test.example", "password": "mot-de-passe-long"})
    assert "admin@test.example" in texte(client.get(adresse(AccessFailureLog, "changelist")))
    assert "admin@test.example" in texte(client.get(adresse(AccessLog, "changelist")))


def test_on_se_connecte_par_la_page_du_site(client, monde):
    client.logout()
    assert client.get("/admin/login/").url == "/connexion/?next=/admin/"
    assert client.get("/admin/catalogue/offre/").url.startswith("/connexion/?next=/admin/catalogue/offre/")
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    refus = client.get("/admin/login/")
    assert refus.status_code == 403 and "réservée aux administrateurs" in texte(refus)


# --- Banners ---


def test_un_bandeau_va_a_tous_ou_a_un_organisme_le_temps_qu_il_dit(client, monde):
    autre = Monde("Autre", "52345678900017")
    Bandeau.objects.create(message="Pour tous <b>", niveau="info")
    Bandeau.objects.create(message="Pour l'institut", niveau="alerte", organisme=monde.organisme)
    Bandeau.objects.create(message="Plus tard", du=maintenant() + dt.timedelta(hours=1))
    Bandeau.objects.create(
        message="Fini", du=maintenant() - dt.timedelta(hours=2), au=maintenant() - dt.timedelta(hours=1)
    )
    for personne, attendus in (
        (monde.gestionnaire, ["Pour l'institut", "Pour tous &lt;b&gt;"]),
        (autre.gestionnaire, ["Pour tous &lt;b&gt;"]),
    ):
        client.force_login(personne, backend="django.contrib.auth.backends.ModelBackend")
        page = texte(client.get("/catalogue/"))
        assert [
            m for m in ("Pour l'institut", "Pour tous &lt;b&gt;", "Plus tard", "Fini") if m in page
        ] == attendus
    client.logout()
    assert "Pour tous" not in texte(client.get("/formations/"))


def test_un_bandeau_se_saisit_avec_ses_limites(client, monde, administrateur):
    valeurs = {
        "niveau": "info",
        "du_0": "01/01/2030",
        "du_1": "08:00:00",
        "au_0": "",
        "au_1": "",
        "organisme": "",
    }
    long = client.post(adresse(Bandeau, "add"), {**valeurs, "message": "x" * 301})
    assert long.status_code == 200 and "300" in texte(long)
    inverse = client.post(
        adresse(Bandeau, "add"), {**valeurs, "message": "x", "au_0": "01/01/2029", "au_1": "08:00"}
    )
    assert inverse.status_code == 200 and "précède son début" in texte(inverse)
    inconnu = client.post(adresse(Bandeau, "add"), {**valeurs, "message": "Bonjour", "organisme": "123"})
    assert inconnu.status_code == 200 and "Aucun organisme n'a ce SIRET." in texte(inconnu)
    assert (
        client.post(
            adresse(Bandeau, "add"), {**valeurs, "message": "Bonjour", "organisme": "412 345 678 00019"}
        ).status_code
        == 302
    )
    assert Bandeau.objects.get().organisme == monde.organisme
    assert 'value="41234567800019"' in client.get(adresse(Bandeau.objects.get())).content.decode()
    bandeau = Bandeau.objects.get()
    assert bandeau.events.get().pgh_context.metadata["utilisateur"] == administrateur.pk
    assert client.get(adresse(bandeau, "delete")).status_code == 200
    client.post(adresse(bandeau, "delete"), {"post": "yes"})
    assert not Bandeau.objects.exists()
