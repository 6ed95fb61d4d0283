"""A year in minutes, in a browser: a closure, a series around it, mended, created, taken back, shifted."""

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect

from edof.horloge import aujourd_hui
from sessions_app import calendrier
from sessions_app.models import Fermeture
from sessions_app.series import par_mois
from tests.conftest import Monde
from tests.e2e.axe import constater_a_ces_tailles
from tests.outils import entrer

TAILLES = ({"width": 1280, "height": 740}, {"width": 360, "height": 740}, {"width": 320, "height": 740})


@pytest.mark.parametrize("page", [True, False], indirect=True, ids=["avec-javascript", "sans-javascript"])
def test_une_annee_en_quelques_minutes(page: Page, monde: Monde):
    annee = aujourd_hui().year + 1
    lundis = par_mois(dt.date(annee, 1, 1), 1, rang=1, jour=0, jusqu_au=dt.date(annee, 12, 31), nombre=None)
    avril, aout = lundis[3], lundis[7]
    # Whatever the migrations have left there.
    Fermeture.objects.all().delete()
    Fermeture.objects.create(
        genre="vacances", zone="C", nom="Vacances de printemps", du=avril, au=avril + dt.timedelta(14)
    )
    feries = calendrier.jours_feries(lundis[0], lundis[-1], "Métropole")
    attendus = [jour for jour in lundis if jour not in feries and jour not in (avril, aout)]
    pris = f"LOG-{attendus[1]:%Y-%m}"
    monde.session(pris)

    # The closure, from the menu of the account.
    entrer(page, monde.gestionnaire.courriel)
    page.locator("summary", has_text="Mon compte").click()
    page.get_by_role("link", name="Mon organisme", exact=True).first.click()
    page.get_by_role("link", name="Ajouter une fermeture").click()
    page.get_by_label("Nom").fill("Fermeture d'été")
    page.get_by_role("textbox", name="Du", exact=True).fill(f"{aout:%d/%m/%Y}")
    page.get_by_role("textbox", name="Au", exact=True).fill(f"{aout + dt.timedelta(18):%d/%m/%Y}")
    page.get_by_role("button", name="Enregistrer la fermeture").click()
    expect(page.locator("main")).to_contain_text("Fermeture d'été")

    # The series: 9 gestures at most for who knows the screen.
    page.goto(f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}")
    page.get_by_role("link", name=re.compile("Créer une série")).first.click()
    page.get_by_role("textbox", name="À partir du").fill(f"01/01/{annee}")
    page.get_by_role("textbox", name="Jusqu'au").fill(f"31/12/{annee}")
    page.get_by_label("Modèle des identifiants").fill("LOG-{AAAA}-{MM}")
    page.get_by_label("Modèle des identifiants").blur()
    page.get_by_role("button", name="Voir l'aperçu").click()
    apercu = page.locator("#serie-apercu")
    expect(apercu).to_contain_text("fermeture (Fermeture d'été)")
    expect(apercu).to_contain_text("vacances de printemps, zone C")
    expect(apercu).to_contain_text("1 identifiant à changer")
    page.get_by_role("button", name=f"Prendre {pris} 2").click()
    expect(apercu).not_to_contain_text("à changer")
    expect(page.get_by_label(re.compile("Identifiant de la session")).nth(1)).to_have_value(f"{pris} 2")
    page.get_by_role("button", name=f"Créer {len(attendus)} sessions").click()
    expect(page.get_by_role("status").first).to_contain_text("sessions ont été créées")
    creees = monde.action.sessions.exclude(serie=None).order_by("date_debut")
    assert list(creees.values_list("date_debut", flat=True)) == attendus

    # Taken back, and shifted from the session that was there.
    page.get_by_role("button", name="Annuler").first.click()
    expect(page.get_by_role("status").first).to_contain_text("La création de la série a été annulée")
    assert not creees.exists()
    page.goto(f"/catalogue/sessions/reconduire/?action={monde.action.pk}")
    expect(page.locator("#serie-phrase")).to_contain_text("52 semaines plus tard")
    page.get_by_role("button", name="Créer 1 session").click()
    expect(page.get_by_role("status").first).to_contain_text("1 session a été créée")
    ancienne = monde.action.sessions.get(serie=None)
    assert creees.get().date_debut == ancienne.date_debut + dt.timedelta(weeks=52)


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_axe_et_les_largeurs(page: Page, monde: Monde):
    monde.session("S")
    jour = aujourd_hui() + dt.timedelta(30)
    Fermeture.objects.create(genre="propre", organisme=monde.organisme, nom="Été", du=jour, au=jour)
    entrer(page, monde.gestionnaire.courriel)
    constats: list[str] = []
    for adresse in (
        "/organisme/",
        "/organisme/modifier/",
        "/organisme/fermetures/ajouter/",
        f"/catalogue/actions/{monde.action.pk}/habitudes/",
        f"/catalogue/sessions/reconduire/?action={monde.action.pk}",
    ):
        constats = constater_a_ces_tailles(page, TAILLES, adresse, constats)
    assert constats == []


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_cocher_une_ligne_redessine_le_calendrier(page: Page, monde: Monde):
    entrer(page, monde.gestionnaire.courriel)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"/catalogue/actions/{monde.action.pk}/serie/")
    pris = page.locator(".serie-grille .pris")
    avant = pris.count()
    page.locator("[name^=garder-]").first.uncheck()
    expect(pris).to_have_count(avant - 5)
    page.locator("[name^=garder-]").first.check()
    expect(pris).to_have_count(avant)
    # On a telephone too, two months side by side.
    page.set_viewport_size({"width": 360, "height": 740})
    expect(pris.first).to_be_visible()
