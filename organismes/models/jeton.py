"""The API tokens of programs: each belongs to an organisme and has a role in it."""

import datetime as dt
import hashlib
from functools import cache
from typing import Any, Self

import pghistory
from django.db import connection, models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from edof.champs import LigneField
from edof.gardees import Donnee, Gardee
from edof.horloge import jour_pour_tous, maintenant_pour_tous
from edof.textes import valider_texte
from organismes.droits import Role
from organismes.models.organisme import AppartenantQuerySet, Organisme
from organismes.models.utilisateur import Utilisateur

MARQUE = "edof_"
CARACTERES_MONTRES = len(MARQUE) + 6
# Precision of the last use, so that a busy program does not cause a write at each request.
PRECISION_DE_L_USAGE = dt.timedelta(minutes=1)
# Django locks a row outside of a transaction in no query of its own.
_NOTER = """UPDATE organismes_jeton SET dernier_usage_le = %s
WHERE id = (SELECT id FROM organismes_jeton WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)"""


def empreinte(secret: str) -> str:
    """Return the hash stored for a secret: 64 hexadecimal digits of SHA-256.

    SHA-256 is enough for a secret of 256 bits.
    """
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


class JetonQuerySet(AppartenantQuerySet):
    """A queryset of tokens of an organisme."""

    def de_secret(self, secret: str) -> "Jeton | None":
        """Return the token with this secret, even revoked or expired, or None when there is none."""
        lus = _par_empreinte().lire(empreinte=empreinte(secret))
        return lus[0] if lus else None

    def en_service(self) -> Self:
        """Return the tokens that give access to the API today."""
        return self.filter(
            Q(expire_le__isnull=True) | Q(expire_le__gte=jour_pour_tous()), revoque_le__isnull=True
        )

    def revoquer(self, par: Utilisateur) -> int:
        """Revoke these tokens permanently; return how many were revoked by this call."""
        with pghistory.context(operation="revoquer", origine="formulaire", utilisateur=par.pk):
            return self.filter(revoque_le__isnull=True).update(
                revoque_le=maintenant_pour_tous(), revoque_par=par
            )


# Excluded from the history: the last use of a token, and the hash of its secret.
@pghistory.track(exclude=["empreinte", "dernier_usage_le"])
class Jeton(models.Model):
    """An API token. Its secret is shown when it is created; only its SHA-256 is stored."""

    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, related_name="jetons", verbose_name="organisme"
    )
    nom = LigneField("nom", max_length=60, validators=[valider_texte])
    role = models.CharField("rôle", max_length=20, choices=Role.choices, default=Role.LECTEUR)
    empreinte = models.CharField("empreinte SHA-256", max_length=64, unique=True, editable=False)
    prefixe = models.CharField("début du jeton", max_length=CARACTERES_MONTRES, editable=False)
    expire_le = models.DateField("dernier jour de validité", null=True, blank=True)
    cree_par = models.ForeignKey(
        Utilisateur, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="créé par"
    )
    cree_le = models.DateTimeField("créé le", default=maintenant_pour_tous, editable=False)
    dernier_usage_le = models.DateTimeField("dernier usage", null=True, editable=False)
    revoque_par = models.ForeignKey(
        Utilisateur, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="révoqué par"
    )
    revoque_le = models.DateTimeField("révoqué le", null=True, editable=False)

    objects = JetonQuerySet.as_manager()

    # Attributes that the frameworks expect of the user of a request.
    is_authenticated = True
    is_anonymous = False
    is_superuser = False

    class Meta:
        verbose_name = "jeton d'API"
        verbose_name_plural = "jetons d'API"
        ordering = ["-cree_le", "-pk"]

    def __str__(self) -> str:
        return self.nom

    @staticmethod
    def secret_de(cle: str, par: Utilisateur, organisme: Organisme) -> str:
        """Return the secret that the form `cle` makes for this person.

        A second submission makes the same secret. Only the program can compute it.
        """
        graine = f"{organisme.pk}:{par.pk}:{cle}"
        return MARQUE + salted_hmac("organismes.jeton", graine, algorithm="sha256").hexdigest()

    def confier(self, secret: str) -> None:
        """Set the hash and the prefix of `secret` on this token, without saving."""
        self.empreinte, self.prefixe = empreinte(secret), secret[:CARACTERES_MONTRES]

    @property
    def expire(self) -> bool:
        """Return whether its last day of validity has passed."""
        return self.expire_le is not None and self.expire_le < jour_pour_tous()

    @property
    def is_active(self) -> bool:
        """Return whether it gives access to the API now."""
        return self.revoque_le is None and not self.expire

    @property
    def signature(self) -> dict[str, Any]:
        """Return the metadata that identifies the token in the history, where no person is the author.

        The history keeps the name of the token permanently.
        """
        return {"jeton": self.pk, "nom_du_jeton": self.nom}

    def role_dans(self, organisme_id: int) -> str | None:
        """Return its role in its own organisme, None in any other."""
        return self.role if organisme_id == self.organisme_id else None

    def noter_l_usage(self) -> None:
        """Record its last use, to the minute. No request waits for another that records the same use."""
        instant = maintenant_pour_tous()
        if self.dernier_usage_le is None or instant - self.dernier_usage_le >= PRECISION_DE_L_USAGE:
            with connection.cursor() as curseur:
                curseur.execute(_NOTER, [instant, self.pk])

    def revoquer(self, par: Utilisateur) -> bool:
        """Revoke this token permanently; return whether this call did it."""
        return bool(type(self).objects.filter(pk=self.pk).revoquer(par))


@cache
def _par_empreinte() -> Gardee[Jeton]:
    """Return the query of every request of a program: the token with this hash, and its organisme."""
    return Gardee(Jeton.objects.select_related("organisme").filter(empreinte=Donnee("empreinte")))
