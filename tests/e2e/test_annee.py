"""« A year in minutes »: twelve months of sessions prepared, mended, opened, shifted; what becomes public.

The same story with and without JavaScript, on a screen and on a telephone; then with the keyboard alone; then
how many clicks it takes who knows the screens.
"""

import csv
import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sessions_app.models import Fermeture, Session
from tests.conftest import Monde
from tests.e2e.clavier import aller, presser, taper
from tests.e2e.conftest import avec_javascript
from tests.outils import entrer

# The first Mondays of 2027 that are neither public holidays, nor school holidays of zone C, nor the closure:
# 5 April, 5 July, 2 August and 1 November are skipped.
DEBUTS = ["04/01", "01/02", "01/03", "03/05", "07/06", "06/09", "04/10", "06/12"]
PASSEES = ("vacances de printemps, zone C", "fermeture (Fermeture d'été)", "férié (Toussaint)")
VACANCES = Path(__file__).parents[2] / "sessions_app" / "donnees" / "vacances_scolaires.csv"
SOUS_JAVASCRIPT = pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])


@pytest.fixture
def annee(request: Any, settings: Any) -> Monde:
    """Return an organisme on 1 December 2026, with a closure in August and two sessions.

    One has the identifier of February and has begun: it is validée and cannot be opened. The other begins on
    the seventh: it can be opened, and not be shifted a week earlier.
    """
    settings.EDOF_AUJOURDHUI = dt.date(2026, 12, 1)
    monde: Monde = request.getfixturevalue("monde")
    # A test in a browser empties the tables: the school holidays that the migrations wrote are written again.
    with VACANCES.open(encoding="utf-8") as fichier:
        Fermeture.objects.filter(genre="vacances").delete()
        Fermeture.objects.bulk_create(
            Fermeture(genre="vacances", source="", **periode) for periode in csv.DictReader(fichier)
        )
    Fermeture.objects.create(
        genre="propre",
        organisme=monde.organisme,
        nom="Fermeture d'été",
        du=dt.date(2027, 8, 2),
        au=dt.date(2027, 8, 20),
    )
    monde.session("proche", date_debut=dt.date(2026, 12, 7), date_fin=dt.date(2026, 12, 11))
    commencee = monde.session("2027-02", date_debut=dt.date(2026, 12, 2), date_fin=dt.date(2026, 12, 4))
    Session.objects.filter(pk=commencee.pk).update(
        date_debut=dt.date(2026, 12, 1), dates_saisies_le=dt.date(2026, 11, 1)
    )
    return monde


def de_la_serie(monde: Monde) -> list[Session]:
    """Return the sessions of the series, which are the eight that the rule keeps."""
    creees = list(monde.action.sessions.exclude(serie=None).order_by("date_debut"))
    assert [f"{session.date_debut:%d/%m}" for session in creees] == DEBUTS
    assert {session.statut for session in creees} == {"validee"}
    # Five working days: 3 May lasts until the 10th, because of the Ascension.
    assert [session.date_fin for session in creees if session.date_debut.month in {1, 5}] == [
        dt.date(2027, 1, 8),
        dt.date(2027, 5, 10),
    ]
    return creees


def publiees_demain(page: Page) -> set[str]:
    """Return the identifiers that « Publication de demain » lists."""
    page.goto("/publications/demain/")
    return set(page.locator(".entrees h2 a").all_inner_texts())


