"""The import: a file that a person gave, what it would do line by line, and what became of each line.

It is read, planned, applied and undone from its rows: nothing is lost when a worker or the broker stops.
"""

import datetime as dt
import hashlib
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterable
from contextlib import contextmanager
from typing import IO, Any, Self

from django.db import models
from django.db.models import Count, Q

from catalogue.cycle_de_vie import Origine
from catalogue.models import Action
from echanges.auteur import LIGNE_DE_COMMANDE
from echanges.decisions import Decision, bilan_de
from echanges.lignes import Anomalie, Demande, Gravite, LigneLue, Niveau
from edof.conservation import IMPORTS
from edof.horloge import maintenant
from lots.models import ContexteDonne, Issue
from organismes.droits import Acteur
from organismes.models import Jeton, Organisme, Utilisateur
from organismes.models.organisme import AppartenantQuerySet

# The file and the lines are kept that long, and the import may be undone; then they are erased.
JOURS_GARDES = IMPORTS.duree.days
_MORCEAU = 1_000_000


class Etat(models.TextChoices):
    """The progress of an import."""

    A_LIRE = "a_lire", "Lecture en cours"
    REFUSE = "refuse", "Fichier refusé"
    PLANIFIE = "planifie", "À vérifier"
    DEMANDE = "demande", "Application en cours"
    APPLIQUE = "applique", "Appliqué"
    A_ANNULER = "a_annuler", "Annulation en cours"
    ANNULE = "annule", "Annulé"


class Mode(models.TextChoices):
    """What is applied: the lines that may be, or all of them at once or none."""

    VALIDES = "valides", "Seulement les lignes valides"
    TOUT = "tout", "Tout ou rien"


class Porte(models.TextChoices):
    """Where the file came through."""

    ECRAN = "ecran", "Écran"
    API = "api", "API"
    COMMANDE = "commande", "Ligne de commande"


class Retour(models.TextChoices):
    """What the undoing did of a line (D-48)."""

    A_FAIRE = "", "À faire"
    REMISE = "remise", "Remise comme avant"
    GARDEE = "gardee", "Gardée : changée depuis"
    IMPOSSIBLE = "impossible", "Impossible"


class ImportQuerySet(AppartenantQuerySet):
    """Imports, with those that the worker must carry on or forget."""

    def a_avancer(self) -> Self:
        """Return the imports to read, to apply or to undo, the oldest first."""
        return self.filter(etat__in=[Etat.A_LIRE, Etat.DEMANDE, Etat.A_ANNULER]).order_by("modifie_le", "pk")

    def a_oublier(self) -> Self:
        """Return the imports whose file and lines have been kept for thirty days."""
        limite = maintenant() - dt.timedelta(days=JOURS_GARDES)
        return self.filter(cree_le__lt=limite, efface_le=None).exclude(
            etat__in=[Etat.DEMANDE, Etat.A_ANNULER]
        )


