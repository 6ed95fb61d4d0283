"""The bytes of an EDOF file before it is parsed: what is refused at once, and its real encoding.

What is parsed is a copy in UTF-8, with the same lines: a file may be anything that people send.
"""

import codecs
import html.entities
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from echanges.lignes import FichierRefuse

OCTETS_AU_PLUS = 100 * 1024 * 1024
_MORCEAU = 1024 * 1024
# How far the root is looked for: comments may come before it.
_TETE = 256 * 1024

_DECLARATION = re.compile(rb"\s*<\?xml\b[^>]{0,300}\?>")
_ENCODAGE = re.compile(rb"""encoding\s*=\s*["']([\w.:-]{1,40})["']""")
# The labels under which files of one byte per character come, with the codec that reads them.
_UN_OCTET = {"iso8859-1": "cp1252", "cp1252": "cp1252", "ascii": "cp1252", "iso8859-15": "iso8859-15"}
# A byte that ISO-8859-1 makes a control character; Windows writes quotes, dashes and « œ » there.
_DE_WINDOWS = bytes(range(0x80, 0xA0))
_CONTROLES = bytes(octet for octet in range(32) if octet not in (9, 10, 13))
# An ampersand that XML refuses: alone, an entity of HTML, a character that does not exist.
_ESPERLUETTE = re.compile(
    rb"&(?!(?:amp|lt|gt|quot|apos);)"
    rb"(?:(#x[0-9A-Fa-f]{1,8}|#[0-9]{1,9});|([A-Za-z][A-Za-z0-9]{1,30});|)"
)
_AUTRES_FORMATS = {
    b"PK": "Ce fichier est une archive ou un classeur : déposez le fichier XML lui-même.",
    b"\x1f\x8b": "Ce fichier est compressé : décompressez-le, puis déposez le fichier XML.",
    b"%PDF": "Ce fichier est un PDF : déposez le fichier XML du catalogue.",
    b"\xd0\xcf\x11\xe0": "Ce fichier est un ancien classeur : déposez le fichier XML du catalogue.",
}
ILLISIBLE = "Ce fichier n'est pas un fichier XML lisible."


@dataclass(frozen=True)
class Encodage:
    """The encoding of the file: as declared, as read, and what is said when they differ, with a sample."""

    declare: str
    lu: str
    phrase: str = ""
    avant: str = ""
    apres: str = ""


def preparer(fichier: IO[bytes]) -> tuple[IO[bytes], Encodage, list[str]]:
    """Return a copy of the file in UTF-8, its encoding, and what had to be repaired, in sentences.

    The copy has neither a declaration nor characters that XML refuses. Raise FichierRefuse.
    """
    fichier.seek(0)
    tete = fichier.read(_MORCEAU)
    _refuser_autre_chose(tete)
    encodage, codec = _reconnaitre(fichier, tete)
    fichier.seek(0)
    copie = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        reparations = _copier(fichier, copie, codec)
        copie.seek(0)
        _refuser_un_type_de_document(copie.read(_TETE))
    except BaseException:
        copie.close()
        raise
    copie.seek(0)
    return copie, encodage, reparations


def _refuser_autre_chose(tete: bytes) -> None:
    if not tete.strip(b"\x00 \t\r\n"):
        raise FichierRefuse("Ce fichier est vide.")
    for debut, phrase in _AUTRES_FORMATS.items():
        if tete.startswith(debut):
            raise FichierRefuse(phrase)