@pytest.mark.parametrize("largeur", [1280, 360])
def test_une_annee_en_quelques_minutes(page: Page, annee: Monde, largeur: int) -> None:
    page.set_viewport_size({"width": largeur, "height": 900 if largeur > 400 else 740})
    entrer(page, annee.gestionnaire.courriel)
    for tour in range(2):
        page.goto(f"/catalogue/?o={annee.offre.pk}&a={annee.action.pk}")
        page.get_by_role("link", name=re.compile("Créer une série")).first.click()
        apercu = page.locator("#serie-apercu")
        page.get_by_role("textbox", name="À partir du").fill("01/01/2027")
        page.get_by_role("textbox", name="Jusqu'au").fill("31/12/2027")
        page.get_by_role("textbox", name="Jusqu'au").blur()
        if not avec_javascript(page):
            page.get_by_role("button", name="Voir l'aperçu").click()
        expect(page.locator("#serie-phrase")).to_contain_text("12 dates")
        expect(apercu).to_contain_text("Cet identifiant est déjà utilisé")
        for raison in PASSEES:
            expect(apercu).to_contain_text(raison)
        assert not Session.objects.exclude(serie=None).exists()
        page.get_by_role("button", name=re.compile("Prendre 2027-02")).click()
        page.get_by_role("button", name=re.compile("Créer 8")).click()
        expect(page.get_by_role("status").first).to_contain_text("sessions ont été créées")
        de_la_serie(annee)
        if tour == 0:
            page.get_by_role("button", name="Annuler").first.click()
            expect(page.get_by_role("status").first).to_contain_text("La création de la série a été annulée")
            assert not Session.objects.exclude(serie=None).exists()

    # All that answer the filter; the rehearsal refuses the one that has begun.
    page.goto("/catalogue/sessions/?statut=validee")
    if avec_javascript(page):
        page.get_by_role("checkbox", name="Cocher les sessions de cette page").check()
    else:
        page.get_by_role("checkbox", name="Les 10 qui répondent aux filtres").check()
    page.get_by_role("button", name="Ouvrir…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ouvrir 10 sessions à l'inscription")
    expect(page.get_by_role("heading", name="1 refusée")).to_be_visible()
    assert not Session.objects.filter(ouverte=True).exists()
    page.get_by_role("button", name="Ouvrir les 9 sessions").click()
    expect(page.get_by_role("heading", name="9 ouvertes")).to_be_visible()
    ouvertes = set(Session.objects.filter(ouverte=True).values_list("identifiant", flat=True))
    assert ouvertes == {session.identifiant for session in annee.action.sessions.all()} - {"2027-02"}
    assert publiees_demain(page) == ouvertes

    # Three a week earlier: the one that is near would begin before it may.
    avant = dict(Session.objects.values_list("identifiant", "date_debut"))
    page.goto("/catalogue/sessions/")
    for nom in ("proche", "2027-01", "2027-03"):
        page.get_by_role("checkbox", name=f"Cocher {nom}", exact=True).check()
    page.get_by_role("button", name="Décaler…").click()
    page.get_by_label("Plus tôt").check()
    page.get_by_label("De combien ?").fill("7")
    page.get_by_label("Unité").select_option("jours")
    page.get_by_role("button", name="Répéter").click()
    expect(page.get_by_role("heading", name="1 refusée")).to_be_visible()
    page.get_by_role("button", name="Décaler les 2 sessions").click()
    expect(page.get_by_role("heading", name="2 décalées")).to_be_visible()
    changees = {
        nom: avant[nom] - debut
        for nom, debut in Session.objects.values_list("identifiant", "date_debut")
        if debut != avant[nom]
    }
    assert changees == dict.fromkeys(("2027-01", "2027-03"), dt.timedelta(7))


@SOUS_JAVASCRIPT
def test_la_meme_annee_au_clavier_seul(page: Page, annee: Monde) -> None:
    entrer(page, annee.gestionnaire.courriel)
    page.goto(f"/catalogue/?o={annee.offre.pk}&a={annee.action.pk}")
    presser(page, page.get_by_role("link", name=re.compile("Créer une série")))
    taper(page, page.get_by_role("textbox", name="À partir du"), "01/01/2027")
    taper(page, page.get_by_role("textbox", name="Jusqu'au"), "31/12/2027")
    expect(page.locator("#serie-phrase")).to_contain_text("12 dates")
    presser(page, page.get_by_role("button", name=re.compile("Prendre 2027-02")))
    expect(page.locator("#serie-apercu")).not_to_contain_text("Cet identifiant est déjà utilisé")
    presser(page, page.get_by_role("button", name=re.compile("Créer 8")))
    expect(page.get_by_role("status").first).to_contain_text("sessions ont été créées")
    de_la_serie(annee)

    page.goto("/catalogue/sessions/?statut=validee")
    presser(page, page.get_by_role("checkbox", name="Cocher les sessions de cette page"), "Space")
    expect(page.locator("#cochees")).to_contain_text("10 sessions cochées")
    presser(page, page.get_by_role("button", name="Ouvrir…"))
    presser(page, page.get_by_role("button", name="Ouvrir les 9 sessions"))
    expect(page.get_by_role("heading", name="9 ouvertes")).to_be_visible()
    assert len(publiees_demain(page)) == 9

    page.goto("/catalogue/sessions/?tri=dates")
    # On the link of a row, « x » ticks it.
    for nom in ("proche", "2027-01", "2027-03"):
        presser(page, page.get_by_role("link", name=nom, exact=True), "x")
    expect(page.locator("#cochees")).to_contain_text("3 sessions cochées")
    presser(page, page.get_by_role("button", name="Décaler…"))
    aller(page, page.get_by_label("Plus tard"))
    page.keyboard.press("ArrowDown")
    taper(page, page.get_by_label("De combien ?"), "1")
    presser(page, page.get_by_role("button", name="Répéter"))
    presser(page, page.get_by_role("button", name="Décaler les 2 sessions"))
    expect(page.get_by_role("heading", name="2 décalées")).to_be_visible()
    assert Session.objects.get(identifiant="2027-01").date_debut == dt.date(2026, 12, 28)


