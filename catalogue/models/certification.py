"""What an offre leads to: a code of the RNCP or RS registers, a CPF code, or a theme for elected officials."""

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Concat

from catalogue.recherche import VecteurDeMots
from organismes.models.organisme import DateDeModificationField

# What the lookup reads: « RNCP38413 38413 TP Technicien supérieur... », for people also type the number alone.
TEXTE_CHERCHE = Concat(
    F("code"), Value(" "),
    Func(F("code"), Value("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), function="ltrim", output_field=TextField()), Value(" "),
    F("abrege"), Value(" "), F("intitule"),
    output_field=TextField(),
)  # fmt: skip


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
    intitule = models.CharField("intitulé", max_length=1000)
    abrege = models.CharField("sigle", max_length=255, blank=True, help_text="« BTS », « TP »...")
    niveau = models.PositiveSmallIntegerField("niveau", null=True, blank=True, help_text="Du cadre européen, de 3 à 8.")
    # In their official order: [{"code": "RNCP38413BC01", "libelle": "..."}].
    blocs = models.JSONField("blocs de compétences", default=list, blank=True)
    # Names, in the order of the register.
    certificateurs = models.JSONField("certificateurs", default=list, blank=True)
    active = models.BooleanField("active", default=True)
    date_fin_enregistrement = models.DateField("fin d'enregistrement", null=True, blank=True)
    modifie_le = DateDeModificationField("modifié le")

    class Meta:
        verbose_name = "certification"
        verbose_name_plural = "certifications"
        ordering = ["code"]
        indexes = [GinIndex(VecteurDeMots(TEXTE_CHERCHE), name="certification_par_mots")]

    def __str__(self) -> str:
        return f"{self.code} - {self.intitule}"

    @property
    def url(self) -> str | None:
        """The official page of a registered certification; a CPF code or a theme has none."""
        if self.type_certification not in {self.Type.RNCP, self.Type.RS}:
            return None
        registre = self.type_certification
        return f"https://www.francecompetences.fr/recherche/{registre}/{self.code.removeprefix(registre.upper())}/"
