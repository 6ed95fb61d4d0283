"""Tests of the life cycle operations in the administration: same entry point, same rules."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre, Suppression
from edof.horloge import aujourd_hui, demain
from organismes.droits import Operation
from organismes.models import Utilisateur
from publication.passages import publier
from sessions_app.models import Session
from tests.administration import (
    administrateur,
    adresse,
    client,
    grossir,
    messages,
    monde,
    operer,
    peuple,
    texte,
)

# ruff: noqa: F401, F811


@pytest.mark.exigence("S-38", "D-17")
def test_rien_ne_s_y_saisit_et_active_ne_s_y_choisit_pas(client, monde):
    for fiche in (monde.offre, monde.action, monde.session()):
        page = client.get(adresse(fiche)).content.decode()
        assert (
            not re.search(r'name="(statut|ouverte|intitule|date_debut|identifiant)"', page)
            and "<select" not in page
        )
        assert client.post(adresse(fiche), {"statut": "active", "intitule": "Forgé"}).status_code == 403
        assert client.post(
            adresse(type(fiche), "changelist"), {"_save": "1", "form-0-statut": "active"}
        ).status_code in {200, 302}
        fiche.refresh_from_db()
        assert fiche.statut == "validee"
        assert client.post(adresse(fiche, "delete"), {"post": "yes"}).status_code == 403
        assert client.get(adresse(type(fiche), "add")).status_code == 403


@pytest.mark.exigence("D-17")
def test_un_bouton_passe_par_la_porte_et_signe_l_historique(client, monde, administrateur):
    session = monde.session()
    page = operer(client, "ouvrir", session, retour="fiche")
    assert page.redirect_chain[-1][0] == adresse(session) and messages(page)[-1].endswith(
        "1 session ouverte à l'inscription.".replace("'", "&#x27;")
    )
    session.refresh_from_db()
    assert session.ouverte and session.statut == "active"
    contexte = session.events.order_by("-pgh_id").first().pgh_context.metadata
    assert contexte == {"operation": "ouvrir", "origine": "admin", "utilisateur": administrateur.pk}
    assert "Ouvrir à l'inscription" in texte(
        client.get(adresse(session, "history"))
    ) and "Administration" in texte(client.get(adresse(session, "history")))
    operer(client, "fermer", session)
    session.refresh_from_db()
    assert not session.ouverte


def test_en_nombre_une_ligne_par_refus_et_les_autres_passent(client, monde):
    bonnes = [monde.session(f"bonne-{n}") for n in range(2)]
    autre = monde.nouvelle_action("ACTION-2")
    mauvaise = monde.session("mauvaise", action=autre)
    executer(autre, Operation.ARCHIVER, par=monde.gestionnaire)
    executer(mauvaise, Operation.DESARCHIVER, par=monde.gestionnaire)
    page = operer(client, "ouvrir", *bonnes, mauvaise)
    lues = messages(page)
    assert (
        len(lues) == 2
        and "mauvaise" in lues[0]
        and "est en brouillon" in lues[0]
        and "2 sessions ouvertes" in lues[1].replace("\xa0", " ")
    )
    assert f'href="{adresse(mauvaise)}"' in page.content.decode()
    assert Session.objects.filter(ouverte=True).count() == 2


def test_le_refus_nomme_le_coupable_avec_un_lien(client, monde):
    session = monde.session()
    Action.objects.filter(pk=monde.action.pk).update(statut="brouillon")
    page = operer(client, "ouvrir", session)
    assert f'Voir <a href="{adresse(monde.action)}">ACTION-1</a>' in page.content.decode()
    bouton = client.get(adresse(session)).content.decode()
    assert (
        'aria-disabled="true" aria-describedby="refus-ouvrir"' in bouton
        and f'href="{adresse(monde.action)}">Voir la fiche' in bouton
    )


@pytest.mark.exigence("D-13", "D-14")
def test_archiver_desarchiver_et_supprimer_demandent_avec_les_nombres(client, monde):
    monde.session("s1")
    monde.session("s2")
    page = operer(client, "archiver", monde.offre, retour="fiche")
    assert (
        "1 action et 2 sessions, dont aucune visible par le public aujourd'hui." in texte(page)
        and Offre.objects.get().statut == "validee"
    )
    page = operer(client, "archiver", monde.offre, confirme="oui", retour="fiche")
    assert page.redirect_chain[-1][0] == adresse(monde.offre)
    assert {
        Offre.objects.get().statut,
        Action.objects.get().statut,
        *Session.objects.values_list("statut", flat=True),
    } == {"archivee"}
    assert "Avec ce qui est archivé en dessous : 1 action et 2 sessions." in texte(
        operer(client, "desarchiver", monde.offre)
    )
    operer(client, "desarchiver", monde.offre, confirme="oui")
    assert Offre.objects.get().statut == "brouillon" and Action.objects.get().statut == "archivee"
    operer(client, "archiver", monde.offre, confirme="oui")
    operer(client, "desarchiver", monde.offre, confirme="oui", avec_descendants="oui")
    assert set(Session.objects.values_list("statut", flat=True)) == {"brouillon"}
    operer(client, "supprimer", monde.offre, confirme="oui", retour="fiche")
    assert not Offre.objects.exists() and Suppression.objects.get().emportees == {"action": 1, "session": 2}


def test_archiver_dit_combien_le_public_en_voit(client, monde, settings):
    sessions = [monde.session(identifiant, ouverte=True) for identifiant in ("s1", "s2")]
    sessions.append(monde.session("validee"))
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    assert "3 sessions, dont 2 visibles par le public aujourd'hui." in texte(
        operer(client, "archiver", monde.action)
    )
    assert "3 fiches, dont 2 visibles par le public aujourd'hui :" in texte(
        operer(client, "archiver", *sessions)
    )
    assert "1 fiche, dont aucune visible par le public aujourd'hui :" in texte(
        operer(client, "archiver", sessions[2])
    )


def test_valider_dit_ce_qui_manque(client, monde):
    brouillon = executer(
        Offre(organisme=monde.organisme),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"identifiant": "VIDE"},
    )
    assert "Ce qui manque pour valider" in texte(client.get(adresse(brouillon)))
    refus = messages(operer(client, "valider", brouillon))
    assert len(refus) == 1 and "VIDE" in refus[0] and "Indiquez le type d" in refus[0]
    executer(monde.session("s"), Operation.ARCHIVER, par=monde.gestionnaire)
    session = executer(Session.objects.get(), Operation.DESARCHIVER, par=monde.gestionnaire)
    operer(client, "valider", session)
    assert Session.objects.get().statut == "validee"


def test_plusieurs_suppressions_a_la_fois_se_restaurent_chacune(client, monde):
    un, deux = monde.session("un"), monde.session("deux")
    operer(client, "supprimer", un, deux, confirme="oui")
    assert Suppression.objects.count() == 2
    page = operer(client, "restaurer", *Suppression.objects.all())
    assert (
        "2 suppressions annulées" in messages(page)[-1].replace("\xa0", " ") and Session.objects.count() == 2
    )


def test_pas_plus_de_cent_a_la_fois(client, monde):
    monde.session("copie")
    grossir(monde, 100)
    envoi = {
        "action": "archiver",
        "index": "0",
        "select_across": "1",
        "confirme": "oui",
        "_selected_action": [Session.objects.first().pk],
    }
    page = client.post(adresse(Session, "changelist"), envoi, follow=True)
    assert "au plus 100" in messages(page)[0] and not Session.objects.filter(statut="archivee").exists()


def test_ce_qui_a_disparu_entre_temps_se_dit(client, monde):
    session = monde.session()
    envoi = {"action": "ouvrir", "index": "0", "_selected_action": [session.pk]}
    session.delete()
    assert client.post(adresse(Session, "changelist"), envoi, follow=True).status_code == 200


def test_une_equipe_sans_tous_les_droits_lit_sans_rien_pouvoir(client, monde):
    equipe = Utilisateur.objects.create_user("equipe@test.example", "x", is_staff=True)
    equipe.user_permissions.set(
        Permission.objects.filter(
            codename__in=["view_session", "view_passage", "view_organisme", "change_utilisateur"]
        )
    )
    client.force_login(equipe, backend="django.contrib.auth.backends.ModelBackend")
    session = monde.session()
    assert 'name="action"' not in client.get(adresse(session)).content.decode()
    operer(client, "ouvrir", session)
    assert not Session.objects.get().ouverte
    for page in (
        reverse("admin:publication_passage_rattraper"),
        f"{reverse('admin:organismes_organisme_suspension')}?suspendre=oui&o={monde.organisme.pk}",
    ):
        assert client.get(page).status_code == client.post(page, {"motif": "x"}).status_code == 403
    assert client.get(reverse("admin:publication_passage_simulation")).status_code == 200
    chef = Utilisateur.objects.get(courriel="admin@test.example")
    assert (
        client.post(
            reverse("admin:auth_user_password_change", args=[chef.pk]), {"password1": "a", "password2": "a"}
        ).status_code
        == 403
    )
    client.post(
        adresse(equipe),
        {"courriel": equipe.courriel, "is_active": "on", "is_staff": "on", "is_superuser": "on"},
    )
    equipe.refresh_from_db()
    assert not equipe.is_superuser
