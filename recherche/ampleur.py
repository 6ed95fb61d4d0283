"""How much a search finds, before it is read: some words are in nearly everything.

What finds more than VASTE formations, as PostgreSQL estimates it, is not read to the end: its page is read in
the order of its results, and the numbers of its filters come from a part of it drawn by lot. Nothing that is
shown as exact depends on the estimate: whether there are more than COMPTES_AU_PLUS is counted, up to there.
"""

import json
from dataclasses import replace
from typing import Any

from django.core.cache import cache

from edof.replique import connexion_de_lecture
from recherche.criteres import conditions, source
from recherche.demande import Demande
from recherche.sql import Sql, et

# Above it, a number is said to be more than this.
COMPTES_AU_PLUS = 10_000
# Up to so many formations, reading all of them takes a tenth of a second.
VASTE = 20_000
# How long the size of the whole catalogue is remembered.
_TOUT, SECONDES = "recherche/tout", 60


def trouvees(demande: Demande) -> Sql:
    """Return the FROM and the WHERE of what a search finds."""
    tables, si = source(demande)
    tout = et(si, *conditions(demande).values())
    return Sql(f"FROM {tables.texte} WHERE {tout.texte}", *tables.valeurs, *tout.valeurs)


def ampleur(demande: Demande) -> int:
    """Return how many formations PostgreSQL expects a search to find: it reads none to say so."""
    return _attendues(trouvees(demande))


def _attendues(lues: Sql) -> int:
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(f"EXPLAIN (FORMAT JSON) SELECT 1 {lues.texte}", lues.valeurs)
        plan: Any = curseur.fetchone()[0]
    return int((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"])


def vaste(demande: Demande, au_dela: int | None = None) -> int:
    """Return how many formations a search is expected to find, or 0 when it may be read to the end.

    PostgreSQL knows nothing of rare words, and takes each for a hundredth of the whole: what is far from a
    place is left out, and a word without place must have a tenth of the catalogue.
    """
    seuil = VASTE if au_dela is None else au_dela
    if (tout := _taille()) <= seuil:
        return 0
    attendues = ampleur(demande)
    return attendues if attendues > (seuil if demande.endroit else max(seuil, tout // 10)) else 0


def mots_d_abord(demande: Demande) -> bool:
    """Return whether fewer actions are expected to have the words than to be around the place."""
    if not (demande.precis and demande.mots and (tout := _taille()) > VASTE):
        return False
    mots = demande.mots.condition()
    ayant = _attendues(Sql(f"FROM publication_motspublics AS m WHERE {mots.texte}", *mots.valeurs))
    autour = ampleur(replace(demande, filtres={})) * tout / max(ayant, 1)
    return 2 * ayant < autour


def _taille() -> int:
    """Return about how many formations are public."""
    tout: int | None = cache.get(_TOUT)
    if tout is None:
        with connexion_de_lecture().cursor() as curseur:
            curseur.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = 'publication_fichepublique'::regclass"
            )
            (tout,) = curseur.fetchone()
        cache.set(_TOUT, tout, SECONDES)
    return int(tout or 0)


def compter_jusqu_a(demande: Demande, au_plus: int = COMPTES_AU_PLUS) -> int:
    """Return how many formations a search finds; one more than `au_plus` when there are more."""
    lues = trouvees(demande)
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(
            f"SELECT count(*) FROM (SELECT 1 {lues.texte} LIMIT %s) AS f", [*lues.valeurs, au_plus + 1]
        )
        nombre: int = curseur.fetchone()[0]
    return nombre
