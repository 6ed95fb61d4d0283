"""Test of an integrator's month: a mirror that follows the change feed is the catalogue every morning.

`./run bench flux` does it with twenty thousand sessions.
"""

import datetime as dt

from tests.conftest import quantite
from tests.modeles.miroir import PORTES, Mois


def test_un_mois_d_integrateur(db, settings):
    settings.API_DEBIT_PAR_JETON = "1000000/min"
    mois = Mois(7, dt.date(2026, 3, 10))
    mois.vivre_en_miroir(quantite(31, 5), 6.0)
    assert all(mois.faits[porte] for porte in PORTES), mois.faits
    lus = [miroir.lus for miroir in mois.miroirs]
    assert lus[0] > 10 and lus[1] > 30, (lus, mois.faits)
