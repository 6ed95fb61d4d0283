"""What the filters of a search ask of an action, as SQL on its row `f` of `FichePublique`.

The start and the guarantee are asked of the same session: « garantie » within a period is a guaranteed
session that begins in it.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from edof.horloge import aujourd_hui
from recherche.demande import Demande
from recherche.lieux import DEBORD_KM, KM_PAR_DEGRE, boite, distance
from recherche.sql import Sql

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
# The place of the action itself is known, and is in its commune: figures that were exchanged, or those of
# another address, would hide the action from whoever looks for it there. A column that is null is not near.
PLACE_CONNUE = (
    f"coalesce(abs(f.latitude - proches.latitude) * {KM_PAR_DEGRE} < {DEBORD_KM} AND"
    f" abs(f.longitude - proches.longitude) * {KM_PAR_DEGRE} * cos(radians(f.latitude)) < {DEBORD_KM}, false)"
)

# Commune by commune, by their index: PostgreSQL would rather read all the places of the country each time.
_LIEUX = "CROSS JOIN LATERAL (SELECT cle FROM recherche_lieu WHERE commune_id = c.insee OFFSET 0) AS l"


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
    demande: Demande, *, place: bool = True, part: float | None = None, mots_d_abord: bool = False
) -> tuple[Sql, Sql]:
    """Return the tables of a search with their joins, and the condition of its words, its place and its day.

    With a place, `km` of `proches` is the distance of the commune. With `part`, so many actions in a hundred
    are read, drawn by lot: the same ones as long as nothing changes. With `mots_d_abord`, the place is asked
    of each action that has the words, else the words of each action around the place.
    """
    joints, valeurs = ["publication_fichepublique AS f"], list[Any]()
    if part is not None:
        joints[0] += " TABLESAMPLE BERNOULLI (%s) REPEATABLE (0)"
        valeurs.append(part)
    si, dites = ["f.du <= %s"], list[Any]([aujourd_hui()])
    if demande.mots:
        if mots_d_abord:
            # By their keys: PostgreSQL, which expects more of them, would read the whole table.
            joints = [
                "publication_motspublics AS m CROSS JOIN LATERAL (SELECT * FROM"
                " publication_fichepublique AS f WHERE f.action_id = m.action_id OFFSET 0) AS f"
            ]
        else:
            joints.append("JOIN publication_motspublics AS m USING (action_id)")
        mots = demande.mots.condition()
        si.append(mots.texte)
        dites += mots.valeurs
    if place and demande.endroit:
        lieu = demande.endroit
        if lieu.departement:
            joints.append(
                f"JOIN (SELECT l.cle FROM recherche_commune AS c {_LIEUX}"
                " WHERE c.departement = %s) AS proches ON proches.cle = f.lieu"
            )
            valeurs.append(lieu.code)
        else:
            colonnes = f"{distance('c.latitude', 'c.longitude')} AS km, c.latitude, c.longitude"
            dedans = "c.latitude BETWEEN %s AND %s AND c.longitude BETWEEN %s AND %s"
            if mots_d_abord:
                joints.append(
                    f"CROSS JOIN LATERAL (SELECT {colonnes} FROM recherche_lieu AS l"
                    " JOIN recherche_commune AS c ON c.insee = l.commune_id"
                    f" WHERE l.cle = f.lieu AND {dedans} OFFSET 0) AS proches"
                )
            else:
                joints.append(
                    f"JOIN (SELECT l.cle, {colonnes} FROM recherche_commune AS c {_LIEUX} WHERE {dedans})"
                    " AS proches ON proches.cle = f.lieu"
                )
            valeurs += [
                lieu.latitude, lieu.latitude, lieu.longitude, *boite(lieu, demande.rayon + DEBORD_KM),
            ]  # fmt: skip
            loin = km(demande)
            si.append(f"{loin.texte} <= %s")
            dites += [*loin.valeurs, demande.rayon]
    return Sql(" ".join(joints), *valeurs), Sql(" AND ".join(si), *dites)


def km(demande: Demande) -> Sql:
    """Return the distance of an action: that of its own place, else that of its commune."""
    lieu = demande.endroit
    assert lieu is not None
    return Sql(
        f"CASE WHEN {PLACE_CONNUE} THEN {distance('f.latitude', 'f.longitude')} ELSE proches.km END",
        lieu.latitude, lieu.latitude, lieu.longitude,
    )  # fmt: skip
