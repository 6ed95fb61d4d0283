"""Who is signed in: the session, the user, the memberships and their organismes, read in one query."""

import datetime as dt
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as SessionEnBase
from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from edof.gardees import Donnee, Ecriture, Gardee
from edof.horloge import secondes
from organismes.models import Connexion, Membre, Utilisateur


@cache
def _connectes() -> Gardee[Membre]:
    """Return the query of the memberships of who has the session `cle` at `instant`, with its data."""
    return Gardee(
        Membre.objects.filter(
            utilisateur__connexions__session_key=Donnee("cle"),
            utilisateur__connexions__expire_date__gt=Donnee("instant"),
        )
        .select_related("utilisateur", "organisme")
        .annotate(donnees_de_session=F("utilisateur__connexions__session_data"))
        .order_by("pk")
    )


@cache
def _a_garder() -> Ecriture:
    """Return the statement that stores the data of a session that is already stored."""
    return Ecriture(Connexion, ("session_data", "expire_date", "utilisateur"))


class SessionStore(SessionEnBase):
    """Django's sessions in the database; reading one reads the memberships of its user too."""

    # The memberships of the user, in order; None when the session was not read, or its user has none.
    membres: list[Membre] | None = None

    @classmethod
    def get_model_class(cls) -> type[Connexion]:
        """Return the model of the rows."""
        return Connexion

    def create_model_instance(self, data: dict[str, Any]) -> Connexion:
        """Return the row to store for these data, with the user that they name."""
        ligne: Any = super().create_model_instance(data)
        ligne.utilisateur_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        return ligne

    def load(self) -> dict[str, Any]:
        """Return the data of the session; read without its user when that one is member of no organisme."""
        instant = dt.datetime.fromtimestamp(secondes(), dt.UTC)
        membres: list[Any] = _connectes().lire(cle=self.session_key, instant=instant)
        if not membres:
            return super().load()
        self.membres = membres
        return self.decode(membres[0].donnees_de_session)

    def save(self, must_create: bool = False) -> None:
        """Store the data: those of a session already stored, in one statement without a transaction."""
        if must_create or self.session_key is None:
            return super().save(must_create)
        ligne = self.create_model_instance(self._get_session())  # type: ignore[attr-defined]
        if not _a_garder().ecrire(ligne):
            # Signed out in the meantime: Django answers that the session was deleted.
            raise UpdateError
        return None

    def utilisateur_lu(self) -> Utilisateur | None:
        """Return the user that was read with the session, when it is the one who signed in.

        Django's own checks are made: the backend, the account, the hash that a new password changes. None
        leaves the decision to Django.
        """
        if self.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS or not self.membres:
            return None
        utilisateur = self.membres[0].utilisateur
        if not utilisateur.is_active or str(utilisateur.pk) != str(self.get(SESSION_KEY)):
            return None
        signe = self.get(HASH_SESSION_KEY)
        if not signe or not constant_time_compare(signe, utilisateur.get_session_auth_hash()):
            return None
        return utilisateur


class IdentiteMiddleware(AuthenticationMiddleware):
    """Sets `request.user`: the user read with the session, else the one that Django finds."""

    def process_request(self, request: HttpRequest) -> None:
        """Set `request.user`; another engine of sessions leaves it to Django."""
        super().process_request(request)
        connexion = request.session
        if (
            isinstance(connexion, SessionStore)
            and connexion.session_key
            and (lu := connexion.utilisateur_lu())
        ):
            # Where Django keeps the user that it has found.
            request._cached_user = lu  # type: ignore[attr-defined]


def membres_de(request: HttpRequest) -> list[Membre]:
    """Return the memberships of the user of the request, with their organismes, in order."""
    if not request.user.is_authenticated:
        return []
    lus = getattr(request.session, "membres", None)
    if lus and lus[0].utilisateur_id == request.user.pk:
        return lus
    return list(request.user.membres.select_related("organisme").order_by("pk"))
