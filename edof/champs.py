"""Fields of models and of forms that read a value as `edof.lecture` says, before they judge it.

A model field and its form field read alike: through a form, `full_clean`, a save or a look-up, a value is the
same. What is valid is said elsewhere, by validators.
"""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from edof.lecture import lire_code, lire_date, lire_identifiant, lire_ligne, lire_lignes, lire_nombre

_CHIFFRES = re.compile(r"[+-]?(?=.*[0-9])[0-9]*(\.[0-9]*)?")
DATE_ILLISIBLE = "Cette date n'est pas lisible : écrivez-la jj/mm/aaaa, par exemple 14/09/2027."


class _FormulaireLu(forms.CharField):
    """A text box whose content is read by `lire`, then measured."""

    lire: ClassVar[Callable[[str], str]]

    def to_python(self, value: Any) -> Any:
        """Read."""
        texte = super().to_python(value)
        return self.lire(texte) or self.empty_value if isinstance(texte, str) else texte

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """No limit in the browser where more is typed than is read: it would cut a paste."""
        return {nom: valeur for nom, valeur in super().widget_attrs(widget).items() if nom != "maxlength"}


class LigneFormField(_FormulaireLu):
    """A text of one line."""

    lire = staticmethod(lire_ligne)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """A line is as long as it is typed: the browser may hold the limit."""
        return forms.CharField.widget_attrs(self, widget)

    def prepare_value(self, value: Any) -> Any:
        """What was stored before this rule shows its words apart: a browser would glue them."""
        return lire_ligne(value) if isinstance(value, str) else value


class LignesFormField(_FormulaireLu):
    """A short text of several lines."""

    widget = forms.Textarea
    lire = staticmethod(lire_lignes)


class IdentifiantFormField(_FormulaireLu):
    """An identifier."""

    lire = staticmethod(lire_identifiant)


class CodeFormField(_FormulaireLu):
    """A code, pasted with its separators."""

    lire = staticmethod(lire_code)


class JourFormField(forms.DateField):
    """A day, as people write one."""

    default_error_messages: ClassVar[dict[str, str]] = {"invalid": DATE_ILLISIBLE}

    def to_python(self, value: Any) -> dt.date | None:
        """Read."""
        if not isinstance(value, str):
            return super().to_python(value)
        try:
            return lire_date(value) if value.strip() else None
        except ValueError as erreur:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from erreur


class NombreFormField(forms.DecimalField):
    """A number typed the French way: « 5 000,00 € » as well as « 5000.00 », in plain figures."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> Any:
        """Read."""
        return super().to_python(_nombre(value, self.error_messages["invalid"]))


class EntierFormField(forms.IntegerField):
    """A whole number, with the spaces that part its thousands."""

    def to_python(self, value: Any) -> int | None:
        """Read."""
        return super().to_python(_nombre(value, self.error_messages["invalid"]))


def _nombre(valeur: Any, invalide: str) -> Any:
    """What Python may read: it would also take « 1e3 », « 1_000 » and the figures of other scripts."""
    lu = lire_nombre(valeur) if isinstance(valeur, str) else valeur
    if isinstance(lu, str) and lu and not _CHIFFRES.fullmatch(lu):
        raise ValidationError(invalide, code="invalid")
    return lu


class ChampLu(models.CharField):
    """A column whose content is read by `lire`, whoever writes it or looks for it."""

    lire: ClassVar[Callable[[str], str]]
    formulaire: ClassVar[type[forms.Field]]

    def to_python(self, value: Any) -> Any:
        """Read: `full_clean`, saving and exact look-ups all come here."""
        texte = super().to_python(value)
        return self.lire(texte) if isinstance(texte, str) else texte

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The object holds what is stored."""
        valeur = self.to_python(super().pre_save(model_instance, add))
        if isinstance(valeur, str):
            setattr(model_instance, self.attname, valeur)
        return valeur

    def formfield(self, **kwargs: Any) -> Any:
        """Read as soon as it is typed."""
        return super().formfield(**{"form_class": self.formulaire, **kwargs})


class LigneField(ChampLu):
    """A text of one line."""

    lire, formulaire = staticmethod(lire_ligne), LigneFormField


class LignesField(ChampLu):
    """A short text of several lines."""

    lire, formulaire = staticmethod(lire_lignes), LignesFormField


class IdentifiantField(ChampLu):
    """An identifier (D-04)."""

    lire, formulaire = staticmethod(lire_identifiant), IdentifiantFormField


class CodeField(ChampLu):
    """A code in one piece."""

    lire, formulaire = staticmethod(lire_code), CodeFormField


class JourField(models.DateField):
    """A day, typed as people write one."""

    def formfield(self, **kwargs: Any) -> Any:
        """In the administration too."""
        return super().formfield(**{"form_class": JourFormField, **kwargs})


def champ_date(**options: Any) -> JourFormField:
    """A date typed jj/mm/aaaa or as people write one, with a calendar when there is JavaScript (D-08)."""
    attributs = {"placeholder": "jj/mm/aaaa", "inputmode": "numeric", "autocomplete": "off", "data-date": "1"}
    return JourFormField(**{**options, "widget": forms.DateInput(format="%d/%m/%Y", attrs=attributs)})
