"""The plannings that do not name their sessions: most of those that people keep."""

import pytest

from echanges.decisions import Decision
from sessions_app.models import Session
from tests.echanges.monde import MondeDesFichiers, phrases

pytestmark = pytest.mark.django_db
PLANNING = """Action;Du;Au
CARISTE-CRETEIL;1/3/2027;5/3/2027
CARISTE-CRETEIL;5/4/2027;9/4/2027
88A-79-78490-XX;1/3/2027;1/7/2027
CARISTE-CRETEIL;5/4/2027;16/4/2027
CARISTE-CRETEIL;;
"""


def test_une_session_sans_identifiant_prend_celui_de_son_action_et_de_son_debut():
    monde = MondeDesFichiers()
    plan = monde.plan(PLANNING)
    *nommees, sans_date = plan.lignes
    assert [ligne.chemin[-1] for ligne in nommees] == [
        "CARISTE-CRETEIL-20270301", "CARISTE-CRETEIL-20270405", "88A-79-78490-XX-20270301",
        "CARISTE-CRETEIL-20270405 2",
    ]  # fmt: skip
    assert {ligne.decision for ligne in nommees} == {Decision.CREATION}
    assert "Il manque l'identifiant de cette session." in phrases(sans_date)
    (remarque,) = (dite for dite in plan.remarques if "identifiant" in dite)
    assert "« CARISTE-CRETEIL-20270301 »" in remarque


def test_le_meme_planning_retrouve_ses_sessions():
    monde = MondeDesFichiers()
    for nom, debut, fin in (
        ("CARISTE-CRETEIL-20270301", "2027-03-01", "2027-03-05"),
        ("CARISTE-CRETEIL-20270405", "2027-04-05", "2027-04-09"),
    ):
        action = monde.action_de_creteil
        Session.objects.create(
            organisme=monde.organisme, action=action, identifiant=nom, date_debut=debut, date_fin=fin
        )
    decisions = [ligne.decision for ligne in monde.plan(PLANNING.replace("9/4/2027", "10/4/2027")).lignes]
    assert decisions[:2] == [Decision.INCHANGEE, Decision.MODIFICATION]


def test_une_cellule_oubliee_reste_une_erreur():
    """A file that names its sessions has forgotten one."""
    texte = "Action;Session;Du;Au\nCARISTE-CRETEIL;S1;1/3/2027;5/3/2027\nCARISTE-CRETEIL;;5/4/2027;9/4/2027\n"
    nommee, oubliee = MondeDesFichiers().plan(texte).lignes
    assert nommee.decision == Decision.CREATION and oubliee.decision == Decision.ERREUR


@pytest.mark.parametrize("titre", ["Offre;", "", "Action;"])
def test_ce_qui_manque_d_autre_se_dit_seul(titre):
    """What is to be mended is the action: the identifiers follow."""
    valeur = "INCONNUE;" if titre else ""
    (ligne,) = MondeDesFichiers().plan(f"{titre}Du;Au\n{valeur}1/3/2027;5/3/2027\n").lignes
    assert ligne.decision == Decision.ERREUR and len(ligne.anomalies) == 1
    assert ligne.anomalies[0].champ == ("offre" if titre == "Offre;" else "action")


def test_un_long_identifiant_d_action_est_coupe_et_l_action_peut_etre_celle_de_la_page():
    monde = MondeDesFichiers()
    monde.offre = monde.cariste
    longue = monde.nouvelle_action("HABILITATION-ELECTRIQUE-B0-H0")
    (ligne,) = monde.plan("Du;Au\n1/3/2027;5/3/2027\n", action=longue).lignes
    assert ligne.chemin[-1] == "HABILITATION-ELECTRIQ-20270301" and ligne.decision == Decision.CREATION
