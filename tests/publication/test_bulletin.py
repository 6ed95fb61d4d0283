"""Tests of the digest by e-mail: what it says, to whom, when, and only once."""

import datetime as dt
import os
import random
import re
import signal
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from catalogue.models import Certification
from edof.celery import app
from edof.horloge import PARIS, a_l_instant, aujourd_hui
from organismes.courriels import envoyer_ce_qui_attend
from organismes.droits import Operation, Role
from organismes.models import Bulletin, Courriel, Frequence, Membre, Organisme, Qualiopi, Utilisateur
from organismes.models.courriel import PAUSES
from organismes.tasks import faire_le_menage
from publication.bulletin import contenu_pour
from publication.distribution import a_servir, distribuer
from publication.models import Parution
from publication.passages import publier
from publication.visibilite import publiques
from sessions_app.models import Session
from tests.conftest import Monde

# A Monday.
LUNDI = dt.date(2027, 3, 15)
SANS_DATES = {"pas_de_dates": True, "date_debut": None, "date_fin": None}


def le(jour: dt.date, heure: int = 8):
    return a_l_instant(dt.datetime.combine(jour, dt.time(heure), tzinfo=PARIS))


def dans(jours: int) -> dt.date:
    return LUNDI + dt.timedelta(jours)


def choisir(personne: Utilisateur, frequence: str, jour: dt.date) -> None:
    Utilisateur.objects.filter(pk=personne.pk).update(
        frequence_du_bulletin=frequence, bulletin_choisi_le=jour
    )


@pytest.fixture
def ancien(db) -> Monde:
    """Return an organisme of three weeks ago, with a session opened on Sunday and nothing else to say."""
    with le(dans(-21)):
        monde = Monde()
    with le(dans(-1)):
        monde.session("neuve", ouverte=True, date_debut=dans(60), date_fin=dans(90))
    return monde


def matin(jour: dt.date) -> int:
    """Publish the day, then distribute the digests."""
    with le(jour):
        publier(jour, par="test")
        return distribuer()


def recu() -> mail.EmailMessage:
    """Send what waits in the queue, and return the only e-mail."""
    mail.outbox.clear()
    with le(dans(7)):
        assert envoyer_ce_qui_attend() == 1
    return mail.outbox[0]


def corps(message: mail.EmailMessage) -> str:
    return message.body.replace("\u00a0", " ")


def test_le_bulletin_dit_ce_qui_change(ancien):
    with le(dans(-1)):
        libre = ancien.nouvelle_action("LIBRE", "permanentes")
        for rang in range(7):
            ancien.session(f"p{rang}", action=libre, ouverte=True, **SANS_DATES)
        ancien.session("debute", ouverte=True, date_debut=LUNDI, date_fin=dans(9))
        cassee = ancien.session("cassee", ouverte=True, date_debut=dans(60), date_fin=dans(90))
        Session.objects.filter(pk=cassee.pk).update(date_fin=cassee.date_debut)
        Certification.objects.filter(code="RNCP1").update(date_fin_enregistrement=dans(20))
    with le(LUNDI):
        publier(LUNDI, par="test")
        executer(
            libre,
            Operation.MODIFIER,
            par=ancien.gestionnaire,
            valeurs={"modalites_entrees_sorties": "dates_fixes"},
        )
        ancien.session("attend", ouverte=True, date_debut=dans(60), date_fin=dans(90))
        Qualiopi.objects.update(au=dans(10))
        assert distribuer() == 1
    message = recu()
    assert message.to == [ancien.gestionnaire.courriel]
    assert message.subject.replace("\u00a0", " ") == (
        "Votre catalogue : 8 sessions vont disparaître, 1 session n'est pas visible"
    )
    dit = corps(message)
    parties = re.findall(r"^(.+) : (\d+ sessions?)$", dit, re.M)
    assert parties == [
        ("Vont disparaître demain matin", "8 sessions"),
        ("Ouverte, mais pas visible", "1 session"),
        ("Paraîtra demain matin", "1 session"),
        ("Ont paru", "9 sessions"),
    ]
    # What nobody expects comes first: « debute » is among the others.
    assert "- p0 (Texte, CHEVILLY LARUE)\n  L'action est à dates fixes, mais la session" in dit
    assert "- et 3 autres\n" in dit and "- debute" not in dit.split("Ont paru")[0]
    assert "- cassee (Texte, CHEVILLY LARUE)\n  La date de fin" in dit and "- attend (" in dit
    assert "Certificat Qualiopi « Actions de formation »\n  Valable jusqu'au 25 mars 2027" in dit
    assert "- RNCP1 · Titre professionnel\n  En vigueur jusqu'au 4 avril 2027 : 1 offre active la vise" in dit
    assert "depuis le 8 mars 2027" in dit and "http://localhost:8000/a-faire/vont_disparaitre/\n" in dit
    assert "\n\n\n" not in dit


