"""The lot: one operation that a person asks for many records, and what becomes of each.

The lot keeps the keys and the versions of the records that were shown (D-40). It is executed from its rows,
so that nothing is lost when a worker or the broker stops.
"""

import datetime as dt
import uuid
from typing import Any, Self

import pghistory
from django.db import connection, models
from django.db.models import Count, Q, QuerySet
from pghistory import runtime

from catalogue.cycle_de_vie import Origine
from catalogue.models import Fiche
from catalogue.models.fiche import niveaux
from edof.conservation import LOTS
from edof.horloge import maintenant
from organismes.droits import Acteur
from organismes.models import Jeton, Organisme, Utilisateur
from organismes.models.organisme import AppartenantQuerySet

# The report is kept that long, then the lot is deleted with its lines.
JOURS_GARDES = LOTS.duree.days
# The largest lot: what the screens, the report and the undoing were measured with.
FICHES_AU_PLUS = 20_000
# How the records of a lot that a program sent were chosen: it asks for something else of each (api/lots).
PROGRAMME = "programme"


class Etat(models.TextChoices):
    """The progress of a lot."""

    PREPARE = "prepare", "À confirmer"
    DEMANDE = "demande", "En cours"
    ARRETE = "arrete", "Arrêté"
    FINI = "fini", "Terminé"


class Issue(models.TextChoices):
    """What became of a record of the lot."""

    A_FAIRE = "", "À faire"
    FAITE = "faite", "Faite"
    INCHANGEE = "inchangee", "Déjà ainsi"
    REFUSEE = "refusee", "Refusée"


class LotQuerySet(AppartenantQuerySet):
    """Lots, with those that the worker must carry out or forget."""

    def des_ecrans(self) -> Self:
        """Return the lots whose records are asked the same thing: those that the screens show."""
        return self.exclude(choix=PROGRAMME)

    def des_programmes(self) -> Self:
        """Return the lots that programs sent, and what undoes them."""
        return self.filter(choix=PROGRAMME)

    def a_avancer(self) -> Self:
        """Return the lots that were asked for and are not finished, the oldest first."""
        return self.filter(etat=Etat.DEMANDE).order_by("demande_le", "pk")

    def perimes(self) -> Self:
        """Return the lots whose report has been kept for ninety days."""
        return self.filter(cree_le__lt=maintenant() - dt.timedelta(days=JOURS_GARDES)).exclude(
            etat=Etat.DEMANDE
        )


