"""The words of a search: what each of them asks of what is public, and what ranks first.

Words are folded on both sides. A word is found at the beginning of a word of the title, the certification,
the organisme, the town and the points forts; by its French stem there and in the long texts; by its synonyms.
Between quotes, words are found as they are written, one after the other. All the words must be found.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.core.cache import cache

from catalogue.recherche_de_certification import mots, sans_accents
from recherche.models import Synonyme
from recherche.sql import Sql, et, ou
from recherche.vocabulaire import corriger

# Asked for between other words, they say nothing; alone, they are searched.
VIDES = frozenset({
    "au", "aux", "avec", "ce", "ces", "comme", "d", "dans", "de", "des", "du", "elle", "en", "et", "eux",
    "il", "ils", "j", "je", "l", "la", "le", "les", "leur", "lui", "m", "ma", "mais", "me", "mes", "mon",
    "n", "ne", "nos", "notre", "nous", "on", "ou", "par", "pas", "pour", "qu", "que", "qui", "s", "sa",
    "se", "ses", "si", "son", "sur", "t", "ta", "te", "tes", "toi", "ton", "tu", "un", "une", "vos",
    "votre", "vous", "y", "a", "devenir", "veux", "voudrais", "souhaite", "cherche", "trouver", "suivre",
    "passer", "faire", "etre", "cour", "formation", "formations", "stage", "stages", "cours", "apprendre",
})  # fmt: skip
# How many expressions replace one.
SYNONYMES_AU_PLUS = 3
# The weights of the words of the bands 1, 2 and 3; an exact code is before, the long texts are after.
BANDES = ("exact", "A", "AB", "")
_ENTRE_GUILLEMETS = re.compile('[«"“”]([^«»"“”]+)[»"“”]')
_GUILLEMETS = re.compile('[«»"“”]')
SECONDES_DES_SYNONYMES = 60
# « C.A.C.E.S. », « S.S.T »; « R 489 », which titles write « R489 ».
_SIGLE = re.compile(r"\b(?:[a-z]\.){2,}(?:[a-z]\b)?")
_LETTRES, _CHIFFRES = re.compile("[a-z]{1,4}"), re.compile("[0-9]{1,5}")


def _epelee(suite: tuple[str, ...]) -> bool:
    """Return whether these are the letters of « S.S.T. », which are found one after the other."""
    return len(suite) > 1 and all(len(mot) == 1 for mot in suite)


@dataclass(frozen=True)
class Terme:
    """What must be found: one of these sequences of words."""

    suites: tuple[tuple[str, ...], ...]
    exact: bool = False

    def simple(self, poids: str = "") -> str:
        """Return the `tsquery` for whole words; they may be the beginning of others unless `exact`."""
        if self.exact:
            return " <-> ".join(f"'{mot}'{':' if poids else ''}{poids}" for mot in self.suites[0])
        return " | ".join(
            "("
            + (" <-> " if _epelee(suite) else " & ").join(
                f"'{mot}':{'*' if len(mot) > 1 else ''}{poids}".rstrip(":") for mot in suite
            )
            + ")"
            for suite in self.suites
        )

    def racines(self, poids: str = "") -> str:
        """Return the text of `to_tsquery` for French stems."""
        fin = f":{poids}" if poids else ""
        return " | ".join(
            "(" + " & ".join(f"'{mot}'{fin}" for mot in suite) + ")"
            for suite in self.suites
            if not _epelee(suite)
        )

    def dans_l_entete(self, poids: str = "") -> Sql:
        """Return the condition on the title, the organisme, the town and the points forts, by weight."""
        simple = Sql("m.mots @@ %s::tsquery", self.simple(poids))
        if self.exact:
            return simple
        return ou(simple, Sql("m.racines @@ to_tsquery('french', %s)", self.racines(poids)))

    def partout(self) -> Sql:
        """Return the condition on all that is public."""
        if self.exact:
            return self.dans_l_entete()
        return ou(self.dans_l_entete(), Sql("m.contenus @@ to_tsquery('french', %s)", self.racines()))


@dataclass(frozen=True)
class Lecture:
    """What was read in the box « Quoi »."""

    q: str
    termes: tuple[Terme, ...]
    # {what was typed: what is searched instead}.
    corrections: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """Return the text as `code_cherche` of the database writes codes, identifiers and whole titles."""
        return sans_accents(_GUILLEMETS.sub("", self.q)).replace(" ", "")

    def condition(self) -> Sql:
        """Return the condition on `m`, the words of an action."""
        exact = self.exact()
        return ou(exact, et(*(terme.partout() for terme in self.termes))) if self.termes else exact

    def bande(self) -> Sql:
        """Return the band of an action: 0 for an exact code or title, 4 for words of the long texts only."""
        if not self.termes:
            return Sql("0")
        # Most of what a common word finds has it in the long texts only: that is asked early.
        entete = self.entete("")
        cas = [
            (self.exact(), 0),
            (Sql(f"NOT {entete.texte}", *entete.valeurs), 4),
            (self.entete("A"), 1),
            (self.entete("AB"), 2),
        ]
        dits = " ".join(f"WHEN {rang.texte} THEN {n}" for rang, n in cas)
        return Sql(f"CASE {dits} ELSE 3 END", *(v for rang, _ in cas for v in rang.valeurs))

    def de_la_bande(self, rang: int) -> Sql:
        """Return the condition that an action is in this band."""
        if rang == 0:
            return self.exact()
        oui = self.entete(BANDES[rang]) if rang < len(BANDES) else et(*(t.partout() for t in self.termes))
        non = [self.exact(), *([self.entete(BANDES[rang - 1])] if rang > 1 else [])]
        return et(oui, *(Sql(f"NOT {n.texte}", *n.valeurs) for n in non))

    def exact(self) -> Sql:
        """Return the condition that an action has this very code, identifier or title."""
        return Sql("m.exacts && ARRAY[%s]", self.code)

    def entete(self, poids: str = "") -> Sql:
        """Return the condition on the title, the organisme, the town and the points forts, by weight."""
        return et(*(terme.dans_l_entete(poids) for terme in self.termes))

    def sans(self, terme: Terme) -> "Lecture":
        """Return the same search without one of its terms."""
        return replace(self, q="", termes=tuple(autre for autre in self.termes if autre is not terme))


def lire(q: str) -> Lecture:
    """Return what the text of the box « Quoi » asks for, its mistyped words corrected."""
    exacts = [tuple(suite) for texte in _ENTRE_GUILLEMETS.findall(q) if (suite := mots(texte))]
    reste, sigles = _sans_les_points(_ENTRE_GUILLEMETS.sub(" ", q))
    # A drawing is no word.
    libres = [mot for mot in mots(reste) if any(lettre.isalnum() for lettre in mot)]
    utiles = [mot for mot in libres if mot not in VIDES]
    if not exacts and not utiles:
        utiles = libres
    groupes = _synonymes()
    connus = {mot for groupe in groupes for suite in groupe for mot in _au_singulier(suite)}
    corrections = corriger([mot for mot in utiles if _au_singulier((mot,))[0] not in connus])
    corriges = [corrections.get(mot, mot) for mot in utiles]
    termes = [*(Terme((suite,), exact=True) for suite in exacts), *_termes(corriges, groupes, sigles)]
    return Lecture(q, tuple(termes), corrections)


def _sans_les_points(texte: str) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Return the text with « S.S.T. » as one word, and the letters of each such word, as texts have them."""
    plie, sigles = sans_accents(texte), {}
    for ecrit in _SIGLE.findall(plie):
        lettres = tuple(ecrit.replace(".", ""))
        sigles["".join(lettres)] = lettres
    return _SIGLE.sub(lambda lu: f" {lu[0].replace('.', '')} ", plie), sigles


