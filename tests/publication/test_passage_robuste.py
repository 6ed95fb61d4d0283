"""Tests of the robustness of the nightly run (D-22).

They cover errors, concurrent runs, users at work, missing days and restored backups.
"""

import datetime as dt
import re
import threading
import time
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from catalogue.tasks import purger_la_corbeille
from edof.horloge import PARIS, a_l_instant
from organismes.droits import Operation
from organismes.models import Adresse, Contact, Utilisateur
from publication import ensembles, passages
from publication.ecarts import ecarts
from publication.jours import PublicationImpossible
from publication.models import Contenu, Parution, Passage, Retenue
from publication.passages import publier
from publication.tasks import publier_les_jours_dus
from sessions_app.models import Session
from tests.catalogue.test_concurrence import ensemble
from tests.conftest import Monde

pytestmark = pytest.mark.exigence("D-22")


def jour(n):
    """Return that day of March 2027."""
    return dt.date(2027, 3, 1) + dt.timedelta(days=n - 1)


def a(n, heure=12, minute=0):
    return a_l_instant(dt.datetime.combine(jour(n), dt.time(heure, minute), tzinfo=PARIS))


def publier_le(n, heure=5):
    with a(n, heure):
        return publier(jour(n), par="test")


def modifier(monde, session, texte):
    return executer(
        session, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"modalites_particulieres": texte}
    )


def sessions_ouvertes(nombre):
    """Return a world and that many sessions, opened on the 10th."""
    with a(10):
        monde = Monde()
        return monde, [monde.session(f"s{rang}", ouverte=True) for rang in range(nombre)]


@contextmanager
def declencheur(corps, quand="BEFORE INSERT", chacune="ROW"):
    """Make the database execute `corps` for each parution that is written, within the context."""
    with connection.cursor() as curseur:
        curseur.execute(
            f"CREATE FUNCTION essai() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {corps} RETURN NEW; END $$"
        )
        curseur.execute(
            f"CREATE TRIGGER essai {quand} ON publication_parution FOR EACH {chacune} EXECUTE FUNCTION"
            " essai()"
        )
    try:
        yield
    finally:
        with connection.cursor() as curseur:
            curseur.execute("DROP FUNCTION essai() CASCADE")


def refuser(session, code="raise_exception"):
    condition = f"NEW.session_id = {session.pk}" if session else "true"
    return declencheur(
        f"IF {condition} THEN RAISE EXCEPTION 'Fiche illisible' USING ERRCODE = '{code}'; END IF;"
    )


# --- Errors ---


@pytest.mark.parametrize("code", ["raise_exception", "check_violation", "numeric_value_out_of_range"])
def test_une_fiche_en_erreur_est_retenue_seule_et_reprise_chaque_nuit(db, monkeypatch, code):
    monkeypatch.setattr(ensembles, "PAR_ENSEMBLE", 4)
    _, sessions = sessions_ouvertes(7)
    fautive = sessions[2]
    with refuser(fautive, code):
        for n in (11, 12):
            (passage,) = publier_le(n)
            assert (passage.erreurs, passage.retenues, passage.a_traiter) == (
                1,
                {"erreur": 1},
                passage.traitees,
            )
    assert set(Parution.objects.values_list("session", "du")) == {
        (s.pk, jour(11)) for s in sessions if s != fautive
    }
    retenue = Retenue.objects.get()
    assert (retenue.session_id, retenue.raison, retenue.du, retenue.au) == (
        fautive.pk,
        Retenue.ERREUR,
        jour(11),
        None,
    )
    assert "Fiche illisible" in retenue.detail
    (passage,) = publier_le(13)
    retenue.refresh_from_db()
    assert (passage.parues, passage.erreurs, passage.retenues, retenue.au) == (1, 0, {}, jour(13))
    assert Parution.objects.get(session=fautive.pk).du == jour(13)


def test_ce_qui_etait_public_d_une_fiche_en_erreur_le_reste(db):
    monde, (session, autre) = sessions_ouvertes(2)
    publier_le(11)
    with a(11):
        modifier(monde, session, "Nouveau")
        modifier(monde, autre, "Nouveau")
    with refuser(session):
        publier_le(12)
    assert list(
        Parution.objects.filter(au=None)
        .order_by("session")
        .values_list("du", "contenu__modalites_particulieres")
    ) == [
        (jour(11), ""),
        (jour(12), "Nouveau"),
    ]
    (passage,) = publier_le(13)
    assert (passage.parues, passage.modifiees, passage.erreurs, passage.retenues) == (0, 1, 0, {})


