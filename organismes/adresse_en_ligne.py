"""Parsing of an address written on one line into the parts required by the official import."""

import re
import unicodedata

from edof.lecture import sans_invisibles
from organismes.models.carnet import Adresse
from organismes.models.pays import Pays

PARTIES = (
    "numero_voie",
    "indice_repetition",
    "nature_voie",
    "libelle_voie",
    "ligne_5",
    "code_postal",
    "ville",
    "pays",
)
INDICES = {"bis": "B", "ter": "T", "quater": "Q", "b": "B", "t": "T", "q": "Q"}
# Other usual spellings of the nature of a street, besides its name and its official code; without accents.
_ABREGES = {
    "ALL": "allees", "AV": "ave", "BD": "bld blvd boul bvd", "CAR": "carr", "CHE": "ch chem", "ESP": "espl",
    "FG": "fbg", "IMP": "imp",
    "LOT": "lotiss", "PAS": "pass", "PL": "plc", "RPT": "rd-pt", "RUE": "r", "SEN": "sentier", "TRA": "trav",
}  # fmt: skip
# A part that begins with one of these words, without a number, is a street. The other short forms would be
# mistaken for ordinary words.
_SANS_NUMERO = {"all", "av", "ave", "bd", "bld", "blvd", "boul", "bvd", "chem", "imp", "pl", "rte", "sq"}


def plat(texte: str) -> str:
    """Return the text in lower case and without accents, one character for one.

    A position found in the result is therefore valid in `texte`.
    """
    return "".join(
        (unicodedata.normalize("NFD", caractere)[0].lower() or caractere)[0] for caractere in texte
    )


NATURES = {
    mot: code
    for code, libelle in Adresse.NatureVoie.choices
    for mot in (plat(libelle), code.lower(), *_ABREGES.get(code, "").split())
}
_PAYS = {plat(libelle): code for code, libelle in Pays.choices}


def _un_de(mots: set[str]) -> str:
    """Return a pattern for one of these words, with or without its dot.

    A hyphen in a word also matches a space: « rond point » is « rond-point ».
    """
    return (
        "(?P<nature>"
        + "|".join(sorted((m.replace("-", "[- ]") for m in mots), key=len, reverse=True))
        + r")(?:\.|(?![\w-]))"
    )


# « 12 », « 12 bis », « 12-14 », « 3 à 5 », « 10 bis et 12 »: a number that does not fit its column is kept
# whole.
_INDICE = r"(?: ?(?:bis|ter|quater|[a-z](?![\w'])))"
_ET = r" ?(?:[-/&,]|(?:a|au|et|ou)(?!\w)) ?"
_NUMERO = (
    rf"(?:n ?° ?)?(?P<numero>[0-9]+(?:{_INDICE}?{_ET}[0-9]+)*(?:{_INDICE}(?: ?/{_INDICE})+)?(?: ?[a-z](?="
    r" ))??)"
    r"(?: ?(?P<indice>bis|ter|quater|[btq](?= )))?"
)
# Words that have a number of their own before a street: « PK 12,5 route de Montabo », « Bâtiment 3 rue de la
# Gare ».
_PORTE_UN_NUMERO = re.compile(
    r"(?<!\w)(?:pk|p\.k\.|km|bp|b\.p\.|cs|tsa|lot|bat\.?|batiment|app?t?\.?|appartement|etage|porte|hall|bloc"
    r"|esc\.?|escalier|boite|bureau|cellule|local|ilot) ?$"
)
_PREMIER_NUMERO = re.compile(r"[0-9]+(?:,[0-9]{1,3}(?![0-9]))?")
_AVEC_NUMERO = re.compile(rf"(?<![\w-]){_NUMERO} ?{_un_de(set(NATURES))} ?(?=[\w'])")
_DEBUT_DE_VOIE = re.compile(
    rf"{_un_de(_SANS_NUMERO | {plat(libelle) for _, libelle in Adresse.NatureVoie.choices})} ?(?=[\w'])"
)
_NUMERO_SEUL = re.compile(rf"{_NUMERO}")
# What follows the name of a street without being part of it.
_COMPLEMENT = re.compile(
    r"(?<!\bdu)(?<!\bde)(?<!\bla)(?<!\bdes)(?<!\bles) "
    r"(?=(?:bp|b\.p\.|cs|tsa) ?[0-9]|[0-9]{5} [^\W\d_]|(?:zac?|zi|zae|lieu[- ]dit|bat|batiment|immeuble)\b)"
)
_CODE_POSTAL = re.compile(r"(?<![\w-])(?:fr?-)?([0-9]{5}|[0-9]{2} [0-9]{3}(?= [^\W\d_]|$))(?![\w-])")
# A comma between digits is decimal, or separates two numbers of one street; before a postal code it is a
# separator.
_VIRGULE = re.compile(r"(?<![0-9]),|,(?![0-9]{1,3}(?![0-9]))")
_TIRETS = re.compile("[\u2010-\u2015\u2212]")
# A slash next to a space is a separator, except in « 12 / 14 » and for « sur » shortened (« Champigny s/
# Marne »).
_BARRE = re.compile(r"(?<=[^0-9\s])(?<!\bs)(?: +/ *|/ +)|(?: +/ *|(?<!\bs)/ +)(?=[^0-9\s])")
_BOITE_POSTALE = re.compile(r"\b(?:bp|b\.p\.|cs|tsa) ?$")
_COMMUNE_ETRANGERE = re.compile(r"(?P<code>(?:[a-z]{1,2}-)?[0-9]{4,6}) (?P<ville>[^\W\d_].*)")


