"""Tests of « Historique » in a real browser, with and without JavaScript; axe and 320 px.

They go from a record to one of its former versions.
"""

import pytest
from playwright.sync_api import Browser, Page, expect

from catalogue.cycle_de_vie import Origine, executer
from catalogue.models import Offre
from organismes.droits import Operation
from tests.conftest import Monde
from tests.e2e.axe import constater

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def monde_connecte(client, live_server) -> Monde:
    """Return a world whose gestionnaire is signed in.

    Its offre was saved automatically three times, then validated.
    """
    monde = Monde()
    offre = monde.offre
    for fin in ("flux", "flux et des stocks", "flux, des stocks et des équipes"):
        valeurs = {
            "intitule": f"Pilotage des {fin}",
            "contenu": f"Un premier paragraphe sur le pilotage.\n\n- Les {fin}",
        }
        offre = executer(
            offre, Operation.MODIFIER, par=monde.gestionnaire, origine=Origine.AUTOMATIQUE, valeurs=valeurs
        )
    executer(offre, Operation.VALIDER, par=monde.gestionnaire, valeurs={"type_parcours": "individualise"})
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    monde.cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    return monde


def test_de_consulter_a_une_version_restauree(page: Page, monde_connecte: Monde):
    page.context.add_cookies([monde_connecte.cookie])
    offre = monde_connecte.offre
    page.goto(f"/catalogue/offres/{offre.pk}/")
    page.get_by_role("link", name="Historique").click()
    page.get_by_text("3 enregistrements à la suite").click()
    expect(page.locator(".etapes-historique > li").first).to_contain_text("version 4")
    page.get_by_role("link", name="Comparer la version 4 avec la version actuelle").click()
    expect(page.get_by_role("heading", name="1 champ différent")).to_be_visible()
    page.get_by_label("De la version").fill("1")
    page.get_by_role("button", name="Comparer").click()
    expect(page.get_by_role("heading", name="3 champs différents")).to_be_visible()
    page.get_by_role("link", name="Restaurer la version 1").click()
    page.get_by_role("button", name="Restaurer cette version").click()
    expect(page.locator(".message-success")).to_contain_text(
        "La version 1 est restaurée : c'est la nouvelle version 6."
    )
    expect(page.get_by_role("heading", level=2).first).to_have_text("Restauration d'une version")
    assert Offre.objects.get(pk=offre.pk).intitule == "Texte"


def test_axe_ne_trouve_rien_et_rien_ne_deborde(navigateur: Browser, live_server, monde_connecte: Monde):
    session = monde_connecte.session("s" * 30, modalites_particulieres="Inséparables" * 200)
    executer(session, Operation.ARCHIVER, par=monde_connecte.gestionnaire)
    racine = f"/catalogue/offres/{monde_connecte.offre.pk}/historique/"
    contexte = navigateur.new_context(
        viewport={"width": 320, "height": 700}, base_url=live_server.url, bypass_csp=True
    )
    contexte.add_cookies([monde_connecte.cookie])
    page = contexte.new_page()
    constats: list[str] = []
    for adresse in (
        racine, f"{racine}?enfants=1", f"{racine}comparer/", f"{racine}comparer/?de=1&a=4",
        f"{racine}comparer/?de=x&a=99",
        f"{racine}1/restaurer/", f"/catalogue/sessions/{session.pk}/historique/1/restaurer/",
        f"/catalogue/sessions/{session.pk}/historique/",
    ):  # fmt: skip
        page.goto(adresse)
        for repli in page.locator("main details > summary").all():
            repli.click()
        constats = constater(page, None, constats)
    contexte.close()
    assert constats == []
