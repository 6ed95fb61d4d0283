"""The offre of an EDOF file."""

import re
from functools import partial
from typing import Any

from catalogue.nomenclatures import CategorieVae, ObjectifGeneral, TypeOffre
from echanges.edof_xml import codes
from echanges.edof_xml.elements import (
    FicheLue,
    Lecteur,
    choix,
    court,
    dans,
    enfants,
    inconnu,
    lire_extras,
    places,
    texte,
)
from echanges.edof_xml.valeurs import ESPACE, Recueil, code, mot, oui_non
from echanges.lignes import Gravite

_TYPE_PARCOURS = codes.lus(codes.TYPE_PARCOURS)
_OBJECTIF = codes.lus(codes.OBJECTIF_GENERAL)
_OBJECTIFS_ANCIENS = {
    "1": "L'objectif général 1 n'est plus employé : choisissez-en un autre.",
    "3": "L'objectif général 3 n'existe pas : choisissez-en un autre.",
}
_CATEGORIES = {categorie: categorie for categorie in CategorieVae.values}
_CERTIFINFO = (
    "Le code Certif-Info n'est plus accepté depuis septembre 2022 : indiquez le code RNCP, RS ou CPF de la"
    " certification."
)


def _certification(element: Any, recueil: Recueil) -> None:
    for enfant in element:
        nom = enfant.tag.removeprefix(ESPACE)
        if nom == "code-CERTIFINFO":
            recueil.dire("certifinfo", Gravite.BLOQUANTE, _CERTIFINFO, "certification", mot(enfant))
        elif nom not in ("code-RNCP", "code-RS", "code-CPF"):
            inconnu(nom, enfant, recueil)
        elif "certification" in recueil.valeurs:
            phrase = "Plusieurs certifications sont indiquées : la première est gardée."
            recueil.dire("element-repete", Gravite.AVERTISSEMENT, phrase, "certification", mot(enfant))
        else:
            _code_de_certification(nom.removeprefix("code-"), mot(enfant), recueil)


def _code_de_certification(registre: str, ecrit: str, recueil: Recueil) -> None:
    lu = re.sub(r"\s", "", ecrit).upper()
    if re.fullmatch("[0-9]{1,7}", lu):
        lu = registre + lu
    if lu != ecrit:
        phrase = f"Code de certification écrit « {ecrit[:30]} », lu {lu[:30]}."
        recueil.dire("code-repare", Gravite.REPARE, phrase, "certification", ecrit)
    recueil.valeurs["certification"] = lu or None
    if lu.startswith(("RNCP", "RS")):
        recueil.valeurs["type_offre"] = str(TypeOffre.CERTIFIANTE.value)
    elif lu in codes.TYPE_DU_CODE:
        recueil.valeurs["type_offre"] = str(codes.TYPE_DU_CODE[lu].value)


def _objectif_general(element: Any, recueil: Recueil) -> None:
    code(element, recueil, "objectif_general", _OBJECTIF, _OBJECTIFS_ANCIENS)


def _siret(element: Any, recueil: Recueil) -> None:
    trouve = next(element.iter(f"{ESPACE}SIRET"), None)
    if trouve is not None:
        recueil.valeurs["siret"] = re.sub(r"\s", "", mot(trouve))


_EXTRAS_OFFRE: dict[str, Lecteur] = {
    "resume-contenu": court("points_forts"),
    "blocs-modifiables": partial(dans, oui_non, "blocs_modifiables"),
    "categorisation-offre": choix("categorisation", _CATEGORIES),
}
_OFFRE: dict[str, Lecteur] = {
    "intitule-formation": court("intitule"),
    "objectif-formation": texte("objectif"),
    "resultats-attendus": texte("resultats_attendus"),
    "contenu-formation": texte("contenu"),
    "parcours-de-formation": choix("type_parcours", _TYPE_PARCOURS),
    "objectif-general-formation": _objectif_general,
    "certification": _certification,
    "organisme-formation-responsable": _siret,
    "extras": partial(lire_extras, _EXTRAS_OFFRE, ("blocs-competences",)),
}

# The order of the schema: an element out of its place is read, and EDOF would refuse it.
_PLACES = places(
    "intitule-formation", "objectif-formation", "resultats-attendus", "contenu-formation",
    "parcours-de-formation",
    "objectif-general-formation", "certification", "action", "organisme-formation-responsable", "extras",
    lecteurs=_OFFRE,
)  # fmt: skip


def lire_offre(element: Any, recueil: FicheLue) -> None:
    """Read an offre, except its actions; `siret` is among its values."""
    enfants(element, recueil, _PLACES)
    lues = recueil.valeurs
    certification, blocs = lues.get("certification") or "", lues.get("blocs", [])
    if blocs and certification:
        etrangers = [bloc for bloc in blocs if not bloc.startswith(f"{certification}BC")]
        lues["blocs"] = [bloc for bloc in blocs if bloc not in etrangers]
        for bloc in etrangers:
            phrase = f"Le bloc {bloc[:30]} n'est pas de la certification {certification} : il est retiré."
            recueil.dire("bloc-etranger", Gravite.AVERTISSEMENT, phrase, "blocs", bloc)
    accompagnement = lues.get("type_offre") in (TypeOffre.VAE, TypeOffre.BILAN)
    if accompagnement and lues.get("objectif_general") == ObjectifGeneral.PERFECTIONNEMENT:
        phrase = "L'objectif général « perfectionnement » est inhabituel pour cet accompagnement."
        recueil.dire("objectif-inhabituel", Gravite.AVERTISSEMENT, phrase, "objectif_general", "2")