class Import(models.Model):
    """A file, and what it does to the catalogue of one organisme."""

    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, related_name="imports", verbose_name="organisme"
    )
    par = models.ForeignKey(
        Utilisateur, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="déposé par"
    )
    jeton = models.ForeignKey(
        Jeton, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="avec le jeton"
    )
    porte = models.CharField("porte", max_length=10, choices=Porte.choices, default=Porte.ECRAN)
    # The action of the sessions whose line names none.
    action = models.ForeignKey(
        Action, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="action"
    )
    nom = models.CharField("fichier", max_length=255)
    taille = models.PositiveIntegerField("taille", default=0)
    # SHA-256 of the file.
    empreinte = models.CharField("empreinte", max_length=64, blank=True)
    etat = models.CharField("état", max_length=10, choices=Etat.choices, default=Etat.A_LIRE)
    refus = models.TextField("refus", blank=True)
    # How it was read (echanges.tableur.Lecture), and what a person said of it.
    lecture = models.JSONField("lecture", default=dict)
    choix = models.JSONField("choix", default=dict)
    mode = models.CharField("mode", max_length=10, choices=Mode.choices, default=Mode.VALIDES)
    nombre = models.PositiveIntegerField("nombre de lignes", default=0)
    # The number of lines by result, once applied.
    bilan = models.JSONField("bilan", default=dict)
    cree_le = models.DateTimeField("déposé le", default=maintenant)
    modifie_le = models.DateTimeField("avancé le", default=maintenant)
    demande_le = models.DateTimeField("demandé le", null=True)
    fini_le = models.DateTimeField("fini le", null=True)
    annule_le = models.DateTimeField("annulé le", null=True)
    annule_par = models.ForeignKey(
        Utilisateur, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="annulé par"
    )
    efface_le = models.DateTimeField("fichier effacé le", null=True)
    # The contexts of the history that hold all that it changes, and all that its undoing changes.
    contexte = models.UUIDField("contexte", default=uuid.uuid4, unique=True)
    contexte_du_retour = models.UUIDField("contexte du retour", default=uuid.uuid4, unique=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = "import"
        verbose_name_plural = "imports"
        ordering = ["-cree_le", "-pk"]
        constraints = [models.CheckConstraint(condition=Q(etat__in=Etat.values), name="import_etat_connu")]
        indexes = [
            models.Index(fields=["organisme", "-cree_le"], name="import_par_date"),
            models.Index(fields=["organisme", "empreinte"], name="import_par_empreinte"),
            models.Index(
                fields=["modifie_le"],
                condition=Q(etat__in=[Etat.A_LIRE.value, Etat.DEMANDE.value, Etat.A_ANNULER.value]),
                name="import_a_avancer",
            ),
        ]

    def __str__(self) -> str:
        return self.nom

    @property
    def acteur(self) -> Acteur | None:
        """Return who gave it, with the rights that they have now; None when the account is gone."""
        return LIGNE_DE_COMMANDE if self.porte == Porte.COMMANDE else self.jeton or self.par

    @property
    def auteur_du_retour(self) -> Acteur | None:
        """Return who asked for its undoing."""
        return self.annule_par or self.acteur

    def historique(self, contexte: uuid.UUID, acteur: Acteur, operation: str) -> ContexteDonne:
        """Return the context manager that writes a set of records in the history of the import."""
        origine = Origine.API if self.porte == Porte.API else Origine.IMPORT
        return ContexteDonne(
            contexte, operation=operation, origine=str(origine), importation=self.pk, **acteur.signature
        )

    # --- The file ---

    def garder(self, morceaux: Iterable[bytes]) -> None:
        """Keep the file, in pieces: neither writing it nor reading it holds it whole in memory."""
        self.morceaux.all().delete()
        resume, taille, rang = hashlib.sha256(), 0, 0
        for octets in morceaux:
            resume.update(octets)
            for debut in range(0, len(octets), _MORCEAU):
                MorceauDeFichier.objects.create(
                    importation=self, rang=rang, octets=octets[debut : debut + _MORCEAU]
                )
                rang += 1
            taille += len(octets)
        self.taille, self.empreinte = taille, resume.hexdigest()

    @contextmanager
    def ouvrir(self) -> Any:
        """Give the file, to be read."""
        fichier: IO[bytes]
        with tempfile.SpooledTemporaryFile(max_size=4 * _MORCEAU) as fichier:
            for octets in self.morceaux.order_by("rang").values_list("octets", flat=True).iterator(4):
                fichier.write(octets)
            fichier.seek(0)
            yield fichier

    def deja_applique(self) -> "Import | None":
        """Return the latest import of the same file that was applied and not undone, None without any."""
        memes = Import.objects.filter(
            organisme=self.organisme_id, empreinte=self.empreinte, etat__in=[Etat.APPLIQUE, Etat.DEMANDE]
        )
        return memes.exclude(pk=self.pk).select_related("par", "jeton").order_by("-demande_le").first()

    def comptes(self) -> dict[str, int]:
        """Return the number of lines by issue."""
        lus = self.lignes.order_by().values_list("issue").annotate(nombre=Count("pk"))
        return {**dict.fromkeys(Issue.values, 0), **dict(lus)}

    def decisions(self) -> dict[str, int]:
        """Return the number of lines by decision."""
        lues = self.lignes.order_by().values_list("decision").annotate(nombre=Count("pk"))
        return {**dict.fromkeys(Decision.values, 0), **dict(lues)}

    def a_verifier(self) -> models.QuerySet["LigneImport"]:
        """Return the lines that would be written, and about which something deserves a look."""
        dites = [{"gravite": Gravite.AVERTISSEMENT.value}]
        return self.lignes.filter(
            decision__in=(Decision.CREATION, Decision.MODIFICATION), anomalies__contains=dites
        )

    def decomptes(self) -> dict[str, int]:
        """Return the number of lines by decision, under the names of the API."""
        return bilan_de(Counter(self.decisions()).elements())

    def oublier(self) -> None:
        """Erase the file and the lines; the journal keeps who, when, and how many."""
        self.morceaux.all().delete()
        self.lignes.all().delete()
        Import.objects.filter(pk=self.pk).update(efface_le=maintenant(), choix={}, lecture={})


class MorceauDeFichier(models.Model):
    """A piece of a file."""

    importation = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="morceaux", db_index=False)
    rang = models.PositiveIntegerField()
    octets = models.BinaryField()

    class Meta:
        verbose_name = "morceau de fichier"
        verbose_name_plural = "morceaux de fichier"
        ordering = ["rang"]
        constraints = [models.UniqueConstraint(fields=["importation", "rang"], name="morceau_unique")]

    def __str__(self) -> str:
        return f"{self.importation_id}, {self.rang}"


