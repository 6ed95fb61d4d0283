"""How the text of an element becomes the value of a field, with what is said of it."""

import datetime as dt
import html
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from lxml import etree

from echanges.lignes import Anomalie, Gravite
from edof.dates import lire_date
from edof.lecture import lire_ligne, lire_nombre, lire_oui_non
from edof.texte_leger import reduire

NS = "https://www.of.moncompteformation.gouv.fr"
ESPACE = f"{{{NS}}}"

# A control character between 80 and 9F is one of Windows, read as ISO-8859-1.
_DE_WINDOWS = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
_C1 = re.compile("[\x80-\x9f]")
_ENTITE = re.compile(r"&(?:#x?[0-9a-fA-F]{1,8}|[a-zA-Z][a-zA-Z0-9]{1,30})")
_ACCENT_SEUL = re.compile(r"(?<=\w)\xb4(?=\w)")
_BALISE = re.compile(r"<([a-zA-Z][a-zA-Z0-9:]{0,15})")
_ESPACE_DE_BALISE = re.compile(r' xmlns(:\w+)?="[^"]*"')
# A space typed as such is kept; « &nbsp; » is what editors put everywhere.
_GARDER = str.maketrans({"\xa0": "\ue0f0", "\u202f": "\ue0f1", "\u2007": "\ue0f2"})
_ESPACES_TAPEES = re.compile("[\xa0\u202f\u2007]")
_RENDRE = str.maketrans({"\ue0f0": "\xa0", "\ue0f1": "\u202f", "\ue0f2": "\u2007"})
_JOUR = re.compile("[0-9]{8}")
_ENTIER = re.compile(r"[+-]?[0-9]{1,12}")
_MONTANT = re.compile(r"[0-9]{1,18}(\.[0-9]*)?")
# Three decimals after one figure: a price of a few euros, or thousands.
_DES_MILLIERS = re.compile(r"[1-9]\.[0-9]{3}")
# What a program writes for « nothing ».
RIEN = {"nan", "none", "null", "n/a", "#n/a"}
_RIEN_AU_PLUS = max(map(len, RIEN))
_TROP_LONG = 300
# A longer text is not kept once read.
_GARDE_AU_PLUS = 10_000

_PERDUES = {
    "les liens": {"a"},
    "les images": {"img", "picture", "svg"},
    "les vidéos": {"video", "iframe", "object", "embed", "audio"},
    "l'italique et le souligné": {"i", "em", "u", "s", "strike", "del", "ins"},
    "les polices et les couleurs": {"font", "span", "style", "big", "small", "sub", "sup"},
    "la mise en tableau": {"table"},
}


class Recueil:
    """What is read of one record: its values, and what is said of them.

    `base` is the line of the file before the first one that was parsed, in a file that was resumed.
    """

    __slots__ = ("anomalies", "base", "ligne", "valeurs")

    def __init__(self, element: Any, base: int = 0) -> None:
        self.base = base
        self.ligne = self.ligne_de(element)
        self.valeurs: dict[str, Any] = {}
        self.anomalies: list[Anomalie] = []

    def ligne_de(self, element: Any) -> int:
        """Return the line of the file where this element begins."""
        return (element.sourceline or 0) + self.base

    def dire(self, code: str, gravite: Gravite, phrase: str, champ: str = "", valeur: str = "") -> None:
        """Add an anomaly; a long value is cut."""
        if len(valeur) > _TROP_LONG:
            valeur = valeur[: _TROP_LONG - 1] + "…"
        self.anomalies.append(Anomalie(code, gravite, phrase, champ, valeur))


def texte_de(element: Any) -> str:
    """Return the text of an element, with the markup of the elements that it may contain."""
    if not len(element):
        texte = element.text or ""
    else:
        dedans = (
            etree.tostring(enfant, encoding="unicode") for enfant in element if isinstance(enfant.tag, str)
        )
        texte = (element.text or "") + _ESPACE_DE_BALISE.sub("", "".join(dedans))
    return texte.translate(_DE_WINDOWS) if not texte.isascii() and _C1.search(texte) else texte


