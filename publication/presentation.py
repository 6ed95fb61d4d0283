"""Formatting of a published content for people.

The public page and the preview of « Consulter » both use it, so that they show the same thing.
"""

from typing import Any

from django.db.models import TextChoices
from django.utils.dateparse import parse_date

from catalogue.models.certification import page_officielle
from catalogue.nomenclatures import (
    A_DISTANCE,
    Admission,
    Enseignement,
    EntreesSorties,
    FraisCertification,
    Horaires,
    Langue,
    PerimetreRecrutement,
    Rythme,
    TypeParcours,
)
from edof.nombres import euros
from edof.templatetags.affichage import date_longue, dates_courtes
from edof.texte_leger import en_html
from organismes.models import Qualiopi
from publication.coordonnees import adresse_publiee, lieu, lieu_de, personne, position
from publication.visibilite import qualiopi_de

Contenu = dict[str, Any]
QUALIOPI: dict[str, str] = {
    Qualiopi.Categorie.ACTIONS_DE_FORMATION: "les actions de formation",
    Qualiopi.Categorie.BILANS_DE_COMPETENCES: "les bilans de compétences",
    Qualiopi.Categorie.VAE: "la validation des acquis de l'expérience",
}


def presenter(offre: Contenu, action: Contenu | None, sessions: list[Contenu] | None) -> dict[str, Any]:
    """Return the template data for what a titulaire reads of a formation.

    Unknown values (a brouillon, an older publication) are left out. So is what belongs to an action or to
    sessions when they are None: the preview of a record alone.
    """
    avec_action, action = action is not None, action or {}
    certification = offre.get("certification") or {}
    lues = [_session(contenu) for contenu in sessions or ()]
    inscription, renseignements = (lues[0]["inscription"] if lues else None), personne(action.get("contact"))
    for session in lues:
        # Told once, beside the sessions; and again beside those that have another.
        for cle in ("inscription", "inscription_a"):
            session[f"autre_{cle}"] = session[cle] if session[cle] != lues[0][cle] else None
    return {
        "avec_action": avec_action,
        "avec_sessions": sessions is not None,
        "intitule": offre.get("intitule") or "Offre sans intitulé",
        "organisme": offre["organisme"]["raison_sociale"],
        # `qualiopi`, of what is or was public.
        "qualiopi": "",
        "points_forts": offre.get("points_forts") or "",
        "certification": certification.get("intitule"),
        "code": certification.get("code"),
        "page_officielle": page_officielle(certification.get("code") or ""),
        "niveau": certification.get("niveau"),
        "certificateurs": ", ".join(certification.get("certificateurs") or ()),
        "blocs": _blocs(offre),
        "ville": ville(action),
        "lieu": lieu(action),
        "a_distance": action.get("modalites_enseignement") == Enseignement.A_DISTANCE,
        "permanente": action.get("modalites_entrees_sorties") == EntreesSorties.PERMANENTES,
        "prix": action.get("total_ttc"),
        "prix_avec": _prix_avec(action),
        "en_bref": _remplies(_en_bref(offre, action)),
        "accueil": _remplies(_accueil(action)),
        "accessibilite_du_lieu": _accessibilite_du_lieu(action.get("lieu")),
        "prochaine": lues[0] if lues else None,
        "inscription": inscription,
        "inscription_a": lues[0]["inscription_a"] if lues else None,
        "renseignements": renseignements if renseignements != inscription else None,
        "textes": [(titre, en_html(texte)) for titre, texte in _textes(offre, action) if texte],
        "url": action.get("url_action"),
        "sessions": lues,
        "combien": len(lues),
        # The page of dates, when there are more than one shows.
        "page": None,
    }


def qualiopi(offre: Contenu) -> str:
    """Return what the organisme of a published offre is certified for: none is public without it."""
    return QUALIOPI[qualiopi_de(offre.get("type_offre") or "")]


def _remplies(lignes: list[tuple[str, str | None]]) -> list[tuple[str, str]]:
    return [(libelle, valeur) for libelle, valeur in lignes if valeur]


