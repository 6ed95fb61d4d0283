"""What may be written in a cell for a field that has choices."""

from typing import Any

from django import forms

from catalogue.nomenclatures import Enseignement
from echanges.cibles import FORMULAIRES
from edof.pliage import plier

# The choices that a refusal names, when they are no more than these.
CHOIX_DITS = 8
# What people write, folded, for the choices of a field, beside their labels.
_USUELS: dict[str, dict[str, Enseignement]] = {
    "modalites_enseignement": {
        "en presentiel": Enseignement.PRESENTIEL,
        "distanciel": Enseignement.A_DISTANCE,
        "en distanciel": Enseignement.A_DISTANCE,
        "foad": Enseignement.A_DISTANCE,
        "e learning": Enseignement.A_DISTANCE,
        "hybride": Enseignement.MIXTE,
        "presentiel et distanciel": Enseignement.MIXTE,
    }
}


def _choix(niveau: str, nom: str) -> list[tuple[str, str]]:
    champ: Any = FORMULAIRES[niveau].base_fields[nom]
    if isinstance(champ, forms.ModelChoiceField):
        return []
    return [(str(slug), str(libelle)) for slug, libelle in getattr(champ, "choices", ()) if slug]


def choix_du_champ(niveau: str, nom: str) -> dict[str, str]:
    """Return the choices of a field, by what may be written for each: label, slug, usual names."""
    choix = _choix(niveau, nom)
    usuels = {mot: str(slug) for mot, slug in _USUELS.get(nom, {}).items()}
    return (
        usuels | {plier(libelle): slug for slug, libelle in choix} | {plier(slug): slug for slug, _ in choix}
    )


def hors_des_choix(niveau: str, nom: str, ecrit: str) -> str:
    """Return why a text is none of the choices of a field, which are said when they are few."""
    libelles = [libelle for _, libelle in _choix(niveau, nom)]
    suite = f" : {', '.join(libelles)}." if 0 < len(libelles) <= CHOIX_DITS else "."
    return f"« {ecrit[:60]} » n'est pas un des choix de la liste{suite}"
