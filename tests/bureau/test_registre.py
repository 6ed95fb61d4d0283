"""Tests of « Publication de demain », of the run and of the register.

What is announced, what the run does and what the register shows afterwards must be the same.
"""

import copy
import datetime as dt
import re

import pytest
from django.urls import reverse

from catalogue.cycle_de_vie import executer
from edof.horloge import PARIS, a_l_instant, aujourd_hui, demain
from edof.templatetags.affichage import du_au
from organismes.droits import Operation
from organismes.models import Qualiopi
from publication.demain import (
    NATURES,
    du_jour,
    ecarts_de_demain,
    nombres_par_jour,
    page_de_demain,
    page_du_jour,
    retenues_demain,
)
from publication.models import Parution, Passage, Retenue
from publication.passages import publier
from publication.simulation import simuler
from tests.conftest import Monde

JOUR = dt.datetime(2027, 3, 10, 12, 0, tzinfo=PARIS)


def le(jours, heure=12):
    return a_l_instant(dt.datetime.combine(JOUR.date() + dt.timedelta(jours), dt.time(heure), tzinfo=PARIS))


@pytest.fixture
def monde(db, monde_du_fichier):
    """Return a world whose next run has every kind of effect."""
    return copy.deepcopy(monde_du_fichier)


@pytest.fixture(scope="module")
def monde_du_fichier(base_du_fichier):
    """Return this world, made once for the tests of the file."""
    with base_du_fichier():
        return _peuple()


def _peuple():
    """Return a world whose next run has every kind of effect.

    One published session changes, two are withdrawn, of which one is held back, one stays, and a new one
    appears. A second organisme has the same sessions.
    """
    mondes = []
    for nom, siret in (("Institut", "41234567800019"), ("Voisin", "52345678900017")):
        with le(-30):
            monde = Monde(nom, siret)
            permanente = monde.nouvelle_action("ACTION-2", "permanentes")
        with le(-2):
            monde.sessions = {nom: monde.session(nom, ouverte=True) for nom in ("changée", "fermée", "reste")}
            sans_dates = {"date_debut": None, "date_fin": None, "pas_de_dates": True}
            monde.sessions["retenue"] = monde.session(
                "retenue", action=permanente, ouverte=True, **sans_dates
            )
        monde.permanente = permanente
        mondes.append(monde)
    with le(-1, 6):
        publier(aujourd_hui(), par="test")
    with le(0, 6):
        publier(aujourd_hui(), par="test")
    for monde in mondes:
        with le(0):
            executer(
                monde.sessions["changée"],
                Operation.MODIFIER,
                par=monde.gestionnaire,
                valeurs={"modalites_particulieres": "Le samedi"},
            )
            executer(monde.sessions["fermée"], Operation.FERMER, par=monde.gestionnaire)
            monde.sessions["nouvelle"] = monde.session("nouvelle", ouverte=True)
            action = monde.permanente
            action.refresh_from_db()
            executer(
                action,
                Operation.MODIFIER,
                par=monde.gestionnaire,
                valeurs={"modalites_entrees_sorties": "dates_fixes"},
            )
    return mondes[0]


def lues(page):
    return [
        (ligne.identifiant, ligne.raison, [titre for titre, _ in ligne.changements or []])
        for ligne in page.object_list
    ]


