"""The app « catalogue »."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Offres and actions."""

    name = "catalogue"
    verbose_name = "Catalogue"
