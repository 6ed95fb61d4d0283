"""What a text, a telephone, a SIRET may look like; written once, used by every form and model."""

import re
import unicodedata
from collections.abc import Container
from itertools import chain, count

from django.core.exceptions import ValidationError

# Controls (but tab and line ends) break text or hide in it; bidirectional overrides and isolates disguise it; lone
# surrogates and noncharacters cannot be written down; tags and other ignorables of plane 14 carry what nobody sees.
_REFUSES = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufff9-\ufffb"
    "\U000e0000-\U000e0fff" + "".join(f"{chr(plan << 16 | 0xFFFE)}{chr(plan << 16 | 0xFFFF)}" for plan in range(17)) + "]"
)
# Without width, or blank for the eye only: harmless inside a word that is pasted, not when they are all there is.
_SANS_FORME = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
_INVISIBLE = re.compile(f"[{_SANS_FORME}]")
_RIEN_A_VOIR = re.compile(rf"\s*[{_SANS_FORME}][{_SANS_FORME}\s]*")
RECHERCHE_AU_PLUS = 200


def valider_texte(valeur: str) -> None:
    """The one rule of every text, whatever brings it: no character that breaks it, disguises it or hides something in it."""
    if _REFUSES.search(valeur) or _RIEN_A_VOIR.fullmatch(valeur):
        raise ValidationError(
            "Ce texte contient des caractères invisibles qui ne peuvent pas être enregistrés : retapez-le, ou collez-le sans mise en forme.",
            code="caracteres",
        )


def nettoyer_texte(valeur: str) -> str:
    """The text without what `valider_texte` refuses in it: for what nobody is there to type again."""
    return _REFUSES.sub("", valeur)


def texte_cherche(valeur: str) -> str:
    """What somebody typed in a search box, cleaned, and cut where nobody types any more."""
    return nettoyer_texte(valeur[: RECHERCHE_AU_PLUS * 2]).strip()[:RECHERCHE_AU_PLUS]


def valider_identifiant(valeur: str) -> None:
    """D-04: 1 to 30 printable characters; two that look the same are the same, so nothing that the eye cannot see."""
    if not valeur.strip() or not all(caractere.isprintable() for caractere in valeur) or _INVISIBLE.search(valeur):
        raise ValidationError(
            "L'identifiant ne peut contenir que des caractères visibles : lettres, chiffres, tirets, espaces…",
            code="identifiant",
        )


def normaliser_identifiant(valeur: str) -> str:
    """The form under which two identifiers are the same (D-04): case, outer spaces and Unicode form are ignored."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", valeur.strip()).casefold()).strip()


def identifiant_libre(souhaite: str, pris: Container[str]) -> str:
    """The first of « X », « X 2 », « X 3 »… (30 characters at most) whose normalised form is not in `pris`."""
    suffixes = chain([""], (f" {rang}" for rang in count(2)))
    candidats = (souhaite.strip()[: 30 - len(suffixe)].strip() + suffixe for suffixe in suffixes)
    return next(candidat for candidat in candidats if normaliser_identifiant(candidat) not in pris)


def valider_siret(valeur: str) -> None:
    """14 digits with a right Luhn key; La Poste (SIREN 356000000) sums to a multiple of five instead."""
    if not re.fullmatch("[0-9]{14}", valeur):
        raise ValidationError("Un SIRET compte 14 chiffres.", code="siret")
    if valeur.startswith("356000000") and sum(map(int, valeur)) % 5 == 0:
        return
    doubles = (int(chiffre) * (2 if rang % 2 == 0 else 1) for rang, chiffre in enumerate(valeur))
    if sum(double - 9 if double > 9 else double for double in doubles) % 10:
        raise ValidationError("Ce SIRET n'est pas valide : vérifiez ses chiffres.", code="siret")


def normaliser_telephone(valeur: str) -> str:
    """« 01 49 80 00 00 » becomes « 0149800000 », « +33 (0)1… » becomes « +331… »: the official import takes
    `\\+?[0-9]+` only (domain 3.4).
    """
    sans_prefixe = re.sub(r"^\s*(\+[\s0-9]+)\(0\)", r"\1", valeur)
    return re.sub(r"[\s.\-\u2010-\u2013()/]", "", sans_prefixe)


def afficher_telephone(valeur: str) -> str:
    """« 0149800000 » becomes « 01 49 80 00 00 », « +33149800000 » becomes « +33 1 49 80 00 00 »; the rest is left as it is."""
    if re.fullmatch("[0-9]{10}|[0-9]{4}", valeur):
        return " ".join(re.findall("..", valeur))
    if re.fullmatch(r"\+33[1-9][0-9]{8}", valeur):
        return " ".join([valeur[:3], valeur[3], *re.findall("..", valeur[4:])])
    return valeur


def normaliser_courriel(valeur: str) -> str:
    """« Nadia@ILVM.example  » becomes « Nadia@ilvm.example »: only the domain ignores case (domain 3.4)."""
    boite, arobase, domaine = valeur.strip().rpartition("@")
    return f"{boite}{arobase}{domaine.lower()}"


def valider_telephone(valeur: str) -> None:
    """4 to 15 digits, with an optional + before them."""
    if not re.fullmatch(r"\+?[0-9]{4,15}", normaliser_telephone(valeur)):
        raise ValidationError("Saisissez un numéro de téléphone : de 4 à 15 chiffres, par exemple 01 49 80 00 00.", code="telephone")


def valider_code_postal(valeur: str) -> None:
    """Five digits (France)."""
    if not re.fullmatch("[0-9]{5}", valeur):
        raise ValidationError("En France, un code postal compte 5 chiffres.", code="code_postal")
