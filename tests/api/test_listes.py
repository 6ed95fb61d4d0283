"""Tests of the lists of the API.

They cover the pages, in a total order, the filters, the changed and the deleted records, and the number of
queries, which is constant.
"""

import datetime as dt
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import Operation, executer
from catalogue.models import Offre
from edof.horloge import PARIS, a_l_instant, aujourd_hui, maintenant
from publication.passages import publier
from sessions_app.models import Session
from tests.api.client import Programme, jeton_de
from tests.carnet import nouveau
from tests.conftest import Monde


@pytest.fixture
def api(monde):
    return Programme(jeton_de(monde)[1])


def ids(api, adresse):
    return [ligne["id"] for ligne in api.tout(adresse)]


def test_des_pages_dans_l_ordre_des_cles(api, monde):
    cles = [monde.session(f"s{n}").pk for n in range(7)]
    premiere = api("GET", "sessions/?taille=3").lu
    assert [ligne["id"] for ligne in premiere["resultats"]] == cles[:3] and premiere["suivante"].endswith(
        f"taille=3&curseur={cles[2]}"
    )
    # A record created or deleted between two pages neither repeats nor hides another one.
    executer(Session.objects.get(pk=cles[1]), Operation.SUPPRIMER, par=monde.gestionnaire)
    autre = monde.session("nouvelle").pk
    assert ids(api, premiere["suivante"]) == [*cles[3:], autre]
    for faux in (
        "taille=0",
        "taille=201",
        "taille=a",
        "curseur=-1",
        "curseur=" + "9" * 30,
        "curseur=%00",
        "taille=1.5",
    ):
        assert api("GET", f"sessions/?{faux}").lu["raisons"][0]["champ"] == faux.partition("=")[0], faux


def test_les_filtres(api, monde):
    ouverte, validee = monde.session("ouverte", ouverte=True), monde.session("Validée")
    autre_action = monde.nouvelle_action("ACTION-2")
    ailleurs = monde.session("ailleurs", action=autre_action)
    demain = aujourd_hui() + dt.timedelta(1)
    with a_l_instant(dt.datetime.combine(demain, dt.time(5), tzinfo=PARIS)):
        publier(demain, par="test")
        assert ids(api, "sessions/?visible=true") == [ouverte.pk]
        assert ids(api, "sessions/?visible=false") == [validee.pk, ailleurs.pk]
        assert ids(api, "actions/?visible=true") == [monde.action.pk] and ids(
            api, "offres/?visible=true"
        ) == [monde.offre.pk]
        assert ids(api, "actions/?visible=false") == [autre_action.pk]
        assert ids(api, "offres/?visible=false") == []
    assert ids(api, "sessions/?statut=active") == ids(api, "sessions/?ouverte=true") == [ouverte.pk]
    assert ids(api, f"sessions/?identifiant={quote(' VALIDÉE ')}") == [validee.pk]
    assert ids(api, f"sessions/?action={autre_action.pk}") == [ailleurs.pk]
    assert ids(api, f"sessions/?offre={monde.offre.pk}") == [ouverte.pk, validee.pk, ailleurs.pk]
    assert ids(api, f"sessions/?du={(aujourd_hui() + dt.timedelta(91)).isoformat()}") == []
    assert ids(api, f"sessions/?au={(aujourd_hui() + dt.timedelta(60)).isoformat()}&statut=validee") == [
        validee.pk,
        ailleurs.pk,
    ]
    assert ids(api, f"actions/?offre={monde.offre.pk}") == [monde.action.pk, autre_action.pk]
    assert ids(api, "offres/?type_offre=certifiante&certification=RNCP1") == [monde.offre.pk]
    assert ids(api, "contacts/?identifiant=service%20inscriptions") == [monde.contact.pk]
    assert ids(api, "adresses/?titre=siege") == [] and ids(api, "adresses/?titre=SIÈGE") == [monde.lieu.pk]
    assert [c["code"] for c in api.tout("certifications/?q=titre+prof&type_offre=certifiante")] == ["RNCP1"]
    assert [c["code"] for c in api.tout("certifications/?type_offre=bilan")] == ["CPF202"]
    for faux in (
        "visible=oui",
        "statut=x",
        "offre=0",
        "offre=a",
        "du=14/09/2027",
        "modifie_depuis=hier",
        "identifiant=%00",
        "modifie_depuis=0001-01-01T00:00:00%2B22:46",
        "modifie_depuis=2027-01-01T00:00:00",
        "modifie_depuis=2027-01-01",
        "du=2027-1-5",
        "offre=1.0",
        "offre=%2B1",
        "offre=1&offre=2",
        "statut=",
        "identifiant=" + "a" * 31,
    ):
        refus = api("GET", f"sessions/?{faux}")
        assert refus.status_code == 400 and refus.lu["raisons"][0]["champ"] == faux.partition("=")[0], faux
    # A « + » that is not encoded is a space.
    assert "%2B" in api("GET", "sessions/?modifie_depuis=2027-01-01T00:00:00+01:00").lu["detail"]


