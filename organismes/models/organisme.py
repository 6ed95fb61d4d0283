"""The organisme de formation: one « espace », identified by its SIRET, with its Qualiopi certificates."""

import datetime as dt
from typing import Any, Self

import pghistory
import pgtrigger
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from edof.champs import CodeField, JourField, LigneField
from edof.gardees import Donnee
from edof.horloge import maintenant
from edof.pliage import tri_francais
from edof.textes import valider_texte
from edof.trios import IndexDesTrios
from organismes.validateurs import valider_nda, valider_siret


class AppartenantQuerySet(models.QuerySet):
    """A queryset of records that belong to an organisme.

    Every back-office query starts from `pour_organisme`.
    """

    def pour_organisme(self, organisme: "Organisme | None") -> "AppartenantQuerySet":
        """Return the records of this organisme only; none when `organisme` is None."""
        return self.filter(organisme=organisme) if organisme is not None else self.none()


# Stands for the organisme in a query that is kept: `pour_organisme(ORGANISME_DONNE)`, then
# `lire(organisme=12)`.
ORGANISME_DONNE: Any = Donnee("organisme")


class DateDeModificationField(models.DateTimeField):
    """The instant of the last save, by the project's clock.

    The publication uses it to find the past state of records (D-22).
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("editable", False)
        kwargs.setdefault("default", maintenant)
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> object:
        """Set the current instant at each save."""
        instant = maintenant()
        setattr(model_instance, self.attname, instant)
        return instant


# How the SIRET of a sandbox begins. No company has a SIREN that begins with a zero: a sandbox never takes the
# place of anybody, and whoever reads its number in a file sees what it is.
SIRET_DE_BAC = "000"
# The one condition for a record to be read beyond its organisme: nothing of a sandbox is ever public.
HORS_DES_BACS_A_SABLE = Q(organisme__bac_a_sable=False)


@pghistory.track()
class Organisme(models.Model):
    """An organisme de formation, owner of a catalogue."""

    raison_sociale = LigneField("raison sociale", max_length=255, validators=[valider_texte])
    siret = CodeField("SIRET", max_length=14, unique=True, validators=[valider_siret])
    nda = CodeField("numéro de déclaration d'activité", max_length=11, blank=True, validators=[valider_nda])
    suspendu = models.BooleanField(
        "suspendu",
        default=False,
        help_text="Un organisme suspendu ne publie plus : ses sessions quittent la partie publique.",
    )
    # A sandbox is made so, and stays so: nothing of it is ever public.
    bac_a_sable = models.BooleanField("bac à sable", default=False, db_default=False, editable=False)
    # Sign-ins begun after it need a second factor: nobody loses what they were typing.
    second_facteur_exige_le = models.DateTimeField("second facteur exigé le", null=True, editable=False)
    cree_le = models.DateTimeField("créé le", default=maintenant, editable=False)
    modifie_le = DateDeModificationField("modifié le", db_index=True)

    class Meta:
        verbose_name = "organisme"
        verbose_name_plural = "organismes"
        permissions = [
            ("visiter_organisme", "Voir comme un organisme, sans rien changer"),
            ("suspendre_organisme", "Suspendre un organisme"),
        ]
        ordering = [*tri_francais("raison_sociale"), "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(bac_a_sable=True, siret__startswith=SIRET_DE_BAC)
                | (Q(bac_a_sable=False) & ~Q(siret__startswith=SIRET_DE_BAC)),
                name="organisme_siret_de_bac",
                violation_error_message=(
                    "Les SIRET qui commencent par 000 sont ceux des bacs à sable, et d'eux seuls."
                ),
            ),
        ]
        triggers = [pgtrigger.ReadOnly(name="bac_a_sable_fixe", fields=["bac_a_sable"])]
        indexes = [
            # The admin list sorts twenty thousand organismes in this order, and searches by the next three.
            models.Index(*tri_francais("raison_sociale"), "id", name="organisme_par_nom"),
            IndexDesTrios("raison_sociale", name="organisme_par_trios"),
            models.Index(OpClass(Upper("siret"), name="text_pattern_ops"), name="organisme_par_siret"),
            models.Index(OpClass(Upper("nda"), name="text_pattern_ops"), name="organisme_par_nda"),
            # What the public searches asks, at each change, which organismes to leave out.
            models.Index(fields=["id"], condition=Q(bac_a_sable=True), name="organisme_bac_a_sable"),
        ]

    def __str__(self) -> str:
        return self.raison_sociale

    @property
    def nda_affiche(self) -> str:
        """Return the NDA in groups, as people read it: « 11 94 06789 94 »."""
        n = self.nda
        return f"{n[:2]} {n[2:4]} {n[4:9]} {n[9:]}" if len(n) == 11 else n


class QualiopiQuerySet(models.QuerySet["Qualiopi"]):
    """Qualiopi certificates."""

    def valables(self, jour: dt.date) -> Self:
        """Return the certificates that are valid on this day."""
        return self.filter(du__lte=jour).filter(Q(au__isnull=True) | Q(au__gte=jour))


@pghistory.track()
class Qualiopi(models.Model):
    """The Qualiopi certificate of an organisme for one category of training."""

    class Categorie(models.TextChoices):
        """The four categories of the certificate."""

        ACTIONS_DE_FORMATION = "actions_de_formation", "Actions de formation"
        BILANS_DE_COMPETENCES = "bilans_de_competences", "Bilans de compétences"
        VAE = "vae", "Validation des acquis de l'expérience"
        APPRENTISSAGE = "apprentissage", "Actions de formation par apprentissage"

    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, related_name="qualiopi", verbose_name="organisme"
    )
    categorie = models.CharField("catégorie", max_length=30, choices=Categorie.choices)
    du = JourField("valable du")
    au = JourField("au", null=True, blank=True, help_text="Dernier jour de validité ; vide : sans terme.")
    modifie_le = DateDeModificationField("modifié le", db_index=True)

    objects = QualiopiQuerySet.as_manager()

    class Meta:
        verbose_name = "certificat Qualiopi"
        verbose_name_plural = "certificats Qualiopi"
        constraints = [
            models.UniqueConstraint(fields=["organisme", "categorie", "du"], name="qualiopi_unique"),
            models.CheckConstraint(
                condition=Q(au__isnull=True) | Q(au__gte=F("du")),
                name="qualiopi_dates",
                violation_error_message="La fin de validité précède le début.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_categorie_display()
