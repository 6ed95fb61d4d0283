"""The numbers kept by offre are those of the records, whatever changes them, and cost a few pages to read."""

import datetime as dt
import re
import threading
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from catalogue.annulation import annuler
from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Certification, Offre, Suppression
from edof.horloge import a_l_instant, aujourd_hui, demain, minuit
from organismes.droits import Operation
from organismes.models import Qualiopi
from publication import etats, visibilite
from publication.decomptes import decompter
from publication.models import Decompte, Marque, Parution
from publication.passages import publier
from publication.recompte import VERROU, entretenir, recompter
from sessions_app.models import Session
from tests.conftest import Monde
from tests.decomptes import ecrites, verifier, verite


@pytest.fixture
def varie(monde, settings) -> Monde:
    """A catalogue with a session in each state, the day after its publication."""
    for rang in range(3):
        monde.session(f"v{rang}", ouverte=True)
    monde.session("fermee", ouverte=True)
    monde.session("commence", ouverte=True, date_debut=demain(), date_fin=demain() + dt.timedelta(3))
    monde.session("validee")
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    executer(Session.objects.get(identifiant="fermee"), Operation.FERMER, par=monde.gestionnaire)
    monde.session("attend", action=monde.nouvelle_action("A2"), ouverte=True)
    cassee = monde.session("cassee", ouverte=True)
    Session.objects.filter(pk=cassee.pk).update(date_fin=None)
    verifier(monde.organisme)
    return monde


def _session(nom: str) -> Session:
    return Session.objects.get(identifiant=nom)


def _operer(operation: Operation, nom: str) -> Callable[[Monde], object]:
    return lambda monde: executer(_session(nom), operation, par=monde.gestionnaire)


def _annuler(monde: Monde) -> None:
    executer(monde.offre, Operation.ARCHIVER, par=monde.gestionnaire)
    verifier(monde.organisme)
    contexte = Offre.pgh_event_model.objects.latest("pgh_id").pgh_context_id
    annuler(contexte, par=monde.gestionnaire, organisme_id=monde.organisme.pk)


def _sql(texte: str) -> Callable[[Monde], None]:
    def ecrire(monde: Monde) -> None:
        with connection.cursor() as curseur:
            curseur.execute(texte)

    return ecrire


def _copier(monde: Monde) -> None:
    session = _session("validee")
    session.pk, session.identifiant, session.cle_de_creation = None, "copie", None
    Session.objects.bulk_create([session])


def _publier_demain(monde: Monde) -> None:
    publier(aujourd_hui() + dt.timedelta(1), par="test")


ECRITURES = {
    "ouvrir": _operer(Operation.OUVRIR, "validee"),
    "fermer": _operer(Operation.FERMER, "v0"),
    "rouvrir": _operer(Operation.OUVRIR, "fermee"),
    "archiver": _operer(Operation.ARCHIVER, "v1"),
    "annuler": _annuler,
    "par un ensemble": lambda monde: Session.objects.update(date_debut=None),
    "bulk_create": _copier,
    "suppression d'une session": lambda monde: Session.objects.filter(identifiant="v0").delete(),
    "suppression d'une action": lambda monde: Action.objects.filter(identifiant="A2").delete(),
    "suppression d'une offre": lambda monde: Offre.objects.all().delete(),
    "changement d'action": lambda monde: Session.objects.filter(identifiant="v1").update(
        action=monde.nouvelle_action("A3", "permanentes")
    ),
    "nouvelle offre": lambda monde: monde.nouvelle_offre("O9"),
    "modalités": lambda monde: Action.objects.update(modalites_entrees_sorties="permanentes"),
    "statut de l'offre en SQL": _sql("UPDATE catalogue_offre SET statut = 'validee'"),
    "instruction SQL": _sql("UPDATE sessions_app_session SET ouverte = false"),
    "suppression en SQL": _sql("DELETE FROM publication_parution"),
    "suspension": lambda monde: type(monde.organisme).objects.update(suspendu=True),
    "Qualiopi": lambda monde: Qualiopi.objects.update(au=aujourd_hui()),
    "Qualiopi supprimé": lambda monde: Qualiopi.objects.all().delete(),
    "certification": lambda monde: Certification.objects.update(active=False),
    "fin de certification": lambda monde: Certification.objects.update(date_fin_enregistrement=aujourd_hui()),
    "parutions": lambda monde: Parution.objects.filter(session=_session("v2")).update(au=demain()),
}  # fmt: skip


