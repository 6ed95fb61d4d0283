"""Tests of the deliveries, with real receivers: signed, retried, bounded, given up, sent again."""

import datetime as dt
import json
import os
import signal
import socket
import threading
import time
import warnings
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connections
from standardwebhooks import Webhook

from crochets import envoi, ronde
from crochets.envoi import OCTETS_GARDES, envoyer
from crochets.models import Abonnement, Evenement, Livraison, oublier
from crochets.ronde import livrer, noter, prendre
from crochets.signature import secret_de
from edof.horloge import a_l_instant, aujourd_hui, demain, maintenant, minuit
from organismes.models import Courriel
from publication.passages import publier
from tests.api.client import Programme, jeton_de
from tests.conftest import Monde
from tests.crochets.recepteur import Recu, abonner, recevoir


@pytest.fixture(autouse=True)
def _sur_cette_machine(settings):
    settings.WEBHOOKS_LOCAUX = True


@pytest.fixture
def recepteur():
    with recevoir() as ouvert:
        yield ouvert


def lire(recu: Recu, secret: str) -> dict[str, object]:
    """Return the content of a delivery, read by the library of Standard Webhooks."""
    return Webhook(secret).verify(recu.corps, recu.entetes)


def test_la_bibliotheque_de_standard_webhooks_lit_une_livraison(monde, recepteur):
    abonnement = abonner(monde.organisme, recepteur.url, "session.ouverte")
    session = monde.session(ouverte=True)
    assert livrer() == 1
    [recu] = recepteur.recus
    lu = lire(recu, abonnement.secret)
    assert (lu["type"], lu["data"]["session"]) == ("session.ouverte", session.pk)
    assert dt.datetime.fromisoformat(lu["timestamp"]).tzinfo is not None
    assert recu.entetes["host"] == f"127.0.0.1:{recepteur.port}" and recu.chemin == "/crochet?qui=edof"
    livraison = Livraison.objects.get()
    assert (livraison.etat, livraison.essais, livraison.prochain_essai_le) == ("livree", 1, None)
    assert livraison.derniere["statut"] == 200 and livraison.derniere["reponse"] == "recu"
    with pytest.raises(Exception, match="matching signature"):
        lire(recu, secret_de("autre", 1))
    assert livrer() == 0


def test_pendant_un_jour_les_deux_secrets_signent(monde, recepteur):
    abonnement = abonner(monde.organisme, recepteur.url, "session.ouverte")
    ancien, nouveau = abonnement.secret, secret_de("nouveau", monde.organisme.pk)
    abonnement.renouveler(nouveau)
    abonnement.renouveler(nouveau)
    monde.session(ouverte=True)
    livrer()
    lire(recepteur.recus[0], ancien), lire(recepteur.recus[0], nouveau)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=25)):
        Livraison.objects.rejouer()
        livrer()
        lire(recepteur.recus[1], nouveau)
        with pytest.raises(Exception, match="matching signature"):
            lire(recepteur.recus[1], ancien)


def test_une_nuit_mene_a_ce_qu_elle_a_change(monde, recepteur):
    abonnement = abonner(monde.organisme, recepteur.url, "publication.terminee")
    session = monde.session("avant", ouverte=True)
    with a_l_instant(minuit(demain())):
        publier(aujourd_hui(), par="test")
    livrer()
    adresse = lire(recepteur.recus[0], abonnement.secret)["data"]["changements"]
    assert adresse.startswith("http")
    lus = Programme(jeton_de(monde)[1])("GET", urlsplit(adresse)._replace(scheme="", netloc="").geturl()).lu
    assert [(lu["type"], lu["id"]) for lu in lus["resultats"]] == [("parution.parue", session.pk)]
    Livraison.objects.rejouer()
    livrer()
    assert recepteur.recus[0].corps == recepteur.recus[1].corps


