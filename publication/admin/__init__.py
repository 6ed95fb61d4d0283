"""Django admin of the publication: the register of the runs, what they wrote, and catching up."""

from publication.admin import ecrits, passage

__all__ = ["ecrits", "passage"]
