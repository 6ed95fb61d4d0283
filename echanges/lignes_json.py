"""The lines that a program writes: JSON Lines, an object per record, in the types of the API."""

import json
from decimal import Decimal
from typing import IO, Any

from echanges.lignes import Demande, FichierRefuse, LigneLue, Niveau
from echanges.tableau import LIGNES_AU_PLUS, trop_de_lignes

_CLES = {"niveau", "chemin", "valeurs", "demande"}
_LONGUEURS = {Niveau.OFFRE: 1, Niveau.ACTION: 2, Niveau.SESSION: 3, Niveau.CONTACT: 1, Niveau.ADRESSE: 1}

PAS_UN_OBJET = (
    "ce n'est pas un objet JSON en UTF-8 : chaque fiche tient sur sa ligne, sans crochets autour ni virgule"
    " après"
)


def lire_lignes_json(fichier: IO[bytes]) -> list[LigneLue]:
    """Return the lines of the file.

    Raise FichierRefuse, which names the first line that is not as it should be.
    """
    lignes: list[LigneLue] = []
    for numero, octets in enumerate(fichier, 1):
        if not octets.strip():
            continue
        if len(lignes) >= LIGNES_AU_PLUS:
            raise trop_de_lignes()
        try:
            lue = json.loads(octets.decode("utf-8-sig"), parse_float=Decimal)
            json.dumps(lue, ensure_ascii=False, default=str).encode()
        except (ValueError, RecursionError) as erreur:
            raise _refus(numero, PAS_UN_OBJET) from erreur
        lignes.append(_ligne(numero, lue))
    if not lignes:
        raise FichierRefuse("Ce fichier ne contient aucune ligne.")
    return lignes


def _ligne(numero: int, lue: Any) -> LigneLue:
    if not isinstance(lue, dict):
        raise _refus(numero, PAS_UN_OBJET)
    if inconnues := sorted(lue.keys() - _CLES):
        raise _refus(numero, f"la clé « {inconnues[0][:60]} » n'existe pas")
    niveau, demande = lue.get("niveau"), lue.get("demande", "")
    if niveau not in Niveau.values:
        raise _refus(numero, f"`niveau` vaut {', '.join(Niveau.values)}")
    if demande not in Demande.values:
        raise _refus(numero, "`demande` vaut ouvrir, fermer ou archiver")
    chemin, valeurs = lue.get("chemin"), lue.get("valeurs", {})
    longueur = _LONGUEURS[Niveau(niveau)]
    if not isinstance(chemin, list) or len(chemin) != longueur or not all(map(_est_un_nom, chemin)):
        combien = "l'identifiant, seul, de" if longueur == 1 else f"les {longueur} identifiants qui mènent à"
        raise _refus(numero, f"`chemin` est une liste : {combien} la fiche")
    if not isinstance(valeurs, dict):
        raise _refus(numero, "`valeurs` est un objet")
    ligne = LigneLue(numero, Niveau(niveau), tuple(chemin), demande=Demande(demande))
    ligne.valeurs = {nom[:60]: _valeur(numero, nom, valeur) for nom, valeur in valeurs.items()}
    return ligne


def _est_un_nom(texte: Any) -> bool:
    return isinstance(texte, str) and "\x00" not in texte and len(texte) <= 200


def _valeur(numero: int, nom: str, valeur: Any) -> Any:
    """Return a value as a form reads it; a number is a text, as a person types it."""
    if valeur is None or isinstance(valeur, bool):
        return valeur
    if isinstance(valeur, list):
        return [_valeur(numero, nom, une) for une in valeur if not isinstance(une, list)]
    if isinstance(valeur, (str, int, Decimal)):
        texte = str(valeur)
        if "\x00" in texte:
            raise _refus(numero, f"« {nom[:60]} » contient un caractère nul")
        return texte
    raise _refus(numero, f"« {nom[:60]} » n'est ni un texte, ni un nombre, ni une liste")


def _refus(numero: int, phrase: str) -> FichierRefuse:
    return FichierRefuse(f"Ligne {numero} : {phrase}.")
