"""Command that gives the application's own role its rights in the database.

The role gets everything it needs, and nothing that rewrites the history.
"""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from pghistory.models import Context, Event
from psycopg import sql

# The triggers of the history run with the rights of the role that writes: it must be able to add rows to the
# history. The contexts (who, which operation, from where) are written by a function of pghistory that also
# rewrites them. This function is installed here with the rights of its owner, so that the role has no right
# on the table of contexts, and can only rewrite a context that the same transaction has created.
_FONCTION = """
CREATE OR REPLACE FUNCTION {schema}._pgh_attach_context() RETURNS uuid AS $$
DECLARE
  cle uuid;
  contenu jsonb;
BEGIN
  BEGIN
    cle := current_setting('pghistory.context_id');
    contenu := current_setting('pghistory.context_metadata');
  EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
  END;
  IF cle IS NULL OR contenu IS NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO {contextes} AS connu (id, metadata, created_at, updated_at) VALUES (cle, contenu, now(), now())
    ON CONFLICT (id) DO UPDATE SET metadata = EXCLUDED.metadata, updated_at = EXCLUDED.updated_at
    WHERE connu.metadata <> EXCLUDED.metadata AND connu.created_at = now();
  RETURN cle;
END;
$$ LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp
"""
_DROITS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT TEMPORARY ON DATABASE {base} TO {role}",
    "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT INSERT, UPDATE, DELETE ON {tables} TO {role}",
    "GRANT INSERT ON {evenements} TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "GRANT EXECUTE ON FUNCTION {schema}._pgh_attach_context() TO {role}",
    # A restored function is everybody's.
    "REVOKE ALL ON FUNCTION {schema}.effacer_de_l_historique(bigint) FROM PUBLIC",
    # The one way to change the history: it takes no text (organismes/effacement.py).
    "GRANT EXECUTE ON FUNCTION {schema}.effacer_de_l_historique(bigint) TO {role}",
)
# The rights with which the role could still rewrite the history, obtained from another role or from PUBLIC.
_DE_TROP = """
SELECT t.nom, d.droit FROM unnest(%s::text[]) AS t(nom), unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE',
    'TRIGGER']) AS d(droit)
WHERE has_table_privilege(%s, format('%%I.%%I', current_schema(), t.nom), d.droit)
"""


class Command(BaseCommand):
    """The command `manage.py droits_en_base --role NOM`.

    Run it as the owner of the tables after each `migrate`; it can be run as often as needed.
    """

    help = (
        "Donne au rôle de l'application ce qu'il lui faut en base, sans droit de modifier ni d'effacer"
        " l'historique."
    )

    def add_arguments(self, parser: Any) -> None:
        """Add the option `--role`, for a role that exists already."""
        parser.add_argument("--role", required=True, help="Le rôle PostgreSQL de l'application.")

    def handle(self, *, role: str, **options: Any) -> None:
        """Grant and revoke in one transaction, then check the rights that the role really has.

        Raise CommandError, and change nothing, when the role can still rewrite the history.
        """
        evenements = sorted(
            {modele._meta.db_table for modele in apps.get_models() if issubclass(modele, Event)}
        )
        contextes = Context._meta.db_table
        gardees = {*evenements, contextes, "django_migrations"}
        with transaction.atomic(), connection.cursor() as curseur:
            self._verifier_le_role(curseur, role)
            schema = self._un(curseur, "SELECT current_schema()")
            tables = sorted(set(connection.introspection.table_names(curseur)) - gardees)
            noms = {
                "role": sql.Identifier(role),
                "schema": sql.Identifier(schema),
                "base": sql.Identifier(self._un(curseur, "SELECT current_database()")),
                "contextes": sql.Identifier(schema, contextes),
                "tables": sql.SQL(", ").join(sql.Identifier(schema, nom) for nom in tables),
                "evenements": sql.SQL(", ").join(sql.Identifier(schema, nom) for nom in evenements),
            }
            for commande in (_FONCTION, *_DROITS):
                curseur.execute(sql.SQL(commande).format(**noms))
            curseur.execute(_DE_TROP, [[*evenements, contextes], role])
            if de_trop := curseur.fetchall():
                detail = ", ".join(f"{droit} sur {nom}" for nom, droit in de_trop)
                raise CommandError(
                    f"Le rôle « {role} » garde, par un autre rôle ou par PUBLIC : {detail}. Rien n'a été"
                    " changé."
                )
        self.stdout.write(
            f"Le rôle « {role} » peut servir l'application : {len(evenements)} tables d'historique lui sont"
            " en ajout seul."
        )

    def _verifier_le_role(self, curseur: Any, role: str) -> None:
        curseur.execute(
            "SELECT rolsuper, pg_has_role(oid, current_user, 'MEMBER') FROM pg_roles WHERE rolname = %s",
            [role],
        )
        if not (trouve := curseur.fetchone()):
            raise CommandError(
                f"Le rôle « {role} » n'existe pas : créez-le d'abord, CREATE ROLE {role} LOGIN PASSWORD"
                " '...'."
            )
        if any(trouve):
            raise CommandError(
                f"Le rôle « {role} » est superutilisateur ou propriétaire des tables : aucun droit ne peut"
                " lui être retiré."
            )

    def _un(self, curseur: Any, requete: str) -> Any:
        curseur.execute(requete)
        return curseur.fetchone()[0]
