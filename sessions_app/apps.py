"""The app « sessions_app »."""

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    """Sessions of training (not to be confused with Django's own « sessions »)."""

    name = "sessions_app"
    verbose_name = "Sessions"

    def ready(self) -> None:
        """The form of the level is known wherever records are compared, with screens or without."""
        import sessions_app.forms  # noqa: F401
