"""Tests of the life cycle operations in the administration: same entry point, same rules."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre, Suppression
from edof.horloge import aujourd_hui, demain
from lots.models import Lot
from lots.tasks import executer_les_lots
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
from tests.conftest import Monde
from tests.lots.monde import faire, nouveau_lot

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


@pytest.mark.exigence("D-40")
def test_en_nombre_une_repetition_puis_un_compte_rendu_et_l_annulation(client, monde):
    bonnes = [monde.session(f"bonne-{n}") for n in range(2)]
    autre = monde.nouvelle_action("ACTION-2")
    mauvaise = monde.session("mauvaise", action=autre)
    executer(autre, Operation.ARCHIVER, par=monde.gestionnaire)
    executer(mauvaise, Operation.DESARCHIVER, par=monde.gestionnaire)
    page = operer(client, "ouvrir", *bonnes, mauvaise)
    lot = Lot.objects.get()
    assert page.redirect_chain[-1][0] == adresse(lot) and not Session.objects.filter(ouverte=True).exists()
    lue = texte(page)
    assert "Ouvrir 3 sessions à l'inscription" in lue and "2 deviennent actives et ouvertes" in lue
    assert "est en brouillon" in lue and f'href="{adresse(mauvaise)}">mauvaise</a>' in page.content.decode()
    page = client.post(adresse(lot), {"geste": "executer"}, follow=True)
    assert "2 ouvertes" in texte(page) and "Annuler l'ouverture" in texte(page)
    assert set(Session.objects.filter(ouverte=True)) == set(bonnes)
    contexte = bonnes[0].events.order_by("-pgh_id").first().pgh_context.metadata
    assert (contexte["operation"], contexte["origine"], contexte["lot"]) == ("ouvrir", "admin", lot.pk)
    fichier = client.get(reverse("admin:lots_lot_compte_rendu", args=[lot.pk])).content.decode()
    assert "mauvaise;Refusée;" in fichier
    page = client.post(adresse(lot), {"geste": "annuler"}, follow=True)
    assert "2 remises comme avant" in texte(page)
    assert not Session.objects.filter(ouverte=True).exists()
    assert lot.annulation.origine == "admin"
    assert client.get(adresse(lot.annulation))["Location"] == adresse(lot)


def test_tout_ce_qui_repond_attend_l_ouvrier_quand_il_y_en_a_beaucoup(client, monde, monkeypatch):
    monde.session("copie")
    grossir(monde, 4)
    monkeypatch.setattr("bureau.lots.suivi.TOUT_DE_SUITE", 3)
    envoi = {
        "action": "archiver",
        "index": "0",
        "select_across": "1",
        "_selected_action": [Session.objects.first().pk],
    }
    page = client.post(f"{adresse(Session, 'changelist')}?statut=validee", envoi, follow=True)
    lot = Lot.objects.get()
    # One box is ticked, and all that answer the filters are meant.
    assert lot.nombre == 5 and "répondent à vos filtres" in texte(page)
    client.post(adresse(lot), {"geste": "executer"})
    assert not Session.objects.filter(statut="archivee").exists()
    assert "0 sur 5" in texte(client.get(adresse(lot)))
    page = client.post(adresse(lot), {"geste": "arreter"}, follow=True)
    assert "Arrêté" in texte(page)
    client.post(adresse(lot), {"geste": "executer"})
    executer_les_lots()
    assert Session.objects.filter(statut="archivee").count() == 5


def test_un_choix_de_plusieurs_organismes_ou_trop_grand_est_refuse(client, monde, monkeypatch):
    sessions = [monde.session("s1"), Monde("Autre", "52345678900017").session("s2")]
    page = operer(client, "ouvrir", *sessions)
    assert "de plusieurs organismes" in messages(page)[0]
    monkeypatch.setattr("lots.admin.FICHES_AU_PLUS", 1)
    page = operer(client, "ouvrir", sessions[0], monde.session("s3"))
    assert "Votre choix compte 2" in messages(page)[0].replace("\xa0", " ")
    assert not Lot.objects.exists() and not Session.objects.filter(ouverte=True).exists()


def test_le_lot_d_un_membre_se_lit_sans_s_y_agir(client, monde):
    monde.session()
    lot = nouveau_lot(monde, "ouvrir", Session.objects.all())
    page = client.get(adresse(lot))
    assert "Pas encore confirmé" in texte(page) and 'name="geste"' not in page.content.decode()
    assert client.post(adresse(lot), {"geste": "executer"}).status_code == 403
    faire(lot)
    page = client.get(adresse(lot))
    assert "1 ouverte" in texte(page) and 'name="geste"' not in page.content.decode()
    assert client.post(adresse(lot), {"geste": "annuler"}).status_code == 403
    assert Session.objects.get().ouverte


def test_beaucoup_de_retraits_demandent_d_ecrire_le_nombre(client, monde, monkeypatch, settings):
    sessions = [monde.session(f"s{n}", ouverte=True) for n in range(2)]
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    monkeypatch.setattr("bureau.lots.consequences.RETRAITS_SANS_ECRIRE", 1)
    page = operer(client, "fermer", *sessions)
    assert "2 sessions tout de suite" in texte(page) and "écrivez 2" in texte(page)
    page = client.post(adresse(Lot.objects.get()), {"geste": "executer", "nombre": "3"})
    assert page.status_code == 422 and "Pour confirmer, écrivez 2." in texte(page)
    client.post(adresse(Lot.objects.get()), {"geste": "executer", "nombre": "2"})
    assert not Session.objects.filter(ouverte=True).exists()


@pytest.mark.exigence("D-13")
def test_desarchiver_plusieurs_offres_avec_ce_qui_est_dessous(client, monde):
    monde.session()
    offres = [monde.offre, monde.nouvelle_offre("O2")]
    operer(client, "archiver", *offres)
    client.post(adresse(Lot.objects.get()), {"geste": "executer"})
    assert Session.objects.get().statut == "archivee"
    page = operer(client, "desarchiver", *offres)
    assert "Avec ce qui est archivé en dessous" in texte(page)
    lot = Lot.objects.latest("pk")
    client.post(adresse(lot), {"geste": "executer", "avec_descendants": "oui"})
    assert Session.objects.get().statut == Action.objects.get().statut == "brouillon"
    client.post(adresse(lot), {"geste": "annuler"})
    assert Session.objects.get().statut == Action.objects.get().statut == "archivee"


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
    assert "2 sessions tout de suite" in texte(operer(client, "archiver", *sessions))
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


def test_plusieurs_suppressions_se_restaurent_chacune(client, monde):
    for session in (monde.session("un"), monde.session("deux")):
        operer(client, "supprimer", session, confirme="oui")
    assert Suppression.objects.count() == 2
    page = operer(client, "restaurer", *Suppression.objects.all())
    assert (
        "2 suppressions annulées" in messages(page)[-1].replace("\xa0", " ") and Session.objects.count() == 2
    )


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
