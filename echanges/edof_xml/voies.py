"""A street of an EDOF file, split again when it is written whole where its name should be alone."""

import re
from typing import Any

from echanges.edof_xml.valeurs import Recueil
from echanges.lignes import Gravite
from organismes.adresse_en_ligne import NATURES, PARTIES, decouper, plat
from organismes.models import Adresse

LIGNES = ("denomination", "denomination_2", "denomination_3")
_SEMBLE_UNE_VOIE = re.compile(r"[0-9]{1,4}[ ,]")


def remettre_la_voie(recueil: Recueil) -> None:
    """Split again a street written whole where its name should be alone, or on a line of the name (30013)."""
    valeurs = recueil.valeurs
    nature = valeurs.get("nature_voie", "")
    if nature and nature not in Adresse.NatureVoie.values:
        # A name, or a usual short form.
        valeurs["nature_voie"] = NATURES.get(plat(nature), "")
        if not valeurs["nature_voie"]:
            phrase = f"La nature de voie « {nature[:30]} » n'existe pas : elle n'est pas reprise."
            recueil.dire("code-inconnu", Gravite.AVERTISSEMENT, phrase, "nature_voie", nature)
    entiere = _voie_entiere(valeurs)
    if not entiere:
        return
    parties = decouper(entiere[:200])
    if not parties["libelle_voie"] and not parties["ligne_5"]:
        return
    avant = {nom: valeurs.get(nom, "") for nom in PARTIES[:4]}
    if parties["libelle_voie"] or valeurs.get("numero_voie"):
        valeurs.update({nom: parties[nom] for nom in PARTIES[:4]})
    if parties["ligne_5"] and not valeurs.get("ligne_5"):
        valeurs["ligne_5"] = parties["ligne_5"]
    if avant != {nom: valeurs.get(nom, "") for nom in PARTIES[:4]}:
        phrase = f"Voie écrite « {entiere[:80].strip()} », redécoupée en numéro, nature et nom."
        recueil.dire("voie-decoupee", Gravite.REPARE, phrase, "libelle_voie", entiere)


def _voie_entiere(valeurs: dict[str, Any]) -> str:
    """Return the street to split again, "" when its parts are where they should be."""
    numero, nature = valeurs.get("numero_voie", ""), valeurs.get("nature_voie", "")
    libelle = valeurs.get("libelle_voie", "")
    nom = Adresse.NatureVoie(nature).label if nature else ""
    if len(numero) > _numero_au_plus():
        return f"{numero} {nom} {libelle}"
    if libelle:
        premier = NATURES.get(plat(libelle.partition(" ")[0]).rstrip("."))
        if not nature and (premier or (not numero and libelle[0].isdigit())):
            return f"{numero} {libelle}"
        return f"{numero} {nom} {libelle}" if nature and premier == nature else ""
    if valeurs.get("ligne_5"):
        return ""
    return next((valeurs[nom] for nom in LIGNES[1:] if _SEMBLE_UNE_VOIE.match(valeurs.get(nom, ""))), "")


def _numero_au_plus() -> int:
    return Adresse._meta.get_field("numero_voie").max_length or 0
