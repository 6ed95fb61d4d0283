"""Properties of the operations on many, for random sets: nothing else moves, all comes back (D-40, D-48)."""

import datetime as dt
import random
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from catalogue.cycle_de_vie import OperationRefusee, executer
from catalogue.models import Action, Offre
from edof.horloge import aujourd_hui, demain
from lots import execution
from lots.annulation import annuler
from lots.execution import executer_lot
from lots.models import Issue, Lot
from lots.repetition import ensembles, raconter
from organismes.droits import Operation, Role
from publication.passages import publier
from sessions_app.models import Session
from sessions_app.programmation import programmer
from tests.conftest import Monde, quantite
from tests.lots.monde import faire, issues, nouveau_lot, photo, secouer, tables

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
    peuple: Monde, code: str, modele: Any, parametres: dict[str, Any], graine: int
) -> None:
    hasard = random.Random(f"{code} {modele.__name__} {graine}")
    secouer(peuple, hasard)
    prevoir(peuple, hasard)
    lot = lot_au_hasard(peuple, hasard, code, modele, parametres)
    attendues = repetee(lot)
    touchee = hasard.choice(list(attendues))
    fiche = modele.objects.get(pk=touchee)
    try:
        if fiche.statut == "archivee":
            executer(fiche, Operation.DESARCHIVER, par=peuple.gestionnaire)
        elif modele is Session:
            valeurs = {"modalites_particulieres": f"Entre-temps {graine}"}
            executer(fiche, Operation.MODIFIER, par=peuple.gestionnaire, valeurs=valeurs)
        else:
            executer(fiche, Operation.ARCHIVER, par=peuple.gestionnaire)
    except OperationRefusee:
        executer(fiche, Operation.ARCHIVER, par=peuple.gestionnaire)
    faire(lot)
    obtenues = {cle: phrase for cle, (_, phrase) in issues(lot).items()}
    assert obtenues.pop(touchee) == f"{modele.GENRE} a été modifiée depuis votre choix."
    assert obtenues == {cle: phrase for cle, phrase in attendues.items() if cle != touchee}


@pytest.mark.exigence("D-40")
@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize(("code", "modele", "parametres"), CAS)
def test_avec_moins_de_droits_la_repetition_et_l_execution_refusent_pareil(
    peuple: Monde, code: str, modele: Any, parametres: dict[str, Any], role: str
) -> None:
    hasard = random.Random(f"{code} {role}")
    secouer(peuple, hasard)
    lot = lot_au_hasard(peuple, hasard, code, modele, parametres, peuple.personne("autre", role))
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
    peuple: Monde,
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
    secouer(peuple, hasard)
    multiplier(quantite(1_000, 120))
    prevoir(peuple, hasard)
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    if code == "desarchiver":
        executer(
            modele.objects.non_archivees().order_by("pk")[0], Operation.ARCHIVER, par=peuple.gestionnaire
        )
    monkeypatch.setattr(execution, "TAILLE", quantite(300, 50))
    choisies = modele.objects.order_by("pk")
    if (code, modele) in {("archiver", Session), ("supprimer", Session), ("dupliquer", Session)}:
        # Nothing comes back below an archived record (S-40), and nothing is copied there.
        choisies = choisies.exclude(action__statut="archivee").exclude(action__offre__statut="archivee")
    if code == "programmer":
        parametres = {**parametres, "jour": str(aujourd_hui() + dt.timedelta(9))}
    if code == "dupliquer":
        parametres = {"actions": [peuple.nouvelle_action("Copies").pk]}
    avant = tables()
    lot = faire(nouveau_lot(peuple, code, choisies, **parametres))
    faites = lot.comptes()[Issue.FAITE]
    assert faites and tables() != avant and avant["publication_fichepublique"]
    retour = annuler(lot, par=peuple.gestionnaire)
    executer_lot(retour.pk)
    assert retour.comptes() == {Issue.FAITE: faites, Issue.A_FAIRE: 0, Issue.INCHANGEE: 0, Issue.REFUSEE: 0}
    apres = tables()
    assert {nom: (avant[nom], apres[nom]) for nom in avant if avant[nom] != apres[nom]} == {}


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


def test_ce_que_dit_une_repetition_ne_suit_pas_ses_ensembles(
    peuple: Monde, monkeypatch: pytest.MonkeyPatch
) -> None:
    lot = nouveau_lot(peuple, "ouvrir", Session.objects.order_by("pk"))
    entiere = raconter(lot)
    monkeypatch.setattr("lots.repetition.LUES", 3)
    par_trois = raconter(lot)
    assert (par_trois.pretes, par_trois.deja) == (entiere.pretes, entiere.deja)
    assert [len(groupe.lignes) for groupe in par_trois.groupes] == [len(g.lignes) for g in entiere.groupes]
