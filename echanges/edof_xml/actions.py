"""The action of an EDOF file."""

import re
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from catalogue.nomenclatures import TAUX_DE_TVA, FraisCertification, Langue
from echanges.edof_xml import codes, valeurs
from echanges.edof_xml.elements import (
    FicheLue,
    Lecteur,
    adresse,
    choix,
    contact,
    court,
    dans,
    deja_dit,
    enfants,
    extras,
    lire_extras,
    places,
    texte,
)
from echanges.edof_xml.valeurs import ESPACE, Recueil, code, jour, mot, oui_non
from echanges.lignes import Gravite, Niveau

_ENTREES = codes.lus(codes.ENTREES_SORTIES)
_ENSEIGNEMENT = codes.lus(codes.ENSEIGNEMENT)
_HORAIRES = codes.lus(codes.HORAIRES)
_FRAIS = codes.lus(codes.FRAIS_CERTIFICATION)
_CONSTRUCTION = codes.lus(codes.CONSTRUCTION_TARIFAIRE)
_PERIMETRE = codes.lus(codes.PERIMETRE)
_GFE = codes.lus(codes.GFE)
_LANGUES = set(Langue.values)
_TAUX = {taux: nom for nom, taux in TAUX_DE_TVA.items()}
DATES_AU_PLUS = 3


def _lieu(element: Any, recueil: FicheLue) -> None:
    adresse("lieu_de_formation", element, recueil)
    trouve = next(element.iter(f"{ESPACE}coordonnees"), None)
    if trouve is not None:
        recueil.carnet.lier(Niveau.CONTACT, trouve, recueil, "contact_du_lieu", "contact-illisible")


def _langue(element: Any, recueil: Recueil) -> None:
    lu = mot(element)
    recueil.valeurs["langue"] = lu.lower() if lu.lower() in _LANGUES else ""
    if lu and not recueil.valeurs["langue"]:
        phrase = f"La langue « {lu[:30]} » n'est pas dans la liste : choisissez-en une."
        recueil.dire("code-inconnu", Gravite.BROUILLON, phrase, "langue", lu)


def _perimetre(element: Any, recueil: Recueil) -> None:
    if mot(element) == "7":
        recueil.valeurs["perimetre_recrutement"] = _PERIMETRE["0"]
        phrase = "Le périmètre 7, que le schéma d'EDOF refuse, est lu « autres » (0)."
        recueil.dire("perimetre-7", Gravite.AVERTISSEMENT, phrase, "perimetre_recrutement", "7")
    else:
        code(element, recueil, "perimetre_recrutement", _PERIMETRE)


def _gfe(element: Any, recueil: Recueil) -> None:
    lu = re.sub(r"^(?:GFE)?0*", "", mot(element).upper())
    if lu in _GFE:
        recueil.valeurs["gfe"] = _GFE[lu]
        if not mot(element).isdecimal():
            phrase = f"Code écrit comme en 2019 (« {mot(element)[:30]} »), lu {lu}."
            recueil.dire("code-repare", Gravite.REPARE, phrase, "gfe", mot(element))
    else:
        code(element, recueil, "gfe", _GFE)


def _site(element: Any, recueil: Recueil) -> None:
    dedans = element.find(f"{ESPACE}urlweb")
    recueil.valeurs["url_action"] = valeurs.ligne(
        element if dedans is None else dedans, recueil, "url_action"
    )


def _date_information(element: Any, recueil: Recueil) -> None:
    for date in element.iter(f"{ESPACE}date"):
        lue = jour(date, recueil, "dates_information", ("00000000", "99999999"))
        dates = recueil.valeurs.setdefault("dates_information", [])
        if lue and lue not in dates:
            dates.append(lue)


def _frais_anpec(element: Any, recueil: Recueil) -> None:
    recueil.valeurs["frais_anpec"] = valeurs.montant(mot(element), recueil, "frais_anpec")


def _ligne_de_prix(element: Any, recueil: FicheLue) -> None:
    recueil.prix.append({nom: mot(extra) for nom, extra in extras(element)})


def _prix_seul(nom: str, element: Any, recueil: FicheLue) -> None:
    """Read a part of a line of the price that stands alone: a part that comes back begins the next line."""
    if nom in recueil.prix_seul or (nom == "taux-tva" and recueil.prix_seul):
        recueil.prix.append(recueil.prix_seul)
        recueil.prix_seul = {}
    recueil.prix_seul[nom] = mot(element)


