"""What repairs a visibility condition that is not met.

It is the operation to run, the field to correct, or the record that blocks, with the reason why it may not be
done.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from bureau.menu import url_de
from catalogue.cycle_de_vie import Refus, Statut, refus_de
from catalogue.models import Action, Fiche, Offre
from catalogue.models.fiche import A_COMPLETER
from catalogue.operations import ouvre_une_page
from organismes.droits import Operation, role_permet
from organismes.models import Membre
from publication.visibilite import ConditionDeVisibilite
from sessions_app.models import Session

_SELON_LE_CHAMP = {
    "pas_de_dates": "Retirer les dates",
    "date_debut": "Changer les dates",
    "date_fin": "Changer les dates",
    "modalites_entrees_sorties": "Changer les modalités de l'action",
}
_NOM = {Offre: "l'offre", Action: "l'action", Session: "la session"}


@dataclass(frozen=True)
class Geste:
    """A repair: a page to open, or an operation to run (`post`).

    `refus` is the reason why it cannot be done now, or an empty string.
    """

    libelle: str
    url: str
    post: bool = False
    refus: str = ""


def gestes(condition: ConditionDeVisibilite, fiche: Fiche, membre: Membre) -> list[Geste]:
    """Return what repairs this condition, which is not met; the first repair is the first to try.

    `fiche` is a session, or the action or offre that the condition is about.
    """
    return list(_gestes(condition, fiche, membre))


def _gestes(condition: ConditionDeVisibilite, fiche: Any, membre: Membre) -> Iterator[Geste]:
    if condition.operation:
        visee = next((f for f in (fiche, *fiche.parents()) if f.nom_de_niveau == condition.niveau), fiche)
        if visee.statut in A_COMPLETER:
            yield _relever(visee, membre)
        elif isinstance(fiche, Session):
            yield from _executer(fiche, condition.operation, membre, avec_ce_qui_bloque=visee is fiche)
        else:
            yield Geste(
                f"Voir les sessions de {_NOM[type(fiche)]}", f"{reverse('catalogue')}?voir={fiche.cle_html}"
            )
    if condition.champ:
        yield _corriger(fiche, condition.champ, membre)
    if condition.champ_de_l_action:
        yield _corriger(fiche.action, condition.champ_de_l_action, membre)


def _executer(
    session: Session, operation: Operation, membre: Membre, *, avec_ce_qui_bloque: bool
) -> Iterator[Geste]:
    """Yield the operation and, when it is refused, what makes it possible."""
    refus = refus_de(session, operation)
    libelle = (
        "Rouvrir à l'inscription"
        if operation == Operation.OUVRIR and session.statut == Statut.ACTIVE
        else operation.label
    )
    yield _geste(session, operation, libelle, membre, refus)
    for coupable, champ in dict.fromkeys(
        (r.coupable, r.champ) for r in refus if avec_ce_qui_bloque and r.coupable
    ):
        yield _corriger(coupable, champ, membre) if champ else _relever(coupable, membre)


def _relever(fiche: Fiche, membre: Membre) -> Geste:
    """Return the repair that brings a record in brouillon or archivée to where a session can be opened.

    It is « Désarchiver », the first field to fill, or the validation.
    """
    if fiche.statut == Statut.ARCHIVEE:
        return _geste(fiche, Operation.DESARCHIVER, f"Désarchiver {_NOM[type(fiche)]}", membre)
    manque = next(iter(fiche.empechements()), None)
    if manque is None:
        return _geste(fiche, Operation.MODIFIER, f"Valider {_NOM[type(fiche)]}", membre)
    return _corriger(fiche, manque.champ, membre, f"Compléter {_NOM[type(fiche)]}")


def _corriger(fiche: Fiche, champ: str | None, membre: Membre, libelle: str = "") -> Geste:
    libelle = libelle or _SELON_LE_CHAMP.get(champ or "", f"Corriger {_NOM[type(fiche)]}")
    return _geste(fiche, Operation.MODIFIER, libelle, membre, ancre=f"#id_{champ}" if champ else "")


def _geste(
    fiche: Fiche,
    operation: Operation,
    libelle: str,
    membre: Membre,
    refus: list[Refus] | None = None,
    ancre: str = "",
) -> Geste:
    if not role_permet(membre.role, operation):
        refus = [
            Refus(
                f"Votre rôle ({membre.get_role_display().lower()}) ne permet pas cette opération : demandez à"
                " un gestionnaire."
            )
        ]
    elif refus is None:
        refus = refus_de(fiche, operation)
    page = ouvre_une_page(operation, contient=bool(fiche.descendants()))
    return Geste(
        libelle, url_de(fiche, operation) + ancre, post=not page, refus=" ".join(r.phrase for r in refus)
    )
