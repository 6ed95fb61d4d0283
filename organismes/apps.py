"""App configuration of « organismes »."""

from django.apps import AppConfig


class OrganismesConfig(AppConfig):
    """The app of the people who use the program, and of their organismes."""

    name = "organismes"
    verbose_name = "Organismes et utilisateurs"
