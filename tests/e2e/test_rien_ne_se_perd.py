"""Tests that nothing typed is lost.

They cover two browsers on one session, an expired sign-in, a crash of the browser, Back, and double clicks.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from catalogue.cycle_de_vie import executer
from catalogue.models import Offre
from organismes.droits import Operation, Role
from organismes.models import Connexion
from sessions_app.models import Session
from tests.conftest import Monde

pytestmark = pytest.mark.django_db(transaction=True)


class Scene:
    """An organisme with a session in brouillon, and users who sign in, each in a separate browser context."""

    def __init__(self, navigateur: Browser, live_server, client) -> None:
        self.navigateur, self.serveur, self.client = navigateur, live_server, client
        self.monde = Monde()
        self.collegue = self.monde.personne("redacteur", Role.REDACTEUR)
        self.session = executer(
            Session(action=self.monde.action, organisme=self.monde.organisme),
            Operation.MODIFIER,
            par=self.monde.gestionnaire,
            valeurs={"identifiant": "b", "modalites_particulieres": "Avant"},
        )
        self.adresse = f"/catalogue/sessions/{self.session.pk}/modifier/"
        self.contextes: list[BrowserContext] = []

    def page(self, qui) -> Page:
        self.client.force_login(qui, backend="django.contrib.auth.backends.ModelBackend")
        contexte = self.navigateur.new_context(base_url=self.serveur.url, locale="fr-FR")
        contexte.add_cookies(
            [{"name": "sessionid", "value": self.client.cookies["sessionid"].value, "url": self.serveur.url}]
        )
        self.client.cookies.clear()
        self.contextes.append(contexte)
        page = contexte.new_page()
        page.set_default_timeout(10_000)
        return page

    def texte(self) -> str:
        self.session.refresh_from_db()
        return self.session.modalites_particulieres


@pytest.fixture
def scene(navigateur: Browser, live_server, client) -> Iterator[Scene]:
    scene = Scene(navigateur, live_server, client)
    yield scene
    for contexte in scene.contextes:
        contexte.close()


def test_deux_navigateurs_se_reunissent_puis_choisissent(scene: Scene):
    un, deux = scene.page(scene.monde.gestionnaire), scene.page(scene.collegue)
    un.goto(scene.adresse)
    deux.goto(scene.adresse)
    un.reload()
    expect(un.locator("#presences")).to_contain_text("a aussi ce formulaire ouvert")
    deux.get_by_label("Oui").check()
    deux.get_by_role("button", name="Enregistrer les modifications").last.click()
    expect(deux).to_have_url(re.compile("/catalogue/\\?"))
    # Changes to different fields are merged.
    un.get_by_label("Modalités particulières").fill("De moi")
    un.get_by_role("button", name="Enregistrer les modifications").last.click()
    expect(un.locator("#messages")).to_contain_text("vos changements et les siens sont réunis")
    scene.session.refresh_from_db()
    assert (scene.texte(), scene.session.garantie) == ("De moi", True)
    # A change to the same field requires a choice.
    un.goto(scene.adresse)
    deux.goto(scene.adresse)
    deux.get_by_label("Modalités particulières").fill("De l'autre")
    deux.get_by_role("button", name="Enregistrer les modifications").last.click()
    expect(deux).to_have_url(re.compile("/catalogue/\\?"))
    un.get_by_label("Modalités particulières").fill("De moi, encore")
    un.get_by_role("button", name="Enregistrer les modifications").last.click()
    expect(un.locator("#divergences-titre")).to_be_visible()
    expect(un.locator(".divergence")).to_contain_text("De l'autre")
    expect(un.get_by_label("Modalités particulières")).to_have_value("De moi, encore")
    un.get_by_label("Garder la mienne").check()
    un.get_by_role("button", name="Enregistrer les modifications").last.click()
    expect(un).to_have_url(re.compile("/catalogue/\\?"))
    assert scene.texte() == "De moi, encore"


def test_la_session_expire_pendant_la_saisie(scene: Scene):
    page = scene.page(scene.monde.gestionnaire)
    page.goto(scene.adresse)
    page.get_by_label("Modalités particulières").fill("Précieux")
    Connexion.objects.all().delete()
    page.get_by_role("button", name="VALIDER").click()
    expect(page.get_by_text("Votre session a expiré")).to_be_visible()
    page.get_by_label("Adresse e-mail").fill(scene.monde.gestionnaire.courriel)
    page.get_by_label("Mot de passe").fill("demo-edof-mot-de-passe")
    page.get_by_role("button", name="Se connecter").click()
    page.get_by_role("button", name="Reprendre ma saisie").click()
    expect(page.get_by_label("Modalités particulières")).to_have_value("Précieux")
    page.get_by_role("button", name="Enregistrer les modifications").last.click()
    expect(page).to_have_url(re.compile("/catalogue/\\?"))
    assert scene.texte() == "Précieux"


def test_le_brouillon_s_enregistre_seul_et_survit_a_la_chute_du_navigateur(scene: Scene):
    page = scene.page(scene.monde.gestionnaire)
    page.goto(scene.adresse)
    page.get_by_label("Modalités particulières").fill("Presque perdu")
    expect(page.locator("#etat-saisie")).to_contain_text("Brouillon enregistré à", timeout=15_000)
    expect(page.locator("#id_version")).to_have_value("2")
    scene.contextes[0].close()
    page = scene.page(scene.monde.gestionnaire)
    page.goto(scene.adresse)
    expect(page.get_by_label("Modalités particulières")).to_have_value("Presque perdu")
    assert scene.texte() == "Presque perdu" and scene.session.statut == "brouillon"


def test_quitter_un_formulaire_change_avertit(scene: Scene):
    page = scene.page(scene.monde.gestionnaire)
    validee = scene.monde.session("v")
    page.goto(f"/catalogue/sessions/{validee.pk}/modifier/")
    page.get_by_label("Modalités particulières").press_sequentially("Oups")
    questions = []
    page.on("dialog", lambda dialogue: (questions.append(dialogue.type), dialogue.dismiss()))
    page.get_by_role("link", name="Revenir au catalogue").click()
    page.wait_for_timeout(300)
    assert questions == ["beforeunload"]
    expect(page.get_by_label("Modalités particulières")).to_have_value("Oups")


def _quitter(page: Page) -> None:
    """Click a link of the menu; the browser must ask first, and what was typed stays."""
    questions: list[str] = []
    page.once("dialog", lambda dialogue: (questions.append(dialogue.type), dialogue.dismiss()))
    page.get_by_role("link", name="Publications", exact=True).click()
    page.wait_for_timeout(300)
    assert questions == ["beforeunload"]


def test_quitter_ce_qui_a_ete_refuse_ou_l_etape_de_l_identifiant_avertit(scene: Scene):
    page = scene.page(scene.monde.gestionnaire)
    page.goto(f"/catalogue/actions/{scene.monde.action.pk}/sessions/ajouter/?identifiant=refus")
    page.get_by_label("Modalités particulières").fill("Long à écrire")
    page.get_by_role("button", name="VALIDER").click()
    expect(page.locator(".resume")).to_be_visible()
    _quitter(page)
    page.get_by_role("button", name="Modifier l'identifiant").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Étape 1/2")
    _quitter(page)
    page.get_by_label("Identifiant de la session").fill("refus-2")
    page.get_by_role("button", name="VÉRIFIER").click()
    expect(page.get_by_label("Modalités particulières")).to_have_value("Long à écrire")
    _quitter(page)


def test_quitter_un_contact_commence_puis_refuse_avertit(scene: Scene):
    page = scene.page(scene.monde.gestionnaire)
    page.goto("/carnet/contacts/ajouter/")
    page.get_by_label("Prénom").fill("Sans courriel")
    _quitter(page)
    page.get_by_role("button", name="Enregistrer").last.click()
    expect(page.locator(".resume")).to_be_visible()
    _quitter(page)
    expect(page.get_by_label("Prénom")).to_have_value("Sans courriel")


def test_un_brouillon_refuse_s_enregistre_seul(scene: Scene):
    page = scene.page(scene.monde.gestionnaire)
    page.goto(scene.adresse)
    page.get_by_label("Modalités particulières").fill("Refusé, pas perdu")
    page.get_by_label("au", exact=True).fill("")
    page.get_by_role("button", name="VALIDER").click()
    expect(page.locator(".resume")).to_be_visible()
    expect(page.locator("#etat-saisie")).to_contain_text("Brouillon enregistré à", timeout=15_000)
    assert scene.texte() == "Refusé, pas perdu"


def test_revenir_en_arriere_ne_renvoie_ni_ne_perd_une_etape(scene: Scene):
    page = scene.page(scene.monde.gestionnaire)
    page.goto(f"/catalogue/actions/{scene.monde.action.pk}/sessions/ajouter/")
    page.get_by_label("Identifiant de la session").fill("arriere")
    page.get_by_role("button", name="VÉRIFIER").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Étape 2/2")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Étape 1/2")
    page.go_forward()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Étape 2/2")
    page.get_by_role("button", name="Enregistrer les modifications").last.click()
    expect(page.locator("li[id^=session-]", has_text="ID : arriere")).to_be_visible()
    page.go_back()
    page.go_forward()
    page.reload()
    assert Session.objects.filter(identifiant="arriere").count() == 1


def test_double_clic_sur_chaque_bouton(scene: Scene):
    page = scene.page(scene.monde.gestionnaire)
    page.goto(f"/catalogue/actions/{scene.monde.action.pk}/sessions/ajouter/?identifiant=double")
    page.get_by_role("button", name="Enregistrer les modifications").last.dblclick()
    expect(page.locator("li[id^=session-]", has_text="ID : double")).to_be_visible()
    assert Session.objects.filter(identifiant="double").count() == 1
    validee = scene.monde.session("v")
    bloc = page.locator(f"#session-{validee.pk}")
    for bouton, verifie in (("Ouvrir à l'inscription", True), ("Fermer à l'inscription", False)):
        page.goto(f"/catalogue/?o={scene.monde.offre.pk}&a={scene.monde.action.pk}")
        bloc.get_by_text("Opérations").click()
        bloc.get_by_role("button", name=bouton).dblclick()
        expect(page.get_by_role("status").first).to_contain_text("a bien été")
        validee.refresh_from_db()
        assert validee.ouverte is verifie
    page.goto(f"/catalogue/sessions/{validee.pk}/archiver/")
    page.get_by_role("button", name="Archiver").dblclick()
    expect(page.locator("#messages")).to_contain_text("archivée")
    lignes = Session.pgh_event_model.objects.filter(pgh_obj_id=validee.pk)
    assert lignes.filter(statut="archivee").count() == 1


@pytest.fixture
def scripts_separes(settings):
    """Load the parts of the merged script one by one, so that one of them can be held."""
    settings.DEVELOPPEMENT = True


def ouvrir_sans(page: Page, script: str, adresse: str) -> Callable[[], None]:
    """Open a page while this script is held; return the function that releases it."""
    fichier = re.compile(rf"/{script}\b.*\.js")
    retenus: list[Route] = []
    page.route(fichier, lambda route: retenus.append(route))
    with page.expect_request(fichier):
        page.goto(adresse, wait_until="commit")

    def lacher() -> None:
        retenus.pop().continue_()
        page.unroute(fichier)

    return lacher


@pytest.mark.parametrize("script", ["htmx.min", "saisie"])
@pytest.mark.usefixtures("scripts_separes")
def test_ce_qui_est_choisi_ou_tape_avant_les_scripts_est_entendu(scene: Scene, script: str):
    page = scene.page(scene.collegue)
    lacher = ouvrir_sans(page, script, "/catalogue/offres/ajouter/?identifiant=AVANT")
    page.get_by_label("Formation certifiante").check()
    expect(page.get_by_label("Certification ou thématique visée")).to_have_count(0)
    lacher()
    expect(page.get_by_label("Certification ou thématique visée")).to_be_visible()
    page.get_by_label("Intitulé de la formation").fill("Déjà saisi")
    page.get_by_role("button", name="Enregistrer les modifications").last.click()
    expect(page.locator("article.offre", has_text="Déjà saisi")).to_be_visible()

    lacher = ouvrir_sans(
        page, script, f"/catalogue/offres/{Offre.objects.get(identifiant='AVANT').pk}/modifier/"
    )
    page.get_by_label("Certification ou thématique visée").fill("titre professionnel")
    lacher()
    page.get_by_role("button", name="Titre professionnel").click()
    expect(page.locator(".choisie")).to_contain_text("RNCP1")


@pytest.mark.usefixtures("scripts_separes")
def test_une_date_en_cours_de_frappe_quand_le_script_arrive(scene: Scene):
    page = scene.page(scene.collegue)
    lacher = ouvrir_sans(page, "saisie", scene.adresse)
    champ = page.get_by_label("Du", exact=True)
    champ.focus()
    page.keyboard.type("12/0")
    expect(page.locator(".champ-date")).to_have_count(0)
    lacher()
    page.get_by_role("button", name="Choisir dans le calendrier (Du)").wait_for()
    page.keyboard.type("3/2030")
    expect(champ).to_have_value("12/03/2030")


def test_ce_qui_est_tape_pendant_que_le_formulaire_s_adapte_reste(scene: Scene):
    page = scene.page(scene.collegue)
    retenues: list[Route] = []
    envois = re.compile("/offres/ajouter/")
    page.goto("/catalogue/offres/ajouter/?identifiant=PENDANT")
    page.route(envois, lambda route: retenues.append(route))
    with page.expect_request(envois):
        page.get_by_label("Accompagnement VAE").check()
    page.get_by_label("Intitulé de la formation").fill("Tapé entre-temps")
    page.get_by_role("group", name="Type de parcours").get_by_label("Mixte").check()
    # The type is changed again: the pending response is for the previous type.
    page.get_by_label("Formation certifiante").check()
    retenues.pop().continue_()
    page.unroute(envois)
    expect(page.get_by_label("Certification ou thématique visée")).to_be_visible()
    expect(page.get_by_label("Formation certifiante")).to_be_checked()
    expect(page.get_by_label("Intitulé de la formation")).to_have_value("Tapé entre-temps")
    expect(page.get_by_role("group", name="Type de parcours").get_by_label("Mixte")).to_be_checked()
