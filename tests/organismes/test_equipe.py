"""Tests of the team: invitations, joining, roles, leaving.

They also cover a person who works for several organismes, in several tabs.
"""

import datetime as dt
import re
import smtplib
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from edof.horloge import maintenant
from organismes import equipe
from organismes.droits import DROITS, PORTEE, Operation, Role
from organismes.models import Invitation, Membre, Utilisateur
from sessions_app.models import Session
from tests.catalogue.test_concurrence import ensemble
from tests.conftest import Monde
from tests.maison.test_droits import parution_d_une_autre_action

MOT_DE_PASSE = "une phrase assez longue"


def lien(rang: int = -1) -> str:
    """Return the path of the link in an e-mail."""
    return urlsplit(re.search(r"http\S+", mail.outbox[rang].body).group()).path


def inviter(client, courriel="nina@test.example", role="redacteur"):
    return client.post("/equipe/inviter/", {"courriel": courriel, "role": role}, follow=True)


def nouveau_compte(jeton_url, **champs):
    client = Client()
    donnees = {
        "prenom": "Nina",
        "nom": "Roux",
        "password1": MOT_DE_PASSE,
        "password2": MOT_DE_PASSE,
        **champs,
    }
    return client, client.post(jeton_url, donnees, follow=True)


def contextes(modele, operation):
    return modele.pgh_event_model.objects.filter(pgh_context__metadata__operation=operation)


# --- Invitations ---


def test_une_personne_nouvelle_est_invitee_et_rejoint(monde, connecter):
    page = inviter(connecter(monde.gestionnaire))
    assert "L&#x27;invitation est envoyée à nina@test.example" in page.text
    assert mail.outbox[0].to == ["nina@test.example"] and "Institut" in mail.outbox[0].subject
    assert "le rôle « Rédacteur »" in mail.outbox[0].body and "&#x27;" not in mail.outbox[0].body
    invitation = Invitation.objects.get()
    # The secret is not stored in the database.
    assert (
        lien().split("/")[2] not in str(Invitation.objects.values_list().get())
        and invitation.envoyee_le
        and not invitation.echec
    )

    visiteuse, page = nouveau_compte(lien())
    assert "Bienvenue dans l&#x27;équipe de « Institut »." in page.text and page.request["PATH_INFO"] == "/"
    nina = Utilisateur.objects.get(courriel="nina@test.example")
    assert (nina.nom_complet, nina.membres.get().role) == ("Nina Roux", "redacteur") and nina.check_password(
        MOT_DE_PASSE
    )
    assert not Invitation.objects.exists()
    # A link can be used only once.
    assert Client().get(lien()).status_code == visiteuse.post(lien()).status_code == 410
    faite = contextes(Invitation, "inviter").get()
    assert (faite.pgh_label, faite.pgh_context.metadata["utilisateur"]) == ("insert", monde.gestionnaire.pk)
    venue = contextes(Membre, "rejoindre").get()
    assert (venue.pgh_label, venue.role, venue.pgh_context.metadata["utilisateur"]) == (
        "insert",
        "redacteur",
        nina.pk,
    )


def test_un_compte_existant_se_connecte_et_rejoint(monde, connecter):
    autre = Monde("Autre", "52345678900017").gestionnaire
    inviter(connecter(monde.gestionnaire), autre.courriel.upper())
    visiteur = Client()
    page = visiteur.get(lien())
    assert f"/connexion/?next={lien()}" in page.text and "password1" not in page.text
    # A hand-made submission of the form for new accounts creates nothing.
    assert (
        nouveau_compte(lien())[1].status_code == 422
        and Utilisateur.objects.filter(courriel__iexact=autre.courriel).count() == 1
    )
    page = visiteur.post(
        "/connexion/",
        {"username": autre.courriel, "password": "demo-edof-mot-de-passe", "next": lien()},
        follow=True,
    )
    assert "Rejoindre l'équipe" in page.text
    page = visiteur.post(lien(), follow=True)
    assert "Bienvenue" in page.text and "Institut" in page.text
    assert sorted(m.role for m in autre.membres.all()) == ["gestionnaire", "redacteur"]


