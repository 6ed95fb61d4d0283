"""What schemathesis makes of the live schema, every check on but one: a thousand cases, about thirty seconds of processor.

bench/api.py sends ten thousand, with every check on.
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
    # The same cases each time. What the schema calls wrong in a filter and the program reads all the same is for bench/api.py.
    cas, fautes = eprouver(
        live_server.url,
        jeton_de(monde)[1],
        exemples=10,
        phases=("examples", "fuzzing", "stateful"),
        graine=1,
        sauf=("negative_data_rejection",),
    )
    assert fautes == {}
    assert cas.total() > 600
