"""The program and an independent model of D-10 to D-25 live the same steps, and never differ; `./run bench
vie` goes much further.

5,000 steps when whole: the second half is test_modele_suite.py, a file of its own so that two processes share
them.
"""

import pytest

from tests.conftest import quantite
from tests.modeles.vie import vivre


@pytest.mark.exigence(
    "D-10", "D-11", "D-12", "D-13", "D-14", "D-15", "D-16", "D-17", "D-20", "D-21", "D-22", "D-23", "D-24"
)
def test_le_programme_et_le_modele_vivent_la_meme_vie(db):
    pas = quantite(2500, 500)
    assert sum(vivre(pas, graine=1).values()) >= pas
