"""Tests of the check before an export: what is held back, what EDOF may refuse, with its codes."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.models import Action, Offre
from echanges.controles import controler
from echanges.ecriture_edof import ecrire
from echanges.exportables import Choix
from organismes.models import Contact
from sessions_app.models import Session


def dits(constats):
    return {(constat.code, constat.nom.rpartition(" / ")[2]) for constat in constats}


@pytest.fixture
def pret(monde):
    monde.session("s1")
    return monde


def test_rien_a_dire_d_un_catalogue_pret(pret):
    rapport = controler(pret.organisme)
    assert rapport.partent == {"offre": 1, "action": 1, "session": 1}
    assert (rapport.retenues, rapport.alertes, rapport.vide) == ([], [], False)


def test_ce_qui_est_retenu_et_pourquoi(pret):
    Session.objects.create(organisme=pret.organisme, action=pret.action, identifiant="b1")
    pret.nouvelle_action("SANS-SESSION")
    pret.nouvelle_offre("SANS-ACTION")
    seul = Contact.objects.create(
        organisme=pret.organisme,
        prenom="A",
        nom="B",
        telephone_fixe="+123456789012345",
        courriel="a@b.example",
    )  # fmt: skip
    pret.session("contact", contact_inscription=seul)
    pret.session("dates", date_debut=dt.date(2031, 1, 1), date_fin=dt.date(2031, 1, 9))
    Session.objects.filter(identifiant="dates").update(pas_de_dates=True)
    rapport = controler(pret.organisme)
    assert dits(rapport.retenues) == {
        ("brouillon", "b1"), ("rien-dessous", "SANS-SESSION"), ("rien-dessous", "SANS-ACTION"),
        ("30022", "contact"), ("incomplete", "dates"),
    }  # fmt: skip
    assert rapport.partent == {"offre": 1, "action": 1, "session": 1}
    assert all(constat.phrase for constat in rapport.retenues)


def test_un_contact_d_information_que_edof_refuserait(pret):
    Contact.objects.filter(pk=pret.contact.pk).update(nom="")
    rapport = controler(pret.organisme)
    assert {code for code, _ in dits(rapport.retenues)} == {"30022", "contact", "rien-dessous"}
    assert rapport.vide


def test_un_statut_qui_n_est_pas_demande(pret):
    rapport = controler(pret.organisme, Choix(statuts=("active",)))
    assert {code for code, _ in dits(rapport.retenues)} == {"statut"}
    assert "validée" in rapport.retenues[0].phrase


def test_memes_dates_et_actions_qui_se_ressemblent(pret):
    pret.session("s2")
    identique = pret.nouvelle_action("A2")
    pret.session("t1", action=identique)
    proche = pret.nouvelle_action("A3")
    Action.objects.filter(pk=proche.pk).update(duree_totale=405)
    pret.session("t2", action=proche)
    juste = pret.nouvelle_action("A4")
    Action.objects.filter(pk=juste.pk).update(duree_totale=390, heures_centre=300, heures_entreprise=10)
    pret.session("t3", action=juste)
    rapport = controler(pret.organisme)
    assert dits(rapport.alertes) == {
        ("10133", "s1"), ("10133", "s2"), ("30056", "A2"), ("30057", "A3"), ("a-verifier", "A4"),
    }  # fmt: skip
    assert rapport.comptes_des_alertes["10133"] == 2
    # They go all the same: EDOF alone decides.
    assert rapport.partent == {"offre": 1, "action": 4, "session": 5}
    assert b"".join(ecrire(pret.organisme)).count(b"<session ") == 5


@pytest.mark.exigence("D-43")
def test_un_texte_trop_long_une_fois_mis_en_forme(pret):
    long = "\n".join(f"- Point {rang} du programme" for rang in range(110))
    Offre.objects.filter(pk=pret.offre.pk).update(contenu=long)
    [constat] = controler(pret.organisme).alertes
    assert (constat.code, constat.champ) == ("longueur", "contenu")
    assert "une fois mis en forme pour EDOF" in constat.phrase
    assert b"- Point 109 du programme" in b"".join(ecrire(pret.organisme))


def test_une_certification_finie(pret):
    type(pret.certification).objects.filter(pk=pret.certification.pk).update(active=False)
    [constat] = controler(pret.organisme).alertes
    assert constat.code == "certification"


def test_autant_de_requetes_quel_que_soit_le_catalogue(pret):
    with CaptureQueriesContext(connection) as une:
        controler(pret.organisme)
    for rang in range(5):
        action = pret.nouvelle_action(f"A{rang}")
        pret.session("s1", action=action)
        pret.session("s2", action=action)
        Session.objects.create(organisme=pret.organisme, action=action, identifiant="b")
        pret.nouvelle_action(f"VIDE{rang}")
    with CaptureQueriesContext(connection) as plusieurs:
        rapport = controler(pret.organisme)
    assert rapport.partent["session"] == 11
    assert len(plusieurs) <= len(une) + 2
