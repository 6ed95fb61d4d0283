"""Test of two beats: each task of the schedule sent twice at once does what one does, without a fault."""

import datetime as dt
import logging
import threading
import uuid
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from catalogue.models import Suppression
from edof.celery import app
from edof.horloge import aujourd_hui, maintenant
from lots.execution import demander
from lots.models import Etat, Issue
from organismes.models import Courriel
from publication.models import Parution, Passage
from sessions_app.models import Session
from tests.conftest import Monde
from tests.lots.monde import nouveau_lot


@pytest.mark.django_db(transaction=True)
def test_deux_beats_font_ce_qu_un_seul_fait(settings: Any, tmp_path: Any, caplog: Any) -> None:
    settings.DONNEES_OUVERTES = tmp_path / "donnees"
    monde = Monde()
    sessions = [monde.session(f"s{n}") for n in range(6)]
    lot = nouveau_lot(monde, "ouvrir", Session.objects.filter(pk__in=[s.pk for s in sessions]).order_by("pk"))
    assert demander(lot)
    Courriel.objects.create(a="x@test.example", objet="Votre mot de passe", corps="le lien")
    Suppression.objects.create(
        organisme=monde.organisme, contexte=uuid.uuid4(), niveau="session", identifiant="v", intitule="v",
        supprimee_le=maintenant() - dt.timedelta(days=40),
    )  # fmt: skip
    app.loader.import_default_modules()
    noms = [tache["task"] for tache in app.conf.beat_schedule.values()]
    fautes: list[tuple[str, BaseException]] = []
    depart = threading.Barrier(2, timeout=60)

    def ronde() -> None:
        try:
            for nom in noms:
                depart.wait()
                try:
                    app.tasks[nom]()
                except Exception as erreur:
                    fautes.append((nom, erreur))
        finally:
            connection.close()

    deux = [threading.Thread(target=ronde) for _ in range(2)]
    for fil in deux:
        fil.start()
    for fil in deux:
        fil.join(120)
    assert not fautes
    assert not [ligne.getMessage() for ligne in caplog.records if ligne.levelno >= logging.ERROR]
    lot.refresh_from_db()
    assert lot.etat == Etat.FINI and lot.lignes.filter(issue=Issue.FAITE).count() == 6
    assert Session.objects.filter(ouverte=True).count() == 6
    assert len(mail.outbox) == 1 and not Courriel.objects.exists() and not Suppression.objects.exists()
    (passage,) = Passage.objects.all()
    assert passage.termine_le and passage.jour in {aujourd_hui(), aujourd_hui() - dt.timedelta(1)}
    assert Parution.objects.count() == passage.parues
    assert [jour.name for jour in settings.DONNEES_OUVERTES.iterdir() if not jour.name.startswith(".")] == [
        passage.jour.isoformat()
    ]
