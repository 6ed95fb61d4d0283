"""Tests of the e-mails that the program sends.

None is superfluous, and users are informed of what concerns their account or their organisme.
"""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.db import connections, transaction
from django.test import Client

from edof.horloge import a_l_instant, maintenant
from organismes import equipe
from organismes.courriels import aux_gestionnaires, envoyer_ce_qui_attend, prevenir
from organismes.droits import Role
from organismes.equipe import PAR_ADRESSE, EquipeRefusee
from organismes.models import Courriel, Invitation, Jeton, Organisme
from organismes.models.courriel import PAUSES
from organismes.tasks import faire_le_menage
from tests.api.client import jeton_de
from tests.conftest import Monde

MOT_DE_PASSE = "demo-edof-mot-de-passe"
NOUVEAU = "une autre phrase assez longue"


@pytest.fixture
def recus(django_capture_on_commit_callbacks):
    """Return a function that runs `geste` and returns the (recipient, subject) of each e-mail sent."""

    def _recus(geste) -> list[tuple[str, str]]:
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            geste()
        envoyer_ce_qui_attend()
        return sorted((message.to[0], message.subject) for message in mail.outbox)

    return _recus


def test_vingt_clics_n_envoient_qu_un_e_mail_et_son_lien_vaut(monde, connecter):
    client = connecter(monde.gestionnaire)
    pages = [
        client.post("/equipe/inviter/", {"courriel": "nina@test.example", "role": "lecteur"}, follow=True)
        for _ in range(5)
    ]
    pk = Invitation.objects.get().pk
    pages += [client.post(f"/equipe/invitations/{pk}/renouveler/", follow=True) for _ in range(15)]
    assert len(mail.outbox) == 1 and "un seul e-mail suffit" in pages[-1].text
    jeton = mail.outbox[0].body.split("/invitation/")[1].split("/")[0]
    assert Client().get(f"/invitation/{jeton}/").status_code == 200


def test_une_adresse_ne_recoit_pas_d_invitations_sans_fin(monde):
    """Check the limit per address, over all organismes, also when the invitations are cancelled."""
    mondes = [monde, Monde("Autre", "52345678900017")]
    for rang in range(PAR_ADRESSE):
        qui = mondes[rang % 2]
        invitation, _ = equipe.inviter(qui.organisme, "Nina@test.example", Role.LECTEUR, par=qui.gestionnaire)
        equipe.annuler(invitation, par=qui.gestionnaire)
    with pytest.raises(EquipeRefusee, match="attendez demain"):
        equipe.inviter(monde.organisme, "nina@test.example", Role.LECTEUR, par=monde.gestionnaire)
    equipe.inviter(monde.organisme, "autre@test.example", Role.LECTEUR, par=monde.gestionnaire)


def test_un_organisme_n_envoie_pas_d_invitations_sans_fin(monde, connecter, monkeypatch):
    monkeypatch.setattr(equipe, "PAR_ORGANISME", 3)
    client = connecter(monde.gestionnaire)
    for rang in range(4):
        page = client.post(
            "/equipe/inviter/", {"courriel": f"n{rang}@test.example", "role": "lecteur"}, follow=True
        )
    assert page.status_code == 422 and "attendez demain" in page.text and "n3@test.example" in page.text
    assert len(mail.outbox) == 3


def test_le_proprietaire_apprend_ce_qui_change_de_son_compte(monde, connecter, recus):
    moi = monde.gestionnaire.courriel
    client = connecter(monde.gestionnaire)
    donnees = {
        "partie": "mot_de_passe",
        "old_password": MOT_DE_PASSE,
        "new_password1": NOUVEAU,
        "new_password2": NOUVEAU,
    }
    assert recus(lambda: client.post("/compte/", donnees)) == [
        (moi, "Votre mot de passe Catalogue OF a changé")
    ]
    entrer = {"username": moi, "password": NOUVEAU}
    navigateur = Client()
    assert recus(lambda: navigateur.post("/connexion/", entrer)) == [
        (moi, "Nouvelle connexion à votre compte")
    ]
    # From now on the browser is known.
    navigateur.post("/deconnexion/")
    assert recus(lambda: navigateur.post("/connexion/", entrer)) == []


