"""The saved views of a member: filters of « Sessions » kept under a name."""

from django.db import models

from edof.champs import LigneField
from edof.horloge import maintenant
from edof.pliage import Plie, tri_francais
from edof.textes import valider_texte
from organismes.models.utilisateur import Membre

# How many views a member may keep: more would not be found again.
VUES_AU_PLUS = 20


class Vue(models.Model):
    """Filters of « Sessions », as the URL writes them, under a name that one member has given them."""

    membre = models.ForeignKey(Membre, on_delete=models.CASCADE, related_name="vues", verbose_name="membre")
    nom = LigneField("nom de la vue", max_length=60, validators=[valider_texte])
    parametres = models.TextField("filtres", max_length=4000, validators=[valider_texte])
    cree_le = models.DateTimeField("créée le", default=maintenant, editable=False)

    class Meta:
        verbose_name = "vue enregistrée"
        verbose_name_plural = "vues enregistrées"
        ordering = [*tri_francais("nom"), "pk"]
        constraints = [models.UniqueConstraint("membre", Plie("nom"), name="vue_unique")]

    def __str__(self) -> str:
        return self.nom
