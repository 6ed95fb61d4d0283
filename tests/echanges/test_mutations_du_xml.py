"""Files that nobody wrote: bytes flipped, cut, nested, encoded again. A refusal or lines, nothing else."""

import random
import time

import pytest

from echanges.lignes import Gravite, Niveau
from tests.echanges.edof_xml import FICHIERS, lire_octets
from tests.outils import trop_long

# Of each of the ten parts of the test; the bench makes 100,000, of a fresh seed.
NOMBRE = 200
# A file of ten kilobytes that takes a second would take hours at a hundred megabytes.
SECONDES_AU_PLUS = 2.0
DEBRIS = (
    b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b"\x00", b"\xff", b"\x92", b"\xc3", b'"', b"</action>",
    b"<session>", b"<formation numero='x'>", b"</formation>", b"<extras>", b"&#x0;", b"&#1114112;", b"&lol;",
    b"<!DOCTYPE lheo>", b"<?xml version='1.0'?>", b"99999999999999999999", b"nan", b"-1", b"\xe2\x80\xae",
)  # fmt: skip


def retourner(hasard: random.Random, octets: bytes) -> bytes:
    """Flip some bits."""
    mutes = bytearray(octets)
    for _ in range(hasard.choice((1, 1, 3, 20))):
        mutes[hasard.randrange(len(mutes))] ^= 1 << hasard.randrange(8)
    return bytes(mutes)


def couper(hasard: random.Random, octets: bytes) -> bytes:
    """Cut the end, or take a part out."""
    debut, fin = sorted(hasard.sample(range(len(octets)), 2))
    return octets[:debut] if hasard.random() < 0.3 else octets[:debut] + octets[fin:]


def repeter(hasard: random.Random, octets: bytes) -> bytes:
    """Write a part again, elsewhere."""
    debut, fin = sorted(hasard.sample(range(len(octets)), 2))
    endroit = hasard.randrange(len(octets))
    return octets[:endroit] + octets[debut : min(fin, debut + 3000)] + octets[endroit:]


def parsemer(hasard: random.Random, octets: bytes) -> bytes:
    """Write debris in some places."""
    for _ in range(hasard.choice((1, 2, 6))):
        endroit = hasard.randrange(len(octets))
        octets = octets[:endroit] + hasard.choice(DEBRIS) + octets[endroit:]
    return octets


def emboiter(hasard: random.Random, octets: bytes) -> bytes:
    """Nest elements in one of the tags."""
    endroit = octets.find(b">", hasard.randrange(len(octets))) + 1
    profondeur = hasard.choice((5, 40, 300, 3000))
    nom = hasard.choice((b"extras", b"action", b"formation", b"x"))
    return octets[:endroit] + b"<%s>" % nom * profondeur + b"</%s>" % nom * profondeur + octets[endroit:]


def recoder(hasard: random.Random, octets: bytes) -> bytes:
    """Encode again, under the same label or under another one."""
    texte = octets.decode("latin-1")
    codec = hasard.choice(("utf-8", "utf-16", "utf-16-le", "utf-32", "cp037", "utf-7", "utf-8-sig"))
    label = hasard.choice(("ISO-8859-1", "UTF-8", "UTF-16", "EBCDIC-CP-FR", "x" * 30, "hex", "rot13"))
    return texte.replace("ISO-8859-1", label, 1).encode(codec)


def echanger(hasard: random.Random, octets: bytes) -> bytes:
    """Exchange two elements, or the values of two attributes."""
    morceaux = octets.split(b"><")
    un, deux = hasard.randrange(len(morceaux)), hasard.randrange(len(morceaux))
    morceaux[un], morceaux[deux] = morceaux[deux], morceaux[un]
    return b"><".join(morceaux)


MUTATIONS = (retourner, couper, repeter, parsemer, emboiter, recoder, echanger)


def muter(graine: int) -> bytes:
    """Return one mutation of one of the files."""
    hasard = random.Random(graine)
    octets = hasard.choice(FICHIERS).read_bytes()
    for _ in range(hasard.choice((1, 1, 1, 2, 4))):
        octets = hasard.choice(MUTATIONS)(hasard, octets) or b" "
    return octets


def eprouver(graine: int) -> None:
    """Read one mutation: a refusal in a sentence, or lines whose values have their types."""
    debut = time.process_time()
    lecture = lire_octets(muter(graine))
    lignes = list(lecture.lignes())
    assert not trop_long(time.process_time() - debut, SECONDES_AU_PLUS), graine
    if lecture.refus:
        assert lignes == []
        assert len(lecture.refus) < 400
        return
    assert {ligne.niveau for ligne in lignes} <= set(Niveau)
    for ligne in lignes:
        assert all(isinstance(morceau, str) for morceau in ligne.chemin)
        assert ligne.ligne >= 0
        for valeur in ligne.valeurs.values():
            assert valeur is None or isinstance(valeur, (str, int, bool, list)), (graine, valeur)
        for anomalie in ligne.anomalies:
            assert isinstance(anomalie.gravite, Gravite)
            assert anomalie.phrase


@pytest.mark.parametrize("dizaine", range(10))
def test_aucune_mutation_ne_casse_la_lecture(dizaine):
    for graine in range(dizaine * NOMBRE, (dizaine + 1) * NOMBRE):
        eprouver(graine)
