"""The Celery application, and the schedule of all its periodic tasks."""

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import before_task_publish, setup_logging, task_prerun, worker_init, worker_ready

from edof import demande, variables
from edof.rondes import Ronde

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edof.settings")

app = Celery("edof", task_cls="edof.taches:Tache")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "organismes",
        "publication",
        "recherche",
        "catalogue",
        "lots",
        "echanges",
        "crochets",
        "exploitation",
        "api",
    ]
)
# With a receiver for this signal, Celery leaves logging to the settings: one format, one time zone, the level
# of LOG_LEVEL.
setup_logging.connect(lambda **_: None, weak=False)

# The request that asked for a task is named in the lines of its log (edof/demande.py).
before_task_publish.connect(demande.avec_le_message, weak=False)
task_prerun.connect(demande.de_la_tache, weak=False)

# D-22: the publication of day P is due at 05:00 Paris time. An interval, not a crontab: late, doubled or
# missed runs need no special code, since each run asks the database which days are due and missing. The same
# interval empties the « Corbeille » of records whose thirty days are over, by the Paris calendar.
RONDE = variables.entier("EDOF_BEAT_SECONDES", 15 * 60, au_plus=86_400)
_RONDES: dict[str, dict[str, Any]] = {
    # A user who waits for a link is in front of the screen.
    "courriels": {
        "task": "organismes.tasks.envoyer_les_courriels",
        "schedule": min(RONDE, 10),
        # While no worker is listening, these tasks expire instead of piling up: the next one sends all
        # pending e-mails.
        "options": {"expires": 60},
    },
    # Somebody watches the progress bar.
    "lots": {
        "task": "lots.tasks.executer_les_lots",
        "schedule": min(RONDE, 3),
        "options": {"expires": 60},
    },
    "lots-des-programmes": {
        "task": "api.tasks.executer_les_lots_des_programmes",
        "schedule": min(RONDE, 3),
        "options": {"expires": 60},
    },
    "imports": {
        "task": "echanges.tasks.avancer_les_imports",
        "schedule": min(RONDE, 3),
        "options": {"expires": 60},
    },
    # A program waits for what has just happened.
    "webhooks": {
        "task": "crochets.tasks.livrer_les_evenements",
        "schedule": min(RONDE, 3),
        "options": {"expires": 60},
    },
    "publication-des-jours-dus": {"task": "publication.tasks.publier_les_jours_dus", "schedule": RONDE},
    "publication-des-bacs-a-sable": {
        "task": "publication.tasks.publier_les_bacs_a_sable",
        "schedule": RONDE,
    },
    "decomptes": {"task": "publication.tasks.recompter_ce_qui_a_change", "schedule": RONDE},
    "vitrine": {"task": "publication.tasks.entretenir_la_vitrine", "schedule": RONDE},
    "donnees-ouvertes": {"task": "publication.tasks.ecrire_les_donnees_ouvertes", "schedule": RONDE},
    "recherche": {"task": "recherche.tasks.suivre_la_publication", "schedule": RONDE},
    "bulletins": {"task": "publication.tasks.envoyer_les_bulletins", "schedule": RONDE},
    "sauvegarde": {"task": "catalogue.tasks.sauvegarder_la_base", "schedule": RONDE},
    "purge-de-la-corbeille": {"task": "catalogue.tasks.purger_la_corbeille", "schedule": RONDE},
    "purge-des-lots": {"task": "lots.tasks.purger_les_lots", "schedule": max(RONDE, 3600)},
    "reponses-gardees": {"task": "api.tasks.oublier_les_reponses", "schedule": max(RONDE, 3600)},
    "purge-des-imports": {"task": "echanges.tasks.oublier_les_imports", "schedule": max(RONDE, 3600)},
    "purge-des-changements": {
        "task": "publication.tasks.oublier_les_changements",
        "schedule": max(RONDE, 3600),
    },
    "purge-des-bacs-a-sable": {
        "task": "publication.tasks.entretenir_les_bacs_a_sable",
        "schedule": max(RONDE, 3600),
    },
    "purge-des-webhooks": {"task": "crochets.tasks.oublier_les_evenements", "schedule": max(RONDE, 3600)},
    # The round that says that all is well, or what is not: every minute.
    "alarmes": {
        "task": "exploitation.tasks.surveiller_l_installation",
        "schedule": min(RONDE, 60),
        "options": {"expires": 300},
    },
    "usage": {"task": "exploitation.tasks.compter_l_usage", "schedule": max(RONDE, 3600)},
    "purge-de-l-exploitation": {"task": "exploitation.tasks.oublier_le_passe", "schedule": max(RONDE, 3600)},
    "certifications": {"task": "catalogue.tasks.lire_les_registres", "schedule": max(RONDE, 3600)},
    "presences": {"task": "catalogue.tasks.oublier_les_presences", "schedule": RONDE},
    "menage": {"task": "organismes.tasks.faire_le_menage", "schedule": max(RONDE, 3600)},
}

app.conf.beat_schedule = {
    nom: {**tache, "schedule": Ronde(tache["schedule"])} for nom, tache in _RONDES.items()
}


@worker_init.connect(weak=False)
def _sans_pgbouncer(**_: Any) -> None:
    """Refuse to start behind PgBouncer: tasks hold locks from one transaction to the next."""
    if variables.derriere_pgbouncer():
        sys.exit("PGBOUNCER est pour le serveur web : donnez au worker l'adresse de PostgreSQL lui-même.")


@worker_ready.connect(weak=False)
def _au_demarrage(sender: Any, **_: Any) -> None:
    """Run every periodic task when the worker starts, instead of waiting for the next tick of beat.

    What became due while nothing was running is then done at once.
    """
    for tache in app.conf.beat_schedule.values():
        sender.app.send_task(tache["task"])