def mot(element: Any) -> str:
    """Return the text of an element that holds a code."""
    return texte_de(element).strip()


def ligne(element: Any, recueil: Recueil, champ: str) -> str:
    """Return the text of an element on one line; « nan » is what a program writes for nothing."""
    texte = texte_de(element)
    return _rien(lire_ligne(_sans_entites(texte, recueil, champ) if "&" in texte else texte), recueil, champ)


def _rien(lu: str, recueil: Recueil, champ: str) -> str:
    if len(lu) > _RIEN_AU_PLUS or lu.lower() not in RIEN:
        return lu
    recueil.dire("rien", Gravite.AVERTISSEMENT, f"« {lu} » est lu comme une absence de valeur.", champ, lu)
    return ""


def _sans_entites(texte: str, recueil: Recueil, champ: str) -> str:
    """Return the text without references to characters, which XML would have read outside CDATA."""
    if not _ENTITE.search(texte):
        return texte
    lu = _ACCENT_SEUL.sub("'", html.unescape(texte))
    if lu != texte:
        recueil.dire(
            "entites",
            Gravite.REPARE,
            "Des caractères écrits comme dans une page web (&eacute; &#8217; …) sont lus comme tels.",
            champ,
        )
    return lu


def long(element: Any, recueil: Recueil, champ: str) -> None:
    """Set a long text: HTML becomes light text, and what it loses is said."""
    brut = texte_de(element).strip()
    if "<" not in brut and "&" in brut:
        brut = _sans_entites(brut, recueil, champ)
    try:
        recueil.valeurs[champ] = lire_texte(brut)
    except ValidationError as refus:
        recueil.dire("texte-illisible", Gravite.BROUILLON, " ".join(refus.messages), champ)
        return
    if "<" in brut:
        balises = {balise.lower() for balise in _BALISE.findall(brut)}
        perdues = [nom for nom, noms in _PERDUES.items() if balises & noms]
        if perdues:
            phrase = f"La mise en forme n'est pas toute reprise : sont retirés {', '.join(perdues)}."
            recueil.dire("mise-en-forme", Gravite.AVERTISSEMENT, phrase, champ)


def lire_texte(brut: str) -> str:
    """Return as light text what the file says of a long text, in HTML or not."""
    texte = brut.strip()
    if "<" not in texte:
        return reduire(texte)
    return _lire_html(texte) if len(texte) > _GARDE_AU_PLUS else _lire_html_garde(texte)


def _lire_html(texte: str) -> str:
    if _ESPACES_TAPEES.search(texte):
        return reduire(texte.translate(_GARDER)).translate(_RENDRE)
    return reduire(texte)


# The same text comes back in the actions of a catalogue.
_lire_html_garde = lru_cache(maxsize=256)(_lire_html)


def code(
    element: Any,
    recueil: Recueil,
    champ: str,
    table: Mapping[str, str],
    vaut: Mapping[str, str] | None = None,
) -> None:
    """Set the slug of an official code; `vaut` gives the sentences of the codes that are read as nothing."""
    lu = mot(element)
    if lu in table:
        recueil.valeurs[champ] = table[lu]
        return
    recueil.valeurs[champ] = ""
    if vaut and lu in vaut:
        recueil.dire("code-obsolete", Gravite.AVERTISSEMENT, vaut[lu], champ, lu)
    elif lu and lu.lower() not in RIEN:
        phrase = f"Le code « {lu[:30]} » n'existe pas : choisissez une valeur dans la liste."
        recueil.dire("code-inconnu", Gravite.BROUILLON, phrase, champ, lu)


