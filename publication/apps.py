"""Configuration of the app `publication`."""

from django.apps import AppConfig
from django.core.checks import register


class PublicationConfig(AppConfig):
    """The configuration of the app `publication`: the publication at J+1."""

    name = "publication"
    verbose_name = "Publication"

    def ready(self) -> None:
        """Have `check --deploy` ask where the open data are kept; no other command waits for it."""
        from publication.donnees.verification import le_seau_repond

        register(le_seau_repond, deploy=True)
