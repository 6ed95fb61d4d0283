"""Tests of the life cycle through its single entry point, `executer` (D-08 to D-17)."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection

from catalogue.cycle_de_vie import OperationRefusee, executer
from edof.horloge import aujourd_hui
from organismes.droits import Operation, Role
from sessions_app.models import Session
from tests.conftest import Monde


@pytest.mark.exigence("S-106", "D-11")
def test_ouvrir_rend_les_trois_niveaux_actifs(monde):
    session = monde.session(ouverte=True)
    session.refresh_from_db()
    assert (session.statut, session.action.statut, session.action.offre.statut) == ("active",) * 3


@pytest.mark.exigence("S-119", "D-12")
def test_fermer_ne_change_aucun_statut_et_l_on_peut_rouvrir(monde):
    session = executer(monde.session(ouverte=True), Operation.FERMER, par=monde.gestionnaire)
    assert (session.statut, session.action.statut, session.ouverte) == ("active", "active", False)
    assert executer(session, Operation.OUVRIR, par=monde.gestionnaire).ouverte


@pytest.mark.exigence("S-115", "S-114")
def test_un_brouillon_ne_s_ouvre_pas(monde):
    session = Session(action=monde.action, organisme=monde.organisme)
    session = executer(session, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"identifiant": "b"})
    with pytest.raises(OperationRefusee, match="en brouillon : validez-la"):
        executer(session, Operation.OUVRIR, par=monde.gestionnaire)


@pytest.mark.exigence("S-123", "D-08")
@pytest.mark.parametrize(("ecart", "admise"), [(0, False), (1, True)])
def test_le_debut_est_au_plus_tot_le_lendemain(monde, ecart, admise):
    debut = aujourd_hui() + dt.timedelta(ecart)
    if admise:
        assert monde.session(date_debut=debut, ouverte=True).ouverte
    else:
        with pytest.raises(OperationRefusee, match="au plus tôt le lendemain"):
            monde.session(date_debut=debut)


@pytest.mark.exigence("S-124")
def test_la_fin_est_strictement_apres_le_debut(monde):
    jour = aujourd_hui() + dt.timedelta(10)
    with pytest.raises(OperationRefusee, match="postérieure"):
        monde.session(date_debut=jour, date_fin=jour)


@pytest.mark.exigence("S-75", "S-77", "D-09")
@pytest.mark.parametrize(
    ("entrees", "valeurs", "raison"),
    [
        ("permanentes", {"pas_de_dates": True}, "ne doit pas avoir de dates"),
        ("permanentes", {"date_debut": None, "date_fin": None}, "cochez"),
        ("dates_fixes", {"date_fin": None}, "date de fin"),
        ("dates_fixes", {"date_debut": None}, "date de début"),
        ("dates_fixes", {"pas_de_dates": True}, "décochez"),
    ],
)
def test_les_dates_suivent_la_modalite_de_l_action(monde, entrees, valeurs, raison):
    action = monde.nouvelle_action("A2", entrees)
    with pytest.raises(OperationRefusee, match=raison):
        monde.session(action=action, **valeurs)


@pytest.mark.exigence("S-40", "S-41", "S-43", "S-42", "D-10")
def test_archiver_desarchiver_supprimer(monde):
    session = monde.session(ouverte=True)
    with pytest.raises(OperationRefusee, match="archivez-la avant"):
        executer(session, Operation.SUPPRIMER, par=monde.gestionnaire)
    session = executer(session, Operation.ARCHIVER, par=monde.gestionnaire)
    assert (session.statut, session.ouverte) == ("archivee", False)
    with pytest.raises(OperationRefusee, match="désarchivez-la"):
        executer(session, Operation.MODIFIER, par=monde.gestionnaire, valeurs={})
    session = executer(session, Operation.DESARCHIVER, par=monde.gestionnaire)
    assert session.statut == "brouillon"
    executer(session, Operation.SUPPRIMER, par=monde.gestionnaire)
    assert not Session.objects.exists()


@pytest.mark.exigence("D-13")
def test_archiver_une_offre_emporte_ce_qu_elle_contient(monde):
    session = monde.session(ouverte=True)
    executer(session.action.offre, Operation.ARCHIVER, par=monde.gestionnaire)
    session.refresh_from_db()
    monde.action.refresh_from_db()
    assert (session.statut, session.ouverte, monde.action.statut) == ("archivee", False, "archivee")


@pytest.mark.exigence("D-15")
def test_enregistrer_une_validee_incomplete_la_fait_repasser_en_brouillon(monde):
    session = executer(
        monde.session(), Operation.MODIFIER, par=monde.gestionnaire, valeurs={"garantie": None}
    )
    assert session.statut == "brouillon"
    active = monde.session("s2", ouverte=True)
    with pytest.raises(OperationRefusee):
        executer(active, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"garantie": None})


@pytest.mark.exigence("D-04", "S-62", "S-63")
def test_identifiant_unique_par_action_casse_espaces_et_unicode_ignores(monde):
    monde.session("Été-1")
    for jumeau in ("été-1", " ÉTÉ-1 ", "E\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT}-1"):
        with pytest.raises(IntegrityError):
            monde.session(jumeau)
    assert monde.session("Été-1", action=monde.nouvelle_action("A2")).pk


@pytest.mark.parametrize("operation", [Operation.OUVRIR, Operation.ARCHIVER, Operation.SUPPRIMER])
def test_le_redacteur_saisit_mais_n_ouvre_ni_n_archive_ni_ne_supprime(monde, operation):
    with pytest.raises(PermissionDenied):
        executer(monde.session(), operation, par=monde.personne("redacteur", Role.REDACTEUR))


@pytest.mark.exigence("S-38")
def test_nul_ne_peut_ecrire_le_statut(monde):
    session = monde.session()
    with pytest.raises(AttributeError):
        session.statut = "active"


@pytest.mark.exigence("D-17")
@pytest.mark.django_db(transaction=True)
def test_deux_ouvertures_simultanees_font_une_transition_et_une_ligne_d_historique():
    monde = Monde()
    session = monde.session()
    resultats = en_parallele(
        lambda: executer(Session.objects.get(pk=session.pk), Operation.OUVRIR, par=monde.gestionnaire), 8
    )
    assert sum(r is None for r in resultats) == 1
    assert all("déjà ouverte" in str(r) for r in resultats if r is not None)
    assert Session.pgh_event_model.objects.filter(pgh_obj_id=session.pk, ouverte=True).count() == 1


@pytest.mark.exigence("D-03")
@pytest.mark.django_db(transaction=True)
def test_deux_enregistrements_simultanes_d_un_identifiant_font_une_session():
    monde = Monde()
    resultats = en_parallele(lambda: monde.session("meme"), 4)
    assert sum(r is None for r in resultats) == 1
    assert Session.objects.count() == 1


def en_parallele(faire, fois):
    """Run `faire` in that many threads at the same time; return the exception of each, or None."""
    barriere, resultats = threading.Barrier(fois), [None] * fois

    def courir(rang):
        try:
            barriere.wait(10)
            faire()
        except Exception as erreur:
            resultats[rang] = erreur
        finally:
            connection.close()

    fils = [threading.Thread(target=courir, args=[rang]) for rang in range(fois)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(30)
    return resultats
