"""Properties of the operations on many, for random sets: nothing else moves, all comes back (D-40, D-48)."""

import datetime as dt
import os
import random
import signal
import warnings
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, connections

from catalogue.cycle_de_vie import OperationRefusee, executer
from catalogue.models import Action, Offre
from edof.horloge import a_l_instant, aujourd_hui, demain, jour_de, maintenant
from lots import execution
from lots.annulation import annuler
from lots.execution import demander, executer_lot
from lots.models import Etat, Issue, Lot
from lots.repetition import ensembles, raconter
from lots.tasks import executer_les_lots
from organismes.droits import Operation, Role
from publication.passages import publier
from sessions_app.models import Session
from sessions_app.programmation import programmer
from tests.conftest import Monde, quantite
from tests.lots.monde import faire, issues, nouveau_lot, peupler, photo, tables

A_UN_JOUR: dict[str, Any] = {"operation": "ouvrir", "quoi": "ouvrir"}
CAS: list[tuple[str, type, dict[str, Any]]] = [
    ("ouvrir", Session, {}),
    ("fermer", Session, {}),
    ("archiver", Session, {}),
    ("desarchiver", Session, {}),
    ("valider", Session, {}),
    ("supprimer", Session, {}),
    ("decaler", Session, {"nombre": 2, "unite": "semaines", "ouvre": True}),
    ("changer", Session, {"champs": {"garantie": False, "modalites_particulieres": "Le soir."}}),
    ("programmer", Session, A_UN_JOUR),
    ("archiver", Action, {}),
    ("archiver", Offre, {}),
    ("supprimer", Offre, {}),
]
# Those that only the undoing needs.
AUSSI: list[tuple[str, type, dict[str, Any]]] = [
    ("dupliquer", Session, {}),
    ("prix", Action, {"regle": "pourcent", "montant": "3", "base": "ht", "taux": ["20"], "arrondi": "euro"}),
    ("supprimer", Action, {}),
    ("desarchiver", Offre, {"avec_descendants": True}),
]


def prevoir(monde: Monde, hasard: random.Random) -> None:
    """Plan openings and closings of sessions taken at random."""
    for operation in (Operation.OUVRIR, Operation.FERMER):
        sessions = hasard.sample(list(Session.objects.all()), 15)
        programmer(
            sessions, operation, aujourd_hui() + dt.timedelta(hasard.randint(1, 30)), monde.gestionnaire
        )