@pytest.mark.parametrize("code", ["undefined_table", "lock_not_available"])
def test_une_erreur_dont_aucune_fiche_n_est_cause_arrete_le_passage_qui_reprend(db, code):
    sessions_ouvertes(2)
    with a(11, 5):
        with refuser(None, code), pytest.raises(Exception, match="Fiche illisible"), transaction.atomic():
            publier(jour(11), par="test")
        assert not Retenue.objects.exists()
        (passage,) = publier(jour(11), par="test")
    assert passage.parues == 2


# --- Concurrency ---


@pytest.mark.django_db(transaction=True)
def test_deux_passages_au_meme_instant_n_en_font_qu_un(monkeypatch):
    monkeypatch.setattr(ensembles, "PAR_ENSEMBLE", 2)
    _, sessions = sessions_ouvertes(6)
    faits = []
    assert ensemble(*(lambda: faits.extend(publier_le(11)),) * 3) == [None] * 3
    assert [passage.parues for passage in faits] == [6]
    assert Passage.objects.count() == 1
    assert sorted(Parution.objects.values_list("session", flat=True)) == sorted(s.pk for s in sessions)


@pytest.mark.exigence("D-21")
@pytest.mark.django_db(transaction=True)
def test_on_enregistre_sans_attendre_pendant_le_passage(monkeypatch):
    monkeypatch.setattr(ensembles, "PAR_ENSEMBLE", 1)
    monde, sessions = sessions_ouvertes(4)
    fil = threading.Thread(target=lambda: (publier_le(11), connection.close()))
    with declencheur("PERFORM pg_sleep(0.3);", "AFTER INSERT", "STATEMENT"):
        fil.start()
        while not Passage.objects.filter(traitees__gt=0).exists():
            time.sleep(0.01)
        with a(11, 5):
            # The first session may be in the batch being published; the run has not reached the other.
            # Neither has to wait.
            for session in (sessions[1], sessions[3]):
                modifier(monde, session, "Pendant")
        assert fil.is_alive() and Passage.objects.get().traitees < 4
        fil.join()
    assert set(Parution.objects.values_list("du", "au", "contenu__modalites_particulieres")) == {
        (jour(11), None, "")
    }
    (passage,) = publier_le(12)
    assert passage.modifiees == 2


def test_une_autre_publication_qui_dure_se_dit(db, monkeypatch):
    monkeypatch.setattr(passages, "ATTENTE", "100ms")
    sessions_ouvertes(1)
    parametres = connection.get_connection_params()
    with psycopg.connect(
        **{
            nom: parametres[nom]
            for nom in ("dbname", "user", "password", "host", "port")
            if nom in parametres
        }
    ) as autre:
        autre.execute("SELECT pg_advisory_lock(%s)", [passages.VERROU])
        with pytest.raises(PublicationImpossible, match="Une autre publication est en cours"):
            publier_le(11)
        assert not Passage.objects.exists()
    assert publier_le(11)


# --- Cost ---


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("combien", [1, 4])
def test_le_nombre_d_instructions_suit_celui_des_ensembles(monkeypatch, combien):
    monkeypatch.setattr(ensembles, "PAR_ENSEMBLE", 3)
    publier_le(10)
    monde, sessions = sessions_ouvertes(3 * combien)
    with a(11, 1):
        for session in sessions[::2]:
            modifier(monde, session, "Après minuit")
    instructions = []

    def noter(execute, requete, *reste):
        instructions.append(requete)
        return execute(requete, *reste)

    with connection.execute_wrapper(noter):
        (passage,) = publier_le(11)
    assert passage.parues == 3 * combien
    assert len(instructions) <= 16 + 6 * combien, instructions


def test_un_ensemble_ne_lit_pas_tout_ce_qui_est_public(db):
    contenu = Contenu.objects.create(empreinte="x", contenu={})
    sql, valeurs = ecarts(jour(11), list(range(1, 1001)))
    with connection.cursor() as curseur:
        # The table has grown since the statistics were computed: PostgreSQL assumes that no parution is open.
        curseur.execute("ANALYZE publication_parution")
        curseur.execute(
            "INSERT INTO publication_parution (du, session_id, action_id, offre_id, organisme_id, contenu,"
            " contenu_action_id, contenu_offre_id, coordonnees_id) SELECT %s, n, n, n, n, '{}', %s, %s, %s"
            " FROM generate_series(1, 5000) n",
            [jour(10), contenu.pk, contenu.pk, contenu.pk],
        )
        curseur.execute(f"EXPLAIN {sql} SELECT * FROM differences", valeurs)
        plan = "\n".join(ligne for (ligne,) in curseur.fetchall())
    # Whatever the statistics, the plan uses the indexes on the session and on the action, not those on open
    # parutions or on days.
    assert set(re.findall(r"parution_(?:par|une|ouverte)_\w+", plan)) == {
        "parution_une_par_jour", "parution_par_action",
    }, plan  # fmt: skip