def test_la_toute_premiere_connexion_n_alarme_personne(monde, recus):
    nouvelle = monde.personne("nouvelle", Role.LECTEUR)
    assert (
        recus(lambda: Client().post("/connexion/", {"username": nouvelle.courriel, "password": MOT_DE_PASSE}))
        == []
    )


def test_les_gestionnaires_apprennent_qu_un_jeton_ou_un_gestionnaire_est_fait(
    monde, connecter, recus, admin_client
):
    moi, autre = monde.gestionnaire.courriel, monde.personne("autre", Role.GESTIONNAIRE).courriel
    promue = monde.personne("promue", Role.LECTEUR)
    Monde("Ailleurs", "52345678900017")
    client = connecter(monde.gestionnaire)
    cle = "5f0c0f3e-8f6b-4f7e-9a51-6f7d1c9d2a11"

    def creer():
        for _ in range(2):
            client.post("/jetons/creer/", {"nom": "Planning", "role": "gestionnaire", "cle": cle})

    titre = "Un jeton d'API est créé pour Institut"
    assert recus(creer) == sorted([(autre, titre), (moi, titre)]) and Jeton.objects.count() == 1
    titre = f"{promue} est gestionnaire d'Institut"
    membre = promue.membres.get()
    promouvoir = recus(lambda: client.post(f"/equipe/{membre.pk}/role/", {"role": "gestionnaire"}))
    assert promouvoir == sorted((qui, titre) for qui in (moi, autre, promue.courriel))
    assert recus(lambda: client.post(f"/equipe/{membre.pk}/role/", {"role": "gestionnaire"})) == []
    assert recus(lambda: client.post(f"/equipe/{membre.pk}/role/", {"role": "lecteur"})) == []


def test_un_dossier_d_e_mails_qui_ne_s_ecrit_pas_se_dit_et_se_note(
    monde, connecter, settings, tmp_path, caplog
):
    """Check a failure to write the e-mails to their folder.

    The folder is a file here, so that even root cannot write in it.
    """
    dossier = tmp_path / "courriels"
    dossier.write_text("")
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = (
        "django.core.mail.backends.filebased.EmailBackend",
        str(dossier),
    )
    page = connecter(monde.gestionnaire).post(
        "/equipe/inviter/", {"courriel": "nina@test.example", "role": "lecteur"}, follow=True
    )
    assert (
        page.status_code == 200
        and "L'e-mail n'est pas parti." in page.text
        and Invitation.objects.get().echec
    )
    caplog.clear()
    Client().post("/mot-de-passe/oublie/", {"email": monde.gestionnaire.courriel})
    envoyer_ce_qui_attend()
    assert "non envoyé" in caplog.text


def test_l_equipe_a_son_historique(monde, connecter, django_assert_max_num_queries):
    client = connecter(monde.gestionnaire)
    autre = monde.personne("autre", Role.GESTIONNAIRE)
    client.post("/equipe/inviter/", {"courriel": "nina@test.example", "role": "lecteur"})
    equipe.annuler(Invitation.objects.get(), par=autre)
    client.post(
        "/jetons/creer/",
        {"nom": "Planning", "role": "lecteur", "cle": "5f0c0f3e-8f6b-4f7e-9a51-6f7d1c9d2a11"},
    )
    client.post(f"/jetons/{Jeton.objects.get().pk}/revoquer/")
    client.post(f"/equipe/{autre.membres.get().pk}/role/", {"role": "lecteur"})
    equipe.retirer(autre.membres.get(), par=monde.gestionnaire)
    Monde("Ailleurs", "52345678900017").personne("ailleurs", Role.LECTEUR)
    with django_assert_max_num_queries(13):
        page = client.get("/equipe/historique/")
    lues = [fait.phrase for fait in page.context["faits"]]
    # The test is one transaction, so all lines have the same instant: only lines of one kind are in order.
    assert set(lues) >= {
        f"{autre} ne fait plus partie de l'équipe.",
        f"{autre} a maintenant le rôle « Lecteur ».",
        "Jeton d'API « Planning » révoqué.",
        "Jeton d'API « Planning » créé, avec le rôle « Lecteur ».",
        "Invitation à nina@test.example annulée.",
        "Invitation à nina@test.example, avec le rôle « Lecteur ».",
    }
    qui = {fait.phrase: fait.qui for fait in page.context["faits"]}
    assert [qui[phrase] for phrase in lues if phrase.startswith("Invitation")] == [
        str(autre),
        str(monde.gestionnaire),
    ]
    assert "ailleurs" not in page.text


