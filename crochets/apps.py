"""Configuration of the app `crochets`."""

from django.apps import AppConfig


class CrochetsConfig(AppConfig):
    """The configuration of the app `crochets`: the webhooks."""

    name = "crochets"
    verbose_name = "Webhooks"
