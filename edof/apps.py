"""App configuration of Django admin."""

import gc

from django.contrib.admin.apps import AdminConfig


def oui_non(valeur: bool | None) -> str:
    """Return a boolean in words: Django's icons have an English text, and too little contrast."""
    return {True: "Oui", False: "Non", None: "-"}[valeur]


class AdministrationConfig(AdminConfig):
    """`django.contrib.admin` with our own admin site.

    It has its own module because Django reads it before any model is loaded.
    """

    default_site = "edof.administration.Site"

    def ready(self) -> None:
        """Give its words to every list and page of the administration, which all read this function.

        The first to be ready, once all models are loaded: garbage is collected from now on, not among them.
        """
        super().ready()
        from django.contrib.admin.templatetags import admin_list

        admin_list._boolean_icon = oui_non  # type: ignore[attr-defined]
        gc.freeze()
        gc.enable()
