"""Imports killed with SIGKILL at random moments, applied then undone: nothing twice, nothing half."""

import os
import random
import signal
import time
import warnings
from collections.abc import Callable

import pytest
from django.db import connections

from echanges import execution
from echanges.execution import annuler, avancer_un_import, demander
from echanges.models import Etat, Import, Retour
from echanges.preparation import deposer, preparer
from lots.models import Issue
from sessions_app.models import Session
from tests.echanges.monde import LE_JOUR, MondeDesFichiers

LIGNES, MOMENTS = 60, 20


def dans_un_autre(cle: int) -> int:
    """Carry the import on in a process of its own; return its number."""
    connections.close_all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            # When Playwright has run in this process, Django holds another connection here.
            heritee = connections["default"]
            del connections["default"]
            avancer_un_import(cle)
            del heritee
            os._exit(0)
        except BaseException:
            os._exit(1)
    return pid


def tuer_jusqu_au_bout(cle: int, fin: str, verifier: Callable[[], None], hasard: random.Random) -> int:
    """Kill the worker at random moments, check after each, then let it end; return how many were killed."""
    tues = 0
    for _ in range(MOMENTS):
        pid = dans_un_autre(cle)
        time.sleep(hasard.uniform(0, 0.25))
        os.kill(pid, signal.SIGKILL)
        _, statut = os.waitpid(pid, 0)
        tues += os.WIFSIGNALED(statut)
        verifier()
    avancer_un_import(cle)
    assert Import.objects.get(pk=cle).etat == fin
    verifier()
    return tues


@pytest.mark.django_db(transaction=True)
def test_un_import_tue_reprend_et_finit_pareil(monkeypatch, settings):
    settings.EDOF_AUJOURDHUI = LE_JOUR
    monkeypatch.setattr(execution, "TAILLE", 4)
    monde, hasard = MondeDesFichiers(), random.Random(1)
    lignes = "".join(f"88A-79-78490-XX;S{n};01/02/2027;05/02/2027;oui\n" for n in range(LIGNES))
    importation = Import(organisme=monde.organisme, par=monde.gestionnaire, nom="p.csv")
    preparer(deposer(importation, [f"Action;Session;Du;Au;Garantie\n{lignes}".encode()]))

    def autant_que_dit() -> None:
        """What the lines say is what the table holds, at any moment."""
        faites = importation.lignes.filter(issue=Issue.FAITE).exclude(retour=Retour.REMISE)
        assert set(faites.values_list("cle", flat=True)) == set(Session.objects.values_list("pk", flat=True))

    demander(importation, mode="valides")
    tues = tuer_jusqu_au_bout(importation.pk, Etat.APPLIQUE, autant_que_dit, hasard)
    assert Session.objects.count() == LIGNES
    importation.refresh_from_db()
    assert importation.bilan["creees"] == LIGNES
    annuler(importation, par=monde.gestionnaire)
    tues += tuer_jusqu_au_bout(importation.pk, Etat.ANNULE, autant_que_dit, hasard)
    assert not Session.objects.exists()
    assert tues > MOMENTS // 4
