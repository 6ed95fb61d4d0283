"""The app « api »."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """What programs read and write, as JSON, at /api/v1/."""

    name = "api"
    verbose_name = "API"
