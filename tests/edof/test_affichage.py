"""Tests of the filters that write French around a name or a number."""

import pytest

from edof.templatetags.affichage import accord, de


@pytest.mark.parametrize(
    ("nom", "dite"),
    [
        ("Claire Moreau", "de Claire Moreau"),
        ("Anne Dupuis", "d'Anne Dupuis"),
        ("Élodie", "d'Élodie"),
        ("Institut Logistique", "d'Institut Logistique"),
        ("Yves", "d'Yves"),
        ("Yann", "de Yann"),
        ("", "de "),
    ],
)
def test_de_s_elide_devant_une_voyelle(nom: str, dite: str):
    assert de(nom) == dite


@pytest.mark.parametrize(("nombre", "mot"), [(0, "Parue"), (1, "Parue"), (2, "Parues"), (1_600, "Parues")])
def test_un_mot_a_cote_de_son_nombre_s_accorde(nombre: int, mot: str):
    assert accord(nombre, "Parue,Parues") == mot
