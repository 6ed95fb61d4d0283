"""Tests of the administrators with less than everything, of « Voir comme », and of « Inviter »."""

import datetime as dt
import html
import re
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client, RequestFactory

from edof.horloge import maintenant
from organismes.droits import EN_VISITE, Role
from organismes.models import Invitation, Organisme, Utilisateur, Visite
from tests.conftest import Monde
from tests.organismes.test_second_facteur import proteger

BON = "demo-edof-mot-de-passe"
# What each role does beside reading: (model, operation) and the names of the actions on lists.
PEUVENT = {
    "Support": {"axes.accessattempt.debloquer", "organismes.bandeau.add", "organismes.bandeau.change"},
    "Publication": {
        "organismes.organisme.suspendre", "organismes.organisme.lever_la_suspension",
        *(f"recherche.synonyme.{quoi}" for quoi in ("add", "change", "delete", "delete_selected")),
    },
    "Certifications": {
        "catalogue.certification.add", "catalogue.certification.change",
        *(f"catalogue.typeferme.{quoi}" for quoi in ("add", "change", "delete", "delete_selected")),
    },
    "Personnes": {
        "organismes.organisme.add", "organismes.organisme.change", "organismes.utilisateur.add",
        "organismes.utilisateur.change", "organismes.jeton.revoquer", "axes.accessattempt.debloquer",
        *(f"organismes.utilisateur.{quoi}"
          for quoi in ("envoyer_un_lien", "fermer_les_sessions", "retirer_le_second_facteur")),
    },
    "": set(),
}  # fmt: skip
# What each role does not even read, among what leads to people or to the catalogue.
NE_LISENT_PAS = {
    "Support": set(),
    "Publication": {"organismes.utilisateur", "organismes.jeton", "axes.accesslog"},
    "Certifications": {"organismes.organisme", "organismes.utilisateur", "publication.passage"},
    "Personnes": {"catalogue.offre", "publication.passage", "organismes.courriel"},
    "": {"organismes.organisme", "catalogue.offre", "axes.accesslog"},
}
PAGES = {
    "publication/passage/rattraper/": {"Publication"},
    "catalogue/certification/importer/": {"Certifications"},
}


def agent(role):
    personne = Utilisateur.objects.create_user(f"agent-{role}@test.example", BON, is_staff=True)
    if role:
        personne.groups.add(Group.objects.get(name=role))
    return personne


@pytest.mark.parametrize("role", PEUVENT)
def test_chaque_role_lit_et_fait_ce_qu_il_doit_et_rien_d_autre(client, monde, role):
    personne = agent(role)
    client.force_login(personne, backend="django.contrib.auth.backends.ModelBackend")
    requete = RequestFactory().get("/admin/")
    requete.user = personne
    peut, lus = set(), set()
    for modele, page in admin.site._registry.items():
        nom = modele._meta.label_lower
        statut = client.get(f"/admin/{nom.replace('.', '/')}/").status_code
        assert statut == (200 if page.has_view_permission(requete) else 403), nom
        lus |= {nom} if statut == 200 else set()
        peut |= {f"{nom}.{quoi}" for quoi in ("add", "change", "delete")
                 if getattr(page, f"has_{quoi}_permission")(requete)}  # fmt: skip
        if statut == 200:
            peut |= {f"{nom}.{action}" for action in page.get_actions(requete)}
    assert peut == PEUVENT[role]
    assert not lus & NE_LISENT_PAS[role]
    for chemin, permis in PAGES.items():
        assert client.get(f"/admin/{chemin}").status_code == (200 if role in permis else 403), chemin
    o = monde.organisme.pk
    suspension = client.get(f"/admin/organismes/organisme/suspension/?suspendre=oui&o={o}")
    assert suspension.status_code == (200 if role == "Publication" else 403)
    assert client.get(f"/admin/organismes/organisme/{o}/voir-comme/").status_code == (
        200 if role == "Support" else 403
    )
    assert client.get(f"/admin/organismes/organisme/{o}/inviter/").status_code == (
        200 if role == "Personnes" else 403
    )


