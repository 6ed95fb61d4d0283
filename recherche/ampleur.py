"""How much a search finds, before it is read: some words are in nearly everything.

What finds more than VASTE formations, as PostgreSQL estimates it, is not read to the end: its page is read in
the order of its results, and the numbers of its filters come from a part of it drawn by lot. Nothing that is
shown as exact depends on the estimate: whether there are more than COMPTES_AU_PLUS is counted, up to there.
"""

import json
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.core.cache import cache

from edof.replique import connexion_de_lecture
from recherche.chemins import DANS_LA_BOITE, MARGE_KM, Chemin, km_de_la_commune
from recherche.criteres import conditions, source
from recherche.demande import Demande
from recherche.lieux import DEBORD_KM, boite
from recherche.sql import Sql, et

# Above it, a number is said to be more than this.
COMPTES_AU_PLUS = 10_000
# Up to so many formations, reading all of them takes a tenth of a second.
VASTE = 20_000
# What takes so many microseconds, about: an action around a place, its words looked up, an action that has
# the words, an entry of their index, the place of an action looked up.
AUTOUR, SES_MOTS, AYANT, ENTREE, SA_PLACE = 2.3, 5.0, 1.2, 0.3, 6.5
# Beside them, a commune of the square that is looked at; there are so many in a square kilometre.
COMMUNE, COMMUNES_PAR_KM2 = 6.0, 0.064
# A circle is known by so many rings, of which so many formations are a crowd.
ANNEAUX, FOULE = 16, 5_000
# How long the size of the whole catalogue is remembered.
_TOUT, SECONDES = "recherche/tout", 60


def trouvees(demande: Demande) -> Sql:
    """Return the FROM and the WHERE of what a search finds."""
    tables, si = source(demande)
    tout = et(si, *conditions(demande).values())
    return Sql(f"FROM {tables.texte} WHERE {tout.texte}", *tables.valeurs, *tout.valeurs)


def ampleur(demande: Demande) -> int:
    """Return how many formations PostgreSQL expects a search to find: it reads none to say so."""
    return int(_plan(trouvees(demande))["Plan Rows"])


def _plan(lues: Sql) -> dict[str, Any]:
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(f"EXPLAIN (FORMAT JSON) SELECT 1 {lues.texte}", lues.valeurs)
        plan: Any = curseur.fetchone()[0]
    lu: dict[str, Any] = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    return lu


