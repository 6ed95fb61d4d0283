"""Test of a year of nightly runs against the facts: nothing missing, repeated, or on a wrong day.

`./run bench nuits` simulates many more.
"""

import datetime as dt

import pytest

from publication import ensembles
from tests.modeles.gestes import FOIS
from tests.modeles.nuits import Nuits


@pytest.mark.exigence("D-20", "D-21", "D-22", "D-23", "D-24", "D-26")
def test_une_annee_de_nuits(db, monkeypatch):
    monkeypatch.setattr(ensembles, "PAR_ENSEMBLE", 4)
    # The year contains both clock changes, and an outage longer than records stay in the « Corbeille ».
    nuits = Nuits(4, dt.date(2026, 3, 10))
    nuits.vivre(365, panne=range(200, 235))
    nuits.verifier()
    # Every change and every kind of run has occurred.
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