@pytest.mark.parametrize("statut", [301, 302, 307, 400, 404, 429, 500, 503])
def test_seul_un_2xx_est_une_reussite(monde, recepteur, statut):
    recepteur.statut, recepteur.entetes = statut, {"Location": recepteur.url}
    abonner(monde.organisme, recepteur.url, "session.ouverte")
    monde.session(ouverte=True)
    livrer()
    livraison = Livraison.objects.get()
    assert (livraison.etat, livraison.derniere["statut"], len(recepteur.recus)) == ("a_envoyer", statut, 1)


def test_une_reponse_n_est_gardee_qu_au_debut(monde, recepteur):
    recepteur.corps = b"a\x00\xff" + b"x" * 100_000
    abonner(monde.organisme, recepteur.url, "session.ouverte")
    monde.session(ouverte=True)
    livrer()
    reponse = Livraison.objects.get().derniere["reponse"]
    assert len(reponse) <= OCTETS_GARDES and reponse.startswith("a\N{REPLACEMENT CHARACTER}")


def dans_un_processus(faire: Callable[[], object]) -> int:
    """Begin `faire` in a process of its own, with its own connection; return its number."""
    connections.close_all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            del connections["default"]
            faire()
        finally:
            os._exit(0)
    return pid


@pytest.mark.django_db(transaction=True)
def test_tue_il_repart_avec_le_meme_numero(recepteur):
    """Killed once taken, before it is sent; then once received, before that is written."""
    monde = Monde()
    abonner(monde.organisme, recepteur.url, "session.ouverte")
    monde.session(ouverte=True)

    def prendre_et_mourir() -> None:
        prendre([])
        os.kill(os.getpid(), signal.SIGKILL)

    assert os.waitpid(dans_un_processus(prendre_et_mourir), 0)[1] == signal.SIGKILL
    assert livrer() == 0 and not recepteur.recus
    instant = maintenant() + ronde.BAIL
    recepteur.attente = 10
    with a_l_instant(instant):
        pid = dans_un_processus(livrer)
    while not recepteur.recus:
        time.sleep(0.05)
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)
    os.kill(pid, signal.SIGKILL)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL
    recepteur.attente = 0
    with a_l_instant(instant + ronde.BAIL):
        assert livrer() == 1
    un, deux = recepteur.recus
    assert (un.entetes["webhook-id"], un.corps) == (deux.entetes["webhook-id"], deux.corps)
    assert Livraison.objects.get().etat == "livree"


def test_apres_75_heures_d_echecs_il_est_desactive_et_on_le_dit(monde, recepteur):
    recepteur.statut = 500
    abonnement = abonner(monde.organisme, recepteur.url, "session.ouverte", "session.fermee")
    monde.session(ouverte=True)
    debut = instant = maintenant()
    for pause in (dt.timedelta(), *ronde.PAUSES):
        if pause:
            with a_l_instant(instant + pause - dt.timedelta(seconds=1)):
                assert livrer() == 0
        instant += pause
        with a_l_instant(instant):
            assert livrer() == 1
    assert dt.timedelta(hours=75) < instant - debut < dt.timedelta(hours=76)
    assert len(recepteur.recus) == 10 and len({recu.entetes["webhook-id"] for recu in recepteur.recus}) == 1
    abonnement.refresh_from_db()
    assert (abonnement.actif, abonnement.arret) == (False, "echecs")
    [courriel] = Courriel.objects.filter(objet__contains="webhook")
    assert courriel.a == monde.gestionnaire.courriel and "75 heures" in courriel.corps
    monde.session("s2", ouverte=True)
    assert Evenement.objects.count() == 1
    recepteur.statut = 204
    assert abonnement.reprendre() and not abonnement.reprendre()
    assert livrer() == 0
    assert abonnement.livraisons.rejouer() == 1
    assert livrer() == 1
    assert recepteur.recus[-1].entetes["webhook-id"] == recepteur.recus[0].entetes["webhook-id"]
    assert Livraison.objects.get().etat == "livree"


