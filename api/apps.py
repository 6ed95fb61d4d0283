"""Configuration of the app `api`."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The configuration of the app `api`: what programs read and write, as JSON, at /api/v1/."""

    name = "api"
    verbose_name = "API"
