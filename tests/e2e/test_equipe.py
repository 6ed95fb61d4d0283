"""Tests of the team in Chromium, with and without JavaScript.

They cover inviting, joining, two organismes in two tabs, and a removal during work.
"""

import re

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from catalogue.models import Offre
from organismes.courriels import envoyer_ce_qui_attend
from organismes.droits import Role
from organismes.equipe import inviter
from organismes.models import Invitation, Jeton, Membre, Utilisateur
from sessions_app.models import Session
from tests.conftest import Monde
from tests.outils import entrer, se_connecter

pytestmark = pytest.mark.django_db(transaction=True)

MOT_DE_PASSE = "demo-edof-mot-de-passe"


def test_inviter_rejoindre_et_etre_retire(page: Page):
    monde = Monde()
    se_connecter(page, monde.gestionnaire.courriel)
    page.locator(".compte summary").click()
    page.get_by_role("link", name="Équipe").click()
    page.get_by_role("link", name="Inviter un membre").click()
    page.get_by_label("Adresse e-mail").fill("nina@test.example")
    page.get_by_role("button", name="Envoyer l'invitation").click()
    # What was typed is kept, and the role is required.
    expect(page.locator(".resume")).to_contain_text("Choisissez un rôle.")
    expect(page.get_by_label("Adresse e-mail")).to_have_value("nina@test.example")
    page.get_by_text("Rédacteur", exact=True).click()
    page.get_by_role("button", name="Envoyer l'invitation").click()
    expect(page.get_by_role("heading", name="nina@test.example")).to_be_visible()

    elle = page.context.browser.new_context(
        base_url=re.match(r"https?://[^/]+", page.url).group(), locale="fr-FR"
    ).new_page()
    elle.goto(re.search(r"http\S+", mail.outbox[-1].body).group())
    elle.get_by_label("Prénom").fill("Nina")
    elle.get_by_label("Nom", exact=True).fill("Roux")
    elle.get_by_label("Mot de passe", exact=True).fill("une phrase assez longue")
    elle.get_by_label("Confirmation du mot de passe").fill("une phrase assez longue")
    elle.get_by_role("button", name="Créer mon compte").click()
    expect(elle.locator(".message")).to_contain_text("Bienvenue dans l'équipe")
    elle.goto("/catalogue/offres/ajouter/?identifiant=neuve")
    elle.get_by_label("Intitulé").first.fill("Deux heures de travail")

    page.goto("/equipe/")
    ligne = page.locator(".entrees li", has=page.get_by_role("heading", name="Nina Roux"))
    ligne.locator("summary").click()
    ligne.get_by_role("link", name="Retirer de l'équipe").click()
    page.get_by_role("button", name="Retirer").click()
    expect(page.get_by_role("heading", name="Nina Roux")).to_have_count(0)

    elle.get_by_role("button", name="Enregistrer les modifications").click()
    expect(elle.get_by_label("Ce que vous aviez saisi")).to_contain_text("Deux heures de travail")
    assert (
        Offre.objects.count() == 1
        and not Membre.objects.filter(utilisateur__courriel="nina@test.example").exists()
    )
    elle.context.close()


@pytest.mark.parametrize("geste", ["retirer", "role"])
def test_qui_est_mis_dehors_l_est_a_la_demande_suivante(page: Page, geste: str):
    """Check that access is lost at the next request, with two windows.

    The open page, the token and the invitation are refused from then on.
    """
    monde = Monde()
    lui = monde.personne("lui", Role.GESTIONNAIRE)
    membre = lui.membres.get()
    jeton = Jeton(organisme=monde.organisme, nom="Planning", role=Role.GESTIONNAIRE, cree_par=lui)
    secret = Jeton.secret_de("planning", lui, monde.organisme)
    jeton.confier(secret)
    jeton.save()
    _, lien = inviter(monde.organisme, "invitee@test.example", Role.GESTIONNAIRE, par=lui)
    entrer(page, monde.gestionnaire.courriel)
    expect(page.get_by_role("heading", level=1)).to_contain_text("votre catalogue")
    base = re.match(r"https?://[^/]+", page.url).group()

    sa_fenetre = page.context.browser.new_context(base_url=base, locale="fr-FR").new_page()
    entrer(sa_fenetre, lui.courriel)
    sa_fenetre.goto("/equipe/inviter/")
    sa_fenetre.get_by_label("Adresse e-mail").fill("complice@test.example")
    sa_fenetre.get_by_text("Gestionnaire", exact=True).click()
    entetes = {"Authorization": f"Bearer {secret}"}
    assert sa_fenetre.request.get("/api/v1/offres/", headers=entetes).status == 200

    page.goto(f"/equipe/{membre.pk}/{geste}/")
    expect(page.locator("main")).to_contain_text("jeton d'API")
    if geste == "role":
        page.get_by_text("Lecteur", exact=True).click()
    page.get_by_role("button", name="Changer le rôle" if geste == "role" else "Retirer").click()
    expect(page.get_by_role("heading", name="Équipe")).to_be_visible()

    sa_fenetre.get_by_role("button", name="Envoyer l'invitation").click()
    expect(sa_fenetre.get_by_label("Ce que vous aviez saisi")).to_contain_text("complice@test.example")
    assert not Invitation.objects.filter(courriel="complice@test.example").exists()
    assert sa_fenetre.request.get("/api/v1/offres/", headers=entetes).status == 401
    etrangere = page.context.browser.new_context(base_url=base, locale="fr-FR").new_page()
    etrangere.goto(f"/invitation/{lien}/")
    expect(etrangere.get_by_role("button", name="Créer mon compte")).to_have_count(0)
    for fenetre in (sa_fenetre, etrangere):
        fenetre.context.close()