def lot_au_hasard(
    monde: Monde, hasard: random.Random, code: str, modele: Any, parametres: dict[str, Any], par: Any = None
) -> Lot:
    """Return a lot of half of the records of this level."""
    if code == "programmer":
        parametres = {**parametres, "jour": str(aujourd_hui() + dt.timedelta(hasard.randint(1, 20)))}
    cles = list(modele.objects.values_list("pk", flat=True))
    choisies = modele.objects.filter(pk__in=hasard.sample(cles, (len(cles) + 1) // 2))
    return nouveau_lot(monde, code, choisies.order_by("pk"), par, **parametres)


def repetee(lot: Lot) -> dict[int, str]:
    """Return the sentences of the rehearsal, by key."""
    return {
        tentative.cle: " ".join(refus.phrase for refus in tentative.refus)
        for _, ensemble in ensembles(lot)
        for tentative in ensemble.tentatives
    }


@pytest.mark.exigence("D-40")
@pytest.mark.parametrize("graine", range(quantite(8, 2)))
@pytest.mark.parametrize(("code", "modele", "parametres"), CAS)
def test_un_changement_entre_temps_ne_change_que_sa_ligne(
    monde: Monde, code: str, modele: Any, parametres: dict[str, Any], graine: int
) -> None:
    hasard = random.Random(f"{code} {modele.__name__} {graine}")
    peupler(monde, hasard)
    prevoir(monde, hasard)
    lot = lot_au_hasard(monde, hasard, code, modele, parametres)
    attendues = repetee(lot)
    touchee = hasard.choice(list(attendues))
    fiche = modele.objects.get(pk=touchee)
    try:
        if fiche.statut == "archivee":
            executer(fiche, Operation.DESARCHIVER, par=monde.gestionnaire)
        elif modele is Session:
            valeurs = {"modalites_particulieres": f"Entre-temps {graine}"}
            executer(fiche, Operation.MODIFIER, par=monde.gestionnaire, valeurs=valeurs)
        else:
            executer(fiche, Operation.ARCHIVER, par=monde.gestionnaire)
    except OperationRefusee:
        executer(fiche, Operation.ARCHIVER, par=monde.gestionnaire)
    faire(lot)
    obtenues = {cle: phrase for cle, (_, phrase) in issues(lot).items()}
    assert obtenues.pop(touchee) == f"{modele.GENRE} a été modifiée depuis votre choix."
    assert obtenues == {cle: phrase for cle, phrase in attendues.items() if cle != touchee}


@pytest.mark.exigence("D-40")
@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize(("code", "modele", "parametres"), CAS)
def test_avec_moins_de_droits_la_repetition_et_l_execution_refusent_pareil(
    monde: Monde, code: str, modele: Any, parametres: dict[str, Any], role: str
) -> None:
    hasard = random.Random(f"{code} {role}")
    peupler(monde, hasard, 12)
    lot = lot_au_hasard(monde, hasard, code, modele, parametres, monde.personne("autre", role))
    avant = photo()
    try:
        attendues = repetee(lot)
    except PermissionDenied as interdit:
        faire(lot)
        assert set(issues(lot).values()) == {("refusee", str(interdit))}
        assert photo() == avant
    else:
        faire(lot)
        assert {cle: phrase for cle, (_, phrase) in issues(lot).items()} == attendues


@pytest.mark.exigence("D-48")
@pytest.mark.parametrize(("code", "modele", "parametres"), [*CAS, *AUSSI])
def test_annuler_rend_les_tables_comme_elles_etaient(
    monde: Monde,
    code: str,
    modele: Any,
    parametres: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    """Compare every row of every table of the database as text, before a lot and after its undoing.

    Left out are `version` and `modifie_le`: they say that the row was written, which is true twice; a page
    opened in between, the next run and the caches must notice it. So are the tables that only grow: the
    history, the lots, the movements of the public side.
    """
    hasard = random.Random(f"{code} {modele.__name__}")
    peupler(monde, hasard)
    multiplier(quantite(1_000, 120))
    prevoir(monde, hasard)
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    if code == "desarchiver":
        executer(modele.objects.non_archivees().order_by("pk")[0], Operation.ARCHIVER, par=monde.gestionnaire)
    monkeypatch.setattr(execution, "TAILLE", quantite(300, 50))
    choisies = modele.objects.order_by("pk")
    if (code, modele) in {("supprimer", Session), ("dupliquer", Session)}:
        # Nothing comes back below an archived record (S-40), and nothing is copied there.
        choisies = choisies.exclude(action__statut="archivee").exclude(action__offre__statut="archivee")
    if code == "programmer":
        parametres = {**parametres, "jour": str(aujourd_hui() + dt.timedelta(9))}
    if code == "dupliquer":
        parametres = {"actions": [monde.nouvelle_action("Copies").pk]}
    avant = tables()
    lot = faire(nouveau_lot(monde, code, choisies, **parametres))
    faites = lot.comptes()[Issue.FAITE]
    assert faites and tables() != avant and avant["publication_fichepublique"]
    retour = annuler(lot, par=monde.gestionnaire)
    executer_lot(retour.pk)
    assert retour.comptes() == {Issue.FAITE: faites, Issue.A_FAIRE: 0, Issue.INCHANGEE: 0, Issue.REFUSEE: 0}
    apres = tables()
    assert {nom: (avant[nom], apres[nom]) for nom in avant if avant[nom] != apres[nom]} == {}


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


def multiplier(nombre: int) -> None:
    """Copy the sessions until there are that many."""
    modeles = list(Session.objects.order_by("pk").values())
    for rang, ligne in enumerate(modeles):
        del ligne["id"], ligne["cle_de_creation"]
        modeles[rang] = ligne
    Session.objects.bulk_create(
        Session(**{**modeles[n % len(modeles)], "identifiant": f"c{n}", "identifiant_normalise": f"c{n}"})
        for n in range(nombre - len(modeles))
    )


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


def test_ce_que_dit_une_repetition_ne_suit_pas_ses_ensembles(
    monde: Monde, monkeypatch: pytest.MonkeyPatch
) -> None:
    peupler(monde, random.Random(2))
    lot = nouveau_lot(monde, "ouvrir", Session.objects.order_by("pk"))
    entiere = raconter(lot)
    monkeypatch.setattr("lots.repetition.LUES", 3)
    par_trois = raconter(lot)
    assert (par_trois.pretes, par_trois.deja) == (entiere.pretes, entiere.deja)
    assert [len(groupe.lignes) for groupe in par_trois.groupes] == [len(g.lignes) for g in entiere.groupes]