@pytest.mark.exigence("D-20", "D-22")
def test_l_annonce_le_passage_et_le_registre_disent_la_meme_chose(monde):
    with le(0, 18):
        ecarts = ecarts_de_demain(monde.organisme)
        annonce = {nature: lues(page_de_demain(monde.organisme, nature, ecarts, None)) for nature in NATURES}
        simules = sorted(simuler(demain()), key=lambda ecart: ecart.session_id)
        assert not Passage.objects.filter(jour=demain()).exists()
    assert {nature: [nom for nom, *_ in lignes] for nature, lignes in annonce.items()} == {
        "parait": ["nouvelle"], "change": ["changée"], "disparait": ["fermée", "retenue"],
        "retenue": ["retenue"],
    }  # fmt: skip
    assert annonce["change"][0][2] == ["Session changée"]
    assert (
        annonce["disparait"][0][1] == "La session n'est pas ouverte à l'inscription."
        and "dates fixes" in annonce["retenue"][0][1]
    )
    with le(1, 6):
        (passage,) = publier(aujourd_hui(), par="test")
        registre = {nature: lues(page_du_jour(monde.organisme, nature, passage, None)) for nature in NATURES}
        # The reason of a withdrawal depends on the state of the day before; the register keeps what was
        # online.
        assert {nature: [nom for nom, *_ in lignes] for nature, lignes in registre.items()} == {
            nature: [nom for nom, *_ in lignes] for nature, lignes in annonce.items()
        }
        assert registre["change"] == annonce["change"] and registre["retenue"] == annonce["retenue"]
        nombres = nombres_par_jour(monde.organisme, [passage.jour])[passage.jour]
        assert [nombres[nature] for nature in NATURES] == [1, 1, 2, 1]
    # For the whole platform, the numbers are doubled, in the ledger and in the simulation.
    assert (passage.parues, passage.modifiees, passage.retirees) == (2, 2, 4) and sum(
        passage.retenues.values()
    ) == 2
    assert [ecart.nature for ecart in simules].count("disparait") == 4
    with le(1, 7):
        assert list(simuler(passage.jour)) == []


def test_ce_qui_change_ce_soir_change_l_annonce(monde):
    with le(0, 18):
        executer(monde.sessions["nouvelle"], Operation.FERMER, par=monde.gestionnaire)
        executer(
            monde.sessions["changée"],
            Operation.MODIFIER,
            par=monde.gestionnaire,
            valeurs={"modalites_particulieres": ""},
        )
        ecarts = ecarts_de_demain(monde.organisme)
        assert {nature: len(liste) for nature, liste in ecarts.items()} == {
            "parait": 0,
            "change": 0,
            "disparait": 2,
        }


def test_une_retenue_dure_jusqu_a_ce_qu_on_la_repare(monde):
    with le(1, 6):
        publier(aujourd_hui(), par="test")
    with le(1):
        action = monde.permanente
        action.refresh_from_db()
        executer(
            action,
            Operation.MODIFIER,
            par=monde.gestionnaire,
            valeurs={"modalites_entrees_sorties": "permanentes"},
        )
        assert not retenues_demain(monde.organisme).exists()
    with le(2, 6):
        (passage,) = publier(aujourd_hui(), par="test")
    retenue = Retenue.objects.get(organisme=monde.organisme)
    assert (retenue.du, retenue.au) == (JOUR.date() + dt.timedelta(1), JOUR.date() + dt.timedelta(2))
    assert (
        sum(passage.retenues.values()) == 1
        and Parution.objects.filter(session=monde.sessions["retenue"], au=None).exists()
    )
    assert du_jour(monde.organisme, "retenue", JOUR.date() + dt.timedelta(1)).count() == 1
    assert du_jour(monde.organisme, "retenue", passage.jour).count() == 0


def test_un_certificat_qui_commence_ou_finit_change_ce_qui_parait_sans_que_personne_n_ecrive(monde):
    with le(0):
        Qualiopi.objects.filter(organisme=monde.organisme).update(au=JOUR.date() + dt.timedelta(3))
    for jours in (1, 2, 3):
        with le(jours, 6):
            publier(aujourd_hui(), par="test")
    assert Parution.objects.filter(organisme=monde.organisme, au=None).count() == 3
    with le(4, 6):
        publier(aujourd_hui(), par="test")
    assert not Parution.objects.filter(organisme=monde.organisme, au=None).exists()
    assert Parution.objects.filter(au=None).count() == 3
    assert set(
        Retenue.objects.filter(organisme=monde.organisme, au=None).values_list("raison", flat=True)
    ) >= {"qualiopi"}


@pytest.mark.parametrize("adresse", ["publication_demain", "publications", "publication_du_jour"])
def test_les_pages_en_un_nombre_constant_de_requetes(
    monde, connecter, django_assert_max_num_queries, adresse
):
    client = connecter(monde.gestionnaire)
    with le(0, 18):
        url = reverse(adresse, args=[JOUR.date().isoformat()] if adresse == "publication_du_jour" else [])
        natures = [""] if adresse == "publications" else [f"?nature={nature}" for nature in NATURES]
        for suffixe in natures:
            client.get(url + suffixe)
            with django_assert_max_num_queries(21):
                avant = client.get(url + suffixe)
            assert avant.status_code == 200
        for rang in range(6):
            monde.session(f"en plus {rang}", ouverte=True)
        for suffixe in natures:
            with django_assert_max_num_queries(21):
                assert client.get(url + suffixe).status_code == 200