def test_deux_organismes_dans_deux_onglets(page: Page):
    monde, autre = Monde(), Monde("Atelier", "52345678900017")
    Membre.objects.create(utilisateur=monde.gestionnaire, organisme=autre.organisme, role=Role.GESTIONNAIRE)
    session = monde.session()
    entrer(page, monde.gestionnaire.courriel)
    page.goto(f"/catalogue/sessions/{session.pk}/modifier/")
    page.get_by_role("textbox", name="Modalités particulières").fill("Le samedi")

    onglet = page.context.new_page()
    onglet.goto("/equipe/")
    onglet.get_by_label("Changer d'organisme").click()
    onglet.get_by_role("button", name="Atelier").click()
    expect(onglet.get_by_role("heading", name="Équipe")).to_be_visible()
    expect(onglet.locator(".entete")).to_contain_text("Atelier")
    # The record belongs to the first organisme: the page offers to switch to it.
    onglet.goto(f"/catalogue/sessions/{session.pk}/")
    expect(onglet.get_by_role("button", name="Travailler pour Institut")).to_be_visible()
    onglet.goto("/catalogue/offres/ajouter/?identifiant=neuve")
    onglet.get_by_label("Intitulé").first.fill("Une offre de l'Atelier")

    page.get_by_role("button", name="Enregistrer les modifications").click()
    expect(page.locator(".message", has_text="Cette page était ouverte pour « Institut »")).to_be_visible()
    expect(page.locator(".entete")).to_contain_text("Institut")
    onglet.get_by_role("button", name="Enregistrer les modifications").click()
    expect(onglet.locator(".entete")).to_contain_text("Atelier")
    assert Session.objects.get(pk=session.pk).modalites_particulieres == "Le samedi"
    assert Offre.objects.get(intitule="Une offre de l'Atelier").organisme == autre.organisme


def test_mot_de_passe_oublie_puis_change(page: Page):
    monde = Monde()
    page.goto("/connexion/")
    page.get_by_role("link", name="Mot de passe oublié").click()
    page.get_by_label("Adresse e-mail").fill(monde.gestionnaire.courriel)
    page.get_by_role("button", name="Recevoir le lien").click()
    expect(page.get_by_role("heading", name="Consultez vos e-mails")).to_be_visible()
    envoyer_ce_qui_attend()
    page.goto(re.search(r"http\S+", mail.outbox[-1].body).group())
    for champ in ("Nouveau mot de passe", "Confirmation du nouveau mot de passe"):
        page.get_by_label(champ, exact=True).fill("une phrase assez longue")
    page.get_by_role("button", name="Changer le mot de passe").click()
    expect(page.locator(".message")).to_contain_text("connectez-vous avec le nouveau")
    se_connecter(page, monde.gestionnaire.courriel, "une phrase assez longue")
    page.goto("/compte/")
    page.get_by_label("Prénom").fill("Claire")
    page.get_by_label("Nom", exact=True).fill("Moreau")
    page.get_by_role("button", name="Enregistrer le nom").click()
    expect(page.locator("main")).to_contain_text("Claire Moreau")
    assert Utilisateur.objects.get(prenom="Claire").check_password("une phrase assez longue")
