"""How many formations each value of each filter would give, in one query.

A filter is counted without itself: what ticking another of its values would give. Each action found by the
words and the place is read once, with the number of filters that it fails: it counts for a filter when it
fails no other.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from edof.horloge import aujourd_hui
from edof.replique import connexion_de_lecture
from publication.models import Contenu
from recherche.criteres import conditions, jours, periode, source
from recherche.demande import Demande
from recherche.sql import Sql, et

# Above it, a number is said to be more than this.
COMPTES_AU_PLUS = 10_000
MOIS = 5
PRIX, DUREES = (1_000, 2_500, 5_000), (35, 150, 600)
# The filters that have a list of values, and the column that has the value.
LISTES = {
    "modalite": "modalite",
    "entrees": "entrees",
    "type": "type_offre",
    "certification": "certification",
    "niveau": "niveau",
    "langue": "langue",
    "rythme": "rythmes",
    "organisme": "organisme_id",
}
VALEURS_AU_PLUS = 30
_COLONNES = (
    "modalite", "entrees", "type_offre", "certification", "niveau", "langue", "rythmes", "organisme_id",
    "prix", "duree", "garantie", "accessible", "debuts", "debuts_garantis", "contenu_offre_id",
)  # fmt: skip


@dataclass
class Comptes:
    """The numbers of a search: all of it, each value, and without each filter in use."""

    total: int = 0
    # How many are wholly remote, when the search has a place.
    a_distance: int = 0
    valeurs: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    # {filter: number without it}.
    sans: dict[str, int] = field(default_factory=dict)
    # What names the value in a published content: the title of a certification, the name of an organisme.
    noms: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def ecrire(self) -> dict[str, Any]:
        """Return them as JSON can hold them."""
        return {**vars(self), "noms": [[*qui, contenu] for qui, contenu in self.noms.items()]}

    @classmethod
    def lire(cls, ecrits: dict[str, Any]) -> "Comptes":
        """Return what was written so."""
        noms = {(quoi, valeur): contenu for quoi, valeur, contenu in ecrits["noms"]}
        return cls(**{**ecrits, "valeurs": defaultdict(dict, ecrits["valeurs"]), "noms": noms})


@dataclass(frozen=True)
class Mois:
    """A month in which sessions may begin; the first one is what is left of the present one."""

    du: dt.date
    au: dt.date

    @property
    def valeur(self) -> str:
        """Return « 2027-03 »."""
        return f"{self.du:%Y-%m}"


def mois() -> list[Mois]:
    """Return what is left of this month, and the next ones."""
    du, lus = aujourd_hui() + dt.timedelta(1), []
    for _ in range(MOIS):
        suivant = (du.replace(day=1) + dt.timedelta(32)).replace(day=1)
        lus.append(Mois(du, suivant - dt.timedelta(1)))
        du = suivant
    return lus


def compter(demande: Demande) -> Comptes:
    """Return the numbers of a search."""
    sql = _requete(demande)
    comptes = Comptes()
    a_nommer = {}
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(sql.texte, sql.valeurs)
        for quoi, valeur, nombre, contenu in curseur.fetchall():
            if quoi == "total":
                comptes.total = nombre
            elif quoi == "a_distance":
                comptes.a_distance = nombre
            elif quoi == "sans":
                comptes.sans[valeur] = nombre
            else:
                comptes.valeurs[quoi][valeur] = nombre
                if contenu is not None:
                    a_nommer[quoi, valeur] = contenu
    contenus = Contenu.objects.in_bulk(set(a_nommer.values()))
    comptes.noms = {
        (quoi, valeur): {quoi: contenus[cle].contenu[quoi]} for (quoi, valeur), cle in a_nommer.items()
    }
    return comptes


def seulement_le_total(demande: Demande) -> int:
    """Return how many formations a search finds."""
    tables, si = source(demande)
    filtres = et(*conditions(demande).values())
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(
            f"SELECT count(*) FROM {tables.texte} WHERE {si.texte} AND {filtres.texte}",
            [*tables.valeurs, *si.valeurs, *filtres.valeurs],
        )
        return curseur.fetchone()[0]


def _requete(demande: Demande) -> Sql:
    tables, si = source(demande)
    actives = conditions(demande)
    manques = "".join(f", NOT coalesce({c.texte}, false) AS sans_{nom}" for nom, c in actives.items())
    echecs = " + ".join(["0", *(f"sans_{nom}::int" for nom in actives)])
    colonnes = ", ".join(f"f.{colonne}" for colonne in _COLONNES)
    candidates = (
        f"WITH f AS MATERIALIZED (SELECT *, {echecs} AS echecs FROM (SELECT {colonnes}{manques}"
        f" FROM {tables.texte} WHERE {si.texte}) AS lues)"
    )
    valeurs = [*(v for c in actives.values() for v in c.valeurs), *tables.valeurs, *si.valeurs]
    morceaux = [*_comptes(demande, actives)]
    if demande.endroit and "distance" not in actives:
        morceaux.append(_a_distance(demande, actives))
    return Sql(
        f"{candidates} {' UNION ALL '.join(m.texte for m in morceaux)}",
        *valeurs,
        *(v for m in morceaux for v in m.valeurs),
    )


def _comptes(demande: Demande, actives: dict[str, Sql]) -> list[Sql]:
    def sauf(*noms: str) -> str:
        """Return the condition that an action fails no filter but these."""
        return " - ".join(["echecs", *(f"sans_{nom}::int" for nom in noms if nom in actives)]) + " = 0"

    lus = demande.filtres
    rendus = [
        Sql(f"SELECT 'total' AS quoi, '' AS valeur, count(*) AS nombre, NULL::bigint FROM f WHERE {sauf()}")
    ]
    rendus += [Sql(f"SELECT 'sans', '{nom}', count(*), NULL FROM f WHERE {sauf(nom)}") for nom in actives]
    for nom, colonne in LISTES.items():
        valeur, table = (colonne, "f") if nom != "rythme" else ("rythme", "f, unnest(f.rythmes) AS rythme")
        contenu = "min(contenu_offre_id)" if nom in {"certification", "organisme"} else "NULL::bigint"
        rendus.append(
            Sql(
                f"(SELECT '{nom}', {valeur}::text, count(*), {contenu} FROM {table} WHERE {sauf(nom)} AND"
                f" {valeur}::text <> '' GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT {VALEURS_AU_PLUS})"
            )
        )
    for nom, bornes in (("prix", PRIX), ("duree", DUREES)):
        seuils = ", ".join(f"({n})" for n in bornes)
        rendus.append(
            Sql(
                f"SELECT '{nom}', s.n::text, count(*) FILTER (WHERE f.{nom} <= s.n), NULL"
                f" FROM f, (VALUES {seuils}) AS s (n) WHERE {sauf(nom)} GROUP BY 2"
            )
        )
        rendus.append(Sql(f"SELECT '{nom}', '', count(*), NULL FROM f WHERE {sauf(nom)}"))
    accessibles = f"{sauf('accessible')} AND accessible"
    rendus.append(Sql(f"SELECT 'accessible', '1', count(*), NULL FROM f WHERE {accessibles}"))
    quand = periode(lus)
    garantie = Sql(f"debuts_garantis && {quand.texte}", *quand.valeurs) if quand else Sql("garantie")
    rendus.append(
        Sql(
            f"SELECT 'garantie', '1', count(*), NULL FROM f WHERE {sauf('garantie')} AND {garantie.texte}",
            *garantie.valeurs,
        )
    )
    # With « garantie », the session that begins in the month is the one that is guaranteed.
    ensemble = ("debut", "garantie") if "garantie" in actives else ("debut",)
    toutes = "garantie" if "garantie" in actives else "true"
    rendus.append(Sql(f"SELECT 'debut', '', count(*), NULL FROM f WHERE {sauf(*ensemble)} AND {toutes}"))
    periodes = mois()
    rendus.append(
        Sql(
            f"SELECT 'debut', s.valeur, count(*), NULL FROM f, (VALUES"
            f" {', '.join(['(%s, daterange(%s::date, %s::date, $$[]$$))'] * len(periodes))})"
            " AS s (valeur, jours)"
            f" WHERE {sauf(*ensemble)} AND {jours(lus)} && s.jours GROUP BY 2",
            *(v for m in periodes for v in (m.valeur, m.du, m.au)),
        )
    )
    return rendus


def _a_distance(demande: Demande, actives: dict[str, Sql]) -> Sql:
    """Return how many are wholly remote, and answer all but the place."""
    tables, si = source(demande, place=False)
    autres = et(*(c for nom, c in actives.items() if nom != "modalite"))
    return Sql(
        f"SELECT 'a_distance', '', count(*), NULL FROM {tables.texte}"
        f" WHERE {si.texte} AND {autres.texte} AND f.modalite = 'a_distance'",
        *tables.valeurs, *si.valeurs, *autres.valeurs,
    )  # fmt: skip
