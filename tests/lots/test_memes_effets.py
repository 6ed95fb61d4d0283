"""A lot says and does the same as its rehearsal, and as the operations one by one, for random sets (D-40)."""

import random

import pytest

from catalogue.models import Action, Offre
from lots.models import Issue
from lots.repetition import ensembles
from sessions_app.models import Session
from tests.conftest import Monde, quantite
from tests.lots.monde import a_l_unite, faire, faire_annuler, issues, nouveau_lot, photo, secouer

CAS = [
    ("ouvrir", Session, {}),
    ("fermer", Session, {}),
    ("archiver", Session, {}),
    ("desarchiver", Session, {}),
    ("valider", Session, {}),
    ("supprimer", Session, {}),
    ("decaler", Session, {"nombre": -30, "unite": "jours", "ouvre": True}),
    ("changer", Session, {"champs": {"garantie": False, "modalites_particulieres": "Le soir."}}),
    ("archiver", Action, {}),
    ("supprimer", Action, {}),
    ("desarchiver", Action, {}),
    ("prix", Action, {"regle": "pourcent", "montant": "3", "base": "ht", "taux": ["20"], "arrondi": "euro"}),
    ("archiver", Offre, {}),
    ("supprimer", Offre, {}),
]


@pytest.mark.parametrize("graine", range(quantite(6, 2)))
@pytest.mark.parametrize(("code", "modele", "parametres"), CAS)
def test_la_repetition_l_execution_et_les_operations_une_a_une_disent_la_meme_chose(
    peuple: Monde, code: str, modele: type, parametres: dict, graine: int
) -> None:
    hasard = random.Random(f"{code} {modele.__name__} {graine}")
    secouer(peuple, hasard)
    avant = photo()
    cles = list(modele.objects.order_by("pk").values_list("pk", flat=True))
    choisies = modele.objects.filter(pk__in=hasard.sample(cles, (len(cles) + 1) // 2)).order_by("pk")
    lot = nouveau_lot(peuple, code, choisies, **parametres)
    repete = {
        tentative.cle: " ".join(r.phrase for r in tentative.refus)
        for _, ensemble in ensembles(lot)
        for tentative in ensemble.tentatives
    }
    assert photo() == avant, "a rehearsal writes nothing"
    refus, tables = a_l_unite(lot, peuple.gestionnaire)
    assert repete == refus
    faire(lot)
    faites = issues(lot)
    assert {cle: phrase for cle, (_, phrase) in faites.items()} == refus
    obtenues = photo()
    _sans_instants(tables), _sans_instants(obtenues)
    assert obtenues == tables

    faire_annuler(lot, peuple)
    retour = issues(lot.annulation)
    assert {issue for issue, _ in retour.values()} <= {Issue.FAITE, Issue.REFUSEE}
    # What is below an archived record does not come back there (S-40): all the rest does.
    laissees = {(lot.niveau, cle) for cle, (issue, _) in retour.items() if issue == Issue.REFUSEE}
    laissees |= _dessous(avant, laissees)
    assert _sauf(photo(), laissees) == _sauf(avant, laissees) or code == "fermer"


def _dessous(tables: dict, laissees: set) -> set:
    """Return what does not come back either: below a record that was left, or that was archived before."""
    dessous: set = set()
    for niveau, parent in (("action", "offre"), ("session", "action")):
        for (de, cle), ligne in tables.items():
            if de == niveau:
                au_dessus = (parent, ligne[f"{parent}_id"])
                archivee = tables[au_dessus]["statut"] == "archivee" != ligne["statut"]
                if archivee or au_dessus in laissees | dessous:
                    dessous.add((de, cle))
    return dessous


def _sauf(tables: dict, laissees: set) -> dict:
    return {cle: ligne for cle, ligne in tables.items() if cle not in laissees}


def _sans_instants(tables: dict) -> None:
    """Keep of the instants whether they are set: two executions do not have the same."""
    for ligne in tables.values():
        for nom in ("ouverte_depuis", "fermee_le"):
            if nom in ligne:
                ligne[nom] = ligne[nom] is not None
