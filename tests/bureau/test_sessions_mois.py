"""« Sessions » by month: bars over the days, three a week, how many others, the days of a telephone."""

import datetime as dt
import html
import re

import pytest
from django.http import QueryDict

from bureau.sessions.mois import Mois
from sessions_app.models import Session
from tests.outils import texte

pytestmark = pytest.mark.django_db
MARS = "/catalogue/sessions/?vue=mois&mois=2027-03"


@pytest.fixture
def client_(connecter, monde, settings):
    settings.EDOF_AUJOURDHUI = dt.date(2027, 2, 10)
    return connecter(monde.gestionnaire)


def session(monde, identifiant, du, au):
    return monde.session(identifiant, date_debut=dt.date(2027, *du), date_fin=dt.date(2027, *au))


def semaines(monde, parametres="mois=2027-03"):
    """Return the bars of each week: (identifier, column, width, end) and how many others."""
    mois = Mois(monde.gestionnaire.membres.get(), QueryDict(parametres))
    return [
        ([(b.session.identifiant, b.colonne, b.largeur, b.suite) for b in s.barres], s.reste)
        for s in mois.semaines
    ]


def test_une_barre_sur_les_jours_de_chaque_semaine(client_, monde):
    session(monde, "LOG", (3, 1), (3, 5))
    session(monde, "GP", (3, 9), (3, 10))
    session(monde, "REL", (3, 1), (6, 30))
    session(monde, "AVANT", (2, 15), (3, 2))
    lues = semaines(monde)
    assert lues[0] == (
        [("LOG", 1, 5, ""), ("REL", 1, 7, "jusqu'au 30 juin"), ("AVANT", 1, 2, "")],
        0,
    )
    assert lues[1] == ([("GP", 2, 2, ""), ("REL", 1, 7, "jusqu'au 30 juin")], 0)
    assert len(lues) == 5 and all(barres == [("REL", 1, 7, "jusqu'au 30 juin")] for barres, _ in lues[2:])


def test_trois_au_plus_et_les_autres_menent_a_la_liste(client_, monde):
    session(monde, "long", (2, 15), (12, 31))
    for rang in range(7):
        session(monde, f"s{rang}", (3, 8 + rang % 2), (3, 12))
    lues = semaines(monde)
    assert [nom for nom, *_ in lues[1][0]] == ["s0", "s2", "s4"] and lues[1][1] == 5
    page = html.unescape(client_.get(f"{MARS}&statut=validee").content.decode())
    (adresse,) = re.findall(r'class="semaine-suite" *href="([^"]+)"', page)
    assert "et 5 autres cette semaine" in texte(client_.get(MARS))
    assert adresse == "/catalogue/sessions/?statut=validee&du=08%2F03%2F2027&au=14%2F03%2F2027"
    assert client_.get(adresse).context["comptes"].repondent == 8


def test_ce_qui_dure_comble_les_semaines_le_plus_long_a_la_fin(client_, monde):
    session(monde, "plus-long", (2, 15), (12, 31))
    session(monde, "long", (2, 22), (6, 30))
    session(monde, "court", (3, 16), (3, 17))
    assert [nom for nom, *_ in semaines(monde)[2][0]] == ["court", "long", "plus-long"]


def test_un_jour_apres_l_autre_puis_ce_qui_se_poursuit(client_, monde):
    """What is heard, and what a telephone shows: a session that goes on does not start on Monday."""
    session(monde, "long", (2, 22), (6, 30))
    session(monde, "vendredi", (3, 19), (3, 23))
    session(monde, "lundi", (3, 15), (3, 16))
    lu = texte(client_.get(MARS))
    semaine = lu[lu.index("Du 15 au 21 mars") : lu.index("Du 22 au 28 mars")]
    titres = (
        "Lundi 15 mars",
        "lundi",
        "Vendredi 19 mars",
        "vendredi",
        "Semaine du 15 mars : se poursuivent",
        "long",
    )
    ou = [semaine.index(titre) for titre in titres]
    assert ou == sorted(ou)


def test_le_mois_garde_les_filtres_et_dit_ses_nombres(client_, monde):
    session(monde, "mars", (3, 1), (3, 5))
    session(monde, "avril", (4, 12), (4, 16))
    libre = monde.nouvelle_action("LIBRE", "permanentes")
    monde.session("libre", action=libre, pas_de_dates=True, date_debut=None, date_fin=None)
    page = client_.get(f"{MARS}&etape=prete")
    lu = texte(page)
    assert "3 sessions répondent à vos filtres, sur 3 · 1 en mars 2027" in lu
    assert "1 session n'a pas de dates complètes" in lu and "Lundi de Pâques" in lu and "Lundi 1er mars" in lu
    source = html.unescape(page.content.decode())
    assert 'href="/catalogue/sessions/?etape=prete&vue=mois&mois=2027-04" rel="next"' in source
    assert '<input type="hidden" name="vue" value="mois">' in source
    assert "Sessions de mars 2027 : Prêtes à ouvrir - Catalogue OF" in source


@pytest.mark.parametrize("mois", ["", "x", "2027-13", "0000-01", "9999-12", "2027-3", "٢٠٢٧-03"])
def test_un_mois_illisible_est_le_mois_present(client_, monde, mois):
    page = client_.get("/catalogue/sessions/", {"vue": "mois", "mois": mois}, follow=True)
    assert "<h2>Février 2027</h2>" in page.content.decode()


@pytest.mark.parametrize(
    ("mois", "semaines_"), [("2000-01", 6), ("2099-12", 5), ("2027-02", 4), ("2026-08", 6)]
)
def test_un_mois_a_quatre_a_six_semaines(client_, monde, mois, semaines_):
    page = client_.get("/catalogue/sessions/", {"vue": "mois", "mois": mois})
    assert page.content.decode().count('<section class="semaine') == semaines_


def test_sans_mois_demande_on_voit_le_debut_de_la_periode(client_, monde):
    page = client_.get("/catalogue/sessions/", {"vue": "mois", "debut_du": "05/09/2027"})
    assert "<h2>Septembre 2027</h2>" in page.content.decode()


def test_un_brouillon_incoherent_n_empeche_pas_le_mois(client_, monde):
    """A brouillon may end before it begins, or have one date only."""
    for nom, dates in {"envers": ((3, 9), (3, 2)), "sans-fin": ((3, 9), None)}.items():
        du, au = (jour and dt.date(2027, *jour) for jour in dates)
        Session.objects.create(
            organisme=monde.organisme, action=monde.action, identifiant=nom, date_debut=du, date_fin=au
        )
    page = client_.get(MARS)
    assert page.status_code == 200 and "0 en mars 2027" in texte(page)
    assert "2 sessions n'ont pas de dates complètes" in texte(page)
