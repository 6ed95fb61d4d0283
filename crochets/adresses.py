"""Which addresses may receive a delivery: asked when one is written, and again at each delivery.

A name is resolved once, and the connection is made to an IP address that was checked: a name that changes
between the two, or a redirection, leads nowhere else.
"""

import ipaddress
import queue
import socket
import threading
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

URL_AU_PLUS = 500
# How long a name may take to be resolved.
DELAI_DE_RESOLUTION = 5.0

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
# Addresses that lead to an IPv4 address by another way: mapped, compatible, translated (NAT64), 6to4, Teredo.
_DETOURNEES = [
    ipaddress.ip_network(bloc)
    for bloc in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16",
                 "2001::/32")
]  # fmt: skip
# What `is_global` leaves out in one version of Python or another.
_INTERNES = [
    ipaddress.ip_network(bloc)
    for bloc in ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15",
                 "fec0::/10", "fc00::/7", "5f00::/16", "3fff::/20", "100::/64")
]  # fmt: skip


class AdresseRefusee(Exception):
    """The error raised for an address that may receive nothing; its message says why, in French."""


@dataclass(frozen=True)
class Cible:
    """Where a delivery goes: the parts of its URL, and the IP addresses that were checked."""

    https: bool
    hote: str
    port: int
    chemin: str
    ips: tuple[str, ...]

    @property
    def en_tete(self) -> str:
        """Return the header `Host`."""
        hote = f"[{self.hote}]" if ":" in self.hote else self.hote
        return hote if self.port == (443 if self.https else 80) else f"{hote}:{self.port}"


def viser(url: str) -> Cible:
    """Return where `url` leads, its name resolved and every IP address checked; raise AdresseRefusee."""
    lue, port = _lire(url)
    hote = _hote(lue)
    ips = _resoudre(hote, port)
    for ip in ips:
        if not _est_permise(ipaddress.ip_address(ip)):
            raise AdresseRefusee(
                "Cette adresse mène à un réseau privé ou réservé : donnez celle d'un serveur que l'on joint"
                " depuis Internet."
            )
    chemin = (lue.path or "/") + (f"?{lue.query}" if lue.query else "")
    return Cible(lue.scheme.lower() == "https", hote, port, chemin, ips)


def _lire(url: str) -> tuple[SplitResult, int]:
    """Return the parts of the URL and its port; raise AdresseRefusee for what is not an address to call."""
    if len(url) > URL_AU_PLUS:
        raise AdresseRefusee(f"Cette adresse est trop longue : {URL_AU_PLUS} caractères au plus.")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise AdresseRefusee("Cette adresse contient un caractère qui ne s'écrit pas tel quel dans une URL.")
    try:
        lue = urlsplit(url)
        port = lue.port
    except ValueError as erreur:
        raise AdresseRefusee("Cette adresse ne se lit pas.") from erreur
    schema = lue.scheme.lower()
    if schema != "https" and not (schema == "http" and settings.WEBHOOKS_LOCAUX):
        raise AdresseRefusee("L'adresse commence par https://.")
    if not lue.hostname:
        raise AdresseRefusee("Cette adresse ne nomme aucun serveur.")
    if "@" in lue.netloc:
        raise AdresseRefusee(
            "L'adresse ne contient ni nom ni mot de passe : la signature dit déjà qui appelle."
        )
    if lue.fragment:
        raise AdresseRefusee("Retirez ce qui suit « # » : un serveur ne le reçoit pas.")
    port = port if port is not None else (443 if schema == "https" else 80)
    if port not in settings.WEBHOOKS_PORTS and not settings.WEBHOOKS_LOCAUX:
        raise AdresseRefusee(f"Le port {port} n'est pas permis : utilisez le port 443.")
    return lue, port


def _hote(lue: SplitResult) -> str:
    hote = str(lue.hostname).rstrip(".")
    if "%" in hote or not hote:
        raise AdresseRefusee("Cette adresse ne nomme aucun serveur.")
    return hote


def _resoudre(hote: str, port: int) -> tuple[str, ...]:
    """Return the IP addresses of the name, in the order of the system; raise AdresseRefusee without any.

    The resolver of the system has no time limit of its own: it is asked in a thread.
    """
    reponses: queue.Queue[list[str] | Exception] = queue.Queue()

    def demander() -> None:
        try:
            lues = socket.getaddrinfo(hote, port, type=socket.SOCK_STREAM)
            reponses.put([str(lue[4][0]).partition("%")[0] for lue in lues])
        except (OSError, UnicodeError) as erreur:
            reponses.put(erreur)

    threading.Thread(target=demander, daemon=True).start()
    try:
        reponse = reponses.get(timeout=DELAI_DE_RESOLUTION)
    except queue.Empty:
        raise AdresseRefusee("Le nom de ce serveur n'a pas pu être cherché à temps : réessayez.") from None
    if isinstance(reponse, Exception) or not reponse:
        raise AdresseRefusee(f"Le serveur « {hote[:100]} » est introuvable : vérifiez son nom.")
    return tuple(dict.fromkeys(reponse))


def _est_permise(ip: IP) -> bool:
    if settings.WEBHOOKS_LOCAUX and ip.is_loopback and not _est_detournee(ip):
        return True
    return (
        ip.is_global
        and not ip.is_multicast
        and not ip.is_reserved
        and not _est_detournee(ip)
        and not any(ip.version == bloc.version and ip in bloc for bloc in _INTERNES)
    )


def _est_detournee(ip: IP) -> bool:
    # « ::1 » is in « ::/96 », and is refused as a loopback address.
    return any(ip.version == bloc.version and ip in bloc for bloc in _DETOURNEES) and str(ip) != "::1"
