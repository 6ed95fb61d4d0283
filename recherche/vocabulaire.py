"""One mistake forgiven: the words of what is public, found by what a mistyped word shares with them.

Each known word is kept under the beginning of its letters, whole and without one of them; a typed word is
looked up under its own beginnings (the idea of SymSpell). Two words at one mistake from each other share one.
"""

import re
from typing import Any

from edof.replique import connexion_de_lecture

# The letters that are compared first, and the length from which a word may be corrected.
DEBUT, LETTRES_AU_MOINS = 8, 4
# The length from which two letters may be forgotten: « logistqe ».
LONG = 7
# The length from which words that only begin alike are proposed, when nothing has the word.
FAMILLE_DES = 6
# Letters that one doubles by mistake: « devellopeur ».
_DOUBLEE = re.compile(r"(.)\1")
# A letter beyond all the others, in the order of the collation « C ».
_FIN = "\U0010ffff"

_INCONNUS = f"""
SELECT cherche.mot FROM unnest(%s::text[]) AS cherche (mot)
WHERE NOT EXISTS (
        SELECT 1 FROM recherche_motconnu AS k
        WHERE k.mot >= cherche.mot COLLATE "C" AND k.mot < (cherche.mot || '{_FIN}') COLLATE "C")
    AND NOT EXISTS (
        SELECT 1 FROM publication_motspublics AS m
        WHERE m.racines @@ plainto_tsquery('french', cherche.mot)
            OR m.contenus @@ plainto_tsquery('french', cherche.mot))"""
_PROCHES = """
SELECT DISTINCT k.mot, k.nombre FROM recherche_mottronque AS t JOIN recherche_motconnu AS k ON k.mot = t.mot
WHERE t.cle = ANY (%s)"""
_DE_LA_FAMILLE = f"""
SELECT mot FROM recherche_motconnu
WHERE mot >= %s COLLATE "C" AND mot < (%s || '{_FIN}') COLLATE "C" ORDER BY nombre DESC, mot LIMIT 2"""
_COMPTER = """
CREATE TEMPORARY TABLE mots_du_jour ON COMMIT DROP AS
SELECT word AS mot, ndoc AS nombre FROM ts_stat(
    'SELECT mots FROM publication_motspublics AS m JOIN publication_fichepublique AS f USING (action_id)')
WHERE length(word) >= 2"""
_RETENIR = """
INSERT INTO recherche_motconnu (mot, nombre) SELECT mot, nombre FROM mots_du_jour
ON CONFLICT (mot) DO UPDATE SET nombre = EXCLUDED.nombre WHERE recherche_motconnu.nombre <> EXCLUDED.nombre"""
_OUBLIER = """
DELETE FROM recherche_motconnu WHERE mot COLLATE "C" NOT IN (SELECT mot FROM mots_du_jour);
DELETE FROM recherche_mottronque AS t
WHERE NOT EXISTS (SELECT 1 FROM recherche_motconnu AS k WHERE k.mot = t.mot)"""
_NEUFS = """
SELECT mot FROM recherche_motconnu AS k
WHERE length(mot) >= %s AND NOT EXISTS (SELECT 1 FROM recherche_mottronque AS t WHERE t.mot = k.mot)"""


def debuts(mot: str) -> set[str]:
    """Return the beginning of the word, and the same without one of its letters."""
    debut = mot[:DEBUT]
    return {debut, *(debut[:rang] + debut[rang + 1 :] for rang in range(len(debut)))}


def corriger(cherches: list[str]) -> dict[str, str]:
    """Return the words to search instead of those that nothing public has, {typed: known}.

    A word is corrected when no public word begins with it, and one is at a single mistake from it, or has two
    more letters, or other doubled letters, when it is long; of several, the one with fewest mistakes, then
    the most frequent.
    """
    corrigeables = [mot for mot in dict.fromkeys(cherches) if len(mot) >= LETTRES_AU_MOINS and mot.isalpha()]
    if not corrigeables:
        return {}
    corrections = {}
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(_INCONNUS, [corrigeables])
        for (mot,) in curseur.fetchall():
            curseur.execute(_PROCHES, [list(debuts(mot))])
            proches = [(fautes, -nombre, connu) for connu, nombre in curseur.fetchall()
                       if (fautes := _fautes(mot, connu))]  # fmt: skip
            if proches:
                corrections[mot] = min(proches)[2]
    return corrections


def de_la_famille(mot: str) -> list[str]:
    """Return the most frequent public words that begin as this one does: « coiffure » for « coiffeuse »."""
    if len(mot) < FAMILLE_DES:
        return []
    debut = mot[: max(FAMILLE_DES - 1, len(mot) * 6 // 10)]
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(_DE_LA_FAMILLE, [debut, debut])
        return [connu for (connu,) in curseur.fetchall()]


def une_faute(un: str, autre: str) -> bool:
    """Return whether one letter more, less or other, or two neighbours exchanged, make them the same."""
    if abs(len(un) - len(autre)) > 1 or un == autre:
        return un == autre
    paires = enumerate(zip(un, autre, strict=False))
    commun = next((n for n, (a, b) in paires if a != b), min(len(un), len(autre)))
    a, b = un[commun:], autre[commun:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


def _fautes(un: str, connu: str) -> int:
    """Return how many mistakes there are, 0 when they are not forgiven."""
    if une_faute(un, connu):
        return 1
    if len(un) < LONG:
        return 0
    if _DOUBLEE.sub(r"\1", un) == _DOUBLEE.sub(r"\1", connu):
        return 2
    if len(connu) != len(un) + 2:
        return 0
    lettres = iter(connu)
    return 2 if all(lettre in lettres for lettre in un) else 0


def relire(curseur: Any) -> None:
    """Read the words of what is public again: those that are new, those that have left."""
    curseur.execute(_COMPTER)
    curseur.execute(_RETENIR)
    curseur.execute(_OUBLIER)
    curseur.execute(_NEUFS, [LETTRES_AU_MOINS - 1])
    neufs = [mot for (mot,) in curseur.fetchall()]
    with curseur.copy("COPY recherche_mottronque (cle, mot) FROM STDIN") as ecrire:
        for mot in neufs:
            for debut in debuts(mot):
                ecrire.write_row((debut, mot))
    curseur.execute("DROP TABLE mots_du_jour")
