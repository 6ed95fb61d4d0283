"""Tests of the wizard through the test client: what it refuses and what it keeps."""

import datetime as dt
import html
import re

import pytest

from edof.horloge import aujourd_hui
from organismes.models import Contact
from sessions_app.models import Session
from tests.conftest import Monde


@pytest.fixture
def client_(monde, connecter):
    return connecter(monde.gestionnaire)


def url(action):
    return f"/catalogue/actions/{action.pk}/sessions/ajouter/"


def preuve(reponse):
    return html.unescape(re.search(r'name="verification" value="([^"]+)"', reponse.content.decode())[1])


def saisie(monde, **champs):
    debut = aujourd_hui() + dt.timedelta(60)
    complete = {
        "date_debut": f"{debut:%d/%m/%Y}", "date_fin": f"{debut + dt.timedelta(9):%d/%m/%Y}",
        "garantie": "oui",
        "contact_inscription": monde.contact.pk, "adresse_inscription": monde.lieu.pk,
        "modalites_particulieres": "", **champs,
    }  # fmt: skip
    return {nom: valeur for nom, valeur in complete.items() if valeur is not None}


def ajouter(client_, monde, identifiant="nouvelle", operation="valider", **champs):
    jeton = preuve(client_.get(url(monde.action), {"identifiant": identifiant}))
    donnees = {
        "identifiant": identifiant,
        "verification": jeton,
        "operation": operation,
        **saisie(monde, **champs),
    }
    return client_.post(url(monde.action), donnees)


@pytest.mark.exigence("S-55")
def test_il_est_ecrit_en_haut_que_tout_est_obligatoire(client_, monde):
    for etape in ({}, {"identifiant": "x"}):
        page = html.unescape(client_.get(url(monde.action), etape).content.decode())
        assert (
            page.index("</h1>")
            < page.index("Sauf mention contraire, tous les champs sont obligatoires.")
            < page.index('<ol class="etapes">')
        )


@pytest.mark.exigence("D-03", "S-66")
def test_verifier_n_ecrit_rien_et_l_etape_2_veut_sa_preuve(client_, monde):
    jeton = preuve(client_.get(url(monde.action), {"identifiant": "x"}))
    assert not Session.objects.exists()
    autre = monde.nouvelle_action("A2")
    cas = [
        (monde.action, {"identifiant": "x"}),
        (monde.action, {"identifiant": "x", "verification": "faux"}),
        (monde.action, {"identifiant": "y", "verification": jeton}),
        (autre, {"identifiant": "x", "verification": jeton}),
    ]
    for action, forge in cas:
        reponse = client_.post(url(action), {**saisie(monde), "operation": "valider", **forge})
        assert reponse.status_code == 422
        assert "Vérifiez l&#x27;identifiant" in reponse.content.decode()
        assert f'value="{monde.contact.pk}"' in reponse.content.decode()
    assert not Session.objects.exists()


@pytest.mark.exigence("D-03")
def test_l_identifiant_pris_entre_temps_garde_ce_qui_est_tape(client_, monde):
    jeton = preuve(client_.get(url(monde.action), {"identifiant": "x"}))
    monde.session("X")
    donnees = saisie(monde, modalites_particulieres="Le samedi")
    reponse = client_.post(
        url(monde.action), {**donnees, "identifiant": "x", "verification": jeton, "operation": "valider"}
    )
    texte = reponse.content.decode()
    assert reponse.status_code == 422 and "Étape 1/2" in texte
    assert "déjà utilisé par une autre session de cette action" in texte and 'value="Le samedi"' in texte


def test_le_meme_envoi_deux_fois_ne_fait_qu_une_session(client_, monde):
    jeton = preuve(client_.get(url(monde.action), {"identifiant": "x"}))
    donnees = {**saisie(monde), "identifiant": "x", "verification": jeton, "operation": "valider"}
    premiere, seconde = client_.post(url(monde.action), donnees), client_.post(url(monde.action), donnees)
    assert premiere.url == seconde.url and Session.objects.count() == 1


