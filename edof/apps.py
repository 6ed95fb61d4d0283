"""Which site Django admin is."""

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    """`django.contrib.admin`, with our site; apart from it, for it is read before any model."""

    default_site = "edof.administration.Site"
