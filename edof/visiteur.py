"""The address of the visitor, with or without proxies in front."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def adresse(request: HttpRequest) -> str | None:
    """Return the address of the visitor, or None when it is unknown (a local socket).

    Each of the PROXYS in front adds to the right of `X-Forwarded-For` the address it received the request
    from. What the visitor wrote there is further left, and is never read. Only the network (/64) of an IPv6
    address is kept: one person has as many addresses as they want in it.
    """
    sauts = [saut.strip() for saut in request.headers.get("X-Forwarded-For", "").split(",")]
    annoncee = sauts[-settings.PROXYS] if 0 < settings.PROXYS <= len(sauts) else ""
    try:
        lue = ip_address(annoncee or request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return None
    if not isinstance(lue, IPv6Address):
        return str(lue)
    return str(lue.ipv4_mapped or ip_network((lue.packed, 64), strict=False).network_address)
