"""Tests of the events: what happens is written with the fact, whatever its door, for who subscribes only."""

import datetime as dt

import jsonschema
import pytest
from django.db import connection, transaction

from api.evenements import contenu_de
from catalogue.annulation import annuler
from catalogue.cycle_de_vie import executer
from crochets.evenements import NUIT, TYPES
from crochets.models import Evenement, Livraison
from echanges.models import Import
from edof.horloge import a_l_instant, aujourd_hui, demain, minuit
from lots.execution import demander, executer_lot
from organismes.droits import Operation
from publication.passages import publier
from sessions_app.models import Session
from sessions_app.programmation import programmer
from sessions_app.programmations_dues import executer_les_programmations
from tests.conftest import Monde
from tests.crochets.recepteur import abonner
from tests.lots.monde import nouveau_lot

TOUS = "https://planning.example/"


def dits(*types: str) -> list[tuple[str, str]]:
    """Return the events written, with the session that each names. Each is as the API describes it."""
    lus = Evenement.objects.order_by("pk")
    for evenement in lus:
        contenu = evenement.contenu()
        # That of a night is completed when it is sent.
        if evenement.type == NUIT:
            contenu["data"].setdefault("changements", "https://planning.example/")
        decrit = contenu_de(evenement.type)
        jsonschema.validate(contenu, decrit, format_checker=jsonschema.FormatChecker())
        assert set(contenu["data"]) == set(decrit["properties"]["data"]["properties"]), evenement.type
    return [
        (e.type, e.donnees.get("identifiant", "")) for e in (lus.filter(type__in=types) if types else lus)
    ]


def test_chaque_operation_est_dite_a_qui_s_y_abonne(monde):
    abonner(monde.organisme, TOUS, "session.ouverte", "session.fermee", "session.archivee", "session.validee")
    autre = Monde("Autre", "52345678900017")
    abonner(autre.organisme, TOUS, "session.ouverte")
    session = monde.session(ouverte=True)
    for operation in (Operation.FERMER, Operation.ARCHIVER, Operation.DESARCHIVER):
        session = executer(session, operation, par=monde.gestionnaire)
    assert dits() == [
        ("session.validee", "s1"), ("session.ouverte", "s1"), ("session.fermee", "s1"),
        ("session.archivee", "s1"),
    ]  # fmt: skip
    ouverte = Evenement.objects.get(type="session.ouverte")
    assert ouverte.organisme == monde.organisme and ouverte.livraisons.count() == 1
    contenu = ouverte.contenu()
    assert contenu["data"]["session"] == session.pk and contenu["data"]["ouverte"] is True
    assert contenu["data"]["url"].endswith(f"/api/v1/sessions/{session.pk}/")
    assert contenu["data"]["url"].startswith("http") and len(ouverte.corps()) < 1000


def test_sans_abonne_rien_n_est_ecrit(monde):
    abonnement = abonner(monde.organisme, TOUS, "session.ouverte")
    abonnement.arreter(abonnement.Arret.VOULU)
    abonner(Monde("Autre", "52345678900017").organisme, TOUS, "session.ouverte", "publication.terminee")
    monde.session(ouverte=True)
    assert dits() == []


def test_un_fait_defait_n_a_rien_dit(monde):
    abonner(monde.organisme, TOUS, "session.ouverte")
    with transaction.atomic():
        monde.session(ouverte=True)
        transaction.set_rollback(True)
    assert dits() == [] and not Livraison.objects.exists()


def test_toutes_les_portes_le_disent(monde):
    """A lot, a plan carried out, an undoing and a plain SQL statement: one trigger for all."""
    abonner(monde.organisme, TOUS, "session.ouverte", "session.fermee", "lot.termine")
    sessions = [monde.session(f"s{n}") for n in range(3)]
    lot = nouveau_lot(monde, "ouvrir", Session.objects.filter(identifiant__in=["s0", "s1"]))
    demander(lot)
    executer_lot(lot.pk)
    assert dits("session.ouverte") == [("session.ouverte", "s0"), ("session.ouverte", "s1")]
    fin = Evenement.objects.get(type="lot.termine").donnees
    assert (fin["lot"], fin["faites"], fin["refusees"]) == (lot.pk, 2, 0)
    programmer([sessions[2]], Operation.OUVRIR, demain(), par=monde.gestionnaire)
    with a_l_instant(minuit(demain())):
        executer_les_programmations()
    assert dits("session.ouverte")[-1] == ("session.ouverte", "s2")
    ouverte = Session.objects.get(identifiant="s2")
    contexte = executer(ouverte, Operation.FERMER, par=monde.gestionnaire).contexte
    annuler(contexte, organisme_id=monde.organisme.pk, par=monde.gestionnaire)
    assert dits("session.fermee", "session.ouverte")[-2:] == [
        ("session.fermee", "s2"),
        ("session.ouverte", "s2"),
    ]
    with connection.cursor() as curseur:
        curseur.execute("UPDATE sessions_app_session SET ouverte = false WHERE identifiant = 's0'")
    assert dits()[-1] == ("session.fermee", "s0")


