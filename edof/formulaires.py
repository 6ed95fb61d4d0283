"""How forms are rendered: Django's own renderer, with the project's field template."""

from django.forms.renderers import TemplatesSetting


class Rendu(TemplatesSetting):
    """One field: label, help, control, error (`templates/components/champ.html`)."""

    field_template_name = "components/champ.html"
