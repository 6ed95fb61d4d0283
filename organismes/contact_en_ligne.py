"""Parsing of a contact written on one line, or pasted as a signature, into the fields of its form."""

import re

PARTIES = (
    "civilite",
    "prenom",
    "nom",
    "fonction",
    "telephone_fixe",
    "telephone_portable",
    "courriel",
    "site",
)

_COURRIEL = re.compile(r"(?:mailto:)?([\w.+'-]+@[\w-]+(?:\.[\w-]+)+)")
_SITE = re.compile(r"(?:https?://|www\.)[^\s,;|<>]+", re.IGNORECASE)
_TELEPHONE = re.compile(r"(?<![\w+])(?:\+\d{2,3}|0)[\s.\-/]*(?:\(0\)[\s.\-/]*)?(?:\d[\s.\-/]*){8,9}(?!\d)")
_PORTABLE = re.compile(r"(?:\+33|0)(?:\(0\))?[67]")
# « Tél. : », « Courriel : »: labels that remain once the value they introduce is removed.
_ANNONCES = re.compile(
    r"\b(?:t[ée]l(?:[ée]phone)?|fixe|standard|mob(?:ile)?|port(?:able)?|fax|"
    r"e-?mail|mail|courriel|m[ée]l|site(?: internet| web)?|web)\b\.?\s*:?\s*"
    r"(?=$|[\n,;|/•·–—-])",
    re.IGNORECASE,
)
_LETTRE_SEULE = re.compile(r"(?<!\w)[tmpfe]\s*[.:]+\s*(?=$|[\n,;|/•·–—-])", re.IGNORECASE)
_SEPARATEURS = re.compile(r"[\n,;|•·<>]|\s[–—/-]+\s|\s{3,}")
_MADAME, _MONSIEUR = ("mme", "mlle", "madame", "mademoiselle"), ("m", "mr", "monsieur")
_CIVILITES = dict.fromkeys(_MADAME, "madame") | dict.fromkeys(_MONSIEUR, "monsieur")
# What comes before a name and belongs to it; it tells nothing of where the name begins.
_PARTICULES = frozenset(("de", "du", "des", "la", "le", "les", "van", "von", "der", "den", "di", "da", "dos"))
# Titles that the form does not have, several people at once: nothing that a first name would be.
_AUTRES_TITRES = frozenset(
    ("dr", "docteur", "pr", "professeur", "me", "maitre", "maître", "mm", "mmes", "mlles")
)
_MOT = re.compile(r"[^\W\d_](?:[^\W\d_]|['\u2019.-])*")


def decouper(texte: str) -> dict[str, str]:
    """Split « Mme Claire Moreau, responsable - 01 49 80 77 68 - c@ilvm.example » into `PARTIES`.

    A part not found is "". The first words are the name, the next ones the function. The rest is left out:
    the user still sees the line.
    """
    parties = dict.fromkeys(PARTIES, "")
    reste = re.sub(r"[^\S\n]", " ", texte.replace("\r\n", "\n").replace("\t", "\n"))
    if courriel := _COURRIEL.search(reste):
        parties["courriel"] = courriel[1]
    reste = _COURRIEL.sub("\n", reste)
    if site := _SITE.search(reste):
        parties["site"] = site[0].rstrip(".)")
    reste = _SITE.sub("\n", reste)
    numeros = [numero.replace("(0)", "").strip(" .-/\n") for numero in _TELEPHONE.findall(reste)]
    portables = [numero for numero in numeros if _PORTABLE.match(re.sub(r"[\s.\-/]", "", numero))]
    fixes = [numero for numero in numeros if numero not in portables]
    # The form requires a first number; a second one is optional.
    premier = next(iter(fixes or portables), "")
    parties["telephone_fixe"] = premier
    parties["telephone_portable"] = next((numero for numero in portables if numero != premier), "")
    reste = _TELEPHONE.sub("\n", reste)
    for annonces in (_ANNONCES, _LETTRE_SEULE):
        reste = annonces.sub("\n", reste)
    mots = [morceau.strip(" .:-–—/()") for morceau in _SEPARATEURS.split(reste)]
    mots = [morceau for morceau in mots if re.search(r"[^\W\d_]", morceau)]
    if mots:
        parties["civilite"], parties["prenom"], parties["nom"] = _nommer(mots.pop(0))
    if mots:
        parties["fonction"] = mots[0]
    return parties


