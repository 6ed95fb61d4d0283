"""Tests that the migrated database matches the models: columns, constraints, indexes and triggers."""

import datetime as dt
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder
from pgtrigger import registry

from publication.models import Contenu, Parution

# One row per fact of a schema: table, name, and its definition in PostgreSQL.
FAITS = """
    WITH tables AS (SELECT oid, relname FROM pg_class
                     WHERE relnamespace = %s::regnamespace AND relkind = 'r' AND relname = ANY(%s))
    SELECT relname, conname, conname || ' ' || pg_get_constraintdef(c.oid, true)
      FROM tables t JOIN pg_constraint c ON conrelid = t.oid
    UNION ALL
    SELECT t.relname, i.relname,
           concat(pg_get_indexdef(indexrelid, 0, true), CASE WHEN NOT indisvalid THEN ' (invalide)' END)
      FROM tables t JOIN pg_index ON indrelid = t.oid JOIN pg_class i ON i.oid = indexrelid
    UNION ALL
    SELECT relname, NULL,
           concat_ws(' ', attname, format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'NOT NULL' END,
                     pg_get_expr(adbin, adrelid), attgenerated, attidentity)
      FROM tables t JOIN pg_attribute ON attrelid = t.oid AND attnum > 0 AND NOT attisdropped
      LEFT JOIN pg_attrdef ON adrelid = t.oid AND adnum = attnum
"""


def modeles() -> list[type[models.Model]]:
    """Return every model of the project that has a table, including those of the history."""
    notres = [config for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR]
    tous = [modele for config in notres for modele in config.get_models(include_auto_created=True)]
    return [modele for modele in tous if modele._meta.managed and not modele._meta.proxy]


def lire(schema: str) -> Counter[str]:
    """Return the facts of the project's tables in `schema`, with their counts.

    Only the names that a model declares are kept.
    """
    metas = [modele._meta for modele in modeles()]
    declares = {fait.name for meta in metas for fait in [*meta.constraints, *meta.indexes]}
    with connection.cursor() as curseur:
        # The functions that an index calls are in « public ».
        curseur.execute(f"SET LOCAL search_path TO {schema}, public")
        curseur.execute(FAITS, [schema, [meta.db_table for meta in metas]])
        faits = curseur.fetchall()
    # Django generates a different name for a field created unique and for one that became unique later.
    lues = [
        (table, texte if nom in declares else texte.replace(nom or "…", "…")) for table, nom, texte in faits
    ]
    return Counter(f"{table} : {texte}" for table, texte in lues)


def test_la_base_migree_dit_ce_que_disent_les_modeles(db):
    """Compare the tables that Django creates from the models with those of the migrations."""
    with connection.cursor() as curseur:
        curseur.execute("CREATE SCHEMA declare")
        curseur.execute("SET LOCAL search_path TO declare, public")
    with connection.schema_editor() as editeur:
        for modele in modeles():
            if not modele._meta.auto_created:
                editeur.create_model(modele)
    declares, presents = lire("declare"), lire("public")
    assert len(modeles()) > 30 and len(declares) > 600
    assert sorted(declares - presents) == [], "la base ne dit pas tout ce que disent les modèles"
    assert sorted(presents - declares) == [], "la base dit ce qu'aucun modèle ne dit"


def test_les_declencheurs_des_modeles_sont_dans_la_base(db):
    tous = registry.registered()
    etats = {trigger.get_pgid(modele): trigger.get_installation_status(modele) for modele, trigger in tous}
    assert len(etats) > 30 and set(etats.values()) == {("INSTALLED", True)}, etats


def test_une_session_n_a_qu_une_parution_ouverte(db):
    contenu = Contenu.objects.create(empreinte="0" * 64, contenu={})

    def parution(session: int, du: int, au: int | None = None) -> None:
        jours = {"du": dt.date(2026, 3, du), "au": au and dt.date(2026, 3, au)}
        fiches = {"session_id": session, "action_id": 1, "offre_id": 1, "organisme_id": 1}
        contenus = dict.fromkeys(("contenu_action", "contenu_offre", "coordonnees"), contenu)
        Parution.objects.create(contenu={}, **contenus, **fiches, **jours)

    for permise in [(1, 4), (1, 1, 4), (2, 4)]:
        parution(*permise)
    with pytest.raises(IntegrityError, match="parution_une_ouverte"), transaction.atomic():
        parution(1, 20)


def test_une_base_faite_par_d_autres_migrations_est_refusee(db):
    def prevue() -> str:
        sortie = StringIO()
        call_command("migrate", plan=True, stdout=sortie)
        return sortie.getvalue()

    historique = MigrationRecorder(connection)
    # The unknown migrations of another package are ignored.
    historique.record_applied("axes", "0000_disparue")
    assert "No planned migration operations" in prevue()
    historique.record_applied("catalogue", "0013_jetons")
    with pytest.raises(CommandError, match=r"catalogue\.0013_jetons, qui n'existe pas ici.*« \./run reset »"):
        prevue()
