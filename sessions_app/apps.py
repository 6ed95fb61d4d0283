"""Configuration of the app `sessions_app`."""

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    """Application configuration of the sessions of training (not Django's own sessions)."""

    name = "sessions_app"
    verbose_name = "Sessions"

    def ready(self) -> None:
        """Import the form of the session, which registers itself.

        The comparison of records needs it, with or without screens.
        """
        import sessions_app.forms  # noqa: F401