def test_ce_qui_a_change_et_ce_qui_a_disparu(api, monde):
    with a_l_instant(maintenant() - dt.timedelta(hours=2)):
        garde, jete = monde.session("garde"), monde.session("jete")
        Offre.objects.update(modifie_le=maintenant())
    lecture = api("GET", "sessions/").lu
    assert lecture["supprimees"] == [] and lecture["reprendre_depuis"] < maintenant().isoformat()
    depuis = quote(lecture["reprendre_depuis"])
    assert api("GET", f"sessions/?modifie_depuis={depuis}").lu["resultats"] == []
    executer(garde, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"garantie": False})
    executer(jete, Operation.SUPPRIMER, par=monde.gestionnaire)
    suivie = api("GET", f"sessions/?modifie_depuis={depuis}").lu
    assert [ligne["id"] for ligne in suivie["resultats"]] == [garde.pk]
    assert [(s["id"], s["identifiant"]) for s in suivie["supprimees"]] == [(jete.pk, "jete")]
    # When its offre is deleted then restored, a session appears in, then disappears from, the deleted
    # records.
    executer(monde.offre, Operation.ARCHIVER, par=monde.gestionnaire)
    contexte = executer(
        Offre.objects.get(pk=monde.offre.pk), Operation.SUPPRIMER, par=monde.gestionnaire
    ).contexte
    assert [s["id"] for s in api("GET", f"sessions/?modifie_depuis={depuis}").lu["supprimees"]] == [
        jete.pk,
        garde.pk,
    ]
    assert [s["id"] for s in api("GET", f"offres/?modifie_depuis={depuis}").lu["supprimees"]] == [
        monde.offre.pk
    ]
    from catalogue.annulation import annuler

    annuler(contexte, organisme_id=monde.organisme.pk, par=monde.gestionnaire)
    suivie = api("GET", f"sessions/?modifie_depuis={depuis}").lu
    assert [s["id"] for s in suivie["supprimees"]] == [jete.pk] and [
        s["id"] for s in suivie["resultats"]
    ] == [garde.pk]
    # Records of another organisme are not listed. The address book is covered too.
    autre = Monde("Autre", "52345678900017")
    executer(autre.session("a"), Operation.SUPPRIMER, par=autre.gestionnaire)
    assert [s["id"] for s in api("GET", f"sessions/?modifie_depuis={depuis}").lu["supprimees"]] == [jete.pk]
    contact = nouveau(monde)
    cle = contact.pk
    contact.delete()
    nouveau(autre).delete()
    assert [s["id"] for s in api("GET", f"contacts/?modifie_depuis={depuis}").lu["supprimees"]] == [cle]


LISTES = (
    "offres",
    "actions",
    "sessions",
    "contacts",
    "adresses",
    "organismes",
    "certifications",
    "formations",
    "publications",
    "historique",
)


