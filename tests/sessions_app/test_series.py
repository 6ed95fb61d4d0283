"""The dates of a series, computed by hand (specification of series, 3.4)."""

import datetime as dt

import pytest

from organismes.models import Organisme
from sessions_app import calendrier
from sessions_app.calendrier import Calendrier, Territoire
from sessions_app.models import Fermeture
from sessions_app.series import (
    AuDebut,
    AuDedans,
    Exclusion,
    Report,
    Unite,
    derouler,
    identifiant,
    longueur,
    par_mois,
    par_semaines,
    renommer,
    reporter,
)
from tests.conftest import Monde

D = dt.date
ANNEE = (D(2027, 1, 1), D(2027, 12, 31))
LUNDIS = par_semaines(D(2027, 1, 1), [0], 1, jusqu_au=D(2027, 12, 31), nombre=None)


def feries(territoire=Territoire.METROPOLE, **options):
    return Exclusion(calendrier.jours_feries(*ANNEE, territoire), **options)


@pytest.fixture
def lu(monde):
    """Return the calendar of an organisme, as the migrations fill it."""
    return Calendrier(monde.organisme)


def vacances(lu, zone, **options):
    return Exclusion(lu.vacances_scolaires(*ANNEE, zone), **options)


def gardees(occurrences):
    return [o for o in occurrences if not o.passee]


def test_tous_les_lundis_de_2027():
    assert (len(LUNDIS), LUNDIS[0], LUNDIS[-1]) == (52, D(2027, 1, 4), D(2027, 12, 27))
    passees = [o.prevue for o in derouler(LUNDIS, 5, Unite.OUVRES, [feries()]) if o.passee]
    assert passees == [D(2027, 3, 29), D(2027, 5, 17), D(2027, 11, 1)]


@pytest.mark.parametrize("zone", "ABC")
def test_les_vacances_de_chaque_zone(lu, zone):
    en_vacances = [jour for jour in LUNDIS if jour in lu.vacances_scolaires(*ANNEE, zone)]
    assert len(en_vacances) == 17
    assert len(gardees(derouler(LUNDIS, 5, Unite.OUVRES, [feries(), vacances(lu, zone)]))) == 33


@pytest.mark.parametrize("zone", "ABC")
def test_cinq_jours_ouvres_s_allongent_des_feries(lu, zone):
    sauf = [feries(au_dedans=AuDedans.ALLONGER), vacances(lu, zone)]
    lues = gardees(derouler(LUNDIS, 5, Unite.OUVRES, sauf))
    allongees = {o.debut: o.fin for o in lues if (o.fin - o.debut).days != 4}
    assert allongees == {D(2027, 5, 3): D(2027, 5, 10), D(2027, 11, 8): D(2027, 11, 15)}
    assert {o.debut: o.allongee for o in lues if o.allongee} == dict.fromkeys(allongees, 1)
    assert all(len(o.jours) == 5 for o in lues)


@pytest.mark.exigence("D-49")
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


def test_les_vacances_au_dela_du_dernier_calendrier_sont_inconnues(lu):
    assert {lu.connu_jusqu_au(zone) for zone in "ABC"} == {D(2028, 8, 31)}
    assert lu.vacances_scolaires(D(2029, 1, 1), D(2029, 12, 31), "A") == {}


def test_le_calendrier_est_lu_en_une_requete_avec_les_fermetures_de_l_organisme(
    monde, django_assert_num_queries
):
    autre = Monde("Autre", "52345678900017")
    for une, nom in ((monde, "Fermeture d'été"), (autre, "Ailleurs")):
        Fermeture.objects.create(
            genre="propre", organisme=une.organisme, nom=nom, du=D(2027, 8, 2), au=D(2027, 8, 20)
        )
    with django_assert_num_queries(1):
        lu = Calendrier(monde.organisme)
    fermes = lu.jours_fermes(*ANNEE)
    assert (len(fermes), fermes[D(2027, 8, 2)]) == (19, "fermeture (Fermeture d'été)")


def test_le_29_fevrier_et_les_nuits_du_changement_d_heure_ne_deplacent_aucune_date():
    (bissextile,) = derouler([D(2028, 2, 29)], 2, Unite.OUVRES, [])
    assert (bissextile.debut, bissextile.fin) == (D(2028, 2, 29), D(2028, 3, 1))
    # 28/03/2027 and 31/10/2027.
    for jour in (D(2027, 3, 28), D(2027, 10, 31)):
        (une,) = derouler([jour], 3, Unite.CALENDAIRES, [])
        assert une.jours == [jour, jour + dt.timedelta(1), jour + dt.timedelta(2)]
    jours = par_semaines(D(2027, 3, 1), list(range(7)), 1, jusqu_au=D(2027, 11, 30), nombre=None)
    assert jours[:201] == [D(2027, 3, 1) + dt.timedelta(n) for n in range(201)]


def test_une_session_reportee_garde_son_jour_de_la_semaine():
    cas = {
        # The first Monday, the third Thursday, the fifth Monday where the next year has no fifth.
        D(2026, 1, 5): (D(2027, 1, 4), D(2027, 1, 4)),
        D(2026, 9, 17): (D(2027, 9, 16), D(2027, 9, 16)),
        D(2026, 8, 31): (D(2027, 8, 30), D(2027, 8, 30)),
        D(2026, 3, 30): (D(2027, 3, 29), D(2027, 3, 29)),
        D(2026, 6, 29): (D(2027, 6, 28), D(2027, 6, 28)),
        D(2027, 3, 1): (D(2028, 2, 28), D(2028, 3, 6)),
        D(2028, 2, 29): (D(2029, 2, 27), D(2029, 2, 27)),
    }
    for avant, (semaines, rang) in cas.items():
        assert (reporter(avant, Report.SEMAINES), reporter(avant, Report.RANG)) == (semaines, rang)
        assert semaines.weekday() == rang.weekday() == avant.weekday()


def test_la_longueur_d_une_session_se_compte_comme_elle_s_allonge():
    sauf = [feries(au_dedans=AuDedans.ALLONGER)]
    assert longueur(D(2027, 5, 3), D(2027, 5, 10), Unite.OUVRES, sauf) == (5, Unite.OUVRES)
    assert longueur(D(2027, 5, 8), D(2027, 5, 9), Unite.OUVRES, []) == (2, Unite.CALENDAIRES)


@pytest.mark.parametrize(
    ("ancien", "nouveau"),
    [("hiver-2026", "hiver-2027"), ("HIVER", "HIVER-2027"), ("X" * 30, "X" * 25 + "-2027")],
)
def test_l_identifiant_d_une_session_reportee(ancien, nouveau):
    assert renommer(ancien, 2026, 2027) == nouveau


@pytest.mark.parametrize(
    ("nda", "code"),
    [
        ("11940678994", "94"), ("93131234513", "13"), ("942A123452A", "20"), ("02973123497", "972"),
        ("97970123497", "972"), ("04973123497", "974"), ("", ""),
    ],
)  # fmt: skip
def test_le_departement_du_siege_se_lit_dans_le_nda(nda, code):
    assert calendrier.code_du_siege(Organisme(nda=nda)) == code


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
