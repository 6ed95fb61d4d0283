"""The words of the public search, in what was online another day.

The rows of the search are those of today. The words of another day are made from the contents of its
parutions, except when they are still the same.
"""

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from publication.models import Parution
from recherche.mots import lire

_TROUVEES = """
SELECT p.action_id
FROM ({parutions}) AS p (action_id, contenu_offre_id, contenu_action_id)
JOIN publication_contenu AS o ON o.id = p.contenu_offre_id
JOIN publication_contenu AS a ON a.id = p.contenu_action_id
LEFT JOIN publication_motspublics AS deja ON deja.action_id = p.action_id
    AND (deja.contenu_offre_id, deja.contenu_action_id) = (p.contenu_offre_id, p.contenu_action_id)
CROSS JOIN LATERAL (
    SELECT deja.mots, deja.racines, deja.contenus, deja.exacts WHERE deja.action_id IS NOT NULL
    UNION ALL
    SELECT mo.mots || ma.mots, mo.racines || ma.racines, mo.contenus, mo.exacts || ma.exacts
    FROM mots_de_l_offre(o.contenu) AS mo,
        mots_de_l_action(a.contenu, o.contenu -> 'organisme' ->> 'siret') AS ma
    WHERE deja.action_id IS NULL
) AS m
WHERE {condition}"""


def chercher_ces_jours(parutions: QuerySet[Parution], q: str) -> QuerySet[Parution]:
    """Return those of these parutions whose formation answers the words, as the public search reads them."""
    contenus = (
        parutions.order_by().values_list("action_id", "contenu_offre_id", "contenu_action_id").distinct()
    )
    texte, valeurs = contenus.query.sql_with_params()
    condition = lire(q).condition()
    sql = _TROUVEES.format(parutions=texte, condition=condition.texte)
    return parutions.filter(action_id__in=RawSQL(sql, [*valeurs, *condition.valeurs]))
