"""The rows of the formations that a search finds, in its order: one statement.

At the same rank, the order is that of a hash of the action and of the day: neutral, the same all day, another
one tomorrow.
"""

from dataclasses import replace
from typing import Any

from edof.replique import connexion_de_lecture
from publication.models.fiches import APRES, ORDRES, ORIGINE
from recherche.chemins import Chemin
from recherche.criteres import conditions, jours, periode, source
from recherche.demande import Demande
from recherche.sql import Sql, et

Ligne = tuple[Any, ...]


def ordre(demande: Demande) -> str | None:
    """Return what the results follow inside a band: an order that has an index, the distance, or neither."""
    if demande.tri in {"prix", "duree"}:
        return demande.tri
    if demande.precis and demande.tri != "date":
        return "distance"
    return "date" if periode(demande.filtres) is None else None


def lire(
    demande: Demande,
    combien: int,
    *,
    bande: int | None = None,
    jusqu_a: float | None = None,
    a_part: bool = False,
    mots: Sql | None = None,
    chemin: Chemin = Chemin.PLACE,
) -> list[Ligne]:
    """Return the first rows of a search; or of one band of it, or of what has these words, or of the first.

    `jusqu_a` is a value of the order, above which nothing is read. `a_part`: the actions that have the
    words are found first. PostgreSQL counts on the words wherever they are, and would look for those of a
    title among all the actions.
    """
    rang, valeur = _rang(demande)
    si = list(conditions(demande).values())
    if bande is not None and demande.mots:
        mots, rang = demande.mots.de_la_bande(bande), Sql(str(bande))
    debut = None
    if jusqu_a is not None:
        # What is beyond in the index has no smaller value: a guaranteed session begins as late or later. Many
        # share a day: all that begins with it is read. Not all that has no price.
        signe = "<" if jusqu_a >= float(APRES) else "<="
        debut = Sql(f"{ORDRES[str(ordre(demande))].format('f.')} {signe} %s", jusqu_a)
        si.append(Sql(f"{valeur.texte} {signe} %s", *valeur.valeurs, jusqu_a))
    apres = demande.curseur
    if apres and not rang.valeurs and not demande.precis:
        # Where to begin in the index of the order.
        si.append(Sql(f"{valeur.texte} >= %s", *valeur.valeurs, apres.valeur))
    if a_part and mots:
        tables, lues = source(replace(demande, mots=None), debut=debut)
        ayant = f"(SELECT m.action_id FROM publication_motspublics AS m WHERE {mots.texte} OFFSET 0) AS m"
        tables = Sql(f"{tables.texte} JOIN {ayant} USING (action_id)", *tables.valeurs, *mots.valeurs)
    else:
        tables, lues = source(demande, chemin=chemin, mots=mots, debut=debut)
    si.append(lues)
    hasard = Sql("hashint8extended(f.action_id, %s)", (demande.jour - ORIGINE).days)
    loin, environ = ("f.km", "f.environ") if demande.precis else ("NULL::float8", "false")
    filtres = et(*si)
    # Few have the words, here: PostgreSQL, which may think otherwise, is not to look for them in the order.
    fin = " OFFSET 0" if jusqu_a is None and (demande.mots or demande.endroit) else ""
    sql = (
        f"SELECT * FROM (SELECT f.action_id, f.contenu_offre_id, f.contenu_action_id, {loin} AS km,"
        f" {environ} AS environ, {rang.texte} AS bande, {valeur.texte} AS valeur, {hasard.texte} AS hasard"
        f" FROM {tables.texte} WHERE {filtres.texte}{fin}) AS r"
    )
    valeurs = [*rang.valeurs, *valeur.valeurs, *hasard.valeurs, *tables.valeurs, *filtres.valeurs]
    if apres:
        sql += " WHERE (bande, valeur, hasard, action_id) > (%s, %s, %s, %s)"
        valeurs += [apres.bande, apres.valeur, apres.hasard, apres.action]
    sql += " ORDER BY bande, valeur, hasard, action_id LIMIT %s"
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(sql, [*valeurs, combien])
        lignes: list[Ligne] = curseur.fetchall()
    return lignes


def limite(demande: Demande, depuis: float, fenetre: int) -> float | None:
    """Return the value that so many actions do not exceed, from this one on; None when there are fewer."""
    valeur = ORDRES[str(ordre(demande))].format("f.")
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(
            f"SELECT {valeur} FROM publication_fichepublique AS f WHERE {valeur} >= %s ORDER BY 1"
            " OFFSET %s LIMIT 1",
            [depuis, fenetre],
        )
        ligne = curseur.fetchone()
    return ligne[0] if ligne else None


def existe(mots: Sql) -> bool:
    """Return whether an action has these words."""
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(
            f"SELECT EXISTS (SELECT FROM publication_motspublics AS m WHERE {mots.texte})", mots.valeurs
        )
        return bool(curseur.fetchone()[0])


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
    proche = Sql("f.km") if demande.precis else quand
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
