"""Test that runs schemathesis on the live schema, with every check enabled.

It sends 2,000 cases; bench/api.py sends 20,000, of a fresh seed.
"""

from collections import Counter

import pytest

from tests.api.client import jeton_de
from tests.api.eprouver import TYPES_HOSTILES, eprouver
from tests.conftest import Monde, quantite


# Four tests, which the processes share.
@pytest.mark.parametrize("graine", [1, 2, 3, 4])
@pytest.mark.django_db(transaction=True)
def test_le_schema_tient_ses_promesses(live_server, settings, graine):
    settings.API_DEBIT_PAR_JETON = settings.API_DEBIT_PAR_ORGANISME = "1000000/min"
    settings.API_DEBIT_ANONYME = "1000000/min"
    monde = Monde()
    monde.session("s1")
    monde.session("s2", ouverte=True)
    secret, faits = jeton_de(monde)[1], Counter[str]()
    # The seeds are the same for each run.
    while faits.total() < 500:
        cas, fautes = eprouver(
            live_server.url,
            secret,
            exemples=4,
            phases=("examples", "fuzzing", "stateful"),
            graine=graine,
        )
        assert not fautes, "\n".join(f"{nom}\n{faute}" for nom, faute in fautes.items())
        faits += cas
        graine += 4


@pytest.mark.django_db(transaction=True)
def test_aucun_type_de_contenu_ne_casse_l_api(live_server, settings):
    settings.API_DEBIT_PAR_JETON = settings.API_DEBIT_PAR_ORGANISME = "1000000/min"
    settings.API_DEBIT_ANONYME = "1000000/min"
    monde = Monde()
    monde.session("s1")
    secret = jeton_de(monde)[1]
    # One of each kind: a charset, another type. bench/api.py sends one of them all, of a fresh seed.
    for type_de_contenu in TYPES_HOSTILES[:: quantite(1, 5)]:
        cas, fautes = eprouver(
            live_server.url,
            secret,
            exemples=1,
            phases=("fuzzing",),
            graine=1,
            type_de_contenu=type_de_contenu,
        )
        assert cas.total() >= 40 and not fautes, "\n".join(f"{nom}\n{faute}" for nom, faute in fautes.items())