SANS_JAVASCRIPT = pytest.mark.parametrize("page", [False], indirect=True, ids=["sans-javascript"])


@SANS_JAVASCRIPT
@pytest.mark.parametrize("largeur", [1280, 360])
def test_la_meme_annee_au_clavier_seul_sans_javascript(page: Page, annee: Monde, largeur: int) -> None:
    """Press nothing but Tab, Enter, Space, the arrows and what is typed in a field."""
    page.set_viewport_size({"width": largeur, "height": 900 if largeur > 400 else 740})
    entrer(page, annee.gestionnaire.courriel)
    # Undone and created again once: Tab by Tab, it is long.
    tours = 2 if largeur > 400 else 1
    for tour in range(tours):
        page.goto(f"/catalogue/?o={annee.offre.pk}&a={annee.action.pk}")
        presser(page, page.get_by_role("link", name=re.compile("Créer une série")))
        taper(page, page.get_by_role("textbox", name="À partir du"), "01/01/2027")
        taper(page, page.get_by_role("textbox", name="Jusqu'au"), "31/12/2027")
        presser(page, page.get_by_role("button", name="Voir l'aperçu"))
        expect(page.locator("#serie-phrase")).to_contain_text("12 dates")
        apercu = page.locator("#serie-apercu")
        for raison in PASSEES:
            expect(apercu).to_contain_text(raison)
        presser(page, page.get_by_role("button", name=re.compile("Prendre 2027-02")))
        expect(apercu).not_to_contain_text("Cet identifiant est déjà utilisé")
        presser(page, page.get_by_role("button", name=re.compile("Créer 8")))
        expect(page.get_by_role("status").first).to_contain_text("sessions ont été créées")
        de_la_serie(annee)
        if tour < tours - 1:
            presser(page, page.get_by_role("button", name="Annuler"))
            expect(page.get_by_role("status").first).to_contain_text("La création de la série a été annulée")
            assert not Session.objects.exclude(serie=None).exists()

    page.goto("/catalogue/sessions/?statut=validee")
    presser(page, page.get_by_role("checkbox", name="Les 10 qui répondent aux filtres"), "Space")
    presser(page, page.get_by_role("button", name="Ouvrir…"))
    expect(page.get_by_role("heading", name="1 refusée")).to_be_visible()
    assert not Session.objects.filter(ouverte=True).exists()
    presser(page, page.get_by_role("button", name="Ouvrir les 9 sessions"))
    expect(page.get_by_role("heading", name="9 ouvertes")).to_be_visible()
    ouvertes = set(Session.objects.filter(ouverte=True).values_list("identifiant", flat=True))
    assert len(ouvertes) == 9 and publiees_demain(page) == ouvertes

    page.goto("/catalogue/sessions/")
    for nom in ("proche", "2027-01", "2027-03"):
        presser(page, page.get_by_role("checkbox", name=f"Cocher {nom}", exact=True), "Space")
    presser(page, page.get_by_role("button", name="Décaler…"))
    # The arrows move from « Plus tard » to « Plus tôt ».
    aller(page, page.get_by_label("Plus tard"))
    page.keyboard.press("ArrowDown")
    taper(page, page.get_by_label("De combien ?"), "1")
    presser(page, page.get_by_role("button", name="Répéter"))
    expect(page.get_by_role("heading", name="1 refusée")).to_be_visible()
    presser(page, page.get_by_role("button", name="Décaler les 2 sessions"))
    expect(page.get_by_role("heading", name="2 décalées")).to_be_visible()
    assert Session.objects.get(identifiant="2027-01").date_debut == dt.date(2026, 12, 28)
    assert Session.objects.get(identifiant="proche").date_debut == dt.date(2026, 12, 7)


