"""How forms are rendered: Django's own renderer, with the project's field template."""

from typing import Any

from django.forms import Widget
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest


class Champ(BoundField):
    """A field whose error is tied to each of its controls, those of a group of choices included."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Widget | None = None) -> dict[str, Any]:
        """The attributes of its controls."""
        attributs = super().build_widget_attrs(attrs, widget)
        if self.use_fieldset and not (widget or self.field.widget).is_hidden and self.auto_id and self.errors:
            attributs.setdefault("aria-describedby", f"{self.auto_id}_error")
        return attributs


class Rendu(TemplatesSetting):
    """One field: label, help, control, error (`templates/components/champ.html`)."""

    field_template_name = "components/champ.html"
    bound_field_class = Champ


def champs_montrables(request: HttpRequest) -> list[tuple[str, str]]:
    """What a form was sending, but for what no page may show: its proof, and passwords, which are typed
    again.
    """
    envoyes = [(nom, valeur) for nom, valeurs in request.POST.lists() for valeur in valeurs]
    return [
        (nom, valeur)
        for nom, valeur in envoyes
        if nom != "csrfmiddlewaretoken" and "password" not in nom and "mot_de_passe" not in nom
    ]
