"""Each session is at one step, the one that its record says, and is held back by one reason."""

import datetime as dt
from typing import Any

import pytest

from catalogue.cycle_de_vie import executer
from edof.horloge import aujourd_hui, demain
from organismes.droits import Operation
from organismes.models import Qualiopi
from publication import etats
from publication.etapes import Etape, a_l_etape, etape, motif, par_etape, rang, retenues_par
from publication.passages import publier
from publication.visibilite import a_remplir, retenue_par
from sessions_app.models import Session
from tests.conftest import Monde
from tests.decomptes import etape_de

LIBRE = {"pas_de_dates": True, "date_debut": None, "date_fin": None}


@pytest.fixture
def toutes(monde, settings) -> Monde:
    """A session at each step, the day after a publication."""
    libre = monde.nouvelle_action("LIBRE", "permanentes")
    monde.session("visible", ouverte=True)
    monde.session("commence", ouverte=True, date_debut=demain(), date_fin=demain() + dt.timedelta(3))
    monde.session("disparait", ouverte=True)
    monde.session("fermee", ouverte=True)
    monde.session("fermee-commencee", ouverte=True, date_debut=demain())
    monde.session("pas-prete", action=libre, **LIBRE)
    monde.session("prete-tard", date_debut=demain())
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    for nom in ("fermee", "fermee-commencee"):
        executer(Session.objects.get(identifiant=nom), Operation.FERMER, par=monde.gestionnaire)
    executer(monde.session("archivee"), Operation.ARCHIVER, par=monde.gestionnaire)
    monde.session("prete")
    monde.session("demain", ouverte=True)
    monde.session("commencee-jamais-vue", ouverte=True)
    monde.session("a-reparer", ouverte=True)
    brouillon = Session(organisme=monde.organisme, action=monde.action)
    valeurs = {"identifiant": "brouillon"}
    executer(brouillon, Operation.MODIFIER, par=monde.gestionnaire, valeurs=valeurs)
    executer(
        libre,
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"modalites_entrees_sorties": "dates_fixes"},
    )
    for nom, champs in {
        "disparait": {"date_fin": None},
        "a-reparer": {"date_fin": None},
        "commencee-jamais-vue": {"date_debut": aujourd_hui()},
    }.items():
        Session.objects.filter(identifiant=nom).update(**champs)
    return monde


ATTENDUES = {
    "visible": Etape.VISIBLE, "commence": Etape.VISIBLE, "disparait": Etape.DISPARAIT,
    "fermee": Etape.FERMEE, "fermee-commencee": Etape.COMMENCEE, "pas-prete": Etape.PAS_PRETE,
    "prete-tard": Etape.COMMENCEE, "archivee": Etape.ARCHIVEE, "prete": Etape.PRETE, "demain": Etape.DEMAIN,
    "commencee-jamais-vue": Etape.COMMENCEE, "a-reparer": Etape.A_REPARER, "brouillon": Etape.BROUILLON,
}  # fmt: skip


def test_chaque_session_est_a_une_etape(toutes):
    lues = dict(Session.objects.annotate(etape=etape()).values_list("identifiant", "etape"))
    assert lues == ATTENDUES
    assert par_etape(Session.objects.all()) == {
        nom.value: [*ATTENDUES.values()].count(nom) for nom in set(ATTENDUES.values())
    }


def test_les_deux_lectures_disent_la_meme_etape(toutes):
    sessions: Any = etats.avec_etat(Session.objects.select_related("action__offre"))
    for session in sessions.annotate(etape=etape()):
        assert session.etape == etape_de(session), session.identifiant


@pytest.mark.parametrize("statut", ["brouillon", "archivee"])
def test_une_session_n_est_prete_que_sous_des_parents_prets(monde, statut):
    monde.session("prete")
    type(monde.action).objects.update(statut=statut)
    session: Any = (
        etats.avec_etat(Session.objects.select_related("action__offre")).annotate(etape=etape()).get()
    )
    assert session.etape == etape_de(session) == Etape.PAS_PRETE


@pytest.mark.parametrize("nom", Etape)
def test_une_etape_se_filtre(toutes, nom):
    lues = a_l_etape(Session.objects.all(), nom).values_list("identifiant", flat=True)
    assert set(lues) == {session for session, attendue in ATTENDUES.items() if attendue == nom}


def test_les_etapes_se_trient_dans_leur_ordre(toutes):
    lues = Session.objects.alias(etape=etape()).annotate(rang=rang()).values_list("identifiant", "rang")
    assert {nom: [*Etape].index(attendue) for nom, attendue in ATTENDUES.items()} == dict(lues)


def test_le_motif_d_une_session_ouverte_est_celui_de_la_publication(toutes):
    Qualiopi.objects.update(au=aujourd_hui())
    lues = Session.objects.filter(ouverte=True).annotate(motif=motif(), retenue=retenue_par(demain()))
    assert {session.motif for session in lues} == {"qualiopi"}
    assert all(session.motif == session.retenue for session in lues)


def test_le_motif_d_une_session_qui_n_est_pas_ouverte_est_ce_qui_la_retiendrait(toutes):
    lues = dict(Session.objects.annotate(motif=motif()).values_list("identifiant", "motif"))
    assert lues["visible"] is lues["demain"] is None
    assert lues["pas-prete"] == lues["brouillon"] == lues["a-reparer"] == "dates-fixes-renseignees"
    assert lues["prete"] == "session-active" and lues["fermee"] == "session-ouverte"
    assert lues["fermee-commencee"] == "debut-a-venir"


def test_les_motifs_se_filtrent_et_s_ajoutent(toutes):
    lues = dict(Session.objects.annotate(motif=motif()).values_list("identifiant", "motif"))
    for condition in a_remplir(demain()):
        trouvees = retenues_par(Session.objects.all(), condition.slug).values_list("identifiant", flat=True)
        assert set(trouvees) == {nom for nom, slug in lues.items() if slug == condition.slug}
