"""A relay of TCP connections that can be cut as a network is: packets are lost, nobody is told.

A filter on its sockets has the kernel drop what arrives, unacknowledged, the requests of connection included;
what should leave waits. Whoever is on the other side sees what it would see of a cable unplugged.
"""

import contextlib
import ctypes
import socket
import struct
import threading

# From linux/filter.h: « return 0 », which keeps no byte of any packet.
_RIEN = struct.pack("HBBI", 0x06, 0, 0, 0)
_ATTACHER, _DETACHER = 26, 27
_KEEPALIVE = {socket.TCP_KEEPIDLE: 5, socket.TCP_KEEPINTVL: 2, socket.TCP_KEEPCNT: 3}
BLOC = 65_536


class Relais:
    """Listens on a port of this machine, and relays to `vers`: a port, or the path of a Unix socket."""

    def __init__(self, vers: int | str) -> None:
        self.vers = vers
        self._ouvert = threading.Event()
        self._ouvert.set()
        self._prises: set[socket.socket] = set()
        self._ecoute = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._ecoute.getsockname()[1])
        threading.Thread(target=self._accepter, daemon=True).start()

    def couper(self) -> None:
        """Lose every packet from now on."""
        self._ouvert.clear()
        programme = ctypes.create_string_buffer(_RIEN)
        filtre = struct.pack("HL", 1, ctypes.addressof(programme))
        for prise in (self._ecoute, *self._prises):
            with contextlib.suppress(OSError):
                prise.setsockopt(socket.SOL_SOCKET, _ATTACHER, filtre)

    def retablir(self) -> None:
        """Let packets through again."""
        for prise in (self._ecoute, *self._prises):
            with contextlib.suppress(OSError):
                prise.setsockopt(socket.SOL_SOCKET, _DETACHER, 0)
        self._ouvert.set()

    def _accepter(self) -> None:
        while True:
            prise, _ = self._ecoute.accept()
            # What the program asks of PostgreSQL for its own side of the connection (edof/settings.py).
            for option, valeur in _KEEPALIVE.items():
                prise.setsockopt(socket.IPPROTO_TCP, option, valeur)
            prise.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            prise.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                autre = self._joindre()
            except OSError:
                prise.close()
                continue
            self._prises.add(prise)
            for de, vers in ((prise, autre), (autre, prise)):
                threading.Thread(target=self._passer, args=(de, vers, prise), daemon=True).start()

    def _joindre(self) -> socket.socket:
        if isinstance(self.vers, int):
            return socket.create_connection(("127.0.0.1", self.vers))
        autre = socket.socket(socket.AF_UNIX)
        autre.connect(self.vers)
        return autre

    def _passer(self, de: socket.socket, vers: socket.socket, prise: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while lu := de.recv(BLOC):
                self._ouvert.wait()
                vers.sendall(lu)
        # The end of one side is told to the other only while the network is there.
        self._ouvert.wait()
        self._prises.discard(prise)
        for fin in (de, vers):
            with contextlib.suppress(OSError):
                fin.shutdown(socket.SHUT_RDWR)
                fin.close()
