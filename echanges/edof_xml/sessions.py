"""The session of an EDOF file."""

from functools import partial
from typing import Any

from echanges.edof_xml.elements import (
    FicheLue,
    Lecteur,
    adresse,
    contact,
    dans,
    deja_dit,
    enfants,
    inconnu,
    lire_extras,
    places,
    texte,
)
from echanges.edof_xml.valeurs import ESPACE, Recueil, jour, mot, oui_non
from echanges.lignes import Demande, Gravite


def _periode(element: Any, recueil: Recueil) -> None:
    for enfant in element:
        nom = enfant.tag.removeprefix(ESPACE)
        if nom in ("debut", "fin"):
            champ = f"date_{nom}"
            recueil.valeurs[champ] = jour(enfant, recueil, champ, ("00000000", "99999999"))
        else:
            inconnu(nom, enfant, recueil)


def _etat(element: Any, recueil: FicheLue) -> None:
    lu = mot(element)
    if lu not in ("1", "2", "3"):
        phrase = f"L'état de recrutement « {lu[:30]} » n'est ni 1 (ouvert) ni 2 (fermé) : il est ignoré."
        recueil.dire("code-inconnu", Gravite.AVERTISSEMENT, phrase, "ouverte", lu)
        return
    recueil.demande = Demande.OUVRIR if lu == "1" else Demande.FERMER
    if lu == "3":
        phrase = "L'état de recrutement 3 (suspendu), qu'EDOF n'emploie pas, est lu 2 (fermé)."
        recueil.dire("etat-3", Gravite.AVERTISSEMENT, phrase, "ouverte", lu)


_EXTRAS_SESSION: dict[str, Lecteur] = {
    "contact-inscription": partial(contact, "contact_inscription", "30022"),
    "garantie": partial(dans, oui_non, "garantie"),
    "modalites-particulieres": texte("modalites_particulieres"),
}


_SESSION: dict[str, Lecteur] = {
    "periode": _periode,
    "adresse-inscription": partial(adresse, "adresse_inscription"),
    "etat-recrutement": _etat,
    "extras": partial(lire_extras, _EXTRAS_SESSION, ()),
}

_PLACES = places("periode", "adresse-inscription", "etat-recrutement", "extras", lecteurs=_SESSION)


def lire_session(element: Any, recueil: FicheLue, permanente: bool) -> None:
    """Read a session; `permanente`: its action has no fixed dates."""
    recueil.valeurs.update(pas_de_dates=False, date_debut=None, date_fin=None)
    enfants(element, recueil, _PLACES)
    lues = recueil.valeurs
    debut, fin = lues["date_debut"], lues["date_fin"]
    lues["pas_de_dates"] = permanente and not debut and not fin
    if debut and fin and fin < debut:
        phrase = "La date de fin précède la date de début."
        recueil.dire("30020", Gravite.BLOQUANTE, phrase, "date_fin", fin)
    if "contact_inscription" not in lues and not deja_dit(recueil, "30022"):
        phrase = "Le contact d'inscription manque : EDOF refuserait la session."
        recueil.dire("30022", Gravite.BROUILLON, phrase, "contact_inscription")
