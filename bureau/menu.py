"""The menu « Opérations » of a record.

It contains the operations in a fixed order, with the reasons that refuse each of them now.
"""

from typing import Any

from django.urls import reverse

from catalogue.cycle_de_vie import est_proposee, refus_de
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
    """Return the entries of « Opérations »: the operations, then the link to the visibility diagnosis."""
    libelle = "Visibilité" if getattr(fiche, "est_visible", False) else "Pourquoi pas visible ?"
    url = reverse("visibilite", args=[fiche.nom_de_niveau, fiche.pk])
    diagnostic = {"code": "visibilite", "libelle": libelle, "methode": "get", "url": url, "refus": []}
    return [*operations(fiche, membre), diagnostic]


def url_de(fiche: Fiche, operation: Operation) -> str:
    """Return the URL of an operation on a record."""
    niveau = fiche.nom_de_niveau
    if operation in {Operation.CONSULTER, Operation.MODIFIER}:
        return reverse(f"{niveau}_{operation.value}", args=[fiche.pk])
    if operation == Operation.DUPLIQUER:
        parent = [] if niveau == "offre" else [getattr(fiche, f"{fiche.PARENT}_id")]
        return reverse(f"{niveau}_ajouter", args=parent) + f"?copie_de={fiche.pk}"
    return reverse("operation", args=[niveau, fiche.pk, operation.value])
