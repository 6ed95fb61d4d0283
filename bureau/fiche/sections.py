"""A record as « Consulter » shows it.

The page has the sections of the form, and for each field its value or what is missing.
"""

from typing import Any

from django.urls import reverse

from catalogue import prix
from catalogue.cycle_de_vie import est_proposee
from catalogue.forms import FicheForm
from catalogue.models import Fiche
from catalogue.nomenclatures import TAUX_DE_TVA
from edof import nombres
from organismes.droits import Operation, role_permet
from organismes.models import Membre


def lire(fiche: Fiche, formulaire: type[FicheForm]) -> list[dict[str, Any]]:
    """Return the sections of the form: dicts with `titre`, `lignes` and `vides`.

    `lignes` contains the fields to show: label (`libelle`), value (`valeur`), and whether the field is to be
    completed (`a_completer`). `vides` contains the labels of the optional fields without a value.
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
    """Return what prevents the record from being « validée » (S-98).

    Each item contains a sentence (`phrase`), and the URL of the field to correct (`url`), which is None when
    this member may not modify the record.
    """
    permis = role_permet(membre.role, Operation.MODIFIER) and est_proposee(fiche, Operation.MODIFIER)
    adresse = reverse(f"{fiche._meta.model_name}_modifier", args=[fiche.pk]) if permis else None
    return [
        {"phrase": regle.raison, "url": adresse and f"{adresse}#id_{regle.champ}"}
        for regle in fiche.empechements()
    ]


def _noms(noms: tuple[str, ...]) -> list[str]:
    """Return the names of the fields, with the price columns replaced by the single name `total_ttc`."""
    return list(dict.fromkeys("total_ttc" if nom in prix.COLONNES else nom for nom in noms))


def _ligne(fiche: Fiche, nom: str, formulaire: type[FicheForm], manquants: set[str | None]) -> dict[str, Any]:
    colonnes = set(prix.COLONNES) if nom == "total_ttc" else {nom}
    champ = formulaire.base_fields.get(nom)
    return {
        "libelle": champ.label if champ else "Prix",
        "valeur": _prix(fiche) if nom == "total_ttc" else fiche.colonne(nom).lue(fiche),
        "a_completer": bool(colonnes & manquants),
    }


def _prix(fiche: Any) -> str:
    lignes = [
        f"{prix.taux_affiche(taux)} : {nombres.euros(ht)} HT, {nombres.euros(ttc)} TTC"
        for nom, taux in TAUX_DE_TVA.items()
        if (ht := getattr(fiche, f"ht_{nom}")) is not None
        and (ttc := getattr(fiche, f"ttc_{nom}")) is not None
    ]
    if not lignes:
        return ""
    horaire = (
        f"\nSoit {nombres.euros(fiche.cout_horaire_ht)} HT de l'heure"
        if fiche.cout_horaire_ht is not None
        else ""
    )
    return (
        "\n".join(
            [*lignes, f"Total : {nombres.euros(fiche.total_ht)} HT, {nombres.euros(fiche.total_ttc)} TTC"]
        )
        + horaire
    )
