"""Tests of the queries composed once: they read what the queryset reads, now, and are planned once."""

import datetime as dt

import pytest
from django.db import connection
from django.db.models import Count, F, Q, Value
from django.test.utils import CaptureQueriesContext

from catalogue.models import Action
from edof.gardees import Donnee, Ecriture, Gardee, parmi
from sessions_app.models import Session

pytestmark = pytest.mark.django_db


def test_une_requete_gardee_lit_ce_que_lit_la_requete(monde):
    elles = [monde.session("s1", ouverte=True), monde.session("s2")]

    def composer(condition):
        sessions = Session.objects.select_related("action__offre", "contact_inscription").filter(condition)
        return sessions.exclude(identifiant__contains="100 %").annotate(cent=Value("100 %")).order_by("pk")

    gardee = Gardee(composer(parmi("pk", "cles") & Q(ouverte=Donnee("ouverte"))))
    for ouverte, attendue in ((True, elles[0]), (False, elles[1]), (True, elles[0])):
        lues = gardee.lire(cles=[session.pk for session in elles], ouverte=ouverte)
        (voulue,) = composer(Q(pk=attendue.pk))
        assert lues == [voulue]
        with CaptureQueriesContext(connection) as requetes:
            assert lues[0].action.offre == monde.offre and lues[0].cent == "100 %"
            assert lues[0].contact_inscription == voulue.contact_inscription
        assert not requetes.captured_queries
        for champ in Session._meta.concrete_fields:
            assert getattr(lues[0], champ.attname) == getattr(voulue, champ.attname)
    assert gardee.lire(cles=[], ouverte=True) == []
    Session.objects.filter(pk=elles[0].pk).update(ouverte=False)
    assert gardee.lire(cles=[elles[0].pk], ouverte=True) == []


def test_les_lignes_d_une_requete_gardee(monde):
    session = monde.session()
    compte = Action.objects.filter(sessions__statut=Donnee("statut")).annotate(n=Count("sessions"))
    gardee = Gardee(compte.values_list("pk", F("offre__identifiant"), "n"))
    assert gardee.lignes(statut=session.statut) == [(monde.action.pk, monde.offre.identifiant, 1)]
    assert gardee.lignes(statut="archivee") == []


def test_une_requete_gardee_est_preparee_une_fois_et_journalisee_entiere(monde):
    session = monde.session()
    gardee = Gardee(Session.objects.filter(pk=Donnee("cle"), identifiant="repere-de-ce-test"))
    # Small or large, a key is of one type.
    for cle in (session.pk, 1, 2**20, 2**40):
        assert gardee.lire(cle=cle) == []
    with connection.cursor() as curseur:
        curseur.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%repere-de-ce-test%'"
        )
        assert curseur.fetchone() == (1,)
    # No column can hold this one, which an address may have.
    assert gardee.lire(cle=2**70) == []
    with CaptureQueriesContext(connection) as requetes:
        gardee.lire(cle=session.pk)
    (requete,) = requetes.captured_queries
    assert str(session.pk) in requete["sql"] and "$1" not in requete["sql"]


def test_une_ecriture_gardee_ecrit_ces_colonnes_et_rend_ce_qui_est_ecrit(monde):
    action = monde.action
    avant = Action.objects.values().get(pk=action.pk)
    action.dates_information, action.identifiant = [dt.date(2026, 3, 1), dt.date(2026, 4, 1)], "X"
    action.modalites_recrutement = "50 % d'Ici"
    ecriture = Ecriture(Action, ("dates_information", "modalites_recrutement"), F("version") + Value(100))
    with CaptureQueriesContext(connection) as requetes:
        assert ecriture.ecrire(action) == avant["version"] + 101
    assert len(requetes) == 1
    ecrites = {"dates_information": action.dates_information, "modalites_recrutement": "50 % d'Ici"}
    apres = Action.objects.values().get(pk=action.pk)
    assert apres == avant | ecrites | {"version": avant["version"] + 1}
    assert Ecriture(Action, ("langue",)).ecrire(action) is True
    action.pk = 0
    assert ecriture.ecrire(action) is None
