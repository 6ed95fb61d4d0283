"""The planned openings and closings of a session: read, ordered, cancelled (D-46)."""

import datetime as dt
import re
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api import parametres
from api.ecriture import lire_le_corps, verifier_la_version
from api.parametres import CLE, SI_MATCH, SIMULATION, Parametre
from api.problemes import raisons_de
from api.schema import ECRITURE, LECTURE_D_UNE, Doc
from api.serializers.fiches import ProgrammationCreationSerializer, ProgrammationsSerializer
from api.views.fiches import FicheVue
from catalogue.cycle_de_vie import OperationRefusee, Origine
from edof.problemes import Probleme, Raison
from organismes.droits import Operation
from sessions_app.plans import NOMS, plans_de
from sessions_app.programmation import deprogrammer, programmer

OPERATIONS = {operation.value: operation for operation in NOMS}
OPERATION = Parametre(
    "operation",
    "`ouvrir` ou `fermer` : cette programmation seulement.",
    {"type": "string", "enum": list(OPERATIONS)},
)


class AvecProgrammations(FicheVue):
    """The plans of a session, at one URL: the pending ones, and what became of the last."""

    def programmations(self, request: Request, id: int) -> Response:
        """Return what the session says of its plans."""
        return Response(self._programmations(self._fiche(id)))

    def programmer(self, request: Request, id: int) -> Response:
        """Order an opening or a closing for a day (POST)."""
        session = self._fiche(id)
        self.exiger(Operation.OUVRIR)
        exigee = self._exigee(session)
        lu = lire_le_corps(request.data, ProgrammationCreationSerializer())
        operation, jour = _ordre(lu)

        def faire() -> tuple[Any, int]:
            verifier_la_version(session, exigee)
            bilan = programmer([session], operation, jour, self.jeton, origine=Origine.API)
            for _, refus in bilan.refusees:
                raise OperationRefusee(refus)
            return self._programmations(session), 201 if bilan.programmees else 200

        try:
            contenu, statut = self._proteger(faire, session)
        except OperationRefusee as refusee:
            if all(refus.champ for refus in refusee.refus):
                raise Probleme("validation", "", raisons_de(refusee.refus)) from refusee
            raise
        return Response(contenu, status=statut)

    def deprogrammer(self, request: Request, id: int) -> Response:
        """Cancel the pending plans of the session, or the one of an operation (DELETE)."""
        session = self._fiche(id)
        self.exiger(Operation.OUVRIR)
        exigee = self._exigee(session)
        nom = request.query_params.get(OPERATION.nom)
        if nom is not None and nom not in OPERATIONS:
            raise parametres.refuser(OPERATION.nom, "Le paramètre « operation » vaut ouvrir ou fermer.")
        visees = [OPERATIONS[nom]] if nom else list(OPERATIONS.values())

        def faire() -> Any:
            verifier_la_version(session, exigee)
            deprogrammer([session], visees, self.jeton, origine=Origine.API)
            return self._programmations(session)

        return Response(self._proteger(faire, session))

    def _programmations(self, session: Any) -> Any:
        return ProgrammationsSerializer({"programmations": plans_de([session.pk])[session.pk]}).data


def _ordre(lu: dict[str, Any]) -> tuple[Operation, dt.date]:
    """Return the operation and the day of the body; raise Probleme, which names what is wrong."""
    raisons = []
    operation = OPERATIONS.get(lu.get("operation", ""))
    if operation is None:
        raisons.append(Raison("Écrivez « ouvrir » ou « fermer ».", "operation", "invalid_choice"))
    jour, texte = None, lu.get("jour", "")
    if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", texte):
        try:
            jour = dt.date.fromisoformat(texte)
        except ValueError:
            jour = None
    if jour is None:
        raisons.append(Raison("Écrivez une date : AAAA-MM-JJ.", "jour", "invalid"))
    if operation is None or jour is None:
        raise Probleme("validation", "", raisons)
    return operation, jour


DOCS = {
    "programmations": Doc(
        "Lire ce qui est programmé pour une session",
        "Ce qui est prévu, ce qui a été refusé et que personne n'a écarté, ce qui vient d'être fait en"
        " retard.",
        ProgrammationsSerializer,
        parametres=(CLE,),
        erreurs=LECTURE_D_UNE,
    ),
    "programmer": Doc(
        "Programmer l'ouverture ou la fermeture d'une session",
        "Ce jour-là avant la publication, avec les droits que le jeton aura encore. Ouverte le `jour`, le"
        " public voit la session le lendemain (`visible_le`) ; fermée le `jour`, il ne la voit plus dès ce"
        " jour. Une seule programmation en attente par opération : un autre jour remplace le premier (201),"
        " le même ne fait rien (200). Modifier ou archiver la session l'annule ; sa `version` ne change pas.",
        ProgrammationsSerializer,
        corps=ProgrammationCreationSerializer,
        statuts=(200, 201),
        parametres=(CLE, SIMULATION, SI_MATCH),
        erreurs=ECRITURE,
    ),
    "deprogrammer": Doc(
        "Annuler ce qui est programmé pour une session",
        "Tout ce qui est en attente, ou seulement l'`operation` donnée. Sans effet quand rien n'est en"
        " attente.",
        ProgrammationsSerializer,
        parametres=(CLE, OPERATION, SIMULATION, SI_MATCH),
        erreurs=ECRITURE,
    ),
}