def test_un_passage_ne_garde_pas_le_texte_de_ses_ensembles(db, monkeypatch):
    monkeypatch.setattr(ensembles, "PAR_ENSEMBLE", 1)
    sessions_ouvertes(5)
    connection.ensure_connection()
    gardees, seuil = connection.connection._prepared, connection.connection.prepare_threshold
    (passage,) = publier_le(11)
    assert passage.parues == 5 and connection.connection.prepare_threshold == seuil
    assert not [texte for texte, _ in (*gardees._counts, *gardees._names) if b"tardives" in texte]


def test_le_second_passage_n_ecrit_rien(db):
    sessions_ouvertes(2)
    publier_le(11)
    with CaptureQueriesContext(connection) as requetes:
        assert publier_le(11, 6) == []
    assert not [
        r["sql"] for r in requetes if any(mot in r["sql"] for mot in ("INSERT", "UPDATE", "DELETE", "CREATE"))
    ]


def test_on_ne_regarde_que_ce_qui_a_change_sauf_quand_les_regles_changent(db):
    _, (session, _) = sessions_ouvertes(2)
    for n in (11, 12):
        publier_le(n)
    # Unlike any operation of the program, this does not set the modification date.
    Session.objects.filter(pk=session.pk).update(modalites_particulieres="Sans le dire")
    assert [(p.a_traiter, p.modifiees) for p in publier_le(13)] == [(0, 0)]
    Passage.objects.filter(jour=jour(13)).update(empreinte_des_regles="d'autres règles")
    assert [(p.a_traiter, p.modifiees) for p in publier_le(14)] == [(2, 1)]


@pytest.mark.exigence("D-21")
def test_tout_ce_qui_est_copie_se_regarde_quand_il_change(db):
    monde, (session, _) = sessions_ouvertes(2)
    with a(10):
        # The session has its own contact and its own address.
        contact = Contact.objects.create(
            organisme=monde.organisme, nom="Roux", telephone_fixe="0149800001", courriel="n@ilvm.example"
        )
        annexe = Adresse.objects.create(
            organisme=monde.organisme, titre="Annexe", denomination="I", ligne_5="ZA", ville="Rennes"
        )
        executer(
            session,
            Operation.MODIFIER,
            par=monde.gestionnaire,
            valeurs={"contact_inscription": contact, "adresse_inscription": annexe},
        )
    publier_le(11)
    changements = [
        *((contact, "nom", 1), (annexe, "ville", 1), (monde.contact, "nom", 2), (monde.lieu, "ville", 2)),
        *(
            (monde.certification, "intitule", 2),
            (monde.organisme, "raison_sociale", 2),
            (contact, "fonction", 0),
        ),
    ]
    for n, (entree, champ, modifiees) in enumerate(changements, 11):
        with a(n):
            setattr(entree, champ, "Autre")
            entree.save()
        (passage,) = publier_le(n + 1)
        assert (passage.parues, passage.modifiees, passage.retirees) == (0, modifiees, 0), (entree, champ)
    for n, (fiche, valeurs, modifiees) in enumerate(
        (
            (session, {"garantie": False}, 1),
            (monde.action, {"horaires": "journee"}, 2),
            (monde.offre, {"intitule": "Autre"}, 2),
        ),
        18,
    ):
        with a(n):
            executer(fiche, Operation.MODIFIER, par=monde.gestionnaire, valeurs=valeurs)
        (passage,) = publier_le(n + 1)
        assert (passage.parues, passage.modifiees, passage.retirees) == (0, modifiees, 0), fiche


# --- Late runs ---


def test_les_jours_manquants_sont_rattrapes_dans_l_ordre(db):
    monde, (session,) = sessions_ouvertes(1)
    publier_le(11)
    for n in (12, 13, 14):
        with a(n):
            session = modifier(monde, session, f"Du {n}")
    with a(16, 5):
        publier_les_jours_dus()
    assert list(Passage.objects.order_by("pk").values_list("jour", "modifiees")) == list(
        zip(map(jour, range(11, 17)), [0, 0, 1, 1, 1, 0], strict=True)
    )
    assert list(
        Parution.objects.order_by("du").values_list("du", "au", "contenu__modalites_particulieres")
    ) == [
        (jour(11), jour(13), ""),
        (jour(13), jour(14), "Du 12"),
        (jour(14), jour(15), "Du 13"),
        (jour(15), None, "Du 14"),
    ]


