"""Comparison of two states of a record, field by field, and restoration of an earlier state.

Fields are named and displayed as in the form of the record. A state is an instance of the same model, rebuilt
from a history row, so that it is displayed as in « Consulter ».
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.db import models

from catalogue.forms.fiche import FORMULAIRES
from catalogue.models import Fiche

# Fields that are in no form and that users know; the other columns that are in no form are technical.
HORS_FORMULAIRE = ("identifiant", "statut", "ouverte")
# Above this length, a text is shown once with its words added and removed, rather than twice.
A_DETAILLER = 60
MOTS_AUTOUR = 10


@dataclass(frozen=True)
class Changement:
    """A field that differs: its label, its value before and its value after.

    For a long text, `morceaux` lists its pieces as (kind, words), where the kind is "egal", "retire" or
    "ajoute". It is None otherwise.
    """

    libelle: str
    avant: str
    apres: str
    morceaux: list[tuple[str, str]] | None


def champs(modele: type[Fiche]) -> dict[str, str]:
    """Return the labels of the fields that users know, by field name, in the order of the screen."""
    colonnes = {colonne.name: str(colonne.verbose_name) for colonne in modele._meta.concrete_fields}
    libelles = {nom: colonnes[nom] for nom in HORS_FORMULAIRE if nom in colonnes}
    formulaire = FORMULAIRES[modele]
    libelles |= {
        nom: str(formulaire.base_fields[nom].label) for _, _, noms in formulaire.SECTIONS for nom in noms
    }
    return {nom: libelle[:1].upper() + libelle[1:] for nom, libelle in libelles.items()}


def etats(lignes: Iterable[Any]) -> dict[tuple[type[Fiche], int], Fiche]:
    """Return the records as these history rows hold them, by model and key of the row.

    Certifications, contacts and addresses have their current name, or their last name when they have been
    deleted.
    """
    fiches = {}
    for ligne in lignes:
        modele = ligne._meta.get_field("pgh_obj").related_model
        fiches[modele, ligne.pgh_id] = modele(
            **{champ.attname: getattr(ligne, champ.attname) for champ in modele._meta.concrete_fields}
        )
    cles: dict[type[models.Model], set[int]] = defaultdict(set)
    liens = [(fiche, champ) for (modele, _), fiche in fiches.items() for champ in _relations(modele)]
    for fiche, champ in liens:
        cles[champ.related_model].add(getattr(fiche, champ.attname))
    objets = {modele: _objets(modele, pks - {None}) for modele, pks in cles.items()}
    for fiche, champ in liens:
        champ.set_cached_value(fiche, objets[champ.related_model].get(getattr(fiche, champ.attname)))
    return fiches


def _relations(modele: type[Fiche]) -> list[Any]:
    return [champ for champ in map(modele._meta.get_field, champs(modele)) if champ.is_relation]


def _objets(modele: type[models.Model], pks: set[Any]) -> dict[Any, models.Model]:
    objets = modele._default_manager.in_bulk(pks)
    if perdus := pks - objets.keys():
        lignes = (
            modele.pgh_event_model.objects.filter(pgh_obj_id__in=perdus)
            .order_by("pgh_obj_id", "-pgh_id")
            .distinct("pgh_obj_id")
        )
        for ligne in lignes:
            colonnes = {
                champ.attname: getattr(ligne, champ.attname) for champ in modele._meta.concrete_fields
            }
            objets[ligne.pgh_obj_id] = modele(**colonnes)
    return objets


def changements(avant: Fiche, apres: Fiche, noms: Iterable[str] | None = None) -> list[Changement]:
    """Return the fields that differ between the two states, among `noms` or all those that users know."""
    libelles = champs(type(apres))
    return [
        _changement(avant, apres, nom, libelles[nom])
        for nom in noms or libelles
        if _brute(avant, nom) != _brute(apres, nom)
    ]


def _brute(fiche: Fiche, nom: str) -> Any:
    return getattr(fiche, fiche._meta.get_field(nom).attname)


def _changement(avant: Fiche, apres: Fiche, nom: str, libelle: str) -> Changement:
    colonne = apres.colonne(nom)
    return changement(libelle, colonne.en_texte(avant), colonne.en_texte(apres))


def changement(libelle: str, de: str, a: str) -> Changement:
    """Return the change of a field from the text `de` to the text `a`."""
    morceaux = list(difference(de, a)) if de and a and max(len(de), len(a)) > A_DETAILLER else []
    # When only blanks differ, no word does: the two texts are then shown in full.
    return Changement(libelle, de, a, morceaux if any(genre != "egal" for genre, _ in morceaux) else None)


def difference(avant: str, apres: str) -> Iterator[tuple[str, str]]:
    """Yield the words kept, removed and added, in order.

    Each item is ("egal", "retire" or "ajoute", text). Long parts that are kept are shortened.
    """
    mots, autres = _mots(avant), _mots(apres)
    sans_blancs = ([mot.rstrip(" ") for mot in liste] for liste in (mots, autres))
    for code, debut, fin, depuis, jusque in SequenceMatcher(None, *sans_blancs).get_opcodes():
        if code == "equal":
            yield "egal", _abrege(autres[depuis:jusque], premier=debut == 0, dernier=fin == len(mots))
        else:
            yield from _detache("retire", "".join(mots[debut:fin]))
            yield from _detache("ajoute", "".join(autres[depuis:jusque]))


def _mots(texte: str) -> list[str]:
    """Return the words, each with the line ends before it and the blanks that follow it on its line."""
    return re.findall(r"\s*\S+[^\S\n]*|\s+", texte)


def _detache(genre: str, texte: str) -> Iterator[tuple[str, str]]:
    """Yield the text added or removed, and apart from it, as kept, the blanks around it."""
    debut, milieu, fin = re.fullmatch(r"(\s*)(.*?)(\s*)", texte, re.S).groups()
    yield from (
        (quoi, morceau) for quoi, morceau in (("egal", debut), (genre, milieu), ("egal", fin)) if morceau
    )


def _abrege(mots: list[str], *, premier: bool, dernier: bool) -> str:
    """Return the kept words that surround the changes.

    The words at the beginning, in the middle or at the end that are far from any change are left out.
    """
    if len(mots) <= 2 * MOTS_AUTOUR + 4:
        return "".join(mots)
    debut = [] if premier else mots[:MOTS_AUTOUR]
    fin = [] if dernier else mots[-MOTS_AUTOUR:]
    return "".join([*debut, "[…] ", *fin])


# --- Restoration of an earlier state ---


def restituables(fiche: Fiche) -> list[str]:
    """Return the fields that the restoration of a version writes.

    They are those of the form, and the identifier while it may still change (D-04).
    """
    noms = [nom for nom in champs(type(fiche)) if nom not in HORS_FORMULAIRE]
    return noms if fiche.a_ete_active else ["identifiant", *noms]


def disparus(ancienne: Fiche) -> dict[str, str]:
    """Return the contacts, addresses and certification of this state that no longer exist.

    The result gives the name of the object by name of the field.
    """
    liens = {
        champ.name: getattr(ancienne, champ.name)
        for champ in _relations(type(ancienne))
        if getattr(ancienne, champ.attname)
    }
    return {nom: str(objet or "") for nom, objet in liens.items() if objet is None or objet._state.adding}


def valeurs_d_avant(fiche: Fiche, ancienne: Fiche) -> dict[str, Any]:
    """Return the values to write on `fiche` to restore the state `ancienne`.

    A link to an object deleted since then keeps its current value.
    """
    perdus = disparus(ancienne)
    return {nom: getattr(ancienne, nom) for nom in restituables(fiche) if nom not in perdus}
