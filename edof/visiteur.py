"""Where a request comes from, behind proxies or not."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def adresse(request: HttpRequest) -> str | None:
    """The address of the visitor, None when nobody says it (a local socket).

    Each of the PROXYS in front adds to the right of `X-Forwarded-For` the address that it was reached from:
    what the visitor wrote there is further left, and never read. Of an IPv6 address only the network (/64) is
    kept: one person has as many addresses as wanted in it.
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
