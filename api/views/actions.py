"""Views of the actions."""

from typing import Any, ClassVar

from django.db.models import QuerySet

from api.filtres import ActionFiltres
from api.listes import Inclusion
from api.schema import Doc
from api.serializers.fiches import (
    ActionCreationSerializer,
    ActionDetailSerializer,
    ActionModificationSerializer,
    ActionSerializer,
)
from api.views.carnet import AdresseVue, ContactVue
from api.views.docs import docs_de_fiche
from api.views.offres import OffreVue
from api.views.series import DOC, AvecSeries
from catalogue.models import Action, Fiche
from publication.visibilite import une_visible


class ActionVue(AvecSeries):
    """The operations on actions: how an offre is taught, where, at what price."""

    chapitre, ressource = "Actions", "actions"
    modele, lecture, detaillee = Action, ActionSerializer, ActionDetailSerializer
    creation, modification, filtres = ActionCreationSerializer, ActionModificationSerializer, ActionFiltres
    inclusions = (
        Inclusion(OffreVue, lambda action: (action.offre_id,)),
        Inclusion(ContactVue, lambda action: (action.contact_du_lieu_id, action.contact_information_id)),
        Inclusion(AdresseVue, lambda action: (action.lieu_de_formation_id, action.adresse_information_id)),
    )
    chemin: ClassVar[dict[str, str]] = {
        "offre": "offre__identifiant_normalise",
        "identifiant": "identifiant_normalise",
    }
    docs: ClassVar[dict[str, Doc]]

    @classmethod
    def toutes(cls) -> QuerySet[Any]:
        """Return the actions, with their offre, contacts and addresses.

        `est_visible` tells whether the public sees one of the sessions.
        """
        liens = (
            "offre",
            "lieu_de_formation",
            "contact_du_lieu",
            "contact_information",
            "adresse_information",
        )
        return Action.objects.select_related(*liens).annotate(est_visible=une_visible("action"))

    def nouvelle(self, parent: Any) -> Fiche:
        """Return a new action of this offre."""
        return Action(offre=parent, organisme=parent.organisme)


ActionVue.docs = {
    **docs_de_fiche(
        ActionVue,
        un="une action",
        le="l'action",
        des="les actions",
        chemin={"offre": "L'identifiant de l'offre.", "identifiant": "L'identifiant de l'action."},
    ),
    "creer_une_serie": DOC,
}
