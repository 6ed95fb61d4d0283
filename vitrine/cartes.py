"""The cards of the results: what is said of a formation, and of its sessions that answer the search."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.formats import date_format

from publication.adresses import adresse
from publication.coordonnees import de_la_commune
from recherche.demande import Demande
from recherche.resultats import Trouvee
from vitrine.filtres import MODALITES

SUIVANTES = 2


@dataclass(frozen=True)
class Carte:
    """A card of the list."""

    pk: int
    adresse: str
    intitule: str
    organisme: str
    ville: str
    distance: str
    modalite: str
    prix: Decimal | None
    duree: int | None
    certification: str
    code: str
    niveau: str
    periode: str
    garantie: bool
    suivantes: str
    autres: int


def cartes(trouvees: Iterable[Trouvee], demande: Demande) -> list[Carte]:
    """Return the cards of these formations."""
    autour = de_la_commune(demande.endroit.nom) if demande.endroit else ""
    return [_carte(trouvee, autour) for trouvee in trouvees]


def _carte(trouvee: Trouvee, autour: str) -> Carte:
    offre, action, sessions = trouvee.offre, trouvee.contenu, trouvee.sessions
    certification = offre.get("certification") or {}
    premiere, *autres = sessions or [{}]
    datees = [debut for s in autres if (debut := s.get("date_debut"))]
    modalite = action.get("modalites_enseignement") or ""
    return Carte(
        pk=trouvee.action,
        adresse=adresse(offre, action),
        intitule=offre["intitule"],
        organisme=offre["organisme"]["raison_sociale"],
        ville="" if modalite == "a_distance" else trouvee.ville,
        distance=_distance(trouvee, autour),
        modalite=MODALITES.get(modalite, ""),
        prix=action.get("total_ttc"),
        duree=action.get("duree_totale"),
        certification=certification.get("intitule") or "",
        code=certification.get("code") or "",
        niveau=str(certification.get("niveau") or ""),
        periode=_periode(premiere),
        garantie=premiere.get("garantie") is True,
        suivantes=_suivantes(list(filter(None, map(parse_date, datees[:SUIVANTES])))),
        autres=max(len(datees) - SUIVANTES, 0),
    )


def _distance(trouvee: Trouvee, autour: str) -> str:
    """Return « à environ 9 km de Créteil »; to the tenth when the place itself is located."""
    if trouvee.km is None:
        return ""
    km = str(round(trouvee.km)) if trouvee.environ else f"{trouvee.km:.1f}".replace(".", ",")
    # In the town that one searches around, and nobody knows where.
    if km == "0":
        return ""
    return f"à {'environ ' if trouvee.environ else ''}{km}\N{NO-BREAK SPACE}km {autour}"


def _suivantes(debuts: list[dt.date]) -> str:
    """Return « 12 avril, 10 mai 2027 »: the year once, when it is the same."""
    annees = {debut.year for debut in debuts}
    textes = [_jour(debut, annee=len(annees) > 1) for debut in debuts]
    return ", ".join(textes) + (f" {debuts[0].year}" if len(annees) == 1 else "")


# The same days come again and again, on a page and on the next ones.
@lru_cache(maxsize=2_000)
def _jour(jour: dt.date, *, annee: bool = True) -> str:
    return f"{'1er' if jour.day == 1 else jour.day} {date_format(jour, 'F Y' if annee else 'F')}"


def _periode(session: dict[str, Any]) -> str:
    """Return « 15 au 26 mars 2027 »; without dates, that they are to be agreed."""
    debut, fin = parse_date(session.get("date_debut") or ""), parse_date(session.get("date_fin") or "")
    if not debut or not fin:
        return "Entrée toute l'année, dates à définir avec l'organisme"
    if (debut.year, debut.month) == (fin.year, fin.month):
        return f"{'1er' if debut.day == 1 else debut.day} au {_jour(fin)}"
    return f"{_jour(debut, annee=debut.year != fin.year)} au {_jour(fin)}"
