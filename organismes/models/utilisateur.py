"""The users, who sign in with their e-mail address, and their memberships of organismes."""

from typing import Any

import pghistory
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from edof.champs import LigneField
from edof.horloge import aujourd_hui, maintenant
from edof.pliage import tri_francais
from edof.textes import valider_texte
from edof.trios import IndexDesTrios
from organismes.droits import Role
from organismes.models.coordonnees import CourrielField
from organismes.models.organisme import AppartenantQuerySet, Organisme
from organismes.validateurs import normaliser_courriel, valider_nom_de_personne


class Frequence(models.TextChoices):
    """How often a person receives the digest of their catalogue (publication/bulletin.py)."""

    HEBDOMADAIRE = "hebdomadaire", "Chaque lundi matin"
    QUOTIDIEN = "quotidien", "Chaque matin"
    JAMAIS = "jamais", "Jamais"


# The key of the member that a visit makes, which no row has (organismes/visites.py).
VISITEUR = 0


class UtilisateurManager(BaseUserManager["Utilisateur"]):
    """The manager of users: it creates them, and finds them by address, case ignored."""

    def create_user(self, courriel: str, password: str | None = None, **champs: object) -> "Utilisateur":
        """Create a user who may sign in; without `password`, no password is valid."""
        utilisateur = self.model(courriel=normaliser_courriel(courriel), **champs)
        utilisateur.set_password(password)
        utilisateur.save(using=self._db)
        return utilisateur

    def create_superuser(self, courriel: str, password: str | None = None, **champs: object) -> "Utilisateur":
        """Create an administrator."""
        return self.create_user(courriel, password, is_staff=True, is_superuser=True, **champs)

    def get_by_natural_key(self, username: str | None) -> "Utilisateur":
        """Return the user with this address, case ignored."""
        return self.get(courriel__iexact=normaliser_courriel(username or ""))


