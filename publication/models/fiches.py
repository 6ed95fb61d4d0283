"""Models of what the public searches: a row per action that has something public, and its words."""

import datetime as dt
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Func

from organismes.models import Organisme
from publication.models.parutions import Contenu


class JoursField(models.Field):
    """A set of days, as a `datemultirange`. Only the database writes it."""

    def db_type(self, connection: Any) -> str:
        """Return the type of the column."""
        return "datemultirange"


# The day from which the days of an order are counted, and what comes after all that has a price, a date, a
# duration.
ORIGINE, APRES = dt.date(2000, 1, 1), "1e15"
# What the results are sorted by, as the search writes it: an index that is read in this order stops early.
ORDRES = {
    "prix": f"coalesce({{0}}prix, {APRES})::float8",
    "duree": f"coalesce({{0}}duree, {APRES})::float8",
    "date": f"coalesce({{0}}prochaine - DATE '{ORIGINE}', {APRES})::float8",
}


def _dans_l_ordre(nom: str) -> models.Index:
    """Return the index of this order."""
    ordre = Func(template=f"({ORDRES[nom].format('')})", output_field=models.FloatField())
    return models.Index(ordre, name=f"fiche_publique_par_{nom}")


class FichePublique(models.Model):
    """An action of which the public reads something now: what the public side filters and sorts by.

    The database alone writes these rows, in the transaction of whatever changes what is public
    (`publication/migrations/sql/fiches.sql`): `publication.fiches` says what they are.
    """

    action = models.OneToOneField(
        "catalogue.Action",
        primary_key=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="fiche_publique",
    )
    offre = models.ForeignKey(
        "catalogue.Offre", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    organisme = models.ForeignKey(
        Organisme, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    contenu_offre = models.ForeignKey(
        Contenu, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    contenu_action = models.ForeignKey(
        Contenu, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    # Of the contents.
    type_offre = models.TextField("type")
    certification = models.TextField("code de la certification")
    niveau = models.TextField("niveau")
    modalite = models.TextField("modalité d'enseignement")
    entrees = models.TextField("entrées et sorties")
    langue = models.TextField("langue")
    rythmes = ArrayField(models.TextField(), verbose_name="rythmes")
    accessible = models.BooleanField("lieu accessible")
    prix = models.DecimalField("prix TTC", max_digits=12, decimal_places=2, null=True)
    duree = models.IntegerField("durée en heures", null=True)
    # What places are found by: « 94550 chevilly larue »; empty when the action is wholly remote.
    lieu = models.TextField("clé du lieu")
    latitude = models.FloatField("latitude", null=True)
    longitude = models.FloatField("longitude", null=True)
    # Of the sessions that the public reads.
    du = models.DateField("premier jour public")
    nombre = models.IntegerField("nombre de sessions")
    prochaine = models.DateField("premier début", null=True)
    garantie = models.BooleanField("a une session garantie")
    debuts = JoursField("débuts")
    debuts_garantis = JoursField("débuts des sessions garanties")

    class Meta:
        verbose_name = "fiche publique"
        verbose_name_plural = "fiches publiques"
        indexes = [
            models.Index(fields=["lieu", "latitude", "longitude"], name="fiche_publique_par_place"),
            *map(_dans_l_ordre, ORDRES),
        ]

    def __str__(self) -> str:
        return f"action {self.action_id}"


class MotsPublics(models.Model):
    """The words of an action that the public has read, kept while its contents are the same.

    They are apart from `FichePublique`: a date that changes does not write them again.
    """

    action = models.OneToOneField(
        "catalogue.Action",
        primary_key=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="mots_publics",
    )
    contenu_offre = models.ForeignKey(
        Contenu, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    contenu_action = models.ForeignKey(
        Contenu, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    # Folded words, then French stems, of the title and the certification (A), of the organisme and the town
    # (B), of the points forts (C).
    mots = SearchVectorField("mots")
    racines = SearchVectorField("racines")
    # French stems of the long texts, without their places.
    contenus = SearchVectorField("racines des textes")
    # What is found whole and comes first: codes and identifiers.
    exacts = ArrayField(models.TextField(), verbose_name="codes et identifiants")

    class Meta:
        verbose_name = "mots publics"
        verbose_name_plural = "mots publics"
        indexes = [GinIndex(fields=["mots", "racines", "contenus", "exacts"], name="mots_publics_par_mot")]

    def __str__(self) -> str:
        return f"action {self.action_id}"