def test_ce_qui_reussit_par_ailleurs_ne_desactive_pas(monde, recepteur):
    recepteur.statut = 400
    abonnement = abonner(monde.organisme, recepteur.url, "session.ouverte")
    monde.session(ouverte=True)
    instant = maintenant()
    for pause in (dt.timedelta(), *ronde.PAUSES):
        instant += pause
        with a_l_instant(instant):
            livrer()
            if pause == ronde.PAUSES[4]:
                recepteur.statut = 200
                abonnement.essayer(monde.gestionnaire)
                livrer()
                recepteur.statut = 400
    abonnement.refresh_from_db()
    assert abonnement.actif
    assert sorted(Livraison.objects.values_list("etat", flat=True)) == ["abandonnee", "livree"]


def test_410_le_desactive_aussitot(monde, recepteur):
    recepteur.statut = 410
    abonnement = abonner(monde.organisme, recepteur.url, "session.ouverte")
    monde.session("a", ouverte=True), monde.session("b", ouverte=True)
    livrer()
    abonnement.refresh_from_db()
    assert (abonnement.actif, abonnement.arret) == (False, "parti")
    assert set(Livraison.objects.values_list("etat", flat=True)) == {"abandonnee"}
    assert Courriel.objects.filter(objet__contains="webhook").count() == 1


@pytest.mark.parametrize(
    ("dit", "attente"),
    [
        ("120", 120),
        ("0", 5),
        ("abc", 5),
        ("-3", 5),
        ("99999999999", 86_400),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 5),
    ],
)
def test_retry_after_est_respecte(monde, recepteur, dit, attente):
    recepteur.statut, recepteur.entetes = 429, {"Retry-After": dit}
    abonner(monde.organisme, recepteur.url, "session.ouverte")
    monde.session(ouverte=True)
    instant = maintenant()
    with a_l_instant(instant):
        livrer()
    with a_l_instant(instant + dt.timedelta(seconds=attente - 1)):
        assert livrer() == 0
    recepteur.statut = 200
    with a_l_instant(instant + dt.timedelta(seconds=attente)):
        assert livrer() == 1


def test_un_destinataire_lent_n_en_retarde_aucun(monde, recepteur, monkeypatch):
    """Ten slow receivers; the fast one has all of its deliveries before any of theirs ends."""
    monkeypatch.setattr(ronde, "DUREE", 0.1)
    monkeypatch.setattr(ronde, "SURSIS", 2.5)
    with recevoir(attente=3.0) as lent:
        for rang in range(10):
            autre = Monde(f"Lent {rang}", f"{52345678900000 + rang}")
            abonnement = abonner(autre.organisme, f"{lent.url}&n={rang}", "session.fermee")
            Abonnement.objects.filter(pk=abonnement.pk).update(lent=True)
            for _ in range(2):
                Livraison.objects.create(abonnement=abonnement, evenement=un_evenement(abonnement))
        rapide = abonner(monde.organisme, recepteur.url, "session.fermee")
        for _ in range(20):
            Livraison.objects.create(abonnement=rapide, evenement=un_evenement(rapide))
        livrer()
        assert rapide.livraisons.filter(etat="livree").count() == 20
        dernier = rapide.livraisons.order_by("livree_le").last().livree_le
        premier_lent = (
            Livraison.objects.exclude(abonnement=rapide).filter(etat="livree").order_by("livree_le")[0]
        )
        assert dernier < premier_lent.livree_le
        assert len(lent.recus) == ronde.LENTES


def un_evenement(abonnement: Abonnement) -> Evenement:
    """Return an event whose deliveries are not made by the trigger."""
    return Evenement.objects.create(organisme=abonnement.organisme, type="essai", donnees={})


def test_un_echange_entier_a_un_delai(monde, monkeypatch):
    """A receiver that sends its answer byte by byte is cut, whatever it has begun."""
    monkeypatch.setattr(envoi, "DELAI", 0.6)
    prise = socket.create_server(("127.0.0.1", 0))

    def egrener() -> None:
        client, _ = prise.accept()
        with client:
            for octet in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 100:
                try:
                    client.sendall(bytes([octet]))
                except OSError:
                    return
                time.sleep(0.05)

    fil = threading.Thread(target=egrener, daemon=True)
    fil.start()
    debut = time.monotonic()
    resultat = envoyer(envoi.Envoi(f"http://127.0.0.1:{prise.getsockname()[1]}/", {}, b"{}"))
    # What is dripped lasts six seconds.
    assert time.monotonic() - debut < 5
    assert not resultat.reussi and "secondes" in resultat.erreur
    fil.join()
    prise.close()


