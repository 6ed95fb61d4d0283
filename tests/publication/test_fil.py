"""Tests of the change feed: one order, nothing missing, nothing twice, whatever the transactions do."""

import datetime as dt
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pghistory
import pytest
from django.db import connection, connections, transaction

from catalogue.cycle_de_vie import executer
from edof.horloge import a_l_instant, aujourd_hui, maintenant, minuit
from organismes.droits import Operation
from publication import fil
from publication.avance import revenir
from publication.changements import raconter
from publication.models import Retenue, Trace
from publication.passages import publier
from publication.tasks import oublier_les_changements
from sessions_app.models import Session
from tests.conftest import Monde

UN_JOUR = dt.timedelta(days=1)


def tout(organisme: Any, place: fil.Place | None = None, par_page: int = 3) -> list[fil.Fait]:
    """Return what happened after this place, read by small pages, each from the cursor of the one before."""
    place, faits = place or fil.debut(organisme), []
    while lus := fil.lire(organisme, place, par_page):
        faits += lus
        place = fil.place_de(organisme, lus[-1].place.curseur)
    return faits


def en_bref(faits: list[fil.Fait]) -> list[tuple[str, str, int]]:
    return [(fait.niveau, fait.nature, fait.cle) for fait in faits]


def nuit(jour: dt.date) -> None:
    with a_l_instant(minuit(jour) + dt.timedelta(hours=5)):
        publier(jour, par="test", mots=False)


def test_chaque_fait_une_fois_dans_l_ordre(monde):
    place = fil.fin(monde.organisme)
    session, autre = monde.session("s1"), monde.session("s2")
    executer(session, Operation.OUVRIR, par=monde.gestionnaire)
    Session.objects.filter(pk__in=[session.pk, autre.pk]).update(modalites_particulieres="Le samedi.")
    # A statement that changes nothing is no change.
    Session.objects.filter(pk=autre.pk).update(modalites_particulieres="Le samedi.")
    executer(autre, Operation.SUPPRIMER, par=monde.gestionnaire)
    monde.contact.fonction = "Accueil"
    monde.contact.save()
    faits = tout(monde.organisme, place)
    # The three levels change together, by the same operation.
    assert sorted(en_bref(faits)[2:5]) == [
        ("action", "modification", monde.action.pk),
        ("offre", "modification", monde.offre.pk),
        ("session", "modification", session.pk),
    ]
    assert en_bref(faits)[:2] + en_bref(faits)[5:] == [
        ("session", "creation", session.pk),
        ("session", "creation", autre.pk),
        ("session", "modification", session.pk),
        ("session", "modification", autre.pk),
        ("session", "suppression", autre.pk),
        ("contact", "modification", monde.contact.pk),
    ]
    assert [fait.version for fait in faits if fait.cle == session.pk and fait.niveau == "session"] == [
        1,
        2,
        3,
    ]
    dits = raconter(monde.organisme, faits)
    assert dits[0].identifiants == {"offre": "OFFRE-1", "action": "ACTION-1", "session": "s1"}
    assert {(d.type, d.operation) for d in dits[2:5]} == {("operation", "ouvrir")}
    assert dits[0].qui == monde.gestionnaire.nom_complet
    # What is deleted keeps its name and its place.
    assert dits[7].type == "suppression" and dits[7].identifiants["session"] == "s2" and not dits[7].vivante
    # Each page may be read again, and ends where the next one begins.
    assert [f.place for f in tout(monde.organisme, place, 100)] == [f.place for f in faits]


def test_l_autre_organisme_a_son_propre_fil(monde):
    autre = Monde("Autre", "52345678900017")
    place = fil.fin(autre.organisme)
    monde.session("s1")
    assert fil.lire(autre.organisme, place, 10) == []
    with pytest.raises(fil.CurseurIllisible):
        fil.place_de(autre.organisme, fil.fin(monde.organisme).curseur)


