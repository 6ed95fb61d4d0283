"""Tests of the administration in Chromium: its main paths, and axe on its pages."""

import datetime as dt

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from catalogue.cycle_de_vie import executer
from edof.horloge import a_l_instant, aujourd_hui, minuit
from organismes.droits import Operation
from organismes.models import Bandeau, Utilisateur
from publication.models import Passage, Retenue
from publication.passages import publier
from sessions_app.admin import SessionAdmin
from sessions_app.models import Session
from tests.conftest import Monde, quantite
from tests.e2e.axe import constater
from tests.outils import entrer

pytestmark = pytest.mark.django_db(transaction=True)
MOT_DE_PASSE = "demo-edof-mot-de-passe"


@pytest.fixture
def monde() -> Monde:
    Utilisateur.objects.create_superuser("admin@test.example", MOT_DE_PASSE)
    with a_l_instant(minuit(aujourd_hui()) - dt.timedelta(hours=12)):
        return Monde()


def test_suspendre_un_organisme_retire_tout_aussitot_et_le_diagnostic_le_dit(page: Page, monde: Monde):
    with a_l_instant(minuit(aujourd_hui()) - dt.timedelta(hours=12)):
        session = monde.session("s1", ouverte=True)
    publier(aujourd_hui(), par="test")
    page.goto("/formations/")
    expect(page.locator("main")).to_contain_text("Institut")
    entrer(page, "admin@test.example", vers="/admin/organismes/organisme/")
    page.get_by_role("link", name="Institut").click()
    page.get_by_role("link", name="Suspendre").click()
    page.get_by_label("Motif").fill("Contrôle en cours")
    page.get_by_role("button", name="Suspendre").click()
    expect(page.locator(".messagelist")).to_contain_text("suspendu : plus rien de lui n'est public")
    page.goto("/formations/")
    expect(page.locator("main")).not_to_contain_text("Institut")
    page.goto(reverse("admin:organismes_organisme_history", args=[monde.organisme.pk]))
    expect(page.locator("main")).to_contain_text("Motif : Contrôle en cours")
    page.get_by_role("button", name="Se déconnecter").click()
    entrer(page, monde.gestionnaire.courriel, vers=f"/catalogue/sessions/{session.pk}/visibilite/")
    expect(page.locator("main")).to_contain_text("L'organisme est suspendu")


def test_ouvrir_en_nombre_dont_une_refusee(page: Page, monde: Monde):
    bonnes = [monde.session(f"bonne-{n}") for n in range(2)]
    mauvaise = monde.session("mauvaise")
    executer(mauvaise, Operation.ARCHIVER, par=monde.gestionnaire)
    entrer(page, "admin@test.example", vers="/admin/sessions_app/session/")
    expect(page.locator("#result_list tbody tr")).to_have_count(3)
    for case in page.locator("tbody input[type=checkbox]").all():
        case.check()
    page.locator("select[name=action]").select_option("ouvrir")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ouvrir 3 sessions à l'inscription")
    assert not Session.objects.filter(ouverte=True).exists()
    page.get_by_role("button", name="Ouvrir les 2 sessions").click()
    expect(page.locator("#content")).to_contain_text("2 ouvertes")
    page.get_by_role("link", name="mauvaise").click()
    expect(page).to_have_url(reverse("admin:sessions_app_session_change", args=[mauvaise.pk]))
    assert set(Session.objects.filter(ouverte=True)) == set(bonnes)


