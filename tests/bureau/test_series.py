"""« Créer une série »: what is shown is what is created, once; nothing before, and it can be taken back."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import Statut
from edof.horloge import a_l_instant
from organismes.models import Membre
from sessions_app.models import Session
from tests.outils import texte

pytestmark = pytest.mark.django_db

# Every first Monday of 2027, five working days: the example of the mock-up.
REGLE = {
    "rythme": "mois", "rang": "1", "jour": "0", "tous_les": "1", "du": "04/01/2027", "fin": "date",
    "jusqu_au": "31/12/2027", "duree": "5", "unite": "ouvres", "feries": "on", "territoire": "Métropole",
    "feries_debut": "passer", "feries_dedans": "allonger", "vacances": "on", "zone": "C",
    "vacances_debut": "passer", "vacances_dedans": "garder", "modele": "LOG-{AAAA}-{MM}",
}  # fmt: skip
CLE = "0b3f7c5e-6a55-4c0c-9a37-0a3f8f1f2b11"


@pytest.fixture(autouse=True)
def _en_2026():
    with a_l_instant(dt.datetime(2026, 11, 30, 9, tzinfo=dt.UTC)):
        yield


@pytest.fixture
def client_(connecter, monde):
    return connecter(monde.gestionnaire)


@pytest.fixture
def adresse(monde):
    return f"/catalogue/actions/{monde.action.pk}/sessions/serie/"


def envoyer(client_, adresse, repris=None, **champs):
    donnees = {**REGLE, "cle": CLE, "operation": "creer", "reprendre": repris.pk if repris else "", **champs}
    return client_.post(adresse, donnees)


def creees(monde):
    return list(monde.action.sessions.exclude(serie=None).order_by("date_debut"))


def test_la_page_s_ouvre_sur_un_exemple_et_n_ecrit_rien(client_, adresse, monde):
    page = texte(client_.get(adresse))
    assert "Le premier lundi de chaque mois" in page and "Rien n'est encore créé" in page
    assert creees(monde) == []


def test_l_apercu_dit_ce_qui_sera_garde_passe_ou_allonge(client_, adresse, monde):
    page = texte(envoyer(client_, adresse, operation="apercu"))
    assert "12 dates : 4 janvier, 1er février, 1er mars…" in page
    assert "8 sessions à créer, 4 dates passées" in page
    assert "jeudi 6 mai férié (Ascension)" in page and "Passée : férié (Toussaint), vacances" in page
    assert creees(monde) == []


def test_creer_valide_ce_qui_est_complet_et_l_annuler_le_reprend(client_, adresse, monde):
    modele = monde.session("MODELE")
    reponse = envoyer(client_, adresse, modele)
    sessions = creees(monde)
    assert reponse.status_code == 302 and len(sessions) == 8
    assert {s.statut for s in sessions} == {Statut.VALIDEE} and not any(s.ouverte for s in sessions)
    assert [s.identifiant for s in sessions][:2] == ["LOG-2027-01", "LOG-2027-02"]
    mai = next(s for s in sessions if s.date_debut == dt.date(2027, 5, 3))
    assert mai.date_fin == dt.date(2027, 5, 10) and mai.contact_inscription == modele.contact_inscription
    page = client_.get(reponse.url, follow=True).content.decode()
    annuler = re.search(r"/catalogue/annuler/([0-9a-f-]{36})/", page)[0]
    # Sent twice (a double click), the form creates nothing more.
    assert envoyer(client_, adresse, modele).status_code == 302 and len(creees(monde)) == 8
    client_.post(annuler)
    assert creees(monde) == [] and Session.objects.filter(pk=modele.pk).exists()
    # The second click says that it is done.
    assert "déjà annulé" in texte(client_.post(annuler, follow=True))


def test_ce_qui_a_bouge_depuis_reste(client_, adresse, monde):
    reponse = envoyer(client_, adresse, monde.session("MODELE"))
    page = client_.get(reponse.url, follow=True).content.decode()
    annuler = re.search(r"/catalogue/annuler/([0-9a-f-]{36})/", page)[0]
    changee = creees(monde)[0]
    changee.modalites_particulieres = "Le samedi"
    changee.save()
    page = texte(client_.post(annuler, follow=True))
    assert creees(monde) == [changee] and "LOG-2027-01" in page and "modifiée" in page


def test_un_identifiant_pris_n_arrete_que_sa_ligne_et_se_change_sur_place(client_, adresse, monde):
    monde.session("LOG-2027-02")
    reponse = envoyer(client_, adresse)
    assert reponse.status_code == 422 and "« LOG-2027-02 2 » est libre" in texte(reponse)
    assert creees(monde) == []
    assert envoyer(client_, adresse, **{"identifiant-2027-02-01": "LOG-2027-02-B"}).status_code == 302
    assert "LOG-2027-02-B" in [s.identifiant for s in creees(monde)]


def test_une_ligne_decochee_n_est_pas_creee(client_, adresse, monde):
    envoyer(client_, adresse, **{"vue-2027-01-04": "1"})
    assert [s.date_debut.month for s in creees(monde)] == [2, 3, 5, 6, 9, 10, 12]


def test_changer_le_modele_change_ce_que_personne_n_a_tape(client_, adresse, monde):
    lignes = {
        "identifiant-2027-01-04": "LOG-2027-01", "genere-2027-01-04": "LOG-2027-01",
        "identifiant-2027-02-01": "À moi", "genere-2027-02-01": "LOG-2027-02",
    }  # fmt: skip
    page = envoyer(client_, adresse, operation="apercu", modele="S{N:02}", **lignes).content.decode()
    assert 'value="S01"' in page and 'value="À moi"' in page


def test_sans_modele_les_sessions_sont_a_completer(client_, adresse, monde):
    page = texte(client_.get(envoyer(client_, adresse).url, follow=True))
    assert {s.statut for s in creees(monde)} == {Statut.BROUILLON}
    assert "sont en brouillon, à compléter" in page


@pytest.mark.parametrize(
    ("champs", "dit"),
    [
        ({"rythme": "dates", "collees": "14/09/2027, demain peut-être"}, "n'est pas une date"),
        ({"rythme": "semaines", "jours": []}, "Cochez au moins un jour"),
        ({"rang": "quantieme", "quantieme": ""}, "Indiquez le jour du mois"),
        ({"jusqu_au": "01/01/2020"}, "une fin qui suive le début"),
        ({"du": ""}, "Indiquez le jour à partir duquel"),
        ({"fermetures": "20/08/2027 au 02/08/2027"}, "la fin doit suivre le début"),
        ({"rythme": "semaines", "jours": list("0123456"), "jusqu_au": "31/12/2029"}, "plus de 200 sessions"),
        ({"du": "01/01/9999", "jusqu_au": "31/12/9999"}, "trop loin d'aujourd'hui"),
        ({"du": "01/01/0001"}, "trop loin d'aujourd'hui"),
        ({"rythme": "dates", "collees": "14/09/9998"}, "trop loin d'aujourd'hui"),
        ({"modele": "X" * 31 + "{N}"}, "30 caractères"),
        ({"modele": ""}, "obligatoire"),
        ({"duree": "0"}, "supérieure ou égale à 1"),
    ],
)
def test_ce_qui_ne_va_pas_se_dit_a_cote(client_, adresse, monde, champs, dit):
    reponse = envoyer(client_, adresse, **champs)
    assert reponse.status_code == 422 and dit in texte(reponse) and creees(monde) == []


def test_une_fermeture_passe_les_dates_qui_y_tombent(client_, adresse, monde):
    page = texte(
        envoyer(client_, adresse, operation="apercu", vacances="", fermetures="02/08/2027 au 20/08/2027")
    )
    assert "Passée : fermeture" in page


def test_les_memes_dates_et_le_meme_lieu_se_disent(client_, adresse, monde):
    monde.session("PAREILLE", date_debut=dt.date(2027, 1, 4), date_fin=dt.date(2027, 1, 8))
    page = texte(envoyer(client_, adresse, operation="apercu"))
    assert "Mêmes dates que « PAREILLE »" in page


def test_une_action_permanente_n_a_pas_de_serie(client_, adresse, monde):
    type(monde.action).objects.filter(pk=monde.action.pk).update(modalites_entrees_sorties="permanentes")
    page = texte(client_.get(adresse, follow=True))
    assert "une seule suffit" in page


def test_le_nombre_de_requetes_ne_suit_pas_les_sessions(client_, adresse, monde):
    modele = monde.session("MODELE")

    def requetes(nombre, cle):
        champs = {"fin": "nombre", "nombre": str(nombre), "rythme": "semaines", "jours": ["0", "1", "2", "3"]}
        with CaptureQueriesContext(connection) as capture:
            reponse = envoyer(
                client_, adresse, modele, **champs, cle=cle, modele="{AAAA}{MM}{JJ}" + cle[-2:], vacances=""
            )
        assert reponse.status_code == 302
        return len(capture)

    client_.get(adresse)
    peu, beaucoup = requetes(4, CLE), requetes(200, CLE[:-2] + "99")
    assert monde.action.sessions.count() > 190 and peu == beaucoup


def test_un_lecteur_ne_cree_rien(client_, adresse, monde):
    Membre.objects.update(role="lecteur")
    assert envoyer(client_, adresse).status_code == 403 and creees(monde) == []
