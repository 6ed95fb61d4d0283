"""What the operator says of the site: who publishes it, who answers for data, how accessible it is."""

import pghistory
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from edof.champs import LigneField, LignesField
from edof.textes import valider_texte
from organismes.models.coordonnees import CourrielField
from organismes.models.organisme import DateDeModificationField

UNIQUE = 1


class Conformite(models.TextChoices):
    """The three states of a declaration of accessibility."""

    TOTALE = "totale", "Totalement conforme"
    PARTIELLE = "partielle", "Partiellement conforme"
    NON = "non", "Non conforme"


class InformationsLegalesManager(models.Manager["InformationsLegales"]):
    """The manager of the only row."""

    def dites(self) -> "InformationsLegales":
        """Return what the operator has said; before, a row with nothing in it."""
        return self.filter(pk=UNIQUE).first() or InformationsLegales(pk=UNIQUE)


def _ligne(nom: str, longueur: int = 200, aide: str = "") -> LigneField:
    return LigneField(nom, max_length=longueur, blank=True, validators=[valider_texte], help_text=aide)


def _lignes(nom: str, longueur: int, aide: str = "") -> LignesField:
    return LignesField(nom, max_length=longueur, blank=True, validators=[valider_texte], help_text=aide)


@pghistory.track()
class InformationsLegales(models.Model):
    """The fields of « Mentions légales », « Données personnelles » and « Accessibilité »: one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=UNIQUE, editable=False)
    editeur = _ligne("éditeur du site", aide="Nom ou raison sociale, et forme juridique.")
    editeur_adresse = _lignes("adresse de l'éditeur", 500)
    editeur_numero = _ligne("SIREN ou numéro d'inscription", 60)
    editeur_telephone = _ligne("téléphone de l'éditeur", 40)
    editeur_courriel = CourrielField("adresse e-mail de l'éditeur", max_length=160, blank=True)
    directeur = _ligne("directeur ou directrice de la publication", 120)
    hebergeur = _ligne("hébergeur", aide="Nom ou raison sociale.")
    hebergeur_adresse = _lignes("adresse de l'hébergeur", 500)
    hebergeur_telephone = _ligne("téléphone de l'hébergeur", 40)
    responsable = _ligne("responsable du traitement", aide="Vide : l'éditeur du site.")
    delegue = _ligne(
        "pour exercer ses droits", aide="À qui écrire : délégué à la protection des données, adresse e-mail."
    )
    conformite = models.CharField("état de conformité", max_length=10, choices=Conformite.choices, blank=True)
    taux = models.PositiveSmallIntegerField(
        "critères respectés, en %", null=True, blank=True, validators=[MaxValueValidator(100)],
        help_text="Tel que l'audit le donne.",
    )  # fmt: skip
    evaluee_le = models.DateField("date de l'audit", null=True, blank=True)
    evaluee_par = _ligne("audit fait par")
    defauts = _lignes("contenus non accessibles", 3000, "Un par ligne.")
    accessibilite_contact = _ligne("pour signaler un défaut d'accessibilité", aide="Adresse e-mail ou page.")
    modifie_le = DateDeModificationField("modifié le")

    objects = InformationsLegalesManager()

    class Meta:
        verbose_name = "informations légales"
        verbose_name_plural = "informations légales"
        constraints = [
            models.CheckConstraint(condition=Q(pk=UNIQUE), name="informations_legales_uniques"),
            models.CheckConstraint(
                condition=Q(conformite="") | Q(evaluee_le__isnull=False),
                name="informations_legales_audit",
                violation_error_message="Un état de conformité vient d'un audit : donnez sa date.",
            ),
        ]

    def __str__(self) -> str:
        return "Mentions légales, données personnelles, accessibilité"
