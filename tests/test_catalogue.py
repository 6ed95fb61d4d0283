"""The catalogue as the guide shows it, at a number of queries that does not follow the records."""

import html
import re

import pytest

from catalogue.templatetags.affichage import date_longue, euros, insecables, milliers, pluriel
from edof.horloge import aujourd_hui, demain
from organismes.droits import Role
from publication.passages import publier


def texte(reponse):
    sans_balises = re.sub(r"<[^>]+>", " ", html.unescape(reponse.content.decode()))
    return re.sub(r"[\s\u00a0\u202f]+", " ", sans_balises)


def ouverte(monde):
    return f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}"


@pytest.mark.exigence(
    "S-08", "S-09", "S-10", "S-11", "S-12", "S-13", "S-14", "S-16", "S-17", "S-18", "S-19", "S-20", "S-22", "S-24", "S-25", "S-26",
    "S-27", "S-28", "S-30", "S-31", "S-110", "S-111", "S-112", "S-126", "D-30", "D-31", "D-32",
)  # fmt: skip
def test_les_blocs_les_mots_et_l_ordre_du_guide(monde, connecter):
    session = monde.session("sessionduree")
    page = texte(connecter(monde.gestionnaire).get(ouverte(monde)))
    attendus = [
        "Texte Validée", "Certification ou thématique visée : Titre professionnel", "ID : OFFRE-1", "Aucune notation enregistrée",
        "Descriptif Texte", "Dernière modification :", "1 action", "ID : ACTION-1 Validée", "CHEVILLY LARUE", "5 000,00 €",
        "Aucune notation enregistrée", "Dernière modification :", "1 session programmée", "1 session programmée",
        f"{date_longue(session.date_debut)} au {date_longue(session.date_fin)} Validée (La session est garantie)",
        "ID : sessionduree", "Opérations", "Ajouter une session",
    ]  # fmt: skip
    position = 0
    for attendu in attendus:
        assert attendu in page[position:], attendu
        position = page.index(attendu, position)


@pytest.mark.exigence("S-51")
def test_une_action_sans_session(monde, connecter):
    page = texte(connecter(monde.gestionnaire).get(f"/catalogue/?o={monde.offre.pk}"))
    assert "0 session programmée" in page and "Ajouter une session" in page


@pytest.mark.exigence("S-21", "S-29", "S-125", "D-25")
def test_la_mention_suit_le_passage(monde, connecter, settings):
    monde.session(ouverte=True)
    client = connecter(monde.gestionnaire)
    avant = texte(client.get(ouverte(monde)))
    assert "Visible sur Mon Compte Formation" not in avant and f"Visible le {date_longue(demain())} au matin" in avant
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    assert texte(client.get(ouverte(monde))).count("Visible sur Mon Compte Formation") == 2


@pytest.mark.exigence("S-109", "S-108")
@pytest.mark.parametrize(
    ("recherche", "trouve"), [("texte", 1), ("offre-1", 1), ("action-1", 1), ("chevilly", 1), ("S1", 1), ("rncp1", 1), ("rien", 0)]
)
def test_la_recherche_trouve_a_tous_les_niveaux(monde, connecter, recherche, trouve):
    monde.session()
    page = connecter(monde.gestionnaire).get("/catalogue/", {"q": recherche})
    assert page.content.decode().count('<article class="carte offre"') == trouve


