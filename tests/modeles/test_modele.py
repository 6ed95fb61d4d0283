"""Test that the program and an independent model of D-10 to D-25 never differ over the same steps.

A whole test makes 5,000 steps in two lives; a short one makes 500, in the first. `./run bench vie` makes many
more, from a fresh seed: CI runs 500 of them.
"""

import pytest

from tests.conftest import quantite
from tests.modeles.vie import oubliees, vivre


@pytest.mark.exigence(
    "D-10",
    "D-11",
    "D-12",
    "D-13",
    "D-14",
    "D-15",
    "D-16",
    "D-17",
    "D-20",
    "D-21",
    "D-22",
    "D-23",
    "D-24",
    "D-40",
    "D-46",
    "D-48",
)
@pytest.mark.parametrize("graine", (1, 3)[: quantite(2, 1)])
def test_le_programme_et_le_modele_vivent_la_meme_vie(db, graine):
    pas = quantite(2500, 500)
    faits = vivre(pas, graine=graine)
    assert sum(faits.values()) >= pas and not oubliees(faits)
