"""Tests of the pages, the branches and the return to the catalogue after an operation.

They cover what the URL of the catalogue contains, and what an operation keeps of it.
"""

import re
from urllib.parse import urlencode

import pytest

from bureau.catalogue import bandes
from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre
from organismes.droits import Operation
from sessions_app.models import Session
from tests.bureau.test_catalogue import ouverte, texte
from tests.bureau.test_filtres import fiches, page
from tests.conftest import Monde


@pytest.fixture
def client(client, monde):
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    return client


def offres(monde, nombre):
    return Offre.objects.bulk_create(
        Offre(
            organisme=monde.organisme,
            identifiant=f"O{n:03}",
            identifiant_normalise=f"o{n:03}",
            intitule="Nouvelle",
        )
        for n in range(nombre)
    )


def sessions(monde, nombre):
    return Session.objects.bulk_create(
        Session(
            organisme=monde.organisme,
            action=monde.action,
            identifiant=f"S{n:03}",
            identifiant_normalise=f"s{n:03}",
        )
        for n in range(nombre)
    )


def branche(client, adresse, cible, page_vue):
    """Request one branch as htmx does from the displayed page."""
    entetes = {"HX-Request": "true", "HX-Target": cible, "HX-Current-URL": f"http://testserver{page_vue}"}
    return client.get(adresse, headers=entetes)


# --- Pages ---


def test_les_offres_viennent_par_pages(monde, client):
    offres(monde, 44)
    assert [len(fiches(client, "offre", page=n)) for n in (1, 2, 3, 99)] == [20, 20, 5, 5]
    assert fiches(client, "offre", page=3)[-1] == "OFFRE-1"
    contenu = page(client, page=2, q="nouvelle", o=monde.offre.pk)
    assert 'href="/catalogue/?q=nouvelle&page=3"' in contenu and re.search(
        r'href="/catalogue/\?q=nouvelle&page=2" aria-current="page"', contenu
    )


def test_voir_mene_a_la_page_de_la_fiche_et_l_ouvre(monde, client, monkeypatch):
    offres(monde, 44)
    monkeypatch.setattr(bandes, "PAR_TRANCHE", 5)
    session = sessions(monde, 12)[11]
    attendue = f"/catalogue/?page=3&o={monde.offre.pk}&a={monde.action.pk}.3#session-{session.pk}"
    assert client.get("/catalogue/", {"voir": session.cle_html}).url == attendue
    assert fiches(client, "session", voir=session.cle_html)[-1] == "S011"


def test_voir_retire_les_filtres_qui_cachent_et_le_dit(monde, client):
    session = monde.session()
    reponse = client.get("/catalogue/", {"voir": session.cle_html, "q": "ailleurs"}, follow=True)
    assert reponse.redirect_chain[-1][0] == f"{ouverte(monde)}#session-{session.pk}"
    assert "La recherche ou les filtres cachaient cette fiche : ils ont été retirés." in texte(reponse)
    reponse = client.get("/catalogue/", {"voir": session.cle_html, "q": "s1"}, follow=True)
    assert reponse.redirect_chain[-1][0].startswith("/catalogue/?q=s1&") and "retirés" not in texte(reponse)
    executer(session, Operation.ARCHIVER, par=monde.gestionnaire)
    reponse = client.get("/catalogue/", {"voir": session.cle_html, "q": "s1"}, follow=True)
    assert reponse.redirect_chain[-1][0].startswith("/catalogue/?statut=archivee&")


# --- Branches ---


def test_une_branche_longue_se_montre_par_tranches(monde, client):
    sessions(monde, 103)
    premiere = page(client, o=monde.offre.pk, a=monde.action.pk)
    assert (
        premiere.count('id="session-') == 50
        and "103\u00a0sessions programmées" in premiere
        and "Afficher les 50 suivantes" in premiere
    )
    suite = re.search(r'id="suite-action-\d+" href="([^"]*)"', premiere)[1]
    assert suite == f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}.2"
    deuxieme = branche(client, suite, f"action-{monde.action.pk}", ouverte(monde))
    assert deuxieme.content.decode().count('id="session-') == 100 and "Afficher les 3 autres" in texte(
        deuxieme
    )
    assert deuxieme["HX-Push-Url"] == suite
    assert page(client, o=monde.offre.pk, a=f"{monde.action.pk}.3").count('id="session-') == 103


