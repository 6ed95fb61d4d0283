"""How the children of an element are read: each by its reader; what is unknown, misplaced or repeated."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from echanges.edof_xml import codes, valeurs
from echanges.edof_xml.carnet import CarnetLu, lire_fonction
from echanges.edof_xml.valeurs import ESPACE, Recueil, mot
from echanges.lignes import Demande, Gravite, Niveau

Lecteur = Callable[[Any, "FicheLue"], None]

_COORDONNEES, _ADRESSE = f"{ESPACE}coordonnees", f"{ESPACE}adresse"

# What may be written several times.
_PLUSIEURS = {"action", "session", "date-information", "extras"}

# Elements of older files: known, and no longer kept.
_ANCIENS = {
    "individuelle-collective", "prise-en-charge-frais-obligatoire", "code-modalites-alternance",
    "domaine-formation", "contact-formation", "certifiante", "code-niveau-entree", "code-niveau-sortie",
    "url-formation", "eligibilite-cpf", "validations", "certifications", "code-CERTIFINFO",
}  # fmt: skip

_DE_LISTE = {
    "codes-modalites-admission": ("modalites_admission", codes.lus(codes.ADMISSION)),
    "codes-rythme-formation": ("rythmes", codes.lus(codes.RYTHME)),
}
# The lists of `extras`, each with its items, in files of both ages.
_LISTES = {
    "codes-modalites-admission": "code-modalites-admission",
    "codes-rythme-formation": "code-rythme-formation",
    "blocs-competences": "code-bloc",
}


class FicheLue(Recueil):
    """What is read of an offre, an action or a session, beside the address book of the file."""

    __slots__ = ("carnet", "demande", "prix", "prix_seul")

    def __init__(self, element: Any, base: int, carnet: CarnetLu) -> None:
        super().__init__(element, base)
        self.carnet = carnet
        self.demande = Demande.RIEN
        # The lines of the price; in 2019 the parts of a line stood alone.
        self.prix: list[dict[str, str]] = []
        self.prix_seul: dict[str, str] = {}


class Place(NamedTuple):
    """An element that a record may hold: its rank in the schema, its name, its reader."""

    rang: int
    nom: str
    lecteur: Lecteur | None
    plusieurs: bool


def places(*noms: str, lecteurs: Mapping[str, Lecteur]) -> dict[str, Place]:
    """Return the elements of a record, given in the order of the schema, by their tags."""
    connues = [Place(rang, nom, lecteurs.get(nom), nom in _PLUSIEURS) for rang, nom in enumerate(noms)]
    return {balise: place for place in connues for balise in (place.nom, ESPACE + place.nom)}


def enfants(element: Any, recueil: FicheLue, connus: Mapping[str, Place]) -> None:
    """Read each child with its reader, and say which is unknown, misplaced or repeated."""
    dernier, vus, deplace = 0, set(), False
    for enfant in element:
        place = connus.get(enfant.tag)
        if place is None:
            inconnu(enfant.tag.removeprefix(ESPACE), enfant, recueil)
            continue
        rang, nom, lecteur, plusieurs = place
        if rang >= dernier:
            dernier = rang
        elif not deplace:
            deplace = True
            phrase = (
                f"L'élément « {nom} » n'est pas à sa place : il est lu quand même, mais EDOF refuserait ce"
                " fichier."
            )
            recueil.dire("ordre", Gravite.AVERTISSEMENT, phrase, nom)
        if nom in vus and not plusieurs:
            phrase = f"L'élément « {nom} » est écrit plusieurs fois : le premier est gardé."
            recueil.dire("element-repete", Gravite.AVERTISSEMENT, phrase, nom)
            continue
        vus.add(nom)
        if lecteur:
            lecteur(enfant, recueil)


def inconnu(nom: str, element: Any, recueil: Recueil) -> None:
    """Say that an element is ignored, once for each name."""
    if any(dite.champ == nom and dite.code.startswith("element-") for dite in recueil.anomalies):
        return
    nom = nom[:60]
    if nom in _ANCIENS:
        phrase = f"L'élément « {nom} » n'est plus employé par EDOF : il n'est pas repris."
        recueil.dire("element-ancien", Gravite.AVERTISSEMENT, phrase, nom)
        return
    phrase = f"L'élément « {nom} » (ligne {recueil.ligne_de(element)}) n'est pas connu : il est ignoré."
    recueil.dire("element-inconnu", Gravite.AVERTISSEMENT, phrase, nom)


def extras(element: Any) -> Iterator[tuple[str, Any]]:
    """Yield what an `extras` holds, by name: an `extra`, or an `extras` of several.

    In older files a list may be an `extra`, and its items may stand alone.
    """
    for enfant in element:
        nom = (enfant.get("info") or "").strip().lower()
        yield nom or enfant.tag.removeprefix(ESPACE), enfant


def lire_extras(
    lecteurs: Mapping[str, Lecteur], listes: tuple[str, ...], element: Any, recueil: FicheLue
) -> None:
    """Read an `extras` of a record; the items of a list are gathered first."""
    par_liste: dict[str, list[str]] = {}
    seuls = {_LISTES[liste]: liste for liste in listes}
    for nom, enfant in extras(element):
        if nom in listes:
            dedans = [mot(extra) for _, extra in extras(enfant)]
            par_liste.setdefault(nom, []).extend(dedans or re.split(r"[\s,;]+", mot(enfant)))
        elif nom in seuls:
            par_liste.setdefault(seuls[nom], []).append(mot(enfant))
        elif nom in lecteurs:
            lecteurs[nom](enfant, recueil)
        else:
            inconnu(nom, enfant, recueil)
    for nom, lus in par_liste.items():
        _liste(nom, [lu for lu in lus if lu], recueil)


def _liste(nom: str, lus: list[str], recueil: Recueil) -> None:
    if nom == "blocs-competences":
        _blocs(lus, recueil)
        return
    champ, table = _DE_LISTE[nom]
    recueil.valeurs[champ] = list(dict.fromkeys(table[lu] for lu in lus if lu in table))
    for lu in lus:
        if lu not in table:
            phrase = f"Le code « {lu[:30]} » n'existe pas : il n'est pas repris."
            recueil.dire("code-inconnu", Gravite.AVERTISSEMENT, phrase, champ, lu)


def _blocs(lus: list[str], recueil: Recueil) -> None:
    uniques = list(dict.fromkeys(lu.upper() for lu in lus))
    for lu in uniques:
        if sum(autre.upper() == lu for autre in lus) > 1:
            phrase = f"Le bloc {lu[:30]} est écrit deux fois : il est gardé une fois."
            recueil.dire("30070", Gravite.REPARE, phrase, "blocs", lu)
    recueil.valeurs["blocs"] = uniques


def texte(champ: str) -> Lecteur:
    """Return the reader of a long text."""
    return partial(dans, valeurs.long, champ)


def court(champ: str) -> Lecteur:
    """Return the reader of a line."""
    return partial(_en_ligne, champ)


def dans(lire: Any, champ: str, element: Any, recueil: Recueil) -> None:
    """Read the element with `lire`, into the field `champ`."""
    lire(element, recueil, champ)


def _en_ligne(champ: str, element: Any, recueil: Recueil) -> None:
    recueil.valeurs[champ] = valeurs.ligne(element, recueil, champ)


def choix(champ: str, table: Mapping[str, str]) -> Lecteur:
    """Return the reader of a code."""
    return partial(_dans_la_table, champ, table)


def _dans_la_table(champ: str, table: Mapping[str, str], element: Any, recueil: Recueil) -> None:
    valeurs.code(element, recueil, champ, table)


def contact(champ: str, code_: str, element: Any, recueil: FicheLue) -> None:
    """Read the contact that an `extra` holds, with its function, in it or beside it."""
    trouve = next(element.iter(_COORDONNEES), None)
    if trouve is None:
        return
    entree = recueil.carnet.lier(Niveau.CONTACT, trouve, recueil, champ, code_)
    if len(element) > 1:
        lire_fonction(element, entree.recueil)
    if next(trouve.iterchildren(_ADRESSE), None) is not None:
        phrase = "L'adresse écrite dans ce contact n'est pas reprise : un contact n'en a pas."
        recueil.dire("adresse-du-contact", Gravite.AVERTISSEMENT, phrase, champ)


def adresse(champ: str, element: Any, recueil: FicheLue) -> None:
    """Read the address that an element holds."""
    trouvee = next(element.iter(_ADRESSE), None)
    if trouvee is not None:
        recueil.carnet.lier(Niveau.ADRESSE, trouvee, recueil, champ, "30013")


def deja_dit(recueil: Recueil, code_: str) -> bool:
    """Return whether an anomaly of this code was said."""
    return any(dite.code == code_ for dite in recueil.anomalies)
