"""Form rendering: Django's own renderer, with the project's field template."""

from typing import Any

from django.forms import Widget
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest


class ChampLie(BoundField):
    """A bound field whose error is linked to each of its controls, including those of a group of choices."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Widget | None = None) -> dict[str, Any]:
        """Return the attributes of the controls, with `aria-describedby` when the field has an error."""
        attributs = super().build_widget_attrs(attrs, widget)
        if self.use_fieldset and not (widget or self.field.widget).is_hidden and self.auto_id and self.errors:
            attributs.setdefault("aria-describedby", f"{self.auto_id}_error")
        return attributs


class Rendu(TemplatesSetting):
    """The form renderer of the project.

    A field is a label, a help text, a control and an error (`templates/components/champ.html`).
    """

    field_template_name = "components/champ.html"
    bound_field_class = ChampLie


def champs_montrables(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the (name, value) pairs that the form sent and that a page may display again.

    The CSRF token and the passwords are left out: passwords have to be typed again.
    """
    envoyes = [(nom, valeur) for nom, valeurs in request.POST.lists() for valeur in valeurs]
    return [
        (nom, valeur)
        for nom, valeur in envoyes
        if nom != "csrfmiddlewaretoken" and "password" not in nom and "mot_de_passe" not in nom
    ]
