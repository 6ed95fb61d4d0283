"""The elements of EDOF's XML as text, from the rows of the catalogue: the order is that of the schema.

An optional element that would be empty is left out, and so is the country of a French address. What stands
in `extras` is in the order of the official sample.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from catalogue.nomenclatures import TAUX_DE_TVA
from echanges.edof_xml import codes
from echanges.edof_xml.textes import attribut, ecrire, ligne
from edof.horloge import jour_de
from organismes.models import Adresse, Contact
from organismes.models.pays import Pays

Rangee = Mapping[str, Any]


def _slugs(table: Mapping[Any, str]) -> dict[str, str]:
    return {str(slug): code for slug, code in table.items()}


_PARCOURS, _OBJECTIF = _slugs(codes.TYPE_PARCOURS), _slugs(codes.OBJECTIF_GENERAL)
_ENTREES, _ENSEIGNEMENT = _slugs(codes.ENTREES_SORTIES), _slugs(codes.ENSEIGNEMENT)
_ADMISSION, _RYTHME, _HORAIRES = _slugs(codes.ADMISSION), _slugs(codes.RYTHME), _slugs(codes.HORAIRES)
_FRAIS, _CONSTRUCTION = _slugs(codes.FRAIS_CERTIFICATION), _slugs(codes.CONSTRUCTION_TARIFAIRE)
_PERIMETRE, _GFE = _slugs(codes.PERIMETRE), _slugs(codes.GFE)


def _element(nom: str, contenu: str) -> str:
    return f"<{nom}>{contenu}</{nom}>" if contenu else ""


def _extra(info: str, contenu: str) -> str:
    return f'<extra info="{info}">{contenu}</extra>' if contenu else ""


def _extras(info: str, contenu: str) -> str:
    return f'<extras info="{info}">{contenu}</extras>' if contenu else ""


def _oui_non(valeur: bool | None) -> str:
    return "" if valeur is None else "1" if valeur else "0"


def _jour(jour: dt.date | None) -> str:
    return f"{jour:%Y%m%d}" if jour else ""


def _numero(fiche: Rangee) -> str:
    maj, crea = _jour(jour_de(fiche["modifie_le"])), _jour(jour_de(fiche["cree_le"]))
    return f' numero="{attribut(fiche["identifiant"])}" datemaj="{maj}" datecrea="{crea}"'


def _nombre(valeur: Any) -> str:
    return "" if valeur is None else str(valeur)


def _liste(info: str, item: str, lus: Iterable[str]) -> str:
    return _extras(info, "".join(_extra(item, lu) for lu in lus))


class Carnet:
    """The elements of the contacts and the addresses of an organisme, each written once."""

    def __init__(self, contacts: Iterable[Contact], adresses: Iterable[Adresse]) -> None:
        self.contacts = {contact.pk: contact for contact in contacts}
        self.adresses = {adresse.pk: _adresse(adresse) for adresse in adresses}
        self._seuls = {pk: self._contact(contact, "") for pk, contact in self.contacts.items()}

    def adresse(self, cle: int | None) -> str:
        """Return the `adresse`, "" without any."""
        return self.adresses[cle] if cle else ""

    def contact(self, cle: int | None) -> str:
        """Return the `coordonnees`, then the function beside it, "" without any."""
        return self._seuls[cle] if cle else ""

    def lieu(self, contact: int, adresse: int) -> str:
        """Return the `coordonnees` of the place, which hold its address."""
        return self._contact(self.contacts[contact], self.adresse(adresse), a_cote=False)

    def _contact(self, contact: Contact, adresse: str, a_cote: bool = True) -> str:
        fonction = _extras("coordonnees", _extra("fonction", ligne(contact.fonction)))
        return (
            f'<coordonnees numero="{attribut(contact.identifiant)}">'
            f"<nom>{ligne(contact.nom)}</nom><prenom>{ligne(contact.prenom)}</prenom>{adresse}"
            f"<telfixe><numtel>{contact.telephone_fixe}</numtel></telfixe>"
            + _element("portable", _element("numtel", contact.telephone_portable))
            + f"<courriel>{ligne(contact.courriel)}</courriel>"
            + ("" if a_cote else fonction)
            + "</coordonnees>"
            + (fonction if a_cote else "")
        )


def _adresse(adresse: Adresse) -> str:
    position = ""
    if adresse.latitude is not None and adresse.longitude is not None:
        position = (
            f"<geolocalisation><latitude>{adresse.latitude:f}</latitude>"
            f"<longitude>{adresse.longitude:f}</longitude></geolocalisation>"
        )
    extras = "".join(
        (
            _extra("ligne5-adresse", ligne(adresse.ligne_5)),
            _extra("numero-voie", ligne(adresse.numero_voie)),
            _extra("code-indice-repetition", adresse.indice_repetition),
            _extra("code-nature-voie", adresse.nature_voie),
            _extra("libelle-voie", ligne(adresse.libelle_voie)),
            _extra("accessibilite-batimentaire", ligne(adresse.accessibilite_batimentaire)),
            _extra("conformite-reglementaire", _oui_non(adresse.conformite_reglementaire)),
        )
    )
    # Postal codes of other countries have other lengths: the schema takes five characters.
    code_postal = adresse.code_postal if len(adresse.code_postal) == 5 else ""
    return (
        f'<adresse numero="{attribut(adresse.titre)}">'
        + "".join(_element("ligne", ligne(nom)) for nom in adresse.denominations)
        + _element("codepostal", ligne(code_postal))
        + _element("ville", ligne(adresse.ville_affichee))
        + ("" if adresse.pays == Pays.FRANCE else _element("pays", adresse.pays))
        + position
        + _extras("adresse", extras)
        + "</adresse>"
    )


def session(fiche: Rangee, carnet: Carnet) -> str:
    """Return the `session`."""
    periode = _element("debut", _jour(fiche["date_debut"])) + _element("fin", _jour(fiche["date_fin"]))
    extras = (
        _extra("contact-inscription", carnet.contact(fiche["contact_inscription_id"]))
        + _extra("garantie", _oui_non(fiche["garantie"]))
        + _extra("modalites-particulieres", ecrire(fiche["modalites_particulieres"]))
    )
    return (
        f"<session{_numero(fiche)}>"
        + _element("periode", periode)
        + f"<adresse-inscription>{carnet.adresse(fiche['adresse_inscription_id'])}</adresse-inscription>"
        + f"<etat-recrutement>{1 if fiche['ouverte'] else 2}</etat-recrutement>"
        + f'<extras info="session">{extras}</extras></session>\n'
    )


def action(fiche: Rangee, sessions: str, carnet: Carnet) -> str:
    """Return the `action`, around its sessions."""
    lieu = carnet.lieu(fiche["contact_du_lieu_id"], fiche["lieu_de_formation_id"])
    dates = "".join(
        f"<date-information><date>{_jour(jour)}</date></date-information>"
        for jour in fiche["dates_information"]
    )
    return (
        f"<action{_numero(fiche)}>"
        + _element("niveau-entree-obligatoire", _oui_non(fiche["niveau_entree_obligatoire"]))
        + _element("modalites-enseignement", _ENSEIGNEMENT[fiche["modalites_enseignement"]])
        + _element("conditions-specifiques", ecrire(fiche["conditions_specifiques"]))
        + f"<lieu-de-formation>{lieu}</lieu-de-formation>"
        + _element("modalites-entrees-sorties", _ENTREES[fiche["modalites_entrees_sorties"]])
        + _element("url-action", _element("urlweb", ligne(fiche["url_action"])))
        + "\n"
        + sessions
        + _element("adresse-information", carnet.adresse(fiche["adresse_information_id"]))
        + dates
        + _element("restauration", ligne(fiche["restauration"]))
        + _element("hebergement", ligne(fiche["hebergement"]))
        + _element("transport", ligne(fiche["transport"]))
        + _element("acces-handicapes", ligne(fiche["acces_handicapes"]))
        + _element("langue-formation", fiche["langue"].upper())
        + _element("modalites-recrutement", ecrire(fiche["modalites_recrutement"]))
        + _element("modalites-pedagogiques", ligne(fiche["modalites_pedagogiques"]))
        + _element("code-perimetre-recrutement", _PERIMETRE.get(fiche["perimetre_recrutement"], ""))
        + _element("infos-perimetre-recrutement", ligne(fiche["infos_perimetre"]))
        + _element("nombre-heures-centre", _nombre(fiche["heures_centre"]))
        + _element("nombre-heures-entreprise", _nombre(fiche["heures_entreprise"]))
        + f'<extras info="action">{_extras_de_l_action(fiche, carnet)}</extras></action>\n'
    )


def _extras_de_l_action(fiche: Rangee, carnet: Carnet) -> str:
    admissions = (_ADMISSION[slug] for slug in fiche["modalites_admission"])
    rythmes = (_RYTHME[slug] for slug in fiche["rythmes"])
    return (
        _extra("contact-information", carnet.contact(fiche["contact_information_id"]))
        + _extra("modalites-handicap", ecrire(fiche["modalites_handicap"]))
        + _extra("info-admission", ligne(fiche["info_admission"]))
        + _liste("codes-modalites-admission", "code-modalites-admission", admissions)
        + _extra("code-gfe", _GFE.get(fiche["gfe"], ""))
        + _extra("code-type-horaires", _HORAIRES.get(fiche["horaires"], ""))
        + _extra("duree-apprentissage", _nombre(fiche["duree_totale"]))
        + _liste("codes-rythme-formation", "code-rythme-formation", rythmes)
        + _extra("frais-certif-inclus-frais-anpec", _FRAIS.get(fiche["frais_certif_inclus"], ""))
        + _extra("frais-anpec", _nombre(fiche["frais_anpec"]))
        + _extra("detail-frais-anpec", ecrire(fiche["detail_frais_anpec"]))
        + _extra("autres-services", ligne(fiche["autres_services"]))
        + "".join(_prix(fiche, nom) for nom in TAUX_DE_TVA)
        + _extra("code-modele-economique", _CONSTRUCTION.get(fiche["construction_tarifaire"], ""))
        + _extra("existence-prerequis", _oui_non(fiche["existence_prerequis"]))
    )


def _prix(fiche: Rangee, nom: str) -> str:
    ht, ttc = fiche[f"ht_{nom}"], fiche[f"ttc_{nom}"]
    if ht is None and ttc is None:
        return ""
    montants = _extra("frais-ht", _nombre(ht)) + _extra("frais-ttc", _nombre(ttc))
    return _extras("frais-pedagogiques", _extra("taux-tva", codes.TAUX[nom]) + montants)


def offre(fiche: Rangee, actions: str, siret: str) -> str:
    """Return the `formation`, around its actions."""
    code = fiche["certification__code"]
    registre = next(nom for nom in ("RNCP", "RS", "CPF") if code.startswith(nom))
    extras = (
        _extra("resume-contenu", ligne(fiche["points_forts"]))
        + _liste("blocs-competences", "code-bloc", map(ligne, fiche["blocs"]))
        + _extra("blocs-modifiables", _oui_non(fiche["blocs_modifiables"]))
        + _extra("categorisation-offre", fiche["categorisation"])
    )
    return (
        f"<formation{_numero(fiche)}>"
        + _element("intitule-formation", ligne(fiche["intitule"]))
        + _element("objectif-formation", ecrire(fiche["objectif"]))
        + _element("resultats-attendus", ecrire(fiche["resultats_attendus"]))
        + _element("contenu-formation", ecrire(fiche["contenu"]))
        + _element("parcours-de-formation", _PARCOURS[fiche["type_parcours"]])
        + _element("objectif-general-formation", _OBJECTIF[fiche["objectif_general"]])
        + f"<certification><code-{registre}>{code}</code-{registre}></certification>\n"
        + actions
        + "<organisme-formation-responsable><SIRET-organisme-formation>"
        + f"<SIRET>{siret}</SIRET></SIRET-organisme-formation></organisme-formation-responsable>"
        + f'<extras info="formation">{extras}</extras></formation>\n'
    )


# The columns that each element reads.
_DE_TOUTES = ("id", "identifiant", "modifie_le", "cree_le")
COLONNES_OFFRE = (
    *_DE_TOUTES, "intitule", "objectif", "resultats_attendus", "contenu", "type_parcours", "objectif_general",
    "certification__code", "points_forts", "blocs", "blocs_modifiables", "categorisation",
)  # fmt: skip
COLONNES_ACTION = (
    *_DE_TOUTES, "offre_id", "niveau_entree_obligatoire", "modalites_enseignement", "conditions_specifiques",
    "contact_du_lieu_id", "lieu_de_formation_id", "modalites_entrees_sorties", "url_action",
    "adresse_information_id", "dates_information", "restauration", "hebergement", "transport",
    "acces_handicapes", "langue", "modalites_recrutement", "modalites_pedagogiques", "perimetre_recrutement",
    "infos_perimetre", "heures_centre", "heures_entreprise", "contact_information_id", "modalites_handicap",
    "info_admission", "modalites_admission", "gfe", "horaires", "duree_totale", "rythmes",
    "frais_certif_inclus", "frais_anpec", "detail_frais_anpec", "autres_services",
    *(f"{sens}_{nom}" for nom in TAUX_DE_TVA for sens in ("ht", "ttc")),
    "construction_tarifaire", "existence_prerequis",
)  # fmt: skip
COLONNES_SESSION = (
    *_DE_TOUTES, "action_id", "date_debut", "date_fin", "contact_inscription_id", "garantie",
    "modalites_particulieres", "adresse_inscription_id", "ouverte",
)  # fmt: skip
