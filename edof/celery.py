"""Celery: the application and the whole schedule (the only answer to « when does it run? »)."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready

from edof import variables

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edof.settings")

app = Celery("edof")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["organismes", "publication", "catalogue"])
# With a receiver, Celery leaves the log to the settings: one form, one time zone, the level of LOG_LEVEL.
setup_logging.connect(lambda **_: None, weak=False)

# D-22: the publication of day P is due at 05:00 Paris time. An interval, not a crontab: late, doubled or
# missed rounds need no special code, since each one asks the database which days are due and missing. The «
# Corbeille » is emptied by the same rounds: what its thirty days are over for, by the calendar of Paris.
RONDE = variables.entier("EDOF_BEAT_SECONDES", 15 * 60, au_plus=86_400)
app.conf.beat_schedule = {
    # Who waits for a link looks at the screen.
    "courriels": {
        "task": "organismes.tasks.envoyer_les_courriels",
        "schedule": min(RONDE, 10),
        # While no worker listens, they do not pile up: the next one sends all that waits.
        "options": {"expires": 60},
    },
    "publication-des-jours-dus": {"task": "publication.tasks.publier_les_jours_dus", "schedule": RONDE},
    "purge-de-la-corbeille": {"task": "catalogue.tasks.purger_la_corbeille", "schedule": RONDE},
    "presences": {"task": "catalogue.tasks.oublier_les_presences", "schedule": RONDE},
    "menage": {"task": "organismes.tasks.faire_le_menage", "schedule": max(RONDE, 3600)},
}


@worker_ready.connect(weak=False)
def _au_demarrage(sender: Any, **_: Any) -> None:
    """What was due while nothing ran is done at once, not at the first tick of beat."""
    for tache in app.conf.beat_schedule.values():
        sender.app.send_task(tache["task"])
