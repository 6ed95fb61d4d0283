"""The program and an independent model of D-10 to D-25 live the same steps, and never differ; `./run bench vie` goes much further."""

import pytest

from tests.vie import DU_MENU, vivre

PAS = 500


@pytest.mark.exigence("D-10", "D-11", "D-12", "D-13", "D-14", "D-15", "D-16", "D-17", "D-20", "D-21", "D-22", "D-23", "D-24")
def test_le_programme_et_le_modele_vivent_la_meme_vie(db):
    faits = vivre(PAS)
    assert sum(faits.values()) >= PAS
    # The walk went everywhere.
    for operation in (*DU_MENU, "créer offre", "créer action", "créer session", "modifier", "valider", "nuit"):
        assert faits[operation, "fait"], operation
