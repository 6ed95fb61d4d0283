"""axe on every page, error states included: WCAG 2.2 AA and best practice."""

import datetime as dt

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from catalogue.cycle_de_vie import executer
from edof.horloge import a_l_instant, aujourd_hui, maintenant
from organismes.droits import Operation, Role
from publication.models import Parution
from publication.passages import publier
from tests.conftest import Monde

pytestmark = pytest.mark.django_db(transaction=True)


def test_axe_ne_trouve_rien_et_rien_ne_deborde(navigateur: Browser, live_server, client):
    with a_l_instant(maintenant() - dt.timedelta(days=1)):
        monde = Monde()
        session = monde.session("s1", ouverte=True)
    monde.session("s2")
    publier(aujourd_hui(), par="test")
    parution = Parution.objects.get().pk
    fermee = executer(monde.session("s3", ouverte=True), Operation.FERMER, par=monde.gestionnaire)
    archivee = executer(monde.session("s4"), Operation.ARCHIVER, par=monde.gestionnaire)
    client.force_login(monde.personne("autre", Role.GESTIONNAIRE), backend="django.contrib.auth.backends.ModelBackend")
    offre, action = monde.offre.pk, monde.action.pk
    ajouter = f"/catalogue/actions/{action}/sessions/ajouter/"
    adresses = [
        "/", "/catalogue/", f"/catalogue/?o={offre}&a={action}", "/catalogue/?q=rien", "/formations/", "/aide/visibilite/",
        f"/catalogue/offres/{offre}/", f"/catalogue/actions/{action}/", f"/catalogue/sessions/{session.pk}/",
        f"/catalogue/sessions/{session.pk}/visibilite/", f"/catalogue/sessions/{session.pk}/modifier/",
        f"/catalogue/offres/{offre}/visibilite/", f"/catalogue/actions/{action}/visibilite/",
        f"/catalogue/sessions/{fermee.pk}/visibilite/", f"/catalogue/sessions/{archivee.pk}/visibilite/",
        "/en-ligne/", "/en-ligne/?q=rien", "/en-ligne/?jour=1999-01-01", "/en-ligne/?jour=demain", f"/en-ligne/{action}/",
        f"/en-ligne/{action}/?jour=x", f"/en-ligne/{action}/comparer/", f"/en-ligne/{action}/comparer/?de=x",
        f"/en-ligne/preuves/{parution}/", "/formations/verifier/", f"/formations/{action}/",
        f"/catalogue/offres/{offre}/modifier/", f"/catalogue/actions/{action}/modifier/", "/catalogue/offres/ajouter/",
        f"/catalogue/offres/{offre}/actions/ajouter/", f"/catalogue/offres/{offre}/supprimer/", "/aide/", "/aide/guides/", "/aide/navigateurs/",
        f"/catalogue/sessions/{session.pk}/archiver/", ajouter, f"{ajouter}?identifiant=s1", f"{ajouter}?identifiant=libre", "/nulle-part/",
    ]  # fmt: skip
    contexte = navigateur.new_context(viewport={"width": 320, "height": 700}, base_url=live_server.url, bypass_csp=True)
    page = contexte.new_page()
    constats = constater(page, "/connexion/", [])
    cookie = client.cookies["sessionid"].value
    contexte.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    for adresse in adresses:
        constats = constater(page, adresse, constats)
    preuve = client.get(f"/en-ligne/preuves/{parution}/fichier/").content.decode()
    for texte in (preuve, preuve.replace("Texte", "Autre"), "illisible", ""):
        page.goto("/formations/verifier/")
        page.get_by_label("ou son texte").fill(texte)
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
    for type_offre in ("Formation certifiante", "Accompagnement VAE", "Préparation aux épreuves du permis de conduire"):
        page.goto("/catalogue/offres/ajouter/?identifiant=libre")
        page.get_by_label(type_offre).check()
        page.get_by_text("Certification ou thématique visée").first.wait_for()
        constats = constater(page, None, constats)
    page.goto(f"/catalogue/sessions/{session.pk}/modifier/")
    executer(session, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"modalites_particulieres": "Autre"})
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


def constater(page, adresse: str | None, constats: list[str]) -> list[str]:
    if adresse:
        page.goto(adresse)
    violations = Axe().run(page).response["violations"]
    trouves = [f"{page.url} {v['id']}: {n['html'][:160]}" for v in violations for n in v["nodes"]]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        trouves.append(f"{page.url} déborde")
    return constats + trouves
