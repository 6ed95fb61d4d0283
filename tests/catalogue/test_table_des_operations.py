"""Tests of every cell of D-10: status × operation × level × role, each tried by POST.

A refusal changes nothing and gives its reason.
"""

import html
import re

import pytest
from django.contrib.messages import get_messages
from django.db import transaction
from django.test import Client

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre
from catalogue.operations import USAGES
from organismes.droits import Operation, Role
from sessions_app.models import Session
from tests.formulaires import champs_de

MODELES = {"offre": Offre, "action": Action, "session": Session}
ETATS = ("brouillon", "validee", "ouverte", "fermee", "archivee")
OUI, NON = True, False
# The table of D-10, in the order of ETATS. For offres and actions, « ouverte » and « fermée » are the same
# column.
TABLE = {
    "consulter": (OUI, OUI, OUI, OUI, OUI),
    "dupliquer": (OUI, OUI, OUI, OUI, OUI),
    "enregistrer": (OUI, OUI, OUI, OUI, NON),
    "valider": (OUI, OUI, OUI, OUI, NON),
    "ouvrir": (NON, OUI, NON, OUI, NON),
    "fermer": (NON, NON, OUI, NON, NON),
    "archiver": (OUI, OUI, OUI, OUI, NON),
    "desarchiver": (NON, NON, NON, NON, OUI),
    "supprimer": (OUI, OUI, NON, NON, OUI),
}
DROITS = {
    "gestionnaire": set(TABLE),
    "redacteur": {"consulter", "dupliquer", "enregistrer", "valider"},
    "lecteur": {"consulter"},
}
ARRIVEE = {"ouvrir": "active", "fermer": "active", "archiver": "archivee", "desarchiver": "brouillon"}
PHRASES = {
    "ouvrir": "validez-la|déjà|impossible", "fermer": "déjà fermée|impossible", "archiver": "désarchivez-la",
    "desarchiver": "impossible|Désarchiver", "supprimer": "archivez-la avant",
}  # fmt: skip


def test_la_table_dit_chaque_operation():
    """Check that an operation added to the program has its row here: without it, nothing would be tried."""
    # « Modifier » saves as « Enregistrer les modifications ».
    noms = {"enregistrer" if o == Operation.MODIFIER else o.value for o in USAGES}
    assert noms == set(TABLE)


def preparer(monde, niveau, etat):
    """Return a record of this level in this state, made through `executer`."""
    session = monde.session("s1", ouverte=etat in {"ouverte", "fermee"})
    fiche = {"offre": monde.offre, "action": monde.action, "session": session}[niveau]
    suites = {
        "brouillon": (Operation.ARCHIVER, Operation.DESARCHIVER),
        "fermee": (Operation.FERMER,),
        "archivee": (Operation.ARCHIVER,),
    }
    for operation in suites.get(etat, ()):
        fiche = executer(type(fiche).objects.get(pk=fiche.pk), operation, par=monde.gestionnaire)
    return type(fiche).objects.get(pk=fiche.pk)


def adresse(fiche, niveau, operation):
    if operation == "dupliquer":
        parent = {
            "offre": "/catalogue/offres",
            "action": f"/catalogue/offres/{getattr(fiche, 'offre_id', 0)}/actions",
        }.get(niveau, f"/catalogue/actions/{getattr(fiche, 'action_id', 0)}/sessions")
        return f"{parent}/ajouter/?copie_de={fiche.pk}"
    code = "modifier" if operation in {"enregistrer", "valider"} else operation
    return f"/catalogue/{niveau}s/{fiche.pk}/" + ("" if operation == "consulter" else f"{code}/")


@pytest.mark.exigence("D-10", "D-12", "D-14", "S-113", "S-115", "S-42", "S-43")
@pytest.mark.parametrize("etat", ETATS)
@pytest.mark.parametrize("niveau", MODELES)
def test_chaque_cellule(monde, niveau, etat):
    if niveau != "session" and etat == "fermee":
        return
    fiche = preparer(monde, niveau, etat)
    gens = {"gestionnaire": monde.gestionnaire}
    gens |= {role: monde.personne(role, getattr(Role, role.upper())) for role in ("redacteur", "lecteur")}
    clients = {role: Client() for role in gens}
    for role, client in clients.items():
        client.force_login(gens[role], backend="django.contrib.auth.backends.ModelBackend")
    page = clients["gestionnaire"].get(adresse(fiche, niveau, "valider"))
    champs = champs_de(page.content.decode()) if page.status_code == 200 else {}
    for operation in TABLE:
        if niveau != "session" and operation in {"ouvrir", "fermer"}:
            continue
        for role, client in clients.items():
            avec_retour = transaction.savepoint()
            cellule(client, fiche, niveau, etat, operation, role, champs)
            transaction.savepoint_rollback(avec_retour)


def cellule(client, fiche, niveau, etat, operation, role, champs):
    """Send one request, and check the response and the database.

    The request is a POST, or a GET for the operations that only read.
    """
    modele, lieu = MODELES[niveau], (niveau, etat, operation, role)
    lignes = modele.pgh_event_model.objects.count()
    lit = operation in {"consulter", "dupliquer"}
    donnees = {**champs, "operation": operation} if operation in {"enregistrer", "valider"} else {}
    reponse = (
        client.get(adresse(fiche, niveau, operation))
        if lit
        else client.post(adresse(fiche, niveau, operation), donnees)
    )
    apres = modele.objects.filter(pk=fiche.pk).first()
    if operation not in DROITS[role]:
        assert reponse.status_code == 403, lieu
    elif lit:
        # Nothing can be added below an archived parent: copying a record then reports it.
        assert reponse.status_code == 200, lieu
    elif TABLE[operation][ETATS.index(etat)]:
        assert reponse.status_code == 302, lieu
        if operation == "supprimer":
            assert apres is None, lieu
        elif operation in {"enregistrer", "valider"}:
            assert apres.statut == (
                "validee" if (etat, operation) == ("brouillon", "valider") else fiche.statut
            ), lieu
        else:
            assert (apres.statut, getattr(apres, "ouverte", False)) == (
                ARRIVEE[operation],
                operation == "ouvrir",
            ), lieu
        return
    else:
        assert reponse.status_code in {302, 422}, lieu
        dit = " ".join(str(m) for m in get_messages(reponse.wsgi_request)) + html.unescape(
            reponse.content.decode()
        )
        assert re.search(PHRASES.get(operation, "désarchivez-la"), dit), lieu
    assert (apres.statut, apres.version, getattr(apres, "ouverte", None)) == (
        fiche.statut,
        fiche.version,
        getattr(fiche, "ouverte", None),
    ), lieu
    assert modele.pgh_event_model.objects.count() == lignes, lieu
