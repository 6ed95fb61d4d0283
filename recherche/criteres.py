"""What the filters of a search ask of an action, as SQL on its row `f` of `FichePublique`.

The start and the guarantee are asked of the same session: « garantie » within a period is a guaranteed
session that begins in it.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from edof.horloge import aujourd_hui
from recherche.chemins import (
    DANS_LA_BOITE,
    LIEUX,
    PAR_LES_MOTS,
    Chemin,
    autour,
    km_de_la_commune,
    km_de_la_fiche,
)
from recherche.demande import Demande
from recherche.lieux import DEBORD_KM, boite
from recherche.sql import Sql, et

LOIN = dt.date(9999, 12, 30)

# The criteria that are counted on their own side, each by the parameters that make it.
CRITERES: dict[str, tuple[str, ...]] = {
    "distance": ("distance",),
    "debut": ("du", "au"),
    "prix": ("prix_min", "prix_max"),
    "duree": ("duree_max",),
    "modalite": ("modalite",),
    "entrees": ("entrees",),
    "type": ("type",),
    "certification": ("certification",),
    "niveau": ("niveau",),
    "rythme": ("rythme",),
    "langue": ("langue",),
    "garantie": ("garantie",),
    "accessible": ("accessible",),
    "organisme": ("organisme",),
}
_COLONNES = {"type": "type_offre"}


def conditions(demande: Demande) -> dict[str, Sql]:
    """Return the condition of each criterion in use."""
    lus = demande.filtres
    return {
        nom: _CONDITIONS.get(nom, _parmi(nom))(lus)
        for nom, parametres in CRITERES.items()
        if any(parametre in lus for parametre in parametres)
    }


def periode(lus: dict[str, Any]) -> Sql | None:
    """Return the days between which sessions begin, or None."""
    if "du" not in lus and "au" not in lus:
        return None
    du, au = min(lus.get("du", dt.date.min), LOIN), min(lus.get("au", LOIN), LOIN)
    return Sql("daterange(%s::date, %s::date, '[]')", du, au)


def jours(lus: dict[str, Any]) -> str:
    """Return the column of the starts that count."""
    return "f.debuts_garantis" if "garantie" in lus else "f.debuts"


def _debut(lus: dict[str, Any]) -> Sql:
    quand = periode(lus)
    assert quand is not None
    return Sql(f"f.debuts && {quand.texte}", *quand.valeurs)


def _garantie(lus: dict[str, Any]) -> Sql:
    quand = periode(lus)
    return Sql(f"f.debuts_garantis && {quand.texte}", *quand.valeurs) if quand else Sql("f.garantie")


def _prix(lus: dict[str, Any]) -> Sql:
    bornes = [("prix_min", ">="), ("prix_max", "<=")]
    return Sql(
        " AND ".join(f"f.prix {signe} %s" for nom, signe in bornes if nom in lus),
        *(lus[nom] for nom, _ in bornes if nom in lus),
    )


def _parmi(nom: str) -> Callable[[dict[str, Any]], Sql]:
    return lambda lus: Sql(f"f.{_COLONNES.get(nom, nom)} = ANY (%s::text[])", lus[nom])


_CONDITIONS: dict[str, Callable[[dict[str, Any]], Sql]] = {
    "distance": lambda lus: Sql("f.modalite = 'a_distance'"),
    "debut": _debut,
    "prix": _prix,
    "duree": lambda lus: Sql("f.duree <= %s", lus["duree_max"]),
    "rythme": lambda lus: Sql("f.rythmes && %s::text[]", lus["rythme"]),
    "garantie": _garantie,
    "accessible": lambda lus: Sql("f.accessible"),
    "organisme": lambda lus: Sql(
        "f.organisme_id = (SELECT id FROM organismes_organisme WHERE siret = %s)", lus["organisme"]
    ),
}


def source(
    demande: Demande,
    *,
    place: bool = True,
    part: float | None = None,
    chemin: Chemin | None = None,
    mots: Sql | None = None,
    debut: Sql | None = None,
) -> tuple[Sql, Sql]:
    """Return the tables of a search with their joins, and the condition of its words, place and day.

    With `part`, so many actions in a hundred are read, drawn by lot: the same ones as long as nothing
    changes. With `chemin`, what is around a place is read by it, with its distance, `f.km` and `f.environ`,
    and what has words anywhere by Chemin.MOTS; without, PostgreSQL estimates best how much there is. `mots`
    replaces the condition of the words. With `debut`, only the actions `f` that have this, which an index
    finds, are read.
    """
    if mots is None and demande.mots:
        mots = demande.mots.condition()
    si = [Sql("f.du <= %s", aujourd_hui())]
    if place and demande.precis and chemin:
        tables, lues = autour(demande, chemin, mots, debut)
        return tables, et(*si, lues)
    if mots and chemin is Chemin.MOTS and not demande.endroit:
        return Sql(PAR_LES_MOTS), et(*si, mots)
    joints, valeurs = ["publication_fichepublique AS f"], list[Any]()
    if part is not None:
        joints[0] += " TABLESAMPLE BERNOULLI (%s) REPEATABLE (0)"
        valeurs.append(part)
    if mots:
        joints.append("JOIN publication_motspublics AS m USING (action_id)")
        si.append(mots)
    if debut:
        si.append(debut)
    if place and demande.endroit:
        lieu = demande.endroit
        if lieu.departements and debut:
            # Of the first ones of an order, the place of each: those of a région are thousands.
            joints.append(
                "CROSS JOIN LATERAL (SELECT FROM recherche_lieu AS l"
                " JOIN recherche_commune AS c ON c.insee = l.commune_id"
                " WHERE l.cle = f.lieu AND c.departement = ANY (%s) OFFSET 0) AS proches"
            )
            valeurs.append(list(lieu.departements))
        elif lieu.departements:
            joints.append(
                f"JOIN (SELECT l.cle FROM recherche_commune AS c {LIEUX}"
                " WHERE c.departement = ANY (%s)) AS proches ON proches.cle = f.lieu"
            )
            valeurs.append(list(lieu.departements))
        else:
            commune, fiche = km_de_la_commune(demande), km_de_la_fiche(demande)
            joints.append(
                f"JOIN (SELECT l.cle, {commune.texte} AS km, c.latitude, c.longitude"
                f" FROM recherche_commune AS c {LIEUX} WHERE {DANS_LA_BOITE}) AS c ON c.cle = f.lieu"
            )
            valeurs += [*commune.valeurs, *boite(lieu, demande.rayon + DEBORD_KM)]
            si.append(Sql(f"{fiche.texte} <= %s", *fiche.valeurs, demande.rayon))
    return Sql(" ".join(joints), *valeurs), et(*si)