class Lot(models.Model):
    """One operation on many records of one level and one organisme."""

    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, related_name="lots", verbose_name="organisme"
    )
    niveau = models.CharField("niveau", max_length=10)
    # A key of `OPERATIONS` (lots/operations.py), and what it needs to know.
    operation = models.CharField("opération", max_length=20)
    parametres = models.JSONField("paramètres", default=dict)
    # How many records it has.
    nombre = models.PositiveIntegerField("nombre de fiches", default=0)
    # How the records were chosen (a slug), and the page to go back to.
    choix = models.CharField("choix", max_length=10, default="cochees")
    retour = models.TextField("page de retour", default="")
    par = models.ForeignKey(
        Utilisateur, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="demandée par"
    )
    jeton = models.ForeignKey(
        Jeton, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="avec le jeton"
    )
    origine = models.CharField("origine", max_length=20, choices=Origine.choices, default=Origine.FORMULAIRE)
    etat = models.CharField("état", max_length=10, choices=Etat.choices, default=Etat.PREPARE)
    cree_le = models.DateTimeField("préparée le", default=maintenant)
    demande_le = models.DateTimeField("demandée le", null=True)
    fini_le = models.DateTimeField("finie le", null=True)
    # The context of the history that holds all that the lot changes.
    contexte = models.UUIDField("contexte", default=uuid.uuid4, unique=True)
    # The lot that this one undoes.
    annule = models.OneToOneField(
        "self", on_delete=models.CASCADE, null=True, related_name="annulation", verbose_name="annule"
    )

    objects = LotQuerySet.as_manager()

    class Meta:
        verbose_name = "opération en nombre"
        verbose_name_plural = "opérations en nombre"
        ordering = ["-cree_le", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(etat__in=Etat.values), name="lot_etat_connu"),
        ]
        indexes = [
            models.Index(fields=["organisme", "-cree_le"], name="lot_par_date"),
            models.Index(fields=["demande_le"], condition=Q(etat=Etat.DEMANDE.value), name="lot_a_avancer"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} ({self.niveau})"

    @property
    def modele(self) -> type[Fiche]:
        """Return the level of the records."""
        return niveaux()[self.niveau]

    @property
    def acteur(self) -> Acteur | None:
        """Return who asked for it, with the rights that they have now; None when the account is gone."""
        return self.jeton or self.par

    def contexte_de_l_historique(self) -> "ContexteDonne":
        """Return the context manager that writes the history of a set of records in that of the lot."""
        acteur = self.acteur
        return ContexteDonne(
            self.contexte,
            operation=self.operation,
            origine=self.origine,
            lot=self.pk,
            **(acteur.signature if acteur else {}),
        )

    def figer(self, ensemble: QuerySet[Any]) -> int:
        """Keep the keys and the versions of these records, in their order; return how many."""
        sql, parametres = ensemble.values_list("pk", "version", "identifiant").query.sql_with_params()
        with connection.cursor() as curseur:
            curseur.execute(
                f"INSERT INTO {LigneDeLot._meta.db_table} (lot_id, cle, version, nom, issue, code, phrase)"
                f" SELECT %s, choisie.*, '', '', '' FROM ({sql}) AS choisie",
                (self.pk, *parametres),
            )
            self.nombre = int(curseur.rowcount)
        self.save(update_fields=["nombre"])
        return self.nombre

    def figer_de_nouveau(self) -> None:
        """Take the records that remain as they are now: what is shown next is what will be acted on."""
        with connection.cursor() as curseur:
            curseur.execute(
                f"UPDATE {LigneDeLot._meta.db_table} AS ligne SET version = fiche.version"
                f" FROM {self.modele._meta.db_table} AS fiche WHERE fiche.id = ligne.cle"
                " AND ligne.lot_id = %s AND ligne.issue = '' AND fiche.version <> ligne.version",
                [self.pk],
            )

    def comptes(self) -> dict[str, int]:
        """Return the number of records by issue."""
        lus = self.lignes.order_by().values_list("issue").annotate(nombre=Count("pk"))
        return {**dict.fromkeys(Issue.values, 0), **dict(lus)}


class LigneDeLot(models.Model):
    """One record of a lot: the version that was shown, and what became of it."""

    lot = models.ForeignKey(Lot, on_delete=models.CASCADE, related_name="lignes", db_index=False)
    cle = models.BigIntegerField()
    version = models.PositiveIntegerField()
    # Its identifier when it was chosen: the report still names a record that was deleted since.
    nom = models.CharField(max_length=30)
    issue = models.CharField(max_length=10, choices=Issue.choices, default=Issue.A_FAIRE, blank=True)
    # Why it was refused: the slug of the rule, and its sentence.
    code = models.CharField(max_length=60, default="", blank=True)
    phrase = models.TextField(default="", blank=True)
    # What a program asks for this record (`cle` is then its rank), and what it is answered.
    demande = models.JSONField(null=True)
    reponse = models.JSONField(null=True)

    class Meta:
        verbose_name = "fiche d'une opération en nombre"
        verbose_name_plural = "fiches d'une opération en nombre"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["lot", "cle"], name="ligne_de_lot_unique"),
            models.CheckConstraint(condition=Q(issue__in=Issue.values), name="ligne_de_lot_issue_connue"),
        ]
        indexes = [models.Index(fields=["lot", "issue", "id"], name="ligne_de_lot_par_issue")]

    def __str__(self) -> str:
        return self.nom


class ContexteDonne(pghistory.context):
    """A context of the history with a given key: the same in each transaction of a lot, of an import."""

    def __init__(self, cle: uuid.UUID, **metadata: Any) -> None:
        super().__init__(**metadata)
        self._cle = cle

    def __enter__(self) -> Any:
        super().__enter__()
        # pghistory draws a key of its own and offers no way to give one.
        runtime._tracker.value = runtime._tracker.value._replace(id=self._cle)
        return runtime._tracker.value