class LigneImport(models.Model):
    """A line of an import: what it says, what it would do, what became of it."""

    importation = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="lignes", db_index=False)
    # The order of the application: contacts and addresses, offres, actions, sessions.
    rang = models.PositiveIntegerField()
    ligne = models.PositiveIntegerField()
    # The sheet, when several are read.
    feuille = models.CharField(max_length=100, default="", blank=True)
    # What a person typed or unticked is kept under this number: two records may stand on one line of an XML.
    repere = models.PositiveIntegerField()
    niveau = models.CharField(max_length=10, choices=Niveau.choices)
    chemin = models.JSONField(default=list)
    # What the file says, in the types of the API; as it was written; of something that it does not change.
    dites = models.JSONField(default=dict)
    ecrites = models.JSONField(default=dict)
    temoins = models.JSONField(default=dict)
    # The fields that a person repaired: the text that was read, the one that was typed.
    corrections = models.JSONField(default=dict)
    demande = models.CharField(max_length=10, choices=Demande.choices, blank=True)
    decision = models.CharField(max_length=12, choices=Decision.choices)
    validable = models.BooleanField(default=False)
    valeurs = models.JSONField(default=dict)
    changements = models.JSONField(default=dict)
    anomalies = models.JSONField(default=list)
    # The record that exists, and its version when it was shown.
    cle = models.BigIntegerField(null=True)
    vue = models.CharField(max_length=40, blank=True)
    choisie = models.BooleanField(default=True)
    issue = models.CharField(max_length=10, choices=Issue.choices, default=Issue.A_FAIRE, blank=True)
    code = models.CharField(max_length=60, default="", blank=True)
    phrase = models.TextField(default="", blank=True)
    retour = models.CharField(max_length=10, choices=Retour.choices, default=Retour.A_FAIRE, blank=True)
    phrase_du_retour = models.TextField(default="", blank=True)

    class Meta:
        verbose_name = "ligne d'un import"
        verbose_name_plural = "lignes d'un import"
        ordering = ["rang"]
        constraints = [
            models.UniqueConstraint(fields=["importation", "rang"], name="ligne_d_import_unique"),
            models.CheckConstraint(condition=Q(issue__in=Issue.values), name="ligne_d_import_issue_connue"),
        ]
        indexes = [
            models.Index(fields=["importation", "decision", "rang"], name="ligne_d_import_par_decision"),
            models.Index(fields=["importation", "issue", "rang"], name="ligne_d_import_par_issue"),
        ]

    def __str__(self) -> str:
        return self.nom

    @property
    def nom(self) -> str:
        """Return the identifier of the record."""
        return str(self.chemin[-1]) if self.chemin else ""

    @property
    def place(self) -> str:
        """Return where it is in the file: « Ligne 3 », « Actions, ligne 3 »."""
        return f"{self.feuille}, ligne {self.ligne}" if self.feuille else f"Ligne {self.ligne}"

    def lue(self) -> LigneLue:
        """Return the line as the plan compares it."""
        return LigneLue(
            self.ligne, Niveau(self.niveau), tuple(self.chemin), dict(self.dites),
            demande=Demande(self.demande), ecrites=dict(self.ecrites), temoins=dict(self.temoins),
            feuille=self.feuille, repere=self.repere,
        )  # fmt: skip

    def dites_en_anomalies(self) -> list[Anomalie]:
        """Return what is said of the line."""
        return [Anomalie(**{**dite, "gravite": Gravite(dite["gravite"])}) for dite in self.anomalies]


class Correspondance(models.Model):
    """How an organisme reads the tables that have the same titles: columns, and values for every line."""

    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, related_name="correspondances", verbose_name="organisme"
    )
    empreinte = models.CharField("empreinte des titres", max_length=32)
    colonnes = models.JSONField("colonnes", default=dict)
    fixes = models.JSONField("valeurs pour toutes les lignes", default=dict)
    modifie_le = models.DateTimeField("modifiée le", default=maintenant)

    class Meta:
        verbose_name = "correspondance de colonnes"
        verbose_name_plural = "correspondances de colonnes"
        constraints = [
            models.UniqueConstraint(fields=["organisme", "empreinte"], name="correspondance_unique")
        ]

    def __str__(self) -> str:
        return self.empreinte


class MotRetenu(models.Model):
    """A word of the files of an organisme, and what it means for a field: said once, kept."""

    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, related_name="mots_retenus", verbose_name="organisme"
    )
    champ = models.CharField("champ", max_length=40)
    # Folded.
    mot = models.CharField("mot", max_length=400)
    valeur = models.CharField("valeur", max_length=400, blank=True)
    modifie_le = models.DateTimeField("modifié le", default=maintenant)

    class Meta:
        verbose_name = "mot retenu"
        verbose_name_plural = "mots retenus"
        constraints = [
            models.UniqueConstraint(fields=["organisme", "champ", "mot"], name="mot_retenu_unique")
        ]

    def __str__(self) -> str:
        return f"{self.mot} : {self.valeur}"
