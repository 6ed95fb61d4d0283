"""The dates of a series, computed by hand (specification of series, 3.4)."""

import datetime as dt

import pytest

from sessions_app import calendrier
from sessions_app.calendrier import Territoire
from sessions_app.series import (
    AuDebut,
    AuDedans,
    Exclusion,
    Unite,
    derouler,
    identifiant,
    par_mois,
    par_semaines,
)

D = dt.date
ANNEE = (D(2027, 1, 1), D(2027, 12, 31))
LUNDIS = par_semaines(D(2027, 1, 1), [0], 1, jusqu_au=D(2027, 12, 31), nombre=None)


def feries(territoire=Territoire.METROPOLE, **options):
    return Exclusion(calendrier.jours_feries(*ANNEE, territoire), **options)


def vacances(zone, **options):
    return Exclusion(calendrier.vacances_scolaires(*ANNEE, zone), **options)


def gardees(occurrences):
    return [o for o in occurrences if not o.passee]


def test_tous_les_lundis_de_2027():
    assert (len(LUNDIS), LUNDIS[0], LUNDIS[-1]) == (52, D(2027, 1, 4), D(2027, 12, 27))
    passees = [o.prevue for o in derouler(LUNDIS, 5, Unite.OUVRES, [feries()]) if o.passee]
    assert passees == [D(2027, 3, 29), D(2027, 5, 17), D(2027, 11, 1)]


@pytest.mark.parametrize("zone", "ABC")
def test_les_vacances_de_chaque_zone(zone):
    en_vacances = [jour for jour in LUNDIS if jour in calendrier.vacances_scolaires(*ANNEE, zone)]
    assert len(en_vacances) == 17
    assert len(gardees(derouler(LUNDIS, 5, Unite.OUVRES, [feries(), vacances(zone)]))) == 33


def test_cinq_jours_ouvres_s_allongent_des_feries():
    sauf = [feries(au_dedans=AuDedans.ALLONGER), vacances("C")]
    allongees = {
        o.debut: o.fin
        for o in gardees(derouler(LUNDIS, 5, Unite.OUVRES, sauf))
        if (o.fin - o.debut).days != 4
    }
    assert allongees == {D(2027, 5, 3): D(2027, 5, 10), D(2027, 11, 8): D(2027, 11, 15)}


def test_l_alsace_et_la_moselle():
    depart = [D(2027, 3, 22)]
    for territoire, fin in (
        (Territoire.ALSACE_MOSELLE, D(2027, 3, 30)),
        (Territoire.METROPOLE, D(2027, 3, 26)),
    ):
        (une,) = derouler(depart, 5, Unite.OUVRES, [feries(territoire, au_dedans=AuDedans.ALLONGER)])
        assert une.fin == fin


def test_le_31_de_chaque_mois_est_le_dernier_jour_des_autres():
    dates = par_mois(D(2027, 1, 31), 1, quantieme=31, jusqu_au=None, nombre=5)
    assert dates == [D(2027, 1, 31), D(2027, 2, 28), D(2027, 3, 31), D(2027, 4, 30), D(2027, 5, 31)]
    assert par_mois(D(2028, 2, 29), 12, quantieme=29, jusqu_au=None, nombre=2) == [
        D(2028, 2, 29),
        D(2029, 2, 28),
    ]


def test_le_premier_et_le_dernier_lundi_du_mois():
    premiers = par_mois(D(2027, 1, 4), 1, rang=1, jour=0, jusqu_au=D(2027, 12, 31), nombre=None)
    assert (len(premiers), premiers[1], premiers[-1]) == (12, D(2027, 2, 1), D(2027, 12, 6))
    assert par_mois(D(2027, 1, 4), 3, rang=-1, jour=4, jusqu_au=None, nombre=2) == [
        D(2027, 1, 29),
        D(2027, 4, 30),
    ]


def test_un_debut_exclu_se_passe_se_recule_ou_s_avance():
    lundi_de_paques = [D(2027, 3, 29)]
    for choix, debut in ((AuDebut.SUIVANT, D(2027, 3, 30)), (AuDebut.PRECEDENT, D(2027, 3, 26))):
        (une,) = derouler(lundi_de_paques, 1, Unite.OUVRES, [feries(au_debut=choix)])
        assert (une.debut, une.passee) == (debut, "")
    (passee,) = derouler(lundi_de_paques, 1, Unite.OUVRES, [feries()])
    assert passee.passee == "férié (Lundi de Pâques)"


def test_un_jour_exclu_dedans_passe_la_session_ou_la_garde():
    for choix, passee, fin in ((AuDedans.PASSER, True, None), (AuDedans.GARDER, False, D(2027, 5, 7))):
        (une,) = derouler([D(2027, 5, 3)], 5, Unite.OUVRES, [feries(au_dedans=choix)])
        assert bool(une.passee) == passee and (fin is None or une.fin == fin)


def test_les_jours_calendaires_comptent_les_week_ends():
    (une,) = derouler([D(2027, 3, 1)], 10, Unite.CALENDAIRES, [])
    assert une.fin == D(2027, 3, 10)


def test_les_vacances_au_dela_du_dernier_calendrier_sont_inconnues():
    assert calendrier.vacances_connues_jusqu_au() == D(2028, 8, 31)
    assert calendrier.vacances_scolaires(D(2029, 1, 1), D(2029, 12, 31), "A") == {}


@pytest.mark.parametrize(
    ("code", "territoire", "zone"),
    [
        ("94550", "Métropole", "C"), ("67000", "Alsace-Moselle", "B"), ("69001", "Métropole", "A"),
        ("97200", "Martinique", None), ("97150", "Saint-Martin", None), ("20000", "Métropole", None),
        ("", "Métropole", None), ("59000", "Métropole", "B"),
    ],
)  # fmt: skip
def test_le_territoire_et_la_zone_d_un_code_postal(code, territoire, zone):
    assert (calendrier.territoire_de(code), calendrier.zone_de(code)) == (territoire, zone)


def test_les_ponts_sont_entre_un_ferie_et_un_week_end():
    ponts = calendrier.ponts(calendrier.jours_feries(*ANNEE, Territoire.METROPOLE))
    assert list(ponts) == [D(2027, 5, 7), D(2027, 11, 12)]


def test_les_jetons_de_l_identifiant():
    modele = "{ACTION}-{AAAA}{MM}{JJ}-{AA}-S{SEM}-{N}-{N:02}-{VILLE}"
    assert (
        identifiant(modele, D(2027, 9, 6), 3, action="LOG", ville="PARIS") == "LOG-20270906-27-S36-3-03-PARIS"
    )
