"""Django admin of the publication: register of the runs, what they wrote, and catch-up of missing days."""

from publication.admin import ecrits, passage

__all__ = ["ecrits", "passage"]