@pytest.mark.exigence("D-21")
def test_ce_qui_est_supprime_apres_minuit_se_lit_encore_au_passe(db):
    monde, (parue, neuve) = sessions_ouvertes(2)
    with a(10):
        neuve = executer(neuve, Operation.FERMER, par=monde.gestionnaire)
    publier_le(11)
    with a(11):
        executer(neuve, Operation.OUVRIR, par=monde.gestionnaire)
    with a(12, 1):
        # The action and the offre are deleted too: what was public only remains in the history.
        for operation in (Operation.ARCHIVER, Operation.SUPPRIMER):
            monde.offre = executer(monde.offre, operation, par=monde.gestionnaire)
    publier_le(12)
    (passage,) = publier_le(13)
    assert list(Parution.objects.order_by("session").values_list("session", "du", "au")) == [
        (parue.pk, jour(11), jour(13)),
        (neuve.pk, jour(12), jour(13)),
    ]
    assert (passage.retirees, passage.retenues) == (2, {})


def test_une_suppression_que_la_corbeille_a_oubliee_finit_quand_meme(db):
    monde, (parue, neuve) = sessions_ouvertes(2)
    with a(10):
        executer(neuve, Operation.FERMER, par=monde.gestionnaire)
    publier_le(11)
    with a(11):
        executer(neuve, Operation.OUVRIR, par=monde.gestionnaire)
    with a(12):
        for session in (parue, neuve):
            for operation in (Operation.ARCHIVER, Operation.SUPPRIMER):
                executer(session, operation, par=monde.gestionnaire)
    # No run has been made for seven weeks.
    with a(60, 5):
        purger_la_corbeille()
        publier_les_jours_dus()
    assert list(Parution.objects.order_by("session").values_list("du", "au")) == [
        (jour(11), jour(13)),
        (jour(12), jour(13)),
    ]


def test_apres_une_sauvegarde_restauree_tout_finit_pareil(db):
    monde, sessions = sessions_ouvertes(5)
    publier_le(11)
    with a(11):
        modifier(monde, sessions[0], "Nouveau")
        executer(sessions[1], Operation.FERMER, par=monde.gestionnaire)
        monde.organisme.raison_sociale = "Nouveau nom"
        monde.organisme.save()
    publier_le(12)
    with a(12):
        executer(
            monde.action,
            Operation.MODIFIER,
            par=monde.gestionnaire,
            valeurs={"modalites_entrees_sorties": "permanentes"},
        )
    publier_le(13)
    with a(13):
        for operation in (Operation.ARCHIVER, Operation.SUPPRIMER):
            sessions[2] = executer(sessions[2], operation, par=monde.gestionnaire)
    publier_le(14)

    def tables():
        return [
            list(modele.objects.order_by(*ordre).values_list(*champs))
            for modele, ordre, champs in (
                (
                    Parution,
                    ["session", "du"],
                    ["session", "du", "au", "contenu", "coordonnees", "contenu_action", "contenu_offre"],
                ),
                (Retenue, ["session", "du"], ["session", "raison", "du", "au"]),
                (Passage, ["jour"], ["jour", "parues", "modifiees", "retirees", "retenues"]),
            )
        ]

    attendues = tables()
    assert attendues[1] and [ligne[1:4] for ligne in attendues[2]] == [
        (5, 0, 0),
        (0, 4, 1),
        (0, 0, 4),
        (0, 0, 0),
    ]
    # What was published after the 11th is lost.
    Passage.objects.filter(jour__gt=jour(11)).delete()
    for modele in (Parution, Retenue):
        modele.objects.filter(du__gt=jour(11)).delete()
        modele.objects.filter(au__gt=jour(11)).update(au=None)
    with a(14, 15):
        publier_les_jours_dus()
    assert tables() == attendues


def test_un_certificat_se_termine_et_ne_se_supprime_pas(db, client):
    # Its history would be deleted with it: a run could no longer read the state at midnight.
    monde = Monde()
    client.force_login(
        Utilisateur.objects.create_superuser("admin@test.example", "x"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    page = client.get(f"/admin/organismes/organisme/{monde.organisme.pk}/change/").content.decode()
    assert "qualiopi-0-au" in page and "qualiopi-0-DELETE" not in page
