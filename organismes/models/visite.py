"""« Voir comme »: the time during which an administrator reads the space of an organisme."""

import pghistory
from django.db import models

from edof.champs import LignesField
from edof.textes import valider_texte
from organismes.models.organisme import AppartenantQuerySet, Organisme
from organismes.models.utilisateur import Utilisateur


@pghistory.track()
class Visite(models.Model):
    """A visit: whose, of which organisme, why, and when it ends by itself."""

    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, related_name="visites", verbose_name="organisme"
    )
    utilisateur = models.ForeignKey(
        Utilisateur, on_delete=models.CASCADE, related_name="visites", verbose_name="utilisateur"
    )
    motif = LignesField("motif", max_length=300, validators=[valider_texte])
    debut = models.DateTimeField("début", editable=False)
    fin = models.DateTimeField("fin", editable=False)

    objects = AppartenantQuerySet.as_manager()

    class Meta:
        verbose_name = "visite"
        verbose_name_plural = "visites"
        ordering = ["-debut", "-pk"]

    def __str__(self) -> str:
        return f"{self.organisme} ({self.utilisateur})"