def test_une_nuit_dit_ce_qui_parait_change_part_et_ce_qu_elle_retient(db, monkeypatch):
    monkeypatch.setattr("publication.ensembles.PAR_ENSEMBLE", 2)
    hier = aujourd_hui() - UN_JOUR
    with a_l_instant(minuit(hier) - UN_JOUR):
        monde = Monde()
        reste, change, part, finie = [
            monde.session(nom, ouverte=True) for nom in ("reste", "change", "part", "finie")
        ]
    nuit(hier)
    with a_l_instant(minuit(hier) + dt.timedelta(hours=12)):
        executer(change, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"garantie": False})
        executer(part, Operation.FERMER, par=monde.gestionnaire)
        Session.objects.filter(pk=finie.pk).update(date_debut=hier, modifie_le=maintenant())
        nouvelle = monde.session("nouvelle", ouverte=True)
    place = fil.fin(monde.organisme)
    nuit(aujourd_hui())
    faits = tout(monde.organisme, place)
    assert {(f.nature, f.cle, f.jour, f.raison) for f in faits} == {
        ("parue", nouvelle.pk, aujourd_hui(), ""),
        ("modifiee", change.pk, aujourd_hui(), ""),
        ("retiree", part.pk, aujourd_hui(), ""),
        ("retiree", finie.pk, aujourd_hui(), ""),
        ("retenue", finie.pk, aujourd_hui(), "debut-a-venir"),
    } and len(faits) == 5
    dit = next(d for d in raconter(monde.organisme, faits) if d.type == "parution.parue")
    assert dit.qui.startswith("La publication du ") and dit.identifiants["session"] == "nouvelle"
    nuit(aujourd_hui())
    assert tout(monde.organisme, faits[-1].place) == [] and reste.pk


def test_un_registre_ramene_au_present_se_suit_aussi(db):
    hier = aujourd_hui() - UN_JOUR
    with a_l_instant(minuit(hier) - UN_JOUR):
        monde = Monde()
        # It starts the day after tomorrow: the run of that day withdraws it.
        rendue = monde.session("rendue", ouverte=True, date_debut=hier + 3 * UN_JOUR)
        debut = {"date_debut": hier + 300 * UN_JOUR, "date_fin": hier + 310 * UN_JOUR}
        monde.session("jamais", ouverte=True, **debut)
    nuit(hier)
    nuit(aujourd_hui())
    with a_l_instant(minuit(aujourd_hui()) + dt.timedelta(hours=6)):
        partie = monde.session("de-demain", ouverte=True, **debut)
    with a_l_instant(minuit(aujourd_hui() + 3 * UN_JOUR) + dt.timedelta(hours=5)):
        publier(aujourd_hui(), par="test", voulu=True)
    place = fil.fin(monde.organisme)
    revenir(par="test")
    assert {(f.nature, f.cle) for f in tout(monde.organisme, place)} == {
        ("parue", rendue.pk),
        ("retiree", partie.pk),
    }
    assert not Retenue.objects.filter(au__isnull=True).exists()


def test_quatre_vingt_dix_jours_puis_l_oubli(monde):
    lue = fil.fin(monde.organisme)
    monde.session("s1")
    [ancien] = fil.lire(monde.organisme, lue, 10)
    avant_le_dernier = monde.session("s2")
    dernier = fil.fin(monde.organisme)
    with a_l_instant(maintenant() + fil.GARDEES - UN_JOUR):
        oublier_les_changements()
    assert fil.place_de(monde.organisme, lue.curseur) == lue
    Trace.objects.pour_organisme(monde.organisme).update(instant=maintenant() - fil.GARDEES - UN_JOUR)
    lue_apres = fil.fin(monde.organisme)
    recente = monde.session("s3")
    oublier_les_changements()
    for perime in (lue, ancien.place):
        with pytest.raises(fil.CurseurPerime):
            fil.place_de(monde.organisme, perime.curseur)
    # Whoever had read everything goes on, however long nothing has happened.
    assert (
        fil.place_de(monde.organisme, lue_apres.curseur) == lue_apres and dernier.numero == lue_apres.numero
    )
    assert [f.cle for f in tout(monde.organisme, lue_apres)] == [recente.pk]
    assert tout(monde.organisme)[0].cle == avant_le_dernier.pk
    with pytest.raises(fil.CurseurPerime):
        fil.place_de(monde.organisme, fil.Place(monde.organisme.pk, 0, 0, fil._EPOQUE).curseur)


def test_ce_que_personne_n_a_lu_est_oublie_sans_trou(monde):
    lue = fil.fin(monde.organisme)
    monde.session("s1")
    Trace.objects.update(instant=maintenant() - fil.GARDEES - UN_JOUR)
    monde.session("s2")
    oublier_les_changements()
    assert Trace.objects.pour_organisme(monde.organisme).count() == 2
    with pytest.raises(fil.CurseurPerime):
        fil.place_de(monde.organisme, lue.curseur)