@pytest.mark.parametrize("liste", LISTES)
def test_le_nombre_de_requetes_ne_depend_pas_des_lignes(api, monde, liste):
    def mesurer():
        with CaptureQueriesContext(
            connection,
        ) as requetes:
            reponse = api(
                "GET",
                f"{liste}/" if liste != "historique" else f"offres/{monde.offre.pk}/historique/?enfants=true",
            )
        return len(requetes), len(reponse.lu["resultats"])

    jour = aujourd_hui()
    with a_l_instant(dt.datetime.combine(jour, dt.time(12), tzinfo=PARIS)):
        publier(jour, par="test")
    monde.session("premiere", ouverte=True)
    demain = dt.datetime.combine(jour + dt.timedelta(1), dt.time(6), tzinfo=PARIS)
    with a_l_instant(demain):
        publier(demain.date(), par="test")
        api("GET", "organismes/")
        avant, peu = mesurer()
    with a_l_instant(demain):
        for n in range(6):
            monde.offre = monde.nouvelle_offre(f"O{n}")
            action = monde.nouvelle_action(f"A{n}")
            monde.session(f"s{n}", action=action, ouverte=True)
            nouveau(monde, nom=f"N{n}")
    apres_demain = demain + dt.timedelta(1)
    with a_l_instant(apres_demain):
        publier(apres_demain.date(), par="test")
        api("GET", "organismes/")
        apres, beaucoup = mesurer()
    assert apres <= avant, (avant, apres)
    assert beaucoup > peu or liste in {"organismes", "adresses", "certifications", "historique"}


def test_ce_que_le_public_voit_aujourd_hui_et_ce_qu_il_voyait(monde):
    public, jour = Programme(None), aujourd_hui()
    session = monde.session("s1", ouverte=True)
    matin = dt.datetime.combine(jour + dt.timedelta(1), dt.time(6), tzinfo=PARIS)
    assert public.tout("formations/") == []
    with a_l_instant(matin):
        publier(matin.date(), par="test")
        formation = public.tout("formations/")[0]
        assert (formation["id"], formation["offre"]["identifiant"],
        formation["sessions"][0]["contenu"]["identifiant"]) == (
            monde.action.pk, "OFFRE-1", "s1",
        )  # fmt: skip
        assert public("GET", f"formations/{monde.action.pk}/").lu == formation
        executer(Session.objects.get(pk=session.pk), Operation.FERMER, par=monde.gestionnaire)
        assert (
            public.tout("formations/") == []
            and public("GET", f"formations/{monde.action.pk}/").status_code == 404
        )
    with a_l_instant(matin + dt.timedelta(1)):
        publier((matin + dt.timedelta(1)).date(), par="test")
        assert len(public.tout(f"formations/?jour={matin.date().isoformat()}")) == 1
        assert public.tout(f"formations/?jour={jour.isoformat()}") == []
        for faux in ((matin + dt.timedelta(2)).date().isoformat(), "demain", "2026-02-30", "2026-W10-1", ""):
            assert public("GET", f"formations/?jour={faux}").status_code == 400, faux


def test_le_registre_compte_ce_qui_est_a_soi(api, monde):
    autre = Monde("Autre", "52345678900017")
    jour = aujourd_hui()
    sessions = [monde.session(f"s{n}", ouverte=True) for n in range(2)]
    autre.session("a", ouverte=True)
    matins = [dt.datetime.combine(jour + dt.timedelta(n), dt.time(6), tzinfo=PARIS) for n in (1, 2)]
    with a_l_instant(matins[0]):
        publier(matins[0].date(), par="test")
        executer(
            Session.objects.get(pk=sessions[0].pk),
            Operation.MODIFIER,
            par=monde.gestionnaire,
            valeurs={"garantie": False},
        )
        executer(Session.objects.get(pk=sessions[1].pk), Operation.FERMER, par=monde.gestionnaire)
    with a_l_instant(matins[1]):
        publier(matins[1].date(), par="test")
    lus = [
        [p[nom] for nom in ("jour", "parues", "modifiees", "retirees", "retenues")]
        for p in api.tout("publications/")
    ]
    assert lus == [[matins[0].date().isoformat(), 2, 0, 0, 0], [matins[1].date().isoformat(), 0, 1, 1, 0]]


def test_pourquoi_pas_visible(api, monde):
    session = monde.session("s1", ouverte=True)
    lue = api("GET", f"sessions/{session.pk}/visibilite/").lu
    assert (lue["visible"], lue["visible_le"]) == (False, (aujourd_hui() + dt.timedelta(1)).isoformat())
    assert [(c["code"], c["etat"]) for c in lue["conditions"] if c["etat"] not in {"ok", "sans-objet"}] == [
        ("passage-effectue", "attente")
    ]


def test_gzip(api, monde):
    for n in range(5):
        monde.session(f"s{n}")
    reponse = api.client.get("/api/v1/sessions/", HTTP_ACCEPT_ENCODING="gzip", **api.entetes)
    assert reponse.headers["Content-Encoding"] == "gzip" and len(reponse.content) < 2000