def test_ce_qui_a_ete_ferme_dans_la_nuit_n_a_paru_pour_personne(ancien):
    with le(LUNDI, 0):
        executer(Session.objects.get(), Operation.FERMER, par=ancien.gestionnaire)
    # The register keeps what midnight had ready; nobody has seen it.
    assert matin(LUNDI) == 0
    assert Parution.objects.get().du == LUNDI and not publiques().exists()


def test_rien_a_dire_rien_d_envoye(ancien):
    with le(LUNDI):
        Session.objects.all().delete()
    assert matin(LUNDI) == 0
    assert not Courriel.objects.exists() and Bulletin.objects.get().envoye is False
    # It is not looked at again all day.
    with le(LUNDI, 18):
        assert not a_servir(LUNDI).exists()


def test_chaque_lundi_meme_en_retard_et_pas_deux_fois(ancien):
    choisir(ancien.gestionnaire, Frequence.HEBDOMADAIRE, dans(-14))
    # Monday's run is late, and nothing is sent before it: it says what has appeared.
    with le(LUNDI):
        assert distribuer() == 0 and not Bulletin.objects.exists()
    assert matin(dans(1)) == 1
    assert [matin(dans(n)) for n in range(2, 7)] == [0] * 5
    ancien_bulletin = Bulletin.objects.get()
    assert (ancien_bulletin.jour, ancien_bulletin.envoye) == (dans(1), True)
    # The next one looks back to the last one only: there is nothing new.
    assert matin(dans(7)) == 0 and Bulletin.objects.count() == 2


def test_chaque_matin_ce_qui_dure_n_est_redit_que_le_lundi(ancien):
    choisir(ancien.gestionnaire, Frequence.QUOTIDIEN, dans(-14))
    with le(dans(-1)):
        cassee = ancien.session("cassee", ouverte=True, date_debut=dans(60), date_fin=dans(90))
        Session.objects.filter(pk=cassee.pk).update(date_fin=cassee.date_debut)
    Qualiopi.objects.update(au=dans(9))
    # Monday: new. Tuesday: seven days before the end of the certificate is Tuesday.
    assert [matin(dans(n)) for n in range(8)] == [1, 0, 1, 0, 0, 0, 0, 1]
    assert Bulletin.objects.count() == 8
    assert "Ouverte, mais pas visible : 1" in corps(dernier()).replace("\xa0", " ")


def dernier() -> mail.EmailMessage:
    """Send what waits in the queue, and return the last e-mail."""
    mail.outbox.clear()
    with le(dans(7)):
        envoyer_ce_qui_attend()
    return mail.outbox[-1]


def test_un_jour_sans_programme_n_est_pas_perdu(ancien):
    choisir(ancien.gestionnaire, Frequence.QUOTIDIEN, dans(-14))
    assert matin(LUNDI) == 1
    with le(LUNDI, 14):
        ancien.session("mardi", ouverte=True, date_debut=dans(60), date_fin=dans(90))
    # Nothing runs on Tuesday and on Wednesday.
    assert matin(dans(3)) == 1
    dit = corps(dernier())
    assert "depuis le 15 mars 2027" in dit and "- mardi (" in dit and "- neuve" not in dit


@pytest.mark.parametrize("frequence", list(Frequence))
def test_qui_vient_de_choisir_attend_son_jour(ancien, frequence):
    choisir(ancien.gestionnaire, frequence, LUNDI)
    recus = [matin(dans(n)) for n in range(8)]
    # What had appeared before the choice is not told: nothing has happened since.
    assert recus == [0] * 8
    assert Bulletin.objects.count() == {"quotidien": 7, "hebdomadaire": 1, "jamais": 0}[frequence]


