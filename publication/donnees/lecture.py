"""What the open data of a day are read from: temporary tables, and the statements of each file."""

import datetime as dt
from dataclasses import astuple, fields
from typing import Any

from django.conf import settings

from organismes.models.pays import Pays
from publication.donnees.territoires import Territoire, territoire
from publication.visibilite import publiques_le

# The address of an action by its number leads to its page for good; `tests/vitrine/test_donnees.py` holds it.
PAGE = "/formations/{}/"


def preparer(curseur: Any, jour: dt.date) -> None:
    """Note, in temporary tables, the parutions of the day, their actions and the territories of the places.

    Parutions and contents never change once they are written: the files that are read from them agree.
    """
    curseur.execute("DROP TABLE IF EXISTS sessions_du_jour, actions_du_jour, territoires_du_jour")
    colonnes = (
        "session_id", "action_id", "offre_id", "pk", "date_debut", "contenu_action_id", "contenu_offre_id",
    )  # fmt: skip
    sql, valeurs = publiques_le(jour).order_by().values_list(*colonnes).query.sql_with_params()
    curseur.execute(
        "CREATE TEMPORARY TABLE sessions_du_jour (session_id, action_id, offre_id, parution_id, date_debut,"
        f" contenu_action_id, contenu_offre_id) ON COMMIT DROP AS {sql}",
        valeurs,
    )
    curseur.execute(_ACTIONS, [jour])
    curseur.execute("ANALYZE sessions_du_jour, actions_du_jour")
    curseur.execute(_CODES_POSTAUX, [Pays.FRANCE.value])
    connus = [(code, *astuple(territoire(code))) for (code,) in curseur.fetchall() if code]
    noms = ", ".join(f"{champ.name} text" for champ in fields(Territoire))
    curseur.execute(
        f"CREATE TEMPORARY TABLE territoires_du_jour (code_postal text PRIMARY KEY, {noms}) ON COMMIT DROP"
    )
    curseur.executemany("INSERT INTO territoires_du_jour VALUES (%s, %s, %s, %s, %s)", connus)
    curseur.execute("UPDATE actions_du_jour SET page = %s || replace(%s, '{}', action_id::text)", [
        settings.ADRESSE_PUBLIQUE, PAGE,
    ])  # fmt: skip


# The contents of an action are those of its first session, as on its page; those of the offre, for what is
# said once of it, those of its first action.
_ACTIONS = """
CREATE TEMPORARY TABLE actions_du_jour ON COMMIT DROP AS
SELECT %s::date AS jour, action_id, offre_id, contenu_action_id, contenu_offre_id, sessions,
    NULL::text AS page,
    first_value(contenu_offre_id) OVER (PARTITION BY offre_id ORDER BY action_id) AS contenu_du_groupe
FROM (
    SELECT action_id, min(offre_id) AS offre_id, count(*) AS sessions,
        (array_agg(contenu_action_id ORDER BY date_debut NULLS LAST, session_id))[1] AS contenu_action_id,
        (array_agg(contenu_offre_id ORDER BY date_debut NULLS LAST, session_id))[1] AS contenu_offre_id
    FROM sessions_du_jour GROUP BY action_id
) AS groupes"""

_CODES_POSTAUX = """
SELECT DISTINCT a.contenu #>> '{lieu,code_postal}'
FROM actions_du_jour x JOIN publication_contenu a ON a.id = x.contenu_action_id
WHERE a.contenu #>> '{lieu,pays}' = %s"""

_LIEU = """
JOIN publication_contenu a ON a.id = x.contenu_action_id
LEFT JOIN territoires_du_jour t
    ON t.code_postal = a.contenu #>> '{lieu,code_postal}' AND a.contenu #>> '{lieu,pays}' = '%s'
""".replace("%s", Pays.FRANCE.value)

SESSIONS = f"""
FROM (
    SELECT d.session_id, d.parution_id, d.date_debut, y.*
    FROM sessions_du_jour d JOIN actions_du_jour y USING (action_id)
) AS x
JOIN publication_parution p ON p.id = x.parution_id
JOIN publication_contenu o ON o.id = x.contenu_offre_id
{_LIEU}
ORDER BY x.offre_id, x.action_id, x.date_debut NULLS LAST, x.session_id"""

OFFRES = f"""
FROM actions_du_jour x
JOIN publication_contenu o ON o.id = x.contenu_du_groupe
{_LIEU}
GROUP BY x.jour, x.offre_id, o.id, t.code_departement, t.nom_departement, t.code_region, t.nom_region
ORDER BY x.offre_id, t.code_departement"""

LIGNES_JSON = """
SELECT '{"id": ' || x.action_id || ', "id_offre": ' || x.offre_id || ', "page": ' || to_json(x.page)
    || ', "offre": ' || o.contenu || ', "action": ' || (a.contenu - 'contact') || ', "sessions": '
    || s.sessions || '}'
FROM actions_du_jour x
JOIN publication_contenu o ON o.id = x.contenu_offre_id
JOIN publication_contenu a ON a.id = x.contenu_action_id
JOIN (
    SELECT d.action_id, jsonb_agg(
        p.contenu || jsonb_build_object('id', d.session_id, 'publiee_depuis', p.du,
            'adresse', c.contenu -> 'adresse')
        ORDER BY d.date_debut NULLS LAST, d.session_id
    ) AS sessions
    FROM sessions_du_jour d
    JOIN publication_parution p ON p.id = d.parution_id
    JOIN publication_contenu c ON c.id = p.coordonnees_id
    GROUP BY d.action_id
) s USING (action_id)
ORDER BY x.offre_id, x.action_id"""
