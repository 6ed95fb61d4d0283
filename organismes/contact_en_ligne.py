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
    mots = nom.split()
    civilite = _CIVILITES.get(mots[0].rstrip(".").lower(), "")
    if civilite:
        mots = mots[1:]
    capitales = [mot for mot in mots if len(mot) > 1 and mot.isupper()]
    if capitales and len(capitales) < len(mots):
        return civilite, " ".join(mot for mot in mots if mot not in capitales), " ".join(capitales)
    prenom = mots[:1] if len(mots) > 1 else []
    return civilite, " ".join(prenom), " ".join(mots[len(prenom) :])
