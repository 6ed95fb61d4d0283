"""Tests that no edit is lost: two users on one record, automatic saves, an expired session."""

import html
import json
import re

import pytest

from catalogue.cycle_de_vie import executer
from catalogue.fusion import Divergences
from catalogue.models import Offre, Presence
from organismes.droits import Operation, Role
from sessions_app.models import Session
from tests.outils import source as texte


@pytest.fixture
def client_(monde, connecter):
    return connecter(monde.gestionnaire)


@pytest.fixture
def collegue(monde):
    personne = monde.personne("redacteur", Role.REDACTEUR)
    personne.prenom, personne.nom = "Karim", "Benali"
    personne.save()
    return personne


def champs_de(reponse) -> dict[str, str]:
    """Return the fields of the wizard's form, by name, as a browser would send them back."""
    page = reponse.content.decode()
    page = page[page.index('id="assistant-form"') :]
    champs = {}
    for balise in re.findall(r"<input[^>]*>", page):
        nom, valeur = re.search(r'name="([^"]+)"', balise), re.search(r'value="([^"]*)"', balise)
        if nom and ('type="checkbox"' not in balise and 'type="radio"' not in balise or "checked" in balise):
            champs[nom[1]] = html.unescape(valeur[1]) if valeur else "on" if "checked" in balise else ""
    for nom, contenu in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', page, re.S):
        choisi = re.search(r'value="([^"]*)" selected', contenu)
        champs[nom] = choisi[1] if choisi else ""
    for nom, valeur in re.findall(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', page, re.S):
        champs[nom] = html.unescape(valeur)
    return champs


def adresse(session):
    return f"/catalogue/sessions/{session.pk}/modifier/"


def enregistrer(client_, session, champs, **autres):
    return client_.post(adresse(session), {**champs, "operation": "enregistrer", **autres})


def test_les_changements_de_deux_personnes_sont_reunis(client_, monde, collegue):
    session = monde.session(modalites_particulieres="Avant")
    champs = champs_de(client_.get(adresse(session)))
    executer(session, Operation.MODIFIER, par=collegue, valeurs={"modalites_particulieres": "De Karim"})
    reponse = client_.post(
        adresse(session), {**champs, "garantie": "non", "operation": "valider"}, follow=True
    )
    session.refresh_from_db()
    assert (session.modalites_particulieres, session.garantie, session.statut) == (
        "De Karim",
        False,
        "validee",
    )
    assert "Karim Benali avait modifié la fiche entre-temps" in texte(reponse)


def test_un_meme_champ_se_choisit_et_rien_n_est_perdu(client_, monde, collegue):
    session = monde.session(modalites_particulieres="Avant")
    champs = champs_de(client_.get(adresse(session)))
    executer(session, Operation.MODIFIER, par=collegue, valeurs={"modalites_particulieres": "De Karim"})
    ecran = enregistrer(client_, session, {**champs, "modalites_particulieres": "De moi", "garantie": "non"})
    assert ecran.status_code == 409
    for mot in (
        "Karim Benali a modifié les mêmes champs que vous",
        "Avant : <p>Avant",
        "De Karim",
        "De moi",
        'name="choix:modalites_particulieres"',
    ):
        assert mot in texte(ecran)
    rendus = champs_de(ecran)
    assert rendus["modalites_particulieres"] == "De moi" and rendus["garantie"] == "non"
    # Without a choice, the question is asked again.
    assert enregistrer(client_, session, rendus).status_code == 409
    session.refresh_from_db()
    assert session.modalites_particulieres == "De Karim"
    # The record is modified again during the choice, which thus applied to other values.
    executer(session, Operation.MODIFIER, par=collegue, valeurs={"modalites_particulieres": "De Karim, bis"})
    encore = enregistrer(client_, session, rendus, **{"choix:modalites_particulieres": "mien"})
    assert encore.status_code == 409 and "De Karim, bis" in texte(encore)
    rendus = champs_de(encore)
    assert (
        enregistrer(client_, session, rendus, **{"choix:modalites_particulieres": "leur"}).status_code == 302
    )
    session.refresh_from_db()
    assert (session.modalites_particulieres, session.garantie) == ("De Karim, bis", False)


def test_garder_la_mienne(client_, monde, collegue):
    session = monde.session(modalites_particulieres="Avant")
    champs = champs_de(client_.get(adresse(session)))
    executer(session, Operation.MODIFIER, par=collegue, valeurs={"modalites_particulieres": "De Karim"})
    rendus = champs_de(enregistrer(client_, session, {**champs, "modalites_particulieres": "De moi"}))
    enregistrer(client_, session, rendus, **{"choix:modalites_particulieres": "mien"})
    session.refresh_from_db()
    assert session.modalites_particulieres == "De moi"


@pytest.mark.parametrize("version", ["", "abc", "0", "99999999999", "42"])
def test_une_version_inconnue_ne_perd_rien(client_, monde, version):
    session = monde.session(modalites_particulieres="Ici")
    champs = champs_de(client_.get(adresse(session)))
    assert enregistrer(client_, session, {**champs, "version": version}).status_code == 302
    change = {**champs, "modalites_particulieres": "Là", "version": version}
    assert enregistrer(client_, session, change).status_code == 409


def test_archivee_entre_temps_la_saisie_revient_avec_de_quoi_desarchiver(client_, monde):
    session = monde.session()
    champs = {**champs_de(client_.get(adresse(session))), "modalites_particulieres": "Précieux"}
    executer(session, Operation.ARCHIVER, par=monde.gestionnaire)
    refus = enregistrer(client_, session, champs)
    assert refus.status_code == 422 and "Précieux" in texte(refus) and "est archivée" in texte(refus)
    rendus = champs_de(refus)
    desarchivee = client_.post(adresse(session), {**rendus, "operation": "desarchiver"})
    assert "Précieux" in texte(desarchivee)
    assert enregistrer(client_, session, champs_de(desarchivee)).status_code == 302
    session.refresh_from_db()
    assert (session.modalites_particulieres, session.statut) == ("Précieux", "brouillon")


def test_supprimee_entre_temps_la_saisie_devient_une_nouvelle_fiche(client_, monde, collegue):
    session = monde.session()
    champs = {**champs_de(client_.get(adresse(session))), "modalites_particulieres": "Précieux"}
    executer(session, Operation.SUPPRIMER, par=monde.gestionnaire)
    ecran = enregistrer(client_, session, champs)
    assert ecran.status_code == 409 and "a supprimé cette fiche entre-temps" in texte(ecran)
    rendus = champs_de(ecran)
    assert rendus["modalites_particulieres"] == "Précieux" and rendus["identifiant"] == "s1"
    suite = re.search(r'action="([^"]+)"', texte(ecran)[texte(ecran).index('id="assistant-form"') :])[1]
    etape_2 = client_.post(suite, rendus)
    assert client_.post(suite, {**champs_de(etape_2), "operation": "valider"}).status_code == 302
    assert Session.objects.get().modalites_particulieres == "Précieux"


@pytest.mark.parametrize(
    ("role", "dit"),
    [
        (Role.GESTIONNAIRE, "ou restaurez l'ancienne depuis la corbeille"),
        (Role.REDACTEUR, "ou demandez à un gestionnaire de restaurer l'ancienne depuis la corbeille"),
    ],
)
def test_la_corbeille_est_pour_qui_peut_l_ouvrir(connecter, monde, role, dit):
    client_, session = connecter(monde.personne("une-personne", role)), monde.session()
    champs = champs_de(client_.get(adresse(session)))
    executer(session, Operation.SUPPRIMER, par=monde.gestionnaire)
    assert dit in texte(enregistrer(client_, session, champs))


@pytest.mark.parametrize(
    ("role", "dit"),
    [(Role.GESTIONNAIRE, "Vous pouvez l'ouvrir"), (Role.REDACTEUR, "Un gestionnaire peut l'ouvrir")],
)
def test_validee_elle_s_ouvre_par_qui_le_peut(connecter, monde, role, dit):
    client_, session = connecter(monde.personne("une-personne", role)), monde.session()
    champs = champs_de(client_.get(adresse(session)))
    page = client_.post(adresse(session), {**champs, "operation": "valider"}, follow=True)
    assert f"est validée. {dit} à l'inscription." in texte(page)


def test_supprimee_avec_son_parent_la_saisie_se_relit(client_, monde):
    session = monde.session()
    champs = {**champs_de(client_.get(adresse(session))), "modalites_particulieres": "Précieux"}
    executer(monde.offre, Operation.SUPPRIMER, par=monde.gestionnaire)
    ecran = enregistrer(client_, session, champs)
    assert ecran.status_code == 410 and "Précieux" in texte(ecran)


def test_ce_qui_ne_change_rien_ne_laisse_pas_de_trace(client_, monde):
    session = monde.session()
    champs = champs_de(client_.get(adresse(session)))
    lignes = Session.pgh_event_model.objects.count()
    assert client_.post(adresse(session), {**champs, "operation": "valider"}).status_code == 302
    assert Session.pgh_event_model.objects.count() == lignes


def test_qui_d_autre_a_le_formulaire_ouvert(client, monde, collegue):
    session = monde.session()
    client.force_login(collegue, backend="django.contrib.auth.backends.ModelBackend")
    client.get(adresse(session))
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    page = texte(client.get(adresse(session)))
    assert "<strong>Karim Benali</strong> a aussi ce formulaire ouvert" in page
    assert "Karim Benali" in texte(client.post(adresse(session), {"operation": "presence"}))
    assert Presence.objects.count() == 2


def test_un_brouillon_s_enregistre_seul_sans_valider_ni_ecraser(client_, monde, collegue):
    session = executer(
        Session(action=monde.action, organisme=monde.organisme),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"identifiant": "b"},
    )
    champs = champs_de(client_.get(adresse(session)))
    seul = client_.post(
        adresse(session), {**champs, "modalites_particulieres": "Un", "operation": "automatique"}
    )
    assert re.match(r"Brouillon enregistré à \d+ h \d\d", texte(seul))
    session.refresh_from_db()
    assert (session.modalites_particulieres, session.statut, session.version) == ("Un", "brouillon", 2)
    assert 'id="id_version" value="2"' in texte(seul)
    illisible = client_.post(
        adresse(session), {**champs, "version": "2", "date_debut": "demain", "operation": "automatique"}
    )
    assert "une saisie est à corriger" in texte(illisible)
    executer(session, Operation.MODIFIER, par=collegue, valeurs={"garantie": True})
    depasse = client_.post(
        adresse(session),
        {**champs, "version": "2", "modalites_particulieres": "Deux", "operation": "automatique"},
    )
    assert "Karim Benali vient de modifier cette fiche" in texte(depasse)
    session.refresh_from_db()
    assert (session.modalites_particulieres, session.garantie) == ("Un", True)
    validee = monde.session("v")
    assert "Enregistrez" in texte(
        client_.post(
            adresse(validee), {**champs_de(client_.get(adresse(validee))), "operation": "automatique"}
        )
    )


