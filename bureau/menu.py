"""The menu « Opérations » of a record.

It contains the operations in a fixed order, with the reasons that refuse each of them now.
"""

from functools import cache
from typing import Any

from django.urls import reverse

from catalogue.cycle_de_vie import Statut, est_proposee, refus_de
from catalogue.models import Fiche
from catalogue.models.fiche import niveaux
from catalogue.operations import USAGES, ouvre_une_page
from organismes.droits import Operation, role_permet
from organismes.models import Membre

NIVEAUX = niveaux()
*_, DERNIER_NIVEAU = NIVEAUX
OPERATIONS = tuple(operation for operation, usage in USAGES.items() if usage.au_menu)


def operations(fiche: Fiche, membre: Membre) -> list[dict[str, Any]]:
    """Return the operations that the status (D-10) and the role allow, with the reasons of a refusal.

    Each entry is a dict: `code`, `libelle`, `methode` (`get` for a page, `post` for an operation run at
    once), `url`, and `refus`, the reasons that refuse the operation now (`phrase`, and the `url` of the
    record that blocks or None).
    """
    entrees, contient = [], fiche.nom_de_niveau != DERNIER_NIVEAU
    for operation in OPERATIONS:
        if not role_permet(membre.role, operation) or not est_proposee(fiche, operation):
            continue
        refus = [] if operation in {Operation.CONSULTER, Operation.DUPLIQUER} else refus_de(fiche, operation)
        entrees.append(
            {
                "code": operation.value,
                "libelle": operation.label,
                "methode": "get" if ouvre_une_page(operation, contient=contient) else "post",
                "url": url_de(fiche, operation),
                "refus": [
                    {
                        "phrase": r.phrase,
                        "url": url_de(r.coupable, Operation.CONSULTER) if r.coupable else None,
                    }
                    for r in refus
                ],
            }
        )
    return entrees


def menu(fiche: Fiche, membre: Membre) -> list[dict[str, Any]]:
    """Return the entries of « Opérations »: the operations, « Programmer », and the visibility diagnosis."""
    libelle = "Visibilité" if getattr(fiche, "est_visible", False) else "Pourquoi pas visible ?"
    url = _adresse("visibilite", fiche.pk, fiche.nom_de_niveau, CLE)
    diagnostic = {"code": "visibilite", "libelle": libelle, "methode": "get", "url": url, "refus": []}
    return [*operations(fiche, membre), *_programmer(fiche, membre), diagnostic]


def est_programmable(fiche: Fiche) -> bool:
    """Return whether the record is a session that may be opened or closed, today or later."""
    return fiche.nom_de_niveau == DERNIER_NIVEAU and fiche.statut in {Statut.VALIDEE, Statut.ACTIVE}


def _programmer(fiche: Fiche, membre: Membre) -> list[dict[str, Any]]:
    """Return the link to « Programmer », for a session that may be opened or closed (D-46)."""
    if not est_programmable(fiche) or not role_permet(membre.role, Operation.OUVRIR):
        return []
    url = reverse("session_programmer", args=[fiche.pk])
    return [{"code": "programmer", "libelle": "Programmer", "methode": "get", "url": url, "refus": []}]


def url_de(fiche: Fiche, operation: Operation) -> str:
    """Return the URL of an operation on a record."""
    niveau = fiche.nom_de_niveau
    if operation in {Operation.CONSULTER, Operation.MODIFIER}:
        return _adresse(f"{niveau}_{operation.value}", fiche.pk, CLE)
    if operation == Operation.DUPLIQUER:
        ajouter = f"{niveau}_ajouter"
        vide = _adresse(ajouter, getattr(fiche, f"{fiche.PARENT}_id"), *([] if niveau == "offre" else [CLE]))
        return f"{vide}?copie_de={fiche.pk}"
    return _adresse("operation", fiche.pk, niveau, CLE, operation.value)


# Stands for the key of a record in the address of a page.
CLE = 0


def _adresse(nom: str, cle: int, *arguments: Any) -> str:
    """Return the URL of a page, whose arguments are these with `cle` instead of CLE."""
    return _modele(nom, *arguments).replace(f"/{CLE}/", f"/{cle}/")


@cache
def _modele(nom: str, *arguments: Any) -> str:
    """Return the URL of a page for the key CLE: there are few, and a page of the catalogue has hundreds."""
    return reverse(nom, args=arguments)
