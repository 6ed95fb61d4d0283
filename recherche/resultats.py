"""The formations that a search finds, page by page.

A page begins after the last formation of the page before, in the order of the search: the two hundredth costs
what the first does. At the same rank, the order is that of a hash of the action and of the day: neutral, the
same all day, another one tomorrow.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from edof.gardees import Donnee, Gardee, parmi
from edof.horloge import aujourd_hui
from edof.replique import connexion_de_lecture
from publication.coordonnees import ou
from publication.models import Parution
from publication.models.fiches import APRES, ORDRES, ORIGINE
from publication.visibilite import publiques
from recherche.ampleur import est_vaste
from recherche.contenus import lire_les_contenus
from recherche.criteres import PLACE_CONNUE, conditions, jours, km, periode, source
from recherche.demande import Curseur, Demande
from recherche.mots import BANDES
from recherche.sql import Sql, et

PAR_PAGE = 20
# Among how many actions that begin first the first rows of a band are looked for.
FENETRE = 5_000
Ligne = tuple[Any, ...]


@dataclass(frozen=True)
class Trouvee:
    """A formation of the page: its row, what is shown of it, and its sessions that answer the search."""

    action: int
    contenu_offre: int
    contenu_action: int
    km: float | None
    environ: bool
    sessions: list[dict[str, Any]] = field(default_factory=list)
    offre: dict[str, Any] = field(default_factory=dict)
    contenu: dict[str, Any] = field(default_factory=dict)

    @property
    def ville(self) -> str:
        """Return the town, or « À distance »."""
        return ou(self.contenu)


@dataclass(frozen=True)
class Page:
    """A page of results, and the cursor of the next one."""

    trouvees: list[Trouvee]
    suivante: str = ""


def chercher(demande: Demande, par_page: int = PAR_PAGE) -> Page:
    """Return the page that the search asks for: one query, however deep, and two for what is shown.

    What nearly everything answers is read band by band.
    """
    saut = (demande.page - 1) * par_page
    if _se_lit_par_bandes(demande):
        lignes = _par_bandes(demande, saut + par_page + 1)[saut:]
    else:
        lignes = _lire(demande, par_page + 1, saut=saut)
    suivante = ""
    if len(lignes) > par_page:
        action, *_, b, v, h = lignes[par_page - 1]
        suivante = Curseur(demande.tri, demande.jour, b, v, h, action).ecrire()
    trouvees = [Trouvee(*ligne[:5]) for ligne in lignes[:par_page]]
    return Page(_montrer(trouvees, demande), suivante)


def _se_lit_par_bandes(demande: Demande) -> bool:
    """Tell whether a search is sorted by bands, then by a date of which there is an index, and is vast."""
    return bool(
        demande.tri == "pertinence"
        and demande.mots
        and demande.mots.termes
        and not demande.endroit
        and periode(demande.filtres) is None
        and est_vaste(demande)
    )


def _par_bandes(demande: Demande, combien: int) -> list[Ligne]:
    """Return the first rows of a search, each band in its turn, until there are enough."""
    lignes: list[Ligne] = []
    for bande in _bandes(demande):
        lignes += _d_une_bande(demande, bande, combien - len(lignes))
        if len(lignes) >= combien:
            break
    return lignes


def _bandes(demande: Demande) -> Iterator[int]:
    """Yield the bands that are left to read; without those of the titles when no title has the words."""
    assert demande.mots is not None
    derniere, premiere = len(BANDES), demande.curseur.bande if demande.curseur else 0
    if premiere == 0:
        yield 0
    if premiere < derniere:
        entete = demande.mots.entete()
        with connexion_de_lecture().cursor() as curseur:
            curseur.execute(
                f"SELECT EXISTS (SELECT FROM publication_motspublics AS m WHERE {entete.texte})",
                entete.valeurs,
            )
            if curseur.fetchone()[0]:
                yield from range(max(premiere, 1), derniere)
    yield derniere


def _d_une_bande(demande: Demande, bande: int, combien: int) -> list[Ligne]:
    """Return the first rows of a band.

    They are looked for among the actions that begin first: what most actions answer, many of these do. If
    there are too few, all the actions of the band are found by their words.
    """
    curseur = demande.curseur if demande.curseur and demande.curseur.bande == bande else None
    demande = replace(demande, curseur=curseur)
    if bande and (jusqu_a := _premieres(curseur.valeur if curseur else 0.0)):
        lignes = _lire(demande, combien, bande=bande, jusqu_a=jusqu_a)
        if len(lignes) >= combien:
            return lignes
    return _lire(demande, combien, bande=bande)


def _premieres(depuis: float) -> float | None:
    """Return the day before which FENETRE actions begin from this one on; None when there are fewer."""
    ordre = ORDRES["date"].format("f.")
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(
            f"SELECT {ordre} FROM publication_fichepublique AS f WHERE {ordre} >= %s ORDER BY 1"
            " OFFSET %s LIMIT 1",
            [depuis, FENETRE],
        )
        ligne = curseur.fetchone()
    return ligne[0] if ligne else None


def _lire(
    demande: Demande,
    combien: int,
    *,
    saut: int = 0,
    bande: int | None = None,
    jusqu_a: float | None = None,
) -> list[Ligne]:
    """Return the first rows of a search; or of one band of it, up to a day or whole."""
    rang, valeur = _rang(demande)
    si = list(conditions(demande).values())
    if bande is None:
        tables, lues = source(demande)
    else:
        tables, lues = _de_la_bande(demande, bande, a_part=jusqu_a is None)
        rang = Sql(str(bande))
    si.append(lues)
    if jusqu_a is not None:
        # Of what begins later, nothing has a smaller value: that of a guaranteed session is greater.
        si += [Sql(f"{o} < %s", *v, jusqu_a) for o, v in ((ORDRES["date"].format("f."), ()),
                                                         (valeur.texte, valeur.valeurs))]  # fmt: skip
    apres = demande.curseur
    if apres and not rang.valeurs and not demande.precis:
        # Where to begin in the index of the order.
        si.append(Sql(f"{valeur.texte} >= %s", *valeur.valeurs, apres.valeur))
    hasard = Sql("hashint8extended(f.action_id, %s)", (demande.jour - ORIGINE).days)
    loin = km(demande) if demande.precis else Sql("NULL::float8")
    environ = f"NOT {PLACE_CONNUE}" if demande.precis else "false"
    filtres = et(*si)
    sql = (
        f"SELECT * FROM (SELECT f.action_id, f.contenu_offre_id, f.contenu_action_id, {loin.texte} AS km,"
        f" {environ} AS environ, {rang.texte} AS bande, {valeur.texte} AS valeur, {hasard.texte} AS hasard"
        f" FROM {tables.texte} WHERE {filtres.texte}) AS r"
    )
    valeurs = [
        *loin.valeurs, *rang.valeurs, *valeur.valeurs, *hasard.valeurs, *tables.valeurs, *filtres.valeurs,
    ]  # fmt: skip
    if apres:
        sql += " WHERE (bande, valeur, hasard, action_id) > (%s, %s, %s, %s)"
        valeurs += [apres.bande, apres.valeur, apres.hasard, apres.action]
    sql += " ORDER BY bande, valeur, hasard, action_id LIMIT %s OFFSET %s"
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(sql, [*valeurs, combien, saut])
        lignes: list[Ligne] = curseur.fetchall()
    return lignes


def _de_la_bande(demande: Demande, bande: int, *, a_part: bool) -> tuple[Sql, Sql]:
    """Return the tables and the condition of one band of a search.

    `a_part`: the actions that have the words are found first. PostgreSQL counts on the words wherever they
    are, and would look for those of a title among all the actions.
    """
    assert demande.mots is not None
    tables, si = source(replace(demande, mots=None))
    mots = demande.mots.de_la_bande(bande)
    lues = "publication_motspublics AS m"
    if a_part:
        lues = f"(SELECT m.action_id FROM {lues} WHERE {mots.texte} OFFSET 0) AS m"
    jointes = Sql(f"{tables.texte} JOIN {lues} USING (action_id)", *tables.valeurs)
    if a_part:
        return Sql(jointes.texte, *jointes.valeurs, *mots.valeurs), si
    return jointes, et(si, mots)


def _rang(demande: Demande) -> tuple[Sql, Sql]:
    """Return the band and the value by which the results are sorted, both ascending and never null."""
    sans = Sql("0")
    if demande.tri == "prix":
        return sans, Sql(ORDRES["prix"].format("f."))
    if demande.tri == "duree":
        return sans, Sql(ORDRES["duree"].format("f."))
    quand = _prochaine(demande)
    if demande.tri == "date":
        return sans, quand
    proche = Sql(f"({km(demande).texte})::float8", *km(demande).valeurs) if demande.precis else quand
    if demande.tri == "distance":
        return sans, proche
    return demande.mots.bande() if demande.mots else sans, proche


def _prochaine(demande: Demande) -> Sql:
    """Return the days until the next start that answers the search."""
    debut = None
    if quand := periode(demande.filtres):
        debut = Sql(
            f"lower({jours(demande.filtres)} * datemultirange({quand.texte}))", *quand.valeurs
        )  # fmt: skip
    elif "garantie" in demande.filtres:
        debut = Sql("lower(f.debuts_garantis)")
    if debut is None:
        return Sql(ORDRES["date"].format("f."))
    return Sql(f"coalesce({debut.texte} - DATE '{ORIGINE}', {APRES})::float8", *debut.valeurs)


def _montrer(trouvees: list[Trouvee], demande: Demande) -> list[Trouvee]:
    """Return the same formations with their contents and their sessions, in two queries."""
    cles = {cle for t in trouvees for cle in (t.contenu_offre, t.contenu_action)}
    contenus = lire_les_contenus(cles)
    sessions: dict[int, list[dict[str, Any]]] = {}
    for action, contenu in _sessions([t.action for t in trouvees], demande.filtres):
        sessions.setdefault(action, []).append(contenu)
    return [
        replace(
            trouvee,
            offre=contenus[trouvee.contenu_offre],
            contenu=contenus[trouvee.contenu_action],
            sessions=sessions.get(trouvee.action, []),
        )
        for trouvee in trouvees
    ]


def _sessions(actions: list[int], lus: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the sessions of these actions that answer the search, in the order of their dates."""
    bornes = {nom: lus[nom] for nom in ("du", "au") if nom in lus}
    lecture = _lecture(aujourd_hui(), connexion_de_lecture().alias, frozenset(bornes), "garantie" in lus)
    return lecture.lignes(actions=actions, **bornes)


# Some days, as `visibilite` keeps its own; each with or without each end of the period, and the guarantee.
@lru_cache(maxsize=64)
def _lecture(jour: dt.date, base: str, bornes: frozenset[str], garantie: bool) -> Gardee[Parution]:
    """Return the query that reads the sessions of `actions` on `jour`; call it on that day."""
    parutions = publiques().using(base).filter(parmi("action", "actions"))
    if "du" in bornes:
        parutions = parutions.filter(date_debut__gte=Donnee("du"))
    if "au" in bornes:
        parutions = parutions.filter(date_debut__lte=Donnee("au"))
    if garantie:
        parutions = parutions.filter(contenu__garantie=True)
    return Gardee(parutions.order_by("date_debut", "session_id").values_list("action_id", "contenu"))
