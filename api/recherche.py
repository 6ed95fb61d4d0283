"""The parameters of the public search, for programs: those of the page, read by the same form."""

from typing import Any

from django import forms
from rest_framework.request import Request

from api.listes import CHAMPS, FORMAT
from api.parametres import TAILLE_DE_PAGE, Parametre
from api.problemes import raisons_du_formulaire
from edof.problemes import Probleme
from edof.textes import RECHERCHE_AU_PLUS
from recherche.champs import MotsField, PlusieursField
from recherche.demande import PAGES_AU_PLUS, RAYON, Demande, RechercheForm, demander

# Parameters of the list itself, which are none of the search.
DE_LA_LISTE = (TAILLE_DE_PAGE.nom, CHAMPS.nom, FORMAT.nom)
_AIDES = {
    "q": "Des mots : tous doivent être trouvés. Entre guillemets, tels qu'ils sont écrits.",
    "ou": "Une commune (« Créteil (94000) »), un code postal, un département ou une région.",
    "rayon": f"En kilomètres autour de la commune ; {RAYON} par défaut.",
    "distance": "1 : seulement ce qui est entièrement à distance.",
    "du": "Une session commence ce jour-là ou après. Un jour (2027-03-01), un mois (2027-03), une année.",
    "au": "Une session commence ce jour-là ou avant. Un jour (2027-03-31), un mois (2027-03), une année.",
    "prix_min": "Prix TTC au moins, en euros.",
    "prix_max": "Prix TTC au plus, en euros.",
    "duree_max": "Durée au plus, en heures.",
    "modalite": "Présentiel, mixte, à distance.",
    "entrees": "À dates fixes, ou permanentes.",
    "type": "Le type d'offre.",
    "certification": "Des codes, comme RNCP38413.",
    "niveau": "Le niveau de la certification.",
    "rythme": "Le rythme de la formation.",
    "langue": "La langue d'enseignement.",
    "garantie": "1 : une session garantie (qui commence dans la période, s'il y en a une).",
    "accessible": "1 : le lieu est conforme à la réglementation sur l'accessibilité.",
    "organisme": "Le SIRET de l'organisme.",
    "tri": "L'ordre ; la pertinence par défaut.",
    "page": f"Le numéro de la page, jusqu'à {PAGES_AU_PLUS} ; `suivante` va plus loin et plus vite.",
    "curseur": "Donné par `suivante` : la page qui suit.",
}


def _schema(champ: forms.Field) -> dict[str, Any]:
    valeurs = [valeur for valeur, _ in getattr(champ, "choices", [])]
    if isinstance(champ, PlusieursField):
        return {"type": "array", "items": {"type": "string", **({"enum": valeurs} if valeurs else {})}}
    # A field of decimals is one of integers too, for Django.
    if isinstance(champ, forms.DecimalField):
        return {"type": "number", "minimum": 0}
    if isinstance(champ, forms.IntegerField):
        return {"type": "integer", "minimum": champ.min_value, "maximum": champ.max_value}
    if isinstance(champ, MotsField):
        return {"type": "string", "maxLength": RECHERCHE_AU_PLUS}
    return {"type": "string", **({"enum": valeurs} if valeurs else {})}


RECHERCHE = tuple(
    Parametre(nom, _AIDES[nom], _schema(champ), plusieurs=isinstance(champ, PlusieursField))
    for nom, champ in RechercheForm.base_fields.items()
)


def demande(request: Request) -> Demande:
    """Return the search that the address asks for; raise Probleme, which names what cannot be used."""
    lus = request.query_params.copy()
    for nom in DE_LA_LISTE:
        lus.pop(nom, None)
    form = RechercheForm(lus)
    if not form.is_valid():
        raise Probleme("parametre_invalide", "", raisons_du_formulaire(form))
    return demander(form)
