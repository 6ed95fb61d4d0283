"""A year of nights beside the facts: nothing missing, doubled, or on a wrong day; `./run bench nuits` goes
much further.
"""

import datetime as dt

import pytest

from publication import passages
from tests.modeles.gestes import FOIS
from tests.modeles.nuits import Nuits


@pytest.mark.exigence("D-20", "D-21", "D-22", "D-23", "D-24", "D-26")
def test_une_annee_de_nuits(db, monkeypatch):
    monkeypatch.setattr(passages, "PAR_ENSEMBLE", 4)
    # Both changes of clocks are in it; once nothing runs for longer than the « Corbeille » remembers.
    nuits = Nuits(4, dt.date(2026, 3, 10))
    nuits.vivre(365, panne=range(200, 235))
    nuits.verifier()
    # It went everywhere.
    for quoi in (*FOIS, "manque", "double", "tard"):
        assert nuits.faits[quoi], quoi
    assert {raison for _, raison, *_ in nuits.journal.attendu(nuits.premier, nuits.jour).retenues} == {
        *(
            "organisme-autorise",
            "qualiopi",
            "certification",
            "permanente-sans-dates",
            "dates-fixes-renseignees",
            "debut-a-venir",
        )
    }
