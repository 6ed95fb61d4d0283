"""Configuration of the app `echanges`."""

from django.apps import AppConfig


class EchangesConfig(AppConfig):
    """The configuration of the app `echanges`: imports and exports."""

    name = "echanges"
    verbose_name = "Imports et exports"
