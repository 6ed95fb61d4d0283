"""The links of a group of refused records, and the one thing that repairs them."""

from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse

from bureau.lots.faits import DES_DATES, fait_de
from bureau.menu import url_de
from catalogue.cycle_de_vie import Statut
from catalogue.models import Fiche
from lots.repetition import Groupe
from organismes.droits import Operation

LIENS_AU_PLUS = 12


@dataclass(frozen=True)
class Reparation:
    """A group of refused records as the page shows it."""

    groupe: Groupe
    # (text, URL) of the first records, and how many more there are.
    liens: list[tuple[str, str]]
    autres: int
    # A link that repairs: its text and URL; or a new lot of these records: its operation.
    libelle: str = ""
    url: str = ""
    operation: str = ""
    # One line about these records.
    fait: str = ""


def reparer(groupes: list[Groupe], modele: type[Fiche]) -> list[Reparation]:
    """Return the groups with their links and what is to be known of them."""
    montrees = [ligne.cle for groupe in groupes for ligne in groupe.lignes[:LIENS_AU_PLUS]]
    parents = {"session": ["action__lieu_de_formation"], "action": ["lieu_de_formation"]}
    liens = parents.get(str(modele._meta.model_name), [None])
    lues = modele.objects.select_related(*liens).in_bulk(montrees)
    return [replace(_reparer(groupe, modele, lues), fait=fait_de(groupe, modele)) for groupe in groupes]


def _reparer(groupe: Groupe, modele: type[Fiche], lues: dict[int, Any]) -> Reparation:
    liens = []
    for ligne in groupe.lignes[:LIENS_AU_PLUS]:
        fiche = lues.get(ligne.cle)
        action = getattr(fiche, "action", fiche) if fiche else None
        ville = getattr(action, "ville", "")
        nom = f"{ligne.nom} · {ville}" if ville else ligne.nom
        liens.append((nom, url_de(fiche, Operation.CONSULTER) if fiche else ""))
    autres = max(0, len(groupe.lignes) - LIENS_AU_PLUS)
    coupable, refus = groupe.refus.coupable, groupe.refus
    nombre = len(groupe.lignes)
    if refus.code == f"statut-{Statut.BROUILLON}":
        quoi = f"Valider ces {nombre}…" if nombre > 1 else "La valider…"
        return Reparation(groupe, liens, autres, quoi, operation="valider")
    if modele._meta.model_name == "session" and refus.code in DES_DATES:
        quoi = f"Décaler ces {nombre}…" if nombre > 1 else "La décaler…"
        return Reparation(groupe, liens, autres, quoi, operation="decaler")
    if coupable is not None and coupable.pk and not isinstance(coupable, modele):
        nom = {"action": "l'action", "offre": "l'offre"}[coupable.nom_de_niveau]
        if coupable.statut == Statut.BROUILLON:
            return Reparation(groupe, liens, autres, f"Compléter {nom}", url_de(coupable, Operation.MODIFIER))
        return Reparation(groupe, liens, autres, f"Voir {nom}", url_de(coupable, Operation.CONSULTER))
    if len(groupe.lignes) == 1 and refus.champ and groupe.lignes[0].cle in lues:
        url = url_de(lues[groupe.lignes[0].cle], Operation.MODIFIER)
        return Reparation(groupe, liens, autres, "Compléter", url)
    return Reparation(groupe, liens, autres)


def page_du_lot(lot: Any) -> str:
    """Return the URL of the page of a lot."""
    return reverse("lot", args=[lot.pk])
