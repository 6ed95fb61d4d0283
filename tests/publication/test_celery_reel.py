"""Test with a real Celery worker and a real beat, over files and over Redis.

They publish the day that is due and empty the « Corbeille ».
"""

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from catalogue.models import Suppression
from edof.horloge import aujourd_hui, maintenant
from organismes.models import Courriel, Organisme
from publication.jours import jours_dus
from publication.models import Passage
from tests.attaques import url_de_la_base
from tests.outils import port_libre

RACINE = Path(__file__).parents[2]


@pytest.mark.exigence("D-22")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("transport", ["fichiers", "redis"])
def test_le_worker_et_beat_publient_le_jour_du(transport, tmp_path):
    attendu = jours_dus()[0]
    organisme = Organisme.objects.create(raison_sociale="Institut", siret="41234567800019")
    vieille = {
        "niveau": "session",
        "identifiant": "s1",
        "intitule": "s1",
        "supprimee_le": maintenant() - dt.timedelta(days=40),
    }
    Suppression.objects.create(organisme=organisme, contexte=uuid.uuid4(), **vieille)
    Courriel.objects.create(a="x@test.example", objet="Votre mot de passe", corps="le lien")
    assert (aujourd_hui() - attendu).days in {0, 1}
    environnement = os.environ | {
        "DATABASE_URL": url_de_la_base(),
        "EDOF_VAR": str(tmp_path / "var"),
        "EDOF_BEAT_SECONDES": "1",
        "DEBUG": "1",
    }
    environnement.pop("REDIS_URL", None)
    redis = None
    if transport == "redis":
        if shutil.which("redis-server") is None:
            pytest.skip("redis-server est absent")
        port = port_libre()
        redis = subprocess.Popen(
            ["redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path)],
            stdout=subprocess.DEVNULL,
        )
        environnement["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
    commande = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "edof",
        "worker",
        "-B",
        "-P",
        "threads",
        "-c",
        "1",
        "-s",
        str(tmp_path / "beat"),
    ]
    journal = (tmp_path / "journal").open("w+")
    worker = subprocess.Popen(commande, cwd=RACINE, env=environnement, stdout=journal, stderr=journal)
    try:
        for _ in range(300):
            if (
                Passage.objects.filter(jour=attendu, termine_le__isnull=False).exists()
                and not Suppression.objects.exists()
                and not Courriel.objects.exists()
            ):
                break
            assert worker.poll() is None, (tmp_path / "journal").read_text()[-2000:]
            time.sleep(0.1)
        else:
            pytest.fail((tmp_path / "journal").read_text()[-2000:])
    finally:
        worker.send_signal(signal.SIGTERM)
        try:
            worker.wait(15)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
        journal.close()
        if redis:
            redis.terminate()
            redis.wait(10)