def _termes(
    cherches: list[str], groupes: list[list[tuple[str, ...]]], sigles: dict[str, tuple[str, ...]]
) -> Iterable[Terme]:
    """Return a term for each word, or for each expression that has synonyms, the longest first."""
    par_suite = {_au_singulier(suite): groupe for groupe in groupes for suite in groupe}
    plus_longue = max((len(suite) for suite in par_suite), default=1)
    rang = 0
    while rang < len(cherches):
        for longueur in range(min(plus_longue, len(cherches) - rang), 0, -1):
            suite = tuple(cherches[rang : rang + longueur])
            if longueur == 1 or _au_singulier(suite) in par_suite:
                break
        groupe = par_suite.get(_au_singulier(suite), [])
        autres = [autre for autre in groupe if autre != suite][:SYNONYMES_AU_PLUS]
        if suite[0] in sigles:
            autres.append(sigles[suite[0]])
        if not autres and _un_code(deux := tuple(cherches[rang : rang + 2])):
            suite, autres, longueur = deux, [("".join(deux),)], 2
        yield Terme((suite, *autres))
        rang += longueur


def _au_singulier(suite: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words without a final « s » or « x »: plurals have the synonyms of the singular."""
    return tuple(mot[:-1] if len(mot) > 3 and mot[-1] in "sx" else mot for mot in suite)


def _un_code(suite: tuple[str, ...]) -> bool:
    return len(suite) == 2 and bool(_LETTRES.fullmatch(suite[0]) and _CHIFFRES.fullmatch(suite[1]))


def _synonymes() -> list[list[tuple[str, ...]]]:
    """Return the synonyms; an expression loses the words that say nothing, as does what is typed."""
    return cache.get_or_set("recherche/synonymes", _lire_les_synonymes, SECONDES_DES_SYNONYMES) or []


def _lire_les_synonymes() -> list[list[tuple[str, ...]]]:
    return [
        [tuple(mot for mot in suite if mot not in VIDES) or suite for suite in groupe.suites]
        for groupe in Synonyme.objects.all()
    ]
