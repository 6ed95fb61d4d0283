"""Test of a machine whose clock is wrong or jumps: the program follows the clock of the database."""

import datetime as dt
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection

from catalogue.models import Suppression
from catalogue.tasks import purger_la_corbeille
from edof.celery import app
from edof.demande import commencer
from edof.horloge import a_l_instant, age_du_releve, aujourd_hui, maintenant, minuit
from edof.rondes import Ronde
from edof.taches import PURGES
from publication.jours import jours_dus
from publication.models import Parution
from tests.attaques import url_de_la_base
from tests.conftest import Monde

RACINE = Path(__file__).parents[2]


@pytest.mark.exigence("D-22")
@pytest.mark.django_db(transaction=True)
def test_une_machine_qui_n_est_pas_a_l_heure_suit_la_base(tmp_path: Path) -> None:
    bibliotheque = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if bibliotheque is None:
        pytest.skip("faketime est absent")
    with a_l_instant(maintenant() - dt.timedelta(days=3)):
        monde = Monde()
        session = monde.session("ouverte", ouverte=True)
    Suppression.objects.create(
        organisme=monde.organisme, contexte=uuid.uuid4(), niveau="session", identifiant="v", intitule="v",
        supprimee_le=maintenant() - dt.timedelta(days=10),
    )  # fmt: skip
    (attendu,) = jours_dus()
    (tmp_path / "heure").write_text("-30d")
    environnement = {
        nom: valeur for nom, valeur in os.environ.items() if nom not in {"DEBUG", "EDOF_AUJOURDHUI"}
    } | {
        "DATABASE_URL": url_de_la_base(),
        "DJANGO_SETTINGS_MODULE": "edof.settings",
        "SECRET_KEY": uuid.uuid4().hex + uuid.uuid4().hex,
        "EDOF_VAR": str(tmp_path / "var"),
        "LD_PRELOAD": str(bibliotheque),
        "FAKETIME_TIMESTAMP_FILE": str(tmp_path / "heure"),
        "FAKETIME_NO_CACHE": "1",
        # What measures a duration is not moved: no clock does that.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    fait = subprocess.run(
        [sys.executable, "-m", "tests.edof.horloge_enfant"], cwd=RACINE, env=environnement,
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert fait.returncode == 0, fait.stderr[-3000:]
    dits = json.loads(fait.stdout.splitlines()[-1])
    heure = 3600
    assert abs(dits["un mois de retard"][0] + 30 * 24 * heure) < heure
    assert abs(dits["saut pendant une demande"][0] - 40 * 24 * heure) < heure
    assert abs(dits["retour pendant une demande"][0] + 6 * heure) < heure
    for quoi in ("un mois de retard", "saut pendant une demande", "retour pendant une demande", "juste"):
        assert all(abs(ecart) < heure for ecart in dits[quoi][1:]), (quoi, dits[quoi])
    assert dits["publié"] == attendu.isoformat() and dits["passage"] < heure and dits["passages"] == 1
    assert (aujourd_hui() - attendu).days in {0, 1} and Parution.objects.get().session_id == session.pk
    # Ten days old: kept thirty, whatever the machine says the date is.
    assert dits["corbeille"] == 1


def test_une_reponse_qui_attend_ne_met_pas_en_retard(transactional_db: None, monkeypatch: Any) -> None:
    monkeypatch.setattr("edof.demande.RELEVE_APRES", -1)
    commencer()
    with connection.cursor() as curseur:
        curseur.execute("SELECT pg_sleep(0.5)")
    assert age_du_releve() >= 0.5


def test_une_ronde_ne_se_tait_pas_quand_l_horloge_recule() -> None:
    ronde = Ronde(3)
    assert not ronde.is_due(ronde.now()).is_due
    # What a beat kept while its clock was a month ahead.
    assert ronde.is_due(ronde.now() + dt.timedelta(days=30)).is_due
    with time_machine.travel(minuit(aujourd_hui() - dt.timedelta(days=30))):
        assert ronde.now() > maintenant() + dt.timedelta(days=29)
    assert all(isinstance(tache["schedule"], Ronde) for tache in app.conf.beat_schedule.values())


def test_une_purge_attend_tant_que_deux_horloges_different(db: None, settings: Any) -> None:
    settings.HORLOGE_DE_LA_MACHINE = False
    monde = Monde()
    Suppression.objects.create(
        organisme=monde.organisme, contexte=uuid.uuid4(), niveau="session", identifiant="v", intitule="v",
        supprimee_le=maintenant() - dt.timedelta(days=40),
    )  # fmt: skip
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=2)):
        purger_la_corbeille()
        assert Suppression.objects.exists()
    purger_la_corbeille()
    assert not Suppression.objects.exists()
    assert {tache["task"] for tache in app.conf.beat_schedule.values()} >= PURGES
