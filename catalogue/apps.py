"""Configuration of the app `catalogue`."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Application configuration of the catalogue: certifications, offres and actions."""

    name = "catalogue"
    verbose_name = "Catalogue"
