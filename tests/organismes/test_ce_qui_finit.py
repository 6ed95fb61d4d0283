"""Tests that tokens, invitations and open sign-ins end with the access of the person who made them."""

from html import unescape

import pytest
from django.core import mail
from django.test import Client

from organismes import equipe
from organismes.droits import Role
from organismes.models import Invitation, Membre
from tests.api.client import Programme, jeton_de
from tests.conftest import Monde
from tests.organismes.test_equipe import lien, nouveau_compte


@pytest.fixture
def partant(monde):
    """Return another gestionnaire, the secret of an active token of theirs, and their client.

    They have also sent an invitation, which is pending.
    """
    personne = monde.personne("partant", Role.GESTIONNAIRE)
    jeton, secret = jeton_de(monde)
    type(jeton).objects.filter(pk=jeton.pk).update(cree_par=personne)
    client = Client()
    client.force_login(personne, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/equipe/inviter/", {"courriel": "nina@test.example", "role": "gestionnaire"})
    assert len(mail.outbox) == 1
    return personne, secret, client


def membre(personne) -> Membre:
    return Membre.objects.get(utilisateur=personne)


def est_dehors(secret: str) -> bool:
    """Tell whether the token and the link of the invitation both give no access."""
    invite, page = nouveau_compte(lien())
    return (
        Programme(secret)("GET", "offres/").status_code == 401
        and Client().get(lien()).status_code == page.status_code == 410
        and not Membre.objects.filter(utilisateur__courriel="nina@test.example").exists()
    )


def test_retirer_revoque_les_jetons_et_annule_les_invitations(monde, connecter, partant):
    personne, secret, _ = partant
    client = connecter(monde.gestionnaire)
    page = unescape(client.get(f"/equipe/{membre(personne).pk}/retirer/").text)
    assert "a créé 1\N{NO-BREAK SPACE}jeton d'API encore en service" in page and "il sera révoqué" in page
    assert "1\N{NO-BREAK SPACE}invitation en attente sera annulée" in page and "nina@test.example" in page
    assert Programme(secret)("GET", "offres/").status_code == 200
    client.post(f"/equipe/{membre(personne).pk}/retirer/")
    assert est_dehors(secret)


def test_un_jeton_peut_etre_garde_une_invitation_jamais(monde, connecter, partant):
    personne, secret, _ = partant
    connecter(monde.gestionnaire).post(f"/equipe/{membre(personne).pk}/retirer/", {"garder": "1"})
    assert Programme(secret)("GET", "offres/").status_code == 200
    assert Client().get(lien()).status_code == 410 and not Invitation.objects.exists()


@pytest.mark.parametrize("role", [Role.REDACTEUR, Role.LECTEUR])
def test_un_gestionnaire_qui_ne_l_est_plus_perd_ce_que_le_role_permettait(monde, connecter, partant, role):
    personne, secret, _ = partant
    client = connecter(monde.gestionnaire)
    assert (
        "Sans le rôle de gestionnaire, il sera révoqué"
        in client.get(f"/equipe/{membre(personne).pk}/role/").text
    )
    client.post(f"/equipe/{membre(personne).pk}/role/", {"role": role})
    assert membre(personne).role == role and est_dehors(secret)


def test_un_role_qui_ne_change_pas_ne_retire_rien(monde, connecter, partant):
    personne, secret, _ = partant
    connecter(monde.gestionnaire).post(f"/equipe/{membre(personne).pk}/role/", {"role": Role.GESTIONNAIRE})
    assert Programme(secret)("GET", "offres/").status_code == 200 and Client().get(lien()).status_code == 200


def test_une_invitation_ne_vaut_que_si_qui_l_a_faite_peut_encore_inviter(monde, partant):
    """Check it even when nothing has cancelled the invitation.

    That happens when the role is changed directly in the database, or between two requests.
    """
    personne, _, _ = partant
    Membre.objects.filter(utilisateur=personne).update(role=Role.LECTEUR)
    assert Client().get(lien()).status_code == nouveau_compte(lien())[1].status_code == 410
    Membre.objects.filter(utilisateur=personne).update(role=Role.GESTIONNAIRE)
    assert Client().get(lien()).status_code == 200


def test_desactiver_un_compte_ferme_tout_et_le_reactiver_ne_rouvre_rien(monde, partant, admin_client):
    personne, secret, onglet = partant
    autre = Monde("Autre", "52345678900017")
    Membre.objects.create(utilisateur=personne, organisme=autre.organisme, role=Role.GESTIONNAIRE)
    jeton_ailleurs, secret_ailleurs = jeton_de(autre)
    type(jeton_ailleurs).objects.filter(pk=jeton_ailleurs.pk).update(cree_par=personne)
    assert onglet.get("/catalogue/").status_code == 200

    adresse = f"/admin/organismes/utilisateur/{personne.pk}/change/"
    fiche = {"courriel": personne.courriel, "prenom": "", "nom": ""}
    page = admin_client.post(adresse, fiche, follow=True)
    assert "est déconnecté partout" in page.text and "2\N{NO-BREAK SPACE}jetons d" in page.text
    assert est_dehors(secret) and Programme(secret_ailleurs)("GET", "offres/").status_code == 401
    assert onglet.get("/catalogue/").status_code == 302

    admin_client.post(adresse, {**fiche, "is_active": "on"})
    personne.refresh_from_db()
    assert personne.is_active and onglet.get("/catalogue/").status_code == 302 and est_dehors(secret)


def test_les_comptes_et_les_jetons_ont_leur_historique(monde, partant):
    personne, _, _ = partant
    jeton = equipe.jetons_de(personne.pk).get()
    equipe.fermer_le_compte(personne, par=monde.gestionnaire)
    dernier = type(jeton).pgh_event_model.objects.filter(pgh_obj=jeton).order_by("-pgh_id")[0]
    assert dernier.revoque_le and dernier.pgh_context.metadata["utilisateur"] == monde.gestionnaire.pk
    avant, apres = type(personne).pgh_event_model.objects.filter(pgh_obj=personne).order_by("pgh_id")
    assert (avant.is_active, apres.is_active) == (True, False)
