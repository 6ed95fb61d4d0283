"""Validators and normalisers of identifiers, telephone numbers, SIRET…, shared by every form and model."""

import re
from collections.abc import Container
from ipaddress import ip_address
from itertools import chain, count
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

from edof.lecture import SANS_FORME, en_texte_simple, sans_invisibles

_INVISIBLE = re.compile(f"[{SANS_FORME}]")


def valider_identifiant(valeur: str) -> None:
    """Raise ValidationError unless the identifier contains visible, printable characters only (D-04).

    The length, 1 to 30, is limited by the fields. Two identifiers that look the same are the same, hence no
    invisible character.
    """
    if (
        not valeur.strip()
        or not all(caractere.isprintable() for caractere in valeur)
        or _INVISIBLE.search(valeur)
    ):
        raise ValidationError(
            "L'identifiant ne peut contenir que des caractères visibles : lettres, chiffres, tirets,"
            " espaces…",
            code="identifiant",
        )


def normaliser_identifiant(valeur: str) -> str:
    """Return the form in which two identifiers are compared (D-04).

    Ignored: case, Unicode form, invisible characters, the kind of a hyphen, an apostrophe or a space, and the
    number of spaces.
    """
    return en_texte_simple(en_texte_simple(valeur).casefold())


def identifiant_libre(souhaite: str, pris: Container[str]) -> str:
    """Return the first of « X », « X 2 », « X 3 »… whose normalised form is not in `pris`.

    It has 30 characters at most.
    """
    suffixes = chain([""], (f" {rang}" for rang in count(2)))
    candidats = (souhaite.strip()[: 30 - len(suffixe)].strip() + suffixe for suffixe in suffixes)
    return next(candidat for candidat in candidats if normaliser_identifiant(candidat) not in pris)


def valider_siret(valeur: str) -> None:
    """Raise ValidationError unless the SIRET has 14 digits and a valid Luhn key.

    The digits of La Poste (SIREN 356000000) sum to a multiple of five instead.
    """
    if not re.fullmatch("[0-9]{14}", valeur):
        raise ValidationError("Un SIRET compte 14 chiffres.", code="siret")
    if valeur.startswith("356000000") and sum(map(int, valeur)) % 5 == 0:
        return
    doubles = (int(chiffre) * (2 if rang % 2 == 0 else 1) for rang, chiffre in enumerate(valeur))
    if sum(double - 9 if double > 9 else double for double in doubles) % 10:
        raise ValidationError("Ce SIRET n'est pas valide : vérifiez ses chiffres.", code="siret")


def valider_nda(valeur: str) -> None:
    """Raise ValidationError unless the NDA has 11 characters.

    They are the region (two digits, 01 to 06 overseas), the département (two, 2A or 2B in Corsica), five
    digits, and two again (2A or 2B in Corsica).
    """
    if not re.fullmatch("(?!00)[0-9]{2}(?:[0-9]{2}|2[AB])[0-9]{5}(?:[0-9]{2}|2[AB])", valeur):
        raise ValidationError("Un NDA compte 11 chiffres, par exemple 11 94 06789 94.", code="nda")


def normaliser_telephone(valeur: str) -> str:
    """Return a telephone number as digits with an optional +, the only form that the official import accepts.

    « 01 49 80 00 00 » becomes « 0149800000 »; « 00 33 (0)1… » and « +33 01… » become « +331… ».
    """
    compact = re.sub(r"[\s.\-/]", "", en_texte_simple(valeur))
    compact = re.sub(r"^\(?(?:00|\+)([1-9][0-9]*)\)?", r"+\1", compact)
    compact = re.sub(r"^(\+[0-9]+)\(0\)", r"\1", compact)
    return re.sub(r"^\+330(?=[1-9])", "+33", compact.replace("(", "").replace(")", ""))


def afficher_telephone(valeur: str) -> str:
    """Return a telephone number in groups of digits; any other text is returned unchanged.

    « 0149800000 » becomes « 01 49 80 00 00 », « +33149800000 » becomes « +33 1 49 80 00 00 ».
    """
    if re.fullmatch("[0-9]{10}|[0-9]{4}", valeur):
        return " ".join(re.findall("..", valeur))
    if re.fullmatch(r"\+33[1-9][0-9]{8}", valeur):
        return " ".join([valeur[:3], valeur[3], *re.findall("..", valeur[4:])])
    return valeur