def test_axe_ne_trouve_rien_dans_l_administration(
    navigateur: Browser, live_server, client, monde: Monde, monkeypatch
):
    with a_l_instant(minuit(aujourd_hui()) - dt.timedelta(hours=12)):
        session = monde.session("s1", ouverte=True)
    publier(aujourd_hui() - dt.timedelta(1), par="test")
    erreur = Retenue.objects.create(
        session=session,
        organisme=monde.organisme,
        identifiant="s1",
        raison="erreur",
        detail="x" * 300,
        du=aujourd_hui(),
    )
    bandeau = Bandeau.objects.create(message="Maintenance ce soir", niveau="alerte")
    client.force_login(
        Utilisateur.objects.get(courriel="admin@test.example"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    monkeypatch.setattr(SessionAdmin, "list_per_page", 2)
    for n in range(4):
        monde.session(f"copie-{n}")
    o, p = monde.organisme.pk, Passage.objects.get().pk
    adresses = [
        "/", "organismes/", "organismes/organisme/", f"organismes/organisme/{o}/change/",
        f"organismes/organisme/{o}/history/",
        "organismes/organisme/add/", f"organismes/organisme/suspension/?suspendre=oui&o={o}",
        "organismes/utilisateur/",
        f"organismes/utilisateur/{monde.gestionnaire.pk}/change/",
        f"organismes/utilisateur/{monde.gestionnaire.pk}/password/",
        f"organismes/utilisateur/{monde.gestionnaire.pk}/history/", "organismes/utilisateur/add/",
        "organismes/bandeau/",
        f"organismes/bandeau/{bandeau.pk}/change/", f"organismes/bandeau/{bandeau.pk}/delete/",
        "organismes/contact/",
        f"organismes/adresse/{monde.lieu.pk}/change/", "catalogue/certification/",
        "catalogue/certification/importer/",
        f"catalogue/certification/{monde.certification.pk}/change/", "catalogue/offre/",
        f"catalogue/offre/{monde.offre.pk}/change/",
        f"catalogue/offre/{monde.offre.pk}/history/", f"catalogue/action/{monde.action.pk}/change/",
        "catalogue/typeferme/add/",
        "catalogue/suppression/", "sessions_app/session/", "sessions_app/session/?q=copie-1&statut=validee",
        f"sessions_app/session/{session.pk}/change/", "publication/passage/",
        f"publication/passage/{p}/change/",
        "publication/passage/simulation/", "publication/passage/rattraper/", "publication/parution/",
        "publication/retenue/",
        f"publication/retenue/{erreur.pk}/change/", "axes/accessattempt/", "axes/accessfailurelog/",
        "password_change/",
    ]  # fmt: skip
    contexte = navigateur.new_context(
        viewport={"width": 320, "height": 700}, base_url=live_server.url, bypass_csp=True
    )
    contexte.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page = contexte.new_page()
    constats: list[str] = []
    for adresse in adresses:
        constats = constater(page, f"/admin/{adresse.lstrip('/')}", constats)
    for adresse, bouton in (
        (f"organismes/organisme/suspension/?suspendre=oui&o={o}", "Suspendre"),
        ("organismes/organisme/add/", "Enregistrer"),
        ("organismes/utilisateur/add/", "Enregistrer"),
        ("organismes/bandeau/add/", "Enregistrer"),
        (f"catalogue/action/{monde.action.pk}/change/", "Archiver"),
        (f"catalogue/offre/{monde.offre.pk}/change/", "Désarchiver"),
    ):
        page.goto(f"/admin/{adresse}")
        if bouton == "Désarchiver":
            page.get_by_role("button", name="Archiver", exact=True).click()
            page.get_by_role("button", name="Archiver", exact=True).click()
            page.get_by_role("button", name="Désarchiver", exact=True).wait_for()
        page.get_by_role("button", name=bouton, exact=True).first.click()
        page.wait_for_load_state()
        constats = constater(page, None, constats)
    page.set_viewport_size({"width": 1280, "height": 900})
    # Only a sample is checked at this width: the content is the same, only the layout of lists, forms and
    # history differs.
    for adresse in adresses[:: quantite(4, 13)]:
        constats = constater(page, f"/admin/{adresse.lstrip('/')}", constats)
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    contexte.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    for adresse in ("/", "/admin/"):
        constats = constater(page, adresse, constats)
    contexte.close()
    assert constats == [], "\n".join(constats)
