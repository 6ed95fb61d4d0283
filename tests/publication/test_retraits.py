"""Tests of the sessions that the next run will withdraw (D-20, D-23, D-26).

The withdrawal is announced to the user who causes it and wherever the record is shown, and counted once.
"""

import datetime as dt
import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bureau.catalogue import comptes
from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Certification, Offre
from edof.horloge import aujourd_hui, demain
from edof.templatetags.affichage import date_longue
from organismes.droits import Operation
from organismes.models import Organisme, Utilisateur
from publication import etats, visibilite
from publication.demain import ecarts_de_demain
from publication.models import Retenue
from publication.passages import publier
from publication.retraits import alertes, apres_enregistrement
from publication.visibilite import publiques
from sessions_app.models import Session
from tests.administration import enregistrer, messages
from tests.api.client import Programme, jeton_de
from tests.formulaires import champs_de
from tests.outils import texte


def lu(page) -> str:
    return re.sub(r"[\s\u00a0]+", " ", html.unescape(page.content.decode()))


def annonces(page) -> dict[str, str]:
    """Return the messages of the page, as {kind: text and links}."""
    trouves = re.findall(
        r'<div class="message message-(\w+)".*?data-texte>(.*?)</p>(.*?)<button type="button"',
        page.content.decode(),
        re.S,
    )
    return {
        genre: html.unescape(phrase) + " | " + " ".join(re.findall(r'href="([^"]+)"', suite))
        for genre, phrase, suite in trouves
    }


def accepte(page) -> str:
    """Return the value of the box that accepts what the page announces."""
    return re.search(r'name="impact" value="(\w+)"', page.content.decode())[1]


def mentions(page, fiche) -> list[tuple[str, str]]:
    """Return the (colour, text) of the badges displayed beside the record."""
    bloc = page.content.decode().split(f'id="{fiche.cle_html}" tabindex')[1]
    bloc = (
        bloc.split('<ul class="sessions-liste">')[0] if isinstance(fiche, Action) else bloc.split("</li>")[0]
    )
    motif = r'<(?:a|span) class="mention (vert|bleu|rouge|doux) petit"[^>]*><svg.*?</svg>\s*<span>(.*?)<'
    return [(ton, html.unescape(mots).strip()) for ton, mots in re.findall(motif, bloc, re.S)]


def passer_la_nuit(settings) -> None:
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")


@pytest.fixture
def permanente(monde, settings) -> Action:
    """Return an action with permanent entries and two sessions visible to the public."""
    action = monde.nouvelle_action("LIBRE", "permanentes")
    for rang in range(2):
        monde.session(
            f"p{rang}", action=action, ouverte=True, pas_de_dates=True, date_debut=None, date_fin=None
        )
    passer_la_nuit(settings)
    return Action.objects.select_related("offre").get(pk=action.pk)


@pytest.mark.exigence("D-25")
def test_ce_que_le_public_ne_voit_pas_ne_lui_est_pas_promis(monde, settings):
    session = monde.session(ouverte=True)
    promis = "Le public verra le changement le"
    # Opened today, it appears tomorrow with what was just saved.
    assert promis in apres_enregistrement(session)[0]
    passer_la_nuit(settings)
    assert all(promis in apres_enregistrement(fiche)[0] for fiche in (session, monde.action, monde.offre))
    session = executer(session, Operation.FERMER, par=monde.gestionnaire)
    assert apres_enregistrement(session) == (
        "Le public ne voit pas cette session : il ne verra pas le changement.",
        [],
    )
    dit = "Le public ne voit aucune de ses sessions : il ne verra pas encore le changement."
    assert [apres_enregistrement(fiche)[0] for fiche in (monde.action, monde.offre)] == [dit, dit]


