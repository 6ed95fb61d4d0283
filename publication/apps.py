"""Configuration of the app `publication`."""

from django.apps import AppConfig


class PublicationConfig(AppConfig):
    """The configuration of the app `publication`: the publication at J+1."""

    name = "publication"
    verbose_name = "Publication"
