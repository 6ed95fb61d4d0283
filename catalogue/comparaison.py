"""Two states of one record, field by field, in the words of its form; and what a former state gives back.

A state is a record rebuilt from a line of the history: the same model, so that it is read as « Consulter »
reads it.
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
from catalogue.valeurs import valeur_lue
from edof.texte_leger import TexteLegerField

# What no form asks for and people know; the other columns that a form does not ask for are technical.
HORS_FORMULAIRE = ("identifiant", "statut", "ouverte")
# From this length on, a text is shown with its words added and removed rather than twice.
A_DETAILLER = 60
MOTS_AUTOUR = 10


@dataclass(frozen=True)
class Changement:
    """A field that differs: before, after, and for a text its pieces (« egal », « retire » or « ajoute »,
    words).
    """

    libelle: str
    avant: str
    apres: str
    morceaux: list[tuple[str, str]] | None


def champs(modele: type[Fiche]) -> dict[str, str]:
    """The fields that people know, with their labels, in the order of the screen."""
    colonnes = {colonne.name: str(colonne.verbose_name) for colonne in modele._meta.concrete_fields}
    libelles = {nom: colonnes[nom] for nom in HORS_FORMULAIRE if nom in colonnes}
    formulaire = FORMULAIRES[modele]
    libelles |= {
        nom: str(formulaire.base_fields[nom].label) for _, _, noms in formulaire.SECTIONS for nom in noms
    }
    return {nom: libelle[:1].upper() + libelle[1:] for nom, libelle in libelles.items()}


def etats(lignes: Iterable[Any]) -> dict[tuple[type[Fiche], int], Fiche]:
    """The records as these lines of history hold them, by model and key of the line.

    Certifications, contacts and addresses are named as they are today, or as they last were when they have
    been deleted.
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
    """The fields (these, or all that people know) that are not the same in the two states."""
    libelles = champs(type(apres))
    return [
        _changement(avant, apres, nom, libelles[nom])
        for nom in noms or libelles
        if _brute(avant, nom) != _brute(apres, nom)
    ]


def _brute(fiche: Fiche, nom: str) -> Any:
    return getattr(fiche, fiche._meta.get_field(nom).attname)


def _changement(avant: Fiche, apres: Fiche, nom: str, libelle: str) -> Changement:
    return changement(libelle, _en_texte(avant, nom), _en_texte(apres, nom))


def changement(libelle: str, de: str, a: str) -> Changement:
    """A field that held the text `de` and holds the text `a`."""
    morceaux = list(difference(de, a)) if de and a and max(len(de), len(a)) > A_DETAILLER else []
    # Where only blanks differ, no word does: the two texts are shown whole.
    return Changement(libelle, de, a, morceaux if any(genre != "egal" for genre, _ in morceaux) else None)


def _en_texte(fiche: Fiche, nom: str) -> str:
    """What the field holds, in words; a long text as it was typed."""
    if isinstance(fiche._meta.get_field(nom), TexteLegerField):
        return getattr(fiche, nom)
    return str(valeur_lue(fiche, nom))


def difference(avant: str, apres: str) -> Iterator[tuple[str, str]]:
    """The words kept, removed and added, in order: (« egal », « retire » or « ajoute », text); long parts
    kept are shortened.
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
    """Each with the blanks that follow it on its line, and the line ends that come before it."""
    return re.findall(r"\s*\S+[^\S\n]*|\s+", texte)


def _detache(genre: str, texte: str) -> Iterator[tuple[str, str]]:
    """What was added or removed, without the blanks around it."""
    debut, milieu, fin = re.fullmatch(r"(\s*)(.*?)(\s*)", texte, re.S).groups()
    yield from (
        (quoi, morceau) for quoi, morceau in (("egal", debut), (genre, milieu), ("egal", fin)) if morceau
    )


def _abrege(mots: list[str], *, premier: bool, dernier: bool) -> str:
    """What surrounds the changes; the middle, the beginning and the end that nothing touches are left out."""
    if len(mots) <= 2 * MOTS_AUTOUR + 4:
        return "".join(mots)
    debut = [] if premier else mots[:MOTS_AUTOUR]
    fin = [] if dernier else mots[-MOTS_AUTOUR:]
    return "".join([*debut, "[…] ", *fin])


# --- A former state, given back ---


def restituables(fiche: Fiche) -> list[str]:
    """The fields that restoring a version writes: those of the form, and the identifier while it may change
    (D-04).
    """
    noms = [nom for nom in champs(type(fiche)) if nom not in HORS_FORMULAIRE]
    return noms if fiche.a_ete_active else ["identifiant", *noms]


def disparus(ancienne: Fiche) -> dict[str, str]:
    """The contacts, addresses and certification of this state that no longer exist: {name of the field: their
    name}.
    """
    liens = {
        champ.name: getattr(ancienne, champ.name)
        for champ in _relations(type(ancienne))
        if getattr(ancienne, champ.attname)
    }
    return {nom: str(objet or "") for nom, objet in liens.items() if objet is None or objet._state.adding}


def valeurs_d_avant(fiche: Fiche, ancienne: Fiche) -> dict[str, Any]:
    """What to write on `fiche` for it to hold again what it held; what points to something deleted since
    keeps today's value.
    """
    perdus = disparus(ancienne)
    return {nom: getattr(ancienne, nom) for nom in restituables(fiche) if nom not in perdus}
