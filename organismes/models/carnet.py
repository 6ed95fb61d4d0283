"""The address book of an organisme: contacts and addresses, shared by its records."""

import pghistory
from django.db import models

from organismes.models.organisme import AppartenantQuerySet, DateDeModificationField, Organisme
from organismes.validateurs import normaliser_telephone, valider_code_postal, valider_telephone, valider_texte


class TelephoneField(models.CharField):
    """A telephone number, stored as digits with an optional + (domain 3.4)."""

    default_validators = [valider_telephone]

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("max_length", 25)
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value: object) -> object:
        """Spaces, dots and dashes are how people write, not what is stored."""
        return normaliser_telephone(value) if isinstance(value, str) else value


@pghistory.track()
class Contact(models.Model):
    """A person or a service that learners can reach (domain 3.4)."""

    class Civilite(models.TextChoices):
        """How the contact is addressed."""

        MADAME = "madame", "Madame"
        MONSIEUR = "monsieur", "Monsieur"

    organisme = models.ForeignKey(Organisme, on_delete=models.CASCADE, related_name="contacts", verbose_name="organisme")
    civilite = models.CharField("civilité", max_length=10, choices=Civilite.choices, blank=True)
    nom = models.CharField("nom", max_length=50, validators=[valider_texte])
    prenom = models.CharField("prénom", max_length=50, validators=[valider_texte])
    fonction = models.CharField("fonction", max_length=100, blank=True, validators=[valider_texte])
    telephone_fixe = TelephoneField("téléphone fixe")
    telephone_portable = TelephoneField("téléphone portable", blank=True)
    courriel = models.EmailField("courriel", max_length=160)
    modifie_le = DateDeModificationField("modifié le")

    objects = AppartenantQuerySet.as_manager()

    class Meta:
        verbose_name = "contact"
        verbose_name_plural = "contacts"
        ordering = ["nom", "prenom", "pk"]

    def __str__(self) -> str:
        return f"{self.prenom} {self.nom} - {self.courriel}"


@pghistory.track()
class Adresse(models.Model):
    """A structured French address (domain 3.5)."""

    class NatureVoie(models.TextChoices):
        """The nature of a street, with the official codes (domain 4.10)."""

        ALLEE = "ALL", "Allée"
        AVENUE = "AV", "Avenue"
        BOULEVARD = "BD", "Boulevard"
        CARREFOUR = "CAR", "Carrefour"
        CHEMIN = "CHE", "Chemin"
        COURS = "CRS", "Cours"
        DOMAINE = "DOM", "Domaine"
        ESPLANADE = "ESP", "Esplanade"
        FAUBOURG = "FG", "Faubourg"
        HAMEAU = "HAM", "Hameau"
        IMPASSE = "IMP", "Impasse"
        LOTISSEMENT = "LOT", "Lotissement"
        MAIL = "MAIL", "Mail"
        MARCHE = "MAR", "Marché"
        MONTEE = "MTE", "Montée"
        PARC = "PARC", "Parc"
        PASSAGE = "PAS", "Passage"
        PLACE = "PL", "Place"
        PLAINE = "PLN", "Plaine"
        PLATEAU = "PLT", "Plateau"
        PARVIS = "PRV", "Parvis"
        QUAI = "QUAI", "Quai"
        RESIDENCE = "RES", "Résidence"
        RUELLE = "RLE", "Ruelle"
        ROND_POINT = "RPT", "Rond-point"
        ROUTE = "RTE", "Route"
        RUE = "RUE", "Rue"
        SENTE = "SEN", "Sente, sentier"
        SQUARE = "SQ", "Square"
        TRAVERSE = "TRA", "Traverse"
        VILLA = "VLA", "Villa"
        VILLAGE = "VLGE", "Village"
        VOIE = "VOIE", "Voie"

    organisme = models.ForeignKey(Organisme, on_delete=models.CASCADE, related_name="adresses", verbose_name="organisme")
    titre = models.CharField("titre de l'adresse", max_length=30, validators=[valider_texte])
    denomination = models.CharField("dénomination", max_length=50, validators=[valider_texte])
    numero_voie = models.CharField("numéro de voie", max_length=4, blank=True, validators=[valider_texte])
    nature_voie = models.CharField("nature de la voie", max_length=4, choices=NatureVoie.choices, blank=True)
    libelle_voie = models.CharField("nom de la voie", max_length=32, blank=True, validators=[valider_texte])
    ligne_5 = models.CharField("lieu-dit ou boîte postale", max_length=50, blank=True, validators=[valider_texte])
    code_postal = models.CharField("code postal", max_length=5, validators=[valider_code_postal])
    ville = models.CharField("ville", max_length=50, validators=[valider_texte])
    conformite_reglementaire = models.BooleanField("conforme à la réglementation sur l'accessibilité", default=False)
    modifie_le = DateDeModificationField("modifié le")

    objects = AppartenantQuerySet.as_manager()

    class Meta:
        verbose_name = "adresse"
        verbose_name_plural = "adresses"
        ordering = ["titre", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisme", "titre"],
                name="adresse_titre_unique",
                violation_error_message="Une adresse porte déjà ce titre.",
            ),
            models.CheckConstraint(
                condition=~models.Q(libelle_voie="") | ~models.Q(ligne_5=""),
                name="adresse_voie_ou_ligne_5",
                violation_error_message="Indiquez la voie, ou à défaut le lieu-dit ou la boîte postale.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ligne_voie or self.ligne_5}, {self.code_postal} {self.ville}"

    @property
    def ligne_voie(self) -> str:
        """« 12 avenue de la Cité »."""
        return " ".join(filter(None, [self.numero_voie, self.get_nature_voie_display().lower(), self.libelle_voie]))

    @property
    def ville_affichee(self) -> str:
        """The town in capitals, as EDOF shows it (S-18)."""
        return self.ville.upper()