def test_l_enregistrement_automatique_ne_se_dispute_pas_avec_soi_meme(client_, monde):
    session = executer(
        Session(action=monde.action, organisme=monde.organisme),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"identifiant": "b"},
    )
    champs = champs_de(client_.get(adresse(session)))
    client_.post(adresse(session), {**champs, "modalites_particulieres": "Un", "operation": "automatique"})
    # The button was pressed before the response to the automatic save came back: the version is the same.
    assert (
        enregistrer(client_, session, {**champs, "modalites_particulieres": "Un et deux"}).status_code == 302
    )
    session.refresh_from_db()
    assert session.modalites_particulieres == "Un et deux"


def test_la_session_expiree_rend_la_saisie(client, monde):
    session = monde.session()
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    champs = {**champs_de(client.get(adresse(session))), "modalites_particulieres": "Précieux « texte » <b>"}
    client.logout()
    ecran = enregistrer(client, session, champs)
    assert ecran.status_code == 401 and "Votre session a expiré" in texte(ecran)
    caches = dict(re.findall(r'type="hidden" name="(next|reprise)" value="([^"]*)"', ecran.content.decode()))
    caches = {nom: html.unescape(valeur) for nom, valeur in caches.items()}
    rate = client.post("/connexion/", {"username": monde.gestionnaire.courriel, "password": "faux", **caches})
    assert rate.status_code == 422 and "reprise" in texte(rate)
    connecte = client.post(
        "/connexion/",
        {"username": monde.gestionnaire.courriel, "password": "demo-edof-mot-de-passe", **caches},
    )
    assert "Reprendre ma saisie" in texte(connecte)
    rendus = dict(json.loads(caches["reprise"]))
    assert (
        rendus["operation"] == "enregistrer"
        and 'name="operation" value="reprendre"' in connecte.content.decode()
    )
    formulaire = client.post(adresse(session), {**rendus, "operation": "reprendre"})
    assert formulaire.status_code == 200 and "Précieux « texte » <b>" in texte(formulaire)
    session.refresh_from_db()
    assert session.modalites_particulieres == ""


