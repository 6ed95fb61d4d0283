"""What a search may be around or in; départements and régions as people write them.

« 93 », « le 93 », « Seine St Denis », « Île-de-France », « IDF », « région Bretagne », « Alsace ».
"""

import re
from dataclasses import dataclass

from edof.pliage import plier
from publication.donnees.territoires import DEPARTEMENTS, REGIONS

_OUTRE_MER = "Outre-mer"
# They have a code, and are no départements.
_COLLECTIVITES = frozenset(("975", "977", "978", "986", "987", "988"))
# The régions before 2016, which people still name, and other names of those of today.
_AUTRES_REGIONS = {
    "Alsace": "67 68", "Aquitaine": "24 33 40 47 64", "Auvergne": "03 15 43 63",
    "Basse-Normandie": "14 50 61", "Bourgogne": "21 58 71 89", "Champagne-Ardenne": "08 10 51 52",
    "Franche-Comté": "25 39 70 90", "Haute-Normandie": "27 76", "Languedoc-Roussillon": "11 30 34 48 66",
    "Limousin": "19 23 87", "Lorraine": "54 55 57 88", "Midi-Pyrénées": "09 12 31 32 46 65 81 82",
    "Nord-Pas-de-Calais": "59 62", "Picardie": "02 60 80", "Poitou-Charentes": "16 17 79 86",
    "Rhône-Alpes": "01 07 26 38 42 69 73 74", _OUTRE_MER: "971 972 973 974 975 976 977 978 986 987 988",
}  # fmt: skip
_SURNOMS = {
    "idf": "Île-de-France", "region parisienne": "Île-de-France", "paca": "Provence-Alpes-Côte d'Azur",
    "aura": "Auvergne-Rhône-Alpes", "20": "Corse", "reunion": "La Réunion", "ile de la reunion": "La Réunion",
    "guyane francaise": "Guyane", "caledonie": "Nouvelle-Calédonie", "polynesie": "Polynésie française",
    "tahiti": "Polynésie française", "wallis": "Wallis-et-Futuna", "futuna": "Wallis-et-Futuna",
    "dom tom": _OUTRE_MER, "drom com": _OUTRE_MER,
}  # fmt: skip
_PARTOUT = frozenset(
    ("france", "partout", "partout en france", "toute la france", "france entiere", "la france", "en france")
)
_A_DISTANCE = frozenset(
    ("a distance", "distance", "distanciel", "en distanciel", "en ligne", "foad", "e learning")
)
_CODE = r"(?P<code>[0-9]{2,3}|2[ab])"
_LE_CODE = re.compile(
    f"(?:dans )?(?:le |la |les |l )?(?:departement |dept |dep |dpt )?(?:du |de la )?{_CODE}"
)
_LE_NOM = re.compile(
    "(?:dans |en )?(?:le |la |les |l )?"
    "(?:(?:departement|region|collectivite)(?: du| de la| des| de l| de| d)? )?(?P<nom>.+)"
)


@dataclass(frozen=True)
class Endroit:
    """A place to search around, or départements to search in: one of them, or those of a région."""

    nom: str
    # The postal code or that of the département; a région is named without one.
    code: str
    departements: tuple[str, ...] = ()
    latitude: float | None = None
    longitude: float | None = None

    def __str__(self) -> str:
        return f"{self.nom} ({self.code})" if self.code else self.nom

    @property
    def dedans(self) -> str:
        """Return « dans le département Rhône (69) », of a place to search in."""
        if self.nom == _OUTRE_MER:
            return "outre-mer"
        genre = "la collectivité" if self.code in _COLLECTIVITES else "le département"
        return f"dans {genre if self.code else 'la région'} {self}"


def departement(code: str) -> Endroit:
    """Return a département to search in."""
    return Endroit(DEPARTEMENTS[code], code, (code,))


def cle(texte: str) -> str:
    """Return the words of a name, folded: « Seine St-Denis » and « seine saint denis » are the same."""
    return re.sub(r"\bst(e?)\b", r"saint\1", " ".join(re.findall("[a-z0-9]+", plier(texte))))


# Those of overseas are départements too, which have a code.
_REGIONS = {
    cle(nom): Endroit(nom, "", tuple(numeros.split()))
    for nom, numeros in [*REGIONS.values(), *_AUTRES_REGIONS.items()]
    if " " in numeros
}
_TERRITOIRES = {cle(nom): departement(code) for code, nom in DEPARTEMENTS.items()} | _REGIONS
_TERRITOIRES |= {surnom: _TERRITOIRES[cle(nom)] for surnom, nom in _SURNOMS.items()}


def est_partout(texte: str) -> bool:
    """Return whether this names the whole country: « France », « partout »."""
    return cle(texte) in _PARTOUT


def est_a_distance(texte: str) -> bool:
    """Return whether this, in the place of a place, asks for what is entirely remote."""
    return cle(texte) in _A_DISTANCE


def territoire_ecrit(texte: str) -> Endroit | None:
    """Return the département or the région that this text names, None when it names none."""
    ecrit = cle(texte)
    if (lu := _LE_CODE.fullmatch(ecrit)) and lu["code"].upper() in DEPARTEMENTS:
        return departement(lu["code"].upper())
    lu = _LE_NOM.fullmatch(ecrit)
    return _TERRITOIRES.get(ecrit) or (_TERRITOIRES.get(lu["nom"]) if lu else None)


def territoires_qui_commencent(texte: str) -> list[Endroit]:
    """Return the régions and the départements that one may be writing."""
    ecrit = cle(texte)
    exact = territoire_ecrit(texte)
    trouves = [exact] if exact else []
    if len(ecrit) > 2:
        trouves += [endroit for nom, endroit in _TERRITOIRES.items() if nom.startswith(ecrit)]
    return list(dict.fromkeys(trouves))