def test_les_actions_aussi(monde, client):
    Action.objects.bulk_create(
        Action(
            organisme=monde.organisme, offre=monde.offre, identifiant=f"A{n}", identifiant_normalise=f"a{n}"
        )
        for n in range(50)
    )
    contenu = page(client, o=monde.offre.pk)
    assert contenu.count('<article class="action action-ligne"') == 10 and "Afficher les 41 autres" in contenu
    assert page(client, o=f"{monde.offre.pk}.2").count('<article class="action action-ligne"') == 51
    Session.objects.bulk_create(
        Session(organisme=monde.organisme, action=action, identifiant="S", identifiant_normalise="s")
        for action in Action.objects.all()
    )
    contenu = page(client, o=monde.offre.pk)
    assert contenu.count('<article class="action"') == 50 and "Afficher la suivante" in contenu


def test_une_branche_sans_fin_renvoie_a_la_recherche(monde, client, monkeypatch):
    monkeypatch.setattr(bandes, "PAR_TRANCHE", 2)
    sessions(monde, 45)
    contenu = page(client, o=monde.offre.pk, a=f"{monde.action.pk}.99")
    assert contenu.count('id="session-') == 40 and "Il en reste 5" in contenu and "suivantes" not in contenu


def test_ce_que_la_recherche_trouve_est_en_tete_de_sa_branche(monde, client):
    sessions(monde, 60)
    trouvees = fiches(client, "session", q="059")
    assert trouvees[0] == "S059" and len(trouvees) == 50
    assert 'class="trouvee">ID : S059' in page(client, q="059")
    assert fiches(client, "session", q="s059") == ["S059"]


def test_trop_de_reponses_n_ouvrent_rien(monde, client):
    sessions(monde, 61)
    assert fiches(client, "session", q="s0") == [] and fiches(client, "session", statut="brouillon") == []


@pytest.mark.exigence("S-16", "S-24")
def test_une_branche_se_deplie_seule_et_les_autres_restent(monde, client):
    monde.session()
    adresse = f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}"
    reponse = branche(
        client, adresse, f"action-{monde.action.pk}", f"/catalogue/?page=2&q=texte&o={monde.offre.pk}&o=99"
    )
    contenu = reponse.content.decode()
    assert contenu.startswith("<article") and 'aria-expanded="true"' in contenu and "ID : s1" in contenu
    assert reponse["HX-Push-Url"] == f"/catalogue/?q=texte&page=2&o=99&o={monde.offre.pk}&a={monde.action.pk}"
    reponse = branche(client, "/catalogue/?q=texte&o=0", f"offre-{monde.offre.pk}", reponse["HX-Push-Url"])
    assert (
        'aria-expanded="false"' in reponse.content.decode() and ' id="action-' not in reponse.content.decode()
    )
    assert reponse["HX-Push-Url"] == f"/catalogue/?q=texte&page=2&o=99&a={monde.action.pk}"


def test_ce_qui_s_est_ouvert_seul_se_ferme_et_reste_ferme(monde, client):
    monde.session()
    contenu = page(client, q="s1")
    assert fiches(client, "session", q="s1") == ["s1"]
    fermer = re.search(r'id="bascule-action-\d+" href="([^"]*)"', contenu)[1]
    assert fermer == f"/catalogue/?q=s1&o={monde.offre.pk}"
    reponse = branche(client, fermer, f"action-{monde.action.pk}", "/catalogue/?q=s1")
    assert reponse["HX-Push-Url"] == fermer and 'id="session-' not in reponse.content.decode()
    fermer = re.search(r'id="bascule-offre-\d+" href="([^"]*)"', page(client, q="s1", o=monde.offre.pk))[1]
    assert fermer == "/catalogue/?q=s1&o=0" and fiches(client, "action", q="s1", o="0") == []


@pytest.mark.parametrize("cible", ["offre", "action"])
def test_une_fiche_partie_entre_temps_recharge_la_page(monde, client, cible):
    autre = Monde("Autre", "52345678900017")
    fiche = getattr(autre, cible)
    reponse = branche(
        client, f"/catalogue/?o={autre.offre.pk}&a={autre.action.pk}", fiche.cle_html, "/catalogue/"
    )
    assert reponse["HX-Refresh"] == "true" and reponse.content == b""
    assert "Cette fiche n'est plus dans la liste" in page(client)