@pytest.mark.parametrize("reprise", ["", "{", "[1]", '{"a": 1}', '[["a"]]', "null", "[" * 5000])
def test_une_reprise_forgee_ne_fait_que_connecter(client, monde, reprise):
    identite = {"username": monde.gestionnaire.courriel, "password": "demo-edof-mot-de-passe"}
    reponse = client.post("/connexion/", {**identite, "next": "/catalogue/", "reprise": reprise})
    assert reponse.status_code == 302 and reponse.url == "/catalogue/"


def test_une_reprise_ne_mene_pas_ailleurs(client, monde):
    identite = {"username": monde.gestionnaire.courriel, "password": "demo-edof-mot-de-passe"}
    reponse = client.post(
        "/connexion/", {**identite, "next": "https://ailleurs.example/", "reprise": '[["a", "b"]]'}
    )
    assert reponse.status_code == 302 and reponse.url == "/"


def test_la_porte_dit_quels_champs_divergent(monde, collegue):
    offre = monde.nouvelle_offre("O")
    executer(offre, Operation.MODIFIER, par=collegue, valeurs={"intitule": "Le leur", "contenu": "Le leur"})
    with pytest.raises(Divergences) as levee:
        executer(
            offre,
            Operation.MODIFIER,
            par=monde.gestionnaire,
            valeurs={"intitule": "Le mien", "contenu": "Le leur"},
            version=1,
        )
    assert [(d.champ, d.avant, d.leur, d.mien) for d in levee.value.divergences] == [
        ("intitule", "Texte", "Le leur", "Le mien")
    ]
    assert Offre.objects.get(pk=offre.pk).intitule == "Le leur"
