"""A catalogue with records in every state, made once for the tests of a file."""

import copy
import random
from typing import Any

import pytest

from tests.conftest import Monde
from tests.lots.monde import peupler


@pytest.fixture(scope="module")
def peuple_du_fichier(base_du_fichier: Any) -> Monde:
    """Make the catalogue, once for a file."""
    with base_du_fichier():
        monde = Monde()
        peupler(monde, random.Random("peuplé"))
        return monde


@pytest.fixture
def peuple(db: None, peuple_du_fichier: Monde) -> Monde:
    """Return this catalogue; what a test does to it is taken back."""
    return copy.deepcopy(peuple_du_fichier)
