"""What a page says of itself to robots and social networks: title, description, schema.org.

Everything comes from what was published: nothing of a session that is not public can be there.
"""

import json
from typing import Any

from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from catalogue.models.certification import page_officielle
from catalogue.nomenclatures import Enseignement
from edof.nombres import euros
from edof.texte_leger import en_html
from publication.coordonnees import adresse_publiee, commune, lieu
from publication.presentation import Contenu

DESCRIPTION_AU_PLUS, COURS_AU_PLUS = 160, 500
MODES = {
    Enseignement.PRESENTIEL.value: "Onsite",
    Enseignement.A_DISTANCE.value: "Online",
    Enseignement.MIXTE.value: "Blended",
}
_ECHAPPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def titre(fiche: dict[str, Any]) -> str:
    """Return the title of the page of an action: what, where, by whom."""
    return ", ".join(filter(None, (fiche["intitule"], _ou(fiche), fiche["organisme"])))


def description(fiche: dict[str, Any]) -> str:
    """Return what a list of results says of an action, in one sentence or two."""
    dates = next((session["dates"] for session in fiche["sessions"] if session["dates"]), "")
    duree = dict(fiche["en_bref"]).get("Durée", "")
    faits = (dates, _ou(fiche), duree, euros(fiche["prix"]) if fiche["prix"] is not None else "")
    debut = f"{' · '.join(filter(None, faits))}. "
    return Truncator(f"{debut}{texte_plat(fiche['points_forts'])}".strip()).chars(DESCRIPTION_AU_PLUS)


def texte_plat(texte: str | None) -> str:
    """Return a long text without its markup, on one line."""
    return " ".join(strip_tags(en_html(texte or "").replace("<", " <")).split())


def _ou(fiche: dict[str, Any]) -> str:
    return "à distance" if fiche["a_distance"] else fiche["lieu"].ville if fiche["lieu"] else ""


def course(offre: Contenu, action: Contenu, sessions: list[Contenu], url: str) -> SafeString:
    """Return the schema.org Course of a published action as JSON that a page can hold in a script."""
    certification = offre.get("certification") or {}
    donnees = {
        "@context": "https://schema.org",
        "@type": "Course",
        "@id": url,
        "url": url,
        "name": offre["intitule"],
        "description": Truncator(
            texte_plat(offre.get("objectif") or offre.get("points_forts")) or offre["intitule"]
        ).chars(COURS_AU_PLUS),
        "provider": _organisme(offre),
        "courseCode": f"{offre['organisme']['siret']}_{action['identifiant']}",
        "inLanguage": action.get("langue"),
        "timeRequired": _heures(action),
        "educationalCredentialAwarded": _titre_vise(certification),
        "offers": _prix(action, url),
        "hasCourseInstance": [_session(action, session, url) for session in sessions],
    }
    texte = json.dumps(_sans_vides(donnees), ensure_ascii=False, separators=(",", ":"))
    return mark_safe(texte.translate(_ECHAPPES))  # noqa: S308


def _organisme(offre: Contenu) -> dict[str, Any]:
    organisme = offre["organisme"]
    return {"@type": "Organization", "name": organisme["raison_sociale"], "taxID": organisme["siret"]}


def _titre_vise(certification: Contenu) -> dict[str, Any] | None:
    if not certification.get("intitule"):
        return None
    return {
        "@type": "EducationalOccupationalCredential",
        "name": certification["intitule"],
        "identifier": certification.get("code"),
        "url": page_officielle(certification.get("code") or ""),
    }


def _prix(action: Contenu, url: str) -> dict[str, Any] | None:
    if action.get("total_ttc") is None:
        return None
    montant = f"{action['total_ttc']:.2f}"
    categorie = "Paid" if action["total_ttc"] else "Free"
    return {"@type": "Offer", "category": categorie, "price": montant, "priceCurrency": "EUR", "url": url}


def _heures(action: Contenu) -> str | None:
    return f"PT{action['duree_totale']}H" if action.get("duree_totale") else None


def _session(action: Contenu, session: Contenu, url: str) -> dict[str, Any]:
    """Return one session. One without dates has only its workload."""
    return {
        "@type": "CourseInstance",
        "courseMode": MODES.get(action.get("modalites_enseignement") or ""),
        "startDate": session["date_debut"],
        "endDate": session["date_fin"],
        "courseWorkload": _heures(action),
        "inLanguage": action.get("langue"),
        "location": _lieu(action, url),
    }


def _lieu(action: Contenu, url: str) -> dict[str, Any] | None:
    ou, adresse = lieu(action), adresse_publiee(action.get("lieu"))
    if ou is None or adresse is None:
        a_distance = action.get("modalites_enseignement") == Enseignement.A_DISTANCE
        return {"@type": "VirtualLocation", "url": action.get("url_action") or url} if a_distance else None
    return {
        "@type": "Place",
        "name": adresse.denomination or ou.ville,
        "address": {
            "@type": "PostalAddress",
            "streetAddress": ou.voie,
            "postalCode": adresse.code_postal,
            "addressLocality": commune(adresse.ville),
            "addressCountry": adresse.pays,
        },
        "geo": {"@type": "GeoCoordinates", "latitude": ou.position[0], "longitude": ou.position[1]}
        if ou.position
        else None,
    }


def _sans_vides(valeur: Any) -> Any:
    """Return the same without the keys that have nothing to say."""
    if isinstance(valeur, list):
        return [_sans_vides(element) for element in valeur]
    if isinstance(valeur, dict):
        return {cle: _sans_vides(v) for cle, v in valeur.items() if v not in (None, "", [])}
    return valeur
