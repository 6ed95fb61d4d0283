"""Helpers shared by the tests of EDOF's XML: the files, small variants of them, lines found by their path."""

import io
from pathlib import Path

from echanges.lecture_edof import CatalogueLu, lire
from echanges.lignes import LigneLue

DONNEES = Path(__file__).parent / "donnees"
SCHEMA = Path(__file__).parents[2] / "echanges" / "donnees" / "edof_equivalent.xsd"
SIRET = "41234567800012"
FICHIERS = sorted(DONNEES.glob("*.xml"))


def octets(debut: str) -> bytes:
    """Return the file whose name begins so."""
    return next(fichier for fichier in FICHIERS if fichier.name.startswith(debut)).read_bytes()


def lire_octets(contenu: bytes, siret: str = SIRET) -> CatalogueLu:
    """Read a file that is in memory."""
    return lire(io.BytesIO(contenu), siret)


def change(debut: str, *echanges: tuple[str, str]) -> CatalogueLu:
    """Read a file of the data in which texts are replaced."""
    contenu = octets(debut)
    for avant, apres in echanges:
        assert avant.encode("latin-1") in contenu, avant
        contenu = contenu.replace(avant.encode("latin-1"), apres.encode("latin-1"))
    return lire_octets(contenu)


def par_nom(lecture: CatalogueLu) -> dict[str, LigneLue]:
    """Return the lines by the last identifier of their paths; the first one of each."""
    trouvees: dict[str, LigneLue] = {}
    for ligne in lecture.lignes():
        trouvees.setdefault(ligne.chemin[-1], ligne)
    return trouvees


def codes(ligne: LigneLue) -> dict[str, str]:
    """Return the gravities of the anomalies of a line, by code."""
    return {anomalie.code: anomalie.gravite.value for anomalie in ligne.anomalies}
