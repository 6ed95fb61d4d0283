"""Test of the number of a request as the name of its connection to PostgreSQL."""

from collections.abc import Iterator
from typing import Any

import pghistory
import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client

from edof import demande
from edof.demande import commencer, nom_de_connexion
from organismes.models import Organisme
from tests.attaques import url_de_la_base

UNE, AUTRE = "front-2027.01_abc", "front-2027.02_def"


@pytest.fixture(autouse=True)
def _sans_demande(db: None) -> Iterator[None]:
    """Leave no request to the next test."""
    yield
    demande._numero.set("")


def vu_par_un_autre() -> str:
    """Return the name that a database administrator reads in pg_stat_activity."""
    with psycopg.connect(url_de_la_base()) as autre:
        cle = [connection.connection.info.backend_pid]
        (nom,) = autre.execute("SELECT application_name FROM pg_stat_activity WHERE pid = %s", cle).fetchone()
    return str(nom)


def test_postgresql_connait_la_demande(django_assert_num_queries: Any) -> None:
    Client().get("/formations/", HTTP_X_REQUEST_ID=UNE)
    assert vu_par_un_autre() == nom_de_connexion() and nom_de_connexion().endswith(f" {UNE}")
    # One statement is sent with the first one of the next request; none is added to those of the page.
    commencer(AUTRE)
    with django_assert_num_queries(2):
        assert not Organisme.objects.exists() and not Organisme.objects.exists()
    assert vu_par_un_autre().endswith(AUTRE)


def test_une_transaction_defaite_ne_rend_pas_le_nom_d_une_autre() -> None:
    commencer(UNE)
    with connection.cursor() as curseur:
        curseur.execute("SAVEPOINT avant")
        commencer(AUTRE)
        Organisme.objects.exists()
        curseur.execute("ROLLBACK TO avant")
    assert vu_par_un_autre().endswith(UNE), "the name is undone with the transaction"
    Organisme.objects.exists()
    assert vu_par_un_autre().endswith(AUTRE)


def test_une_premiere_instruction_refusee_dit_son_erreur() -> None:
    for instruction, erreur in (
        ("SELECT * FROM rien", ProgrammingError),
        ("INSERT INTO organismes_organisme (id) VALUES (1)", IntegrityError),
    ):
        commencer()
        with pytest.raises(erreur), transaction.atomic(), connection.cursor() as curseur:
            curseur.execute(instruction)


def test_la_premiere_instruction_signe_l_historique() -> None:
    """Check what a task does first: the statement that signs the history is before it, in the same text."""
    commencer(UNE)
    with pghistory.context(operation="test"):
        Organisme.objects.create(raison_sociale="Institut", siret="41234567800019", nda="11940678994")
    assert vu_par_un_autre().endswith(UNE) and Organisme.objects.get().events.get().pgh_context


def test_plusieurs_instructions_dans_un_texte() -> None:
    commencer(UNE)
    with connection.cursor() as curseur:
        curseur.execute("SAVEPOINT une; RELEASE une")
    assert vu_par_un_autre().endswith(UNE)


@pytest.mark.django_db(transaction=True)
def test_ce_qui_refuse_une_transaction() -> None:
    connection.ensure_connection()
    commencer(UNE)
    with connection.cursor() as curseur:
        curseur.execute("VACUUM django_migrations")
    assert vu_par_un_autre().endswith(UNE)


def test_un_curseur_du_serveur_et_un_nom_trop_long() -> None:
    commencer("a" * 64)
    assert list(Organisme.objects.iterator(chunk_size=10)) == []
    with connection.cursor() as curseur:
        curseur.executemany("SELECT %s", [(1,), (2,)])
    assert vu_par_un_autre() == nom_de_connexion() and len(nom_de_connexion()) == 63
