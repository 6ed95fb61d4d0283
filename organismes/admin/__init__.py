"""Django admin of the organismes, their people, their address books, the banners and the sign-ins."""

from organismes.admin import bandeau, carnet, connexions, organisme, utilisateur

__all__ = ["bandeau", "carnet", "connexions", "organisme", "utilisateur"]
