"""The second half of the steps of tests/modeles/test_modele.py."""

import pytest

from tests.conftest import quantite
from tests.modeles.vie import vivre


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
def test_le_programme_et_le_modele_vivent_une_autre_vie(db):
    pas = quantite(2500, 500)
    assert sum(vivre(pas, graine=3).values()) >= pas
