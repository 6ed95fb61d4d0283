"""Tests of the page « Programmer », and of the pages that show what is planned (D-46)."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from edof.horloge import PARIS, a_l_instant, aujourd_hui, demain
from edof.templatetags.affichage import date_longue
from organismes.droits import Operation, Role
from publication.passages import publier
from sessions_app.models import Programmation
from sessions_app.programmation import programmer
from sessions_app.programmations_dues import executer_les_programmations
from tests.conftest import Monde
from tests.outils import source, texte

pytestmark = [pytest.mark.django_db, pytest.mark.exigence("D-46")]

OUVRIR, FERMER = Operation.OUVRIR, Operation.FERMER


def dans(jours: int) -> dt.date:
    return aujourd_hui() + dt.timedelta(days=jours)


def a(jours: int):
    """Make the clock show six in the morning, that many days from now."""
    return a_l_instant(dt.datetime.combine(dans(jours), dt.time(6), tzinfo=PARIS))


def url(session) -> str:
    return f"/catalogue/sessions/{session.pk}/programmer/"


def envoyer(client, session, quoi, jour, **autres):
    donnees = {"operation": "programmer", "quoi": quoi, "jour": f"{jour:%d/%m/%Y}", **autres}
    return client.post(url(session), donnees)


def plans(session) -> list[tuple[str, dt.date, str]]:
    return list(session.programmations.order_by("pk").values_list("operation", "jour", "etat"))


def test_visible_a_partir_du_ouvre_la_veille(monde, connecter):
    client, session = connecter(monde.gestionnaire), monde.session()
    reponse = envoyer(client, session, "visible", dans(5), suite="/catalogue/?q=s1")
    assert reponse.status_code == 302 and reponse.url == f"/catalogue/?q=s1#session-{session.pk}"
    assert plans(session) == [("ouvrir", dans(4), "prevue")]
    page = texte(client.get(f"/catalogue/sessions/{session.pk}/"))
    assert f"Ouverture programmée le {date_longue(dans(4))}, visible le {date_longue(dans(5))}" in page
    assert f"par {monde.gestionnaire}" in page


def test_ouvrir_fermer_changer_annuler(monde, connecter):
    client, session = connecter(monde.gestionnaire), monde.session()
    # A closed session is offered no closing before its opening is planned.
    assert 'value="fermer"' not in source(client.get(url(session)))
    envoyer(client, session, "ouvrir", dans(4))
    envoyer(client, session, "fermer", dans(9))
    envoyer(client, session, "ouvrir", dans(6))
    assert plans(session) == [("ouvrir", dans(6), "prevue"), ("fermer", dans(9), "prevue")]
    page = source(client.get(f"{url(session)}?quoi=ouvrir"))
    assert f'value="{dans(6):%d/%m/%Y}"' in page and "Déjà programmé" in page
    repetee = client.post(
        url(session),
        {"operation": "programmer", "quoi": "ouvrir", "jour": f"{dans(6):%d/%m/%Y}"},
        follow=True,
    )
    assert "C'est déjà programmé pour ce jour-là." in texte(repetee)
    for dite in ("La programmation est annulée : fermeture", "Il n'y a plus rien à annuler"):
        assert dite in texte(client.post(url(session), {"operation": "annuler:fermer"}, follow=True))
    assert plans(session)[1] == ("fermer", dans(9), "annulee")


@pytest.mark.parametrize(
    ("quoi", "jour", "dite"),
    [
        ("ouvrir", "hier", "Cette date n'est pas lisible"),
        ("ouvrir", "", "Indiquez le jour"),
        ("", "01/01/2030", "Choisissez ce qui est à faire"),
        ("detruire", "01/01/2030", "Choisissez ce qui est à faire dans la liste"),
        ("ouvrir", "aujourd'hui", "à partir de demain"),
        ("visible", "demain", "ouverte tout de suite, elle serait visible le"),
        ("ouvrir", "01/01/2099", "vérifiez l'année"),
        ("ouvrir", "début", "elle s'ouvre au plus tard la veille"),
    ],
)
def test_ce_qui_est_refuse_est_dit_a_cote_du_champ_et_garde(monde, connecter, quoi, jour, dite):
    client, session = connecter(monde.gestionnaire), monde.session()
    dits = {"aujourd'hui": aujourd_hui(), "demain": demain(), "début": session.date_debut}
    ecrit = f"{dits[jour]:%d/%m/%Y}" if jour in dits else jour
    reponse = client.post(url(session), {"operation": "programmer", "quoi": quoi, "jour": ecrit})
    assert reponse.status_code == 422 and dite in texte(reponse)
    assert f'value="{ecrit}"' in source(reponse) or not ecrit
    assert plans(session) == []


def test_ce_qui_n_est_pas_programmable_le_dit(monde, connecter):
    client = connecter(monde.gestionnaire)
    session = executer(monde.session(), Operation.ARCHIVER, par=monde.gestionnaire)
    assert "Archivée" in texte(client.get(url(session), follow=True))
    assert "Programmer" not in texte(client.get(f"/catalogue/sessions/{session.pk}/"))
    autre = Monde("Autre", "52345678900017").session()
    assert client.post(url(autre), {"operation": "annuler:ouvrir"}).status_code == 404
    redacteur = connecter(monde.personne("r", Role.REDACTEUR))
    for geste in ("programmer", "annuler:ouvrir", "ecarter"):
        assert redacteur.post(url(session), {"operation": geste}).status_code == 403


def test_ce_qui_refuserait_aujourd_hui_est_dit_d_avance(monde, connecter):
    client, session = connecter(monde.gestionnaire), monde.session()
    executer(monde.action, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"langue": ""})
    envoyer(client, session, "ouvrir", dans(4))
    page = texte(client.get("/messages/"))
    assert "À régler avant ce jour" in page and "est en brouillon : validez-la d'abord." in page
    assert plans(session) == [("ouvrir", dans(4), "prevue")]


def test_montre_au_catalogue_dans_la_liste_au_diagnostic_demain_et_dans_l_historique(monde, connecter):
    client, session = connecter(monde.gestionnaire), monde.session(ouverte=True)
    programmer([session], FERMER, demain(), monde.gestionnaire)
    dite = f"Fermeture programmée le {date_longue(demain())} au matin"
    for adresse in (
        f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}",
        f"/catalogue/sessions/{session.pk}/visibilite/",
        "/publications/demain/",
        f"/catalogue/sessions/{session.pk}/historique/",
    ):
        assert dite in texte(client.get(adresse)), adresse
    assert f"Ferme le {date_longue(demain())}" in texte(client.get("/catalogue/sessions/"))
    # Tomorrow's run would publish it, closed an hour before: the page says both.
    assert "le public ne la verra pas" in texte(client.get("/publications/demain/?nature=parait"))


def test_en_retard_la_carte_le_registre_et_l_historique_disent_les_deux_jours(monde, connecter):
    publier(aujourd_hui(), par="test")
    le, prevu, fait = dans(0), dans(1), dans(3)
    session = monde.session()
    programmer([session], OUVRIR, prevu, monde.gestionnaire)
    with a(3):
        client = connecter(monde.gestionnaire)
        executer_les_programmations()
        publier(fait, par="test")
        dite = f"Ouverture prévue le {date_longue(prevu)}, faite le {date_longue(fait)}"
        for adresse in (
            f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}",
            f"/catalogue/sessions/{session.pk}/historique/",
            f"/publications/{fait}/",
            f"/publications/{prevu}/",
        ):
            assert dite in texte(client.get(adresse)), adresse
        page = texte(client.get(f"/catalogue/sessions/{session.pk}/historique/"))
        assert f"Programmé le {date_longue(le)}, prévu le {date_longue(prevu)}" in page


def test_l_accueil_montre_le_refus_ce_qui_le_repare_et_s_ecarte(monde, connecter):
    session = monde.session()
    programmer([session], OUVRIR, dans(1), monde.gestionnaire)
    executer(monde.action, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"langue": ""})
    with a(1):
        client = connecter(monde.gestionnaire)
        executer_les_programmations()
        for adresse in ("/", "/a-faire/refusees/"):
            page = texte(client.get(adresse))
            assert "Programmations refusées" in page and "est en brouillon : validez-la" in page
            assert "Compléter l'action" in page and "J'ai compris" in page
        lecteur = connecter(monde.personne("l", Role.LECTEUR))
        assert "J'ai compris" not in texte(lecteur.get("/")) and "refusée" in texte(lecteur.get("/"))
        client = connecter(monde.gestionnaire)
        ecartee = client.post(url(session), {"operation": "ecarter", "suite": "/"})
        assert (ecartee.status_code, ecartee.url) == (302, "/")
        assert "Programmations refusées" not in texte(client.get("/"))
    assert Programmation.objects.get().etat == "refusee"


def test_le_formulaire_dit_avant_d_enregistrer_que_le_plan_sera_annule(monde, connecter):
    client, session = connecter(monde.gestionnaire), monde.session()
    adresse = f"/catalogue/sessions/{session.pk}/modifier/"
    assert "programmée" not in texte(client.get(adresse))
    envoyer(client, session, "ouvrir", dans(9))
    dite = f"Ouverture programmée le {date_longue(dans(9))} : enregistrer l'annulera."
    assert dite in texte(client.get(adresse))


def test_modifier_ou_archiver_la_session_dit_que_le_plan_est_annule(monde, connecter):
    client, session = connecter(monde.gestionnaire), monde.session()
    programmer([session], OUVRIR, dans(9), monde.gestionnaire)
    archivee = client.post(f"/catalogue/sessions/{session.pk}/archiver/", follow=True)
    assert f"Ouverture programmée le {date_longue(dans(9))} : elle est annulée." in texte(archivee)


def test_le_nombre_de_requetes_ne_suit_pas_ce_qui_est_programme(monde, connecter):
    client, nombres = connecter(monde.gestionnaire), []
    adresses = (
        "/", "/catalogue/sessions/", "/publications/demain/", "/a-faire/refusees/",
        f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}",
    )  # fmt: skip
    for combien in (2, 9):
        sessions = [monde.session(f"{combien}-{rang}") for rang in range(combien)]
        programmer(sessions, OUVRIR, demain(), monde.gestionnaire)
        refusees = Programmation.objects.filter(session__in=sessions[1:])
        refusees.clore(Programmation.Etat.REFUSEE, "Non.")
        lus = []
        for adresse in adresses:
            client.get(adresse)
            with CaptureQueriesContext(connection) as requetes:
                client.get(adresse)
            lus.append(len(requetes))
        nombres.append(lus)
    assert nombres[0] == nombres[1]