def test_chacun_ne_voit_que_ses_sessions(monde, connecter):
    client = connecter(monde.gestionnaire)
    with le(0, 18):
        page = client.get(reverse("publication_demain")).content.decode()
        assert page.count(">nouvelle</a>") == 1 and "Voisin" not in page
        assert ">1</span> <span>Paraîtra</span>" in page and "Disparaîtront</span>" in page
        assert client.get("/publications/pas-un-jour/").status_code == 404
        assert client.get("/publications/1999-01-01/").status_code == 404
        assert client.get("/publications/demain/?nature=%00&page=zut").status_code == 200


def test_une_publication_en_retard_se_dit(monde, connecter):
    client = connecter(monde.gestionnaire)
    with le(2, 9):
        page = client.get(reverse("publication_demain")).content.decode()
        assert "La publication du 11 mars 2027 (et de 1\u00a0autre jour)" in page


@pytest.mark.parametrize(
    ("du", "au", "attendu"),
    [
        ((2027, 11, 3), (2027, 11, 9), "Du 3 au 9 novembre"),
        ((2027, 11, 1), (2027, 11, 2), "Du 1er au 2 novembre"),
        ((2027, 11, 3), (2027, 11, 3), "Le 3 novembre"),
        ((2027, 2, 28), (2027, 3, 1), "Du 28 février au 1er mars"),
        ((2026, 12, 30), (2027, 1, 2), "Du 30 décembre 2026 au 2 janvier 2027"),
        ((2026, 12, 3), (2026, 12, 9), "Du 3 au 9 décembre 2026"),
        ((2026, 12, 3), (2026, 12, 3), "Le 3 décembre 2026"),
        ((2026, 1, 31), (2026, 12, 1), "Du 31 janvier au 1er décembre 2026"),
    ],
)  # fmt: skip
def test_une_suite_de_jours_en_francais(du, au, attendu):
    with le(0):
        assert du_au(dt.date(*du), dt.date(*au)) == attendu


def test_le_registre_plie_les_jours_calmes_et_commence_avec_l_organisme(monde, connecter):
    for jours in (*range(1, 6), 7, 8, 9):
        with le(jours, 6):
            publier(aujourd_hui(), par="test")
    with le(9):
        venu = Monde("Venu plus tard", "62345678900015")
        venu.session("à lui", ouverte=True)
    for jours in (10, 11, 12):
        with le(jours, 6):
            publier(aujourd_hui(), par="test")
    with le(12):
        page = connecter(monde.gestionnaire).get(reverse("publications")).content.decode()
        lignes = re.findall(r"<h2><a[^>]*>([^<]*)</a></h2>|<summary>([^<]*)</summary>", page)
        # The run of day 0 withdrew nothing; the run of day 1 applied the changes prepared in `monde`.
        assert [seul or calme for seul, calme in lignes] == [
            "Du 12 au 22 mars : rien n'a changé", "11 mars 2027", "Le 10 mars : rien n'a changé",
            "9 mars 2027",
        ]  # fmt: skip
        assert (
            page.count('href="/publications/2027-03-1') == 10 and 'href="/publications/2027-03-22/"' in page
        )
        sien = connecter(venu.gestionnaire).get(reverse("publications")).content.decode()
        lignes = re.findall(r"<h2><a[^>]*>([^<]*)</a></h2>|<summary>([^<]*)</summary>", sien)
        assert [seul or calme for seul, calme in lignes] == [
            "Du 21 au 22 mars : rien n'a changé",
            "20 mars 2027",
        ]
        neuf = (
            connecter(Monde("Neuf", "72345678900013").gestionnaire)
            .get(reverse("publications"))
            .content.decode()
        )
        assert "Pas encore de publication" in neuf and "<summary>" not in neuf.split("<main")[1]
    with le(12):
        jour = connecter(monde.gestionnaire).get("/publications/2027-03-11/").content.decode()
        assert "(test)" not in jour, "le programme qui a publié ne regarde pas l'organisme"
