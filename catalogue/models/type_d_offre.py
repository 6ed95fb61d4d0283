"""Types of offre that the administrator has closed, such as création et reprise d'entreprise."""

from django.db import models

from catalogue.nomenclatures import TypeOffre
from catalogue.referentiel import une_fois
from edof.champs import LigneField
from edof.textes import valider_texte


class TypeFerme(models.Model):
    """A type of offre that can no longer be chosen; the records that already have it keep it."""

    type_offre = models.CharField("type d'action", max_length=20, choices=TypeOffre.choices, unique=True)
    motif = LigneField(
        "motif",
        max_length=255,
        blank=True,
        validators=[valider_texte],
        help_text="Pour mémoire : texte ou date qui le justifie.",
    )

    class Meta:
        verbose_name = "type d'action fermé"
        verbose_name_plural = "types d'action fermés"
        ordering = ["type_offre"]

    def __str__(self) -> str:
        return self.get_type_offre_display()

    @classmethod
    def est_ferme(cls, type_offre: str) -> bool:
        """Return whether this type can no longer be newly chosen for a record."""
        return bool(type_offre) and type_offre in cls.fermes()

    @classmethod
    def fermes(cls) -> set[str]:
        """Return the types that can no longer be newly chosen."""
        return une_fois("types-fermes", lambda: set(cls.objects.values_list("type_offre", flat=True)))