COMPTER = """addEventListener("pointerdown", () =>
  sessionStorage.setItem("clics", Number(sessionStorage.getItem("clics")) + 1), true)"""


@SOUS_JAVASCRIPT
def test_douze_sessions_creees_et_ouvertes_en_neuf_clics(page: Page, annee: Monde) -> None:
    """Count the presses of the pointer from the catalogue to the twelve sessions that are open."""
    Session.objects.all().delete()
    modele = annee.session("modele", date_debut=dt.date(2027, 1, 11), date_fin=dt.date(2027, 1, 15))
    Session.objects.filter(pk=modele.pk).update(statut="archivee")
    page.add_init_script(COMPTER)
    entrer(page, annee.gestionnaire.courriel)
    page.goto(f"/catalogue/?o={annee.offre.pk}&a={annee.action.pk}")
    page.evaluate("sessionStorage.clear()")
    page.get_by_role("link", name=re.compile("Créer une série")).first.click()
    # The page proposes the first Monday of each month of the coming year: only the exclusions have to go.
    for exclusion in ("Jours fériés", "Vacances scolaires", "Fermetures de l'organisme"):
        page.get_by_role("checkbox", name=exclusion).uncheck()
    page.get_by_role("button", name="Créer 12 sessions").click()
    expect(page.get_by_role("status").first).to_contain_text("sessions ont été créées")
    page.get_by_role("link", name="Sessions", exact=True).click()
    page.get_by_role("checkbox", name="Cocher les sessions de cette page").check()
    page.get_by_role("button", name="Ouvrir…").click()
    page.get_by_role("button", name="Ouvrir les 12 sessions").click()
    expect(page.get_by_role("heading", name="12 ouvertes")).to_be_visible()
    assert Session.objects.filter(ouverte=True).count() == 12
    assert int(page.evaluate("sessionStorage.getItem('clics')")) <= 9


@SOUS_JAVASCRIPT
def test_la_ligne_designee_montre_ses_jours_dans_le_calendrier(page: Page, annee: Monde) -> None:
    entrer(page, annee.gestionnaire.courriel)
    page.goto(f"/catalogue/actions/{annee.action.pk}/serie/")
    jours = page.locator(".serie-grille .vise")
    page.locator(".serie-lignes > li", has_text="3 – 10 mai").hover()
    # The Ascension and the week-end are no days of the session.
    expect(jours).to_have_text(["3", "4", "5", "7", "10"])
    page.locator(".serie-lignes > li", has_text="5 avril").hover()
    expect(jours).to_have_text(["5"])
    page.locator("h1").hover()
    expect(jours).to_have_count(0)
    page.get_by_role("textbox", name=re.compile("session du 4 janvier 2027")).focus()
    expect(jours).to_have_text(["4", "5", "6", "7", "8"])
    page.get_by_label("Modèle des identifiants").fill("S-")
    page.get_by_role("button", name="N° à 2 chiffres").click()
    expect(page.get_by_label("Modèle des identifiants")).to_have_value("S-{N:02}")
    expect(page.get_by_role("textbox", name=re.compile("session du 4 janvier 2027"))).to_have_value("S-01")


@pytest.mark.parametrize("page", [True, False], indirect=True, ids=["avec-javascript", "sans-javascript"])
def test_les_filtres_se_plient_sur_un_telephone(page: Page, annee: Monde) -> None:
    entrer(page, annee.gestionnaire.courriel)
    page.set_viewport_size({"width": 360, "height": 740})
    for adresse in ("/catalogue/sessions/?statut=validee", "/catalogue/sessions/?statut=validee&vue=mois"):
        page.goto(adresse)
        du = page.get_by_role("textbox", name="Début du")
        if not avec_javascript(page):
            expect(du).to_be_visible()
            continue
        expect(du).to_be_hidden()
        expect(page.get_by_role("link", name="Statut : validée")).to_be_visible()
        plier = page.get_by_role("button", name="Filtres (1)")
        plier.click()
        expect(du).to_be_visible()
        expect(plier).to_have_attribute("aria-expanded", "true")
        plier.click()
        expect(du).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.get_by_role("textbox", name="Début du")).to_be_visible()
