"""The filters of the public search as the page shows them: groups of values with their numbers, and tags."""

import datetime as dt
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.formats import date_format

from catalogue.nomenclatures import Langue, Rythme, TypeOffre
from edof.nombres import euros
from edof.templatetags.affichage import date_longue, milliers
from recherche.criteres import CRITERES
from recherche.demande import Demande
from recherche.facettes import DUREES, PRIX, Comptes, mois
from vitrine.adresses import avec

# What is seen at once in a long list; the rest unfolds.
D_ABORD = 6
MODALITES = {"presentiel": "Présentiel", "mixte": "Mixte", "a_distance": "À distance, sans lieu"}
ENTREES = {"dates_fixes": "À dates fixes", "permanentes": "Toute l'année, sans date"}
NIVEAUX = {
    "3": "Niveau 3 (CAP)", "4": "Niveau 4 (bac)", "5": "Niveau 5 (bac + 2)", "6": "Niveau 6 (bac + 3)",
    "7": "Niveau 7 (bac + 5)", "8": "Niveau 8 (doctorat)",
}  # fmt: skip
TITRES = {
    "modalite": "Enseignement", "type": "Type", "certification": "Certification", "niveau": "Niveau",
    "rythme": "Rythme", "entrees": "Entrée", "langue": "Langue", "organisme": "Organisme",
}  # fmt: skip
_MOTS: dict[str, dict[str, str]] = {
    "modalite": MODALITES,
    "entrees": ENTREES,
    "niveau": NIVEAUX,
    "type": {valeur: str(nom) for valeur, nom in TypeOffre.choices},
    "rythme": {valeur: str(nom) for valeur, nom in Rythme.choices},
    "langue": {valeur: str(nom) for valeur, nom in Langue.choices},
}
# All their values stand there, at zero too: nothing jumps.
_ENTIERES = ("modalite", "entrees")


# What is counted for a group, when its name is another.
_COMPTES = {
    "mois": ("debut",),
    "prix_max": ("prix",),
    "duree_max": ("duree",),
    "session": ("garantie", "accessible"),
}


@dataclass(frozen=True)
class Option:
    """A value of a filter, with what choosing it would give."""

    nom: str
    valeur: str
    texte: str
    nombre: int
    choisie: bool


@dataclass
class Groupe:
    """A filter of the page."""

    nom: str
    titre: str
    unique: bool = False
    options: list[Option] = field(default_factory=list)
    autres: list[Option] = field(default_factory=list)
    # Whether its numbers are estimated.
    environ: bool = False


@dataclass(frozen=True)
class Pose:
    """A filter in use, in words, and the address of the search without it."""

    texte: str
    sans: str


def groupes(demande: Demande, comptes: Comptes) -> list[Groupe]:
    """Return the filters of the page, in its order."""
    tous = _groupes(demande, comptes)
    for groupe in tous:
        groupe.environ = not comptes.estimes.isdisjoint(_COMPTES.get(groupe.nom, (groupe.nom,)))
    return tous


def _groupes(demande: Demande, comptes: Comptes) -> list[Groupe]:
    return [
        _debut(demande, comptes),
        _seuils("prix_max", "Prix, jusqu'à", PRIX, "prix", "€", demande, comptes),
        _session(demande, comptes),
        _liste("modalite", demande, comptes),
        _seuils("duree_max", "Durée, jusqu'à", DUREES, "duree", "h", demande, comptes),
        *(
            groupe
            for nom in ("certification", "niveau", "type", "rythme", "entrees", "langue", "organisme")
            if len((groupe := _liste(nom, demande, comptes)).options) > 1 or nom in demande.filtres
        ),
    ]


def _debut(demande: Demande, comptes: Comptes) -> Groupe:
    lus, nombres = demande.filtres, comptes.valeurs["debut"]
    choisi = (lus.get("du"), lus.get("au"))
    groupe = Groupe("mois", "Début", unique=True)
    groupe.options.append(Option("mois", "", "Peu importe", nombres.get("", 0), choisi == (None, None)))
    trouve = choisi == (None, None)
    for rang, un in enumerate(mois()):
        nom = date_format(un.au, "F Y").capitalize() if rang else f"D'ici fin {date_format(un.au, 'F')}"
        trouve |= (oui := choisi == (un.du, un.au))
        groupe.options.append(Option("mois", f"{un.du}~{un.au}", nom, nombres.get(un.valeur, 0), oui))
    if not trouve:
        texte = _periode(*choisi).removeprefix("Début ").capitalize()
        groupe.options.append(Option("mois", "dates", texte, comptes.total, True))
    return groupe


def _seuils(
    parametre: str,
    titre: str,
    bornes: tuple[int, ...],
    nom: str,
    unite: str,
    demande: Demande,
    comptes: Comptes,
) -> Groupe:
    choisi, nombres = demande.filtres.get(parametre), comptes.valeurs[nom]
    groupe = Groupe(parametre, titre, unique=True)
    for borne in bornes:
        texte = f"{milliers(borne)}\N{NO-BREAK SPACE}{unite}"
        groupe.options.append(
            Option(parametre, str(borne), texte, nombres.get(str(borne), 0), choisi == borne)
        )
    if choisi is not None and choisi not in bornes:
        texte = f"{_nombre(choisi)}\N{NO-BREAK SPACE}{unite}"
        groupe.options.append(Option(parametre, str(choisi), texte, comptes.total, True))
    groupe.options.append(Option(parametre, "", "Peu importe", nombres.get("", 0), choisi is None))
    return groupe