def test_une_nuit_est_un_evenement_et_ses_parutions_se_demandent(monde):
    abonner(monde.organisme, TOUS, "publication.terminee")
    autre = Monde("Autre", "52345678900017")
    abonner(
        autre.organisme, TOUS, "parution.parue", "parution.retiree", "parution.modifiee", "parution.retenue"
    )
    for m in (monde, autre):
        for rang in range(3):
            m.session(f"{m.organisme.pk}-{rang}", ouverte=True)
    with a_l_instant(minuit(demain())):
        publier(aujourd_hui(), par="test")
        jour = str(aujourd_hui())
    [nuit] = Evenement.objects.filter(organisme=monde.organisme)
    assert nuit.type == "publication.terminee" and nuit.donnees["jour"] == jour
    assert {nom: nuit.donnees[nom] for nom in ("parues", "modifiees", "retirees", "retenues")} == {
        "parues": 3, "modifiees": 0, "retirees": 0, "retenues": 0,
    }  # fmt: skip
    assert dits("parution.parue") == [("parution.parue", f"{autre.organisme.pk}-{rang}") for rang in range(3)]
    assert Evenement.objects.filter(organisme=autre.organisme).count() == 3
    with a_l_instant(minuit(demain()) + dt.timedelta(hours=12)):
        retiree, change, _ = Session.objects.filter(organisme=autre.organisme).order_by("pk")
        executer(retiree, Operation.FERMER, par=autre.gestionnaire)
        executer(change, Operation.MODIFIER, par=autre.gestionnaire, valeurs={"garantie": False})
    with a_l_instant(minuit(demain()) + dt.timedelta(days=1, hours=6)):
        publier(aujourd_hui(), par="test")
    assert sorted(dits("parution.retiree", "parution.modifiee")) == [
        ("parution.modifiee", f"{autre.organisme.pk}-1"), ("parution.retiree", f"{autre.organisme.pk}-0"),
    ]  # fmt: skip


def test_chaque_type_est_ecrit_comme_il_est_decrit(monde):
    """What is written of each type has the fields that the reference shows, and no other (`dits`)."""
    abonner(monde.organisme, TOUS, *TYPES)
    sessions = [monde.session(f"s{rang}", ouverte=True) for rang in range(3)]
    retenu = Monde("Autre", "52345678900017")
    abonner(retenu.organisme, TOUS, "parution.retenue")
    retenu.session("r", ouverte=True)
    retenu.organisme.qualiopi.all().delete()
    importation = Import.objects.create(organisme=monde.organisme, par=monde.gestionnaire, nom="p.csv")
    Import.objects.filter(pk=importation.pk).update(etat="applique", bilan={"creees": 2})
    with a_l_instant(minuit(demain())):
        publier(aujourd_hui(), par="test")
        lot = nouveau_lot(monde, "fermer", Session.objects.filter(identifiant="s0"))
        demander(lot)
        executer_lot(lot.pk)
        executer(sessions[1], Operation.MODIFIER, par=monde.gestionnaire, valeurs={"garantie": False})
        fermee = executer(sessions[2], Operation.FERMER, par=monde.gestionnaire)
        executer(executer(fermee, Operation.ARCHIVER, par=monde.gestionnaire), Operation.DESARCHIVER,
                 par=monde.gestionnaire)  # fmt: skip
    with a_l_instant(minuit(demain()) + dt.timedelta(days=1)):
        publier(aujourd_hui(), par="test")
    assert {type_ for type_, _ in dits()} == {*TYPES}


@pytest.mark.parametrize("etat", ["applique", "annule", "refuse"])
def test_un_import_termine_est_dit(monde, etat):
    abonner(monde.organisme, TOUS, "import.termine")
    importation = Import.objects.create(organisme=monde.organisme, par=monde.gestionnaire, nom="p.csv")
    Import.objects.filter(pk=importation.pk).update(etat="demande")
    Import.objects.filter(pk=importation.pk).update(etat=etat, bilan={"creees": 2})
    [dit] = Evenement.objects.all()
    assert (dit.donnees["import"], dit.donnees["etat"]) == (importation.pk, etat)