def oui_non(element: Any, recueil: Recueil, champ: str) -> None:
    """Set yes or no, from 1 or 0, or from a word."""
    lu = mot(element)
    if lu in ("0", "1"):
        recueil.valeurs[champ] = lu == "1"
        return
    recueil.valeurs[champ] = None
    try:
        recueil.valeurs[champ] = lire_oui_non(lu)
    except ValueError:
        recueil.dire(
            "code-inconnu", Gravite.BROUILLON, f"« {lu[:30]} » n'est ni 1 (oui) ni 0 (non).", champ, lu
        )


def entier(element: Any, recueil: Recueil, champ: str) -> None:
    """Set a whole number; a number with decimals becomes nothing, and it is said."""
    lu = mot(element)
    if _ENTIER.fullmatch(lu):
        recueil.valeurs[champ] = int(lu)
        return
    recueil.valeurs[champ] = None
    if lu and lu.lower() not in RIEN:
        phrase = f"« {lu[:30]} » n'est pas un nombre entier d'heures : la valeur n'est pas reprise."
        recueil.dire("nombre-illisible", Gravite.AVERTISSEMENT, phrase, champ, lu)


def montant(lu: str, recueil: Recueil, champ: str) -> str | None:
    """Return an amount as the API writes it: 600,6 gives 600.60."""
    lu = lu.strip()
    if not lu or lu.lower() in RIEN:
        if lu:
            _rien(lu, recueil, champ)
        return None
    try:
        valeur = Decimal(lu if _MONTANT.fullmatch(lu) else lire_nombre(lu))
        if not valeur.is_finite() or abs(valeur.adjusted()) > 18:
            raise InvalidOperation
    except InvalidOperation:
        phrase = f"Le montant « {lu[:30]} » ne se lit pas : il n'est pas repris."
        recueil.dire("montant-illisible", Gravite.BROUILLON, phrase, champ, lu)
        return None
    if _DES_MILLIERS.fullmatch(lu):
        phrase = f"« {lu} » est lu {valeur:.2f} € : vérifiez que son point ne sépare pas des milliers."
        recueil.dire("montant-a-verifier", Gravite.AVERTISSEMENT, phrase, champ, lu)
    if not _MONTANT.fullmatch(lu):
        phrase = f"Montant écrit autrement que dans le format d'EDOF, lu {valeur}."
        recueil.dire("montant-repare", Gravite.REPARE, phrase, champ, lu)
    return f"{valeur:.2f}" if valeur == valeur.quantize(Decimal("0.01")) else f"{valeur:f}"


@lru_cache(maxsize=1000)
def _jour_iso(lu: str) -> str:
    return dt.date(int(lu[:4]), int(lu[4:6]), int(lu[6:])).isoformat()


def jour(element: Any, recueil: Recueil, champ: str, inconnues: tuple[str, ...] = ()) -> str | None:
    """Return the day written AAAAMMJJ, as AAAA-MM-JJ; None for one that is unknown or does not exist.

    An unknown day is one of `inconnues`, or has no month or no day (AAAA0000, AAAAMM00).
    """
    lu = mot(element)
    if not lu:
        return None
    if _JOUR.fullmatch(lu):
        if lu in inconnues or lu.endswith("00"):
            phrase = f"La date « {lu} » veut dire « inconnue » : le champ reste vide."
            recueil.dire("date-inconnue", Gravite.AVERTISSEMENT, phrase, champ, lu)
            return None
        try:
            return _jour_iso(lu)
        except ValueError:
            phrase = f"La date « {lu[6:]}/{lu[4:6]}/{lu[:4]} » n'existe pas."
            recueil.dire("date-inexistante", Gravite.BLOQUANTE, phrase, champ, lu)
            return None
    try:
        trouve = lire_date(lu)
    except ValueError:
        phrase = f"La date « {lu[:30]} » ne se lit pas : écrivez-la AAAAMMJJ, par exemple 20270914."
        recueil.dire("date-illisible", Gravite.BLOQUANTE, phrase, champ, lu)
        return None
    recueil.dire("date-reparee", Gravite.REPARE, f"Date lue {trouve:%d/%m/%Y}.", champ, lu)
    return trouve.isoformat()
