"""Tests of the folding used to search and sort.

Python and PostgreSQL give the same result, and it is the one that a reader expects.
"""

import sys
import unicodedata

import pytest
from django.db import connection
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edof.pliage import morceaux, plier

PLIES = {
    "Supérieur": "superieur", "L’art de l‘été": "l art de l ete", "CHEVILLY-LARUE": "chevilly larue",
    "ŒUVRE, æquo": "oeuvre, aequo",
    "Saint – Denis": "saint denis", "Saint\u2011Denis": "saint denis", "Saint\u00a0Denis": "saint denis",
    "Straße": "strasse",
    "certi\ufb01ante": "certifiante", "Ａ１": "a1", "Łódź, Ø": "lodz, o", "e\u0301te\u0301": "ete",
    "for\u00admation": "formation",
    "\ufeffA\u200bB": "ab", "aujourd'hui`": "aujourd hui", "c++ 10 % (a_b)": "c++ 10 % (a_b)", "-": "",
    "": "",
}  # fmt: skip
# A code point that is missing from one of the two Unicode tables cannot be compared.
TEXTES = st.text(
    st.characters(exclude_categories=["Cs", "Cn", "Co"], max_codepoint=0x2FFF, exclude_characters="\x00"),
    max_size=80,
)


def du_serveur(textes: list[str]) -> list[str]:
    with connection.cursor() as curseur:
        curseur.execute(
            "SELECT plier(texte) FROM unnest(%s::text[]) WITH ORDINALITY AS t (texte, rang) ORDER BY rang",
            [textes],
        )
        return [plie for (plie,) in curseur.fetchall()]


@pytest.mark.django_db
def test_chaque_caractere_se_plie_pareil():
    connus = [
        chr(code)
        for code in range(1, sys.maxunicode + 1)
        if unicodedata.category(chr(code)) not in {"Cs", "Cn", "Co"}
    ]
    textes = [*PLIES, *(f"a{caractere}b" for caractere in connus[:60_000])]
    assert [
        trio
        for trio in zip(textes, map(plier, textes), du_serveur(textes), strict=True)
        if trio[1] != trio[2]
    ] == []
    assert {texte: plier(texte) for texte in PLIES} == PLIES


@pytest.mark.django_db
@settings(max_examples=200, deadline=None)
@given(TEXTES)
@example("  a - - b'' c   ")
@example("´`ˊ ‐‑‒–—― ⁃ −-")
def test_un_texte_se_plie_pareil(texte):
    assert [plier(texte)] == du_serveur([texte])


@pytest.mark.django_db
def test_la_fonction_ne_depend_ni_du_chemin_ni_de_la_langue():
    with connection.cursor() as curseur:
        curseur.execute("SET LOCAL search_path = pg_catalog")
        curseur.execute("SELECT public.plier('ÉTÉ-œ'), public.plier(NULL)")
        assert curseur.fetchone() == ("ete oe", None)
        curseur.execute("SELECT provolatile, proparallel FROM pg_proc WHERE proname = 'plier'")
        assert curseur.fetchall() == [("i", "s")]


def test_ce_que_l_on_tape_se_coupe_aux_espaces():
    assert morceaux("  Chevilly-Larue l’art - RNCP\u00a038413 ", 9) == [
        "chevilly larue",
        "l art",
        "rncp",
        "38413",
    ]
    assert morceaux("a " * 50, 6) == ["a"] * 6 and morceaux(" – ' ", 6) == []
