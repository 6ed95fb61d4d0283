"""The formations that a search finds, page by page.

A page begins after the last formation of the page before, in the order of the search: the two hundredth costs
what the first does. At the same rank, the order is that of a hash of the action and of the day: neutral, the
same all day, another one tomorrow.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from edof.replique import connexion_de_lecture
from publication.coordonnees import ou
from publication.models.fiches import APRES, ORDRES, ORIGINE
from recherche.ampleur import mots_d_abord, vaste
from recherche.contenus import lire_les_contenus, lire_les_sessions
from recherche.criteres import PLACE_CONNUE, conditions, jours, km, periode, source
from recherche.demande import Curseur, Demande
from recherche.mots import BANDES
from recherche.sql import Sql, et

PAR_PAGE = 20
# Among how many actions that the order begins with the first rows are looked for, and then among how many.
FENETRES: tuple[int, ...] = (500, 5_000)
# Around a place, each action is found by its commune, and its distance is counted: that takes longer. Those
# of the communes beyond are looked at too, so that a small circle costs little less than a middle one.
FENETRES_AUTOUR: tuple[int, ...] = (1_500,)
VASTE_AUTOUR = 10_000
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

    Of what nearly everything answers, the first rows are looked for among those that the order begins with.
    """
    saut, attendues = (demande.page - 1) * par_page, 0
    if _ordre(demande) and (demande.mots or demande.endroit):
        attendues = vaste(demande, VASTE_AUTOUR if demande.endroit else None)
    if attendues:
        lignes = _premieres(demande, saut + par_page + 1, attendues)[saut:]
    else:
        lignes = _lire(demande, par_page + 1, saut=saut, par_les_mots=mots_d_abord(demande))
    suivante = ""
    if len(lignes) > par_page:
        action, *_, b, v, h = lignes[par_page - 1]
        suivante = Curseur(demande.tri, demande.jour, b, v, h, action).ecrire()
    trouvees = [Trouvee(*ligne[:5]) for ligne in lignes[:par_page]]
    return Page(_montrer(trouvees, demande), suivante)


def _ordre(demande: Demande) -> str | None:
    """Return what the results follow inside a band: an order that has an index, the distance, or neither."""
    if demande.tri in {"prix", "duree"}:
        return demande.tri
    if demande.precis and demande.tri != "date":
        return "distance"
    return "date" if periode(demande.filtres) is None else None


def _premieres(demande: Demande, combien: int, attendues: int) -> list[Ligne]:
    """Return the first rows of a search, each band in its turn, until there are enough."""
    lignes: list[Ligne] = []
    for bande in _bandes(demande):
        ici, manque = demande, combien - len(lignes)
        if bande is not None and demande.curseur and demande.curseur.bande != bande:
            ici = replace(demande, curseur=None)
        lues = _debut(ici, manque, bande, attendues)
        if lues is None and demande.endroit and bande in (None, len(BANDES)):
            # Few have it in a title; what has it anywhere is found around the place, once for all the bands.
            return _lire(demande, combien)
        lignes += _lire(ici, manque, bande=bande, a_part=True) if lues is None else lues
        if len(lignes) >= combien:
            break
    return lignes


def _bandes(demande: Demande) -> Iterator[int | None]:
    """Yield the bands that are left to read and have something; None when the order has no band."""
    if demande.tri != "pertinence" or not demande.mots or not demande.mots.termes:
        yield None
        return
    premiere = demande.curseur.bande if demande.curseur else 0
    exact, entete = demande.mots.exact(), demande.mots.entete()
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(
            f"SELECT EXISTS (SELECT FROM publication_motspublics AS m WHERE {exact.texte}),"
            f" EXISTS (SELECT FROM publication_motspublics AS m WHERE {entete.texte})",
            [*exact.valeurs, *entete.valeurs],
        )
        a_un_exact, a_un_titre = curseur.fetchone()
    for bande in range(premiere, len(BANDES) + 1):
        if a_un_exact if bande == 0 else a_un_titre or bande == len(BANDES):
            yield bande


def _debut(demande: Demande, combien: int, bande: int | None, attendues: int) -> list[Ligne] | None:
    """Return the first rows of a band found among the first actions of the order; None if too few."""
    apres = demande.curseur.valeur if demande.curseur else 0.0
    autour = _ordre(demande) == "distance"
    fenetres = FENETRES_AUTOUR if autour else FENETRES
    # Of what has the exact code, or several words in its title, there is little: their index finds it.
    if bande == 0 or (autour and bande and demande.mots and len(demande.mots.termes) > 1):
        fenetres = ()
    for fenetre in fenetres:
        if autour:
            rayon = math.sqrt(apres**2 + demande.rayon**2 * fenetre / attendues)
            if rayon > demande.rayon * 0.7:
                break
            lignes = _lire(replace(demande, rayon=rayon), combien, bande=bande)
        elif (jusqu_a := _limite(demande, apres, fenetre)) is not None:
            lignes = _lire(demande, combien, bande=bande, jusqu_a=jusqu_a)
        else:
            break
        if len(lignes) >= combien:
            return lignes
    return None


def _limite(demande: Demande, depuis: float, fenetre: int) -> float | None:
    """Return the value that so many actions do not reach, from this one on; None when there are fewer."""
    ordre = ORDRES[str(_ordre(demande))].format("f.")
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(
            f"SELECT {ordre} FROM publication_fichepublique AS f WHERE {ordre} >= %s ORDER BY 1"
            " OFFSET %s LIMIT 1",
            [depuis, fenetre],
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
    a_part: bool = False,
    par_les_mots: bool = False,
) -> list[Ligne]:
    """Return the first rows of a search; or of one band of it, below a value of the order or whole."""
    rang, valeur = _rang(demande)
    si = list(conditions(demande).values())
    if bande is None:
        tables, lues = source(demande, mots_d_abord=par_les_mots)
    else:
        tables, lues = _de_la_bande(demande, bande, a_part=a_part)
        rang = Sql(str(bande))
    si.append(lues)
    if jusqu_a is not None:
        # What is beyond in the index has no smaller value: a guaranteed session begins as late or later.
        ordre = ORDRES[str(_ordre(demande))].format("f.")
        si += [Sql(f"{ordre} < %s", jusqu_a), Sql(f"{valeur.texte} < %s", *valeur.valeurs, jusqu_a)]
    apres = demande.curseur
    if apres and not rang.valeurs and not demande.precis:
        # Where to begin in the index of the order.
        si.append(Sql(f"{valeur.texte} >= %s", *valeur.valeurs, apres.valeur))
    hasard = Sql("hashint8extended(f.action_id, %s)", (demande.jour - ORIGINE).days)
    loin = km(demande) if demande.precis else Sql("NULL::float8")
    environ = f"NOT {PLACE_CONNUE}" if demande.precis else "false"
    filtres = et(*si)
    # Few have the words, here: PostgreSQL, which may think otherwise, is not to look for them in the order.
    fin = " OFFSET 0" if jusqu_a is None and (demande.mots or demande.endroit) else ""
    sql = (
        f"SELECT * FROM (SELECT f.action_id, f.contenu_offre_id, f.contenu_action_id, {loin.texte} AS km,"
        f" {environ} AS environ, {rang.texte} AS bande, {valeur.texte} AS valeur, {hasard.texte} AS hasard"
        f" FROM {tables.texte} WHERE {filtres.texte}{fin}) AS r"
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
    if a_part and demande.precis:
        return source(demande, mots_d_abord=True)[0], et(si, mots)
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
    for action, contenu in lire_les_sessions([t.action for t in trouvees], demande.filtres):
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
