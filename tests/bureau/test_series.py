"""« Créer une série »: what is shown is what is created, once; nothing before, and it can be taken back."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import Statut
from edof.horloge import a_l_instant
from organismes.droits import Role
from organismes.models import Membre
from sessions_app.models import Fermeture, Habitude, Session
from tests.conftest import Monde
from tests.outils import source, texte

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
    return f"/catalogue/actions/{monde.action.pk}/serie/"


def envoyer(client_, adresse, repris=None, **champs):
    donnees = {**REGLE, "cle": CLE, "operation": "creer", "reprendre": repris.pk if repris else "", **champs}
    return client_.post(adresse, donnees)


def champs_de(page, debut):
    """Return the hidden fields of the page whose name begins so."""
    return dict(re.findall(rf'<input type="hidden" name="({debut}[^"]+)" value="([^"]*)"', page))


def creees(monde):
    return list(monde.action.sessions.exclude(serie=None).order_by("date_debut"))


def test_la_page_s_ouvre_sur_un_exemple_et_n_ecrit_rien(client_, adresse, monde):
    page = texte(client_.get(adresse))
    assert "Le premier lundi de chaque mois" in page and "Rien n'est encore créé" in page
    assert creees(monde) == []


def test_l_apercu_dit_ce_qui_sera_garde_passe_ou_allonge(client_, adresse, monde):
    page = texte(envoyer(client_, adresse, operation="apercu"))
    assert "12 dates : 4 janvier, 1er février, 1er mars…" in page
    assert "8 prêtes · 4 passées" in page
    assert "jeudi 6 mai férié (Ascension)" in page and "Passée : férié (Toussaint), vacances" in page
    assert creees(monde) == []


@pytest.mark.exigence("D-47")
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


@pytest.mark.exigence("D-47")
def test_une_serie_se_choisit_en_entier_dans_la_liste(client_, connecter, adresse, monde):
    monde.session("AUTRE")
    page = client_.get(envoyer(client_, adresse).url, follow=True).content.decode()
    liste = re.search(r"/catalogue/sessions/\?serie=[0-9a-f-]{36}", page)[0]
    lue = texte(client_.get(liste))
    assert "8 sessions répondent à vos filtres, sur 9" in lue and "Série : créée le 30 novembre 2026" in lue
    assert "LOG-2027-01" in lue and "AUTRE" not in lue
    for inconnue in ("/catalogue/sessions/?serie=x", f"/catalogue/sessions/?serie={CLE[:-1]}2"):
        assert client_.get(inconnue).status_code == 200
    autre = connecter(Monde("Autre", "73282932000074").gestionnaire)
    assert "LOG-2027-01" not in texte(autre.get(liste))


def test_ce_qui_a_bouge_depuis_reste(client_, adresse, monde):
    reponse = envoyer(client_, adresse, monde.session("MODELE"))
    page = client_.get(reponse.url, follow=True).content.decode()
    annuler = re.search(r"/catalogue/annuler/([0-9a-f-]{36})/", page)[0]
    changee = creees(monde)[0]
    changee.modalites_particulieres = "Le samedi"
    changee.save()
    page = texte(client_.post(annuler, follow=True))
    assert creees(monde) == [changee] and "LOG-2027-01" in page and "modifiée" in page


def test_un_identifiant_pris_se_change_sur_place_ou_se_prend_libre_d_un_bouton(client_, adresse, monde):
    prise = monde.session("LOG-2027-02")
    reponse = envoyer(client_, adresse)
    page = reponse.content.decode()
    assert reponse.status_code == 422 and creees(monde) == []
    assert "Prendre LOG-2027-02 2" in texte(reponse) and f"/catalogue/sessions/{prise.pk}/" in page
    assert "7 prêtes · 4 passées" in texte(reponse) and "1 identifiant à changer" in texte(reponse)
    # Without JavaScript the button asks for the same page, with the identifier in its field.
    pris = envoyer(client_, adresse, operation="prendre:2027-02-01", **champs_de(page, "propose-"))
    assert 'value="LOG-2027-02 2"' in pris.content.decode() and creees(monde) == []
    assert "8 prêtes" in texte(pris)
    assert envoyer(client_, adresse, **{"identifiant-2027-02-01": "LOG-2027-02-B"}).status_code == 302
    assert "LOG-2027-02-B" in [s.identifiant for s in creees(monde)]


def test_un_identifiant_pris_n_arrete_que_sa_ligne_quand_il_a_ete_montre(client_, adresse, monde):
    monde.session("LOG-2027-02")
    page = envoyer(client_, adresse).content.decode()
    assert "Créer\N{NO-BREAK SPACE}7" not in page and "Créer 7 sessions" in " ".join(page.split())
    reponse = envoyer(client_, adresse, **champs_de(page, "erreur-"))
    assert reponse.status_code == 302 and len(creees(monde)) == 7
    assert "1 identifiant pris : sa session n'a pas été créée" in texte(client_.get(reponse.url, follow=True))


def test_ce_qui_est_propose_est_libre_pour_toutes_les_lignes(client_, adresse, monde):
    page = texte(envoyer(client_, adresse, operation="apercu", modele="PAREIL"))
    assert "Prendre PAREIL 2" in page and "Prendre PAREIL 8" in page


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


@pytest.mark.parametrize(
    ("role", "dit"),
    [
        (Role.GESTIONNAIRE, "Elle est validée : vous pouvez l'ouvrir à l'inscription."),
        (Role.REDACTEUR, "Elle est validée : un gestionnaire peut l'ouvrir à l'inscription."),
    ],
)
def test_une_seule_session_se_dit_au_singulier_a_qui_peut_l_ouvrir(connecter, adresse, monde, role, dit):
    client_ = connecter(monde.personne("une-personne", role))
    reponse = envoyer(client_, adresse, monde.session("MODELE"), jusqu_au="31/01/2027")
    assert f"1 session a été créée. {dit}" in texte(client_.get(reponse.url, follow=True))


@pytest.mark.exigence("D-08")
def test_des_sessions_d_un_jour_sont_dites_brouillons_avant_d_etre_creees(client_, adresse, monde, settings):
    dit = "Elle commence et finit le même jour, ce qu'EDOF n'accepte pas : elle restera en brouillon."
    assert dit in texte(envoyer(client_, adresse, monde.session("MODELE"), operation="apercu", duree="1"))
    assert dit not in texte(envoyer(client_, adresse, operation="apercu", duree="2"))
    envoyer(client_, adresse, Session.objects.get(identifiant="MODELE"), duree="1")
    assert {session.statut for session in creees(monde)} == {Statut.BROUILLON}


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


def test_l_apercu_qui_suit_la_frappe_dit_ce_qui_l_empeche(client_, adresse):
    saisie = {**REGLE, "jusqu_au": "01/01/2020", "operation": "apercu"}
    page = client_.post(adresse, saisie, headers={"HX-Request": "true"}).content.decode()
    quand, apercu = (page.split(f'id="{zone}"')[1] for zone in ("serie-phrase", "serie-apercu"))
    assert "une fin qui suive le début" in quand.split("</div>")[0] and "suive le début" in apercu


def test_une_fermeture_passe_les_dates_qui_y_tombent(client_, adresse, monde):
    page = texte(
        envoyer(client_, adresse, operation="apercu", vacances="", fermetures="02/08/2027 au 20/08/2027")
    )
    assert "Passée : date exclue" in page


def test_les_fermetures_de_l_organisme_sont_exclues_si_leur_case_est_cochee(client_, adresse, monde):
    Fermeture.objects.create(
        genre="propre", organisme=monde.organisme, nom="Fermeture d'été", du=dt.date(2027, 8, 2),
        au=dt.date(2027, 8, 20),
    )  # fmt: skip
    sans = texte(envoyer(client_, adresse, operation="apercu", vacances=""))
    avec = texte(envoyer(client_, adresse, operation="apercu", vacances="", propres="on"))
    assert "Fermeture d'été : du 2 au 20 août" in sans and "Passée : fermeture" not in sans
    assert "Passée : fermeture (Fermeture d'été)" in avec
    assert "checked" in re.search(r'<input[^>]*name="propres"[^>]*>', source(client_.get(adresse)))[0]


@pytest.mark.exigence("D-49")
def test_au_dela_du_calendrier_scolaire_rien_n_est_passe_en_silence(client_, adresse):
    page = texte(envoyer(client_, adresse, operation="apercu", jusqu_au="31/12/2029"))
    assert "Les vacances de la zone C ne sont connues que jusqu'au 31 août 2028" in page
    assert "ne sont connues" not in texte(envoyer(client_, adresse, operation="apercu"))


def test_le_calendrier_montre_ce_que_sont_les_jours(client_, adresse):
    page = source(envoyer(client_, adresse, operation="apercu"))
    assert page.count('<span class="pris"') >= 8 * 5 - 1 and page.count('<span class="passe"') == 4 + 1
    mai = page[page.index('<p aria-hidden="true">mai</p>') : page.index('<p aria-hidden="true">juin</p>')]
    # Ascension inside the session of 3 May, which it lengthens to the 10th; the weekend does not count.
    assert re.findall(r'<span class="pris"[^>]*>(\d+)</span>', mai) == ["3", "4", "5", "7", "10"]
    assert '<span class="ferie">6</span>' in mai and '<span class="">9</span>' in mai
    # On a telephone: in words.
    assert "3 – 10 mai 2027 : LOG-2027-05" in texte(envoyer(client_, adresse, operation="apercu"))


def test_deux_sessions_qui_se_suivent_au_meme_lieu_ne_se_croisent_pas(client_, adresse, monde):
    autre = monde.nouvelle_action("ACTION-2")
    for nom, du, au in (("AVANT", (2027, 2, 22), (2027, 2, 28)), ("DEDANS", (2027, 3, 5), (2027, 3, 12))):
        monde.session(nom, action=autre, date_debut=dt.date(*du), date_fin=dt.date(*au))
    page = texte(envoyer(client_, adresse, operation="apercu"))
    assert "Au même lieu que « DEDANS »" in page and "« AVANT »" not in page
    # End 04/06, start 07/06.
    dates = {"rythme": "dates", "collees": "31/05/2027, 07/06/2027", "operation": "apercu"}
    page = texte(envoyer(client_, adresse, **dates, modele="{N}"))
    assert "Au même lieu que « 1 »" not in page
    page = texte(envoyer(client_, adresse, **dates, modele="{N}", duree="6"))
    assert "Au même lieu que « 1 »" in page


def test_sans_modele_le_contact_et_l_adresse_proposes_sont_repris(client_, adresse, monde):
    Habitude.objects.create(organisme=monde.organisme, contact=monde.contact, adresse=monde.lieu)
    envoyer(client_, adresse)
    assert {(s.contact_inscription, s.adresse_inscription) for s in creees(monde)} == {
        (monde.contact, monde.lieu)
    }


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
        # Beside who is signed in (asked twice), and the message that the next page reads.
        autres = ("SAVEPOINT", "RELEASE", "UPDATE", 'SELECT "organismes_membre"')
        return len([requete for requete in capture if not requete["sql"].startswith(autres)])

    client_.get(adresse)
    peu, beaucoup = requetes(4, CLE), requetes(200, CLE[:-2] + "99")
    assert monde.action.sessions.count() > 190 and peu == beaucoup <= 8


def test_un_lecteur_ne_cree_rien(client_, adresse, monde):
    Membre.objects.update(role="lecteur")
    assert envoyer(client_, adresse).status_code == 403 and creees(monde) == []
