"""Tests of the main path in Firefox and WebKit, to detect a script, a style or htmx that fails there.

Edge has the same engine as Chromium, which runs the other tests.
"""

import datetime as dt
import json
import time
from typing import Any

import pytest
from django.db import connection

from edof.horloge import a_l_instant, aujourd_hui, minuit
from publication.passages import publier
from recherche.communes import charger
from recherche.facettes import mois as mois_proposes
from recherche.models import Commune
from sessions_app.models import Session
from tests.conftest import Monde
from tests.e2e.moteurs import Firefox, WebKit, moteur

pytestmark = pytest.mark.django_db(transaction=True)


def attendre(navigateur: Any, condition: str) -> Any:
    """Wait until the expression is true in the page; return its value."""
    for _ in range(100):
        try:
            if valeur := navigateur.evaluer(f"return {condition}"):
                return valeur
        except (AssertionError, OSError):
            # The page was being replaced during the evaluation.
            pass
        time.sleep(0.1)
    raise AssertionError(
        f"{condition} : jamais vrai sur"
        f" {navigateur.evaluer('return location.href + document.body.innerText.slice(0, 900)')}"
    )


def remplir(navigateur: Any, champs: dict[str, str]) -> None:
    """Fill the fields with these names, with the events that typing sends."""
    for nom, valeur in champs.items():
        navigateur.evaluer(
            f"const c = document.querySelector('main [name={json.dumps(nom)}]'); c.value ="
            f" {json.dumps(valeur)};c.dispatchEvent(new Event('input', {{bubbles: true}}));"
            " c.dispatchEvent(new Event('change', {bubbles: true}))"
        )


def cliquer(navigateur: Any, selecteur: str) -> None:
    attendre(navigateur, f"document.querySelector({json.dumps(selecteur)})")
    navigateur.evaluer(f"setTimeout(() => document.querySelector({json.dumps(selecteur)}).click())")


