"""What a person signs in with beside the password: passkeys and recovery codes.

The key of the application on their telephone is a `TOTPDevice` of django-otp.
"""

import hashlib
import secrets

from django.db import models

from edof.champs import LigneField
from edof.horloge import maintenant
from edof.textes import valider_texte
from organismes.models.utilisateur import Utilisateur

# Without the letters and digits that are taken for one another.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
GROUPES, PAR_GROUPE = 5, 5


class CodeDeSecours(models.Model):
    """A recovery code, which is valid once; 120 bits drawn at random, of which only the hash is kept."""

    utilisateur = models.ForeignKey(
        Utilisateur, on_delete=models.CASCADE, related_name="codes_de_secours", verbose_name="utilisateur"
    )
    empreinte = models.CharField("empreinte", max_length=64, unique=True, editable=False)
    utilise_le = models.DateTimeField("utilisé le", null=True, editable=False)

    class Meta:
        verbose_name = "code de secours"
        verbose_name_plural = "codes de secours"

    def __str__(self) -> str:
        return f"code de secours {self.pk}"

    @staticmethod
    def tirer() -> str:
        """Return a new code, as it is shown."""
        return "-".join("".join(secrets.choice(ALPHABET) for _ in range(PAR_GROUPE)) for _ in range(GROUPES))

    @staticmethod
    def empreinte_de(code: str) -> str:
        """Return what is kept of a code, however it was typed."""
        lettres = "".join(filter(str.isalnum, code.upper()))
        return hashlib.sha256(lettres.encode("utf-8", "surrogatepass")).hexdigest()


class CleDAcces(models.Model):
    """A passkey (WebAuthn): what the browser or the security key gave when it was registered."""

    utilisateur = models.ForeignKey(
        Utilisateur, on_delete=models.CASCADE, related_name="cles_d_acces", verbose_name="utilisateur"
    )
    nom = LigneField("nom", max_length=60, validators=[valider_texte])
    identifiant = models.BinaryField("identifiant", unique=True)
    cle_publique = models.BinaryField("clé publique")
    # Grows at each use, for the keys that count: one that does not grow was copied.
    compteur = models.PositiveBigIntegerField("compteur", default=0)
    creee_le = models.DateTimeField("créée le", default=maintenant, editable=False)
    utilisee_le = models.DateTimeField("utilisée le", null=True, editable=False)

    class Meta:
        verbose_name = "clé d'accès"
        verbose_name_plural = "clés d'accès"
        ordering = ["creee_le", "pk"]

    def __str__(self) -> str:
        return self.nom
