"""Tests of every page with axe, error states included: WCAG 2.2 AA and best practice."""

import datetime as dt

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.utils.http import urlsafe_base64_encode
from playwright.sync_api import Browser

from catalogue.cycle_de_vie import executer
from edof.horloge import a_l_instant, aujourd_hui, maintenant
from organismes.droits import Operation, Role
from organismes.equipe import inviter
from organismes.models import Invitation, Membre
from organismes.models.jeton import empreinte
from publication.models import Partage, Parution
from publication.passages import publier
from sessions_app.models import Session
from tests.conftest import Monde
from tests.e2e.axe import constater
from tests.organismes.test_second_facteur import proteger

pytestmark = pytest.mark.django_db(transaction=True)
FAUTES = (
    "image-alt", "color-contrast", "html-has-lang", "landmark-one-main", "landmark-unique", "target-size",
    "déborde",
)  # fmt: skip


def test_axe_ne_trouve_rien_et_rien_ne_deborde(navigateur: Browser, live_server, client):
    with a_l_instant(maintenant() - dt.timedelta(days=1)):
        monde = Monde()
        session = monde.session("s1", ouverte=True)
        # Withdrawn this morning, and a link to what the first one will be.
        retiree = monde.session("s5", action=monde.nouvelle_action("ACTION-5"), ouverte=True).action_id
    Partage.objects.create(
        organisme=monde.organisme, action=monde.action, jour=aujourd_hui(), expire_le=aujourd_hui(),
        empreinte=empreinte("secret"),
    )  # fmt: skip
    monde.session("s2")
    # The second action is in the same town: two regions of the page must not have the same name.
    monde.nouvelle_action("ACTION-2")
    publier(aujourd_hui(), par="test")
    executer(Session.objects.get(identifiant="s5"), Operation.FERMER, par=monde.gestionnaire)
    parution = Parution.objects.get(session=session).pk
    fermee = executer(monde.session("s3", ouverte=True), Operation.FERMER, par=monde.gestionnaire)
    archivee = executer(monde.session("s4"), Operation.ARCHIVER, par=monde.gestionnaire)
    client.force_login(
        monde.personne("autre", Role.GESTIONNAIRE), backend="django.contrib.auth.backends.ModelBackend"
    )
    offre, action = monde.offre.pk, monde.action.pk
    ajouter = f"/catalogue/actions/{action}/sessions/ajouter/"
    adresses = [
        "/", "/catalogue/", f"/catalogue/?o={offre}&a={action}", "/catalogue/?q=rien", "/formations/",
        "/aide/visibilite/",
        f"/catalogue/offres/{offre}/", f"/catalogue/actions/{action}/", f"/catalogue/sessions/{session.pk}/",
        f"/catalogue/sessions/{session.pk}/visibilite/", f"/catalogue/sessions/{session.pk}/modifier/",
        f"/catalogue/offres/{offre}/visibilite/", f"/catalogue/actions/{action}/visibilite/",
        f"/catalogue/sessions/{fermee.pk}/visibilite/", f"/catalogue/sessions/{archivee.pk}/visibilite/",
        "/publications/", "/publications/demain/", "/publications/demain/?nature=retenue",
        f"/publications/{aujourd_hui()}/",
        "/en-ligne/", "/en-ligne/?q=rien", "/en-ligne/?jour=1999-01-01", "/en-ligne/?jour=demain",
        f"/en-ligne/{action}/",
        f"/en-ligne/{action}/?jour=x", f"/en-ligne/{action}/comparer/", f"/en-ligne/{action}/comparer/?de=x",
        f"/en-ligne/preuves/{parution}/", "/formations/verifier/", f"/formations/{action}/",
        f"/formations/{retiree}/", f"/catalogue/actions/{action}/apercus/", "/apercu/secret/", "/apercu/x/",
        f"/catalogue/offres/{offre}/modifier/", f"/catalogue/actions/{action}/modifier/",
        "/catalogue/offres/ajouter/",
        f"/catalogue/offres/{offre}/actions/ajouter/", f"/catalogue/offres/{offre}/supprimer/", "/aide/",
        "/aide/guides/", "/aide/navigateurs/", "/mentions-legales/", "/donnees-personnelles/",
        "/accessibilite/", "/plan/",
        f"/catalogue/sessions/{session.pk}/archiver/", ajouter, f"{ajouter}?identifiant=s1",
        f"{ajouter}?identifiant=libre",
        "/nulle-part/", "/deconnexion/",
    ]  # fmt: skip
    contexte = navigateur.new_context(
        viewport={"width": 320, "height": 700}, base_url=live_server.url, bypass_csp=True
    )
    page = contexte.new_page()
    constats = constater(page, "/connexion/", [])
    for _ in range(10):
        page.get_by_label("Adresse e-mail").fill("personne@test.example")
        page.get_by_label("Mot de passe").fill("pas le bon")
        page.get_by_role("button", name="Se connecter").click()
        page.get_by_role("alert").wait_for()
        if page.get_by_text("mot de passe incorrect").is_visible():
            constats = constats or constater(page, None, [])
    page.get_by_text("réessayez dans un quart d'heure").wait_for()
    constats = constater(page, None, constats)
    cookie = client.cookies["sessionid"].value
    contexte.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    for adresse in adresses:
        constats = constater(page, adresse, constats)
    preuve = page.request.get(f"/en-ligne/preuves/{parution}/fichier/").text()
    for texte in (preuve, preuve.replace("Texte", "Autre"), "illisible", ""):
        page.goto("/formations/verifier/")
        page.get_by_label("ou le texte de la preuve").fill(texte)
        page.get_by_role("button", name="Vérifier").click()
        page.locator(".verdict, .errorlist").wait_for()
        constats = constater(page, None, constats)
    page.goto(f"{ajouter}?identifiant=libre")
    page.get_by_role("button", name="+ AJOUTER UNE NOUVELLE ADRESSE").click()
    page.locator("#panneau-adresse_inscription").wait_for()
    constats = constater(page, None, constats)
    page.get_by_role("button", name="VALIDER").click()
    page.locator(".resume").wait_for()
    constats = constater(page, None, constats)
    for adresse in ("/catalogue/offres/ajouter/", f"/catalogue/offres/{offre}/actions/ajouter/"):
        page.goto(f"{adresse}?identifiant=libre")
        page.get_by_role("button", name="VALIDER").click()
        page.locator(".resume").wait_for()
        constats = constater(page, None, constats)
    for type_offre in (
        "Formation certifiante",
        "Accompagnement VAE",
        "Préparation aux épreuves du permis de conduire",
    ):
        page.goto("/catalogue/offres/ajouter/?identifiant=libre")
        page.get_by_label(type_offre).check()
        page.get_by_text("Certification ou thématique visée").first.wait_for()
        constats = constater(page, None, constats)
    page.goto(f"/catalogue/sessions/{session.pk}/modifier/")
    executer(
        session, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"modalites_particulieres": "Autre"}
    )
    page.get_by_role("textbox", name="Modalités particulières").fill("La mienne")
    page.get_by_role("button", name="VALIDER").click()
    page.locator(".divergence").wait_for()
    constats = constater(page, None, constats)
    contexte.clear_cookies(name="sessionid")
    page.get_by_role("button", name="VALIDER").click()
    page.get_by_text("Votre session a expiré").wait_for()
    constats = constater(page, None, constats)
    contexte.close()
    assert constats == []


