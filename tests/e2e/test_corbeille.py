"""Tests of « Annuler » and of the « Corbeille » in a real browser.

They are run with and without JavaScript, by keyboard and on narrow screens.
"""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Suppression
from organismes.droits import Operation
from sessions_app.models import Session
from tests.conftest import Monde
from tests.e2e.axe import constater_a_ces_tailles
from tests.e2e.test_catalogue import TAILLES, entrer

__all__ = ["entrer"]
pytestmark = pytest.mark.django_db(transaction=True)


def choisir(page: Page, bloc, libelle: str):
    """Choose an operation in the menu of this block, then confirm it."""
    bloc.get_by_text("Opérations").first.click()
    bloc.get_by_role("link", name=libelle).first.click()
    page.get_by_role("button", name=libelle, exact=True).click()


def test_archiver_annuler_supprimer_annuler_puis_restaurer(page: Page, entrer):
    monde = Monde()
    session = monde.session("s1", ouverte=True)
    autre = monde.session("s2")
    entrer(page.context, monde.gestionnaire)
    page.goto(f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}")
    bloc, annuler = (
        page.locator(f"#session-{session.pk}"),
        page.get_by_role("button", name="Annuler", exact=True),
    )

    # Archive, then undo: the session is open again, on the same page, at its place.
    choisir(page, bloc, "Archiver")
    message = page.get_by_role("status").first
    expect(message).to_contain_text("La session « s1 » a bien été archivée.")
    expect(annuler).to_have_accessible_description("La session « s1 » a bien été archivée.")
    annuler.press("Enter")
    expect(message).to_contain_text(
        "L'archivage a été annulé : la session « s1 » est revenue dans son état d'avant."
    )
    expect(page).to_have_url(
        re.compile(rf"/catalogue/\?o={monde.offre.pk}&a={monde.action.pk}#session-{session.pk}")
    )
    expect(bloc).to_contain_text("Active")

    # Close by mistake, then undo.
    bloc.get_by_text("Opérations").click()
    bloc.get_by_role("button", name="Fermer à l'inscription").click()
    expect(message).to_contain_text("La session a bien été fermée à l'inscription.")
    annuler.click()
    expect(message).to_contain_text(
        "La fermeture a été annulée : la session « s1 » est de nouveau ouverte à l'inscription."
    )

    # Delete, then undo from the message.
    bloc = page.locator(f"#session-{autre.pk}")
    choisir(page, bloc, "Supprimer")
    expect(message).to_contain_text(
        "La session « s2 » a bien été supprimée. Elle reste 30 jours dans la corbeille."
    )
    annuler.click()
    expect(message).to_contain_text("La suppression a été annulée : la session « s2 » a été restaurée.")
    expect(bloc).to_be_visible()

    # Delete, then take its identifier: the restoration is refused beside it. Free it, restore, then see the
    # record.
    choisir(page, bloc, "Supprimer")
    page.get_by_role("link", name="Voir la corbeille").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Corbeille")
    ligne = page.locator(".entrees > li")
    expect(ligne).to_contain_text("Session « s2 »")
    reprise = monde.session("S2")
    ligne.get_by_role("button", name="Restaurer s2").click()
    refus = ligne.get_by_role("alert")
    expect(refus).to_contain_text("L'identifiant a été repris par une autre fiche depuis")
    executer(reprise, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"identifiant": "s3"})
    ligne.get_by_role("button", name="Restaurer s2").click()
    expect(message).to_contain_text("la session « s2 » a été restaurée.")
    expect(page.get_by_role("heading", name="La corbeille est vide")).to_be_visible()
    page.get_by_role("link", name="Voir dans le catalogue").click()
    expect(bloc).to_be_visible()
    assert set(Session.objects.values_list("identifiant", flat=True)) == {"s1", "s2", "s3"}


def test_desarchiver_une_action_avec_ses_sessions(page: Page, entrer):
    monde = Monde()
    monde.session("s1")
    executer(monde.action, Operation.ARCHIVER, par=monde.gestionnaire)
    entrer(page.context, monde.gestionnaire)
    page.goto("/catalogue/?statut=archivee")
    bloc = page.locator(f"#action-{monde.action.pk}")
    bloc.get_by_text("Opérations").first.click()
    bloc.get_by_role("link", name="Désarchiver").first.click()
    expect(page.get_by_role("button", name="Désarchiver l'action seule")).to_be_visible()
    page.get_by_role("button", name=re.compile("Désarchiver avec 1.session")).click()
    expect(page.get_by_role("status").first).to_contain_text(
        "a bien été désarchivée avec ce qu'elle contient"
    )
    assert Session.objects.get().statut == Action.objects.get().statut == "brouillon"


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_le_message_reste_et_se_ferme_au_clavier(page: Page, entrer):
    monde = Monde()
    session = monde.session("s1")
    entrer(page.context, monde.gestionnaire)
    page.goto(f"/catalogue/sessions/{session.pk}/archiver/")
    page.get_by_role("button", name="Archiver", exact=True).click()
    annuler = page.get_by_role("button", name="Annuler", exact=True)
    # The script announces the message, and its text and its button are displayed.
    expect(page.locator(".message [data-texte]")).to_have_text("La session « s1 » a bien été archivée.")
    annuler.focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Fermer le message")).to_be_focused()
    page.keyboard.press("Enter")
    expect(annuler).to_have_count(0)
    assert Session.objects.get().statut == "archivee"


def test_axe_sur_la_corbeille_et_les_messages(navigateur: Browser, live_server, entrer):
    monde = Monde()
    executer(
        monde.offre,
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"intitule": "Logistique " * 22 + "ABCDEFGHIJKLM"},
    )
    session = monde.session("W" * 30)
    contexte = navigateur.new_context(base_url=live_server.url, bypass_csp=True)
    entrer(contexte, monde.gestionnaire)
    page = contexte.new_page()
    constats = constater_a_ces_tailles(page, TAILLES, "/catalogue/corbeille/", [])
    page.goto(f"/catalogue/sessions/{session.pk}/supprimer/")
    page.get_by_role("button", name="Supprimer").click()
    page.get_by_role("link", name="Voir la corbeille").wait_for()
    constats = constater_a_ces_tailles(page, TAILLES, None, constats)
    monde.session("W" * 30)
    constats = constater_a_ces_tailles(page, TAILLES, "/catalogue/corbeille/", constats)
    page.get_by_role("button", name="Restaurer").click()
    page.get_by_role("alert").wait_for()
    constats = constater_a_ces_tailles(page, TAILLES, None, constats)
    executer(monde.offre, Operation.ARCHIVER, par=monde.gestionnaire)
    constats = constater_a_ces_tailles(
        page, TAILLES, f"/catalogue/offres/{monde.offre.pk}/desarchiver/", constats
    )
    executer(monde.offre, Operation.SUPPRIMER, par=monde.gestionnaire)
    constats = constater_a_ces_tailles(page, TAILLES, "/catalogue/corbeille/", constats)
    assert Suppression.objects.count() == 2
    contexte.close()
    assert constats == []
