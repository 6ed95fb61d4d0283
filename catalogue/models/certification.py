"""What an offre leads to: a code of the RNCP or RS registers, a CPF code, or a theme for elected officials."""

import pghistory
from django.db import models

from organismes.models.organisme import DateDeModificationField


@pghistory.track()
class Certification(models.Model):
    """A certification or a theme (domain 3.1, 4.1, 9.1)."""

    class Type(models.TextChoices):
        """The register that holds it."""

        RNCP = "rncp", "RNCP"
        RS = "rs", "Répertoire spécifique"
        CPF = "cpf", "Code CPF"
        ELU = "elu", "Thématique DIF élu"

    code = models.CharField("code", max_length=10, unique=True)
    type_certification = models.CharField("type", max_length=4, choices=Type.choices)
    intitule = models.CharField("intitulé", max_length=500)
    niveau = models.PositiveSmallIntegerField("niveau", null=True, blank=True)
    active = models.BooleanField("active", default=True)
    date_fin_enregistrement = models.DateField("fin d'enregistrement", null=True, blank=True)
    modifie_le = DateDeModificationField("modifié le")

    class Meta:
        verbose_name = "certification"
        verbose_name_plural = "certifications"
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} - {self.intitule}"

    @property
    def url(self) -> str | None:
        """The official page of a registered certification; a CPF code or a theme has none."""
        if self.type_certification not in {self.Type.RNCP, self.Type.RS}:
            return None
        registre = self.type_certification
        return f"https://www.francecompetences.fr/recherche/{registre}/{self.code.removeprefix(registre.upper())}/"