# --- E-mails that wait for the mail server ---


def deposes() -> list[tuple[int, str]]:
    return list(Courriel.objects.order_by("pk").values_list("essais", "echec"))


def test_un_e_mail_attend_le_serveur_puis_est_abandonne(monde, settings, tmp_path):
    dossier = tmp_path / "prise"
    dossier.write_text("un fichier, où un dossier est attendu")
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(dossier)
    Client().post("/mot-de-passe/oublie/", {"email": monde.gestionnaire.courriel})
    instant = maintenant()
    for rang, pause in enumerate(PAUSES, 1):
        with a_l_instant(instant):
            assert envoyer_ce_qui_attend() == 0
            assert envoyer_ce_qui_attend() == 0
        assert deposes() == [(rang, "Le serveur de messagerie a refusé l'e-mail ou n'est pas joignable.")]
        instant += pause
    assert "/mot-de-passe/" in Courriel.objects.get().corps
    with a_l_instant(instant):
        envoyer_ce_qui_attend()
    (abandonne,) = Courriel.objects.abandonnes()
    assert abandonne.corps == "" and abandonne.essais == len(PAUSES) + 1
    with a_l_instant(instant + dt.timedelta(days=100)):
        faire_le_menage()
    assert deposes() == []


def test_le_serveur_revient_et_l_e_mail_part_une_fois(monde):
    Client().post("/mot-de-passe/oublie/", {"email": monde.gestionnaire.courriel})
    Courriel.objects.get().remettre("Le serveur de messagerie n'a pas répondu.")
    assert envoyer_ce_qui_attend() == 0 and mail.outbox == []
    with a_l_instant(maintenant() + PAUSES[0]):
        assert (envoyer_ce_qui_attend(), envoyer_ce_qui_attend()) == (1, 0)
    assert len(mail.outbox) == 1 and deposes() == []


def test_un_e_mail_impossible_n_arrete_pas_les_autres(monde):
    Courriel.objects.create(a="x@test.example", objet="Deux\nlignes", corps="x")
    Client().post("/mot-de-passe/oublie/", {"email": monde.gestionnaire.courriel})
    assert envoyer_ce_qui_attend() == 1 and len(mail.outbox) == 1
    assert deposes() == [(1, "Cet e-mail ne peut pas être composé.")]


@pytest.mark.django_db(transaction=True)
def test_deux_ouvriers_n_envoient_pas_le_meme():
    for rang in range(20):
        Courriel.objects.create(a=f"p{rang}@test.example", objet="Objet", corps="x")

    def travailler(_: int) -> int:
        try:
            return envoyer_ce_qui_attend()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as ouvriers:
        assert sum(ouvriers.map(travailler, range(4))) == 20
    assert len({message.to[0] for message in mail.outbox}) == len(mail.outbox) == 20


def test_rien_n_est_envoye_de_ce_qui_n_a_pas_ete_ecrit(monde):
    with pytest.raises(RuntimeError), transaction.atomic():
        prevenir(monde.gestionnaire, "mot_de_passe_change")
        raise RuntimeError
    assert envoyer_ce_qui_attend() == 0 and mail.outbox == []


def test_un_organisme_au_nom_le_plus_long_est_prevenu_aussi(monde):
    """Check that the subject can hold the longest name of an organisme and that of a person."""
    Organisme.objects.update(raison_sociale="Institut " + "x" * 246)
    aux_gestionnaires(
        Organisme.objects.get(), "nouveau_jeton", jeton=jeton_de(monde)[0], par=monde.gestionnaire
    )
    assert envoyer_ce_qui_attend() == 1 and len(mail.outbox[0].subject) > 255
