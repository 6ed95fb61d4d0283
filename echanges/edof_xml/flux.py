"""The stream of an EDOF file: the bytes given to the parser, the lines that wait, what breaks in French."""

import marshal
import struct
import tempfile
import weakref
from collections.abc import Iterator
from typing import IO, Any

from lxml import etree

from echanges.edof_xml.elements import FicheLue
from echanges.lignes import Anomalie, Demande, FichierRefuse, Gravite, LigneLue, Niveau

# Bytes between two records: what is read of one is held in memory.
ENTRE_DEUX_FICHES = 2 * 1024 * 1024
_LOT = 200
# What waits in memory before it goes to the disk, in bytes.
EN_MEMOIRE = 1024 * 1024
_EN_FRANCAIS = (
    ("Premature end", "le fichier s'arrête avant la fin"),
    ("tag mismatch", "une balise est fermée par une autre"),
    ("not defined", "un préfixe ou une entité n'est pas défini"),
    ("Excessive depth", "les éléments sont emboîtés trop profondément"),
    ("Start Tag", "une balise n'est pas terminée"),
    ("Att", "un attribut est mal écrit"),
    ("CDATA", "une section CDATA n'est pas fermée"),
    ("Comment", "un commentaire n'est pas fermé"),
)


class Attente:
    """The lines of one level, which wait on the disk until those above are known to be good."""

    def __init__(self, niveau: Niveau, bloquees: dict[int, str]) -> None:
        self.niveau, self.bloquees, self.nombre = niveau, bloquees, 0
        self._fichier = tempfile.SpooledTemporaryFile(EN_MEMOIRE)  # noqa: SIM115 - closed below
        weakref.finalize(self, self._fichier.close)
        self._lot: list[Any] = []

    def garder(self, parents: list[int], chemin: tuple[str, ...], fiche: FicheLue) -> None:
        """Keep a line; `parents` are the numbers of the records above it."""
        anomalies = [
            (dite.code, dite.gravite.value, dite.phrase, dite.champ, dite.valeur) for dite in fiche.anomalies
        ]
        self._lot.append((parents, fiche.ligne, chemin, fiche.valeurs, anomalies, fiche.demande.value))
        self.nombre += 1
        if len(self._lot) == _LOT:
            self._ecrire()

    def _ecrire(self) -> None:
        octets_ = marshal.dumps(self._lot)
        self._fichier.write(struct.pack("<I", len(octets_)) + octets_)
        self._lot = []

    def lignes(self) -> Iterator[LigneLue]:
        """Yield the lines; one that is below a record that is not taken is not either."""
        self._fichier.seek(0, 2)
        if self._lot:
            self._ecrire()
        self._fichier.seek(0)
        while taille := self._fichier.read(4):
            for parents, ligne, chemin, valeurs, anomalies, demande in marshal.loads(
                self._fichier.read(struct.unpack("<I", taille)[0])
            ):
                dites = [
                    Anomalie(code, Gravite(gravite), phrase, champ, valeur)
                    for code, gravite, phrase, champ, valeur in anomalies
                ]
                if dessus := next((self.bloquees[rang] for rang in parents if rang in self.bloquees), ""):
                    phrase = f"{dessus} n'est pas reprise : ce qui est dessous ne l'est pas non plus."
                    dites.append(Anomalie("parent-en-erreur", Gravite.BLOQUANTE, phrase))
                yield LigneLue(ligne, self.niveau, chemin, valeurs, dites, Demande(demande))


class Source:
    """A part of the copy, for the parser; it refuses a part of a file that would fill the memory."""

    def __init__(self, copie: IO[bytes], debut: bytes) -> None:
        self._copie, self._debut, self.depuis = copie, debut, 0

    def read(self, taille: int) -> bytes:
        """Return the next bytes."""
        if self._debut:
            debut, self._debut = self._debut, b""
            return debut
        self.depuis += taille
        if self.depuis > ENTRE_DEUX_FICHES:
            raise FichierRefuse(
                "Une formation de ce fichier compte plus de 2 Mo, hors sessions : ce n'est pas un catalogue"
                " d'EDOF."
            )
        return self._copie.read(taille)


def dire(erreur: etree.XMLSyntaxError) -> str:
    """Return what the parser found, in a French sentence."""
    dit = str(erreur)
    pourquoi = next((phrase for motif, phrase in _EN_FRANCAIS if motif in dit), "le XML est mal formé")
    return f"{pourquoi}."
