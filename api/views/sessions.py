"""Views of the sessions, with opening, closing, and the reasons why the public does not see one."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.filtres import SessionFiltres
from api.listes import Inclusion
from api.parametres import CLE, SI_MATCH, SIMULATION
from api.schema import ECRITURE, LECTURE_D_UNE, Doc
from api.serializers.fiches import (
    SessionCreationSerializer,
    SessionDetailSerializer,
    SessionModificationSerializer,
    SessionSerializer,
)
from api.serializers.reponses import VisibiliteSerializer
from api.views.actions import ActionVue
from api.views.carnet import AdresseVue, ContactVue
from api.views.docs import docs_de_fiche
from api.views.offres import OffreVue
from api.views.programmations import DOCS, AvecProgrammations
from catalogue.models import Fiche
from organismes.droits import Operation
from publication import visibilite
from publication.diagnostic import diagnostic
from sessions_app.models import Session


class SessionVue(AvecProgrammations):
    """The operations on sessions: when an action takes place."""

    chapitre, ressource = "Sessions", "sessions"
    modele, lecture, detaillee = Session, SessionSerializer, SessionDetailSerializer
    creation, modification, filtres = SessionCreationSerializer, SessionModificationSerializer, SessionFiltres
    inclusions = (
        Inclusion(OffreVue, lambda session: (session.action.offre_id,)),
        Inclusion(ActionVue, lambda session: (session.action_id,)),
        Inclusion(ContactVue, lambda session: (session.contact_inscription_id,)),
        Inclusion(AdresseVue, lambda session: (session.adresse_inscription_id,)),
    )
    chemin: ClassVar[dict[str, str]] = {
        "offre": "action__offre__identifiant_normalise",
        "action": "action__identifiant_normalise",
        "identifiant": "identifiant_normalise",
    }
    docs: ClassVar[dict[str, Doc]]

    @classmethod
    def toutes(cls) -> QuerySet[Any]:
        """Return the sessions, with their action, offre, contact, address and visibility."""
        liens = ("action__offre__certification", "contact_inscription", "adresse_inscription")
        return visibilite.avec_visibilite(Session.objects.select_related(*liens))

    def nouvelle(self, parent: Any) -> Fiche:
        """Return a new session of this action."""
        return Session(action=parent, organisme=parent.organisme)

    def ouvrir(self, request: Request, id: int) -> Response:
        """Open the session to enrolment (« Ouvrir à l'inscription »)."""
        return self._demander(id, Operation.OUVRIR)

    def fermer(self, request: Request, id: int) -> Response:
        """Close the session to enrolment (« Fermer à l'inscription »)."""
        return self._demander(id, Operation.FERMER)

    def visibilite(self, request: Request, id: int) -> Response:
        """Return each condition of visibility, met or not."""
        session = self._fiche(id)
        contenu = {
            "visible": session.est_visible,
            "visible_le": visibilite.visible_le(session),
            "conditions": diagnostic(session),
        }
        return Response(VisibiliteSerializer(contenu).data)


_operer: dict[str, Any] = {
    "reponse": SessionDetailSerializer,
    "parametres": (CLE, SIMULATION, SI_MATCH),
    "erreurs": ECRITURE,
    "etag": True,
}
SessionVue.docs = {
    **DOCS,
    **docs_de_fiche(
        SessionVue,
        un="une session",
        le="la session",
        des="les sessions",
        chemin={
            "offre": "L'identifiant de l'offre.",
            "action": "L'identifiant de l'action.",
            "identifiant": "L'identifiant de la session.",
        },
    ),
    "ouvrir": Doc(
        "Ouvrir une session à l'inscription",
        "La session, son action et son offre deviennent actives. Le public la voit le lendemain matin :"
        " `visible_le` dit quand. Refusé, en nommant ce qui bloque, tant que l'action ou l'offre n'est pas"
        " validée.",
        **_operer,
    ),
    "fermer": Doc(
        "Fermer une session à l'inscription",
        "Aucun statut ne change ; le public ne la voit plus, aussitôt.",
        **_operer,
    ),
    "visibilite": Doc(
        "Dire pourquoi une session n'est pas visible",
        "Chaque condition dans l'ordre, avec qui peut agir : le diagnostic de « Pourquoi pas visible ? ».",
        VisibiliteSerializer,
        parametres=(CLE,),
        erreurs=LECTURE_D_UNE,
    ),
}
