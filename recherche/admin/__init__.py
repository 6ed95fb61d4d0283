"""Django admin of the search: the synonyms."""

from recherche.admin import synonymes

__all__ = ["synonymes"]
