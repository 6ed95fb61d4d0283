"""The addresses of the search: the same one without a filter, with a value, on the next page."""

from typing import Any

from django.http import QueryDict

from edof.lecture import sans_invisibles
from recherche.endroits import est_a_distance

# What a change of the search does not keep: the place in the pages.
_PLACE = ("page", "curseur")


def avec(parametres: QueryDict, **changes: Any) -> str:
    """Return the query string with these values; None takes a parameter away, a list repeats it."""
    nouveaux = parametres.copy()
    for nom in _PLACE:
        nouveaux.pop(nom, None)
    for nom, valeur in changes.items():
        if valeur is None:
            nouveaux.pop(nom, None)
        else:
            nouveaux.setlist(nom, [str(v) for v in (valeur if isinstance(valeur, list) else [valeur])])
    return "?" + nouveaux.urlencode()


def sans_les_filtres(parametres: QueryDict) -> str:
    """Return the query string of the words, the place and the order only."""
    gardes = QueryDict(mutable=True)
    for nom in ("q", "ou", "rayon", "tri"):
        if nom in parametres:
            gardes.setlist(nom, parametres.getlist(nom))
    return "?" + gardes.urlencode()


def canonique(parametres: QueryDict) -> str | None:
    """Return the query string that says the same as what the form sent, or None when it is the same.

    The form sends its empty fields, the radius even without a place, and the month that is chosen. « À
    distance », said for a place, is a filter.
    """
    propre = parametres.copy()
    mois, avant = propre.pop("mois", [""])[0], propre.pop("mois_avant", [""])[0]
    if mois != avant or not (propre.get("du") or propre.get("au")):
        if mois != avant and mois != "dates":
            propre.pop("du", None)
            propre.pop("au", None)
        if du_au := _du_mois(mois):
            propre["du"], propre["au"] = du_au
    for nom in list(propre):
        valeurs = [valeur for valeur in propre.getlist(nom) if sans_invisibles(valeur).strip()]
        propre.setlist(nom, valeurs)
        if not valeurs:
            propre.pop(nom)
    if est_a_distance(propre.get("ou", "")):
        propre.pop("ou")
        propre["distance"] = "1"
    if "ou" not in propre and "ou" in parametres:
        propre.pop("rayon", None)
        if propre.get("tri") == "distance":
            propre.pop("tri")
    return None if propre == parametres else "?" + propre.urlencode()


def _du_mois(mois: str) -> tuple[str, str] | None:
    """Return the days of a month written « 2027-03~2027-03-01~2027-03-31 »."""
    morceaux = mois.split("~")
    return (morceaux[0], morceaux[1]) if len(morceaux) == 2 else None
