"""The link that stops the digest without signing in: a signed token, good as long as the account exists."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from organismes.models import Utilisateur

SEL = "arreter-le-bulletin"


def lien_d_arret(personne: Utilisateur) -> str:
    """Return the whole URL of the page that stops the digest of this person."""
    jeton = signing.dumps(personne.pk, salt=SEL)
    return f"{settings.ADRESSE_PUBLIQUE}{reverse('bulletin_arreter', args=[jeton])}"


def personne_du_lien(jeton: str) -> Utilisateur | None:
    """Return the person whose digest this token stops, or None when it was not made here."""
    try:
        return Utilisateur.objects.filter(pk=signing.loads(jeton, salt=SEL)).first()
    except (signing.BadSignature, ValueError):
        return None
