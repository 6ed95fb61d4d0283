"""Files spoilt at random: each is read, or refused with a sentence; nothing else is raised, nothing hangs."""

import random
import time
import zipfile
from io import BytesIO

import pytest

from echanges.lignes import FichierRefuse
from echanges.plan import planifier
from tests.conftest import quantite
from tests.echanges.monde import FICHIERS, LE_JOUR, MondeDesFichiers, lecture

NOMS = sorted(chemin.name for chemin in FICHIERS.iterdir() if chemin.suffix != ".json")
MORCEAUX = (
    b"\x00", b'"', b";", b"\t", b"\n", b"\r", b"\xff\xfe", b"<", b"&amp;", b"=1+1", b"-99999999999", b"1e999",
    "\u202e".encode(), "é".encode("cp1252"), b"31/12/9999", b"00/00/0000", b"60000", b"x" * 5000,
    b"\xed\xa0\x80",
)  # fmt: skip


def muter(octets: bytes, hasard: random.Random) -> bytes:
    """Return the same octets with a few of them changed, cut, doubled or re-encoded."""
    for _ in range(hasard.randint(1, 4)):
        ou = hasard.randrange(len(octets) + 1)
        geste = hasard.randrange(6)
        if geste == 0:
            octets = octets[:ou] + bytes([hasard.randrange(256)]) + octets[ou + 1 :]
        elif geste == 1:
            octets = octets[:ou]
        elif geste == 2:
            octets = octets[:ou] + hasard.choice(MORCEAUX) + octets[ou:]
        elif geste == 3:
            octets = octets[:ou] + octets[max(0, ou - 200) : ou] * hasard.randint(1, 3) + octets[ou:]
        elif geste == 4:
            octets = octets[:ou] + octets[ou + hasard.randint(1, 60) :]
        else:
            codage = hasard.choice(["utf-16", "utf-8-sig", "cp1252", "utf-16-be"])
            octets = octets.decode("utf-8", "replace").encode(codage, "replace")
    return octets


def muter_le_classeur(octets: bytes, hasard: random.Random) -> bytes:
    """Return the same workbook with one of its parts spoilt, the archive staying whole."""
    sortie = BytesIO()
    with zipfile.ZipFile(BytesIO(octets)) as source, zipfile.ZipFile(sortie, "w") as z:
        visee = hasard.choice(source.namelist())
        for nom in source.namelist():
            piece = source.read(nom)
            z.writestr(nom, muter(piece, hasard) if nom == visee else piece)
    return sortie.getvalue()


@pytest.mark.parametrize("nom", NOMS)
def test_un_fichier_abime_se_lit_ou_se_refuse(db, settings, nom):
    settings.EDOF_AUJOURDHUI = LE_JOUR
    monde, hasard = MondeDesFichiers(), random.Random(nom)
    octets, debut, lus = (FICHIERS / nom).read_bytes(), time.process_time(), 0
    nombre = quantite(500, 120)
    for _ in range(nombre):
        classeur = nom.endswith("xlsx") and hasard.random() < 0.8
        mute = muter_le_classeur(octets, hasard) if classeur else muter(octets, hasard)
        try:
            lignes = lecture(mute, hasard.choice([nom, ""])).lignes
        except FichierRefuse as refus:
            assert str(refus).endswith(".")
            continue
        plan = planifier(
            lignes, organisme=monde.organisme, par=monde.gestionnaire, action=monde.action_de_creteil
        )
        lus += bool(plan.lignes)
    assert lus > nombre // 20
    assert time.process_time() - debut < nombre