@pytest.mark.exigence("D-06", "S-33")
def test_enregistrer_accepte_les_trous_et_refuse_l_illisible(client_, monde):
    vide = dict.fromkeys(("date_debut", "date_fin", "garantie", "contact_inscription", "adresse_inscription"))
    assert ajouter(client_, monde, "b", "enregistrer", **vide).status_code == 302
    assert Session.objects.get().statut == "brouillon"
    etranger = Monde("Autre", "52345678900017")
    for champs, phrase in [
        ({"date_debut": "31/02/2030"}, "pas lisible"),
        ({"modalites_particulieres": "x" * 3001}, "3001 caractères"),
        ({"contact_inscription": etranger.contact.pk}, "choisissez dans la liste"),
        ({"modalites_particulieres": "a\u202eb"}, "caractères invisibles"),
    ]:
        reponse = ajouter(client_, monde, "c", "enregistrer", **champs)
        assert reponse.status_code == 422 and phrase in reponse.content.decode()


@pytest.mark.exigence("S-93", "S-92")
def test_3000_caracteres_comptes_comme_a_l_ecran(client_, monde):
    texte = "é" * 2998 + "\r\n" + "a"
    assert ajouter(client_, monde, "x", modalites_particulieres=texte).status_code == 302
    assert len(Session.objects.get().modalites_particulieres) == 3000
    assert "0 / 3000 caractères" in client_.get(url(monde.action), {"identifiant": "y"}).content.decode()


@pytest.mark.exigence("S-69", "S-81", "S-90", "S-98", "D-07")
def test_valider_nomme_chaque_trou_et_lie_chaque_champ(client_, monde):
    vide = dict.fromkeys(("date_debut", "date_fin", "garantie", "contact_inscription", "adresse_inscription"))
    reponse = ajouter(client_, monde, "x", **vide)
    texte = reponse.content.decode()
    assert reponse.status_code == 422 and not Session.objects.exists()
    for champ in ("date_debut", "date_fin", "contact_inscription", "adresse_inscription"):
        assert f'href="#id_{champ}"' in texte and f'id="id_{champ}"' in texte
    assert "Indiquez si la session est garantie ou non." in texte
    assert ajouter(client_, monde, "x").status_code == 302
    assert Session.objects.get().statut == "validee"


@pytest.mark.exigence("D-08")
def test_le_texte_d_une_session_commencee_se_modifie(client_, monde):
    session = monde.session(ouverte=True)
    passe = aujourd_hui() - dt.timedelta(3)
    Session.objects.filter(pk=session.pk).update(date_debut=passe, dates_saisies_le=passe - dt.timedelta(30))
    adresse = f"/catalogue/sessions/{session.pk}/modifier/"
    page = client_.get(adresse)
    fin = Session.objects.get().date_fin
    donnees = saisie(
        monde, date_debut=f"{passe:%d/%m/%Y}", date_fin=f"{fin:%d/%m/%Y}", modalites_particulieres="Salle 3"
    )
    reponse = client_.post(
        adresse, {**donnees, "identifiant": "s1", "verification": preuve(page), "operation": "enregistrer"}
    )
    assert reponse.status_code == 302 and Session.objects.get().modalites_particulieres == "Salle 3"


@pytest.mark.exigence("D-01")
def test_changer_d_identifiant_referme_et_ne_perd_rien(client_, monde):
    jeton = preuve(client_.get(url(monde.action), {"identifiant": "x"}))
    donnees = {
        **saisie(monde, modalites_particulieres="Le samedi\r\nmatin"),
        "identifiant": "x",
        "verification": jeton,
    }
    etape_1 = client_.post(
        url(monde.action), {**donnees, "operation": "changer_identifiant"}
    ).content.decode()
    assert "Étape 1/2" in etape_1 and "Informations sur la session</h2>" not in etape_1
    caches = {
        nom: html.unescape(valeur)
        for nom, valeur in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', etape_1)
    }
    etape_2 = client_.post(url(monde.action), {**caches, "identifiant": "z"}).content.decode()
    assert "Étape 2/2" in etape_2 and "Le samedi" in etape_2 and donnees["date_debut"] in etape_2