def test_ni_compte_desactive_ni_personne_sans_organisme(ancien):
    seul = Utilisateur.objects.create_user("seul@test.example", "x")
    parti = ancien.personne("parti", Role.LECTEUR)
    Utilisateur.objects.filter(pk=parti.pk).update(is_active=False)
    choisir(seul, Frequence.QUOTIDIEN, dans(-14))
    assert list(a_servir(LUNDI).values_list("courriel", flat=True)) == [ancien.gestionnaire.courriel]


def test_une_seule_serie_de_requetes_pour_des_centaines_d_organismes(ancien):
    def requetes() -> int:
        organismes = list(Organisme.objects.all())
        with CaptureQueriesContext(connection) as faites:
            contenu = contenu_pour(organismes, dans(-7), LUNDI)
        assert len(contenu.chapitres) == len(organismes)
        return len(faites)

    with le(LUNDI):
        publier(LUNDI, par="test")
    Qualiopi.objects.update(au=dans(9))
    with le(LUNDI):
        assert requetes() == 4
        for rang in range(200):
            autre = Organisme.objects.create(raison_sociale=f"Autre {rang}", siret=f"{10**13 + rang}")
            Qualiopi.objects.create(
                organisme=autre, categorie="actions_de_formation", du=dans(-90), au=dans(9)
            )
            Membre.objects.create(utilisateur=ancien.gestionnaire, organisme=autre)
        assert requetes() == 4
        assert distribuer() == 1
    dit = corps(recu())
    assert dit.count("===\n") == 201 and "choisissez l'organisme" in dit


# --- Once ---


@pytest.mark.django_db(transaction=True)
def test_tue_a_tout_moment_chacun_en_recoit_un_seul():
    """Kill the process that distributes, several times; then let it finish."""
    with le(dans(-21)):
        monde = Monde()
        personnes = [monde.personne(f"p{rang}", Role.LECTEUR) for rang in range(40)]
    with le(dans(-1)):
        monde.session("neuve", ouverte=True, date_debut=dans(60), date_fin=dans(90))
    with le(LUNDI):
        publier(LUNDI, par="test")
    hasard, tues = random.Random(20), 0
    for _ in range(12):
        connections.close_all()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            try:
                # The connection of this process belongs to its parent.
                heritee = connections["default"]
                del connections["default"]
                with le(LUNDI):
                    distribuer()
                del heritee
            finally:
                os._exit(0)
        time.sleep(hasard.uniform(0.01, 0.12))
        os.kill(pid, signal.SIGKILL)
        tues += os.WIFSIGNALED(os.waitpid(pid, 0)[1])
        # A row and its e-mail exist together, or neither does.
        assert Bulletin.objects.filter(envoye=True).count() == Courriel.objects.count()
    with le(LUNDI):
        distribuer()
        assert distribuer() == 0
    assert tues and Bulletin.objects.count() == len(personnes) + 1
    destinataires = list(Courriel.objects.values_list("a", flat=True))
    assert len(destinataires) == len(set(destinataires)) == len(personnes) + 1


@pytest.mark.django_db(transaction=True)
def test_deux_beats_n_en_envoient_pas_deux():
    with le(dans(-21)):
        monde = Monde()
        for rang in range(15):
            monde.personne(f"p{rang}", Role.LECTEUR)
    with le(dans(-1)):
        monde.session("neuve", ouverte=True, date_debut=dans(60), date_fin=dans(90))
    with le(LUNDI):
        publier(LUNDI, par="test")

    def travailler(_: int) -> int:
        try:
            with le(LUNDI):
                return distribuer()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as ouvriers:
        assert sum(ouvriers.map(travailler, range(4))) == 16
    assert Bulletin.objects.count() == Courriel.objects.count() == 16


def test_un_serveur_de_messagerie_absent_n_en_perd_aucun(ancien, settings, tmp_path):
    """Check that the e-mail waits in its row, and that the digest is not composed again meanwhile."""
    assert matin(LUNDI) == 1
    prise = tmp_path / "prise"
    prise.write_text("")
    bon = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(prise)
    with le(LUNDI, 9):
        assert envoyer_ce_qui_attend() == 0 and distribuer() == 0
    settings.EMAIL_BACKEND = bon
    mail.outbox.clear()
    with a_l_instant(dt.datetime.combine(LUNDI, dt.time(9), tzinfo=PARIS) + PAUSES[0]):
        assert (envoyer_ce_qui_attend(), envoyer_ce_qui_attend()) == (1, 0)
    assert len(mail.outbox) == 1 and Courriel.objects.count() == 0


