"""What an offre leads to: a code of the RNCP or RS registers, a CPF code, or a theme for elected officials."""

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Concat

from catalogue.nomenclatures import TypeOffre
from catalogue.recherche import VecteurDeMots
from organismes.models.organisme import DateDeModificationField

# What the lookup reads: « RNCP38413 38413 TP Technicien supérieur... », for people also type the number alone.
TEXTE_CHERCHE = Concat(
    F("code"), Value(" "),
    Func(F("code"), Value("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), function="ltrim", output_field=TextField()), Value(" "),
    F("abrege"), Value(" "), F("intitule"),
    output_field=TextField(),
)  # fmt: skip


PERMIS = tuple(f"CPF{n}" for n in (206, 210, 211, 212, 213, 214, 215, 216, 217, 219, 220, 221, 222))
CERTIFICATIONS_DU_TYPE: dict[str, Q] = {
    TypeOffre.CERTIFIANTE.value: Q(type_certification__in=["rncp", "rs"]),
    TypeOffre.BILAN.value: Q(code="CPF202"),
    TypeOffre.VAE.value: Q(code="CPF200"),
    TypeOffre.PERMIS.value: Q(code__in=PERMIS),
    TypeOffre.CREATION.value: Q(code="CPF203"),
    TypeOffre.ELU.value: Q(type_certification="elu"),
}


CODE_IMPOSE = {TypeOffre.BILAN.value: "CPF202", TypeOffre.VAE.value: "CPF200", TypeOffre.CREATION.value: "CPF203"}


class CertificationQuerySet(models.QuerySet):
    def imposee(self, type_offre):
        return self.filter(code=CODE_IMPOSE[type_offre]).first() if type_offre in CODE_IMPOSE else None

    def propositions(self, q, t):
        return list(self.pour_type(t).filter(code__icontains=q)[:12])

    def pour_type(self, type_offre):
        return self.filter(CERTIFICATIONS_DU_TYPE[type_offre]) if type_offre in CERTIFICATIONS_DU_TYPE else self.none()


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

    objects = CertificationQuerySet.as_manager()

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
