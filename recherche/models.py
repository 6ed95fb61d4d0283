"""Models of the search: communes, synonyms, and the words that one may mistype."""

from typing import Any

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Value

from catalogue.recherche_de_certification import mots
from edof.champs import LigneField
from edof.textes import valider_texte
from organismes.models.organisme import DateDeModificationField


class Commune(models.Model):
    """A commune, as `recherche/donnees/communes.csv.gz` gives it."""

    insee = models.CharField("code INSEE", max_length=5, primary_key=True)
    nom = models.TextField("nom")
    departement = models.CharField("département", max_length=3)
    codes_postaux = ArrayField(models.CharField(max_length=5), verbose_name="codes postaux")
    population = models.IntegerField("population")
    latitude = models.FloatField("latitude", null=True)
    longitude = models.FloatField("longitude", null=True)
    # True when the position is not that of the town itself.
    environ = models.BooleanField("position approchée")
    # The name as `cle_du_lieu` writes it.
    cherche = models.GeneratedField(
        expression=Func(Value(""), F("nom"), function="cle_du_lieu", output_field=models.TextField()),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = "commune"
        verbose_name_plural = "communes"
        indexes = [
            models.Index(OpClass("cherche", name="text_pattern_ops"), name="commune_par_nom"),
            models.Index(fields=["latitude", "longitude"], name="commune_par_position"),
            models.Index(fields=["departement"], name="commune_par_departement"),
        ]

    def __str__(self) -> str:
        return f"{self.nom} ({self.code_postal})"

    @property
    def code_postal(self) -> str:
        """Return the first postal code; the code INSEE when there is none."""
        return self.codes_postaux[0] if self.codes_postaux else self.insee


class Lieu(models.Model):
    """What an address says of its town (`FichePublique.lieu`), and the commune that it means."""

    cle = models.TextField("clé", primary_key=True)
    commune = models.ForeignKey(Commune, on_delete=models.CASCADE, related_name="lieux")
    # True when only the postal code was recognised.
    environ = models.BooleanField("reconnu par son code postal seul", default=False)

    class Meta:
        verbose_name = "lieu"
        verbose_name_plural = "lieux"
        indexes = [models.Index(OpClass("cle", name="text_pattern_ops"), name="lieu_par_code_postal")]

    def __str__(self) -> str:
        return self.cle


class Densite(models.Model):
    """How many formations are at some two kilometres around a point, as the last night has counted them.

    A search learns from it how far around a place it must look, before it reads any of them.
    """

    latitude = models.FloatField("latitude")
    longitude = models.FloatField("longitude")
    formations = models.IntegerField("nombre de formations")

    class Meta:
        verbose_name = "densité"
        verbose_name_plural = "densités"
        indexes = [models.Index(fields=["latitude", "longitude"], name="densite_par_position")]

    def __str__(self) -> str:
        return f"{self.latitude}, {self.longitude}"


@pghistory.track()
class Synonyme(models.Model):
    """Words and expressions that mean the same: whoever writes one of them finds the others."""

    AU_PLUS = 4

    expressions = LigneField(
        "expressions équivalentes",
        max_length=200,
        unique=True,
        validators=[valider_texte],
        help_text="Séparées par des virgules, de deux à quatre : « CACES, cariste ».",
    )
    modifie_le = DateDeModificationField("modifié le")

    class Meta:
        verbose_name = "synonymes"
        verbose_name_plural = "synonymes"
        ordering = ["expressions"]

    def __str__(self) -> str:
        return self.expressions

    def clean(self) -> None:
        """Check that there are two to four expressions, each with a word."""
        super().clean()
        if not 2 <= len(self.suites) <= self.AU_PLUS:
            raise ValidationError(
                {"expressions": "Écrivez de deux à quatre expressions, séparées par des virgules."}
            )

    @property
    def suites(self) -> list[tuple[str, ...]]:
        """Return the words of each expression."""
        suites: list[Any] = [tuple(mots(texte)) for texte in self.expressions.split(",")]
        return [suite for suite in dict.fromkeys(suites) if suite]


class MotConnu(models.Model):
    """A word of what is public, with the number of actions that have it."""

    mot = models.TextField("mot", primary_key=True, db_collation="C")
    nombre = models.IntegerField("nombre d'actions")

    class Meta:
        verbose_name = "mot connu"
        verbose_name_plural = "mots connus"

    def __str__(self) -> str:
        return self.mot


class MotTronque(models.Model):
    """The beginning of a known word, whole or without one letter: what a mistyped word may share with it."""

    cle = models.TextField("début tronqué", db_collation="C")
    mot = models.TextField("mot", db_collation="C")

    class Meta:
        verbose_name = "mot tronqué"
        verbose_name_plural = "mots tronqués"
        indexes = [
            models.Index(fields=["cle"], name="mot_tronque_par_cle"),
            models.Index(fields=["mot"], name="mot_tronque_par_mot"),
        ]

    def __str__(self) -> str:
        return self.cle


class NombresGardes(models.Model):
    """The numbers of the search that asks for nothing, and what they are the numbers of: a single row."""

    jour = models.DateField("jour", unique=True)
    # The state of what the public reads (publication/mouvements.py).
    etat = models.BigIntegerField("état du public")
    nombres = models.JSONField("nombres")

    class Meta:
        verbose_name = "nombres gardés"
        verbose_name_plural = "nombres gardés"

    def __str__(self) -> str:
        return f"{self.jour}"


class Entretien(models.Model):
    """The last run after which words and places were read again: a single row."""

    jour = models.DateField("publication suivie", unique=True)

    class Meta:
        verbose_name = "entretien"
        verbose_name_plural = "entretiens"

    def __str__(self) -> str:
        return f"{self.jour}"