def test_celui_qui_echoue_n_arrete_pas_les_autres(ancien):
    """Check a person whose e-mail cannot be composed; the next round tries again."""
    with le(dans(-14)):
        fautif = ancien.personne("fautif", Role.LECTEUR)
    with connection.cursor() as curseur:
        curseur.execute(
            "CREATE FUNCTION casser() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
            f" IF NEW.utilisateur_id = {fautif.pk} THEN RAISE 'panne'; END IF; RETURN NEW; END$$;"
            "CREATE TRIGGER casser BEFORE INSERT ON organismes_bulletin FOR EACH ROW"
            " EXECUTE FUNCTION casser()"
        )
    assert matin(LUNDI) == 1
    with connection.cursor() as curseur:
        curseur.execute("DROP TRIGGER casser ON organismes_bulletin; DROP FUNCTION casser()")
    with le(LUNDI, 9):
        assert distribuer() == 1 and distribuer() == 0
    assert Courriel.objects.count() == 2


def test_la_ronde_les_envoie_et_le_menage_les_oublie(ancien):
    assert app.conf.beat_schedule["bulletins"]["task"] == "publication.tasks.envoyer_les_bulletins"
    assert matin(LUNDI) == 1
    with le(dans(100)):
        faire_le_menage()
    assert not Bulletin.objects.exists()


# --- Stopping it ---


def lien_recu(ancien: Monde) -> str:
    assert matin(LUNDI) == 1
    message = recu()
    entetes = message.message()
    adresse = entetes["List-Unsubscribe"].strip("<>")
    assert adresse in message.body and entetes["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert entetes["Message-ID"] == f"<bulletin-{ancien.gestionnaire.pk}-2027-03-15@localhost>"
    return adresse.removeprefix("http://localhost:8000")


def test_le_lien_arrete_le_bulletin_sans_se_connecter(ancien):
    adresse = lien_recu(ancien)
    client = Client(enforce_csrf_checks=True)
    page = client.get(adresse)
    assert page.status_code == 200 and "Ne plus le recevoir" in page.text
    ancien.gestionnaire.refresh_from_db()
    assert ancien.gestionnaire.frequence_du_bulletin == Frequence.HEBDOMADAIRE
    # As a mail program does, without cookie nor page; twice is as once.
    for _ in range(2):
        page = client.post(adresse, {"List-Unsubscribe": "One-Click"})
        assert page.status_code == 200 and "Vous ne recevez plus le bulletin" in page.text
    assert "Vous ne recevez plus" in client.get(adresse).text
    assert matin(dans(7)) == 0 and not a_servir(dans(7)).exists()


def test_un_lien_coupe_ou_fabrique_n_arrete_rien(ancien):
    adresse = lien_recu(ancien)
    for faux in (adresse[:-4] + "/", "/bulletin/x/", f"/bulletin/{ancien.gestionnaire.pk}/"):
        for reponse in (Client().get(faux), Client().post(faux)):
            assert reponse.status_code == 410 and "Ce lien ne mène à aucun bulletin" in reponse.text
    ancien.gestionnaire.refresh_from_db()
    assert ancien.gestionnaire.frequence_du_bulletin == Frequence.HEBDOMADAIRE


def test_chacun_choisit_dans_son_compte(monde, connecter):
    client = connecter(monde.gestionnaire)
    page = client.get("/compte/")
    assert re.search(r'value="hebdomadaire"[^>]*checked', page.text)
    page = client.post("/compte/", {"partie": "bulletin", "frequence_du_bulletin": "quotidien"}, follow=True)
    assert "Vous recevrez le bulletin chaque matin, dès demain." in page.text.replace("&#x27;", "'")
    monde.gestionnaire.refresh_from_db()
    assert monde.gestionnaire.frequence_du_bulletin == "quotidien"
    assert monde.gestionnaire.bulletin_choisi_le == aujourd_hui()
    # The same choice again does not put the next one off.
    Utilisateur.objects.update(bulletin_choisi_le=dans(-700))
    client.post("/compte/", {"partie": "bulletin", "frequence_du_bulletin": "quotidien"})
    monde.gestionnaire.refresh_from_db()
    assert monde.gestionnaire.bulletin_choisi_le == dans(-700)
    page = client.post("/compte/", {"partie": "bulletin", "frequence_du_bulletin": "parfois"})
    assert page.status_code == 422 and "Votre nom" in page.text
