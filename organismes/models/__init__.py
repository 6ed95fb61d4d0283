"""The models of organismes, their certificates, people, saved views, tokens, address book and e-mails."""

from organismes.models.agenda import LienDAgenda
from organismes.models.bac_a_sable import BacASable
from organismes.models.bandeau import Bandeau
from organismes.models.bulletin import Bulletin
from organismes.models.carnet import Adresse, Contact
from organismes.models.connexion import Connexion
from organismes.models.courriel import Courriel
from organismes.models.facteur import CleDAcces, CodeDeSecours
from organismes.models.invitation import Invitation
from organismes.models.jeton import Jeton
from organismes.models.legal import InformationsLegales
from organismes.models.organisme import HORS_DES_BACS_A_SABLE, Organisme, Qualiopi
from organismes.models.utilisateur import Frequence, Membre, Utilisateur
from organismes.models.visite import Visite
from organismes.models.vue import Vue

__all__ = [
    "HORS_DES_BACS_A_SABLE",
    "Adresse",
    "BacASable",
    "Bandeau",
    "Bulletin",
    "CleDAcces",
    "CodeDeSecours",
    "Connexion",
    "Contact",
    "Courriel",
    "Frequence",
    "InformationsLegales",
    "Invitation",
    "Jeton",
    "LienDAgenda",
    "Membre",
    "Organisme",
    "Qualiopi",
    "Utilisateur",
    "Visite",
    "Vue",
]
