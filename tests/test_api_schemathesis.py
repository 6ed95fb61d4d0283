"""What schemathesis makes of the live schema, every check on: a thousand cases, about thirty seconds of processor; bench/api.py sends ten
thousand.
"""

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
    cas, fautes = eprouver(live_server.url, jeton_de(monde)[1], exemples=10, phases=("examples", "fuzzing", "stateful"))
    assert fautes == {}
    assert cas.total() > 600
