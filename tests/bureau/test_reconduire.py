"""« Reconduire »: the sessions of a year, shifted to the next through the preview of the series."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import Statut
from edof.horloge import a_l_instant
from organismes.models import Membre
from sessions_app.models import Fermeture, Session
from tests.conftest import Monde
from tests.outils import texte

pytestmark = pytest.mark.django_db

ADRESSE = "/catalogue/sessions/reconduire/"
CLE = "0b3f7c5e-6a55-4c0c-9a37-0a3f8f1f2b22"
CHOIX = {
    "annee": "2026", "report": "semaines", "feries": "on", "territoire": "Métropole", "zone": "C",
    "feries_debut": "passer", "feries_dedans": "allonger", "modele": "{ORIGINE}",
}  # fmt: skip
D = dt.date


@pytest.fixture(autouse=True)
def _en_2026():
    with a_l_instant(dt.datetime(2026, 11, 30, 9, tzinfo=dt.UTC)):
        yield


@pytest.fixture
def client_(connecter, monde):
    return connecter(monde.gestionnaire)


def passee(monde, identifiant, du, au, **valeurs):
    """Create a session of the past; the forms would refuse to type its dates today."""
    with a_l_instant(dt.datetime(2025, 10, 1, 9, tzinfo=dt.UTC)):
        return monde.session(identifiant, date_debut=du, date_fin=au, **valeurs)


def envoyer(client_, ou, **champs):
    return client_.post(f"{ADRESSE}?{ou}", {**CHOIX, "cle": CLE, "operation": "creer", **champs})


def creees(monde):
    toutes = Session.objects.pour_organisme(monde.organisme).exclude(serie=None)
    return [(s.identifiant, s.date_debut, s.date_fin) for s in toutes.order_by("action", "date_debut")]


@pytest.fixture
def annee(monde):
    """Return the sessions of 2026: two of an action, one of another."""
    autre = monde.nouvelle_action("ACTION-2")
    return [
        passee(monde, "hiver-2026", D(2026, 1, 5), D(2026, 1, 9), modalites_particulieres="Le samedi"),
        passee(monde, "PRINTEMPS", D(2026, 5, 4), D(2026, 5, 11)),
        passee(monde, "hiver-2026", D(2026, 1, 5), D(2026, 1, 9), action=autre, garantie=False),
    ]


def test_une_action_reprend_les_dates_d_une_annee(client_, monde, annee):
    ou = f"action={monde.action.pk}"
    page = texte(client_.get(f"{ADRESSE}?{ou}"))
    assert "2 sessions, 52 semaines plus tard" in page and creees(monde) == []
    reponse = envoyer(client_, ou)
    assert reponse.status_code == 302
    # 8 May 2026 was a Friday and did not count; in 2027 it is a Saturday, and the 6th is Ascension.
    assert creees(monde) == [
        ("hiver-2027", D(2027, 1, 4), D(2027, 1, 8)),
        ("PRINTEMPS-2027", D(2027, 5, 3), D(2027, 5, 10)),
    ]
    hiver = Session.objects.get(identifiant="hiver-2027")
    assert hiver.modalites_particulieres == "Le samedi" and hiver.contact_inscription == monde.contact
    assert hiver.statut == Statut.VALIDEE and not hiver.ouverte
    # A double click.
    assert "déjà créée" in texte(client_.post(f"{ADRESSE}?{ou}", {**CHOIX, "cle": CLE, "operation": "creer"},
                                              follow=True))  # fmt: skip
    assert len(creees(monde)) == 2


def test_une_offre_ou_une_selection_cree_par_action_en_une_fois_et_se_reprend(client_, monde, annee):
    cles = ",".join(str(session.pk) for session in annee)
    for ou in (f"offre={monde.offre.pk}", f"s={cles}"):
        page = texte(client_.get(f"{ADRESSE}?{ou}"))
        assert "3 sessions de 2 actions" in page and "OFFRE-1 › ACTION-2" in page
    reponse = envoyer(client_, f"s={cles}")
    # The same identifier under two actions is no clash.
    assert [nom for nom, _, _ in creees(monde)] == ["hiver-2027", "PRINTEMPS-2027", "hiver-2027"]
    contextes = Session.pgh_event_model.objects.filter(pgh_label="insert", serie=CLE)
    assert contextes.values("pgh_context").distinct().count() == 1
    assert Session.objects.filter(action__identifiant="ACTION-2", serie=CLE).get().garantie is False
    page = client_.get(reponse.url, follow=True).content.decode()
    client_.post(re.search(r"/catalogue/annuler/([0-9a-f-]{36})/", page)[0])
    assert creees(monde) == [] and Session.objects.count() == 3


def test_au_meme_rang_dans_le_mois(client_, monde, annee):
    passee(monde, "RANG", D(2026, 3, 2), D(2026, 3, 3))
    envoyer(client_, f"action={monde.action.pk}", report="rang")
    assert ("RANG-2027", D(2027, 3, 1), D(2027, 3, 2)) in creees(monde)


def test_les_memes_exclusions_et_les_memes_lignes(client_, monde, annee):
    Fermeture.objects.create(
        genre="propre", organisme=monde.organisme, nom="Rentrée", du=D(2027, 1, 4), au=D(2027, 1, 4)
    )
    monde.session("PRINTEMPS-2027")
    reponse = envoyer(client_, f"action={monde.action.pk}", propres="on")
    assert reponse.status_code == 422 and creees(monde) == []
    page = texte(reponse)
    assert "Passée : fermeture (Rentrée)" in page and "Prendre PRINTEMPS-2027 2" in page
    cle = annee[1].pk
    envoyer(client_, f"action={monde.action.pk}", propres="on", **{f"identifiant-{cle}": "P27"})
    assert [nom for nom, _, _ in creees(monde)] == ["P27"]


def test_ce_qui_ne_se_reporte_pas_se_dit(client_, monde, annee):
    sans_dates = monde.session("SANS")
    Session.objects.filter(pk=sans_dates.pk).update(statut="brouillon", date_debut=None, date_fin=None)
    page = texte(client_.get(f"{ADRESSE}?action={monde.action.pk}"))
    assert "1 session sans dates est laissée de côté." in page
    reponse = envoyer(client_, f"action={monde.action.pk}", annee="2031")
    assert reponse.status_code == 422 and creees(monde) == []
    vide = monde.nouvelle_action("VIDE")
    assert "Aucune session datée à reconduire" in texte(client_.get(f"{ADRESSE}?action={vide.pk}"))


def test_deux_cents_au_plus_a_la_fois(client_, monde):
    Session.objects.bulk_create(
        Session(
            action=monde.action, organisme=monde.organisme, identifiant=f"S{n}",
            identifiant_normalise=f"s{n}", date_debut=D(2026, 1, 5), date_fin=D(2026, 1, 9),
        )
        for n in range(201)
    )  # fmt: skip
    assert "Cela ferait 201 sessions" in texte(client_.get(f"{ADRESSE}?action={monde.action.pk}"))


def test_les_fiches_d_un_autre_sont_introuvables(client_, monde):
    ailleurs = Monde("Autre", "52345678900017")
    session = passee(ailleurs, "LOIN", D(2026, 1, 5), D(2026, 1, 9))
    for ou in (f"action={ailleurs.action.pk}", f"offre={ailleurs.offre.pk}", f"s={session.pk}", "", "s=x",
               "action=x", "offre=", f"action={10**30}"):  # fmt: skip
        assert client_.get(f"{ADRESSE}?{ou}").status_code == 404, ou
    Membre.objects.filter(organisme=monde.organisme).update(role="lecteur")
    assert client_.get(f"{ADRESSE}?action={monde.action.pk}").status_code == 403


def test_le_nombre_de_requetes_ne_suit_ni_les_sessions_ni_les_actions(client_, monde, annee):
    def requetes(ou, cle):
        with CaptureQueriesContext(connection) as capture:
            assert envoyer(client_, ou, cle=cle, modele="{ORIGINE}" + cle[-2:]).status_code == 302
        return len(capture)

    client_.get(f"{ADRESSE}?action={monde.action.pk}")
    peu = requetes(f"action={monde.action.pk}", CLE)
    for rang in range(10):
        action = monde.nouvelle_action(f"A-{rang}")
        for mois in (2, 3):
            passee(monde, f"m{mois}-2026", D(2026, mois, 2), D(2026, mois, 6), action=action)
    assert requetes(f"offre={monde.offre.pk}", CLE[:-2] + "99") == peu and len(creees(monde)) >= 20