def _session(demande: Demande, comptes: Comptes) -> Groupe:
    lus = demande.filtres
    return Groupe(
        "session",
        "Session",
        options=[
            Option("garantie", "1", "Garantie", comptes.valeurs["garantie"].get("1", 0), "garantie" in lus),
            Option(
                "accessible",
                "1",
                "Accessible aux personnes en situation de handicap",
                comptes.valeurs["accessible"].get("1", 0),
                "accessible" in lus,
            ),
        ],
    )


def _liste(nom: str, demande: Demande, comptes: Comptes) -> Groupe:
    choisies = demande.filtres.get(nom, [])
    choisies = [choisies] if isinstance(choisies, str) else choisies
    nombres, unique = dict(comptes.valeurs[nom]), nom == "organisme"
    options = []
    for valeur, nombre in nombres.items():
        contenu = comptes.noms.get((nom, valeur), {})
        if nom == "organisme":
            qui = contenu["organisme"]
            options.append(Option(nom, qui["siret"], qui["raison_sociale"], nombre, qui["siret"] in choisies))
            continue
        texte = _MOTS.get(nom, {}).get(valeur, valeur)
        if nom == "certification":
            texte = f"{contenu['certification']['intitule']} ({valeur})"
        options.append(Option(nom, valeur, texte, nombre, valeur in choisies))
    presentes = {option.valeur for option in options}
    options += [
        Option(nom, valeur, _MOTS.get(nom, {}).get(valeur, valeur), 0, valeur in choisies)
        for valeur in ([*_MOTS[nom]] if nom in _ENTIERES else choisies)
        if valeur not in presentes
    ]
    if nom in _MOTS and nom != "type":
        ordre = list(_MOTS[nom])
        options.sort(key=lambda option: ordre.index(option.valeur) if option.valeur in ordre else len(ordre))
    else:
        options.sort(key=lambda option: not option.choisie)
    if unique:
        options.insert(0, Option(nom, "", "Peu importe", sum(nombres.values()), not choisies))
    return Groupe(nom, TITRES[nom], unique, options[:D_ABORD], options[D_ABORD:])


# --- The tags ---


def poses(parametres: QueryDict, demande: Demande, comptes: Comptes) -> list[Pose]:
    """Return the filters in use, in words; a list has a tag for each of its values."""
    return list(_poses(parametres, demande, comptes))


def _poses(parametres: QueryDict, demande: Demande, comptes: Comptes) -> Iterator[Pose]:
    for critere, noms in CRITERES.items():
        valeurs = [demande.filtres.get(nom) for nom in noms]
        if all(valeur is None for valeur in valeurs):
            continue
        if isinstance(valeurs[0], list):
            for valeur in valeurs[0]:
                restent = [v for v in valeurs[0] if v != valeur]
                sans = avec(parametres, **{critere: restent or None})
                yield Pose(texte_de(critere, [valeur], comptes), sans)
            continue
        yield Pose(texte_de(critere, valeurs, comptes), avec(parametres, **dict.fromkeys(noms)))


def texte_de(critere: str, valeurs: list[Any], comptes: Comptes) -> str:
    """Return what a filter in use says."""
    fixes = {
        "distance": "À distance",
        "garantie": "Session garantie",
        "accessible": "Lieu accessible",
    }
    if critere in fixes:
        return fixes[critere]
    if critere == "debut":
        return _periode(*valeurs)
    if critere == "prix":
        bas, haut = (euros(v) if v is not None else "" for v in valeurs)
        return f"De {bas} à {haut}" if bas and haut else f"Jusqu'à {haut}" if haut else f"À partir de {bas}"
    if critere == "duree":
        return f"Jusqu'à {_nombre(valeurs[0])}\N{NO-BREAK SPACE}h"
    if critere == "organisme":
        noms = (c["organisme"] for (quoi, _), c in comptes.noms.items() if quoi == "organisme")
        return next((o["raison_sociale"] for o in noms if o["siret"] == valeurs[0]), f"SIRET {valeurs[0]}")
    return _MOTS.get(critere, {}).get(str(valeurs[0]), str(valeurs[0]))


def _periode(du: dt.date | None, au: dt.date | None) -> str:
    for un in mois():
        if (du, au) == (un.du, un.au):
            return f"Début en {date_format(un.au, 'F Y')}"
    if du and au:
        if (du, au) == (du.replace(day=1), du.replace(day=monthrange(du.year, du.month)[1])):
            return f"Début en {date_format(du, 'F Y')}"
        if (du, au) == (dt.date(du.year, 1, 1), dt.date(du.year, 12, 31)):
            return f"Début en {du.year}"
        return f"Début du {date_longue(du)} au {date_longue(au)}"
    return f"Début à partir du {date_longue(du)}" if du else f"Début jusqu'au {date_longue(au)}"


def _nombre(valeur: Any) -> str:
    return milliers(int(valeur)) if valeur == int(valeur) else str(valeur).replace(".", ",")