def test_personne_ne_repond(monde):
    abonner(monde.organisme, "http://127.0.0.1:9/", "session.ouverte")
    monde.session(ouverte=True)
    livrer()
    assert Livraison.objects.get().derniere["erreur"] == "Le serveur refuse la connexion."


def test_une_adresse_devenue_privee_n_est_plus_appelee(monde, settings, recepteur):
    abonner(monde.organisme, recepteur.url, "session.ouverte")
    monde.session(ouverte=True)
    settings.WEBHOOKS_LOCAUX = False
    livrer()
    assert not recepteur.recus and Livraison.objects.get().derniere["statut"] is None


def test_un_test_part_meme_desactive_et_n_est_pas_retente(monde, recepteur):
    recepteur.statut = 500
    abonnement = abonner(monde.organisme, recepteur.url, "session.ouverte")
    abonnement.arreter(Abonnement.Arret.VOULU)
    abonnement.essayer(monde.gestionnaire)
    assert livrer() == 1
    assert json.loads(recepteur.recus[0].corps)["type"] == "test.ping"
    assert Livraison.objects.get().etat == "abandonnee"


def test_le_prochain_essai_est_dit_quand_il_y_en_a_un(monde, recepteur):
    """In the future, that of the pause of the receiver when it is later; never of what is over."""
    abonnement = abonner(monde.organisme, recepteur.url, "session.ouverte")
    api = Programme(jeton_de(monde)[1])

    def dit():
        [livraison] = api.tout(f"webhooks/{abonnement.pk}/livraisons/")
        return livraison["etat"], livraison["prochain_essai_le"]

    monde.session(ouverte=True)
    assert dit() == ("a_envoyer", None)
    recepteur.statut = 500
    instant = maintenant()
    with a_l_instant(instant):
        livrer()
        etat, prochain = dit()
        assert etat == "a_envoyer" and dt.datetime.fromisoformat(prochain) == instant + ronde.PAUSES[0]
    with a_l_instant(instant + dt.timedelta(hours=1)):
        assert dit() == ("a_envoyer", None)
        abonnement.refresh_from_db()
        abonnement.pause_jusqu_a = maintenant() + dt.timedelta(hours=2)
        abonnement.save()
        assert dt.datetime.fromisoformat(dit()[1]) == abonnement.pause_jusqu_a
    recepteur.statut = 200
    with a_l_instant(instant + dt.timedelta(hours=4)):
        livrer()
        assert dit() == ("livree", None)
        assert Livraison.objects.rejouer() == 1
        recepteur.statut = 500
        livrer()
        abonnement.arreter(Abonnement.Arret.VOULU)
        assert dit() == ("abandonnee", None)
    assert not Livraison.objects.exclude(prochain_essai_le=None).exists()


def test_ce_qui_est_supprime_ou_arrete_pendant_l_envoi(monde, recepteur):
    abonnement = abonner(monde.organisme, recepteur.url, "session.ouverte")
    monde.session("a", ouverte=True), monde.session("b", ouverte=True)
    (une, pret), (deux, _) = prendre([])
    resultat = envoyer(pret)
    abonnement.arreter(Abonnement.Arret.VOULU)
    noter(une.pk, resultat)
    assert set(Livraison.objects.values_list("etat", flat=True)) == {"livree", "abandonnee"}
    abonnement.delete()
    noter(deux.pk, resultat)
    assert not Livraison.objects.exists()


def test_apres_90_jours_tout_est_oublie(monde, recepteur):
    abonner(monde.organisme, recepteur.url, "session.ouverte")
    monde.session(ouverte=True)
    livrer()
    with a_l_instant(maintenant() + dt.timedelta(days=89)):
        assert oublier() == 0
    with a_l_instant(maintenant() + dt.timedelta(days=91)):
        assert oublier() == 1
    assert not Livraison.objects.exists()
