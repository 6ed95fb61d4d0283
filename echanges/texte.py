"""The reading of a table written as text: encoding, separator, rows.

Guessers of encodings and of dialects are wrong on French files; these rules were tried on real ones.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from echanges.lignes import FichierRefuse
from echanges.tableau import (
    CARACTERES_AU_PLUS,
    COLONNES_AU_PLUS,
    LIGNES_AU_PLUS,
    TROP_LARGE,
    Cellule,
    Rangee,
    Tableau,
    trop_de_lignes,
    trop_de_texte,
)
from edof.textes import avec_sa_formule

SEPARATEURS = {";": ";", "\t": "tabulation", ",": ",", "|": "|"}
LUES_POUR_CHOISIR = 20
_BINAIRE = (
    "Ce fichier n'est ni du texte ni un classeur : un import lit un classeur Excel (.xlsx), un CSV ou le"
    " XML d'EDOF."
)
# The letters of French beyond ASCII, and how the encodings of other systems than Windows are named.
_LETTRES = frozenset("àâäçéèêëîïôöùûüÿœæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆ")
_FREQUENTES = frozenset("éèêàçùâîôûëï")
_SIGNES = frozenset("\u2019\u2018“”«»–—…€°•·\xa0")
_AUTRES_SYSTEMES = {"mac_roman": "Macintosh", "cp850": "MS-DOS"}
# What a letter of French becomes when its two octets are taken for two letters.
_DEUX_FOIS = re.compile("Ã[\x80-\xbf\u0152\u0153\u0160\u0161\u0178\u0192\u2013-\u203a]|â[€\x80]")
# The octets that cp1252 leaves undefined.
_INDEFINIS = (0x81, 0x8D, 0x8F, 0x90, 0x9D)


def decoder(octets: bytes) -> tuple[str, str, list[str]]:
    """Return the text, the name of its encoding, and what was assumed.

    The mark of the beginning decides, then strict UTF-8, then UTF-16 when there are nulls, else cp1252; but
    where it gives next to no French letter, and an encoding of Macintosh or of MS-DOS nothing else, that one.
    """
    if octets.startswith(b"\xef\xbb\xbf"):
        return _une_seule_fois(_strict(octets[3:], "utf-8"), "utf-8 (BOM)")
    if octets.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise FichierRefuse(_BINAIRE)
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strict(octets, "utf-16"), "utf-16", []
    if b"\x00" in octets:
        return _utf_16(octets), "utf-16", []
    try:
        return _une_seule_fois(octets.decode(), "utf-8")
    except UnicodeDecodeError as erreur:
        if erreur.start >= len(octets) - 3 and any(octet > 127 for octet in octets[: erreur.start]):
            raise FichierRefuse(
                "Ce fichier est coupé au milieu d'une lettre : il n'est pas arrivé en entier."
                " Enregistrez-le de"
                " nouveau, puis déposez-le."
            ) from erreur
    if autre := _autre_systeme(octets):
        dite = (
            f"Les lettres accentuées sont celles de {_AUTRES_SYSTEMES[autre]} : elles sont lues comme telles."
        )
        return octets.decode(autre), autre, [dite]
    remarques = []
    if any(octet in octets for octet in _INDEFINIS):
        remarques.append(
            "Certaines lettres ne sont pas lisibles (affichées « � ») : enregistrez plutôt en CSV UTF-8."
        )
    return octets.decode("cp1252", "replace"), "cp1252", remarques


def _autre_systeme(octets: bytes) -> str:
    """Return the encoding of Macintosh or of MS-DOS when it explains the octets far better, "" otherwise."""
    hauts = bytes(octet for octet in octets if octet > 127)
    de_windows = hauts.decode("cp1252", "replace")
    if set(de_windows) <= _LETTRES | _SIGNES:
        return ""
    scores = {}
    for codage in _AUTRES_SYSTEMES:
        lus = hauts.decode(codage)
        if set(lus) <= _LETTRES | _SIGNES:
            scores[_frequentes(lus)] = codage
    meilleur = max(scores, default=0)
    return scores[meilleur] if meilleur > 4 * _frequentes(de_windows) else ""


def _frequentes(texte: str) -> int:
    return sum(lettre in _FREQUENTES for lettre in texte)


def _une_seule_fois(texte: str, codage: str) -> tuple[str, str, list[str]]:
    """Return the text with its encoding; one that was encoded twice is decoded again, and that is said."""
    if not _DEUX_FOIS.search(texte):
        return texte, codage, []
    try:
        # Programs take the octets for Latin-1, or for cp1252.
        lu = "".join(s if ord(s) < 256 else s.encode("cp1252").decode("latin-1") for s in texte)
        repare = lu.encode("latin-1").decode()
    except UnicodeError:
        phrase = "Certaines lettres accentuées sont abîmées (« Ã© » pour « é ») : vérifiez les textes."
        return texte, codage, [phrase]
    return repare, codage, ["Les lettres accentuées, abîmées (« Ã© » pour « é »), ont été rétablies."]


def _strict(octets: bytes, codage: str) -> str:
    try:
        texte = octets.decode(codage)
    except UnicodeDecodeError as erreur:
        raise FichierRefuse(
            f"Ce fichier se dit en {codage.upper()}, mais ne l'est pas en entier : enregistrez-le de"
            " nouveau en CSV"
            " UTF-8."
        ) from erreur
    return _sans_nul(texte)


def _utf_16(octets: bytes) -> str:
    """Return a text in UTF-16 without mark: one octet out of two is null in our alphabet."""
    pairs, impairs = octets[0:2000:2].count(0), octets[1:2000:2].count(0)
    moitie = min(len(octets), 2000) // 2
    if max(pairs, impairs) < moitie * 0.6 or min(pairs, impairs) > moitie * 0.05 or len(octets) % 2:
        raise FichierRefuse(_BINAIRE)
    return _strict(octets, "utf-16-le" if impairs > pairs else "utf-16-be")


def _sans_nul(texte: str) -> str:
    if "\x00" in texte:
        raise FichierRefuse(_BINAIRE)
    return texte


def separateur_de(texte: str) -> str:
    """Return the separator whose number is the most constant over the first rows that are not empty."""
    lignes = list(_premieres(texte))
    choix, meilleur = ";", 0
    for signe in SEPARATEURS:
        comptes = Counter(n for ligne in lignes if (n := ligne.count(signe)))
        constance = max(comptes.values(), default=0)
        if constance > meilleur:
            choix, meilleur = signe, constance
    return choix


def _premieres(texte: str) -> Iterator[str]:
    """Yield the first rows that are not empty, without what is between quotes."""
    rendues, dedans = 0, False
    ligne: list[str] = []
    for caractere in texte[:200_000]:
        if caractere == '"':
            dedans = not dedans
        elif caractere in "\r\n" and not dedans:
            if any(not c.isspace() or c == "\t" for c in ligne):
                yield "".join(ligne)
                rendues += 1
            ligne = []
            if rendues == LUES_POUR_CHOISIR:
                return
        elif not dedans:
            ligne.append(caractere)
    if ligne:
        yield "".join(ligne)


def lire_texte(octets: bytes) -> Tableau:
    """Return the rows of a file of text."""
    texte, encodage, remarques = decoder(octets)
    tableau = lire_lignes_de_texte(texte)
    tableau.encodage, tableau.remarques = encodage, [*remarques, *tableau.remarques]
    return tableau


def lire_lignes_de_texte(texte: str) -> Tableau:
    """Return the rows of a text, pasted or decoded."""
    if "\x00" in texte:
        raise FichierRefuse(_BINAIRE)
    if len(texte) > CARACTERES_AU_PLUS:
        raise trop_de_texte()
    signe = separateur_de(texte)
    rangees = list(_rangees(texte, signe))
    remarques: list[str] = []
    if _enveloppe(rangees):
        # An accident of Excel: each row is one cell, which holds the whole line.
        interieur = "\n".join(str(next(filter(None, r.cellules), "")) for r in rangees)
        signe = separateur_de(interieur)
        rangees = list(_rangees(interieur, signe))
        remarques.append("Chaque ligne était enfermée dans une seule cellule : elles ont été rouvertes.")
    if any(rangee.trop_large for rangee in rangees):
        remarques.append(TROP_LARGE)
    tableau = Tableau(rangees, separateur=SEPARATEURS[signe], remarques=remarques)
    tableau.oublier_la_fin_vide()
    return tableau


def _rangees(texte: str, signe: str) -> Iterator[Rangee]:
    lecteur = csv.reader(io.StringIO(texte, newline=""), delimiter=signe)
    debut = dernier = 1
    try:
        for rang, cellules in enumerate(lecteur):
            if rang > LIGNES_AU_PLUS + 15:
                raise trop_de_lignes()
            lues: list[Cellule] = [
                avec_sa_formule(cellule.strip()) or None for cellule in cellules[:COLONNES_AU_PLUS]
            ]
            yield Rangee(debut, lues, trop_large=any(map(str.strip, cellules[COLONNES_AU_PLUS:])))
            dernier, debut = debut, lecteur.line_num + 1
    except csv.Error as erreur:
        raise FichierRefuse(
            f"La ligne {debut} ouvre un guillemet qui n'est pas refermé, ou contient une cellule démesurée :"
            " corrigez-la, puis déposez de nouveau le fichier. Rien n'a été lu."
        ) from erreur
    if texte.count('"') % 2 and (lecteur.line_num > dernier or _ouverte(texte, signe)):
        raise FichierRefuse("Un guillemet ouvert n'est jamais refermé : la fin du fichier n'est pas lisible.")


def _ouverte(texte: str, signe: str) -> bool:
    """Return whether the last line opens a quote that nothing closes."""
    derniere = texte.rstrip().rpartition("\n")[2]
    return derniere.count('"') % 2 == 1 and f'{signe}"' in f"{signe}{derniere}"


def _enveloppe(rangees: list[Rangee]) -> bool:
    """Return whether every row is one cell that holds separators, as a whole line would."""
    pleines = [[c for c in rangee.cellules if c] for rangee in rangees if not rangee.est_vide()]
    return len(pleines) > 1 and all(
        len(cellules) == 1 and any(signe in str(cellules[0]) for signe in (";", ",", "\t"))
        for cellules in pleines
    )
