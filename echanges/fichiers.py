"""What a file is, by its content: text of a table, workbook, XML; or why nothing can be read of it.

Sizes are checked before anything is read or decompressed.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.db.models import TextChoices

from echanges.lignes import FichierRefuse
from edof.templatetags.affichage import milliers

MEGA = 1_000_000


class Format(TextChoices):
    """The formats that an import reads."""

    CSV = "csv", "Texte CSV"
    XLSX = "xlsx", "Classeur Excel"
    XML = "xml", "XML d'EDOF"
    JSON = "jsonl", "JSON Lines"
    ARCHIVE = "zip", "Archive « Tout emporter »"


# The largest files, in megaoctets; of a workbook, also once unzipped.
AU_PLUS = {Format.CSV: 20, Format.XLSX: 20, Format.XML: 100, Format.JSON: 100, Format.ARCHIVE: 100}
# The part by which each kind of zip is known, and the largest sizes unzipped.
MANIFESTE, _CLASSEUR = "manifeste.json", "xl/workbook.xml"
_PIECES = {Format.XLSX: _CLASSEUR, Format.ARCHIVE: MANIFESTE}
DEZIPPE_AU_PLUS, ARCHIVE_AU_PLUS = 120, 600
PIECES_AU_PLUS = 2_000
# What an import leaves in an archive.
NON_LUES = {"parutions.jsonl", "contenus.jsonl"}
_EXTENSIONS = {
    "csv": Format.CSV,
    "tsv": Format.CSV,
    "txt": Format.CSV,
    "xlsx": Format.XLSX,
    "xml": Format.XML,
    "jsonl": Format.JSON,
    "zip": Format.ARCHIVE,
}

_ENREGISTRER = (
    "Ouvrez-le dans votre tableur, puis « Enregistrer sous » : Classeur Excel (.xlsx) ou CSV UTF-8. Déposez"
    " ensuite ce fichier-là. Rien n'a été lu."
)
ABIME = (
    "Ce classeur est abîmé, ou il n'est pas arrivé en entier : ouvrez-le dans Excel, enregistrez-le de"
    " nouveau,"
    " puis déposez-le."
)
# An object, or a list of them, which is refused as JSON and not as a table.
_DU_JSON = re.compile(rb'\s*(\{\s*"|\[\s*[{\]])')
_OLE, _ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", (b"PK\x03\x04", b"PK\x05\x06")
# How other kinds of files begin, and their name.
_AUTRES = {
    b"%PDF": "un PDF", b"{\\rtf": "un texte RTF", b"\x89PNG": "une image", b"\xff\xd8\xff": "une image",
    b"GIF8": "une image", b"\x1f\x8b": "une archive", b"7z\xbc\xaf": "une archive", b"Rar!": "une archive",
}  # fmt: skip


def reconnaitre(fichier: IO[bytes], taille: int, nom: str = "") -> Format:
    """Return the format of a file, by its first octets.

    Raise FichierRefuse when it is of none, too large, or not what its name says.
    """
    if not taille:
        raise FichierRefuse("Ce fichier est vide : il n'y a rien à importer.")
    fichier.seek(0)
    debut = fichier.read(4096)
    fichier.seek(0)
    trouve = _format(fichier, debut, taille)
    if taille > AU_PLUS[trouve] * MEGA:
        raise FichierRefuse(
            f"Ce fichier pèse {milliers(round(taille / MEGA))} Mo, et un import en lit {AU_PLUS[trouve]}"
            " au plus"
            " : partagez-le en plusieurs. Rien n'a été lu."
        )
    extension = nom.rpartition(".")[2].lower() if "." in nom else ""
    if _EXTENSIONS.get(extension, trouve) != trouve:
        raise FichierRefuse(
            f"Ce fichier porte l'extension .{extension}, mais c'est {_UN[trouve]} : renommez-le en"
            f" .{trouve}, puis"
            " déposez-le de nouveau. Rien n'a été lu."
        )
    if trouve in {Format.XLSX, Format.ARCHIVE}:
        with archive(fichier, _PIECES[trouve]):
            pass
    return trouve


_UN = {
    Format.CSV: "du texte, pas un classeur",
    Format.XLSX: "un classeur Excel",
    Format.XML: "du XML",
    Format.JSON: "du JSON",
    Format.ARCHIVE: "une archive « Tout emporter »",
}


def _format(fichier: IO[bytes], debut: bytes, taille: int) -> Format:
    if debut.startswith(_OLE):
        # The names of the streams are UTF-16; the directory may stand anywhere in the file.
        if taille <= AU_PLUS[Format.XLSX] * MEGA and "EncryptedPackage".encode("utf-16-le") in fichier.read():
            raise FichierRefuse(
                "Ce classeur est protégé par un mot de passe : retirez-le dans Excel (Fichier, Informations,"
                " Protéger le classeur), puis déposez-le de nouveau. Rien n'a été lu."
            )
        raise FichierRefuse(f"C'est un ancien classeur (.xls). {_ENREGISTRER}")
    if debut.startswith(_ZIP):
        return _zip(fichier)
    for marque, quoi in _AUTRES.items():
        if debut.startswith(marque):
            raise FichierRefuse(
                f"C'est {quoi}, pas un tableau : un import lit un classeur Excel (.xlsx), un CSV ou le XML"
                " d'EDOF."
            )
    if _DU_JSON.match(debut.removeprefix(b"\xef\xbb\xbf")):
        return Format.JSON
    tete = _en_lettres(debut).lstrip("\ufeff \t\r\n").lower()
    if tete.startswith(("<?xml", "<lheo", "<!--")) or tete.startswith("<!doctype lheo"):
        if "urn:schemas-microsoft-com:office" in tete or "excel.sheet" in tete:
            raise FichierRefuse(f"C'est un classeur au format XML d'Excel 2003. {_ENREGISTRER}")
        if "<html" not in tete:
            return Format.XML
    if tete.startswith("<") and any(
        balise in tete for balise in ("<html", "<!doctype html", "<table", "<meta")
    ):
        raise FichierRefuse(f"C'est une page web, même si son nom dit autre chose. {_ENREGISTRER}")
    if tete.startswith("<lh") or "xmlns" in tete[:400] and tete.startswith("<"):
        return Format.XML
    return Format.CSV


def _zip(fichier: IO[bytes]) -> Format:
    """Return what a zip is: it says so by its parts."""
    try:
        with zipfile.ZipFile(fichier) as ouverte:
            noms = set(ouverte.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as erreur:
        raise FichierRefuse(ABIME) from erreur
    for format_, piece in _PIECES.items():
        if piece in noms:
            return format_
    raise FichierRefuse(_pas_un_classeur(noms))


def _en_lettres(octets: bytes) -> str:
    """Return the beginning of a text, whatever its encoding, to look for tags in it."""
    return (
        octets.replace(b"\x00", b"")
        .removeprefix(b"\xff\xfe")
        .removeprefix(b"\xfe\xff")
        .decode("latin-1")
        .replace("ï»¿", "")
    )


@contextmanager
def archive(fichier: IO[bytes], attendue: str = _CLASSEUR) -> Iterator[zipfile.ZipFile]:
    """Open a zip, a workbook by default, once its size unzipped is known to be bearable.

    Raise FichierRefuse when the expected part is not in it, when it is too large, or when what is read of it
    is damaged.
    """
    try:
        with zipfile.ZipFile(fichier) as ouverte:
            pieces = ouverte.infolist()
            noms = {piece.filename for piece in pieces}
            if attendue not in noms:
                raise FichierRefuse(_pas_un_classeur(noms))
            # The history and the parutions of an archive are not read.
            lues = [piece for piece in pieces if attendue != MANIFESTE or "/" not in piece.filename]
            total = sum(piece.file_size for piece in lues if piece.filename not in NON_LUES)
            au_plus = ARCHIVE_AU_PLUS if attendue == MANIFESTE else DEZIPPE_AU_PLUS
            if total > au_plus * MEGA or len(pieces) > PIECES_AU_PLUS:
                raise FichierRefuse(
                    f"Ce fichier ferait plus de {au_plus} Mo une fois décompressé : d'un classeur, gardez la"
                    " feuille à importer, sans image ni ligne vide mise en forme. Rien n'a été lu."
                )
            if any(piece.flag_bits & 1 for piece in pieces):
                raise FichierRefuse("Ce fichier est chiffré : retirez le mot de passe. Rien n'a été lu.")
            yield ouverte
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as erreur:
        raise FichierRefuse(ABIME) from erreur


def _pas_un_classeur(noms: set[str]) -> str:
    if "xl/workbook.bin" in noms:
        return f"C'est un classeur binaire (.xlsb). {_ENREGISTRER}"
    if "content.xml" in noms:
        return f"C'est un document LibreOffice (.ods). {_ENREGISTRER}"
    if any(nom.endswith(".iwa") for nom in noms):
        return f"C'est un document Numbers. {_ENREGISTRER}"
    if "word/document.xml" in noms:
        return "C'est un document Word, pas un tableau : un import lit un classeur Excel (.xlsx) ou un CSV."
    return "C'est une archive, pas un classeur : déposez le fichier qu'elle contient. Rien n'a été lu."