def _nommer(nom: str) -> tuple[str, str, str]:
    """Return the title, the first name and the name.

    The words in capitals are the name; without any, it is all that follows the first word.
    """
    civilite, mots = _sans_civilite(nom)
    capitales = [mot for mot in mots if len(mot) > 1 and mot.isupper()]
    if capitales and len(capitales) < len(mots):
        return civilite, " ".join(mot for mot in mots if mot not in capitales), " ".join(capitales)
    prenom = mots[:1] if len(mots) > 1 else []
    return civilite, " ".join(prenom), " ".join(mots[len(prenom) :])


def _sans_civilite(texte: str) -> tuple[str, list[str]]:
    """Return the title, "" when there is none or nothing after it, and the other words."""
    mots = texte.split()
    civilite = _CIVILITES.get(mots[0].rstrip(".").lower(), "") if len(mots) > 1 else ""
    return civilite, mots[1:] if civilite else mots


def sans_civilite(texte: str) -> str:
    """Return a full name without « Mme » or « M. »."""
    return " ".join(_sans_civilite(texte)[1])


def nommer_sans_deviner(texte: str, ordre: str = "") -> dict[str, str]:
    """Return the title, the first name and the name of a full name, for those that are sure.

    The name is what is in capitals, or before a comma. Without either, `ordre` says which comes first,
    "prenom" or "nom"; after « Mme » or « M. » it is the first name. Raise ValueError when that is not enough.
    """
    civilite, mots = _sans_civilite(texte.replace(",", " , "))
    simples = all(_MOT.fullmatch(mot) for mot in mots if mot != ",")
    if not simples or any(mot.rstrip(".").lower() in _AUTRES_TITRES for mot in mots):
        raise ValueError(texte)
    prenom, nom = _partager(mots, ordre or ("prenom" if civilite else ""))
    parties = {"civilite": civilite, "prenom": " ".join(prenom), "nom": " ".join(nom)}
    return {partie: mot for partie, mot in parties.items() if mot}


def _partager(mots: list[str], ordre: str) -> tuple[list[str], list[str]]:
    """Return the words of the first name and those of the name."""
    if "," in mots:
        nom, prenom = mots[: mots.index(",")], mots[mots.index(",") + 1 :]
        if (_est_un_nom(nom) or _en_capitales(nom)) and prenom and _sont_un_prenom(prenom):
            return prenom, nom
        raise ValueError(mots)
    if _est_un_nom(mots):
        return [], mots
    trouves = []
    for rang in range(1, len(mots)):
        debut, fin = mots[:rang], mots[rang:]
        trouves += [(autre, nom) for nom, autre in ((debut, fin), (fin, debut))
                    if _en_capitales(nom) and _sont_un_prenom(autre)]  # fmt: skip
    if not trouves and ordre:
        prenom, nom = (mots[:1], mots[1:]) if ordre == "prenom" else (mots[-1:], mots[:-1])
        trouves = [(prenom, nom)] if _est_un_nom(nom) and prenom[0].lower() not in _PARTICULES else []
    if len(trouves) != 1:
        raise ValueError(mots)
    return trouves[0]


def _est_un_nom(mots: list[str]) -> bool:
    """Return whether these words are one name, after its particles: « de La Tour »."""
    return bool(mots) and mots[-1].lower() not in _PARTICULES and {
        mot.lower() for mot in mots[:-1]
    } <= _PARTICULES  # fmt: skip


def _en_capitales(mots: list[str]) -> bool:
    """Return whether these words are a name in capitals: « DUPONT », « de LA TOUR », « d'ORMESSON »."""
    noms = [mot for mot in mots if mot.lower() not in _PARTICULES]
    return bool(noms) and mots[-1] in noms and all(map(_est_en_capitales, noms))


def _est_en_capitales(mot: str) -> bool:
    mot = re.sub("^[dDlL]['\u2019]", "", mot)
    return mot.isupper() and sum(map(str.isalpha, mot)) > 1


def _sont_un_prenom(mots: list[str]) -> bool:
    """Return whether these words may be a first name: none in capitals, no particle."""
    return not any(
        _est_en_capitales(mot) or mot.lower() in _PARTICULES or not mot[0].isupper() for mot in mots
    )
