"""Tests in a real browser of the six types of offre, with action and session, up to « Validée »."""

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from catalogue.models import Certification
from edof.horloge import aujourd_hui
from tests.conftest import Monde, quantite
from tests.e2e.conftest import avec_javascript

pytestmark = pytest.mark.django_db(transaction=True)

TYPES = {
    "certifiante": "Formation certifiante",
    "bilan": "Bilan de compétences",
    "vae": "Accompagnement VAE",
    "permis": "Préparation aux épreuves du permis de conduire",
    "creation": "Création ou reprise d'entreprise",
    "elu": "Exercice du mandat des élus locaux (DIF élu)",
}
AVEC = [pytest.param(True, type_offre, id=f"avec-javascript-{type_offre}") for type_offre in TYPES]
SANS = [
    pytest.param(False, type_offre, id=f"sans-javascript-{type_offre}")
    for type_offre in list(TYPES)[: quantite(6, 1)]
]


@pytest.fixture
def monde_connecte(page: Page, client, live_server) -> Monde:
    """Return a world with an address book and the certifications of each type.

    Its gestionnaire is signed in.
    """
    monde = Monde()
    blocs = [{"code": "RNCP9BC01", "libelle": "Piloter des flux"}]
    for code, genre, intitule, liste in (
        ("RNCP9", "rncp", "Technicien supérieur en logistique", blocs),
        ("CPF202", "cpf", "Bilan de compétences", []),
        ("CPF200", "cpf", "Validation des acquis", []), ("CPF206", "cpf", "Permis B", []),
        ("CPF203", "cpf", "Création d'entreprise", []),
        ("ELU9", "elu", "Finances locales", []),
    ):  # fmt: skip
        Certification.objects.update_or_create(
            code=code, defaults={"type_certification": genre, "intitule": intitule, "blocs": liste}
        )
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    return monde


def identifier(page: Page, niveau: str, identifiant: str) -> None:
    page.get_by_label(f"Identifiant de l{niveau}").fill(identifiant)
    page.get_by_role("button", name="VÉRIFIER").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Étape 2/2")


def valider(page: Page, bloc: str) -> None:
    page.get_by_role("button", name="VALIDER").click()
    expect(page.locator(bloc).first).to_contain_text("Validée")


@pytest.mark.exigence("S-05", "S-06", "S-07", "S-47", "S-48", "S-59", "S-72", "S-73")
@pytest.mark.parametrize(("page", "type_offre"), AVEC + SANS, indirect=["page"])
def test_de_rien_a_validee(page: Page, monde_connecte: Monde, type_offre: str):
    page.goto("/catalogue/offres/ajouter/")
    identifier(page, "'offre", "N-1")
    scripts = avec_javascript(page)
    page.get_by_label(TYPES[type_offre]).check()
    if not scripts:
        page.get_by_role("button", name="Adapter le formulaire à ce type").click()
    if type_offre == "certifiante":
        page.get_by_label("Certification ou thématique visée").fill("logistique technicien")
        if not scripts:
            page.get_by_role("button", name="Rechercher").click()
        page.get_by_role("button", name="Technicien supérieur en logistique").click()
        page.get_by_label("RNCP9BC01").check()
        page.get_by_role("group", name="Liste de blocs modifiable").get_by_label("Non").check()
    elif type_offre in {"permis", "elu"}:
        page.get_by_label("Certification ou thématique visée").select_option(index=1)
    else:
        expect(page.locator(".choisie")).to_contain_text("CPF20")
    if type_offre == "vae":
        page.get_by_label("Catégorisation de l'offre").select_option(label="Manutention")
    page.get_by_label("Intitulé de la formation").fill("Nouvelle formation")
    page.get_by_label("Points forts").fill("Des professionnels")
    for nom in ("Objectif de la formation", "Résultats attendus", "Contenu de la formation"):
        page.get_by_role("textbox", name=nom).fill("- un\n- **deux**")
    page.get_by_role("group", name="Type de parcours").get_by_label("Mixte").check()
    page.get_by_label("Objectif général de la formation").select_option(label="Professionnalisation")
    valider(page, "article.offre:has-text('Nouvelle formation')")

    page.goto(
        f"/catalogue/offres/{monde_connecte.organisme.offres.get(identifiant='N-1').pk}/actions/ajouter/"
    )
    identifier(page, "'action", "A-1")
    page.get_by_label("A dates fixes").check()
    page.get_by_label("Présentiel").check()
    page.get_by_label("Durée totale en heures").fill("20")
    page.get_by_label("En journée").check()
    page.get_by_label("Lieu de formation", exact=True).select_option(index=1)
    page.get_by_label("Contact du lieu de formation").select_option(index=1)
    page.get_by_label("Contact d'information").select_option(index=1)
    page.get_by_label("HT à 20 %").fill("1000")
    page.get_by_label("Aucuns frais attendus").check()
    page.get_by_role("group", name="Niveau requis").get_by_label("Non").check()
    page.get_by_role("group", name="Conditions spécifiques").get_by_label("Non").check()
    page.get_by_label("Sur dossier").check()
    page.get_by_label("Accessibilité aux personnes").fill("Locaux accessibles")
    valider(page, ".action")
    expect(page.locator(".action")).to_contain_text("1\u202f200,00\u00a0€")

    page.locator(".action").get_by_role("link", name="Ajouter une session").click()
    identifier(page, "a session", "S-1")
    debut = aujourd_hui() + dt.timedelta(60)
    page.get_by_label("Du", exact=True).fill(f"{debut:%d/%m/%Y}")
    page.get_by_label("au", exact=True).fill(f"{debut + dt.timedelta(5):%d/%m/%Y}")
    page.get_by_label("Oui").check()
    page.get_by_label("Contact d'inscription").select_option(index=1)
    page.get_by_label("Adresse d'inscription").select_option(index=1)
    valider(page, "li[id^=session-]")
