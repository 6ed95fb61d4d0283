"""One HTTP exchange: a POST to an IP address that was checked, in fifteen seconds at most.

It reads no row and opens no transaction: the threads of the round call it.
"""

import contextlib
import http.client
import logging
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from crochets.adresses import AdresseRefusee, Cible, viser

journal = logging.getLogger(__name__)

DELAI = 15.0
# What is read, and kept, of a response.
OCTETS_GARDES = 1024


@dataclass(frozen=True)
class Envoi:
    """A signed delivery, ready to leave."""

    url: str
    entetes: dict[str, str]
    corps: bytes


@dataclass(frozen=True)
class Resultat:
    """What became of an exchange: the status, or why there is none (`erreur`, in French)."""

    duree: float
    statut: int | None = None
    reponse: str = ""
    erreur: str = ""
    # The header Retry-After, as it was received.
    attendre: str = ""

    @property
    def reussi(self) -> bool:
        """Return whether the receiver has accepted the delivery."""
        return self.statut is not None and 200 <= self.statut < 300


@dataclass
class _Minuteur:
    """Cuts the connection when the time is over: a receiver that sends byte by byte gets no more."""

    fin: float
    prise: socket.socket | None = None
    sonne: bool = False
    verrou: threading.Lock = field(default_factory=threading.Lock)

    def reste(self) -> float:
        """Return the seconds that remain; raise TimeoutError when there are none."""
        reste = self.fin - time.monotonic()
        if reste <= 0:
            raise TimeoutError
        return reste

    def suivre(self, prise: socket.socket) -> None:
        """Cut this socket, from now on."""
        with self.verrou:
            self.prise = prise
            if self.sonne:
                raise TimeoutError

    def couper(self) -> None:
        """End the exchange."""
        with self.verrou:
            self.sonne = True
            if self.prise is not None:
                # The method of the base class: that of SSLSocket would take the TLS away from a thread that
                # is reading.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(self.prise, socket.SHUT_RDWR)


class _Connexion(http.client.HTTPConnection):
    """A connection to the checked IP addresses of a target, which keeps the name for TLS and for `Host`."""

    def __init__(self, cible: Cible, minuteur: _Minuteur) -> None:
        super().__init__(cible.hote, cible.port, timeout=DELAI)
        self._cible, self._minuteur = cible, minuteur

    def connect(self) -> None:
        """Connect to the first of the IP addresses that answers."""
        self.sock: Any = self._premiere()
        if self._cible.https:
            contexte = ssl.create_default_context()
            self.sock = contexte.wrap_socket(
                self.sock, server_hostname=self._cible.hote, do_handshake_on_connect=False
            )
            # Followed before the handshake, which a receiver could draw out too.
            self._minuteur.suivre(self.sock)
            self.sock.do_handshake()

    def _premiere(self) -> socket.socket:
        derniere: OSError = ConnectionError()
        for ip in self._cible.ips:
            # Not `create_connection`, which asks the resolver again.
            prise = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM)
            try:
                prise.settimeout(self._minuteur.reste())
                prise.connect((ip, self._cible.port))
            except OSError as erreur:
                prise.close()
                derniere = erreur
            else:
                self._minuteur.suivre(prise)
                return prise
        raise derniere


def envoyer(envoi: Envoi) -> Resultat:
    """Send the delivery; return what became of it, whatever it is."""
    debut = time.monotonic()
    minuteur = _Minuteur(debut + DELAI)
    reveil = threading.Timer(DELAI, minuteur.couper)
    reveil.daemon = True
    reveil.start()
    try:
        statut, reponse, attendre = _echanger(envoi, minuteur)
        return Resultat(time.monotonic() - debut, statut, reponse, _mot(statut), attendre)
    except AdresseRefusee as refusee:
        return Resultat(time.monotonic() - debut, erreur=str(refusee))
    except (OSError, http.client.HTTPException, ValueError) as erreur:
        phrase = (
            f"Pas de réponse complète en {DELAI:.0f} secondes."
            if minuteur.sonne or isinstance(erreur, TimeoutError)
            else _phrase(erreur)
        )
        return Resultat(time.monotonic() - debut, erreur=phrase)
    except Exception:
        # What nobody has foreseen of a receiver must not stop the deliveries of the others.
        # The path of an address may be a secret of its receiver.
        journal.exception("Livraison vers %s impossible", urlsplit(envoi.url).hostname)
        return Resultat(time.monotonic() - debut, erreur="Cet appel n'a pas pu être fait.")
    finally:
        reveil.cancel()


def _echanger(envoi: Envoi, minuteur: _Minuteur) -> tuple[int, str, str]:
    cible = viser(envoi.url)
    connexion = _Connexion(cible, minuteur)
    try:
        # `Host` is given whole: the name and the port of the URL, not the IP address.
        connexion.putrequest("POST", cible.chemin, skip_host=True, skip_accept_encoding=True)
        for nom, valeur in ({"Host": cible.en_tete} | envoi.entetes).items():
            connexion.putheader(nom, valeur)
        connexion.putheader("Content-Length", str(len(envoi.corps)))
        connexion.endheaders(envoi.corps)
        reponse = connexion.getresponse()
        try:
            octets = reponse.read(OCTETS_GARDES)
        except (OSError, http.client.HTTPException):
            # The status has arrived: it decides.
            octets = b""
        if minuteur.sonne:
            raise TimeoutError
        # PostgreSQL keeps no NUL.
        texte = octets.decode("utf-8", "replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")
        return reponse.status, texte, (reponse.headers.get("Retry-After") or "").strip()[:100]
    finally:
        connexion.close()


def _mot(statut: int) -> str:
    """Return why this status is a failure, an empty text when it is a success or says enough itself."""
    if 300 <= statut < 400:
        return "Une redirection n'est pas suivie : donnez l'adresse finale."
    if statut == http.client.GONE:
        return "Le destinataire ne veut plus rien recevoir (410)."
    return ""


def _phrase(erreur: Exception) -> str:
    if isinstance(erreur, ssl.SSLCertVerificationError):
        return "Le certificat du serveur n'est pas valable pour ce nom."
    if isinstance(erreur, ssl.SSLError):
        return "La connexion chiffrée (TLS) n'a pas pu s'établir."
    if isinstance(erreur, ConnectionRefusedError):
        return "Le serveur refuse la connexion."
    if isinstance(erreur, (http.client.RemoteDisconnected, ConnectionError)):
        return "Le serveur a coupé la connexion avant de répondre."
    if isinstance(erreur, OSError):
        return "Le serveur n'est pas joignable."
    return "La réponse ne se lit pas comme du HTTP."
