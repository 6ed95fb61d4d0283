"""What was published: contents, parutions, and the ledger of the runs."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from edof.horloge import maintenant
from organismes.models import Organisme


class Contenu(models.Model):
    """The content of an offre or of an action as it was published: immutable, shared by all the parutions that show it."""

    empreinte = models.CharField("empreinte SHA-256", max_length=64, unique=True)
    contenu = models.JSONField("contenu")

    class Meta:
        verbose_name = "contenu publié"
        verbose_name_plural = "contenus publiés"

    def __str__(self) -> str:
        return self.empreinte[:12]


class ParutionQuerySet(models.QuerySet):
    """What was public, and what is."""

    def au_jour(self, jour: object) -> Self:
        """What was public on that day (D-21)."""
        return self.filter(Q(au__isnull=True) | Q(au__gt=jour), du__lte=jour)


class Parution(models.Model):
    """A copy of a session, with its action and offre, as they stood at a run: public from `du`, no longer from `au` (D-21)."""

    # No database constraint: what was public stays known when the records are deleted.
    session = models.ForeignKey("sessions_app.Session", on_delete=models.DO_NOTHING, db_constraint=False, related_name="parutions")
    action = models.ForeignKey("catalogue.Action", on_delete=models.DO_NOTHING, db_constraint=False, related_name="parutions")
    offre = models.ForeignKey("catalogue.Offre", on_delete=models.DO_NOTHING, db_constraint=False, related_name="parutions")
    organisme = models.ForeignKey(Organisme, on_delete=models.DO_NOTHING, db_constraint=False, related_name="parutions")
    du = models.DateField("premier jour public")
    au = models.DateField("premier jour où elle n'est plus publique", null=True, blank=True)
    date_debut = models.DateField("début de la session", null=True)
    contenu = models.JSONField("contenu de la session")
    contenu_action = models.ForeignKey(Contenu, on_delete=models.PROTECT, related_name="+")
    contenu_offre = models.ForeignKey(Contenu, on_delete=models.PROTECT, related_name="+")

    objects = ParutionQuerySet.as_manager()

    class Meta:
        verbose_name = "parution"
        verbose_name_plural = "parutions"
        constraints = [
            models.UniqueConstraint(fields=["session"], condition=Q(au__isnull=True), name="parution_une_ouverte"),
            models.UniqueConstraint(fields=["session", "du"], name="parution_une_par_jour"),
            models.CheckConstraint(condition=Q(au__isnull=True) | Q(au__gt=F("du")), name="parution_intervalle"),
        ]
        indexes = [models.Index(fields=["action"], condition=Q(au__isnull=True), name="parution_ouverte_par_action")]

    def __str__(self) -> str:
        return f"{self.contenu.get('identifiant', '')} du {self.du}"


class Passage(models.Model):
    """One line of the ledger: the run of a day (D-22)."""

    jour = models.DateField("jour publié", unique=True)
    commence_le = models.DateTimeField("commencé le", default=maintenant)
    termine_le = models.DateTimeField("terminé le", null=True)
    par = models.CharField("lancé par", max_length=100)
    parues = models.PositiveIntegerField("parues", default=0)
    modifiees = models.PositiveIntegerField("modifiées", default=0)
    retirees = models.PositiveIntegerField("retirées", default=0)
    # Open sessions that the run did not show, counted by the first condition they fail: {slug: number}.
    retenues = models.JSONField("retenues", default=dict)

    class Meta:
        verbose_name = "passage"
        verbose_name_plural = "registre des passages"
        ordering = ["-jour"]

    def __str__(self) -> str:
        return f"Publication du {self.jour:%d/%m/%Y}"
