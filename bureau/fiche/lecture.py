"""A record as « Consulter » reads it: the sections of its form, each field with what it holds and what it lacks."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.urls import reverse

from catalogue import prix
from catalogue.cycle_de_vie import est_proposee
from catalogue.forms import FicheForm
from catalogue.models import Fiche, Offre
from catalogue.nomenclatures import TAUX_DE_TVA
from edof.templatetags.affichage import date_longue
from edof.texte_leger import TexteLegerField, en_html
from organismes.droits import Operation, role_permet
from organismes.models import Membre


def lire(fiche: Fiche, formulaire: type[FicheForm]) -> list[dict[str, Any]]:
    """The sections of the form: `lignes` (label, value, whether it is to be completed), then `vides`, the labels of
    the optional fields that hold nothing.
    """
    manquants = {regle.champ for regle in fiche.empechements()}
    sections = []
    for titre, _, noms in filter(lambda section: section[2], formulaire.SECTIONS):
        lignes = [_ligne(fiche, nom, formulaire, manquants) for nom in _noms(noms)]
        vides = [ligne["libelle"] for ligne in lignes if not ligne["valeur"] and not ligne["a_completer"]]
        dites = [ligne for ligne in lignes if ligne["valeur"] or ligne["a_completer"]]
        sections.append({"titre": titre, "lignes": dites, "vides": vides})
    return sections


def manques(fiche: Fiche, membre: Membre) -> list[dict[str, str | None]]:
    """What keeps the record from being « validée », each with the field to go to when this person may correct it (S-98)."""
    permis = role_permet(membre.role, Operation.MODIFIER) and est_proposee(fiche, Operation.MODIFIER)
    adresse = reverse(f"{fiche._meta.model_name}_modifier", args=[fiche.pk]) if permis else None
    return [{"phrase": regle.raison, "url": adresse and f"{adresse}#id_{regle.champ}"} for regle in fiche.empechements()]


def _noms(noms: tuple[str, ...]) -> list[str]:
    """The lines of price are read as one."""
    return list(dict.fromkeys("total_ttc" if nom in prix.COLONNES else nom for nom in noms))


def _ligne(fiche: Fiche, nom: str, formulaire: type[FicheForm], manquants: set[str | None]) -> dict[str, Any]:
    colonnes = set(prix.COLONNES) if nom == "total_ttc" else {nom}
    champ = formulaire.base_fields.get(nom)
    return {
        "libelle": champ.label if champ else "Prix",
        "valeur": _prix(fiche) if nom == "total_ttc" else valeur_lue(fiche, nom),
        "a_completer": bool(colonnes & manquants),
    }


def _prix(fiche: Any) -> str:
    lignes = [
        f"{prix.taux_affiche(taux)} : {prix.euros(ht)} HT, {prix.euros(ttc)} TTC"
        for nom, taux in TAUX_DE_TVA.items()
        if (ht := getattr(fiche, f"ht_{nom}")) is not None and (ttc := getattr(fiche, f"ttc_{nom}")) is not None
    ]
    if not lignes:
        return ""
    horaire = f"\nSoit {prix.euros(fiche.cout_horaire_ht)} HT de l'heure" if fiche.cout_horaire_ht is not None else ""
    return "\n".join([*lignes, f"Total : {prix.euros(fiche.total_ht)} HT, {prix.euros(fiche.total_ttc)} TTC"]) + horaire


def valeur_lue(fiche: Any, nom: str) -> Any:
    """What this field holds, in words, on a record or on a line of its history; empty when it holds nothing."""
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
        return prix.euros(valeur)
    if isinstance(valeur, date):
        return date_longue(valeur)
    return getattr(fiche, f"get_{nom}_display")() if colonne.flatchoices else str(valeur)