def decouper(ligne: str) -> dict[str, str]:
    """Split « 12 bis av. de la Cité, 94550 Chevilly-Larue » into `PARTIES`; a part not found is "".

    `nature_voie`, `indice_repetition` and `pays` contain their codes; `pays` is read only at the end of the
    line, or from the prefix of a French postal code. What cannot be split goes to `ligne_5`. No word is lost:
    a value too long for the model is kept, for the form to refuse.
    """
    texte = _TIRETS.sub("-", sans_invisibles(ligne))
    texte = re.sub(r"\s+", " ", re.sub(r"\s*[\r\n;|·•\u2028\u2029]\s*", ", ", texte))
    texte = _BARRE.sub(", ", texte).strip(" ,-/")
    parties = dict.fromkeys(PARTIES, "")
    segments = [segment.strip(" -/") for segment in _VIRGULE.split(texte)]
    if len(segments) > 1 and plat(segments[-1]) in _PAYS:
        parties["pays"] = _PAYS[plat(segments.pop())]
    reste = _retirer_la_commune(parties, ", ".join(filter(None, segments)))
    segments = list(filter(None, (segment.strip(" -/") for segment in _VIRGULE.split(reste))))
    parties["ligne_5"] = ", ".join(_retirer_la_voie(parties, segments))
    return _replier(parties)


def _retirer_la_commune(parties: dict[str, str], texte: str) -> str:
    """Store the postal code and the town in `parties`; return the rest of the text."""
    if parties["pays"] not in ("", Pays.FRANCE):
        debut, _, fin = texte.rpartition(", ")
        if trouvee := _COMMUNE_ETRANGERE.fullmatch(plat(fin)):
            parties["code_postal"], parties["ville"] = (
                fin[: trouvee.end("code")],
                fin[trouvee.start("ville") :],
            )
            return debut
        return texte
    uni = plat(texte)
    codes = [code for code in _CODE_POSTAL.finditer(uni) if not _BOITE_POSTALE.search(uni[: code.start()])]
    codes = [code for code in codes if code.start() or not _DEBUT_DE_VOIE.match(uni[code.end() :].lstrip())]
    if not codes:
        return texte
    suivis = [code for code in codes if re.match(r"[ ,-]*[^\W\d_]", uni[code.end() :])]
    code = (suivis or codes)[-1]
    parties["code_postal"] = code[1].replace(" ", "")
    if code[0] != code[1]:
        parties["pays"] = Pays.FRANCE.value
    avant, apres = texte[: code.start()].strip(" ,-"), texte[code.end() :].strip(" ,-")
    if not apres:
        avant, virgule, dernier = avant.rpartition(",")
        return (
            _ville(parties, dernier, avant)
            if virgule and not re.search("[0-9]", dernier)
            else avant + virgule + dernier
        )
    ville, _, suite = apres.partition(",")
    return _ville(parties, ville, f"{avant}, {suite}")