def test_une_invitation_n_est_pas_pour_quelqu_un_d_autre(monde, connecter):
    inviter(connecter(monde.gestionnaire))
    intrus = Client()
    intrus.force_login(
        Utilisateur.objects.create_user("intrus@test.example", "x"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    assert "ne peut être acceptée qu&#x27;avec cette adresse" in intrus.get(lien()).text.replace(
        "'", "&#x27;"
    )
    assert (
        intrus.post(lien()).status_code == 422 and Membre.objects.count() == 1 and Invitation.objects.exists()
    )


def test_une_invitation_expire_apres_sept_jours_et_se_renouvelle(monde, connecter):
    client = connecter(monde.gestionnaire)
    inviter(client)
    premier, pk = lien(), Invitation.objects.get().pk
    with time_machine.travel(maintenant() + dt.timedelta(days=7, minutes=1), tick=True):
        assert Client().get(premier).status_code == nouveau_compte(premier)[1].status_code == 410
        client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
        assert "Expirée depuis" in client.get("/equipe/").text
        client.post(f"/equipe/invitations/{pk}/renouveler/")
        assert lien() != premier and Client().get(lien()).status_code == 200
        assert "Expirée depuis" not in client.get("/equipe/").text
    assert Client().get(premier).status_code == 410
    assert contextes(Invitation, "renouveler").get().pgh_label == "update"


def test_inviter_de_nouveau_remplace_l_invitation_et_son_lien(monde, connecter):
    client = connecter(monde.gestionnaire)
    inviter(client)
    premier = lien()
    inviter(client, "NINA@test.example", "lecteur")
    assert Invitation.objects.get().role == "lecteur"
    assert (Client().get(premier).status_code, Client().get(lien()).status_code) == (410, 200)


def test_une_invitation_annulee_n_ouvre_plus_rien(monde, connecter):
    client = connecter(monde.gestionnaire)
    inviter(client)
    pk = Invitation.objects.get().pk
    page = client.post(f"/equipe/invitations/{pk}/annuler/", follow=True)
    assert "est annulée" in page.text and Client().get(lien()).status_code == 410
    assert client.post(f"/equipe/invitations/{pk}/annuler/").status_code == 404
    assert contextes(Invitation, "annuler").get().pgh_label == "delete"


@pytest.mark.parametrize(
    "panne", [smtplib.SMTPRecipientsRefused({}), TimeoutError(), ConnectionRefusedError()]
)
def test_un_e_mail_qui_ne_part_pas_se_voit_et_se_renvoie(monde, connecter, monkeypatch, panne):
    client = connecter(monde.gestionnaire)

    def tomber(message):
        raise panne

    with monkeypatch.context() as en_panne:
        en_panne.setattr("django.core.mail.EmailMessage.send", tomber)
        page = inviter(client)
    assert (
        page.status_code == 200
        and "L'e-mail n'est pas parti." in page.text
        and Invitation.objects.get().echec
    )
    page = client.post(f"/equipe/invitations/{Invitation.objects.get().pk}/renouveler/", follow=True)
    assert (
        "L'e-mail n'est pas parti." not in page.text
        and not Invitation.objects.get().echec
        and len(mail.outbox) == 1
    )


def test_inviter_dit_la_meme_chose_que_l_adresse_ait_un_compte_ou_non(monde, connecter):
    client = connecter(monde.gestionnaire)
    Utilisateur.objects.create_user("connue@test.example", MOT_DE_PASSE)
    pages = [inviter(client, adresse).text.replace(adresse, "x") for adresse in ("connue@test.example",)]
    Invitation.objects.all().delete()
    pages += [inviter(client, adresse).text.replace(adresse, "x") for adresse in ("inconnue@test.example",)]
    neutres = [re.sub(r'value="[^"]{20,}"|invitations?[-/]\d+', "", page) for page in pages]
    assert neutres[0] == neutres[1]


@pytest.mark.parametrize(
    ("donnees", "phrase"),
    [
        ({}, "Choisissez un rôle."),
        ({"courriel": "pas une adresse", "role": "lecteur"}, "adresse"),
        ({"courriel": "a\x00@test.example", "role": "lecteur"}, "adresse"),
        ({"courriel": "a" * 200 + "@test.example", "role": "lecteur"}, "160"),
        ({"courriel": "a@test.example", "role": "roi"}, "Choisissez un rôle dans la liste."),
        (
            {"courriel": "gestionnaire-{}@TEST.example", "role": "lecteur"},
            "Cette personne est déjà membre de l&#x27;équipe.",
        ),
    ],
)
def test_une_invitation_mal_remplie_revient(monde, connecter, donnees, phrase):
    donnees = {nom: valeur.format(monde.organisme.pk) for nom, valeur in donnees.items()}
    reponse = connecter(monde.gestionnaire).post("/equipe/inviter/", donnees)
    assert (
        reponse.status_code == 422
        and phrase in reponse.text
        and not Invitation.objects.exists()
        and not mail.outbox
    )


def test_un_nouveau_compte_mal_rempli_garde_ce_qui_est_tape(monde, connecter):
    inviter(connecter(monde.gestionnaire))
    for mot, phrase in {"court": "12 caractères", "ninotchka-roux": "prénom"}.items():
        _, page = nouveau_compte(lien(), password1=mot, password2=mot, prenom="Ninotchka")
        assert page.status_code == 422 and phrase in page.text and 'value="Ninotchka"' in page.text
    _, page = nouveau_compte(lien(), password2="autre chose encore")
    assert page.status_code == 422 and not Utilisateur.objects.filter(courriel="nina@test.example").exists()


# --- Roles, leaving ---


def test_un_role_change_vaut_des_la_requete_suivante(monde, connecter):
    karim = monde.personne("karim", Role.REDACTEUR)
    lui = Client()
    lui.force_login(karim, backend="django.contrib.auth.backends.ModelBackend")
    assert lui.get("/catalogue/offres/ajouter/").status_code == 200
    page = connecter(monde.gestionnaire).post(
        f"/equipe/{karim.membres.get().pk}/role/", {"role": "lecteur"}, follow=True
    )
    assert "a maintenant le rôle « Lecteur »" in page.text
    assert lui.get("/catalogue/offres/ajouter/").status_code == 403
    changee = contextes(Membre, "changer_un_role").get()
    assert (changee.role, changee.pgh_context.metadata["utilisateur"]) == ("lecteur", monde.gestionnaire.pk)


def test_qui_est_retire_n_a_plus_acces_et_garde_ce_qu_il_tapait(monde, connecter):
    karim = monde.personne("karim", Role.REDACTEUR)
    lui = Client()
    lui.force_login(karim, backend="django.contrib.auth.backends.ModelBackend")
    formulaire = lui.get("/catalogue/offres/ajouter/?identifiant=neuve").text
    espace = re.search(r'name="espace" value="(\d+)"', formulaire).group(1)
    page = connecter(monde.gestionnaire).post(f"/equipe/{karim.membres.get().pk}/retirer/", follow=True)
    assert "ne fait plus partie de l&#x27;équipe" in page.text
    reponse = lui.post(
        "/catalogue/offres/ajouter/",
        {"espace": espace, "intitule": "Deux heures de travail", "operation": "valider"},
    )
    assert (
        reponse.status_code == 403
        and "Deux heures de travail" in reponse.text
        and "Vous n'êtes plus membre" in reponse.text.replace("&#x27;", "'")
    )
    assert (
        lui.get("/catalogue/").status_code == 302
        and "Vous n'êtes membre d'aucun organisme" in lui.get("/").text
    )
    partie = contextes(Membre, "retirer").get()
    assert (partie.pgh_label, partie.pgh_context.metadata["utilisateur"]) == ("delete", monde.gestionnaire.pk)


def test_qui_n_a_plus_le_role_garde_ce_qu_il_tapait(monde, connecter):
    lecteur = monde.personne("lecteur", Role.LECTEUR)
    client = connecter(lecteur)
    reponse = client.post(
        "/catalogue/offres/ajouter/", {"espace": monde.organisme.pk, "intitule": "Un titre cherché longtemps"}
    )
    assert (
        reponse.status_code == 403
        and "Un titre cherché longtemps" in reponse.text
        and "Votre rôle ne permet pas" in reponse.text
    )


def test_le_dernier_gestionnaire_est_protege(monde, connecter):
    client, moi = connecter(monde.gestionnaire), monde.gestionnaire.membres.get()
    assert "Il ne resterait aucun gestionnaire" in client.get("/equipe/").text
    reponse = client.post(f"/equipe/{moi.pk}/role/", {"role": "lecteur"})
    assert reponse.status_code == 422 and "nommez-en un autre" in reponse.text
    assert "nommez-en un autre" in client.post(f"/equipe/{moi.pk}/retirer/", follow=True).text
    # A gestionnaire who cannot sign in does not count.
    autre = monde.personne("parti", Role.GESTIONNAIRE)
    Utilisateur.objects.filter(pk=autre.pk).update(is_active=False)
    assert client.post(f"/equipe/{moi.pk}/role/", {"role": "lecteur"}).status_code == 422
    Utilisateur.objects.filter(pk=autre.pk).update(is_active=True)
    assert client.post(f"/equipe/{moi.pk}/role/", {"role": "lecteur"}).status_code == 302
    assert client.post(f"/equipe/{autre.membres.get().pk}/retirer/").status_code == 403


def test_chacun_peut_quitter_l_equipe(monde, connecter):
    lecteur = monde.personne("lecteur", Role.LECTEUR)
    client, membre = connecter(lecteur), lecteur.membres.get()
    assert "Quitter l&#x27;équipe" in client.get("/equipe/").text
    page = client.post(f"/equipe/{membre.pk}/retirer/", follow=True)
    assert "Vous avez quitté l&#x27;équipe" in page.text and not lecteur.membres.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("geste", ["retirer", "changer_le_role"])
def test_deux_gestionnaires_s_ecartent_au_meme_instant(geste):
    monde = Monde()
    for tour in range(8):
        autre = monde.personne(f"autre{tour}", Role.GESTIONNAIRE)
        moi = Membre.objects.get(utilisateur=monde.gestionnaire)
        lui = Membre.objects.get(utilisateur=autre)
        suite = ["lecteur"] if geste == "changer_le_role" else []
        leves = ensemble(
            lambda lui=lui, suite=suite: getattr(equipe, geste)(lui, *suite, par=monde.gestionnaire),
            lambda moi=moi, autre=autre, suite=suite: getattr(equipe, geste)(moi, *suite, par=autre),
        )
        assert sum(leve is None for leve in leves) == 1, leves
        assert Membre.objects.pour_organisme(monde.organisme).gestionnaires().count() == 1
        monde.gestionnaire = Membre.objects.pour_organisme(monde.organisme).gestionnaires().get().utilisateur


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("geste", ["retirer", "changer_le_role"])
def test_deux_gestionnaires_se_retirent_eux_memes_au_meme_instant(geste):
    monde = Monde()
    autre = monde.personne("autre", Role.GESTIONNAIRE)
    suite = ["lecteur"] if geste == "changer_le_role" else []
    taches = [
        lambda m=m: getattr(equipe, geste)(m, *suite, par=m.utilisateur)
        for m in Membre.objects.select_related("utilisateur")
    ]
    leves = ensemble(*taches)
    assert sorted(type(leve).__name__ for leve in leves) == ["EquipeRefusee", "NoneType"] and autre
    assert Membre.objects.gestionnaires().count() == 1


@pytest.mark.django_db(transaction=True)
def test_une_invitation_acceptee_deux_fois_au_meme_instant():
    monde = Monde()
    _, jeton = equipe.inviter(monde.organisme, "nina@test.example", Role.LECTEUR, par=monde.gestionnaire)
    leves = ensemble(
        *(lambda: equipe.rejoindre(jeton, Utilisateur(courriel="nina@test.example")) for _ in range(3))
    )
    assert sorted(type(leve).__name__ for leve in leves) == [
        "InvitationPerimee",
        "InvitationPerimee",
        "NoneType",
    ]
    assert Utilisateur.objects.filter(courriel="nina@test.example").count() == 1


@pytest.mark.parametrize("role", [Role.LECTEUR, Role.REDACTEUR])
def test_les_autres_roles_lisent_la_liste_et_rien_de_plus(monde, connecter, role):
    equipe.inviter(monde.organisme, "nina@test.example", Role.LECTEUR, par=monde.gestionnaire)
    page = connecter(monde.personne("elle", role)).get("/equipe/").text
    assert monde.gestionnaire.courriel in page
    assert (
        "nina@test.example" not in page
        and "connexion " not in page
        and "Inviter un membre" not in page
        and "Changer le rôle" not in page
    )


def test_une_seule_table_dit_qui_gere_l_equipe():
    gestes = {Operation.INVITER, Operation.CHANGER_UN_ROLE, Operation.RETIRER}
    assert [role for role in Role if DROITS[role] & gestes] == [Role.GESTIONNAIRE] and set(PORTEE) == set(
        Role
    )


def test_la_liste_ne_coute_pas_plus_quand_l_equipe_grandit(monde, connecter):
    client = connecter(monde.gestionnaire)

    def requetes():
        with CaptureQueriesContext(
            connection,
        ) as faites:
            assert client.get("/equipe/").status_code == 200
        return len(faites)

    equipe.inviter(monde.organisme, "un@test.example", Role.LECTEUR, par=monde.gestionnaire)
    avant = requetes()
    for rang in range(12):
        monde.personne(f"p{rang}", Role.LECTEUR)
        equipe.inviter(monde.organisme, f"i{rang}@test.example", Role.LECTEUR, par=monde.gestionnaire)
    assert requetes() == avant <= 10


# --- Several organismes ---


@pytest.fixture
def deux(monde):
    """Return a second organisme, which the gestionnaire of the first one also manages.

    The session of the client begins with the first one.
    """
    autre = Monde("Atelier", "52345678900017")
    Membre.objects.create(utilisateur=monde.gestionnaire, organisme=autre.organisme, role=Role.GESTIONNAIRE)
    return autre


def choisir(client, organisme, **champs):
    return client.post("/organisme/choisir/", {"organisme": organisme.pk, **champs}, follow=True)


def espace_de(reponse) -> str:
    return re.search(r'name="espace" value="(\d+)"', reponse.text).group(1)


def test_changer_d_organisme(monde, deux, connecter):
    client = connecter(monde.gestionnaire)
    page = client.get("/equipe/")
    assert "Changer d'organisme : Institut" in page.text and "Atelier" in page.text
    page = choisir(client, deux.organisme, suite="/equipe/")
    assert (
        page.request["PATH_INFO"] == "/equipe/"
        and deux.gestionnaire.courriel in page.text
        and "Vous travaillez maintenant pour « Atelier »." in page.text
    )
    # The choice is kept for the following requests.
    assert deux.gestionnaire.courriel in client.get("/equipe/").text


@pytest.mark.parametrize(
    "suite", ["https://ailleurs.example/", "//ailleurs.example/", "javascript:alert(1)", ""]
)
def test_changer_d_organisme_ne_mene_qu_ici(monde, deux, connecter, suite):
    assert (
        connecter(monde.gestionnaire)
        .post("/organisme/choisir/", {"organisme": deux.organisme.pk, "suite": suite})
        .url
        == "/"
    )


@pytest.mark.parametrize("valeur", ["", "0", "x", "9" * 40, "\x00"])
def test_un_organisme_dont_on_n_est_pas_ne_se_choisit_pas(monde, connecter, valeur):
    etranger = Monde("Étranger", "52345678900017")
    client = connecter(monde.gestionnaire)
    for faux in (valeur, str(etranger.organisme.pk)):
        page = client.post("/organisme/choisir/", {"organisme": faux}, follow=True)
        assert (
            "Vous n&#x27;êtes pas, ou plus, membre de cet organisme." in page.text
            and "Étranger" not in page.text
        )
        reponse = client.post(
            "/equipe/inviter/", {"espace": faux or "0", "courriel": "a@test.example", "role": "lecteur"}
        )
        assert reponse.status_code == 403 and "a@test.example" in reponse.text
    assert not Invitation.objects.exists()


def test_deux_onglets_ne_se_melangent_jamais(monde, deux, connecter):
    client = connecter(monde.gestionnaire)
    ici = client.get("/equipe/inviter/")
    choisir(client, deux.organisme)
    la = client.get("/equipe/inviter/")
    assert (espace_de(ici), espace_de(la)) == (str(monde.organisme.pk), str(deux.organisme.pk))
    page = client.post(
        "/equipe/inviter/",
        {"espace": espace_de(ici), "courriel": "ici@test.example", "role": "lecteur"},
        follow=True,
    )
    assert Invitation.objects.get(courriel="ici@test.example").organisme == monde.organisme
    # The next page is for the organisme of the form, and the page displays it.
    assert "Cette page était ouverte pour « Institut »" in page.text and "ici@test.example" in page.text
    client.post(
        "/equipe/inviter/", {"espace": espace_de(la), "courriel": "la@test.example", "role": "lecteur"}
    )
    assert Invitation.objects.get(courriel="la@test.example").organisme == deux.organisme


def test_un_assistant_ouvert_pour_un_organisme_enregistre_pour_lui(monde, deux, connecter):
    client = connecter(monde.gestionnaire)
    session = monde.session()
    adresse = reverse("session_modifier", args=[session.pk])
    page = client.get(adresse)
    champs = dict(re.findall(r'<input type="hidden" name="([^"]+)"[^>]* value="([^"]*)"', page.text))
    choisir(client, deux.organisme)
    champs |= {"operation": "automatique", "modalites_particulieres": "Le samedi"}
    # An htmx request from the other tab applies to its organisme, without changing the choice of the session.
    reponse = client.post(
        adresse, champs, headers={"HX-Request": "true", "X-Espace": str(monde.organisme.pk)}
    )
    assert reponse.status_code == 200 and client.session["organisme"] == deux.organisme.pk
    reponse = client.post(adresse, champs | {"operation": "enregistrer"})
    assert reponse.status_code in {302, 422} and client.session["organisme"] == monde.organisme.pk
    assert Session.objects.get(pk=session.pk).organisme == monde.organisme


def test_une_partie_de_page_est_celle_de_son_onglet(monde, deux, connecter):
    client = connecter(monde.gestionnaire)
    choisir(client, deux.organisme)
    adresse = f"/catalogue/?o={monde.offre.pk}"
    assert (
        "OFFRE-1"
        in client.get(adresse, headers={"HX-Request": "true", "X-Espace": str(monde.organisme.pk)}).text
    )
    assert client.get(adresse, headers={"HX-Request": "true", "X-Espace": "999999"}).status_code == 403
    assert f'data-hx-headers=\'{{"X-Espace": "{deux.organisme.pk}"}}\'' in client.get("/catalogue/").text


FICHES = {
    "offre_consulter": lambda monde, parution: [monde.offre.pk],
    "action_modifier": lambda monde, parution: [monde.action.pk],
    "session_ajouter": lambda monde, parution: [monde.action.pk],
    "visibilite": lambda monde, parution: ["session", parution.session_id],
    "contact_consulter": lambda monde, parution: [monde.contact.pk],
    "en_ligne_formation": lambda monde, parution: [parution.action_id],
    "preuve": lambda monde, parution: [parution.pk],
    "membre_role": lambda monde, parution: [monde.gestionnaire.membres.get().pk],
}


@pytest.mark.parametrize("nom", FICHES)
def test_la_fiche_d_un_autre_de_mes_organismes_propose_de_changer(monde, deux, connecter, nom):
    client = connecter(monde.gestionnaire)
    adresse = reverse(nom, args=FICHES[nom](deux, parution_d_une_autre_action(deux)))
    reponse = client.get(adresse)
    assert reponse.status_code == 404 and "Travailler pour Atelier" in reponse.text
    page = choisir(client, deux.organisme, suite=adresse)
    assert page.status_code == 200 and page.request["PATH_INFO"] == adresse
    # A user who does not belong to it gets no information.
    seule = Client()
    seule.force_login(
        monde.personne("seule", Role.GESTIONNAIRE), backend="django.contrib.auth.backends.ModelBackend"
    )
    reponse = seule.get(adresse)
    assert reponse.status_code == 404 and "Atelier" not in reponse.text


def test_la_session_expiree_rend_la_saisie_a_son_organisme(monde, deux, client):
    donnees = {"espace": deux.organisme.pk, "courriel": "a@test.example", "role": "lecteur"}
    page = client.post("/equipe/inviter/", donnees)
    assert page.status_code == 401
    reprise = re.search(r'name="reprise" value="([^"]*)"', page.text).group(1).replace("&quot;", '"')
    page = client.post(
        "/connexion/",
        {
            "username": monde.gestionnaire.courriel,
            "password": "demo-edof-mot-de-passe",
            "next": "/equipe/inviter/",
            "reprise": reprise,
        },
    )
    assert espace_de(page) == str(deux.organisme.pk) and page.text.count('name="espace"') == 1
