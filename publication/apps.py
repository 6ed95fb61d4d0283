"""The app « publication »."""

from django.apps import AppConfig


class PublicationConfig(AppConfig):
    """The publication at J+1."""

    name = "publication"
    verbose_name = "Publication"