def _pratique(offre: Contenu, action: Contenu) -> list[tuple[str, str | None]]:
    return [
        *_en_bref(offre, action),
        ("Lieu", adresse_en_ligne(action.get("lieu"))),
        ("Position du lieu", ", ".join(map(str, position(action.get("lieu")) or ()))),
        ("Accessibilité du lieu", _accessibilite_du_lieu(action.get("lieu"))),
        *_accueil(action),
        ("Renseignements", _contact(action.get("contact"))),
    ]


def _en_bref(offre: Contenu, action: Contenu) -> list[tuple[str, str | None]]:
    return [
        ("Durée", _duree(action)),
        ("Rythme", _mots(Rythme, action.get("rythmes"))),
        ("Enseignement", _mot(Enseignement, action.get("modalites_enseignement"))),
        ("Langue", _mot(Langue, action.get("langue"))),
        ("Entrées et sorties", _mot(EntreesSorties, action.get("modalites_entrees_sorties"))),
        ("Horaires", _mot(Horaires, action.get("horaires"))),
        ("Parcours", _mot(TypeParcours, offre.get("type_parcours"))),
        ("Admission", _mots(Admission, action.get("modalites_admission"))),
        ("Précisions sur l'admission", action.get("info_admission")),
        (
            "Niveau d'entrée",
            {True: "Un niveau est requis", False: "Aucun niveau requis"}.get(
                action.get("niveau_entree_obligatoire")
            ),
        ),
        ("Recrutement", _mot(PerimetreRecrutement, action.get("perimetre_recrutement"))),
        ("Frais d'examen", _frais(action)),
        ("Frais en plus du prix", euros(action["frais_anpec"]) if action.get("frais_anpec") else None),
    ]


def _accueil(action: Contenu) -> list[tuple[str, str | None]]:
    return [
        ("Accessibilité", action.get("acces_handicapes")),
        ("Restauration", action.get("restauration")),
        ("Hébergement", action.get("hebergement")),
        ("Transport", action.get("transport")),
        ("Autres services", action.get("autres_services")),
        (
            "Réunions d'information",
            ", ".join(date_longue(parse_date(jour)) for jour in action.get("dates_information") or ()),
        ),
    ]


def _prix_avec(action: Contenu) -> str:
    """Return what the price includes, in the words that stand beside it: « TTC, frais d'examen inclus »."""
    if action.get("total_ttc") is None:
        return ""
    frais = {
        FraisCertification.INCLUS.value: ", frais d'examen inclus",
        FraisCertification.NON_INCLUS.value: ", frais d'examen en plus",
    }
    return f"TTC{frais.get(action.get('frais_certif_inclus') or '', '')}"


def _textes(offre: Contenu, action: Contenu) -> list[tuple[str, str | None]]:
    return [
        ("Objectif", offre.get("objectif")),
        ("Contenu", offre.get("contenu")),
        ("Résultats attendus", offre.get("resultats_attendus")),
        ("Prérequis", action.get("conditions_specifiques") if action.get("existence_prerequis") else None),
        ("Modalités pédagogiques", action.get("modalites_pedagogiques")),
        ("Adaptations aux situations de handicap", action.get("modalites_handicap")),
        ("Modalités de recrutement", action.get("modalites_recrutement")),
        ("Détail des frais additionnels", action.get("detail_frais_anpec")),
    ]


def _blocs(offre: Contenu) -> list[Contenu]:
    choisis = set(offre.get("blocs") or ())
    return [bloc for bloc in (offre.get("certification") or {}).get("blocs") or () if bloc["code"] in choisis]


def lignes_de_la_formation(offre: Contenu, action: Contenu) -> dict[str, str]:
    """Return the same data of the formation in plain text, as {label: value}, in the order of the page.

    Two days are compared on these values. Empty ones are left out.
    """
    certification = offre.get("certification") or {}
    lignes = [
        ("Intitulé", offre.get("intitule")),
        ("Organisme", offre["organisme"]["raison_sociale"]),
        ("Points forts", offre.get("points_forts")),
        *_textes(offre, action),
        ("Blocs de compétences", "\n".join(f"{bloc['code']} {bloc['libelle']}" for bloc in _blocs(offre))),
        ("Prix", euros(action["total_ttc"]) if action.get("total_ttc") is not None else ""),
        (
            "Certification visée",
            " ".join(filter(None, (certification.get("code"), certification.get("intitule")))),
        ),
        ("Niveau de la certification", certification.get("niveau")),
        ("Certificateurs", ", ".join(certification.get("certificateurs") or ())),
        *_pratique(offre, action),
        ("Page de la formation", action.get("url_action")),
    ]
    return {libelle: str(valeur) for libelle, valeur in lignes if valeur}


