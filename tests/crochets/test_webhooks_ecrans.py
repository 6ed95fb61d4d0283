"""Tests of « Jetons et webhooks »: made once, its secret shown once, told, tested, sent again, disabled."""

import datetime as dt
import re
import uuid
from collections import Counter

import pghistory
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crochets.models import Abonnement, Evenement, Livraison
from crochets.ronde import livrer
from organismes.models import Courriel
from tests.api.client import Programme, jeton_de
from tests.conftest import Monde
from tests.crochets.recepteur import abonner, recevoir
from tests.outils import texte

PUBLIQUE = "https://93.184.215.14/crochet"


@pytest.fixture
def page(connecter, monde):
    return connecter(monde.gestionnaire)


def saisie(**autres: object) -> dict[str, object]:
    """Return what the form of a webhook sends."""
    return {
        "nom": "Site", "url": PUBLIQUE, "evenements": ["session.ouverte", "session.fermee"],
        "cle": str(uuid.uuid4()), **autres,
    }  # fmt: skip


def test_il_se_cree_une_fois_et_son_secret_se_montre_une_fois(page, monde):
    envoye = saisie()
    reponses = [page.post(reverse("webhook_creer"), envoye) for _ in range(2)]
    secrets = {re.search(r'value="(whsec_[^"]+)"', r.content.decode()).group(1) for r in reponses}
    assert [r.status_code for r in reponses] == [201, 201] and len(secrets) == 1
    abonnement = Abonnement.objects.get()
    assert secrets == {abonnement.secret}
    assert Courriel.objects.get(objet__contains="webhook").a == monde.gestionnaire.courriel
    for adresse in (reverse("jetons"), reverse("webhook", args=[abonnement.pk])):
        texte = page.get(adresse).content.decode()
        assert "Site" in texte and PUBLIQUE in texte and "whsec_" not in texte


@pytest.mark.parametrize(
    ("faute", "phrase"),
    [
        ({"url": "https://10.0.0.1/"}, "réseau privé"),
        ({"url": "http://93.184.215.14/"}, "https://"),
        ({"url": ""}, "obligatoire"),
        ({"evenements": []}, "au moins un événement"),
        ({"evenements": ["session.mangee"]}, "session.mangee"),
        ({"nom": ""}, "obligatoire"),
        ({"nom": "x" * 61}, "60"),
    ],
)
def test_ce_qui_ne_va_pas_est_dit_et_garde(page, faute, phrase):
    reponse = page.post(reverse("webhook_creer"), saisie(**faute))
    assert reponse.status_code == 422 and phrase in reponse.content.decode()
    assert not Abonnement.objects.exists()
    if faute.get("url"):
        assert faute["url"] in reponse.content.decode()


def test_une_adresse_ne_se_prend_qu_une_fois_et_dix_au_plus(page, monde):
    abonner(monde.organisme, PUBLIQUE, "session.ouverte", nom="Planning")
    reponse = page.post(reverse("webhook_creer"), saisie())
    assert reponse.status_code == 422 and "« Planning » prévient déjà" in reponse.content.decode()
    for rang in range(9):
        abonner(monde.organisme, f"{PUBLIQUE}/{rang}", "session.ouverte")
    reponse = page.post(reverse("webhook_creer"), saisie(url=f"{PUBLIQUE}/dix"))
    assert reponse.status_code == 422 and "déjà 10 webhooks" in reponse.content.decode()


def test_modifier_repasse_par_les_memes_controles(page, monde):
    abonnement = abonner(monde.organisme, PUBLIQUE, "session.ouverte")
    adresse = reverse("webhook_modifier", args=[abonnement.pk])
    assert page.post(adresse, saisie(url="https://127.1/")).status_code == 422
    abonnement.refresh_from_db()
    assert abonnement.url == PUBLIQUE
    assert page.post(adresse, saisie(nom="Autre nom")).status_code == 302
    abonnement.refresh_from_db()
    assert (abonnement.nom, abonnement.evenements) == ("Autre nom", ["session.ouverte", "session.fermee"])


def test_tester_arreter_reprendre_rejouer(page, monde, settings):
    settings.WEBHOOKS_LOCAUX = True
    with recevoir(statut=500) as recepteur:
        abonnement = abonner(monde.organisme, recepteur.url, "session.ouverte")
        geste = reverse("webhook_geste", args=[abonnement.pk])

        def dit(nom: str) -> str:
            return page.post(geste, {"geste": nom}, follow=True).content.decode()

        assert "Le test part" in dit("tester") and "déjà en route" in dit("tester")
        monde.session(ouverte=True)
        assert livrer() == 2
        assert "est désactivé" in dit("desactiver") and "déjà désactivé" in dit("desactiver")
        assert "réactivez-le d" in dit("rejouer")
        une = Livraison.objects.get(evenement__type="session.ouverte")
        detail = reverse("webhook_livraison", args=[abonnement.pk, une.pk])
        assert "réactivez-le d" in page.post(detail, follow=True).content.decode()
        assert "est réactivé" in dit("activer") and "déjà actif" in dit("activer")
        recepteur.statut = 200
        assert "livraison repart" in dit("rejouer") and "Aucune livraison" in dit("rejouer")
        assert livrer() == 1
        texte = page.get(detail).content.decode()
        assert "2\xa0essais" in texte and str(une.evenement.identifiant) in texte and "recu" in texte
        assert "repart, avec le même numéro" in page.post(detail, follow=True).content.decode()
        assert "déjà en attente" in page.post(detail, follow=True).content.decode()
        assert page.post(geste, {"geste": "inconnu"}).status_code == 404