def test_une_base_restauree_est_reconnue(monde):
    """A base put back as it was gives again the numbers that it had given: to other changes."""
    point = transaction.savepoint()
    monde.session("perdue")
    curseur = fil.fin(monde.organisme).curseur
    transaction.savepoint_rollback(point)
    with pytest.raises(fil.CurseurPerime):
        fil.place_de(monde.organisme, curseur)
    monde.session("autre")
    assert fil.fin(monde.organisme).curseur != curseur
    with pytest.raises(fil.CurseurPerime):
        fil.place_de(monde.organisme, curseur)


@contextmanager
def autre_connexion() -> Iterator[Any]:
    """Give a second connection to the database, whose transaction the block ends."""
    autre = connections.create_connection("default")
    autre.settings_dict = connection.settings_dict
    try:
        yield autre
    finally:
        autre.close()


AJOUTER = """
INSERT INTO organismes_contact ({colonnes}) SELECT {valeurs} FROM organismes_contact WHERE id = %s"""


@pytest.mark.django_db(transaction=True)
def test_une_transaction_lente_n_est_ni_perdue_ni_attendue():
    monde = Monde()
    session, autre = monde.session("lente"), monde.session("rapide")
    place = fil.fin(monde.organisme)
    with autre_connexion() as lente:
        lente.set_autocommit(False)
        with lente.cursor() as curseur:
            curseur.execute("UPDATE sessions_app_session SET garantie = false WHERE id = %s", [session.pk])
        # Written later, visible sooner.
        Session.objects.filter(pk=autre.pk).update(garantie=False)
        [lu] = fil.lire(monde.organisme, place, 10)
        assert lu.cle == autre.pk
        lente.commit()
    assert [f.cle for f in fil.lire(monde.organisme, lu.place, 10)] == [session.pk]
    assert [f.cle for f in fil.lire(monde.organisme, place, 10)] == [autre.pk, session.pk]


@pytest.mark.django_db(transaction=True)
def test_des_ecrivains_et_des_lecteurs_en_meme_temps():
    """Writers hold their transactions for a random time, undo some of them, and readers never stop."""
    monde = Monde()
    sessions = [monde.session(f"s{n}").pk for n in range(4)]
    depart = fil.fin(monde.organisme)
    fini, erreurs = threading.Event(), []
    lus: list[list[fil.Fait]] = [[], []]
    ecrites = Counter[int]()
    verrou = threading.Lock()

    def ecrire(graine: int) -> None:
        hasard = random.Random(graine)
        try:
            for tour in range(12):
                with transaction.atomic(), pghistory.context(operation="modifier"):
                    cles = sorted(hasard.sample(sessions, hasard.randint(1, 3)))
                    for cle in cles:
                        mot = f"{graine}-{tour}"
                        Session.objects.filter(pk=cle).update(modalites_particulieres=mot)
                        threading.Event().wait(hasard.random() * 0.01)
                    if defaite := hasard.random() < 0.2:
                        transaction.set_rollback(True)
                if not defaite:
                    with verrou:
                        ecrites.update(cles)
        except BaseException as erreur:
            erreurs.append(erreur)
        finally:
            connection.close()

    def suivre(rang: int) -> None:
        try:
            place = depart
            while True:
                dernier_tour = fini.is_set()
                if faits := fil.lire(monde.organisme, place, 2):
                    lus[rang] += faits
                    place = fil.place_de(monde.organisme, faits[-1].place.curseur)
                elif dernier_tour:
                    return
        except BaseException as erreur:
            erreurs.append(erreur)
        finally:
            connection.close()

    ecrivains = [threading.Thread(target=ecrire, args=[graine]) for graine in range(4)]
    lecteurs = [threading.Thread(target=suivre, args=[rang]) for rang in (0, 1)]
    for fil_ in (*ecrivains, *lecteurs):
        fil_.start()
    for fil_ in ecrivains:
        fil_.join()
    fini.set()
    for fil_ in lecteurs:
        fil_.join()
    assert not erreurs
    # Everybody has read the same thing, once, and each session goes from a version to the next.
    assert lus[0] == lus[1] == tout(monde.organisme, depart, 1000)
    assert Counter(fait.cle for fait in lus[0]) == ecrites and ecrites.total() > 40
    for cle in sessions:
        versions = [fait.version for fait in lus[0] if fait.cle == cle]
        assert versions == list(range(2, 2 + len(versions)))
