"""Merge of two concurrent edits of one record.

The changes of both users are combined; when both changed the same field, a user chooses. A form sends the
version it was filled from. The history of the database holds that version, so each field is compared three
ways: before, theirs, mine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models

from catalogue.cycle_de_vie import OperationRefusee, Refus

if TYPE_CHECKING:
    from catalogue.models import Fiche


@dataclass(frozen=True)
class Divergence:
    """A field that both users changed, to different values."""

    champ: str
    avant: Any
    leur: Any
    mien: Any


class Divergences(OperationRefusee):
    """Refusal raised when the record has changed and some fields need a choice.

    `base` is the history row of the version that was edited, None when the history does not hold it.
    """

    def __init__(self, fiche: "Fiche", divergences: list[Divergence], base: Any) -> None:
        self.fiche, self.divergences, self.base = fiche, divergences, base
        super().__init__(
            [
                Refus(
                    f"{fiche.GENRE} « {fiche} » a été modifiée entre-temps : choisissez ce que vous gardez,"
                    " champ par champ.",
                    None,
                    fiche,
                )
            ]
        )


class VersionDepassee(OperationRefusee):
    """Refusal raised when the record has changed since it was read and the caller accepts no merge.

    The callers are the autosave and requests with `If-Match`.
    """

    def __init__(self, fiche: "Fiche") -> None:
        self.fiche = fiche
        super().__init__([Refus(f"{fiche.GENRE} « {fiche} » a été modifiée entre-temps.", None, fiche)])


def ligne_d_historique(fiche: "Fiche", version: int) -> Any | None:
    """Return the history row that holds this version of the record, or None."""
    return (
        type(fiche)
        .pgh_event_model.objects.filter(pgh_obj_id=fiche.pk, version=version)
        .order_by("-pgh_id")
        .first()
    )


def fusionner(
    fiche: "Fiche",
    valeurs: dict[str, Any],
    version: int | None,
    *,
    stricte: bool = False,
    vue: int | None = None,
    choix: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the values to write on `fiche`, for a form that was filled from `version`.

    `fiche` must be locked and read again. `version=None` means that the caller has just read the record.
    `choix` contains "mien" or "leur" for the fields that were shown to differ; it counts only while the
    version of the record is still `vue`, the one that was shown.

    Raise Divergences when a choice is needed. With `stricte`, raise VersionDepassee as soon as the record has
    changed.
    """
    if version is None or version == fiche.version:
        return valeurs
    if stricte:
        raise VersionDepassee(fiche)
    base = ligne_d_historique(fiche, version)
    decides = choix if choix and vue == fiche.version else {}
    reunies, divergences = {}, []
    for champ, mien in valeurs.items():
        leur = getattr(fiche, champ)
        # When the history does not hold that version, every field that differs needs a choice.
        avant = getattr(base, fiche._meta.get_field(champ).attname) if base else None
        if base is not None and _cle(mien) == _cle(avant):
            reunies[champ] = leur
        elif _cle(mien) == _cle(leur) or (base is not None and _cle(leur) == _cle(avant)):
            reunies[champ] = mien
        elif champ in decides:
            reunies[champ] = leur if decides[champ] == "leur" else mien
        else:
            divergences.append(Divergence(champ, avant, leur, mien))
    if divergences:
        raise Divergences(fiche, divergences, base)
    return reunies


def _cle(valeur: Any) -> Any:
    return valeur.pk if isinstance(valeur, models.Model) else valeur