def test_l_adresse_reste_courte(monde, client):
    cles = range(10**6, 10**6 + 400)
    contenu = page(client, q="é" * 200, o=list(cles), a=list(cles))
    assert max(map(len, re.findall(r'href="([^"]*)"', contenu))) < 4000


# --- Bandes and order ---


@pytest.mark.exigence("D-33", "S-51")
def test_les_actions_avec_sessions_d_abord_puis_les_autres_sur_une_ligne(monde, client):
    active, validee = monde.nouvelle_action("ACTIVE"), monde.nouvelle_action("AVEC")
    monde.session("s1", action=active, ouverte=True)
    monde.session("s2", action=validee)
    executer(monde.session("s3"), Operation.ARCHIVER, par=monde.gestionnaire)
    Action.objects.filter(pk=monde.action.pk).update(statut="active")
    for n in range(12):
        monde.nouvelle_action(f"SANS-{n}")
    executer(
        Action(organisme=monde.organisme, offre=monde.offre),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"identifiant": "VIDE"},
    )
    assert fiches(client, "action", o=monde.offre.pk) == [
        "ACTIVE",
        "AVEC",
        "ACTION-1",
        "VIDE",
        *(f"SANS-{n}" for n in range(11, 3, -1)),
    ]
    contenu = page(client, o=monde.offre.pk)
    lu = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", contenu).replace("\xa0", " "))
    for phrase in (
        "2 actions avec des sessions les actives d'abord Ordre : Actives d'abord", "14 actions sans session",
        "Afficher les 4 autres",
        "ID : SANS-11 Validée Dernière modification :", "0 session programmée · Aucune notation enregistrée",
        "Modalités à préciser", "Présentiel · en journée, 400 h", "à préciser Compléter l'action VIDE",
        "5 000,00 €".replace(" ", "\u202f", 1),
    ):  # fmt: skip
        assert phrase.replace("\u202f", " ") in lu.replace("\u202f", " "), phrase
    assert contenu.count('<article class="action"') == 2 and contenu.count("Ajouter une session<") == 12
    vide = Action.objects.get(identifiant="VIDE")
    assert f'href="/catalogue/actions/{vide.pk}/modifier/">' in contenu
    assert (
        f'<a class="entree" href="/catalogue/actions/{vide.pk}/sessions/ajouter/">Ajouter une session</a>'
        in contenu
    )
    assert fiches(client, "action", o=f"{monde.offre.pk}.2")[-1] == "SANS-0"
    # The URL that shows a record opens as many pages of the branch as needed.
    cachee = Action.objects.get(identifiant="SANS-0")
    assert (
        client.get("/catalogue/", {"voir": cachee.cle_html}).url
        == f"/catalogue/?o={monde.offre.pk}.2&a={cachee.pk}#action-{cachee.pk}"
    )


@pytest.mark.exigence("D-33")
def test_l_ordre_se_choisit_et_reste_dans_l_adresse(monde, client):
    monde.session("s1", ouverte=True)
    monde.nouvelle_action("RECENTE")
    assert fiches(client, "action", o=monde.offre.pk) == ["ACTION-1", "RECENTE"]
    contenu = page(client, o=monde.offre.pk, q="texte")
    adresse = f"/catalogue/?q=texte&ordre=modification&o={monde.offre.pk}"
    assert f'href="{adresse}#offre-{monde.offre.pk}"' in contenu
    modifiees = client.get(adresse).content.decode()
    assert re.findall("ID : ([A-Z0-9-]+)<", modifiees) == ["OFFRE-1", "RECENTE", "ACTION-1"]
    assert "2\xa0actions" in modifiees and "la dernière modifiée d&#x27;abord" in modifiees.replace(
        "'", "&#x27;"
    )
    assert '<input type="hidden" name="ordre" value="modification">' in modifiees
    assert 'href="/catalogue/?ordre=modification">Effacer la recherche' in modifiees
    assert f"&amp;ordre=modification&amp;o={monde.offre.pk}&amp;a={monde.action.pk}" in modifiees
    ici = f"/catalogue/?ordre=modification&o={monde.offre.pk}&a={monde.action.pk}"
    assert branche(client, ici, monde.action.cle_html, "/catalogue/?ordre=modification")["HX-Push-Url"] == ici
    assert fiches(client, "action", o=monde.offre.pk, ordre="inconnu") == ["ACTION-1", "RECENTE"]


