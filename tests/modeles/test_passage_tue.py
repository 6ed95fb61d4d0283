"""Test of nightly runs killed with SIGKILL, alone or two at a time.

`./run bench kill` does it a thousand times.
"""

import random

import pytest

from publication import ensembles
from tests.modeles.tuer import Scene, casses, tuer


@pytest.mark.exigence("D-22")
@pytest.mark.django_db(transaction=True)
def test_un_passage_tue_reprend_et_finit_pareil(monkeypatch):
    monkeypatch.setattr(ensembles, "PAR_ENSEMBLE", 2)
    scene = Scene(16)
    try:
        # The two days contain every kind of change.
        (_, *lignes) = scene.reference[2]
        assert all(sum(ligne[rang] for ligne in lignes) for rang in (1, 2, 3)) and lignes[-1][4]
        bilan = tuer(scene, 10, random.Random(1))
    finally:
        scene.fermer()
    assert not casses(bilan) and bilan["en cours"], bilan
