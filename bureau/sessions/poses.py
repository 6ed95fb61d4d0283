"""The filters in use, in words: the tags above the table, the title of the page, the name of a saved view."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.formats import date_format

from bureau.sessions.filtres import PERIODES, FiltresDesSessions
from edof.templatetags.affichage import enumerer
from publication.etapes import Etape

_PERIODES = {"debut_du": "Début", "fin_du": "Fin", "du": "En cours"}
_VISIBILITE = {
    "visibles": "visibles aujourd'hui",
    "vont_disparaitre": "disparaissent demain matin",
    "non_visibles": "actives non visibles",
    "a_reparer": "à réparer",
}
_NOMS = ("statut", "raison", "offre", "action", "serie", "ville", "type", "certification", "enseignement",
         "entrees", "garantie", "ouverte", "contact")  # fmt: skip


@dataclass(frozen=True)
class Pose:
    """A filter in use, in words, with the fields that make it."""

    texte: str
    champs: tuple[str, ...]


def poses(filtres: FiltresDesSessions) -> list[Pose]:
    """Return the filters in use, in the order of the page; the step is a chip, and not one of them."""
    return list(_poses(filtres))


def _poses(filtres: FiltresDesSessions) -> Iterator[Pose]:
    valeurs: dict[str, Any] = filtres.valeurs
    champs: Any = filtres.form.fields
    if q := valeurs.get("q"):
        yield Pose(f"« {q} »", ("q",))
    for du, au in PERIODES:
        if du in valeurs or au in valeurs:
            yield Pose(f"{_PERIODES[du]} {_periode(valeurs.get(du), valeurs.get(au))}", (du, au))
    if visibilite := valeurs.get("visibilite"):
        yield Pose(f"Visibilité : {_VISIBILITE[visibilite]}", ("visibilite",))
    for nom in _NOMS:
        if nom in valeurs:
            lu = dict(champs[nom].choices)[valeurs[nom]]
            texte = (
                lu.rstrip(".") if nom in {"raison", "contact"} else f"{champs[nom].label} : {_minuscule(lu)}"
            )
            yield Pose(texte, (nom,))


def en_une_phrase(filtres: FiltresDesSessions) -> str:
    """Return what is shown, in words: « Prêtes à ouvrir, début du 1er au 31 mars 2027 »; empty for all."""
    etape = filtres.valeurs.get("etape")
    textes = [Etape(etape).label] if etape else []
    textes += [pose.texte for pose in poses(filtres)]
    return enumerer([texte if rang == 0 else _minuscule(texte) for rang, texte in enumerate(textes)])


# The same days come back on every row.
@lru_cache(maxsize=4096)
def jour_court(jour: dt.date, forme: str = "N Y") -> str:
    """Return « 1er oct. 2026 », or the day and another form of its month."""
    return f"{'1er' if jour.day == 1 else jour.day} {date_format(jour, forme)}"


def _periode(du: dt.date | None, au: dt.date | None) -> str:
    if du is None or au is None:
        return f"à partir du {jour_court(du)}" if du else f"jusqu'au {jour_court(au)}"  # type: ignore[arg-type]
    if du == au:
        return f"le {jour_court(du)}"
    return f"du {jour_court(du, 'N' if du.year == au.year else 'N Y')} au {jour_court(au)}"


def _minuscule(texte: str) -> str:
    # What is written in capitals (a town, a code) stays so.
    return texte if texte[:2].isupper() else texte[:1].lower() + texte[1:]