def test_une_archivee_montre_ses_sessions_archivees(monde, client):
    monde.session("s1")
    executer(monde.action, Operation.ARCHIVER, par=monde.gestionnaire)
    assert fiches(client, "session", statut="archivee", o=monde.offre.pk, a=monde.action.pk) == ["s1"]


# --- Return to the catalogue ---


def venant_de(client, adresse, methode, cible, **donnees):
    return getattr(client, methode)(cible, donnees, headers={"referer": f"http://testserver{adresse}"})


@pytest.mark.exigence("S-102")
def test_apres_une_operation_on_retrouve_sa_page(monde, client):
    session = monde.session()
    etat = f"/catalogue/?q=texte&type=certifiante&o={monde.offre.pk}&a={monde.action.pk}"
    operation = f"/catalogue/sessions/{session.pk}"
    assert venant_de(client, etat, "post", f"{operation}/ouvrir/").url == f"{etat}#session-{session.pk}"
    filtree = f"{etat}&statut=active"
    assert (
        venant_de(client, filtree, "post", f"{operation}/fermer/").url
        == f"{filtree}#action-{monde.action.pk}"
    )
    confirmation = venant_de(client, etat, "get", f"{operation}/archiver/")
    suite = re.findall(r'name="suite" value="([^"]*)"', confirmation.content.decode())[-1].replace(
        "&amp;", "&"
    )
    assert suite == etat and f"voir=session-{session.pk}" in confirmation.content.decode()
    reponse = venant_de(client, f"{operation}/archiver/", "post", f"{operation}/archiver/", suite=suite)
    assert reponse.url == f"{etat}#action-{monde.action.pk}"
    session.refresh_from_db()
    assert session.statut == "archivee"


def test_apres_une_suppression_on_ne_revient_pas_sur_la_fiche(monde, client):
    session = monde.session()
    fiche = f"/catalogue/sessions/{session.pk}/"
    assert venant_de(client, "/", "post", f"{fiche}archiver/").url == "/"
    assert (
        venant_de(client, fiche, "post", f"{fiche}supprimer/").url
        == f"/catalogue/?voir=action-{monde.action.pk}"
    )


def test_on_ne_part_pas_ailleurs(monde, client):
    session = monde.session()
    for rang, suite in enumerate(
        [
            "https://mechant.example/catalogue/",
            "//mechant.example",
            "/\\mechant.example",
            "javascript:alert(1)",
            "a\nb",
        ]
    ):
        code = ("ouvrir", "fermer")[rang % 2]
        url = client.post(f"/catalogue/sessions/{session.pk}/{code}/", {"suite": suite}).url
        assert url == f"/catalogue/?voir=session-{session.pk}"
    reponse = client.post(
        f"/catalogue/sessions/{session.pk}/fermer/",
        headers={"referer": "https://mechant.example/catalogue/?q=1"},
    )
    assert reponse.url == f"/catalogue/?voir=session-{session.pk}"


def test_apres_une_saisie_on_retrouve_sa_recherche(monde, client):
    session = monde.session()
    modifier = f"/catalogue/sessions/{session.pk}/modifier/"
    contenu = venant_de(client, "/catalogue/?q=chevilly", "get", modifier).content.decode()
    champs = dict(
        re.findall(r'<input type="hidden" name="(identifiant|verification|suite)" value="([^"]*)"', contenu)
    )
    assert (
        champs["suite"] == "/catalogue/?q=chevilly"
        and 'href="/catalogue/?q=chevilly&amp;voir=session-' in contenu
    )
    reponse = venant_de(client, modifier, "post", modifier, **champs, operation="enregistrer")
    assert reponse.status_code == 302
    assert (
        client.get(reponse.url).url
        == f"/catalogue/?q=chevilly&o={monde.offre.pk}&a={monde.action.pk}#session-{session.pk}"
    )
    ajouter = f"/catalogue/actions/{monde.action.pk}/sessions/ajouter/"
    etape_1 = venant_de(client, "/catalogue/?q=chevilly", "get", ajouter).content.decode()
    assert 'name="suite" value="/catalogue/?q=chevilly"' in etape_1
    etape_2 = client.get(
        f"{ajouter}?{urlencode({'identifiant': 'neuve', 'suite': '/catalogue/?q=chevilly'})}"
    ).content.decode()
    assert 'name="suite" value="/catalogue/?q=chevilly"' in etape_2