@pytest.mark.exigence("S-01")
@pytest.mark.parametrize("classe", [Firefox, WebKit], ids=["firefox", "webkit"])
def test_le_parcours_dans_les_autres_moteurs(live_server, classe):
    if classe.absent():
        pytest.skip(f"{classe.__name__} est absent")
    monde = Monde()
    monde.session("pris")
    with moteur(classe) as navigateur:
        navigateur.aller(f"{live_server.url}/connexion/")
        remplir(navigateur, {"username": monde.gestionnaire.courriel, "password": "demo-edof-mot-de-passe"})
        cliquer(navigateur, "main button[type=submit]")
        attendre(navigateur, "location.pathname === '/' && document.readyState === 'complete'")
        assert navigateur.evaluer("return document.documentElement.classList.contains('avec-js')")
        navigateur.aller(f"{live_server.url}/catalogue/actions/{monde.action.pk}/sessions/ajouter/")
        navigateur.evaluer("window.memePage = true")
        # Step 1, without leaving the page: a used identifier, then a free one.
        remplir(navigateur, {"identifiant": "PRIS"})
        cliquer(navigateur, "#verifier")
        attendre(navigateur, "document.querySelector('#messages').innerText.includes('déjà utilisé')")
        remplir(navigateur, {"identifiant": "nouvelle"})
        cliquer(navigateur, "#verifier")
        attendre(navigateur, "document.querySelector('h1').innerText.includes('Étape 2/2')")
        assert navigateur.evaluer("return window.memePage === true")
        # Step 2: the counter, the button of the calendar, the radio buttons; then validation.
        debut = aujourd_hui() + dt.timedelta(60)
        dates = {"date_debut": f"{debut:%d/%m/%Y}", "date_fin": f"{debut + dt.timedelta(9):%d/%m/%Y}"}
        choix = {"contact_inscription": str(monde.contact.pk), "adresse_inscription": str(monde.lieu.pk)}
        remplir(navigateur, {**dates, **choix, "modalites_particulieres": "Le samedi"})
        assert navigateur.evaluer("return document.getElementById('duree').textContent") == "soit 10 jours"
        compteur = "return document.getElementById('id_modalites_particulieres_compteur').textContent"
        assert navigateur.evaluer(compteur) == "9 / 3000 caractères"
        assert navigateur.evaluer("return document.querySelectorAll('.champ-date button').length") == 2
        cliquer(navigateur, "[name=garantie][value=oui]")
        cliquer(navigateur, "button[value=valider]")
        attendre(navigateur, "location.pathname === '/catalogue/' && document.readyState === 'complete'")
        session = Session.objects.get(identifiant="nouvelle")
        assert (session.statut, session.garantie) == ("validee", True)
        # Open from the menu, then close.
        for operation, mot, ouverte in (("ouvrir", "ouverte", True), ("fermer", "fermée", False)):
            cliquer(navigateur, f"form[action='/catalogue/sessions/{session.pk}/{operation}/'] button")
            attendre(
                navigateur, f"document.querySelector('#messages').innerText.includes('a bien été {mot}')"
            )
            session.refresh_from_db()
            assert session.ouverte is ouverte
        assert navigateur.evaluer("return document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("classe", [Firefox, WebKit], ids=["firefox", "webkit"])
def test_une_recherche_publique_dans_les_autres_moteurs(live_server, classe):
    """Words, a place chosen while typing, filters and an order; the formation, and back to its results."""
    if classe.absent():
        pytest.skip(f"{classe.__name__} est absent")
    with a_l_instant(minuit(aujourd_hui()) - dt.timedelta(hours=12)):
        monde = Monde()
        monde.session("s1", ouverte=True, garantie=True)
    publier(aujourd_hui(), par="test")
    if not Commune.objects.exists():
        with connection.cursor() as curseur:
            charger(curseur)
    with moteur(classe) as navigateur:
        navigateur.aller(f"{live_server.url}/formations/")
        navigateur.evaluer(
            "const c = document.getElementById('ou'); c.value = 'chevilly';"
            " c.dispatchEvent(new Event('input'))"
        )
        lieu = attendre(navigateur, "document.querySelector('#lieux option')?.value")
        assert lieu == "Chevilly-Larue (94550)"
        # As without a script: the form of the page is sent with what its fields hold.
        navigateur.evaluer(
            f"document.getElementById('q').value = 'texte'; document.getElementById('ou').value = '{lieu}';"
            "document.querySelector('[name=garantie]').checked = true;"
            "document.querySelector('[name=prix_max][value=\"5000\"]').checked = true;"
            "document.getElementById('tri').value = 'prix'"
        )
        cliquer(navigateur, ".appliquer button")
        attendre(navigateur, "document.querySelector('.ou')?.innerText.includes('Chevilly-Larue')")
        recherche = navigateur.evaluer("return location.search")
        assert {"tri=prix", "garantie=1", "prix_max=5000", "rayon=30"} < set(recherche[1:].split("&"))
        cliquer(navigateur, ".resultat h2 a")
        attendre(navigateur, "document.querySelector('.reperes')")
        attendre(
            navigateur, "document.querySelector('.retour-liste').innerText.includes('Retour aux résultats')"
        )
        cliquer(navigateur, ".retour-liste a")
        attendre(
            navigateur, f"location.search === {json.dumps(recherche)} && document.querySelector('.resultat')"
        )
        assert navigateur.evaluer("return document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("classe", [Firefox, WebKit], ids=["firefox", "webkit"])
def test_une_recherche_publique_sans_script(live_server, classe):
    """« texte » near Créteil in a month, under 5,000 €, guaranteed, by price; its address shared."""
    if classe.absent():
        pytest.skip(f"{classe.__name__} est absent")
    with a_l_instant(minuit(aujourd_hui()) - dt.timedelta(hours=12)):
        monde = Monde()
        session = monde.session("s1", ouverte=True, garantie=True)
        monde.session("s2", action=monde.nouvelle_action("A2"), ouverte=True, garantie=False)
    publier(aujourd_hui(), par="test")
    if not Commune.objects.exists():
        with connection.cursor() as curseur:
            charger(curseur)
    mois = next(un for un in mois_proposes() if un.du <= session.date_debut <= un.au)
    with moteur(classe, script=False) as navigateur:
        navigateur.aller(f"{live_server.url}/formations/")
        # What hands do: nothing of the page runs when a field changes, nor when the form is sent.
        for identifiant, valeur in (("q", "texte"), ("ou", "Créteil")):
            navigateur.evaluer(f"document.getElementById('{identifiant}').value = '{valeur}'")
        for champ, valeur in (("mois", f"{mois.du}~{mois.au}"), ("prix_max", "5000"), ("garantie", "1")):
            navigateur.evaluer(f"document.querySelector('[name={champ}][value=\"{valeur}\"]').checked = true")
        navigateur.evaluer("document.getElementById('tri').value = 'prix'")
        navigateur.evaluer("document.querySelector('.appliquer button').click()")
        attendre(navigateur, "document.querySelector('.ou')?.innerText.includes('Créteil')")
        recherche = navigateur.evaluer("return location.search")
        attendus = {"q=texte", "tri=prix", "garantie=1", "prix_max=5000", f"du={mois.du}", f"au={mois.au}"}
        assert attendus < set(recherche[1:].split("&"))
        lus = "return [...document.querySelectorAll('.resultat')].map(carte => carte.innerText)"
        (carte,) = navigateur.evaluer(lus)
        assert "Session garantie" in carte and "à environ 9\N{NO-BREAK SPACE}km de Créteil" in carte
        # Shared: whoever opens the address reads the same.
        navigateur.aller(f"{live_server.url}/formations/{recherche}")
        assert navigateur.evaluer(lus) == [carte]
        assert navigateur.evaluer("return sessionStorage.length") == 0, "aucun script de la page n'a tourné"
        navigateur.evaluer("document.querySelector('.resultat h2 a').click()")
        attendre(navigateur, "document.querySelector('.reperes')")
        assert "Toutes les formations" in navigateur.evaluer(
            "return document.querySelector('.retour-liste').innerText"
        )
