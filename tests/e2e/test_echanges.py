"""Tests of the htmx exchanges from a scrolled page, in a large window and on a phone.

After each exchange, the element concerned has the focus and is visible.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from catalogue.cycle_de_vie import executer
from organismes.droits import Operation
from organismes.models import Connexion
from sessions_app.models import Session
from tests.conftest import Monde

pytestmark = pytest.mark.django_db(transaction=True)
TAILLES = ({"width": 1280, "height": 800}, {"width": 360, "height": 740})
# Return the id of the element that has the focus, and why it is not visible (empty when it is).
REGARD = """() => {
  const e = document.activeElement, r = e.getBoundingClientRect(), fautes = [];
  if (e === document.body) fautes.push("rien n'a le focus");
  if (r.top < 0 || r.bottom > innerHeight) fautes.push(`hors de la fenêtre : ${r.top} à ${r.bottom}`);
  for (const autre of document.querySelectorAll(".barre, .message, .entete")) {
    const a = autre.getBoundingClientRect(), cote_a_cote = a.right <= r.left || r.right <= a.left;
    const couvre = !cote_a_cote && a.top < r.bottom - 1 && r.top < a.bottom - 1;
    if (!autre.contains(e) && couvre) fautes.push("sous " + autre.className);
  }
  return [e.id || e.tagName, fautes.join(", ")];
}"""


@pytest.fixture
def monde() -> Monde:
    return Monde()


@pytest.fixture
def page(navigateur: Browser, live_server, client, monde: Monde) -> Iterator[Page]:
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    contexte = navigateur.new_context(base_url=live_server.url, locale="fr-FR")
    contexte.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page = contexte.new_page()
    page.set_default_timeout(15_000)
    plaintes: list[str] = []
    page.on("pageerror", lambda erreur: plaintes.append(str(erreur)))
    page.on("console", lambda m: plaintes.append(m.text) if "Content Security" in m.text else None)
    yield page
    contexte.close()
    assert plaintes == []


def attendre(page: Page, selecteur: str) -> None:
    """Wait until an element that matches this selector has the focus, and check that it is visible."""
    page.wait_for_function("(s) => document.activeElement.matches(s)", arg=selecteur)
    ou, faute = page.evaluate(REGARD)
    assert not faute, (page.viewport_size, ou, faute)


@pytest.mark.parametrize("taille", TAILLES, ids=lambda t: str(t["width"]))
def test_un_panneau_s_ouvre_se_remplit_et_se_ferme_sous_les_yeux(page: Page, monde: Monde, taille):
    page.set_viewport_size(taille)
    page.goto(f"/catalogue/actions/{monde.action.pk}/modifier/")
    ailleurs = page.get_by_label("Durée totale en heures")
    ailleurs.fill("123")
    ouvrir, panneau = (
        page.locator("#nouveau-contact_information"),
        page.locator("#panneau-contact_information"),
    )
    ouvrir.scroll_into_view_if_needed()
    ouvrir.click()
    attendre(page, "#panneau-contact_information :is(input, select, textarea)")
    # Refused: the focus goes to the invalid field. Cancelled: back to the button.
    panneau.get_by_role("button", name="Ajouter ce contact").click()
    attendre(page, "#panneau-contact_information [aria-invalid=true]")
    panneau.get_by_role("button", name="Annuler").click()
    attendre(page, "#nouveau-contact_information")
    ouvrir.click()
    # What is typed before the focus moves would go to the newly focused field.
    attendre(page, "#panneau-contact_information :is(input, select, textarea)")
    for nom, valeur in (
        ("prenom", "Nadia"),
        ("nom", "Roux"),
        ("telephone_fixe", "0149800001"),
        ("courriel", "nadia@ilvm.example"),
    ):
        panneau.locator(f"[name=contact_information-{nom}]").fill(valeur)
    panneau.get_by_role("button", name="Ajouter ce contact").click()
    attendre(page, "#id_contact_information")
    expect(page.locator("#id_contact_information option:checked")).to_contain_text("Nadia Roux")
    expect(page.locator("#id_contact_du_lieu option", has_text="Nadia Roux")).to_have_count(1)
    # Filling an address from one line moves the focus to the first filled field.
    page.locator("#nouveau-lieu_de_formation").click()
    adresse = page.locator("#panneau-lieu_de_formation")
    adresse.locator("[name$=-ligne]").fill("12 avenue de la Cité, 94550 Chevilly-Larue")
    adresse.get_by_role("button", name="Remplir les champs").click()
    attendre(page, "[name=lieu_de_formation-numero_voie]")
    # The rest of the form has not been reloaded.
    expect(ailleurs).to_have_value("123")
    # With the keyboard, no focused element is under the bar.
    page.get_by_label("Durée totale en heures").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.barre, footer, body:focus') !== null"):
            break
        assert not page.evaluate(REGARD)[1], page.evaluate(REGARD)


@pytest.mark.parametrize("taille", TAILLES, ids=lambda t: str(t["width"]))
def test_l_identifiant_le_type_et_la_certification(page: Page, monde: Monde, taille):
    page.set_viewport_size(taille)
    page.goto("/catalogue/offres/ajouter/")
    attendre(page, "#id_identifiant")
    page.keyboard.type("OFFRE-1")
    page.keyboard.press("Enter")
    expect(page.locator(".errorlist")).to_contain_text("déjà utilisé")
    assert page.title().startswith("Erreur : ")
    attendre(page, "#id_identifiant")
    page.get_by_label("Identifiant de l'offre").fill("LIBRE")
    page.keyboard.press("Enter")
    attendre(page, "[name=type_offre]")
    assert not page.title().startswith("Erreur")
    # The chosen type does not move in the window.
    choix = page.get_by_label("Formation certifiante")
    choix.scroll_into_view_if_needed()
    page.evaluate("scrollBy({top: 120, behavior: 'instant'})")
    avant = choix.bounding_box()["y"]
    choix.check()
    expect(page.get_by_label("Certification ou thématique visée")).to_be_visible()
    attendre(page, "[name=type_offre]:checked")
    assert abs(choix.bounding_box()["y"] - avant) < 2
    page.get_by_label("Certification ou thématique visée").fill("titre professionnel")
    page.get_by_role("button", name="Rechercher").click()
    attendre(page, "#certifications-trouvees button")
    page.keyboard.press("Enter")
    attendre(page, "[value=changer_certification]")
    page.keyboard.press("Enter")
    attendre(page, "#id_recherche")
    page.get_by_role("button", name="Modifier l'identifiant").click()
    attendre(page, "#id_identifiant")


def test_une_session_expiree_se_dit_et_rien_n_est_perdu(page: Page, monde: Monde):
    def se_reconnecter() -> None:
        expect(page.get_by_text("Votre session a expiré")).to_be_visible()
        page.get_by_label("Adresse e-mail").fill(monde.gestionnaire.courriel)
        page.get_by_label("Mot de passe").fill("demo-edof-mot-de-passe")
        page.get_by_role("button", name="Se connecter").click()

    # Session expired at VÉRIFIER.
    page.goto(f"/catalogue/actions/{monde.action.pk}/sessions/ajouter/")
    page.get_by_label("Identifiant de la session").fill("apres")
    Connexion.objects.all().delete()
    page.get_by_role("button", name="VÉRIFIER").click()
    se_reconnecter()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Étape 2/2")
    # Signed out in another tab, then opening a panel.
    page.get_by_label("Modalités particulières").fill("Précieux")
    page.context.clear_cookies(name="sessionid")
    page.locator("#nouveau-contact_inscription").click()
    se_reconnecter()
    page.get_by_role("button", name="Reprendre ma saisie").click()
    expect(page.locator("#panneau-contact_inscription")).to_be_visible()
    expect(page.get_by_label("Modalités particulières")).to_have_value("Précieux")
    # The CSRF cookie is missing, not the session: what was typed is given back at once, with htmx or as a
    # page.
    page.context.clear_cookies(name="csrftoken")
    page.locator("#panneau-contact_inscription").get_by_role("button", name="Annuler").click()
    page.get_by_role("button", name="Reprendre ma saisie").click()
    expect(page.get_by_label("Modalités particulières")).to_have_value("Précieux")
    page.context.clear_cookies(name="csrftoken")
    page.get_by_role("button", name="Enregistrer les modifications").last.click()
    page.get_by_role("button", name="Reprendre ma saisie").click()
    expect(page.get_by_label("Modalités particulières")).to_have_value("Précieux")
    # Both are missing.
    page.context.clear_cookies(name="csrftoken")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Enregistrer les modifications").last.click()
    se_reconnecter()
    page.get_by_role("button", name="Reprendre ma saisie").click()
    expect(page.get_by_label("Modalités particulières")).to_have_value("Précieux")
    # The live search does not leave the form when the session has expired.
    page.goto("/catalogue/offres/ajouter/?identifiant=X")
    page.get_by_label("Formation certifiante").check()
    visee = page.get_by_label("Certification ou thématique visée")
    # The form has adapted to this type: that request must not be the one that finds the session expired.
    expect(visee).to_be_visible()
    page.get_by_label("Intitulé de la formation").fill("Précieux aussi")
    Connexion.objects.all().delete()
    visee.press_sequentially("titre")
    expect(page.locator("#etat-saisie")).to_contain_text("Votre session a expiré")
    expect(page.get_by_label("Intitulé de la formation")).to_have_value("Précieux aussi")


def test_la_barre_dit_ce_qui_est_enregistre_et_tient_en_une_ligne(page: Page, monde: Monde):
    brouillon = executer(
        Session(action=monde.action, organisme=monde.organisme),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"identifiant": "b"},
    )
    page.clock.install()
    page.set_viewport_size(TAILLES[1])
    page.goto(f"/catalogue/sessions/{brouillon.pk}/modifier/")
    etat, barre = page.locator("#etat-saisie"), page.locator(".barre")
    expect(etat).to_contain_text("Brouillon enregistré à")
    boutons = [
        barre.get_by_role("button", name=nom).bounding_box()
        for nom in ("Enregistrer les modifications", "VALIDER")
    ]
    assert (
        boutons[0]["y"] == boutons[1]["y"]
        and boutons[0]["height"] == boutons[1]["height"]
        and barre.bounding_box()["height"] <= 120
    )
    assert barre.evaluate("e => e.closest('main form') !== null")
    page.set_viewport_size({"width": 740, "height": 360})
    expect(barre).to_have_css("position", "relative")
    page.set_viewport_size(TAILLES[0])
    titre = page.get_by_role("heading", level=1).locator("..")
    assert etat.bounding_box()["x"] == titre.bounding_box()["x"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # Offline: the page reports it, and tries again until it is saved.
    page.context.set_offline(True)
    page.get_by_label("Modalités particulières").fill("Hors connexion")
    expect(etat).to_have_text("Modifications pas encore enregistrées")
    page.clock.fast_forward(3_100)
    expect(etat).to_have_text("Pas enregistré : hors connexion, nouvel essai dans 10 s")
    page.context.set_offline(False)
    page.clock.fast_forward(10_100)
    expect(etat).to_contain_text("Brouillon enregistré à")
    brouillon.refresh_from_db()
    assert brouillon.modalites_particulieres == "Hors connexion"


def test_pas_de_dates_vide_les_dates_et_les_rend(page: Page, monde: Monde):
    action = monde.nouvelle_action("P", entrees="permanentes")
    page.goto(f"/catalogue/actions/{action.pk}/sessions/ajouter/?identifiant=sans")
    page.get_by_text("Dates de session (seulement").click()
    debut, case = page.get_by_label("Du", exact=True), page.get_by_label("Pas de dates de session")
    debut.fill("14/09/2030")
    page.get_by_label("au", exact=True).fill("15/09/2031")
    case.check()
    expect(debut).to_be_disabled()
    expect(debut).to_have_value("")
    expect(page.locator("#etat-dates")).to_contain_text("Les dates sont vidées")
    case.uncheck()
    expect(debut).to_be_enabled()
    expect(debut).to_have_value("14/09/2030")
    case.check()
    page.get_by_label("Oui").check()
    page.get_by_label("Contact d'inscription").select_option(index=1)
    page.get_by_label("Adresse d'inscription").select_option(index=1)
    page.get_by_role("button", name="VALIDER").click()
    expect(page.locator("li[id^=session-]", has_text="ID : sans")).to_contain_text("Validée")
    assert Session.objects.get(identifiant="sans").date_debut is None


@pytest.mark.parametrize("taille", TAILLES, ids=lambda t: str(t["width"]))
def test_un_message_de_succes_s_en_va_et_se_relit(page: Page, monde: Monde, taille):
    sessions = [monde.session(f"s{n}") for n in range(6)]
    page.clock.install()
    page.set_viewport_size(taille)
    page.goto(f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}")
    rangee = page.locator(f"#session-{sessions[4].pk}")
    rangee.get_by_text("Opérations").click()
    rangee.get_by_role("button", name="Ouvrir à l'inscription").click()
    message = page.locator(".message-success")
    expect(message).to_contain_text("a bien été ouverte")
    # The message covers neither the header nor the row that has just changed.
    recouvre = """() => [...document.querySelectorAll('.entete, :target')].filter((e) => {
      const a = document.querySelector('.message').getBoundingClientRect(), b = e.getBoundingClientRect();
      return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    }).map((e) => e.id || e.className)"""
    expect(page.locator(":target")).to_have_attribute("id", f"session-{sessions[4].pk}")
    assert page.evaluate(recouvre) == []
    page.locator(".entete details.menu summary").last.click()
    assert page.get_by_role("link", name="Mon compte").evaluate(
        "e => { const r = e.getBoundingClientRect(); return e.contains(document.elementFromPoint(r.x +"
        " r.width / 2, r.y + r.height / 2)); }"
    )
    page.keyboard.press("Escape")
    # While the pointer is over it, the message stays.
    message.hover()
    page.clock.run_for(30_000)
    expect(message).to_be_visible()
    page.mouse.move(1, 1)
    rangee.scroll_into_view_if_needed()
    y = rangee.bounding_box()["y"]
    page.clock.run_for(10_000)
    expect(message).to_have_count(0)
    assert abs(rangee.bounding_box()["y"] - y) < 2
    titre = page.title()
    page.locator("[data-journal]").click()
    journal = page.get_by_role("dialog", name="Messages")
    expect(journal).to_contain_text("a bien été ouverte")
    # The list of messages opens over the page, below the bell: the title and the header stay those of the
    # page.
    assert page.title() == titre
    cloche, volet = page.locator("[data-journal]").bounding_box(), journal.bounding_box()
    assert volet["y"] >= cloche["y"] + cloche["height"]
    page.keyboard.press("Escape")
    expect(journal).to_be_hidden()
    # An error message stays.
    page.goto(f"/catalogue/actions/{monde.action.pk}/sessions/ajouter/")
    page.get_by_label("Identifiant de la session").fill("s1")
    page.keyboard.press("Enter")
    expect(page.locator(".message-error")).to_be_visible()
    page.clock.run_for(60_000)
    expect(page.locator(".message-error")).to_be_visible()