def test_renouveler_deux_fois_le_meme_formulaire_ne_perd_pas_l_ancien(page, monde):
    abonnement = abonner(monde.organisme, PUBLIQUE, "session.ouverte")
    ancien, adresse = abonnement.secret, reverse("webhook_renouveler", args=[abonnement.pk])
    cle = {"cle": str(uuid.uuid4())}
    montres = [page.post(adresse, cle).content.decode() for _ in range(2)]
    abonnement.refresh_from_db()
    assert abonnement.secrets == [abonnement.secret, ancien] and abonnement.secret != ancien
    assert all(abonnement.secret in montre for montre in montres)


def test_le_mot_de_passe_est_redemande_avant_un_secret_ou_une_adresse(page, monde):
    abonnement = abonner(monde.organisme, PUBLIQUE, "session.ouverte")
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=16)):
        for nom in ("webhook_modifier", "webhook_renouveler"):
            reponse = page.post(reverse(nom, args=[abonnement.pk]), saisie(nom="Autre"))
            assert reponse.status_code == 401
        assert page.get(reverse("webhook", args=[abonnement.pk])).status_code == 200
    abonnement.refresh_from_db()
    assert abonnement.nom == "Planning" and not abonnement.secret_precedent


def test_supprimer_efface_le_journal(page, monde):
    abonnement = abonner(monde.organisme, PUBLIQUE, "session.ouverte")
    monde.session(ouverte=True)
    dite = texte(page.get(reverse("webhook_supprimer", args=[abonnement.pk])))
    assert "journal de 1 livraison sera effacé, et ce qui attend (1 livraison) ne partira pas." in dite
    assert page.post(reverse("webhook_supprimer", args=[abonnement.pk])).status_code == 302
    assert not Abonnement.objects.exists() and not Livraison.objects.exists()
    assert page.post(reverse("webhook_supprimer", args=[abonnement.pk])).status_code == 404


def test_ce_qu_on_lui_fait_est_dans_l_historique_de_l_equipe(page, monde):
    """By a screen, by the API, by the program; its secret and the path of its address are never there."""
    autre = Monde("Autre", "52345678900017")
    abonner(autre.organisme, PUBLIQUE, "session.ouverte", nom="Ailleurs")
    page.post(reverse("webhook_creer"), saisie(url=f"{PUBLIQUE}?cle=motus-7"))
    abonnement = Abonnement.objects.get(organisme=monde.organisme)
    secrets = [abonnement.secret]
    page.post(reverse("webhook_renouveler", args=[abonnement.pk]), {"cle": str(uuid.uuid4())})
    abonnement.refresh_from_db()
    secrets.append(abonnement.secret)
    page.post(reverse("webhook_geste", args=[abonnement.pk]), {"geste": "desactiver"}, follow=True)
    api = Programme(jeton_de(monde, nom="Robot")[1])
    api(
        "PATCH",
        f"webhooks/{abonnement.pk}/",
        {"nom": "Neuf", "evenements": ["session.ouverte"], "actif": True},
    )
    with pghistory.context(operation="desactiver", origine="tache"):
        abonnement.arreter(Abonnement.Arret.ECHECS)
    api("DELETE", f"webhooks/{abonnement.pk}/")
    lue = page.get(reverse("equipe_historique"))
    moi, robot = str(monde.gestionnaire), "Le jeton « Robot »"
    assert Counter((f.phrase, f.qui) for f in lue.context["faits"] if "ebhook" in f.phrase) == Counter([
        ("Webhook « Site » créé, vers 93.184.215.14, pour 2\xa0événements.", moi),
        ("Secret du webhook « Site » renouvelé.", moi),
        ("Webhook « Site » désactivé à la demande.", moi),
        ("Webhook « Neuf » modifié : vers 93.184.215.14, pour 1\xa0événement.", robot),
        ("Webhook « Neuf » réactivé.", robot),
        ("Webhook « Neuf » désactivé après 75 heures d'échecs.", "Le programme"),
        ("Webhook « Neuf » supprimé, avec son journal.", robot),
    ])  # fmt: skip
    texte = lue.content.decode()
    assert not [secret for secret in (*secrets, "whsec_", "motus-7") if secret in texte]


def test_celui_d_un_autre_organisme_est_introuvable(page, monde):
    autre = Monde("Autre", "52345678900017")
    abonnement = abonner(autre.organisme, PUBLIQUE, "session.ouverte")
    livraison = abonnement.essayer(autre.gestionnaire)
    for nom in ("webhook", "webhook_modifier", "webhook_renouveler", "webhook_supprimer"):
        assert page.get(reverse(nom, args=[abonnement.pk])).status_code == 404
    siens = abonner(monde.organisme, PUBLIQUE, "session.ouverte")
    assert page.get(reverse("webhook_livraison", args=[siens.pk, livraison.pk])).status_code == 404


def test_les_requetes_ne_croissent_pas_avec_le_journal(page, monde, django_assert_num_queries):
    abonnement = abonner(monde.organisme, PUBLIQUE, "session.ouverte")

    def livrer_n(nombre: int) -> None:
        for _ in range(nombre):
            Livraison.objects.create(
                abonnement=abonnement,
                evenement=Evenement.objects.create(organisme=monde.organisme, type="essai"),
            )

    livrer_n(2)
    with CaptureQueriesContext(connection) as peu:
        page.get(reverse("webhook", args=[abonnement.pk]))
        page.get(reverse("jetons"))
    livrer_n(58)
    abonner(monde.organisme, f"{PUBLIQUE}/2", "session.ouverte")
    with django_assert_num_queries(len(peu)):
        page.get(reverse("webhook", args=[abonnement.pk]))
        page.get(reverse("jetons"))