@pytest.mark.exigence("D-23", "D-25")
def test_un_retrait_a_venir_n_est_pas_annonce_comme_un_succes(monde, connecter, permanente, settings):
    """Follow one example: saving, catalogue, badge, filter, page of tomorrow, nightly run."""
    client = connecter(monde.gestionnaire)
    adresse = f"/catalogue/actions/{permanente.pk}/modifier/"
    saisie = champs_de(client.get(adresse).content.decode())
    envoi = {**saisie, "operation": "enregistrer", "modalites_entrees_sorties": "dates_fixes"}
    annonce = {"operation": "continuer:enregistrer", "impact": accepte(client.post(adresse, envoi))}
    page = client.post(adresse, {**envoi, **annonce}, follow=True)
    dits = annonces(page)
    assert (
        "Le public verra le changement" not in dits["success"]
        and "Le public ne verra pas le changement." in dits["success"]
    )
    assert (
        "2\u00a0sessions disparaîtront de Mon Compte Formation demain matin : l'action est à dates fixes,"
        " mais la session" in dits["warning"]
    )
    lien = dits["warning"].split(" | ")[1]
    filtre = client.get(lien)
    assert re.findall(r'id="session-\d+" tabindex.*?ID : ([^<]*)<', filtre.content.decode(), re.S) == [
        "p0",
        "p1",
    ]
    ouverte = client.get(f"/catalogue/?o={monde.offre.pk}&a={permanente.pk}")
    session = Session.objects.get(identifiant="p0")
    assert (
        mentions(ouverte, permanente)
        == mentions(ouverte, session)
        == [("rouge", "Disparaît demain matin : pourquoi ?")]
    )
    assert f'href="/catalogue/sessions/{session.pk}/visibilite/"' in ouverte.content.decode()
    puce = re.search(
        r'<a class="jeton jeton-alerte" href="([^"]+)"[^>]*>.*?Vont disparaître (\d+)', lu(ouverte)
    )
    assert puce[1] == lien and puce[2] == "2" and len(ecarts_de_demain(monde.organisme)["disparait"]) == 2
    # The page of the session shows the withdrawal and its reason.
    page = client.get(f"/catalogue/sessions/{session.pk}/visibilite/")
    assert "Disparaît demain matin" in texte(page)
    # So do « Consulter », the list of sessions, and the accueil, which leads to it.
    mention = "mention rouge petit"
    for fiche in (permanente, session):
        page = client.get(f"/catalogue/{fiche.nom_de_niveau}s/{fiche.pk}/")
        assert mention in page.content.decode() and "Disparaît demain matin : pourquoi ?" in lu(page)
    liste = client.get("/catalogue/sessions/", {"visibilite": "vont_disparaitre"})
    assert liste.content.decode().count(mention) == 2
    assert 'href="/catalogue/sessions/?visibilite=vont_disparaitre"' in client.get("/").content.decode()
    # One remaining session keeps the action visible; the withdrawn one still shows its withdrawal.
    executer(
        permanente,
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"modalites_entrees_sorties": "permanentes"},
    )
    ouverte = client.get(f"/catalogue/?o={monde.offre.pk}&a={permanente.pk}")
    assert mentions(ouverte, permanente) == [
        ("vert", "Visible sur Mon Compte Formation")
    ] and "Vont disparaître" not in lu(ouverte)
    Session.objects.filter(pk=session.pk).update(date_debut=aujourd_hui() + dt.timedelta(5))
    ouverte = client.get(f"/catalogue/?o={monde.offre.pk}&a={permanente.pk}")
    assert mentions(ouverte, permanente)[0][0] == "vert" and mentions(ouverte, session)[0][0] == "rouge"
    page = client.post(adresse, {**saisie, "operation": "enregistrer"}, follow=True)
    assert f"Le public verra le changement le {date_longue(demain())} au matin." in annonces(page)["success"]
    assert (
        "La session « p0 » disparaîtra" in annonces(page)["warning"]
        and f"/sessions/{session.pk}/visibilite/" in annonces(page)["warning"]
    )
    passer_la_nuit(settings)
    assert set(publiques().values_list("session__identifiant", flat=True)) == {"p1"}