def _reconnaitre(fichier: IO[bytes], tete: bytes) -> tuple[Encodage, str]:
    """Return the encoding of the file, and the codec that reads it."""
    for marque, codec in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if tete.startswith(marque):
            return Encodage("", codec.removesuffix("-sig").upper()), codec
    if b"\x00" in tete[:4]:
        return Encodage("", "UTF-16"), "utf-16-be" if tete[0] == 0 else "utf-16-le"
    declaration = _DECLARATION.match(tete)
    dit = _ENCODAGE.search(declaration[0]) if declaration else None
    declare = dit[1].decode() if dit else ""
    utf8, premier, de_windows = _examiner(fichier)
    connu = _codec(declare)
    if premier is None:
        # Nothing but ASCII: every encoding reads it in the same way.
        return Encodage(declare, "UTF-8"), "utf-8"
    if connu in _UN_OCTET:
        if not utf8:
            return _d_un_octet(fichier, declare, _UN_OCTET[connu], de_windows)
        avant, apres = _exemple(fichier, premier, "cp1252", "utf-8")
        phrase = f"Le fichier s'annonce en {declare}, mais ses octets sont de l'UTF-8 : il est lu en UTF-8."
        return Encodage(declare, "UTF-8", phrase, avant, apres), "utf-8"
    if utf8:
        phrase = (
            f"Le fichier s'annonce en {declare}, mais il est lu en UTF-8."
            if connu not in ("utf-8", "")
            else ""
        )
        return Encodage(declare, "UTF-8", phrase), "utf-8"
    annonce = f"s'annonce en {declare}" if declare else "n'annonce aucun encodage"
    avant, apres = _exemple(fichier, premier, "utf-8", "cp1252")
    phrase = f"Le fichier {annonce}, mais ses octets sont ceux de Windows : il est lu en windows-1252."
    return Encodage(declare, "windows-1252", phrase, avant, apres), "cp1252"


def _codec(declare: str) -> str:
    try:
        return codecs.lookup(declare).name if declare else ""
    except LookupError:
        return "inconnu"


def _examiner(fichier: IO[bytes]) -> tuple[bool, int | None, int | None]:
    """Return whether the bytes are UTF-8, where the first one beyond ASCII is, and that of Windows.

    Raise FichierRefuse for a file that is too large.
    """
    fichier.seek(0)
    decodeur = codecs.getincrementaldecoder("utf-8")()
    utf8, premier, de_windows, lus = True, None, None, 0
    while morceau := fichier.read(_MORCEAU):
        if lus + len(morceau) > OCTETS_AU_PLUS:
            raise FichierRefuse("Ce fichier dépasse 100 Mo : exportez le catalogue en plusieurs fichiers.")
        if utf8:
            try:
                decodeur.decode(morceau)
            except UnicodeDecodeError:
                utf8 = False
        if not morceau.isascii():
            if premier is None:
                premier = lus + next(rang for rang, octet in enumerate(morceau) if octet > 127)
            if de_windows is None and len(morceau.translate(None, _DE_WINDOWS)) < len(morceau):
                de_windows = lus + next(rang for rang, octet in enumerate(morceau) if octet in _DE_WINDOWS)
        lus += len(morceau)
    if utf8:
        try:
            decodeur.decode(b"", final=True)
        except UnicodeDecodeError:
            utf8 = False
    return utf8, premier, de_windows


def _d_un_octet(fichier: IO[bytes], declare: str, codec: str, de_windows: int | None) -> tuple[Encodage, str]:
    if de_windows is None and codec == "cp1252":
        # The same letters as those of Windows, read faster.
        return Encodage(declare, declare), "latin-1"
    if de_windows is None or codec != "cp1252" or _codec(declare) == "cp1252":
        return Encodage(declare, declare), codec
    avant, apres = _exemple(fichier, de_windows, "latin-1", "cp1252")
    phrase = (
        f"Le fichier s'annonce en {declare}, mais contient des caractères de Windows (guillemets, tirets,"
        " œ, €) : ils sont lus comme tels."
    )
    return Encodage(declare, "windows-1252", phrase, avant, apres), codec


def _exemple(fichier: IO[bytes], position: int, avant: str, apres: str) -> tuple[str, str]:
    """Return the words around this byte, as both codecs read them."""
    debut = max(position - 40, 0)
    fichier.seek(debut)
    octets = fichier.read(position - debut + 50)
    gauche = re.split(rb'[<>\n"]', octets[: position - debut])[-1]
    droite = re.split(rb'[<>\n"]', octets[position - debut :])[0]
    # Whole words only, so that no character is cut in two.
    if len(droite) >= 50 and b" " in droite[8:]:
        droite = droite[: droite.rindex(b" ")]
    mots = gauche + droite
    return tuple(
        re.sub(
            "[\x00-\x1f\x7f-\x9f\ufffd]", "\N{REPLACEMENT CHARACTER}", mots.decode(codec, "replace")
        ).strip()
        for codec in (avant, apres)
    )  # type: ignore[return-value]


