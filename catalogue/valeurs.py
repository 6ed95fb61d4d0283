"""What a field of a record holds, in words."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models

from catalogue.models import Offre
from edof import nombres
from edof.templatetags.affichage import date_longue
from edof.texte_leger import TexteLegerField, en_html


def valeur_lue(fiche: Any, nom: str) -> Any:
    """What this field holds, in words, on a record or on a line of its history; empty when it holds
    nothing.
    """
    colonne = fiche._meta.get_field(nom)
    valeur = getattr(fiche, nom)
    if valeur is None or valeur in ("", []):
        return ""
    if isinstance(colonne, TexteLegerField):
        return en_html(valeur)
    if isinstance(fiche, Offre) and nom == "blocs":
        return "\n".join(f"{bloc['code']} - {bloc['libelle']}" for bloc in fiche.blocs_choisis)
    if isinstance(valeur, list):
        noms = dict(getattr(colonne, "base_field", colonne).flatchoices)
        return ", ".join(date_longue(v) if isinstance(v, date) else str(noms.get(v, v)) for v in valeur)
    if isinstance(colonne, models.BooleanField):
        return "Oui" if valeur else "Non"
    if isinstance(valeur, Decimal):
        return nombres.euros(valeur)
    if isinstance(valeur, date):
        return date_longue(valeur)
    return getattr(fiche, f"get_{nom}_display")() if colonne.flatchoices else str(valeur)