def vaste(demande: Demande, au_dela: int | None = None) -> int:
    """Return how many formations a search is expected to find, or 0 when it may be read to the end.

    PostgreSQL knows nothing of rare words, and takes each for a hundredth of the whole: what is far from a
    place is left out, and a word without place must have a tenth of the catalogue.
    """
    seuil = VASTE if au_dela is None else au_dela
    if (tout := taille()) <= seuil:
        return 0
    attendues = ampleur(demande)
    return attendues if attendues > (seuil if demande.endroit else max(seuil, tout // 10)) else 0


@dataclass(frozen=True)
class Ayant:
    """How many actions are expected to have words, and how many entries of their index say so."""

    nombre: float
    entrees: float

    @property
    def part(self) -> float:
        """Return which part of all the actions it is."""
        return max(self.nombre, 1) / max(taille(), 1)

    @classmethod
    def lire(cls, mots: Sql, *, rares: bool = True) -> "Ayant":
        """Return what PostgreSQL expects of this condition on the words; they may be `rares`."""
        plan = _plan(Sql(f"FROM publication_motspublics AS m WHERE {mots.texte}", *mots.valeurs))
        nombre, entrees = plan["Plan Rows"], _entrees(plan)
        if rares and nombre < taille() * 0.03 and entrees < taille() * 0.06:
            # It knows nothing of rare words, and takes each for some hundredths of the whole.
            return cls(nombre / 10, entrees / 10)
        return cls(nombre, entrees)


def _entrees(plan: dict[str, Any]) -> int:
    ici = plan["Plan Rows"] if plan["Node Type"] == "Bitmap Index Scan" else 0
    return int(ici) + sum(map(_entrees, plan.get("Plans", ())))


class Autour:
    """How many formations are around a place, ring by ring: as many as the last night has counted."""

    def __init__(self, demande: Demande) -> None:
        km, lieu = km_de_la_commune(demande), demande.endroit
        assert lieu is not None
        self.demande = demande
        anneaux = [0] * ANNEAUX
        valeurs = [*km.valeurs, *boite(lieu, demande.rayon + MARGE_KM), demande.rayon]
        with connexion_de_lecture().cursor() as curseur:
            curseur.execute(
                f"SELECT least(floor(km / %s)::int, %s), sum(formations) FROM (SELECT {km.texte} AS km,"
                f" formations FROM recherche_densite AS c WHERE {DANS_LA_BOITE} OFFSET 0) AS c"
                " WHERE km <= %s GROUP BY 1",
                [demande.rayon / ANNEAUX, ANNEAUX - 1, *valeurs],
            )
            for anneau, nombre in curseur.fetchall():
                anneaux[anneau] = int(nombre)
        self.cumul = list(accumulate(anneaux))

    @property
    def nombre(self) -> int:
        """Return how many are in the whole circle."""
        return self.cumul[-1]

    def rayon(self, depuis: float, combien: float, au_plus: float) -> float | None:
        """Return the radius within which so many more are than at this distance.

        None when it is more than this part of the whole, or when a crowd at one place is beyond.
        """
        anneau = self.demande.rayon / ANNEAUX
        deja = self.cumul[min(int(depuis / anneau), ANNEAUX - 1)] if depuis else 0
        a_lire = deja + combien
        rang = bisect_left(self.cumul, a_lire)
        if rang >= ANNEAUX or self.cumul[rang] > min(self.nombre * au_plus, max(4 * a_lire, FOULE)):
            return None
        return anneau * (rang + 1)

    def chemin(self, ayant: Ayant | None) -> Chemin:
        """Return what is read first: what is expected to cost least."""
        if ayant is None:
            return Chemin.PLACE
        des_mots = ayant.entrees * ENTREE + ayant.nombre * AYANT
        autour = _communes(self.demande) * COMMUNE + self.nombre * AUTOUR
        couts = {
            Chemin.MOTS: des_mots + ayant.nombre * SA_PLACE,
            Chemin.PLACE: autour + self.nombre * SES_MOTS,
            Chemin.ENSEMBLE: autour + des_mots,
        }
        return min(couts, key=lambda un: couts[un])


def _communes(demande: Demande) -> float:
    """Return how many communes are looked at around the place, about."""
    return (2 * (demande.rayon + DEBORD_KM)) ** 2 * COMMUNES_PAR_KM2


def chemin(demande: Demande) -> Chemin:
    """Return what of a search is read first."""
    if demande.mots and not demande.endroit:
        return Chemin.MOTS
    if not demande.precis:
        return Chemin.PLACE
    if petit():
        tout = taille() * SA_PLACE
        return Chemin.TOUT if tout < _communes(demande) * COMMUNE else Chemin.ENSEMBLE
    if not demande.mots:
        return Chemin.PLACE
    return Autour(demande).chemin(Ayant.lire(demande.mots.condition()))


def part_des_filtres(demande: Demande) -> float:
    """Return which part of the formations is expected to answer the filters."""
    filtres = conditions(demande)
    if not filtres:
        return 1
    si = et(*filtres.values())
    plan = _plan(Sql(f"FROM publication_fichepublique AS f WHERE {si.texte}", *si.valeurs))
    return max(plan["Plan Rows"], 1) / max(taille(), 1)


def petit() -> bool:
    """Return whether the whole catalogue may be read: a search around a place then asks for no estimate."""
    return taille() <= VASTE


def taille() -> int:
    """Return about how many formations are public."""
    tout: int | None = cache.get(_TOUT)
    if tout is None:
        tout = int(_plan(Sql("FROM publication_fichepublique AS f"))["Plan Rows"])
        cache.set(_TOUT, tout, SECONDES)
    return tout


def compter_jusqu_a(demande: Demande, au_plus: int = COMPTES_AU_PLUS) -> int:
    """Return how many formations a search finds; one more than `au_plus` when there are more."""
    lues = trouvees(demande)
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(
            f"SELECT count(*) FROM (SELECT 1 {lues.texte} LIMIT %s) AS f", [*lues.valeurs, au_plus + 1]
        )
        nombre: int = curseur.fetchone()[0]
    return nombre