@pytest.mark.exigence("S-113", "D-10")
@pytest.mark.parametrize(
    ("etat", "attendues"),
    [
        ("brouillon", ["Consulter", "Modifier", "Dupliquer", "Archiver", "Supprimer"]),
        ("validee", ["Consulter", "Modifier", "Dupliquer", "Ouvrir à l'inscription", "Archiver", "Supprimer"]),
        ("ouverte", ["Consulter", "Modifier", "Dupliquer", "Fermer à l'inscription", "Archiver"]),
        ("fermee", ["Consulter", "Modifier", "Dupliquer", "Ouvrir à l'inscription", "Archiver"]),
        ("archivee", ["Consulter", "Dupliquer", "Désarchiver", "Supprimer"]),
    ],
)
def test_les_operations_suivent_le_statut(monde, connecter, etat, attendues):
    client = connecter(monde.gestionnaire)
    session = monde.session(ouverte=etat in {"ouverte", "fermee"})
    suites = {"fermee": "fermer", "archivee": "archiver"}
    if etat in suites:
        client.post(f"/catalogue/sessions/{session.pk}/{suites[etat]}/")
    if etat == "brouillon":
        client.post(f"/catalogue/sessions/{session.pk}/archiver/")
        client.post(f"/catalogue/sessions/{session.pk}/desarchiver/")
    page = client.get(f"/catalogue/sessions/{session.pk}/").content.decode()
    menu = html.unescape(page[page.index('<ul class="menu-liste">', page.index("Opérations")) :].split("</ul>")[0])
    assert re.findall(r">([^<>\s][^<>]*)</(?:a|button)>", menu) == attendues


@pytest.mark.exigence("S-103", "D-14", "D-13")
def test_supprimer_et_archiver_demandent_et_comptent(monde, connecter):
    monde.session()
    client = connecter(monde.gestionnaire)
    page = texte(client.get(f"/catalogue/offres/{monde.offre.pk}/supprimer/"))
    assert "Avec elle : 1 action et 1 session." in page
    assert client.post(f"/catalogue/offres/{monde.offre.pk}/supprimer/", {"suite": "/catalogue/"}).url == "/catalogue/"
    assert not monde.organisme.offres.exists() and not monde.organisme.sessions.exists()


def test_le_nombre_de_requetes_ne_suit_pas_les_fiches(monde, connecter, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = connecter(monde.gestionnaire)
    monde.session("s0", ouverte=True)

    def compter():
        with CaptureQueriesContext(
            connection,
        ) as requetes:
            assert client.get(ouverte(monde)).status_code == 200
        return len(requetes)

    compter()
    avant = compter()
    for rang in range(1, 8):
        monde.session(f"s{rang}", ouverte=rang % 2 == 0)
        monde.nouvelle_action(f"A{rang}")
        monde.nouvelle_offre(f"O{rang}")
    assert compter() == avant


@pytest.mark.exigence("D-11")
def test_l_ouverture_refusee_nomme_le_coupable(monde, connecter):
    session = monde.session()
    client = connecter(monde.gestionnaire)
    type(monde.action).objects.filter(pk=monde.action.pk).update(statut="brouillon")
    reponse = client.post(f"/catalogue/sessions/{session.pk}/ouvrir/", follow=True)
    assert "L'action « ACTION-1 » est en brouillon : validez-la d'abord." in texte(reponse)
    page = client.get(ouverte(monde)).content.decode()
    assert 'aria-disabled="true"' in page and f'<a href="/catalogue/actions/{monde.action.pk}/">Voir</a>' in page


def test_une_branche_se_deplie_seule_avec_htmx(monde, connecter):
    client = connecter(monde.gestionnaire)
    entetes = {
        "HX-Request": "true",
        "HX-Target": f"action-{monde.action.pk}",
        "HX-Current-URL": f"http://testserver/catalogue/?o={monde.offre.pk}&o=99",
    }
    reponse = client.get("/catalogue/", headers=entetes)
    assert reponse.content.decode().startswith("<section") and reponse["HX-Push-Url"].count("o=") == 2


def test_le_lecteur_ne_voit_que_consulter(monde, connecter):
    monde.session()
    page = connecter(monde.personne("lecteur", Role.LECTEUR)).get(ouverte(monde)).content.decode()
    assert "Modifier" not in page and "Ajouter une session" not in page and "Consulter" in page


def test_les_nombres_a_la_francaise():
    assert euros(5000) == "5\u202f000,00\u00a0€" and pluriel(0, "action,actions") == "0\u00a0action" and euros(0) == "0,00\u00a0€"
    assert milliers(72408) == "72\u202f408" and milliers(999) == "999"
    assert insecables("Passée : « lundi » ?") == "Passée\u00a0: «\u00a0lundi\u00a0»\u00a0?"
