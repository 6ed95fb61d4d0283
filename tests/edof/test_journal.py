"""Tests of the log: one line per request, task and run, no secret, and a broker failure logged once."""

import datetime as dt
import json
import logging

import pytest
from axes.models import AccessAttempt
from django.test import Client

from catalogue.models import Presence
from catalogue.tasks import oublier_les_presences
from edof import demande
from edof.horloge import aujourd_hui, maintenant
from edof.journal import EnJSON, SansLesRondes, Texte, UneFois
from edof.suivi import nettoyer
from organismes.courriels import prevenir
from organismes.models import Connexion
from organismes.tasks import envoyer_les_courriels, faire_le_menage
from publication.passages import publier
from tests.api.client import Programme, jeton_de


def lignes(caplog, nom: str) -> list[str]:
    return [trace.getMessage() for trace in caplog.records if trace.name == nom]


def test_une_ligne_par_demande_avec_qui_et_d_ou_sans_ce_qui_est_tape(monde, connecter, caplog):
    caplog.set_level(logging.INFO)
    connecter(monde.gestionnaire).get("/catalogue/?q=secret")
    jeton, secret = jeton_de(monde)
    Programme(secret)("GET", "offres/")
    Client().get("/invitation/un-secret/")
    Client().get("/nulle-part/a%0Ab/")
    acces = lignes(caplog, "edof.acces")
    assert acces[0].startswith("GET /catalogue/ 200 ") and acces[0].endswith(
        f"utilisateur {monde.gestionnaire.pk}, 127.0.0.1"
    )
    assert acces[1].endswith(f"jeton {jeton.pk}, 127.0.0.1") and acces[3].endswith("-, 127.0.0.1")
    assert len(acces) == 4 and "secret" not in "".join(acces) and "\n" not in "".join(acces)


def test_un_refus_dit_qui_et_d_ou(monde, connecter, caplog):
    connecter(monde.gestionnaire).get("/catalogue/sessions/999999/")
    assert lignes(caplog, "edof.erreurs")[0].endswith(
        f"/catalogue/sessions/999999/, utilisateur {monde.gestionnaire.pk}, 127.0.0.1"
    )


def test_une_ligne_par_publication(monde, caplog):
    caplog.set_level(logging.INFO)
    publier(aujourd_hui(), par="test")
    (ligne,) = lignes(caplog, "publication.passages")
    assert (
        ligne
        == f"Publication du {aujourd_hui()} : 0 parues, 0 modifiées, 0 retirées, 0 en erreur, lancée par test"
    )


def test_une_ronde_ne_se_dit_que_si_elle_fait_quelque_chose(monde, caplog):
    """Check that a periodic task that finds nothing to do leaves no line (there are sixty in ten minutes).

    A task that fails, or that sends something, leaves one.
    """
    filtre = SansLesRondes()

    def passe(phrase: str) -> bool:
        return filtre.filter(logging.LogRecord("celery.app.trace", logging.INFO, "x", 1, phrase, (), None))

    nom = "organismes.tasks.envoyer_les_courriels"
    assert not passe(f"Task {nom}[x] succeeded in 0.01s: None")
    assert passe(f"Task {nom}[x] raised unexpected: OSError()")
    assert passe("Task publication.tasks.publier_les_jours_dus[x] succeeded in 0.01s: None")
    caplog.set_level(logging.INFO)
    envoyer_les_courriels()
    assert lignes(caplog, "organismes.courriels") == []
    prevenir(monde.gestionnaire, "mot_de_passe_change")
    envoyer_les_courriels()
    assert lignes(caplog, "organismes.courriels") == ["E-mails envoyés : 1"]


def test_un_courtier_absent_se_dit_une_fois():
    filtre = UneFois()

    def passe(nom: str, niveau: int, phrase: str) -> bool:
        trace = logging.LogRecord(nom, niveau, "x", 1, phrase, (), (OSError, OSError("refusé"), None))
        return filtre.filter(trace) and trace.exc_info is None

    consommateur, phrase = "celery.worker.consumer.consumer", "Cannot connect to %s"
    assert [passe(consommateur, logging.ERROR, phrase) for _ in range(1300)].count(True) == 1
    assert passe(consommateur, logging.ERROR, "another complaint") and filtre.filter(
        logging.LogRecord("edof.erreurs", logging.ERROR, "x", 1, phrase, (), None)
    )


@pytest.mark.django_db
def test_le_menage_oublie_ce_qui_ne_sert_plus(monde):
    for cle, ecart in (("vieille", -1), ("vivante", 1)):
        Connexion.objects.create(
            session_key=cle, session_data="", expire_date=maintenant() + dt.timedelta(hours=ecart)
        )
    for jours in (91, 89):
        essai = AccessAttempt.objects.create(
            username=f"il y a {jours}", ip_address="127.0.0.1", failures_since_start=1
        )
        AccessAttempt.objects.filter(pk=essai.pk).update(attempt_time=maintenant() - dt.timedelta(days=jours))
    for cle, minutes in ((1, 6), (2, 4)):
        vue = maintenant() - dt.timedelta(minutes=minutes)
        Presence.objects.create(utilisateur=monde.gestionnaire, niveau="offre", fiche_id=cle, vue_le=vue)
    for _ in range(2):
        faire_le_menage()
        oublier_les_presences()
        assert list(Connexion.objects.values_list("session_key", flat=True)) == ["vivante"]
        assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["il y a 89"]
        assert list(Presence.objects.values_list("fiche_id", flat=True)) == [2]


def test_une_demande_a_un_numero_dans_sa_reponse_et_dans_le_journal(db, capsys):
    """Check the number of a request: taken when it can be used, else made; in the log, and in a message."""
    for donne in ("", "abc", "a" * 65, "12345678\nfaux", "<script>x"):
        fait = Client().get("/sante/vivant/", HTTP_X_REQUEST_ID=donne).headers["X-Request-ID"]
        assert fait != donne and len(fait) == 32
    reponse = Client().get("/sante/vivant/", HTTP_X_REQUEST_ID="front-2027.01_abc")
    assert reponse.headers["X-Request-ID"] == demande.numero() == "front-2027.01_abc"
    trace = logging.LogRecord("edof.acces", logging.INFO, "x", 1, "GET %s", ("/a\nb",), None)
    trace.acces = {"statut": 200}
    assert Texte().format(trace).endswith("[front-2027.01_abc]")
    lue = json.loads(EnJSON().format(trace))
    assert (lue["demande"], lue["statut"], lue["message"]) == ("front-2027.01_abc", 200, "GET /a\nb")
    assert "\n" not in EnJSON().format(trace)
    entetes: dict[str, str] = {}
    demande.avec_le_message(headers=entetes)
    assert entetes == {"demande": "front-2027.01_abc"}


def test_ce_qui_part_a_sentry_ne_dit_rien_de_personnel():
    demande.commencer("front-2027.01_abc")
    evenement = nettoyer(
        {
            "transaction": "catalogue",
            "request": {"url": "https://x/invitation/secret", "method": "POST", "data": "p", "cookies": "s"},
            "user": {"email": "a@test.example"},
            "extra": {"sys.argv": ["x"]},
            "exception": {"values": [{"type": "ValueError", "value": "a@test.example"}]},
        }
    )
    assert evenement == {
        "transaction": "catalogue",
        "request": {"url": "catalogue", "method": "POST"},
        "exception": {"values": [{"type": "ValueError", "value": ""}]},
        "tags": {"demande": "front-2027.01_abc"},
    }
