"""The app « organismes »."""

from django.apps import AppConfig


class OrganismesConfig(AppConfig):
    """Who uses the program, and for which organisme."""

    name = "organismes"
    verbose_name = "Organismes et utilisateurs"
