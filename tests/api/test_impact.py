"""Tests of what a simulated change announces: the losses that the web pages say before they save."""

import pytest

from catalogue.cycle_de_vie import executer
from edof.horloge import aujourd_hui, demain
from organismes.droits import Operation
from publication.passages import publier
from sessions_app.models import Session
from tests.api.client import Programme, jeton_de
from tests.conftest import Monde

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(monde: Monde) -> Programme:
    return Programme(jeton_de(monde)[1])


def test_une_action_simulee_permanente_dit_ce_qui_disparaitra(api, monde, settings):
    session, autre = monde.session(ouverte=True), monde.session("autre")
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    adresse, corps = f"actions/{monde.action.pk}/", {"modalites_entrees_sorties": "permanentes"}
    impact = api("PATCH", f"{adresse}?dry_run=true", corps).lu["impact"]
    assert impact["visibles"] == [session.pk] and impact["attendues"] == impact["actions"] == []
    assert impact["incoherentes"] == [session.pk, autre.pk]
    assert impact["matin"] == demain().isoformat()
    assert impact["phrases"][0].startswith("2\N{NO-BREAK SPACE}sessions deviennent incohérentes, dont 1")
    monde.action.refresh_from_db()
    assert monde.action.modalites_entrees_sorties == "dates_fixes"
    # PUT by the identifiers says the same, and what loses nothing says so.
    par_nom = f"actions/par-identifiant/?offre=OFFRE-1&identifiant={monde.action.identifiant}&dry_run=true"
    entiere = {**api("GET", adresse).lu, **corps}
    lues = {
        "offre",
        "offre_identifiant",
        "total_ht",
        "total_ttc",
        "cout_horaire_ht",
        "id",
        "statut",
        "version",
    }
    lues |= {"visible", "cree_le", "modifie_le", "a_completer", "avertissements", "impact", "identifiant"}
    corps_entier = {nom: valeur for nom, valeur in entiere.items() if nom not in lues}
    assert api("PUT", par_nom, corps_entier).lu["impact"] == impact
    assert api("PATCH", f"{adresse}?dry_run=true", {"transport": "Bus 131"}).lu["impact"] is None
    # Done for good, the change is kept: the simulation has said it.
    assert api("PATCH", adresse, corps).lu["impact"] is None
    assert api("GET", adresse).lu["impact"] is None


def test_une_modification_refusee_l_est_aussi_quand_elle_est_simulee(api, monde):
    executer(monde.action, Operation.ARCHIVER, par=monde.gestionnaire)
    reponse = api("PATCH", f"actions/{monde.action.pk}/?dry_run=true", {"transport": "Bus"})
    assert reponse.status_code == 409
    assert api("PATCH", f"offres/{monde.offre.pk}/?dry_run=true", {"intitule": 3}).status_code == 422


def test_un_contact_ou_une_adresse_simules_disent_qui_les_montre(api, monde, settings):
    monde.session(ouverte=True)
    monde.session("cachee")
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    for adresse, corps in (
        (f"contacts/{monde.contact.pk}/", {"fonction": "Accueil"}),
        (f"adresses/{monde.lieu.pk}/", {"ville": "Rennes"}),
    ):
        assert api("PATCH", f"{adresse}?dry_run=true", corps).lu["sessions_visibles"] == 1
        assert api("PATCH", adresse, corps).lu["sessions_visibles"] is None
    assert Session.objects.filter(ouverte=True).count() == 1
