"""The plans of sessions put back, when the operation that cancelled or deleted them is undone (D-48)."""

import datetime as dt
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection

from edof.horloge import aujourd_hui, maintenant
from sessions_app.plans import Programmation

if TYPE_CHECKING:
    from sessions_app.models import SessionQuerySet

# Who ordered the plan may be gone since.
_AUTEURS = ("par", "jeton")


def remettre(contexte: UUID, sessions: "SessionQuerySet", ordonnes_avant: dt.datetime | None = None) -> None:
    """Put back the plans of these sessions as they were before the operation of this context; two statements.

    With `ordonnes_avant`, only those that were ordered before that instant.
    A plan that somebody has changed since stays as it is. So does a cancelled plan whose day has passed:
    nobody ordered it for another day.
    """
    cles, parametres = sessions.values_list("pk").order_by().query.sql_with_params()
    evenements: Any = Programmation.pgh_event_model  # type: ignore[attr-defined]
    table, historique = Programmation._meta.db_table, evenements._meta.db_table
    noms = [str(champ.column) for champ in Programmation._meta.concrete_fields if not champ.primary_key]
    with connection.cursor() as curseur:
        curseur.execute(
            f"WITH visees AS (SELECT id FROM {table} WHERE session_id IN ({cles})),"
            " touchees AS (SELECT pgh_obj_id, min(pgh_id) AS premiere, max(pgh_id) AS derniere"
            f"  FROM {historique} WHERE pgh_context_id = %s AND pgh_label = 'update'"
            "   AND pgh_obj_id IN (SELECT id FROM visees) GROUP BY pgh_obj_id),"
            " avant AS (SELECT DISTINCT ON (e.pgh_obj_id) e.*, touchees.derniere"
            f"  FROM {historique} AS e JOIN touchees"
            "   ON touchees.pgh_obj_id = e.pgh_obj_id AND e.pgh_id < touchees.premiere"
            "  ORDER BY e.pgh_obj_id, e.pgh_id DESC)"
            f" UPDATE {table} AS plan SET {', '.join(f'{nom} = avant.{nom}' for nom in noms)}"
            " FROM avant WHERE plan.id = avant.pgh_obj_id AND avant.prevue_le <= %s AND NOT EXISTS ("
            f"  SELECT 1 FROM {historique} AS e WHERE e.pgh_obj_id = plan.id AND e.pgh_id > avant.derniere)"
            " AND (avant.etat <> 'prevue' OR avant.jour >= %s AND NOT EXISTS ("
            f"  SELECT 1 FROM {table} AS autre WHERE autre.session_id = plan.session_id"
            "   AND autre.operation = plan.operation AND autre.etat = 'prevue' AND autre.id <> plan.id))",
            [*parametres, contexte, ordonnes_avant or maintenant(), aujourd_hui()],
        )
        valeurs = _valeurs(noms)
        curseur.execute(
            f"INSERT INTO {table} (id, {', '.join(noms)})"
            f" SELECT e.pgh_obj_id, {', '.join(valeurs[nom] for nom in noms)} FROM {historique} AS e"
            " CROSS JOIN LATERAL (SELECT e.etat = 'prevue' AND e.jour < %s AS passee) AS quand"
            " WHERE e.pgh_context_id = %s AND e.pgh_label = 'delete'"
            f" AND e.session_id IN ({cles}) ON CONFLICT DO NOTHING",
            [maintenant(), aujourd_hui(), contexte, *parametres],
        )


def _valeurs(noms: list[str]) -> dict[str, str]:
    """Return, by column, what a deleted plan comes back with: cancelled, when its day has passed."""
    valeurs = {nom: f"e.{nom}" for nom in noms}
    for nom in _AUTEURS:
        champ: Any = Programmation._meta.get_field(nom)
        cible = champ.related_model._meta.db_table
        valeurs[champ.column] = f"(SELECT id FROM {cible} WHERE id = e.{champ.column})"
    valeurs["etat"] = "CASE WHEN quand.passee THEN 'annulee' ELSE e.etat END"
    valeurs["raison"] = "CASE WHEN quand.passee THEN 'Son jour est passé.' ELSE e.raison END"
    valeurs["close_le"] = "CASE WHEN quand.passee THEN %s ELSE e.close_le END"
    return valeurs