def normaliser_courriel(valeur: str) -> str:
    """Return an e-mail address without invisible characters, with its domain in lower case.

    « Nadia@ILVM.example  » becomes « Nadia@ilvm.example »: only the domain ignores case.
    """
    boite, arobase, domaine = en_texte_simple(valeur).rpartition("@")
    return f"{boite}{arobase}{domaine.lower()}"


def lire_site(valeur: str) -> str:
    """Return the address of a site without invisible characters, with plain hyphens in its host."""
    adresse = re.sub("[\u2010\u2011]", "-", sans_invisibles(valeur)).strip().removeprefix("mailto:")
    try:
        hote = urlsplit(adresse).netloc
    except ValueError:
        # Not an address at all: the URL validator reports it.
        return adresse
    return adresse.replace(hote, en_texte_simple(hote), 1) if hote else adresse


def valider_pas_un_courriel(valeur: str) -> None:
    """Raise ValidationError for an e-mail address given as the address of a site."""
    try:
        courriel = "@" in urlsplit(valeur).netloc
    except ValueError:
        # Not an address at all: the URL validator reports it.
        return
    if courriel:
        raise ValidationError(
            "Ceci est une adresse e-mail : indiquez l'adresse d'un site, par exemple"
            " https://www.organisme.fr.",
            code="courriel",
        )


_ADRESSE_DANS_UN_NOM = re.compile(
    r"[/@]|\bwww\.|[0-9]{4}|[^\W_]\.(?:app|be|biz|cc|ch|click|cn|co|com|dev|eu|fr|info|io|link|lu|ly|me|net|online|org|ru|shop|site|to"
    r"|top|tv|uk|us|xyz)\b",
    re.I,
)


def valider_nom_de_personne(valeur: str) -> None:
    """Raise ValidationError when the name of a person contains an address or a number.

    E-mails sent in our name contain it, and the programs that show them would turn an address into a link.
    """
    if _ADRESSE_DANS_UN_NOM.search(en_texte_simple(valeur)):
        raise ValidationError("Écrivez le nom d'une personne, sans adresse ni numéro.", code="nom")


def valider_site(valeur: str) -> None:
    """Raise ValidationError unless the public can reach this site.

    A mailbox and a private machine are refused.
    """
    valider_pas_un_courriel(valeur)
    try:
        hote = urlsplit(valeur).hostname or ""
    except ValueError:
        return
    try:
        prive = not ip_address(hote).is_global
    except ValueError:
        prive = hote == "localhost" or hote.endswith((".localhost", ".local", ".lan", ".internal"))
    if prive:
        raise ValidationError(
            "Le public ne peut pas joindre cette adresse : indiquez celle d'un site, par exemple"
            " https://www.organisme.fr.",
            code="site",
        )


def valider_telephone(valeur: str) -> None:
    """Raise ValidationError unless the text is a telephone number.

    10 digits when it begins with 0, nine after +33; short and foreign numbers have 4 to 15.
    """
    admis = r"0[1-9][0-9]{8}|\+33[1-9][0-9]{8}|\+(?!33|0)[0-9]{4,15}|[1-9][0-9]{3,14}"
    if not re.fullmatch(admis, normaliser_telephone(valeur)):
        raise ValidationError(
            "Saisissez un numéro de téléphone : 10 chiffres s'il commence par 0, par exemple 01 49 80 00 00 ;"
            " sinon un numéro court, ou un numéro étranger avec son indicatif, par exemple +32 2 555 12 12.",
            code="telephone",
        )


def valider_code_postal(valeur: str) -> None:
    """Raise ValidationError unless the text is a French postal code of five digits.

    The first two are those of a département or of an overseas territory.
    """
    if not re.fullmatch("(?:0[1-9]|[1-8][0-9]|9[0-8])[0-9]{3}", valeur):
        raise ValidationError("En France, un code postal compte 5 chiffres.", code="code_postal")
