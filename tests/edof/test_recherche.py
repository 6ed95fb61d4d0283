"""Tests of the folding and of the splitting into words: Python and PostgreSQL give the same result."""

import pytest
from django.db import connection
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalogue.recherche_de_certification import LETTRES_AU_PLUS, MOTS_AU_PLUS, mots, sans_accents

# A code point that is missing from one of the two Unicode tables cannot be compared.
TEXTES = st.text(
    st.characters(exclude_categories=["Cs", "Cn", "Co"], max_codepoint=0x2FFF, exclude_characters="\x00"),
    max_size=80,
)


@pytest.mark.django_db
@settings(max_examples=300, deadline=None)
@given(TEXTES)
@example("ÉLÈVE À L’ÉCŒUR, ÆQUO, Straße, Øresund, Łódź")
@example("« RNCP38413 » – bloc n° 2 : l'accès aux soins (CAP/BEP) 2e5 10% 'a' \\b & !c | d:*")
@example("e\u0301 \u212b \u0130 \ufb01 Σς ŉ ª ²")
@example("x" * 70 + " y")
def test_python_et_postgresql_plient_et_coupent_pareil(texte):
    with connection.cursor() as curseur:
        curseur.execute("SELECT sans_accents(%s), tsvector_to_array(vecteur_de_mots(%s))", [texte, texte])
        plie, decoupe = curseur.fetchone()
    assert sans_accents(texte) == plie
    if len(decoupe) < MOTS_AU_PLUS:
        assert set(mots(texte)) == set(decoupe)


@pytest.mark.django_db
def test_les_fonctions_ne_dependent_ni_du_chemin_ni_de_la_langue():
    with connection.cursor() as curseur:
        curseur.execute("SET LOCAL search_path = pg_catalog")
        curseur.execute(
            "SELECT public.sans_accents('ÉTÉ'), public.sans_accents(NULL), public.vecteur_de_mots('À la"
            " Réunion')::text"
        )
        assert curseur.fetchone() == ("ete", None, "'a' 'la' 'reunion'")
        curseur.execute(
            "SELECT provolatile, proparallel FROM pg_proc WHERE proname IN ('sans_accents',"
            " 'vecteur_de_mots')"
        )
        assert curseur.fetchall() == [("i", "s")] * 2


def test_les_mots_sont_bornes():
    assert len(mots("a " * 50)) == MOTS_AU_PLUS
    assert mots("x" * 500) == ["x" * LETTRES_AU_PLUS]
    assert mots("") == mots(" '!&|:*\x00\\ ") == []
