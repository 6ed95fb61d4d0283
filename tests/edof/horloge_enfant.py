"""A process whose clock moves (libfaketime), for test_horloge.py.

It prints, for each clock, by how much it differs from that of the database, and what the program does of it.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import django

django.setup()

from django.utils import timezone  # noqa: E402

from catalogue.models import Suppression  # noqa: E402
from catalogue.tasks import purger_la_corbeille  # noqa: E402
from edof import demande  # noqa: E402
from edof.horloge import (  # noqa: E402
    chronometre,
    instant_de_la_base,
    maintenant,
    noter_l_instant_de_la_base,
    secondes,
)
from organismes.models import Organisme  # noqa: E402
from publication.models import Passage  # noqa: E402
from publication.tasks import publier_les_jours_dus  # noqa: E402

FICHIER = Path(os.environ["FAKETIME_TIMESTAMP_FILE"])


def ecarts() -> list[float]:
    """Return by how many seconds the machine, the program and its seconds are ahead of the database."""
    vus = timezone.now(), maintenant(), secondes()
    base = instant_de_la_base()
    return [
        (vus[0] - base).total_seconds(), (vus[1] - base).total_seconds(), vus[2] - base.timestamp(),
    ]  # fmt: skip


def a(decalage: str, *, demander: bool = True) -> list[float]:
    """Move the clock of this process; then do what a request does first; return the differences."""
    FICHIER.write_text(decalage)
    if demander:
        demande.commencer()
        Organisme.objects.exists()
    # What `instant_de_la_base` reads here must not help.
    avant, quand = maintenant(), chronometre()
    vus = ecarts()
    noter_l_instant_de_la_base(avant, quand)
    return vus


dits: dict[str, Any] = {"un mois de retard": a("-30d")}
publier_les_jours_dus()
passage = Passage.objects.get()
dits["publié"] = passage.jour.isoformat()
dits["passage"] = abs((passage.commence_le - instant_de_la_base()).total_seconds())
dits["saut pendant une demande"] = a("+40d", demander=False)
purger_la_corbeille()
dits["corbeille"] = Suppression.objects.count()
dits["retour pendant une demande"] = a("-6h", demander=False)
dits["juste"] = a("+0")
publier_les_jours_dus()
dits["passages"] = Passage.objects.count()
sys.stdout.write(json.dumps(dits))
