"""Configuration of the app `recherche`."""

from django.apps import AppConfig


class RechercheConfig(AppConfig):
    """The configuration of the app `recherche`: how the public finds a training."""

    name = "recherche"
    verbose_name = "Recherche publique"
