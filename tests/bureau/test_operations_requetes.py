"""Tests of the number of queries of an operation requested by a form, and of the author it is done for."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from catalogue.models.corbeille import Suppression
from edof.horloge import aujourd_hui
from organismes.droits import Operation
from organismes.models import Membre
from sessions_app.programmation import programmer
from tests.conftest import Monde
from tests.outils import source

pytestmark = pytest.mark.django_db


def requetes_de(client, fiche, operation):
    """Return the statements of the operation, without those of the transaction that surrounds the test."""
    with CaptureQueriesContext(connection) as requetes:
        reponse = client.post(
            f"/catalogue/{fiche.nom_de_niveau}s/{fiche.pk}/{operation}/", {"suite": "/catalogue/"}
        )
    assert reponse.status_code == 302
    lues = [requete["sql"] for requete in requetes]
    return [sql for sql in lues if not re.match("SAVEPOINT|RELEASE", sql)]


def test_une_operation_sur_une_session_en_quatre_requetes(monde, connecter):
    """Who is signed in, the lock that reads the session, its save, the message.

    An opening also reads what the public will see.
    """
    session, client = monde.session(ouverte=True), connecter(monde.gestionnaire)
    client.get("/aide/navigateurs/")
    for operation in ("fermer", "ouvrir", "archiver", "desarchiver"):
        lues = requetes_de(client, session, operation)
        assert len(lues) == 4 + (operation == "ouvrir"), lues
        (verrou,) = [sql for sql in lues if "FOR NO KEY UPDATE" in sql]
        assert verrou.endswith(
            'FOR NO KEY UPDATE OF "catalogue_offre", "catalogue_action", "sessions_app_session"'
        )
        (ecriture,) = [sql for sql in lues if 'UPDATE "sessions_app_session" SET' in sql]
        # Only what changes is written.
        assert '"statut" = ' in ecriture or operation in {"fermer", "ouvrir"}
        assert "modalites_particulieres" not in ecriture


def test_ce_qui_etait_prevu_ne_coute_que_la_ou_il_y_en_a(monde, connecter):
    """The plans are asked for in the statement that saves: reading and cancelling them is two more."""
    session, client = monde.session(ouverte=True), connecter(monde.gestionnaire)
    client.get("/aide/navigateurs/")
    programmer([session], Operation.FERMER, aujourd_hui() + dt.timedelta(5), monde.gestionnaire)
    lues = requetes_de(client, session, "fermer")
    assert len(lues) == 6, lues
    assert session.programmations.get().etat == "annulee"


def test_une_fiche_supprimee_n_est_pas_une_fiche_inconnue(monde, connecter):
    """Who comes after a deletion is told so, in the organisme that had the record only."""
    session = monde.session()
    executer(session, Operation.SUPPRIMER, par=monde.gestionnaire)
    adresse = f"/catalogue/sessions/{session.pk}/fermer/"
    reponse = connecter(monde.gestionnaire).post(adresse, follow=True)
    assert "elle a été supprimée entre-temps" in source(reponse)
    autre = Monde("Autre", "52345678900017")
    assert connecter(autre.gestionnaire).post(adresse).status_code == 404
    assert connecter(monde.gestionnaire).post("/catalogue/sessions/999999/fermer/").status_code == 404


@pytest.mark.parametrize("niveau", ["offre", "action"])
@pytest.mark.parametrize("operation", ["archiver", "desarchiver", "supprimer"])
def test_le_nombre_de_requetes_ne_suit_pas_ce_que_la_fiche_contient(monde, connecter, niveau, operation):
    client, nombres = connecter(monde.gestionnaire), []
    client.get("/aide/navigateurs/")
    for contenu in (1, 8):
        monde.offre = monde.nouvelle_offre(f"O{contenu}")
        action = monde.nouvelle_action(f"A{contenu}")
        for rang in range(contenu):
            monde.session(f"s{rang}", action=action)
        fiche = {"offre": monde.offre, "action": action}[niveau]
        if operation == "desarchiver":
            executer(fiche, Operation.ARCHIVER, par=monde.gestionnaire)
        nombres.append(len(requetes_de(client, fiche, operation)))
    assert nombres[0] == nombres[1] <= (18 if operation == "supprimer" else 8)


def test_l_ouverture_de_la_premiere_session_enregistre_aussi_ses_parents(monde, connecter):
    client = connecter(monde.gestionnaire)
    client.get("/aide/navigateurs/")
    assert len(requetes_de(client, monde.session(), "ouvrir")) == 7


def test_l_auteur_est_la_personne_et_son_role_celui_de_l_organisme(monde, connecter):
    session = monde.session()
    connecter(monde.gestionnaire).post(f"/catalogue/sessions/{session.pk}/supprimer/")
    assert Suppression.objects.get().supprimee_par == monde.gestionnaire
    membre = Membre.objects.get(utilisateur=monde.gestionnaire)
    assert membre.role_dans(monde.organisme.pk) == membre.role and membre.role_dans(0) is None
