"""The offre, or formation: the content (S-05)."""

from typing import ClassVar, Self

import pghistory
from django.db import models

from catalogue.models.certification import Certification
from catalogue.models.fiche import Fiche, FicheQuerySet
from catalogue.nomenclatures import ObjectifGeneral, TypeOffre, TypeParcours
from catalogue.regles import Regle, obligatoire
from organismes.validateurs import valider_texte

REGLES_OFFRE: tuple[Regle, ...] = (
    obligatoire("type_offre", "Indiquez le type d'action.", "Le type d'action est indiqué.", texte=True),
    obligatoire("certification", "Indiquez la certification ou la thématique visée.", "La certification visée est indiquée."),
    obligatoire("intitule", "Renseignez l'intitulé de la formation.", "L'intitulé est renseigné.", texte=True),
    obligatoire("points_forts", "Renseignez les points forts.", "Les points forts sont renseignés.", texte=True),
    obligatoire("objectif", "Renseignez l'objectif de la formation.", "L'objectif est renseigné.", texte=True),
    obligatoire("resultats_attendus", "Renseignez les résultats attendus.", "Les résultats attendus sont renseignés.", texte=True),
    obligatoire("contenu", "Renseignez le contenu de la formation.", "Le contenu est renseigné.", texte=True),
    obligatoire("type_parcours", "Indiquez le type de parcours.", "Le type de parcours est indiqué.", texte=True),
    obligatoire("objectif_general", "Indiquez l'objectif général.", "L'objectif général est indiqué.", texte=True),
)


@pghistory.track()
class Offre(Fiche):
    """What is taught."""

    GENRE = "L'offre"
    REGLES: ClassVar[tuple[Regle, ...]] = REGLES_OFFRE

    type_offre = models.CharField("type d'action", max_length=20, choices=TypeOffre.choices, blank=True)
    certification = models.ForeignKey(
        Certification, on_delete=models.PROTECT, null=True, blank=True, verbose_name="certification ou thématique visée"
    )
    intitule = models.CharField("intitulé de la formation", max_length=255, blank=True, validators=[valider_texte])
    points_forts = models.CharField("points forts", max_length=255, blank=True, validators=[valider_texte])
    objectif = models.TextField("objectif de la formation", max_length=3000, blank=True, validators=[valider_texte])
    resultats_attendus = models.TextField("résultats attendus", max_length=3000, blank=True, validators=[valider_texte])
    contenu = models.TextField("contenu de la formation", max_length=3000, blank=True, validators=[valider_texte])
    type_parcours = models.CharField("type de parcours", max_length=20, choices=TypeParcours.choices, blank=True)
    objectif_general = models.CharField("objectif général de la formation", max_length=30, choices=ObjectifGeneral.choices, blank=True)

    objects = FicheQuerySet.as_manager()

    class Meta:
        verbose_name = "offre"
        verbose_name_plural = "offres"
        constraints = Fiche.contraintes(REGLES_OFFRE, "offre", "organisme")
        indexes = [models.Index(fields=["organisme", "-modifie_le", "-id"], name="offre_par_date")]

    def parents(self) -> list[Fiche]:
        """An offre stands alone."""
        return []

    def verrouiller(self) -> Self:
        """Lock the offre; a new one needs no lock."""
        return type(self).objects.select_for_update(no_key=True).get(pk=self.pk) if self.pk else self

    def descendants(self) -> list[FicheQuerySet]:
        """Its actions and their sessions."""
        actions = self.actions.all()
        sessions = actions.model._meta.get_field("sessions").related_model.objects.filter(action__offre=self)
        return [actions, sessions]