def test_l_api_et_la_restauration_le_disent_aussi(monde, connecter, permanente):
    programme = Programme(jeton_de(monde)[1])
    attendu = (
        "2\u00a0sessions disparaîtront de Mon Compte Formation demain matin : l'action est à dates fixes"
    )
    reponse = programme("PATCH", f"actions/{permanente.pk}/", {"modalites_entrees_sorties": "dates_fixes"})
    assert reponse.status_code == 200 and [
        phrase.startswith(attendu) for phrase in reponse.lu["avertissements"]
    ] == [True]
    session = Session.objects.get(identifiant="p1")
    assert (
        programme("GET", f"sessions/{session.pk}/")
        .lu["avertissements"][0]
        .startswith("La session « p1 » disparaîtra")
    )
    executer(
        permanente,
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"modalites_entrees_sorties": "permanentes"},
    )
    assert programme("GET", f"actions/{permanente.pk}/").lu["avertissements"] == []
    client = connecter(monde.gestionnaire)
    fautive = Action.objects.get(pk=permanente.pk).version - 1
    adresse = f"/catalogue/actions/{permanente.pk}/historique/{fautive}/restaurer/"
    annonce = client.post(adresse, {"version": fautive + 1})
    page = client.post(adresse, {"version": fautive + 1, "impact": accepte(annonce)}, follow=True)
    assert "Le public ne verra pas le changement." in annonces(page)["success"]
    assert attendu in annonces(page)["warning"]


def test_les_administrateurs_voient_ce_qu_ils_retirent(monde, permanente, client, settings):
    admin = Utilisateur.objects.create_superuser("admin@test.example", "x")
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    organisme = Organisme.objects.get()
    saisie = {"siret": "73282932000074", "qualiopi-0-au": f"{aujourd_hui():%d/%m/%Y}"}
    # Announced first: nothing is saved until the box is ticked.
    annonce = enregistrer(client, organisme, **saisie)
    assert annonce.status_code == 200 and "sessions visibles par le public disparaîtront" in lu(annonce)
    reponse = enregistrer(client, organisme, **saisie, impact=accepte(annonce))
    assert reponse.status_code == 302
    attendu = (
        "2 sessions disparaîtront de Mon Compte Formation demain matin : l'organisme n'a pas de certificat"
        " Qualiopi valable"
    )
    assert any(attendu in html.unescape(m).replace("\u00a0", " ") for m in messages(client.get(reponse.url)))
    suspension = f"/admin/organismes/organisme/suspension/?suspendre=oui&o={organisme.pk}"
    assert "2 sessions visibles aujourd'hui quittent" in texte(client.get(suspension))
    enregistrer(client, organisme, **{"siret": "73282932000074", "qualiopi-0-au": ""})
    certification = Certification.objects.get(code="RNCP1")
    fin = f"{aujourd_hui():%d/%m/%Y}"
    saisie = {"intitule": "Titre", "active": "on", "date_fin_enregistrement": fin}
    annonce = enregistrer(client, certification, **saisie)
    assert "sessions visibles par le public disparaîtront demain matin : la certification" in lu(annonce)
    assert Certification.objects.get(code="RNCP1").date_fin_enregistrement is None
    reponse = enregistrer(client, certification, **saisie, impact=accepte(annonce))
    attendu = (
        "2 sessions disparaîtront de Mon Compte Formation demain matin : la certification visée n'est plus en"
        " vigueur"
    )
    assert any(attendu in html.unescape(m).replace("\u00a0", " ") for m in messages(client.get(reponse.url)))


@pytest.mark.exigence("D-24")
def test_ce_qui_est_normal_est_gris(monde, connecter, settings):
    """Check that normal situations are never shown in orange.

    They are: started, closed on purpose, ready to open, or withdrawn because it starts.
    """
    debute = monde.session(
        "debute", ouverte=True, date_debut=demain(), date_fin=aujourd_hui() + dt.timedelta(3)
    )
    monde.session("reste", ouverte=True)
    executer(monde.session("fermee", ouverte=True), Operation.FERMER, par=monde.gestionnaire)
    monde.session("prete")
    passer_la_nuit(settings)
    client = connecter(monde.gestionnaire)

    def dits() -> dict[str, list[tuple[str, str]]]:
        page = client.get(f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}")
        return {session.identifiant: mentions(page, session) for session in Session.objects.all()}

    lus = dits()
    assert lus == {
        "debute": [("doux", "Disparaît demain matin : elle commence")],
        "reste": [("vert", "Visible sur Mon Compte Formation")],
        "fermee": [("doux", "Fermée par vous")],
        "prete": [("doux", "Prête à ouvrir")],
    }
    page = client.get("/catalogue/")
    assert "Vont disparaître 1" in lu(page) and "jeton-alerte" not in page.content.decode()
    assert alertes(Session.objects.values_list("pk", flat=True)) == []
    passer_la_nuit(settings)
    assert dits()["debute"] == [("doux", f"Commencée le {date_longue(debute.date_debut)}")]
    settings.EDOF_AUJOURDHUI = debute.date_fin + dt.timedelta(1)
    assert dits()["debute"] == [("doux", f"Terminée le {date_longue(debute.date_fin)}")]
    assert "À réparer" not in lu(client.get("/catalogue/"))


