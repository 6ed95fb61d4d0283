"""Views of the offres."""

from typing import Any, ClassVar

from django.db.models import QuerySet

from api.filtres import OffreFiltres
from api.listes import Inclusion
from api.schema import Doc
from api.serializers.fiches import (
    OffreCreationSerializer,
    OffreDetailSerializer,
    OffreModificationSerializer,
    OffreSerializer,
)
from api.views.certifications import CertificationVue
from api.views.docs import docs_de_fiche
from api.views.fiches import FicheVue
from catalogue.models import Fiche, Offre
from publication.visibilite import une_visible


class OffreVue(FicheVue):
    """The operations on offres: what is taught."""

    chapitre, ressource = "Offres", "offres"
    modele, lecture, detaillee = Offre, OffreSerializer, OffreDetailSerializer
    creation, modification, filtres = OffreCreationSerializer, OffreModificationSerializer, OffreFiltres
    inclusions = (Inclusion(CertificationVue, lambda offre: (offre.certification_id,)),)
    chemin: ClassVar[dict[str, str]] = {"identifiant": "identifiant_normalise"}
    docs: ClassVar[dict[str, Doc]]

    @classmethod
    def toutes(cls) -> QuerySet[Any]:
        """Return the offres, with their certification.

        `est_visible` tells whether the public sees one of the sessions.
        """
        return Offre.objects.select_related("certification").annotate(
            est_visible=une_visible("action__offre")
        )

    def nouvelle(self, parent: Any) -> Fiche:
        """Return a new offre of this organisme."""
        return Offre(organisme=parent)


OffreVue.docs = docs_de_fiche(
    OffreVue,
    un="une offre",
    le="l'offre",
    des="les offres",
    chemin={"identifiant": "L'identifiant de l'offre."},
)
