"""Configuration of the app `lots`."""

from django.apps import AppConfig


class LotsConfig(AppConfig):
    """The configuration of the app `lots`: operations on many records."""

    name = "lots"
    verbose_name = "Opérations en nombre"