@pytest.mark.exigence("S-85", "S-86", "S-87", "S-89")
def test_ajouter_un_contact_sur_place(client_, monde):
    jeton = preuve(client_.get(url(monde.action), {"identifiant": "x"}))
    donnees = {
        **saisie(monde, modalites_particulieres="Le samedi"),
        "identifiant": "x",
        "verification": jeton,
    }
    contact = {
        "contact_inscription-prenom": "Nadia",
        "contact_inscription-nom": "Roux",
        "contact_inscription-telephone_fixe": "01 49 80 00 01",
        "contact_inscription-courriel": "nadia",
    }
    refuse = client_.post(url(monde.action), {**donnees, **contact, "operation": "creer:contact_inscription"})
    assert refuse.status_code == 422 and 'value="Nadia"' in refuse.content.decode()
    oublie = client_.post(url(monde.action), {**donnees, **contact, "operation": "valider"})
    assert oublie.status_code == 422 and 'value="Nadia"' in oublie.content.decode()
    contact["contact_inscription-courriel"] = "nadia@ilvm.example"
    cree = client_.post(
        url(monde.action), {**donnees, **contact, "operation": "creer:contact_inscription"}
    ).content.decode()
    nouveau = Contact.objects.get(nom="Roux")
    assert nouveau.telephone_fixe == "0149800001" and nouveau.organisme == monde.organisme
    assert (
        f'<option value="{nouveau.pk}" selected>' in cree
        and "Le samedi" in cree
        and "<strong>nadia@ilvm.example" in cree
    )


@pytest.mark.exigence("S-101", "D-16")
def test_dupliquer_copie_tout_sauf_dates_statut_et_identifiant(client_, monde):
    session = monde.session(modalites_particulieres="Le samedi", ouverte=True)
    etape_1 = client_.get(url(monde.action), {"copie_de": session.pk}).content.decode()
    copies = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', etape_1))
    attendues = {
        "garantie": "oui",
        "contact_inscription": str(monde.contact.pk),
        "adresse_inscription": str(monde.lieu.pk),
    }
    assert {nom: copies[nom] for nom in attendues} == attendues and copies[
        "modalites_particulieres"
    ] == "Le samedi"
    assert (
        not {"date_debut", "date_fin", "pas_de_dates", "statut"} & copies.keys()
        and Session.objects.count() == 1
    )


@pytest.mark.exigence("D-04")
def test_l_identifiant_ne_change_plus_une_fois_active(client_, monde):
    session = monde.session(ouverte=True)
    adresse = f"/catalogue/sessions/{session.pk}/modifier/"
    page = client_.get(adresse)
    assert "changer_identifiant" not in page.content.decode()
    donnees = {
        **saisie(monde),
        "identifiant": "autre",
        "verification": preuve(page),
        "operation": "enregistrer",
    }
    assert client_.post(adresse, donnees).status_code == 422
    assert Session.objects.get().identifiant == "s1"


@pytest.mark.exigence("S-70", "S-76", "S-56")
def test_une_action_permanente_demande_la_case(client_, monde):
    texte = client_.get(url(monde.nouvelle_action("P", "permanentes")), {"identifiant": "x"}).content.decode()
    assert "modalités d'entrées / sorties permanentes, veuillez cocher la case :" in texte
    assert "définies à l'inscription du titulaire" in texte and texte.count("(optionnel)") == 1


@pytest.mark.exigence("S-40")
def test_une_archivee_ne_s_ouvre_pas_en_modification(client_, monde):
    session = monde.session()
    client_.post(f"/catalogue/session{'s'}/{session.pk}/archiver/")
    reponse = client_.get(f"/catalogue/sessions/{session.pk}/modifier/", follow=True)
    assert "désarchivez-la pour la modifier" in html.unescape(reponse.content.decode())
