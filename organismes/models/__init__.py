"""Organisme, Utilisateur, Membre, Contact, Adresse."""

from organismes.models.carnet import Adresse, Contact
from organismes.models.organisme import Organisme, Qualiopi
from organismes.models.utilisateur import Membre, Utilisateur

__all__ = ["Adresse", "Contact", "Membre", "Organisme", "Qualiopi", "Utilisateur"]
