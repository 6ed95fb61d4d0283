"""Version numbers of editable rows, incremented by a database trigger whatever the source of the change."""

from typing import Any, TypeVar

import pgtrigger
from django.db import models

from edof.lecture import lire_cle

M = TypeVar("M", bound=type[models.Model])


class VersionField(models.PositiveIntegerField):
    """The version of a row: 1 when the row is created, one more at each change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", 1)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)


def lire_version(texte: str | None) -> int | None:
    """Return the version that a hidden field contains, None when the field is absent.

    Return 0, a version that no row ever had, when the value cannot be read.
    """
    if texte is None:
        return None
    cle = lire_cle(texte)
    return cle if cle and cle < 2**31 else 0


def versionnee(modele: M) -> M:
    """Class decorator that adds the trigger incrementing the `version` column of the table."""
    return pgtrigger.register(
        pgtrigger.Trigger(
            name="version",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=pgtrigger.Condition("OLD.* IS DISTINCT FROM NEW.*"),
            func="NEW.version = OLD.version + 1; RETURN NEW;",
        )
    )(modele)
