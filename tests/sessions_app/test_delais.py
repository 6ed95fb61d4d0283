"""Tests of the delay of eleven working days before the start: a warning, never a refusal."""

import datetime as dt
import html

import pytest

from edof.horloge import aujourd_hui
from sessions_app.delais import commence_trop_tot, est_ouvre


@pytest.mark.parametrize(
    ("jour", "ouvre"),
    [
        ("2027-03-29", False),
        ("2027-05-06", False),
        ("2027-07-14", False),
        ("2027-07-15", True),
        ("2027-07-17", False),
    ],
)
def test_les_jours_ouvres(jour, ouvre):
    assert est_ouvre(dt.date.fromisoformat(jour)) is ouvre


@pytest.mark.parametrize(
    ("ouverture", "debut", "trop_tot"),
    [
        ("2027-06-01", "2027-06-15", True),
        ("2027-06-01", "2027-06-16", False),
        ("2027-05-03", "2027-05-19", True),
        ("2027-05-03", "2027-05-20", False),
    ],
)
def test_onze_jours_ouvres(ouverture, debut, trop_tot):
    assert commence_trop_tot(dt.date.fromisoformat(debut), dt.date.fromisoformat(ouverture)) is trop_tot


def test_ouvrir_ou_enregistrer_trop_tard_avertit_sans_refuser(monde, connecter):
    demain = aujourd_hui() + dt.timedelta(1)
    session = monde.session(date_debut=demain, date_fin=demain + dt.timedelta(5))
    reponse = connecter(monde.gestionnaire).post(f"/catalogue/sessions/{session.pk}/ouvrir/", follow=True)
    page = html.unescape(reponse.content.decode())
    assert (
        "a bien été ouverte à l'inscription" in page and "moins de 11 jours ouvrés après aujourd'hui" in page
    )
    loin = monde.session("s2")
    reponse = connecter(monde.gestionnaire).post(f"/catalogue/sessions/{loin.pk}/ouvrir/", follow=True)
    assert "jours ouvrés" not in html.unescape(reponse.content.decode())