# The history keeps the identity and the access rights, not the password or the last sign-in.
@pghistory.track(
    fields=[
        "courriel", "prenom", "nom", "is_active", "is_staff", "is_superuser", "second_facteur_le",
        "efface_le",
    ],
    model_name="UtilisateurEvent",
)  # fmt: skip
class Utilisateur(AbstractBaseUser, PermissionsMixin):
    """A user, who signs in with an e-mail address."""

    courriel = CourrielField("adresse e-mail", max_length=160, unique=True)
    prenom = LigneField(
        "prénom", max_length=50, blank=True, validators=[valider_texte, valider_nom_de_personne]
    )
    nom = LigneField("nom", max_length=50, blank=True, validators=[valider_texte, valider_nom_de_personne])
    is_staff = models.BooleanField("accès à l'administration", default=False)
    is_active = models.BooleanField("actif", default=True)
    cree_le = models.DateTimeField("créé le", default=maintenant, editable=False)
    frequence_du_bulletin = models.CharField(
        "bulletin", max_length=12, choices=Frequence.choices, default=Frequence.HEBDOMADAIRE
    )
    # The digest begins the day after: nobody receives one for having just chosen it.
    bulletin_choisi_le = models.DateField("bulletin choisi le", default=aujourd_hui, editable=False)
    # Changed by organismes/second_facteur.py only.
    second_facteur_le = models.DateTimeField("second facteur depuis", null=True, editable=False)
    deconnecte_le = models.DateTimeField("déconnecté partout le", null=True, editable=False)
    # Changed by organismes/effacement.py only: the row is then nobody's, and only says « the same person ».
    efface_le = models.DateTimeField("effacé le", null=True, editable=False)

    objects = UtilisateurManager()

    USERNAME_FIELD = "courriel"
    EMAIL_FIELD = "courriel"

    class Meta:
        verbose_name = "utilisateur"
        verbose_name_plural = "utilisateurs"
        ordering = [*tri_francais("courriel"), "pk"]
        indexes = [
            models.Index(*tri_francais("courriel"), "id", name="utilisateur_par_courriel"),
            IndexDesTrios("courriel", "nom", "prenom", name="utilisateur_par_trios"),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("courriel"),
                name="utilisateur_courriel_unique",
                violation_error_message="Un compte existe déjà avec cette adresse e-mail.",
            )
        ]

    def __str__(self) -> str:
        return self.nom_complet

    @property
    def nom_complet(self) -> str:
        """Return « Prénom Nom », or the address when no name is known."""
        return f"{self.prenom} {self.nom}".strip() or self.courriel

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return the hash that a signed-in session must match.

        It changes with the password, the second factor and `deconnecte_le`.
        """
        instants = (self.deconnecte_le, self.second_facteur_le)
        depuis = "".join(f"|{instant.timestamp()}" for instant in instants if instant)
        return salted_hmac(
            "organismes.connexion", self.password + depuis, secret=secret, algorithm="sha256"
        ).hexdigest()

    @property
    def signature(self) -> dict[str, Any]:
        """Return the metadata that identifies this user in the history."""
        return {"utilisateur": self.pk}

    def choisir_le_bulletin(self, frequence: str) -> None:
        """Save how often this person receives the digest, from tomorrow on."""
        self.frequence_du_bulletin, self.bulletin_choisi_le = frequence, aujourd_hui()
        self.save(update_fields=["frequence_du_bulletin", "bulletin_choisi_le"])

    def role_dans(self, organisme_id: int) -> str | None:
        """Return the role of this user in this organisme, or None for a user who is not a member."""
        membre = self.membres.filter(organisme_id=organisme_id).first()
        return membre.role if membre else None


class MembreQuerySet(AppartenantQuerySet):
    """A queryset of members."""

    def gestionnaires(self) -> "MembreQuerySet":
        """Return the gestionnaires whose account is active."""
        return self.filter(role=Role.GESTIONNAIRE, utilisateur__is_active=True)


@pghistory.track(exclude=["bravo_vu", "liste_des_sessions"])
class Membre(models.Model):
    """The membership of a user in an organisme, with a role; it changes through `organismes/equipe.py`."""

    utilisateur = models.ForeignKey(
        Utilisateur, on_delete=models.CASCADE, related_name="membres", verbose_name="utilisateur"
    )
    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, related_name="membres", verbose_name="organisme"
    )
    role = models.CharField("rôle", max_length=20, choices=Role.choices, default=Role.LECTEUR)
    bravo_vu = models.BooleanField("a vu « BRAVO ! »", default=False, editable=False)
    # The order and the columns that the member has chosen in « Sessions »: {"tri": …, "colonnes": […]}.
    liste_des_sessions = models.JSONField("liste des sessions", default=dict, editable=False)

    objects = MembreQuerySet.as_manager()

    class Meta:
        verbose_name = "membre"
        verbose_name_plural = "membres"
        constraints = [models.UniqueConstraint(fields=["utilisateur", "organisme"], name="membre_unique")]

    def __str__(self) -> str:
        return f"{self.utilisateur} ({self.get_role_display()})"

    # A member is an `Acteur` too: the author of the operations of a request, whose role was read with it.

    @property
    def is_active(self) -> bool:
        """Return whether the account of the member is active."""
        return self.utilisateur.is_active

    @property
    def is_superuser(self) -> bool:
        """Return whether the member is an administrator, who may act in every organisme.

        Never during a visit (`organismes/visites.py`): the role alone decides.
        """
        return self.pk != VISITEUR and self.utilisateur.is_superuser

    @property
    def signature(self) -> dict[str, Any]:
        """Return the metadata that identifies the user in the history."""
        return self.utilisateur.signature

    def role_dans(self, organisme_id: int) -> str | None:
        """Return the role of the member in their organisme; in another one, None."""
        return self.role if organisme_id == self.organisme_id else None