@pytest.mark.parametrize("ecriture", ECRITURES)
def test_les_nombres_sont_ceux_des_fiches_apres_chaque_ecriture(varie, ecriture):
    avant = verite(varie.organisme)
    ECRITURES[ecriture](varie)
    verifier(varie.organisme)
    assert ecriture == "annuler" or verite(varie.organisme) != avant, "cette écriture ne change rien"


def test_les_nombres_suivent_les_jours_et_les_passages(varie, settings):
    for jours in (1, 1, 2, 30, 400):
        settings.EDOF_AUJOURDHUI = aujourd_hui() + dt.timedelta(jours)
        verifier(varie.organisme)
        publier(aujourd_hui(), par="test")
        verifier(varie.organisme)


def test_les_lectures_ne_changent_qu_avec_le_jour(varie):
    """Check that a query written at any moment of a day is right for all of it: they are written once."""
    jour, lues = aujourd_hui(), []
    for minutes in (0, 9 * 60, 24 * 60 - 1):
        with a_l_instant(minuit(jour) + dt.timedelta(minutes=minutes)):
            lues.append(ecrites.__wrapped__(varie.organisme.pk, jour))
    assert lues[0] == lues[1] == lues[2]
    with a_l_instant(minuit(jour + dt.timedelta(1))):
        assert ecrites(varie.organisme.pk, aujourd_hui()) != lues[0]


def test_ce_qui_est_annule_par_la_transaction_n_a_pas_eu_lieu(varie):
    with transaction.atomic():
        Session.objects.update(date_debut=None)
        verifier(varie.organisme)
        transaction.set_rollback(True)
    verifier(varie.organisme)


def test_rien_n_est_recompte_deux_fois_et_une_fiche_ne_recompte_que_son_offre(varie):
    monde = varie
    autre = monde.nouvelle_offre("AUTRE")
    decompter(monde.organisme)
    assert not Marque.objects.exists() and Decompte.objects.count() == 2
    with CaptureQueriesContext(connection) as requetes:
        decompter(monde.organisme)
    assert len(requetes) == 1
    Decompte.objects.filter(offre=autre).update(nombres=[7] * len(Decompte.objects.first().nombres))
    executer(_session("v0"), Operation.FERMER, par=monde.gestionnaire)
    assert decompter(monde.organisme).par_niveau["offre"]["archivee"] == 7, "l'autre offre n'est pas relue"
    assert Decompte.objects.count() == 2


def test_un_organisme_ne_voit_pas_les_nombres_d_un_autre(varie):
    autre = Monde("Autre", "52345678900017")
    autre.session(ouverte=True)
    for monde in (autre, varie):
        verifier(monde.organisme)
    vide = Monde("Vide", "62345678900014")
    vide.offre.delete()
    verifier(vide.organisme)


def test_l_entretien_recompte_ce_qui_a_ete_lu_et_oublie_le_reste(varie):
    autre = Monde("Autre", "52345678900017")
    autre.session()
    executer(_session("v0"), Operation.FERMER, par=varie.gestionnaire)
    entretenir()
    assert not Marque.objects.exists()
    assert set(Decompte.objects.values_list("organisme", flat=True)) == {varie.organisme.pk}
    with CaptureQueriesContext(connection) as requetes:
        assert decompter(varie.organisme) == verite(varie.organisme)
    assert "publication_decompte" in requetes[0]["sql"] and "INSERT" not in str(requetes.captured_queries)
    verifier(autre.organisme)


@pytest.mark.django_db(transaction=True)
def test_une_ecriture_en_cours_dans_une_autre_connexion():
    """Check that what another transaction has not committed is neither counted nor forgotten."""
    monde = Monde()
    monde.session("s")
    decompter(monde.organisme)
    ecrit, lu = threading.Event(), threading.Event()

    def ouvrir() -> None:
        try:
            with transaction.atomic():
                executer(_session("s"), Operation.OUVRIR, par=monde.gestionnaire)
                ecrit.set()
                assert lu.wait(20)
        finally:
            connections.close_all()

    fil = threading.Thread(target=ouvrir)
    fil.start()
    try:
        assert ecrit.wait(20)
        # Counted again while the other transaction is open: its change must not be lost afterwards.
        monde.nouvelle_offre("O2")
        recompter(monde.organisme)
        verifier(monde.organisme)
        assert decompter(monde.organisme).par_etat["attend"] == 0
    finally:
        lu.set()
        fil.join()
    assert decompter(monde.organisme).par_etat["attend"] == 1
    verifier(monde.organisme)