def test_qui_s_occupe_des_personnes_ne_s_eleve_pas(client, monde):
    personne, autre = agent("Personnes"), agent("Publication")
    client.force_login(personne, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/admin/organismes/utilisateur/{monde.gestionnaire.pk}/change/").text
    assert 'name="courriel"' in page and not re.search('name="(groups|is_staff|is_superuser)"', page)
    for cible in (autre, personne):
        assert client.get(f"/admin/organismes/utilisateur/{cible.pk}/password/").status_code == 403
        assert client.post(f"/admin/organismes/utilisateur/{cible.pk}/change/", {}).status_code == 403
    proteger(autre)
    choix = {"action": "retirer_le_second_facteur", "_selected_action": [autre.pk]}
    reponse = client.post("/admin/organismes/utilisateur/", choix, follow=True)
    autre.refresh_from_db()
    assert "Seul un administrateur" in reponse.text and autre.second_facteur_le


def test_un_administrateur_donne_un_role(client, monde):
    chef = Utilisateur.objects.create_superuser("chef@test.example", BON)
    client.force_login(chef, backend="django.contrib.auth.backends.ModelBackend")
    adresse = f"/admin/organismes/utilisateur/{monde.gestionnaire.pk}/change/"
    groupe = Group.objects.get(name="Support")
    donnees = {"courriel": monde.gestionnaire.courriel, "is_active": "on", "groups": [groupe.pk]}
    assert "cochez aussi cette case" in client.post(adresse, donnees).text
    assert client.post(adresse, donnees | {"is_staff": "on"}).status_code == 302
    assert monde.gestionnaire.groups.get() == groupe


def test_les_sessions_de_quelqu_un_se_ferment(client, monde):
    la = Client()
    la.post("/connexion/", {"username": monde.gestionnaire.courriel, "password": BON})
    assert la.get("/compte/").status_code == 200
    client.force_login(agent("Personnes"), backend="django.contrib.auth.backends.ModelBackend")
    choix = {"action": "fermer_les_sessions", "_selected_action": [monde.gestionnaire.pk]}
    assert (
        "1\N{NO-BREAK SPACE}session fermée"
        in client.post("/admin/organismes/utilisateur/", choix, follow=True).text
    )
    assert la.get("/compte/").status_code == 302


# --- « Voir comme » ---


@pytest.fixture
def visiteur(client, monde):
    client.force_login(
        Utilisateur.objects.create_superuser("chef@test.example", BON),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    adresse = f"/admin/organismes/organisme/{monde.organisme.pk}/voir-comme/"
    assert client.post(adresse, {"motif": ""}).status_code == 422
    assert client.post(adresse, {"motif": "Demande par téléphone"}).url == "/"
    return client


def test_voir_comme_lit_tout_et_ne_change_rien(visiteur, monde):
    autre = Monde("Autre", "52345678900017")
    session = monde.session()
    pages = (
        "/", "/catalogue/", "/catalogue/sessions/", f"/catalogue/sessions/{session.pk}/", "/carnet/",
        f"/catalogue/offres/{monde.offre.pk}/", "/equipe/", "/organisme/", "/publications/demain/",
        "/en-ligne/", "/catalogue/exporter/", "/compte/", "/catalogue/lots/",
        f"/catalogue/offres/{monde.offre.pk}/historique/", f"/carnet/contacts/{monde.contact.pk}/",
    )  # fmt: skip
    for page in pages:
        lue = visiteur.get(page)
        assert lue.status_code == 200 and "Quitter la visite" in lue.text, page
    assert visiteur.get(f"/catalogue/offres/{autre.offre.pk}/").status_code == 404
    assert visiteur.get(f"/catalogue/offres/{monde.offre.pk}/modifier/").status_code == 403
    for adresse in (
        f"/catalogue/sessions/{session.pk}/ouvrir/", "/catalogue/offres/ajouter/", "/equipe/inviter/",
        "/jetons/creer/", "/catalogue/sessions/vues/ajouter/", "/carnet/contacts/ajouter/", "/compte/",
        "/bravo/", "/organisme/choisir/", "/compte/agenda/creer/", "/catalogue/sessions/colonnes/",
    ):  # fmt: skip
        refuse = visiteur.post(adresse, {"nom": "x"})
        assert refuse.status_code in {403, 404} and (refuse.status_code == 404 or EN_VISITE in html.unescape(
            refuse.text
        )), adresse  # fmt: skip
    visite = Visite.objects.get()
    assert visite.fin - visite.debut == dt.timedelta(minutes=30)


def test_la_visite_se_quitte_finit_seule_et_se_lit(visiteur, monde, time_machine):
    assert visiteur.post("/visite/quitter/").url.endswith(f"/{monde.organisme.pk}/change/")
    assert "Quitter la visite" not in visiteur.get("/compte/").text
    assert visiteur.post("/visite/quitter/").url == "/"
    visiteur.post(f"/admin/organismes/organisme/{monde.organisme.pk}/voir-comme/", {"motif": "Encore"})
    assert "Quitter la visite" in visiteur.get("/compte/").text
    time_machine.move_to(maintenant() + dt.timedelta(minutes=31))
    assert "Quitter la visite" not in visiteur.get("/compte/").text
    lecteur = Client()
    lecteur.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    page = lecteur.get("/equipe/historique/").text
    assert "Demande par téléphone" in page and "Encore" in page


def test_la_visite_finit_avec_le_droit(visiteur, monde):
    Utilisateur.objects.filter(courriel="chef@test.example").update(is_superuser=False)
    assert "Quitter la visite" not in visiteur.get("/compte/").text


# --- « Inviter » ---


def test_inviter_depuis_l_administration(client, monde):
    vide = Organisme.objects.create(raison_sociale="Neuf", siret="82345678900014")
    client.force_login(agent("Personnes"), backend="django.contrib.auth.backends.ModelBackend")
    adresse = f"/admin/organismes/organisme/{vide.pk}/inviter/"
    assert client.post(adresse, {"courriel": "x"}).status_code == 422
    donnees = {"courriel": "premiere@test.example", "role": Role.GESTIONNAIRE}
    page = client.post(adresse, donnees, follow=True)
    assert "envoyée à premiere@test.example" in html.unescape(page.text)
    lien = urlsplit(re.search(r"http\S+", mail.outbox[-1].body).group()).path
    nouvelle = Client()
    compte = {"prenom": "Nadia", "nom": "Roux", "password1": "une phrase assez longue"}
    nouvelle.post(lien, compte | {"password2": "une phrase assez longue"})
    assert vide.membres.get().role == Role.GESTIONNAIRE and not Invitation.objects.exists()
    assert "déjà membre" in html.unescape(client.post(adresse, donnees).text)