@pytest.fixture
def varie(monde, permanente, settings) -> None:
    """Create sessions in every state of visibility."""
    monde.session("attend", ouverte=True)
    monde.session("validee")
    executer(monde.session("fermee", ouverte=True), Operation.FERMER, par=monde.gestionnaire)
    executer(monde.session("archivee"), Operation.ARCHIVER, par=monde.gestionnaire)
    cassee = monde.session("cassee", ouverte=True)
    Session.objects.filter(pk=cassee.pk).update(date_fin=cassee.date_debut)
    monde.session("debute", ouverte=True, date_debut=demain(), date_fin=aujourd_hui() + dt.timedelta(3))
    monde.session("reste", ouverte=True)
    passer_la_nuit(settings)
    monde.session("attend-encore", ouverte=True)
    session = Session.objects.get(identifiant="p0")
    session.date_debut = aujourd_hui() + dt.timedelta(9)
    session.save()


def test_un_seul_etat_pour_toutes_les_lectures(monde, connecter, varie):
    """Check that the state, the lists, the counts, the filters and the page of tomorrow agree."""
    toutes = Session.objects.non_archivees()
    par_etat: dict[str, set[str]] = {}
    for session in toutes.annotate(etat=etats.etat()):
        par_etat.setdefault(session.etat, set()).add(session.identifiant)
    assert par_etat == {
        "visible": {"p1", "attend", "reste"}, "disparait": {"p0"}, "finit": {"debute"},
        "attend": {"attend-encore"},
        "a_reparer": {"cassee"}, "au_repos": {"validee", "fermee"},
    }  # fmt: skip
    lectures = {
        visibilite.visibles: ("visible", "disparait", "finit"), visibilite.a_paraitre: ("attend",),
        etats.a_reparer: ("a_reparer",),
        etats.vont_disparaitre: ("disparait", "finit"),
    }  # fmt: skip
    for lecture, noms in lectures.items():
        assert set(lecture(toutes).values_list("identifiant", flat=True)) == set().union(
            *(par_etat[nom] for nom in noms)
        )
    retires = {ecart.identifiant for ecart in ecarts_de_demain(monde.organisme)["disparait"]}
    assert retires == {"p0", "debute"}
    nombres = comptes.compter(monde.organisme).par_visibilite
    assert nombres == {"visible": 5, "disparait": 2, "a_paraitre": 1, "non_visible": 2, "a_reparer": 1}
    client = connecter(monde.gestionnaire)
    for visible, nombre in (("vont_disparaitre", 2), ("a_reparer", 1), ("visibles", 5), ("non_visibles", 2)):
        page = client.get("/catalogue/", {"visibilite": visible})
        assert len(set(re.findall(r'id="session-(\d+)"', page.content.decode()))) == nombre, visible
    with CaptureQueriesContext(connection) as requetes:
        client.get("/catalogue/", {"visibilite": "vont_disparaitre"})
    avant = len(requetes)
    for rang in range(5):
        action = monde.nouvelle_action(f"A{rang}")
        monde.session(f"n{rang}", action=action, ouverte=True)
    # The first visit counts again what has changed.
    client.get("/catalogue/")
    with CaptureQueriesContext(connection) as requetes:
        client.get("/catalogue/", {"visibilite": "vont_disparaitre"})
    assert len(requetes) == avant


