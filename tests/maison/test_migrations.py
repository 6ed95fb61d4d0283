"""Tests of the migrations themselves: none that locks a big table, none that the code before cannot stand.

CONTRIBUTING.md (« A migration ») says how each is written instead.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.core.management import CommandError, call_command
from django.db import connection, migrations, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from catalogue.management.commands import migrate

# The last migration of each app that ran on no base in service: those after it are read here.
SOCLE = {
    "organismes": 12, "catalogue": 4, "sessions_app": 8, "lots": 2, "publication": 9, "echanges": 2,
    "recherche": 4, "crochets": 2, "api": 2,
}  # fmt: skip
# The tables of thousands of rows by organisme, of millions in a country; those of their history too.
GRANDES = {
    "catalogue.offre", "catalogue.action", "sessions_app.session", "sessions_app.programmation",
    "organismes.contact", "organismes.adresse", "lots.lignedelot", "echanges.ligneimport",
    "publication.contenu", "publication.parution", "publication.retenue", "publication.fichepublique",
    "publication.motspublics", "publication.trace", "publication.frequentation", "crochets.evenement",
    "crochets.livraison",
}  # fmt: skip
GRANDES |= {f"{nom}event" for nom in GRANDES}
TABLES = {nom.replace(".", "_") for nom in GRANDES} | {"pghistory_context"}
# In SQL: what holds a table for as long as it has rows, or takes away what the code before reads.
SQL_LONG = (
    (r"create (?:unique )?index (?!concurrently)", "CREATE INDEX sans CONCURRENTLY"),
    (r"add constraint (?!.*not valid)", "ADD CONSTRAINT sans NOT VALID"),
    (r"alter column \S+ (?:set data )?type", "ALTER COLUMN TYPE"),
    (r"alter column \S+ set not null", "SET NOT NULL"),
)
# What the code before still reads; nothing in its place.
SQL_RETIRE = (
    (r"\bdrop column\b", "DROP COLUMN"),
    (r"\bdrop (?:table|view|materialized view|function|type|sequence)\b", "DROP"),
    (r"\brename (?:column |constraint )?\S+ to\b|\brename to\b", "RENAME"),
)
RETIRENT = (
    migrations.RemoveField, migrations.RenameField, migrations.RenameModel, migrations.DeleteModel,
    migrations.AlterModelTable, migrations.AlterUniqueTogether,
)  # fmt: skip


def fautes(migration: Any, app: str, avant: ProjectState) -> Iterator[str]:
    """Yield what this migration does that holds up the others; `avant` is the state before it."""
    etat = avant.clone()
    yield from _remplie_a_part(migration)
    for operation in migration.operations:
        faites = [operation]
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            faites = operation.database_operations
        for faite in faites:
            yield from _fautes(faite, app, etat, migration)
        operation.state_forwards(app, etat)


def _remplie_a_part(migration: Any) -> Iterator[str]:
    """Yield what fills a table in the transaction that changes one, which holds its lock meanwhile."""
    genres = {type(operation) for operation in migration.operations}
    remplit = migrations.RunPython in genres or any(
        isinstance(operation, migrations.RunSQL)
        and any(re.match(r"(?:update|delete from) ", ordre) for ordre in _ordres(operation.sql))
        for operation in migration.operations
    )
    change = {migrations.AddField, migrations.AlterField, migrations.RemoveField, AddConstraintNotValid}
    if remplit and migration.atomic and genres & change:
        yield "remplit et change une table dans la même transaction : deux migrations"


def _fautes(faite: Any, app: str, etat: ProjectState, migration: Any) -> Iterator[str]:
    nom = f"{app}.{getattr(faite, 'model_name', getattr(faite, 'name', '')) or ''}".lower()
    grande, contracte = nom in GRANDES, hasattr(migration, "contracte")
    if isinstance(faite, RETIRENT) and not contracte:
        yield f"{nom} : {type(faite).__name__} sans « contracte » : le code d'avant le lit encore"
    if isinstance(faite, migrations.AddConstraint | AddConstraintNotValid) and not (
        contracte or _nouvelle(migration, faite.model_name)
    ):
        yield f"{nom} : une règle que le code d'avant ne connaît pas : dire dans « contracte » qu'il la suit"
    if isinstance(faite, AddIndexConcurrently | AddConstraintNotValid):
        if isinstance(faite, AddIndexConcurrently) and migration.atomic:
            yield f"{nom} : un index CONCURRENTLY veut « atomic = False »"
    elif isinstance(faite, migrations.AddIndex) and grande:
        yield f"{nom} : AddIndexConcurrently"
    elif isinstance(faite, migrations.AddConstraint) and grande:
        yield f"{nom} : AddConstraintNotValid, puis ValidateConstraint dans une autre migration"
    elif isinstance(faite, migrations.AddField):
        if grande and (faite.field.db_index or faite.field.unique):
            yield f"{nom} : la colonne {faite.name} sans index, puis AddIndexConcurrently"
        # The tables of events are written by the triggers, which the same migration replaces.
        if not (nom.endswith("event") or _nouvelle(migration, faite.model_name)):
            yield from _inserable(nom, faite.field, faite.name, contracte=contracte)
    elif isinstance(faite, migrations.AlterField):
        ancien = etat.models[app, faite.model_name_lower].fields[faite.name]
        if ancien.null and not faite.field.null and not contracte:
            yield f"{nom} : {faite.name} devient obligatoire, ce que le code d'avant ne sait pas"
        if grande and _colonne(ancien) != _colonne(faite.field):
            yield f"{nom} : AlterField récrit ou parcourt {faite.name} : une nouvelle colonne, ou NOT VALID"
        elif not contracte and _plus_etroite(ancien, faite.field):
            yield f"{nom} : {faite.name} n'accepte plus ce que le code d'avant y écrit, ou se lit autrement"
    elif isinstance(faite, migrations.RunSQL):
        for ordre in _ordres(faite.sql):
            if any(re.search(rf"\b{table}\b", ordre) for table in TABLES):
                yield from (f"RunSQL : {quoi}" for motif, quoi in SQL_LONG if re.search(motif, ordre))
            if not contracte:
                yield from (
                    f"RunSQL : {quoi} sans « contracte » : le code d'avant s'en sert encore"
                    for motif, quoi in SQL_RETIRE
                    if re.search(motif, ordre)
                )


def _nouvelle(migration: Any, modele: str) -> bool:
    """Return whether this migration makes the table: nothing of the code before knows it."""
    return any(
        isinstance(faite, migrations.CreateModel) and faite.name.lower() == modele.lower()
        for faite in migration.operations
    )


def _inserable(nom: str, champ: Any, colonne: str, *, contracte: bool) -> Iterator[str]:
    """Yield why the code before could no longer insert a row: it does not name the new column."""
    sans_colonne = champ.many_to_many or getattr(champ, "generated", False)
    if not (sans_colonne or champ.null or champ.has_db_default()):
        # Django's own `default` is not in the database: it is dropped once the rows have it.
        yield f"{nom} : {colonne} est obligatoire sans « db_default » : le code d'avant ne peut plus insérer"
    if champ.unique and not contracte and champ.has_db_default():
        yield f"{nom} : {colonne} est unique, et le code d'avant y laisse toujours la même valeur"


def _plus_etroite(ancien: Any, nouveau: Any) -> bool:
    """Return whether a column takes less than before, or another type: its prepared statements then fail."""
    autre = ancien.get_internal_type() != nouveau.get_internal_type()
    plus_court = nouveau.max_length is not None and (ancien.max_length or 10**9) > nouveau.max_length
    return autre or plus_court or (nouveau.unique and not ancien.unique)


def _colonne(champ: models.Field) -> tuple[Any, ...]:
    return champ.null, champ.db_index, champ.unique, champ.get_internal_type()


def _ordres(sql: Any) -> list[str]:
    """Return the statements, in lower case on one line each, without what is inside functions."""
    texte = sql if isinstance(sql, str) else "; ".join(un if isinstance(un, str) else un[0] for un in sql)
    texte = re.sub(r"\$(\w*)\$.*?\$\1\$", "''", re.sub(r"--[^\n]*", "", texte), flags=re.S)
    return [" ".join(ordre.lower().split()) for ordre in texte.split(";")]


def test_aucune_nouvelle_migration_ne_bloque():
    chargeur, trouvees = MigrationLoader(None), []
    for (app, nom), migration in chargeur.disk_migrations.items():
        if Path(apps.get_app_config(app).path).parent == settings.BASE_DIR and int(nom[:4]) > SOCLE.get(
            app, 0
        ):
            avant = chargeur.project_state((app, nom), at_end=False)
            trouvees += [f"{app}.{nom} : {faute}" for faute in fautes(migration, app, avant)]
    assert trouvees == []


def test_chaque_grande_table_existe():
    connus = {modele._meta.label_lower for modele in apps.get_models()}
    assert {nom for nom in GRANDES if not nom.endswith("event")} <= connus


def _etat() -> ProjectState:
    etat = ProjectState()
    champs = [
        ("id", models.BigAutoField(primary_key=True)),
        ("nom", models.CharField(max_length=9, null=True)),
    ]
    migrations.CreateModel("Offre", champs).state_forwards("catalogue", etat)
    return etat


INDEX = models.Index(fields=["nom"], name="par_nom")
CONTRAINTE = models.CheckConstraint(condition=models.Q(nom="x"), name="x")


@pytest.mark.parametrize(
    ("operation", "atomique", "dite"),
    [
        (migrations.AddIndex("offre", INDEX), True, "AddIndexConcurrently"),
        (AddIndexConcurrently("offre", INDEX), True, "atomic = False"),
        (AddIndexConcurrently("offre", INDEX), False, ""),
        (migrations.AddConstraint("offre", CONTRAINTE), True, "AddConstraintNotValid"),
        (AddConstraintNotValid("offre", CONTRAINTE), True, "une règle que le code d'avant"),
        (migrations.AddField("offre", "autre", models.IntegerField(null=True)), True, ""),
        (
            migrations.AddField("offre", "autre", models.IntegerField(null=True, db_index=True)),
            True,
            "sans index",
        ),
        (migrations.AddField("offre", "autre", models.IntegerField(default=1)), True, "obligatoire sans"),
        (migrations.AddField("offre", "autre", models.IntegerField(db_default=1)), True, ""),
        (migrations.AlterField("offre", "nom", models.TextField(null=True)), True, "récrit"),
        (
            migrations.AlterField("offre", "nom", models.CharField(max_length=5, null=True)),
            True,
            "n'accepte plus",
        ),
        (migrations.AlterModelTable("offre", "autre"), True, "contracte"),
        (migrations.AlterField("offre", "nom", models.CharField("Nom", max_length=9, null=True)), True, ""),
        (migrations.AlterField("offre", "nom", models.CharField(max_length=9)), True, "obligatoire"),
        (migrations.RemoveField("offre", "nom"), True, "contracte"),
        (migrations.RunSQL("CREATE INDEX x ON catalogue_offre (nom)"), True, "CONCURRENTLY"),
        (migrations.RunSQL("CREATE INDEX CONCURRENTLY x ON catalogue_offre (nom)"), False, ""),
        (migrations.RunSQL("ALTER TABLE catalogue_offre ADD CONSTRAINT x CHECK (true)"), True, "NOT VALID"),
        (migrations.RunSQL("ALTER TABLE catalogue_offre ADD CONSTRAINT x CHECK (true) NOT VALID"), True, ""),
        (migrations.RunSQL("CREATE INDEX x ON organismes_bandeau (du)"), True, ""),
        (migrations.RunSQL("ALTER TABLE organismes_bandeau DROP COLUMN du"), True, "DROP COLUMN"),
        (migrations.RunSQL("ALTER TABLE organismes_bandeau RENAME du TO debut"), True, "RENAME"),
        (migrations.RunSQL("DROP FUNCTION plier(text)"), True, "DROP"),
        (migrations.RunSQL("DROP TRIGGER t ON organismes_bandeau"), True, ""),
        (migrations.RunSQL("CREATE FUNCTION f() AS $$ CREATE INDEX x ON catalogue_offre(n); $$"), True, ""),
    ],
)
def test_ce_qui_bloque_est_vu(operation, atomique, dite):
    migration = type("M", (), {"operations": [operation], "atomic": atomique})
    trouvees = list(fautes(migration, "catalogue", _etat()))
    assert any(dite in faute for faute in trouvees) if dite else trouvees == []


def test_ce_qui_contracte_le_dit() -> None:
    for operation in (
        migrations.RemoveField("offre", "nom"),
        AddConstraintNotValid("offre", CONTRAINTE),
        migrations.RunSQL("DROP FUNCTION plier(text)"),
    ):
        migration = type("M", (), {"operations": [operation], "atomic": True, "contracte": "depuis 1.2"})
        assert list(fautes(migration, "catalogue", _etat())) == []


def test_une_table_se_remplit_dans_une_autre_migration() -> None:
    ajout = migrations.AddField("offre", "autre", models.IntegerField(null=True))
    for remplit in (migrations.RunPython(print), migrations.RunSQL("UPDATE catalogue_offre SET autre = 1")):
        for operations, dite in (([ajout, remplit], ["remplit et change"]), ([remplit], [])):
            migration = type("M", (), {"operations": operations, "atomic": True})
            trouvees = [f for f in fautes(migration, "catalogue", _etat()) if "remplit" in f]
            assert [faute[:17] for faute in trouvees] == dite


@pytest.mark.django_db
def test_une_table_occupee_n_est_pas_attendue(monkeypatch):
    monkeypatch.setattr(migrate, "ATTENTE", "50ms")
    derniere = MigrationRecorder(connection).applied_migrations()
    autre = connection.copy()
    try:
        with autre.cursor() as curseur:
            curseur.execute("BEGIN; LOCK TABLE django_migrations IN EXCLUSIVE MODE")
        with pytest.raises(CommandError, match="relancez « migrate »"), transaction.atomic():
            call_command("migrate", "api", "zero", fake=True, verbosity=0)
    finally:
        autre.close()
    assert MigrationRecorder(connection).applied_migrations().keys() == derniere.keys()
