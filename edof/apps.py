"""App configuration of Django admin."""

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    """`django.contrib.admin` with our own admin site.

    It has its own module because Django reads it before any model is loaded.
    """

    default_site = "edof.administration.Site"
