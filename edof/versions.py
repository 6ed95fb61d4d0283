"""Every row that people edit carries a version, counted by the database itself whoever writes."""

from typing import Any, TypeVar

import pgtrigger
from django.db import models

M = TypeVar("M", bound=type[models.Model])


class VersionField(models.PositiveIntegerField):
    """1 when the row is created, one more at each change of it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", 1)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)


def versionnee(modele: M) -> M:
    """Class decorator: the trigger that counts the versions of this table, which has a `version` column."""
    return pgtrigger.register(
        pgtrigger.Trigger(
            name="version",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=pgtrigger.Condition("OLD.* IS DISTINCT FROM NEW.*"),
            func="NEW.version = OLD.version + 1; RETURN NEW;",
        )
    )(modele)
