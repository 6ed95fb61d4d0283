"""How many formations each value of each filter would give, in one query.

A filter is counted without itself: what ticking another of its values would give. Each action found by the
words and the place is read once, with the number of filters that it fails: it counts for a filter when it
fails no other. GROUPING SETS count by every column in that one pass.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from edof.horloge import aujourd_hui
from edof.replique import connexion_de_lecture
from recherche.ampleur import COMPTES_AU_PLUS, VASTE, ampleur, chemin, compter_jusqu_a, trouvees, vaste
from recherche.chemins import Chemin
from recherche.contenus import lire_les_noms
from recherche.criteres import CRITERES, conditions, jours, periode, source
from recherche.demande import Demande
from recherche.sql import Sql, et

# How many formations the numbers that are estimated come from.
ECHANTILLON = 8_000
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
_COLONNES = (*LISTES.values(), "accessible", "garantie AS garantie_seule", "contenu_offre_id")
# What is counted by: the columns above, the ranks of prices and durations, the months.
_GROUPES = (*LISTES.values(), "prix", "duree", "accessible", "garantie", "mois")


@dataclass
class Comptes:
    """The numbers of a search: all of it, each value, and without each filter in use."""

    total: int = 0
    # The filters whose numbers are estimated: those of a search that finds more than COMPTES_AU_PLUS.
    estimes: set[str] = field(default_factory=set)
    # How many are wholly remote, when the search has a place.
    a_distance: int = 0
    valeurs: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    # {filter: number without it}.
    sans: dict[str, int] = field(default_factory=dict)
    # What names the value in a published content: the title of a certification, the name of an organisme.
    noms: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def ecrire(self) -> dict[str, Any]:
        """Return them as JSON can hold them."""
        return {
            **vars(self),
            "estimes": [*self.estimes],
            "noms": [[*qui, contenu] for qui, contenu in self.noms.items()],
        }

    @classmethod
    def lire(cls, ecrits: dict[str, Any]) -> "Comptes":
        """Return what was written so."""
        noms = {(quoi, valeur): contenu for quoi, valeur, contenu in ecrits["noms"]}
        valeurs = defaultdict(dict, ecrits["valeurs"])
        return cls(**{**ecrits, "valeurs": valeurs, "noms": noms, "estimes": set(ecrits.get("estimes", ()))})


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
    """Return the numbers of a search.

    When its words and its place find too much to be read, each filter in use has a pass of its own.
    """
    if demande.tout or not vaste(replace(demande, filtres={})):
        return _une_passe(
            demande,
            conditions(demande),
            ailleurs=demande.endroit is not None,
            par=chemin(demande),
        )
    comptes = _un_ensemble(demande)
    for critere in conditions(demande):
        autres = {n: v for n, v in demande.filtres.items() if n not in CRITERES[critere]}
        sans = _un_ensemble(replace(demande, filtres=autres))
        comptes.sans[critere] = sans.total
        comptes.valeurs[critere] = sans.valeurs[critere]
        comptes.noms |= {(quoi, valeur): nom for (quoi, valeur), nom in sans.noms.items() if quoi == critere}
        comptes.estimes = (comptes.estimes - {critere}) | (sans.estimes & {critere})
    if demande.endroit:
        # A place and « à distance » do not go together.
        autres = {n: v for n, v in demande.filtres.items() if n != "modalite"}
        comptes.a_distance = compter_jusqu_a(
            replace(demande, endroit=None, filtres={**autres, "distance": True})
        )
    return comptes


def _un_ensemble(demande: Demande) -> Comptes:
    """Return the numbers of what a search finds, estimated when there is more than COMPTES_AU_PLUS."""
    part = None
    if (attendues := ampleur(demande)) > VASTE and compter_jusqu_a(demande) > COMPTES_AU_PLUS:
        part = min(100 * ECHANTILLON / attendues, 50.0)
    comptes = _une_passe(demande, {}, conditions(demande).values(), part)
    if part is not None:
        comptes.valeurs = defaultdict(dict, {
            nom: {valeur: _arrondir(nombre * 100 / part) for valeur, nombre in valeurs.items()}
            for nom, valeurs in comptes.valeurs.items()
        })  # fmt: skip
        comptes.total = max(_arrondir(comptes.total * 100 / part), COMPTES_AU_PLUS + 1)
        comptes.estimes = set(comptes.valeurs)
    return comptes


def _arrondir(nombre: float) -> int:
    """Return a number that was estimated, with the two figures that mean something."""
    unite = 10 ** max(len(str(round(nombre))) - 2, 0)
    return round(nombre / unite) * unite


def _une_passe(
    demande: Demande,
    actives: dict[str, Sql],
    toujours: Iterable[Sql] = (),
    part: float | None = None,
    *,
    ailleurs: bool = False,
    par: Chemin | None = None,
) -> Comptes:
    """Return the numbers of a search: `actives` are counted with and without, `toujours` are asked of all.

    `ailleurs`: and how many are wholly remote.
    """
    tables, si = source(demande, part=part, chemin=par)
    sql = _requete(demande, actives, tables, et(si, *toujours), ailleurs=ailleurs)
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
    noms = lire_les_noms(set(a_nommer.values()))
    comptes.noms = {(quoi, valeur): {quoi: noms[cle][quoi]} for (quoi, valeur), cle in a_nommer.items()}
    return comptes


def seulement_le_total(demande: Demande) -> int:
    """Return how many formations a search finds."""
    lues = trouvees(demande)
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(f"SELECT count(*) {lues.texte}", lues.valeurs)
        return curseur.fetchone()[0]


def _requete(
    demande: Demande,
    actives: dict[str, Sql],
    tables: Sql,
    si: Sql,
    *,
    ailleurs: bool,
) -> Sql:
    """Return the query: the candidates are read once, and counted by each column at the same time."""
    manques = "".join(f", NOT coalesce({c.texte}, false) AS sans_{nom}" for nom, c in actives.items())
    echecs = " + ".join(["0", *(f"sans_{nom}::int" for nom in actives)])
    garantie, debuts = _garantie(demande), _mois(demande)
    lues = ", ".join(f"f.{colonne}" for colonne in _COLONNES)
    groupes = ", ".join(f"({colonne})" for colonne in _GROUPES)
    nombres = ", ".join(f"count(*) FILTER (WHERE {si_}) AS {nom}" for nom, si_ in _nombres(actives).items())
    morceaux = [*_comptes(actives)]
    if ailleurs:
        morceaux.append(_a_distance(demande, actives))
    return Sql(
        f"WITH g AS MATERIALIZED (SELECT GROUPING({', '.join(_GROUPES)}) AS quoi, {', '.join(_GROUPES)},"
        f" {nombres}, min(contenu_offre_id) AS contenu FROM (SELECT *, {echecs} AS echecs"
        f" FROM (SELECT {lues},"
        f" {_rang('prix', PRIX)}, {_rang('duree', DUREES)}, {garantie.texte} AS garantie,"
        f" {debuts.texte} AS mois{manques} FROM {tables.texte} WHERE {si.texte}) AS lues) AS f"
        f" GROUP BY GROUPING SETS ((), {groupes})) {' UNION ALL '.join(m.texte for m in morceaux)}",
        *garantie.valeurs, *debuts.valeurs, *(v for c in actives.values() for v in c.valeurs),
        *tables.valeurs, *si.valeurs, *(v for m in morceaux for v in m.valeurs),
    )  # fmt: skip


def _rang(colonne: str, bornes: tuple[int, ...]) -> str:
    """Return the rank of the first of these bounds that a price or a duration does not exceed."""
    cas = " ".join(f"WHEN f.{colonne} <= {borne} THEN {rang}" for rang, borne in enumerate(bornes))
    return f"CASE {cas} ELSE {len(bornes)} END AS {colonne}"


def _garantie(demande: Demande) -> Sql:
    """Return whether a guaranteed session begins in the period, or at all."""
    quand = periode(demande.filtres)
    return Sql(f"f.debuts_garantis && {quand.texte}", *quand.valeurs) if quand else Sql("f.garantie")


def _mois(demande: Demande) -> Sql:
    """Return the months in which sessions begin, a bit for each.

    With « garantie », the session that begins in the month is the one that is guaranteed.
    """
    debut = f"{jours(demande.filtres)} && daterange(%s::date, %s::date, '[]')"
    return Sql(
        " + ".join(f"CASE WHEN {debut} THEN {1 << rang} ELSE 0 END" for rang in range(MOIS)),
        *(jour for un in mois() for jour in (un.du, un.au)),
    )


def _nombres(actives: dict[str, Sql]) -> dict[str, str]:
    """Return the numbers of a group, by name: of what fails no filter, and of what fails one at most."""

    def sauf(*noms: str) -> str:
        return " - ".join(["echecs", *(f"sans_{nom}::int" for nom in noms if nom in actives)]) + " = 0"

    # The start and the guarantee are asked of the same session.
    debut = f"{sauf('debut', 'garantie')} AND garantie_seule" if "garantie" in actives else sauf("debut")
    return {"n": sauf(), **{f"n_{nom}": sauf(nom) for nom in actives}, "n_debuts": debut}


def _comptes(actives: dict[str, Sql]) -> Iterator[Sql]:
    """Yield the queries that read the groups, each counted without its own filter."""
    toutes = (1 << len(_GROUPES)) - 1

    def groupe(colonne: str) -> str:
        return f"quoi = {toutes - (1 << len(_GROUPES) - 1 - _GROUPES.index(colonne))}"

    def nombre(nom: str) -> str:
        return f"n_{nom}" if nom in actives else "n"

    yield Sql(f"SELECT 'total' AS quoi, '' AS valeur, n AS nombre, NULL::bigint FROM g WHERE quoi = {toutes}")
    for nom in actives:
        # Without a period, « garantie » is asked of any session.
        n = "n_debuts" if nom == "debut" else f"n_{nom}"
        yield Sql(f"SELECT 'sans', '{nom}', {n}, NULL FROM g WHERE quoi = {toutes}")
    for nom, colonne in LISTES.items():
        valeur, table, n = colonne, "g", nombre(nom)
        if nom == "rythme":
            valeur, table, n = "rythme", "g, unnest(rythmes) AS rythme", f"sum({n})::bigint"
        contenu = "contenu" if nom in {"certification", "organisme"} else "NULL::bigint"
        yield Sql(
            f"(SELECT '{nom}', {valeur}::text, {n}, {contenu} FROM {table} WHERE {groupe(colonne)} AND"
            f" {nombre(nom)} > 0 AND {valeur}::text <> ''{' GROUP BY 2' if nom == 'rythme' else ''}"
            f" ORDER BY 3 DESC, 2 LIMIT {VALEURS_AU_PLUS})"
        )
    for colonne, bornes in (("prix", PRIX), ("duree", DUREES)):
        seuils = ", ".join(f"({borne}, {rang})" for rang, borne in enumerate(bornes))
        n = nombre(colonne)
        yield Sql(
            f"SELECT '{colonne}', s.borne::text, coalesce(sum({n}) FILTER (WHERE {colonne} <= s.rang), 0)"
            f"::bigint, NULL FROM g, (VALUES {seuils}) AS s (borne, rang) WHERE {groupe(colonne)} GROUP BY 2"
        )
        yield Sql(f"SELECT '{colonne}', '', {n}, NULL FROM g WHERE quoi = {toutes}")
    for nom in ("accessible", "garantie"):
        vrai = f"{groupe(nom)} AND {nom}"
        yield Sql(f"SELECT '{nom}', '1', coalesce(sum({nombre(nom)}), 0)::bigint, NULL FROM g WHERE {vrai}")
    yield Sql(f"SELECT 'debut', '', n_debuts, NULL FROM g WHERE quoi = {toutes}")
    for rang, un in enumerate(mois()):
        yield Sql(
            f"SELECT 'debut', '{un.valeur}', sum(n_debuts)::bigint, NULL FROM g"
            f" WHERE {groupe('mois')} AND mois & {1 << rang} <> 0 HAVING sum(n_debuts) > 0"
        )


def _a_distance(demande: Demande, actives: dict[str, Sql]) -> Sql:
    """Return how many are wholly remote, and answer all but the place."""
    tables, si = source(demande, place=False)
    autres = et(*(c for nom, c in actives.items() if nom != "modalite"))
    return Sql(
        f"SELECT 'a_distance', '', count(*), NULL FROM {tables.texte}"
        f" WHERE {si.texte} AND {autres.texte} AND f.modalite = 'a_distance'",
        *tables.valeurs, *si.valeurs, *autres.valeurs,
    )  # fmt: skip
