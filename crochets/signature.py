"""The secret of a subscription, and the signature of a delivery (Standard Webhooks 1.0.0)."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from django.utils.crypto import salted_hmac

MARQUE = "whsec_"


def secret_de(cle: str, qui: object) -> str:
    """Return the secret, `whsec_` and base64, that the form `cle` makes for `qui`.

    A second submission makes the same secret. Only the program can compute it.
    """
    octets = salted_hmac("crochets.secret", f"{qui}:{cle}", algorithm="sha256").digest()
    return MARQUE + base64.b64encode(octets).decode()


def signer(secrets: Sequence[str], identifiant: str, instant: int, corps: bytes) -> str:
    """Return the header `webhook-signature`: one signature for each secret, separated by spaces."""
    signe = f"{identifiant}.{instant}.".encode() + corps
    return " ".join(f"v1,{_hmac(secret, signe)}" for secret in secrets)


def _hmac(secret: str, signe: bytes) -> str:
    cle = base64.b64decode(secret.removeprefix(MARQUE))
    return base64.b64encode(hmac.new(cle, signe, hashlib.sha256).digest()).decode()