def _ville(parties: dict[str, str], ville: str, reste: str) -> str:
    parties["ville"] = ville.strip(" -")
    return reste


def _retirer_la_voie(parties: dict[str, str], segments: list[str]) -> list[str]:
    """Store the street of the first segment that has one in `parties`; return the other segments, in order.

    A street with a number is preferred to one without.
    """
    segments = _joindre_les_numeros(segments)
    for motif, chercher in ((_AVEC_NUMERO, re.Pattern.search), (_DEBUT_DE_VOIE, re.Pattern.match)):
        for rang, segment in enumerate(segments):
            if voie := chercher(motif, plat(segment)):
                avant, apres = _nommer_la_voie(parties, segment, voie)
                return [*segments[:rang], *filter(None, [avant.strip(" -"), apres]), *segments[rang + 1 :]]
    return segments


def _joindre_les_numeros(segments: list[str]) -> list[str]:
    """Return the segments with a lone number joined to its street.

    « 12 », « av. de la Cité » becomes one segment, and so does « 12 », « 14 av. de la Cité ».
    """
    joints: list[str] = []
    for segment in segments:
        seul = joints and _NUMERO_SEUL.fullmatch(plat(joints[-1]).strip())
        if seul and _DEBUT_DE_VOIE.match(plat(segment)):
            joints[-1] += f" {segment}"
        elif seul and _AVEC_NUMERO.match(plat(segment)):
            joints[-1] += f", {segment}"
        else:
            joints.append(segment)
    return joints


def _nommer_la_voie(parties: dict[str, str], segment: str, voie: re.Match[str]) -> tuple[str, str]:
    """Store the parts of the street found in `segment`; return what precedes it and what follows its name."""
    avant = segment[: voie.start()]
    d_autre_chose = "numero" in voie.groupdict() and _PORTE_UN_NUMERO.search(plat(avant))
    if d_autre_chose:
        premier = _PREMIER_NUMERO.match(segment, voie.start("numero"))
        # « CS 12345 - 12 rue »: the street may have a number of its own.
        if premier and (suite := _AVEC_NUMERO.search(plat(segment), premier.end())):
            return _nommer_la_voie(parties, segment, suite)
        avant = segment[: voie.start("nature")]
    groupes = voie.groupdict()
    parties["nature_voie"] = _code(groupes["nature"])
    if groupes.get("numero") and not d_autre_chose:
        parties["numero_voie"] = segment[voie.start("numero") : voie.end("numero")]
        parties["indice_repetition"] = INDICES.get(groupes["indice"] or "", "")
    libelle = segment[voie.end() :].strip()
    # « 3 Pl Place du Vieux Marché »: the nature is written twice.
    while (redite := _DEBUT_DE_VOIE.match(plat(libelle))) and _code(redite["nature"]) == parties[
        "nature_voie"
    ]:
        libelle = libelle[redite.end() :].strip()
    fin = _COMPLEMENT.search(plat(libelle))
    parties["libelle_voie"] = libelle[: fin.start()] if fin else libelle
    return avant, libelle[fin.end() :] if fin else ""


def _code(nature: str) -> str:
    return NATURES[nature.replace(" ", "-")]


def _replier(parties: dict[str, str]) -> dict[str, str]:
    """Move a street too long for its columns to `ligne_5`, when that field can contain it whole."""
    longueurs = {
        nom: Adresse._meta.get_field(nom).max_length for nom in ("numero_voie", "libelle_voie", "ligne_5")
    }
    if all(len(parties[nom]) <= longueurs[nom] for nom in ("numero_voie", "libelle_voie")):
        return parties
    voie = Adresse(**{nom: parties[nom] for nom in PARTIES[:4]}).ligne_voie
    entiere = ", ".join(filter(None, [voie, parties["ligne_5"]]))
    return (
        {**parties, **dict.fromkeys(PARTIES[:4], ""), "ligne_5": entiere}
        if len(entiere) <= longueurs["ligne_5"]
        else parties
    )
