"""What schemathesis makes of the live schema, every check on: two thousand cases; bench/api.py sends ten thousand."""

import pytest

from tests.api import jeton_de
from tests.conftest import Monde
from tests.eprouver import eprouver


@pytest.mark.django_db(transaction=True)
def test_le_schema_tient_ses_promesses(live_server, settings):
    settings.API_DEBIT_PAR_JETON = settings.API_DEBIT_ANONYME = "1000000/min"
    monde = Monde()
    monde.session("s1")
    monde.session("s2", ouverte=True)
    # The same cases each time.
    cas, fautes = eprouver(live_server.url, jeton_de(monde)[1], exemples=32, phases=("examples", "fuzzing", "stateful"), graine=1)
    assert not fautes, "\n".join(f"{nom}\n{faute}" for nom, faute in fautes.items())
    assert cas.total() >= 2_000