def _prix(recueil: FicheLue) -> None:
    """Set the six columns of the price from its lines; a rate that is written twice is to be decided."""
    lues: dict[str, tuple[str | None, str | None]] = {}
    for ecrite in recueil.prix:
        taux = ecrite.get("taux-tva", "")
        try:
            valeur = Decimal(taux.replace(",", ".").replace("%", "").strip() or "NaN")
            nom = _TAUX.get(valeur) if valeur.is_finite() else None
        except InvalidOperation:
            nom = None
        if nom is None:
            phrase = f"Le taux de TVA « {taux[:20]} » n'est pas de ceux d'EDOF : 0, 5,5 ou 20 %."
            recueil.dire("taux-inconnu", Gravite.BLOQUANTE, phrase, "ttc_20", taux)
            continue
        ht = valeurs.montant(ecrite.get("frais-ht", ""), recueil, f"ht_{nom}")
        ttc = valeurs.montant(ecrite.get("frais-ttc", ""), recueil, f"ttc_{nom}")
        if nom in lues and lues[nom] != (ht, ttc):
            phrase = f"Deux prix au même taux de TVA ({taux[:20]} %) : laissez-en un seul."
            recueil.dire("taux-double", Gravite.BLOQUANTE, phrase, f"ttc_{nom}", taux)
            continue
        lues[nom] = (ht, ttc)
    for nom in TAUX_DE_TVA:
        recueil.valeurs[f"ht_{nom}"], recueil.valeurs[f"ttc_{nom}"] = lues.get(nom, (None, None))


_EXTRAS_ACTION: dict[str, Lecteur] = {
    "contact-information": partial(contact, "contact_information", "30017"),
    "modalites-handicap": texte("modalites_handicap"),
    "info-admission": court("info_admission"),
    "code-gfe": _gfe,
    "code-type-horaires": choix("horaires", _HORAIRES),
    "duree-apprentissage": partial(dans, valeurs.entier, "duree_totale"),
    "frais-certif-inclus-frais-anpec": choix("frais_certif_inclus", _FRAIS),
    "frais-anpec": _frais_anpec,
    "detail-frais-anpec": texte("detail_frais_anpec"),
    "autres-services": court("autres_services"),
    "frais-pedagogiques": _ligne_de_prix,
    **{nom: partial(_prix_seul, nom) for nom in ("taux-tva", "frais-ht", "frais-ttc")},
    "existence-prerequis": partial(dans, oui_non, "existence_prerequis"),
    "code-modele-economique": choix("construction_tarifaire", _CONSTRUCTION),
}
_ACTION: dict[str, Lecteur] = {
    "niveau-entree-obligatoire": partial(dans, oui_non, "niveau_entree_obligatoire"),
    "modalites-enseignement": choix("modalites_enseignement", _ENSEIGNEMENT),
    "conditions-specifiques": texte("conditions_specifiques"),
    "lieu-de-formation": _lieu,
    "modalites-entrees-sorties": choix("modalites_entrees_sorties", _ENTREES),
    "url-action": _site,
    "adresse-information": partial(adresse, "adresse_information"),
    "date-information": _date_information,
    "restauration": court("restauration"),
    "hebergement": court("hebergement"),
    "transport": court("transport"),
    "acces-handicapes": court("acces_handicapes"),
    "langue-formation": _langue,
    "modalites-recrutement": texte("modalites_recrutement"),
    "modalites-pedagogiques": court("modalites_pedagogiques"),
    "code-perimetre-recrutement": _perimetre,
    "infos-perimetre-recrutement": court("infos_perimetre"),
    "nombre-heures-centre": partial(dans, valeurs.entier, "heures_centre"),
    "nombre-heures-entreprise": partial(dans, valeurs.entier, "heures_entreprise"),
    "extras": partial(lire_extras, _EXTRAS_ACTION, ("codes-modalites-admission", "codes-rythme-formation")),
}

_PLACES = places(
    "niveau-entree-obligatoire", "modalites-enseignement", "conditions-specifiques",
    "lieu-de-formation", "modalites-entrees-sorties", "url-action", "session",
    "adresse-information", "date-information", "restauration", "hebergement", "transport",
    "acces-handicapes", "langue-formation", "modalites-recrutement", "modalites-pedagogiques",
    "code-perimetre-recrutement", "infos-perimetre-recrutement", "nombre-heures-centre",
    "nombre-heures-entreprise", "extras",
    lecteurs=_ACTION,
)  # fmt: skip


def lire_action(element: Any, recueil: FicheLue) -> None:
    """Read an action, except its sessions."""
    enfants(element, recueil, _PLACES)
    if recueil.prix_seul:
        recueil.prix.append(recueil.prix_seul)
    if recueil.prix:
        _prix(recueil)
    lues = recueil.valeurs
    # An element that is left out says « Aucuns frais attendus ».
    lues.setdefault("frais_certif_inclus", FraisCertification.AUCUN.value)
    if lues.get("existence_prerequis") is False and lues.get("conditions_specifiques"):
        phrase = "Des conditions sont décrites alors qu'aucun prérequis n'est annoncé : elles sont gardées."
        recueil.dire("prerequis-decrits", Gravite.AVERTISSEMENT, phrase, "conditions_specifiques")
    if "contact_information" not in lues and not deja_dit(recueil, "30017"):
        phrase = "Le contact d'information manque : EDOF refuserait l'action."
        recueil.dire("30017", Gravite.BROUILLON, phrase, "contact_information")
    if len(lues.get("dates_information", [])) > DATES_AU_PLUS:
        phrase = "Trois dates d'information au plus : les suivantes ne sont pas reprises."
        recueil.dire("dates-en-trop", Gravite.AVERTISSEMENT, phrase, "dates_information")
        lues["dates_information"] = lues["dates_information"][:DATES_AU_PLUS]