def test_axe_ne_trouve_rien_sur_l_equipe_et_les_comptes(navigateur: Browser, live_server, client):
    monde, autre = Monde(), Monde("Atelier", "52345678900017")
    karim = monde.personne("karim", Role.REDACTEUR).membres.get()
    moi = monde.gestionnaire
    Membre.objects.create(utilisateur=moi, organisme=autre.organisme, role=Role.LECTEUR)
    longue = "une.adresse.vraiment.tres.longue.pour.un.telephone@test.example"
    _, jeton = inviter(monde.organisme, longue, Role.LECTEUR, par=moi)
    connu, _ = inviter(monde.organisme, "echouee@test.example", Role.LECTEUR, par=moi)
    Invitation.objects.filter(pk=connu.pk).update(echec="Le serveur de messagerie n'a pas répondu.")
    _, compte = inviter(monde.organisme, autre.gestionnaire.courriel, Role.LECTEUR, par=moi)
    neuve = signing.dumps([moi.pk, moi.courriel, longue], salt="nouvelle-adresse")
    contexte = navigateur.new_context(
        viewport={"width": 320, "height": 700}, base_url=live_server.url, bypass_csp=True
    )
    page = contexte.new_page()
    uid, cle = urlsafe_base64_encode(str(moi.pk).encode()), default_token_generator.make_token(moi)
    constats = []
    for adresse in (
        "/mot-de-passe/oublie/", "/mot-de-passe/oublie/envoye/", "/mot-de-passe/x/y/", "/invitation/x/",
        f"/invitation/{compte}/",
    ):  # fmt: skip
        constats = constater(page, adresse, constats)
    for adresse, bouton in (
        ("/mot-de-passe/oublie/", "Recevoir le lien"),
        (f"/mot-de-passe/{uid}/{cle}/", "Changer le mot de passe"),
        (f"/invitation/{jeton}/", "Créer mon compte et rejoindre l'équipe"),
    ):  # fmt: skip
        constats = constater(page, adresse, constats)
        constats = refuser(page, bouton, constats)
    proteger(moi)
    proteger(karim.utilisateur)
    client.force_login(moi, backend="django.contrib.auth.backends.ModelBackend")
    contexte.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    for adresse in (
        *(f"/compte/second-facteur/{suite}" for suite in ("", "application/", "cle/", "codes/", "retirer/")),
        "/connexion/confirmer/?next=/equipe/", f"/equipe/{karim.pk}/second-facteur/",
        "/equipe/", f"/equipe/{karim.pk}/role/", f"/equipe/{karim.pk}/retirer/",
        f"/equipe/{moi.membres.first().pk}/retirer/",
        f"/invitation/{jeton}/", f"/compte/adresse/{neuve}/", "/compte/adresse/x/",
        f"/catalogue/offres/{autre.offre.pk}/", "/compte/",
    ):  # fmt: skip
        constats = constater(page, adresse, constats)
    for bouton in (
        "Enregistrer le nom",
        "Changer d'adresse",
        "Changer le mot de passe",
        "Se déconnecter partout ailleurs",
    ):
        page.get_by_label("Prénom").fill("")
        constats = refuser(page, bouton, constats)
    page.goto("/equipe/inviter/")
    constats = refuser(page, "Envoyer l'invitation", constats)
    page.goto(f"/equipe/{moi.membres.first().pk}/role/")
    page.get_by_text("Lecteur", exact=True).check()
    constats = refuser(page, "Changer le rôle", constats)
    page.get_by_label("Changer d'organisme").click()
    constats = constater(page, None, constats)
    moi.membres.filter(organisme=monde.organisme).delete()
    page.get_by_role("button", name="Changer le rôle").click()
    page.get_by_text("Ce que vous aviez saisi").wait_for()
    constats = constater(page, None, constats)
    contexte.close()
    assert constats == []


def test_axe_trouverait(navigateur: Browser):
    page = navigateur.new_page()
    page.set_content(
        "<html><body style='width: 9999px'><img src='x:'><p style='color: #eee'>Pâle</p><section"
        " aria-label='A'></section><section aria-label='A'></section><p><button style='all:"
        " unset'>a</button><button style='all: unset'>b</button></p></body></html>"
    )
    trouves = " ".join(constater(page, None, []))
    page.close()
    assert all(faute in trouves for faute in FAUTES), trouves


def refuser(page, bouton: str, constats: list[str]) -> list[str]:
    page.get_by_role("button", name=bouton).click()
    page.locator("[aria-invalid=true]").first.wait_for()
    return constater(page, None, constats)
