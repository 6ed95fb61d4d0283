"""In which order the tables of a search around a place are read: PostgreSQL does not know it by itself.

The words of an action are in a table, its place in another. Words that few have are found by their index,
then the place of each is asked. Around a place of few formations, these are found by their communes, then
the words of each are looked up. Between the two, both are read apart and put together by the key of the
action. Of a small catalogue, the place of each action is looked up: more communes are around than actions.
"""

from enum import Enum, auto

from recherche.demande import Demande
from recherche.lieux import DEBORD_KM, KM_PAR_DEGRE, boite, distance
from recherche.sql import Sql, et

# The place of the action itself is known, and is in its commune: figures that were exchanged, or those of
# another address, would hide the action from whoever looks for it there. A column that is null is not near.
PLACE_CONNUE = (
    f"coalesce(abs(f.latitude - c.latitude) * {KM_PAR_DEGRE} < {DEBORD_KM} AND"
    f" abs(f.longitude - c.longitude) * {KM_PAR_DEGRE} * cos(radians(f.latitude)) < {DEBORD_KM}, false)"
)
# Commune by commune, by their index: PostgreSQL would rather read all the places of the country each time.
LIEUX = "CROSS JOIN LATERAL (SELECT cle FROM recherche_lieu WHERE commune_id = c.insee OFFSET 0) AS l"
DANS_LA_BOITE = "c.latitude BETWEEN %s AND %s AND c.longitude BETWEEN %s AND %s"
# How much wider than the circle the box is in which an action's own place is looked for: that of a plane is a
# few metres narrower than that of the sphere.
MARGE_KM = 1
_FICHES = "SELECT * FROM publication_fichepublique"
_SA_FICHE = f"({_FICHES} WHERE action_id = m.action_id OFFSET 0) AS f"
# PostgreSQL believes that reading the row of every action costs less than those of some thousands by their
# keys: it takes two to four times longer, since each row is opened up to its last columns.
PAR_LES_MOTS = f"publication_motspublics AS m CROSS JOIN LATERAL {_SA_FICHE}"
_LES_MOTS = (
    "CROSS JOIN LATERAL (SELECT * FROM publication_motspublics WHERE action_id = f.action_id OFFSET 0) AS m"
)


class Chemin(Enum):
    """What of a search with a place is read first."""

    PLACE = auto()
    MOTS = auto()
    ENSEMBLE = auto()
    TOUT = auto()


def km_de_la_commune(demande: Demande) -> Sql:
    """Return the distance of the commune `c`."""
    lieu = demande.endroit
    assert lieu is not None
    return Sql(distance("c.latitude", "c.longitude"), lieu.latitude, lieu.latitude, lieu.longitude)


def km_de_la_fiche(demande: Demande) -> Sql:
    """Return the distance of the action `f`: that of its own place, else of the commune `c`."""
    lieu = demande.endroit
    assert lieu is not None
    return Sql(
        f"CASE WHEN {PLACE_CONNUE} THEN {distance('f.latitude', 'f.longitude')} ELSE c.km END",
        lieu.latitude, lieu.latitude, lieu.longitude,
    )  # fmt: skip


def autour(demande: Demande, chemin: Chemin, mots: Sql | None, debut: Sql | None = None) -> tuple[Sql, Sql]:
    """Return the tables of a search around a place, and the condition of its words and of its place.

    `f` has the distance of each action too: `km`, and `environ` when it is that of its commune. `mots` is the
    condition on the words `m`. With `debut`, only the actions `f` that have this, which an index finds, are
    read.
    """
    si = [Sql("f.km <= %s", demande.rayon)]
    if chemin is Chemin.TOUT:
        debut = Sql("true")
    if debut is not None:
        lues = _situees(demande, Sql(f"({_FICHES} AS f WHERE {debut.texte} OFFSET 0) AS f", *debut.valeurs))
        tables = Sql(f"({lues.texte} OFFSET 0) AS f", *lues.valeurs)
    elif mots is not None and chemin is Chemin.MOTS:
        lues = _situees(demande, Sql(_SA_FICHE))
        return (
            Sql(
                f"publication_motspublics AS m CROSS JOIN LATERAL ({lues.texte} OFFSET 0) AS f", *lues.valeurs
            ),
            et(*si, mots),
        )
    else:
        lues = _proches(demande)
        tables = Sql(f"({lues.texte} OFFSET 0) AS f", *lues.valeurs)
    if mots is None:
        return tables, et(*si)
    if chemin is Chemin.TOUT or (chemin is Chemin.ENSEMBLE and debut is None):
        ayant = f"(SELECT m.action_id FROM publication_motspublics AS m WHERE {mots.texte} OFFSET 0) AS ayant"
        texte = f"{tables.texte} JOIN {ayant} USING (action_id) {_LES_MOTS}"
        return Sql(texte, *tables.valeurs, *mots.valeurs), et(*si)
    return Sql(f"{tables.texte} {_LES_MOTS}", *tables.valeurs), et(*si, mots)


def _proches(demande: Demande) -> Sql:
    """Return the query of the actions around the place: commune by commune.

    Of the communes beyond, only the actions whose own place may be within: the index has it.
    """
    lieu, rayon = demande.endroit, demande.rayon
    assert lieu is not None
    commune, fiche = km_de_la_commune(demande), km_de_la_fiche(demande)
    return Sql(
        f"SELECT f.*, d.km, d.environ FROM (SELECT c.insee, c.latitude, c.longitude, {commune.texte} AS km"
        f" FROM recherche_commune AS c WHERE {DANS_LA_BOITE} OFFSET 0) AS c {LIEUX}"
        f" CROSS JOIN LATERAL ({_FICHES} WHERE lieu = l.cle AND c.km <= %s UNION ALL {_FICHES}"
        " WHERE lieu = l.cle AND c.km > %s AND latitude BETWEEN %s AND %s AND longitude BETWEEN %s AND %s"
        ") AS f"
        f" CROSS JOIN LATERAL (SELECT {fiche.texte} AS km, NOT {PLACE_CONNUE} AS environ OFFSET 0) AS d"
        " WHERE d.km <= %s",
        *commune.valeurs, *boite(lieu, rayon + DEBORD_KM),
        rayon, rayon, *boite(lieu, rayon + MARGE_KM), *fiche.valeurs, rayon,
    )  # fmt: skip


def _situees(demande: Demande, lues: Sql) -> Sql:
    """Return the query of these actions with their distance, each commune found by its key."""
    lieu = demande.endroit
    assert lieu is not None
    commune, fiche = km_de_la_commune(demande), km_de_la_fiche(demande)
    return Sql(
        f"SELECT f.*, d.km, d.environ FROM {lues.texte} CROSS JOIN LATERAL"
        f" (SELECT c.latitude, c.longitude, {commune.texte} AS km FROM recherche_lieu AS l"
        " JOIN recherche_commune AS c ON c.insee = l.commune_id"
        f" WHERE l.cle = f.lieu AND {DANS_LA_BOITE} OFFSET 0) AS c"
        f" CROSS JOIN LATERAL (SELECT {fiche.texte} AS km, NOT {PLACE_CONNUE} AS environ OFFSET 0) AS d",
        *lues.valeurs, *commune.valeurs, *boite(lieu, demande.rayon + DEBORD_KM), *fiche.valeurs,
    )  # fmt: skip
