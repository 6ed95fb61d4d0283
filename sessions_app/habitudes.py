"""What is proposed for each new session of an organisme, or of one of its actions.

It is proposed only: what a person types or empties wins, and no session that exists changes.
"""

from collections.abc import Iterable
from typing import Any

import pghistory
from django.db import models
from django.db.models import Q

from catalogue.models import Action
from organismes.models import Adresse, Contact, Organisme
from organismes.models.organisme import DateDeModificationField
from sessions_app.calendrier import Territoire
from sessions_app.fermetures import ZoneScolaire


@pghistory.track()
class Habitude(models.Model):
    """The contact, the address and the zones to propose: for an organisme or, with an `action`, for it."""

    # The records do not use a contact because it is proposed: deleting it empties the proposal.
    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, related_name="habitudes", verbose_name="organisme"
    )
    action = models.OneToOneField(
        Action, on_delete=models.CASCADE, null=True, related_name="habitude", verbose_name="action"
    )
    contact = models.ForeignKey(
        Contact,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="contact d'inscription",
    )
    adresse = models.ForeignKey(
        Adresse,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="adresse d'inscription",
    )
    # Empty: proposed from where the organisme is.
    zone = models.CharField("vacances scolaires", max_length=1, choices=ZoneScolaire.choices, blank=True)
    territoire = models.CharField("jours fériés", max_length=30, choices=Territoire.choices, blank=True)
    modifie_le = DateDeModificationField("modifié le")

    class Meta:
        verbose_name = "habitude"
        verbose_name_plural = "habitudes"
        constraints = [
            models.UniqueConstraint(
                fields=["organisme"], condition=Q(action=None), name="habitude_une_par_organisme"
            ),
            models.CheckConstraint(
                condition=Q(action=None) | Q(zone="", territoire=""), name="habitude_zones_de_l_organisme"
            ),
        ]

    def __str__(self) -> str:
        return f"Habitudes de {self.action or self.organisme}"


class Habitudes:
    """What an organisme proposes, and what these actions of it propose in its place; read in one query."""

    def __init__(self, organisme: Organisme, actions: Iterable[int] = ()) -> None:
        lues = Habitude.objects.filter(organisme=organisme).select_related("contact", "adresse")
        lignes: dict[int | None, Habitude] = {
            ligne.action_id: ligne for ligne in lues.filter(Q(action=None) | Q(action__in=list(actions)))
        }
        # An empty row when nothing has been chosen yet.
        self.organisme = lignes.get(None) or Habitude()
        self.organisme.organisme = organisme
        self.actions = lignes

    def pour(self, action: int) -> dict[str, Any]:
        """Return the values to propose for a new session of this action; what nobody proposes is absent."""
        dites = [ligne for ligne in (self.actions.get(action), self.organisme) if ligne]
        trouvees = {
            "contact_inscription": next((ligne.contact for ligne in dites if ligne.contact), None),
            "adresse_inscription": next((ligne.adresse for ligne in dites if ligne.adresse), None),
        }
        return {nom: valeur for nom, valeur in trouvees.items() if valeur is not None}
