"""Who looks after the installation: the programs that watch it, by a token or by their address."""

import hmac
from ipaddress import ip_network

from django.conf import settings
from django.http import HttpRequest

from edof.visiteur import adresse


def est_de_la_maison(request: HttpRequest) -> bool:
    """Return whether the request bears METRIQUES_JETON, or comes from METRIQUES_ADRESSES; without them, no.

    Of an IPv6 address the /64 is known (edof/visiteur.py), so that is what is compared.
    """
    nom, _, jeton = request.headers.get("Authorization", "").partition(" ")
    if settings.METRIQUES_JETON and nom == "Bearer":
        return hmac.compare_digest(jeton.encode(), settings.METRIQUES_JETON.encode())
    if not settings.METRIQUES_ADRESSES or not (lue := adresse(request)):
        return False
    visiteur = ip_network(f"{lue}/64" if ":" in lue else lue)
    return any(
        reseau.version == visiteur.version and reseau.overlaps(visiteur)
        for reseau in settings.METRIQUES_ADRESSES
    )
