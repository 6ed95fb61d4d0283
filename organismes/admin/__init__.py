"""Django admin of the organismes, their people, their address books, the banners and the sign-ins."""

from organismes.admin import acces, bandeau, carnet, connexions, courriel, legal, organisme, utilisateur

__all__ = ["acces", "bandeau", "carnet", "connexions", "courriel", "legal", "organisme", "utilisateur"]