# --- A certification no longer in force (D-26) ---


@pytest.mark.exigence("D-26")
@pytest.mark.parametrize("comment", ["eteinte", "finie"])
def test_une_certification_hors_vigueur_cache_ce_qui_la_vise(monde, connecter, settings, comment):
    monde.session("s", ouverte=True)
    passer_la_nuit(settings)
    certification = Certification.objects.get(code="RNCP1")
    if comment == "eteinte":
        certification.active = False
    else:
        certification.date_fin_enregistrement = aujourd_hui()
    certification.save()
    client = connecter(monde.gestionnaire)
    # As for a certificate that ends: the next run withdraws the session, which is announced until then.
    assert publiques().count() == 1 and "Disparaît demain matin" in lu(
        client.get(f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}")
    )
    raison = "La certification visée n'est plus en vigueur"
    if comment == "finie":
        raison += f" : son enregistrement a pris fin le {date_longue(aujourd_hui())}"
    for adresse in (
        "/",
        f"/catalogue/sessions/{Session.objects.get().pk}/visibilite/",
        f"/catalogue/offres/{monde.offre.pk}/visibilite/",
    ):
        assert raison in lu(client.get(adresse)), adresse
    assert "La certification visée n'est plus en vigueur." in lu(client.get("/publications/demain/"))
    passer_la_nuit(settings)
    assert not publiques().exists()
    assert list(Retenue.objects.values_list("raison", flat=True)) == ["certification"]
    # The records can still be edited, with a warning.
    for niveau, fiche in (("offre", monde.offre), ("session", Session.objects.get())):
        adresse = f"/catalogue/{niveau}s/{fiche.pk}/modifier/"
        saisie = champs_de(client.get(adresse).content.decode())
        page = client.post(adresse, {**saisie, "operation": "valider"}, follow=True)
        assert (
            "a bien été modifiée" in annonces(page)["success"]
            and "RNCP1, n'est plus en vigueur" in annonces(page)["warning"]
        )
    # A session may be created and opened, with a warning.
    nouvelle = monde.session("nouvelle")
    assert any("n'est plus en vigueur" in phrase for phrase in nouvelle.avertissements())
    page = client.post(f"/catalogue/sessions/{nouvelle.pk}/ouvrir/", follow=True)
    assert (
        "ouverte à l'inscription" in annonces(page)["success"]
        and "n'est plus en vigueur" in annonces(page)["warning"]
    )
    # When the certification is in force again, the sessions become visible again by themselves.
    Certification.objects.get(code="RNCP1")
    certification.active, certification.date_fin_enregistrement = True, None
    certification.save()
    passer_la_nuit(settings)
    assert publiques().count() == 2


@pytest.mark.exigence("D-26")
def test_le_calendrier_seul_finit_une_certification(monde, settings):
    """Check that a run limited to changed sessions detects the end of a certification, without any edit."""
    Certification.objects.filter(code="RNCP1").update(date_fin_enregistrement=aujourd_hui() + dt.timedelta(3))
    monde.session("s", ouverte=True)
    vues = []
    for _ in range(5):
        passer_la_nuit(settings)
        vues.append(publiques().count())
    assert vues == [1, 1, 1, 0, 0]
    session = monde.session("tardive", date_debut=demain(), date_fin=demain() + dt.timedelta(9))
    assert any("fin d'enregistrement" in phrase for phrase in session.avertissements())


@pytest.mark.exigence("D-26")
def test_une_session_qui_commence_apres_la_fin_avertit(monde):
    fin = aujourd_hui() + dt.timedelta(30)
    Certification.objects.filter(code="RNCP1").update(date_fin_enregistrement=fin)
    dits = [phrase for phrase in monde.session("apres").avertissements() if "RNCP1" in phrase]
    assert dits == [
        f"La certification visée, RNCP1, prend fin le {date_longue(fin)}, avant le début : la session"
        " disparaîtra le lendemain matin."
    ]
    assert not [
        phrase for phrase in monde.session("avant", date_debut=fin).avertissements() if "RNCP1" in phrase
    ]
    assert list(Offre.objects.get().avertissements()) == []
