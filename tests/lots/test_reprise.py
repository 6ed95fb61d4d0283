"""A lot that is killed takes up where it was; the undoing of the next day (D-20, D-48)."""

import datetime as dt
import os
import random
import signal
import warnings
from typing import Any

import pytest
from django.db import connection, connections

from catalogue.cycle_de_vie import executer
from edof.horloge import a_l_instant, aujourd_hui, jour_de, maintenant
from lots import execution
from lots.annulation import annuler
from lots.execution import demander, executer_lot
from lots.models import Etat, Issue
from lots.tasks import executer_les_lots
from organismes.droits import Operation
from sessions_app.models import Session
from tests.conftest import Monde, quantite
from tests.lots.monde import faire, nouveau_lot


@pytest.mark.exigence("D-20", "D-48")
def test_annuler_une_fermeture_le_lendemain_attend_la_publication_suivante(
    monde: Monde, settings: Any
) -> None:
    """One instant cannot come back on another day: since when the session is open, which D-20 says anew."""
    session = monde.session("s1")
    executer(session, Operation.OUVRIR, par=monde.gestionnaire)
    lot = faire(nouveau_lot(monde, "fermer", Session.objects.all()))
    with a_l_instant(maintenant() + dt.timedelta(days=1)):
        executer_lot(annuler(lot, par=monde.gestionnaire).pk)
        session.refresh_from_db()
        assert (session.ouverte, session.fermee_le) == (True, None)
        assert jour_de(session.ouverte_depuis) == aujourd_hui()


@pytest.mark.django_db(transaction=True)
def test_tue_n_importe_ou_un_lot_reprend_sans_rien_faire_deux_fois(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "TAILLE", 2)
    monde, hasard = Monde(), random.Random(1)
    for n in range(6):
        monde.session(f"s{n}")
    parametres = {"nombre": 1, "unite": "jours", "ouvre": False}
    tues = 0
    for tour in range(1, quantite(60, 8) + 1):
        lot = nouveau_lot(monde, "decaler", Session.objects.order_by("pk"), **parametres)
        demander(lot)
        # A lot of three sets takes less than sixty statements: it is killed anywhere, between two sets too.
        tues += tuer(lot.pk, hasard.randint(1, 60))
        en_base = dict(Session.objects.values_list("pk", "date_debut"))
        faites = set(lot.lignes.filter(issue=Issue.FAITE).values_list("cle", flat=True))
        avance = aujourd_hui() + dt.timedelta(60 + tour)
        assert faites == {cle for cle, debut in en_base.items() if debut == avance}
        assert set(en_base.values()) <= {avance, avance - dt.timedelta(1)}
        executer_les_lots()
        lot.refresh_from_db()
        assert lot.etat == Etat.FINI and lot.comptes()[Issue.FAITE] == 6
        assert {session.date_debut for session in Session.objects.all()} == {avance}
        assert {session.version for session in Session.objects.all()} == {1 + tour}
    assert tues > 2


def tuer(cle: int, instruction: int) -> bool:
    """Execute the lot in a process that kills itself at this statement; return whether it came that far."""
    connections.close_all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        heritee = connections["default"]
        del connections["default"]
        faites = 0

        def compter(faire: Any, *arguments: Any) -> Any:
            nonlocal faites
            faites += 1
            if faites == instruction:
                os.kill(os.getpid(), signal.SIGKILL)
            return faire(*arguments)

        try:
            with connection.execute_wrapper(compter):
                executer_lot(cle)
            del heritee
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == signal.SIGKILL