def _morceaux(fichier: IO[bytes], codec: str) -> Iterator[bytes]:
    """Yield the file in UTF-8; neither a reference nor a mark of CDATA is cut between two pieces."""
    decodeur = codecs.getincrementaldecoder(codec)("ignore" if codec in _UN_OCTET.values() else "replace")
    reste, lus = b"", 0
    while morceau := fichier.read(_MORCEAU):
        lus += len(morceau)
        if lus > OCTETS_AU_PLUS:
            raise FichierRefuse("Ce fichier dépasse 100 Mo : exportez le catalogue en plusieurs fichiers.")
        texte = reste + decodeur.decode(morceau).encode("utf-8", "replace").translate(None, _CONTROLES)
        coupe = max((texte.rfind(signe, -40) for signe in (b"&", b"<", b"]]")), default=-1)
        reste = texte[coupe:] if coupe >= 0 else b""
        yield texte[:coupe] if coupe >= 0 else texte
    yield reste + decodeur.decode(b"", final=True).encode("utf-8", "replace").translate(None, _CONTROLES)


def _copier(fichier: IO[bytes], copie: IO[bytes], codec: str) -> list[str]:
    seules = 0

    def corriger(trouvee: re.Match[bytes]) -> bytes:
        nonlocal seules
        numero, nom = trouvee[1], trouvee[2]
        if numero:
            return _caractere(numero)
        seules += 1
        if nom is None:
            return b"&amp;"
        if nom == b"nbsp":
            return b" "
        caractere = html.entities.html5.get(nom.decode() + ";")
        return caractere.encode() if caractere else b"&amp;" + nom + b";"

    premier, cdata = True, False
    for morceau in _morceaux(fichier, codec):
        if premier and (declaration := _DECLARATION.match(morceau)):
            morceau = b"\n" * declaration[0].count(b"\n") + morceau[declaration.end() :]
        premier = False
        if b"&" not in morceau and not cdata and b"<![CDATA[" not in morceau:
            copie.write(morceau)
            continue
        debut = 0
        while debut < len(morceau):
            # Inside CDATA an ampersand is a character like any other.
            fin = morceau.find(b"]]>" if cdata else b"<![CDATA[", debut)
            partie = morceau[debut:] if fin < 0 else morceau[debut:fin]
            copie.write(_ESPERLUETTE.sub(corriger, partie) if not cdata and b"&" in partie else partie)
            if fin < 0:
                break
            marque = 3 if cdata else 9
            copie.write(morceau[fin : fin + marque])
            debut, cdata = fin + marque, not cdata
    if not seules:
        return []
    return [
        "Des caractères « & » n'étaient pas écrits comme le demande le XML (&amp;) : ils sont lus tels quels."
    ]


def _caractere(numero: bytes) -> bytes:
    """Return the reference to this character, or what it stands for when XML refuses it."""
    code = int(numero[2:], 16) if numero[1:2] in b"xX" else int(numero[1:])
    if 0x80 <= code <= 0x9F:
        # Windows again, in another disguise.
        return bytes([code]).decode("cp1252", "ignore").encode()
    valable = code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD
    return b"&" + numero + b";" if valable or 0x10000 <= code <= 0x10FFFF else b""


def _refuser_un_type_de_document(tete: bytes) -> None:
    """Raise FichierRefuse unless an element comes first, after comments and instructions at most."""
    position = 0
    while True:
        reste = tete[position : position + 9].lstrip()
        position += len(tete[position : position + 9]) - len(reste)
        if not reste:
            if position >= len(tete):
                raise FichierRefuse(ILLISIBLE)
            continue
        if reste.startswith(b"<!--"):
            fin, marque = tete.find(b"-->", position + 4), b"-->"
        elif reste.startswith(b"<?"):
            fin, marque = tete.find(b"?>", position + 2), b"?>"
        elif reste.startswith(b"<!"):
            raise FichierRefuse(
                "Ce fichier contient une déclaration DOCTYPE, que le format d'EDOF n'emploie pas : par"
                " sécurité, il n'est pas lu."
            )
        elif re.match(rb"<[A-Za-z_]", reste):
            return
        else:
            raise FichierRefuse(ILLISIBLE)
        if fin < 0:
            raise FichierRefuse(ILLISIBLE)
        position = fin + len(marque)
