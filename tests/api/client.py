"""Helpers shared by the tests of the API: a token, and a client program that holds one."""

import json
from typing import Any

from django.test import Client

from organismes.droits import Role
from organismes.models import Jeton
from tests.conftest import Monde

V1 = "/api/v1/"


def jeton_de(
    monde: Monde, role: str = Role.GESTIONNAIRE, nom: str = "Planning", **champs: Any
) -> tuple[Jeton, str]:
    """Create a token of this organisme; return it with its secret."""
    jeton = Jeton(organisme=monde.organisme, nom=nom, role=role, cree_par=monde.gestionnaire, **champs)
    secret = Jeton.secret_de(nom + role, monde.gestionnaire, monde.organisme)
    jeton.confier(secret)
    jeton.save()
    return jeton, secret


class Programme:
    """A client that sends JSON with its token. Relative URLs are resolved against /api/v1/."""

    def __init__(self, secret: str | None) -> None:
        self.client = Client(raise_request_exception=True)
        self.demandes = 0
        self.entetes = {"HTTP_AUTHORIZATION": f"Bearer {secret}"} if secret else {}

    def __call__(self, methode: str, adresse: str, corps: Any = None, **entetes: str) -> Any:
        """Send a request; return the response, with its decoded JSON in `.lu`."""
        self.demandes += 1
        adresse = adresse if adresse.startswith(("/", "http")) else V1 + adresse
        donnees = (
            {}
            if corps is None
            else {
                "data": corps if isinstance(corps, bytes) else json.dumps(corps),
                "content_type": "application/json",
            }
        )
        noms = {f"HTTP_{nom.upper()}": valeur for nom, valeur in entetes.items()}
        reponse = self.client.generic(methode, adresse, **donnees, **self.entetes, **noms)
        reponse.lu = json.loads(reponse.content) if reponse.content else None
        return reponse

    def tout(self, adresse: str) -> list[dict[str, Any]]:
        """Return every row of a list, following the pages."""
        lues, suivante = [], adresse
        while suivante:
            page = self("GET", suivante).lu
            assert "resultats" in page, (suivante, page)
            lues += page["resultats"]
            suivante = page["suivante"]
        return lues