@pytest.mark.django_db(transaction=True)
def test_qui_vient_pendant_que_l_on_compte_voit_les_nombres_d_avant(client):
    monde = Monde()
    monde.session("s1", ouverte=True)
    client.force_login(monde.gestionnaire)
    pages = {
        adresse: client.get(adresse).content.decode()
        for adresse in ("/", "/catalogue/", "/catalogue/sessions/")
    }
    assert not any("recomptés" in page for page in pages.values())
    monde.nouvelle_offre("O2")
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as autre:
        autre.execute("SELECT pg_advisory_xact_lock(%s, hashint8(%s))", [VERROU, monde.organisme.pk])
        decomptes = decompter(monde.organisme)
        assert decomptes.en_cours and decomptes.offres == 1
        for adresse in pages:
            assert "ces nombres sont en train d'être recomptés" in client.get(adresse).content.decode()
    decomptes = decompter(monde.organisme)
    assert not decomptes.en_cours and decomptes.offres == 2
    assert "recomptés" not in client.get("/catalogue/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_des_lecteurs_et_des_ecrivains_ensemble():
    monde = Monde()
    sessions = [monde.session(f"s{rang}") for rang in range(6)]
    leves: list[BaseException] = []

    def en_parallele(faire: Callable[[], object]) -> threading.Thread:
        def tourner() -> None:
            try:
                faire()
            except BaseException as leve:  # noqa: BLE001
                leves.append(leve)
            finally:
                connections.close_all()

        fil = threading.Thread(target=tourner)
        fil.start()
        return fil

    def ecrire(session: Session) -> None:
        for operation in (Operation.OUVRIR, Operation.FERMER, Operation.OUVRIR, Operation.ARCHIVER):
            executer(Session.objects.get(pk=session.pk), operation, par=monde.gestionnaire)

    fils = [en_parallele(lambda s=s: ecrire(s)) for s in sessions]
    fils += [en_parallele(lambda: [decompter(monde.organisme) for _ in range(15)]) for _ in range(3)]
    for fil in fils:
        fil.join()
    assert leves == []
    verifier(monde.organisme)


@pytest.mark.parametrize("sessions", [10, 2_000])
def test_lire_les_nombres_ne_lit_pas_les_sessions(monde, sessions):
    """Check the plan: what is read follows the offres, not the sessions."""
    modele = monde.session("s", ouverte=True)
    with connection.cursor() as curseur:
        colonnes = [f'"{c.column}"' for c in Session._meta.concrete_fields if not c.primary_key]
        valeurs = [
            "'n' || n" if "identifiant" in c else "NULL" if "cle_de_creation" in c else c for c in colonnes
        ]
        curseur.execute(
            f"INSERT INTO sessions_app_session ({', '.join(colonnes)}) SELECT {', '.join(valeurs)}"
            " FROM sessions_app_session, generate_series(1, %s) n WHERE id = %s",
            [sessions, modele.pk],
        )
    verifier(monde.organisme)
    with CaptureQueriesContext(connection) as requetes:
        decompter(monde.organisme)
    with connection.cursor() as curseur:
        curseur.execute(f"EXPLAIN (FORMAT TEXT) {requetes[0]['sql']}")
        plan = "\n".join(ligne for (ligne,) in curseur.fetchall())
    assert len(requetes) == 1 and "sessions_app_session" not in plan and "publication_parution" not in plan


def test_supprimer_et_restaurer_une_offre(varie):
    executer(varie.offre, Operation.ARCHIVER, par=varie.gestionnaire)
    verifier(varie.organisme)
    executer(Offre.objects.get(), Operation.SUPPRIMER, par=varie.gestionnaire)
    assert not Offre.objects.exists()
    verifier(varie.organisme)
    annuler(Suppression.objects.get().contexte, par=varie.gestionnaire, organisme_id=varie.organisme.pk)
    assert Offre.objects.count() == 1
    verifier(varie.organisme)


def test_l_etat_ne_lit_que_ce_qui_est_marque_ou_relu():
    """Check that no condition of visibility reads a table whose changes would go unnoticed.

    The first four tables have triggers that mark; what the others say of an offre is read each time.
    """
    sessions = Session.objects.annotate(etat=etats.etat(), motif=visibilite.retenue_par(demain()))
    lues = set(re.findall(r'(?:FROM|JOIN) "(\w+)"', str(sessions.query)))
    marquees = {"sessions_app_session", "catalogue_action", "catalogue_offre", "publication_parution"}
    assert lues == marquees | {"organismes_organisme", "organismes_qualiopi", "catalogue_certification"}
    ailleurs = ("organisme", "certification", "qualiopi")
    for condition in visibilite.a_remplir(demain()):
        if any(mot in str(condition.q).lower() for mot in ailleurs):
            assert condition.niveau == "offre", f"{condition.slug} doit être relue avec l'offre"
