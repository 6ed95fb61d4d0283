"""Tests of the accueil and the help in a real browser: corrections, « BRAVO ! », axe at 320 px.

Both full and empty pages are checked.
"""

import datetime as dt

import pytest
from playwright.sync_api import Browser, Page, expect

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre
from edof.horloge import a_l_instant, aujourd_hui, demain, maintenant
from organismes.droits import Operation, Role
from organismes.models import Membre, Organisme, Utilisateur
from publication.passages import publier
from sessions_app.models import Session
from tests.conftest import Monde
from tests.e2e.axe import constater
from tests.outils import entrer as se_connecter

pytestmark = pytest.mark.django_db(transaction=True)


def un_peu_de_tout(monde: Monde, settings) -> None:
    """Create a visible session, and something in every list."""
    monde.session("visible", ouverte=True)
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    monde.session("attend", ouverte=True)
    executer(monde.session("fermee", ouverte=True), Operation.FERMER, par=monde.gestionnaire)
    seule = monde.nouvelle_action("SEULE")
    for nom, jours in (("passee", 70), ("commencee", 62), ("terminee", 92), ("finissante", 85)):
        with a_l_instant(maintenant() - dt.timedelta(jours)):
            monde.session(nom, ouverte=True, action=seule)
    for fiche in (Offre(), Action(offre=monde.offre), Session(action=monde.action)):
        fiche.organisme = monde.organisme
        executer(
            fiche,
            Operation.MODIFIER,
            par=monde.gestionnaire,
            valeurs={"identifiant": "brouillon-" + fiche._meta.model_name},
        )
    sans_fin = monde.session("sans-fin", ouverte=True)
    Session.objects.filter(pk=sans_fin.pk).update(date_fin=None)


@pytest.mark.exigence("S-128")
def test_bravo_puis_fermer_puis_les_dates(page: Page, settings):
    monde = Monde()
    un_peu_de_tout(monde, settings)
    se_connecter(page, monde.gestionnaire.courriel)
    bravo = page.get_by_role("region", name="BRAVO !")
    expect(bravo).to_contain_text("Votre offre est visible sur Mon Compte Formation.")
    bravo.get_by_role("button", name="J'ai compris").click()
    expect(bravo).to_have_count(0)
    moment = page.get_by_role("region", name="Sessions du moment")
    moment.get_by_role("button", name="Fermer à l'inscription : commencee").click()
    expect(page.get_by_role("status").first).to_contain_text("La session a bien été fermée à l'inscription.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("voici votre catalogue")
    expect(moment.get_by_role("button", name="Fermer à l'inscription : commencee")).to_have_count(0)
    page.get_by_text("Voir les nombres").click()
    expect(page.get_by_role("table", name="Sessions à venir par mois de début")).to_be_visible()
    # Sessions closed on purpose or started are normal: only the unexpected one is among the reasons.
    raisons = page.get_by_role("region", name="Pourquoi ces sessions ne sont-elles pas visibles ?")
    expect(raisons.get_by_role("listitem")).to_have_count(1)
    raisons.get_by_role("link", name="Changer les dates : sans-fin").click()
    expect(page.get_by_label("au", exact=True)).to_be_in_viewport()


def test_axe_et_320_pixels(navigateur: Browser, live_server, client, settings):
    monde = Monde()
    un_peu_de_tout(monde, settings)
    vide = Utilisateur.objects.create_user("vide@test.example", "x")
    neuf = Organisme.objects.create(raison_sociale="Neuf", siret="52345678900017")
    Membre.objects.create(utilisateur=vide, organisme=neuf, role=Role.GESTIONNAIRE)
    seul = Utilisateur.objects.create_user("seul@test.example", "x")
    aide = ["/aide/", "/aide/visibilite/", "/aide/guides/", "/aide/navigateurs/"]
    constats = []
    for qui, adresses in (
        (None, aide[-1:]),
        (monde.gestionnaire, ["/", "/a-faire/non_visibles/", *aide]),
        (vide, ["/"]),
        (seul, ["/"]),
    ):
        contexte = navigateur.new_context(
            viewport={"width": 320, "height": 700}, base_url=live_server.url, bypass_csp=True
        )
        if qui:
            client.force_login(qui, backend="django.contrib.auth.backends.ModelBackend")
            cookie = client.cookies["sessionid"].value
            contexte.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = contexte.new_page()
        for adresse in adresses:
            constats = constater(page, adresse, constats)
        if qui == monde.gestionnaire:
            page.goto("/")
            page.get_by_text("Voir les nombres").click()
            constats = constater(page, None, constats)
        contexte.close()
    assert constats == []