def lignes_de_la_session(contenu: Contenu) -> dict[str, str]:
    """Return the data of a session in plain text, as {label: value}."""
    lue = _session(contenu)
    lignes = {
        "Identifiant": contenu["identifiant"],
        "Période": lue["periode"],
        "Garantie": lue["garantie"],
        "Modalités particulières": contenu["modalites_particulieres"],
        "Contact d'inscription": lue["contact"],
        "Adresse d'inscription": lue["adresse"],
    }
    return {libelle: valeur for libelle, valeur in lignes.items() if valeur}


def ville(action: Contenu) -> str:
    """Return the town in capitals, « À DISTANCE » for a remote action, an empty text while unknown."""
    if action.get("modalites_enseignement") == Enseignement.A_DISTANCE:
        return A_DISTANCE
    return ((action.get("lieu") or {}).get("ville") or "").upper()


def adresse_en_ligne(adresse: Contenu | None) -> str:
    """Return the address on one line, an empty text while unknown.

    For example: « Institut, 12 avenue de la Cité, 94550 Chevilly Larue ».
    """
    return str(adresse_publiee(adresse) or "")


def _accessibilite_du_lieu(adresse: Contenu | None) -> str:
    lieu = adresse or {}
    conforme = (
        "Lieu conforme à la réglementation sur l'accessibilité."
        if lieu.get("conformite_reglementaire")
        else ""
    )
    return f"{conforme} {lieu.get('accessibilite_batimentaire') or ''}".strip()


def _session(contenu: Contenu) -> dict[str, Any]:
    debut, fin = parse_date(contenu["date_debut"] or ""), parse_date(contenu["date_fin"] or "")
    garantie = {True: "La session est garantie", False: "La session n'est pas garantie"}
    return {
        "periode": (
            f"{date_longue(debut)} au {date_longue(fin)}"
            if debut and fin
            else "Dates à définir avec l'organisme de formation"
        ),
        "dates": dates_courtes(debut, fin) if debut and fin else "",
        "debut": debut,
        "garantie": garantie.get(contenu["garantie"]),
        "garantie_tenue": contenu["garantie"],
        "modalites": en_html(contenu["modalites_particulieres"] or ""),
        "contact": _contact(contenu["contact"]),
        "adresse": adresse_en_ligne(contenu["adresse"]),
        "inscription": personne(contenu["contact"]),
        "inscription_a": lieu_de(contenu["adresse"]),
    }


def _contact(contact: Contenu | None) -> str:
    lue = personne(contact)
    if lue is None:
        return ""
    return f"{lue.nom}, {lue.telephone}, {lue.courriel}"


def _duree(action: Contenu) -> str:
    if not action.get("duree_totale"):
        return ""
    parties = [
        f"{action[cle]} h {lieu}"
        for cle, lieu in (("heures_centre", "en centre"), ("heures_entreprise", "en entreprise"))
        if action.get(cle)
    ]
    return f"{action['duree_totale']} heures" + (f" (dont {' et '.join(parties)})" if parties else "")


def _frais(action: Contenu) -> str | None:
    return {
        FraisCertification.INCLUS.value: "Inclus dans le prix",
        FraisCertification.NON_INCLUS.value: "Non inclus dans le prix",
        FraisCertification.AUCUN.value: "Aucuns frais attendus",
    }.get(action.get("frais_certif_inclus") or "")


def _mot(enumeration: type[TextChoices], slug: str | None) -> str:
    return str(enumeration(slug).label) if slug in enumeration.values else ""


def _mots(enumeration: type[TextChoices], slugs: list[str] | None) -> str:
    premier, *suivants = [_mot(enumeration, slug) for slug in slugs or ()] or [""]
    return ", ".join([premier, *(mot[:1].lower() + mot[1:] for mot in suivants)])
