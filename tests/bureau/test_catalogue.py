"""Tests of the page of the catalogue: blocks, texts, order, menus.

The number of queries does not depend on the number of records.
"""

import datetime as dt
import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bureau.catalogue import fiches_montrees
from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre
from edof.horloge import a_l_instant, aujourd_hui, demain, maintenant
from edof.templatetags.affichage import (
    date_longue,
    date_modification,
    euros,
    insecables,
    milliers,
    moment,
    pluriel,
)
from organismes.droits import Operation, Role
from publication.passages import publier
from sessions_app.models import Session
from tests.outils import texte


def ouverte(monde):
    return f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}"


def dans_l_ordre(attendus, page):
    position = 0
    for attendu in attendus:
        assert attendu in page[position:], attendu
        position = page.index(attendu, position) + 1


@pytest.mark.exigence(
    "S-04", "S-08", "S-09", "S-10", "S-11", "S-12", "S-13", "S-14", "S-16", "S-17", "S-18", "S-19", "S-20",
    "S-22", "S-24", "S-25",
    "S-26", "S-27", "S-28", "S-30", "S-31", "S-110", "S-111", "S-112", "S-126", "D-30", "D-31", "D-32",
)  # fmt: skip
def test_les_blocs_les_mots_et_l_ordre_du_guide(monde, connecter):
    session = monde.session("sessionduree")
    page = texte(connecter(monde.gestionnaire).get(ouverte(monde)))
    offre = [
        "Texte Validée", "Certification ou thématique visée : Titre professionnel", "ID : OFFRE-1",
        "Aucune notation enregistrée",
        "Descriptif", "Texte", "Opérations", "Dernière modification :", "1 action",
    ]  # fmt: skip
    action = [
        "ID : ACTION-1 Validée", "CHEVILLY LARUE", "Opérations", "5 000,00 €", "Aucune notation enregistrée",
        "Dernière modification :",
        "1 session programmée",
    ]  # fmt: skip
    bloc_session = [
        "1 session programmée",
        f"{date_longue(session.date_debut)} au {date_longue(session.date_fin)} "
        "Validée (La session est garantie)",
        "ID : sessionduree", "Prête à ouvrir", "Opérations", "Ajouter une session", "Ajouter une action",
    ]  # fmt: skip
    dans_l_ordre([*offre, *action, *bloc_session], page)


@pytest.mark.exigence("S-51", "S-24")
def test_une_action_sans_session_puis_avec(monde, connecter):
    client = connecter(monde.gestionnaire)
    page = texte(client.get(f"/catalogue/?o={monde.offre.pk}"))
    assert "0 session programmée " in page and "Ajouter une session" in page
    for attendu in ("1 session programmée ", "2 sessions programmées "):
        monde.session(f"s{attendu[0]}")
        assert attendu in texte(client.get(f"/catalogue/?o={monde.offre.pk}"))


@pytest.mark.exigence("S-37")
def test_la_check_list_se_trouve_depuis_le_catalogue(monde, connecter):
    client = connecter(monde.gestionnaire)
    assert 'href="/aide/visibilite/"' in client.get("/catalogue/").content.decode()
    assert "Check-list : conditions de visibilité d'une offre sur MCF.fr / l'appli MCF" in texte(
        client.get("/aide/visibilite/")
    )


@pytest.mark.exigence("S-21", "S-29", "S-125", "D-25")
def test_la_mention_suit_le_passage(monde, connecter, settings):
    monde.session(ouverte=True)
    client = connecter(monde.gestionnaire)
    avant = texte(client.get(ouverte(monde)))
    assert (
        "Visible sur Mon Compte Formation" not in avant
        and f"Visible le {date_longue(demain())} au matin" in avant
    )
    assert "ouverte à l'inscription aujourd'hui à" in avant and "demain matin : 1 session" in avant
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    assert texte(client.get(ouverte(monde))).count("Visible sur Mon Compte Formation") == 2


@pytest.mark.exigence("D-33")
def test_l_ordre_des_fiches(monde, connecter):
    client = connecter(monde.gestionnaire)
    jour = aujourd_hui()
    with a_l_instant(maintenant() - dt.timedelta(91)):
        monde.nouvelle_action("ANCIENNE")
    with a_l_instant(maintenant() - dt.timedelta(90)):
        monde.session(
            "passee", ouverte=True, date_debut=jour - dt.timedelta(9), date_fin=jour + dt.timedelta(5)
        )
    fermee = monde.session("fermee", ouverte=True, date_debut=jour + dt.timedelta(20))
    executer(fermee, Operation.FERMER, par=monde.gestionnaire)
    executer(monde.session("archivee"), Operation.ARCHIVER, par=monde.gestionnaire)
    monde.session("lointaine", ouverte=True, date_debut=jour + dt.timedelta(80))
    monde.session("proche", ouverte=True, date_debut=jour + dt.timedelta(30))
    sans_dates = {"identifiant": "sans-dates", "pas_de_dates": True}
    executer(
        Session(action=monde.action, organisme=monde.organisme),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs=sans_dates,
    )
    page = client.get(ouverte(monde)).content.decode()
    ordre = re.findall("ID : ([a-z-]+)<", page)
    assert ordre == ["proche", "lointaine", "sans-dates", "fermee", "passee"]
    assert "Pas de dates de session" in page and "fermée à l'inscription aujourd'hui à" in html.unescape(page)
    assert page.index("ID : ACTION-1") < page.index("ID : ANCIENNE")
    assert re.findall(
        "ID : ([a-z-]+)<", client.get(f"{ouverte(monde)}&statut=archivee").content.decode()
    ) == ["archivee"]


@pytest.mark.exigence("S-113", "D-10")
@pytest.mark.parametrize(
    ("etat", "attendues"),
    [
        ("brouillon", ["Consulter", "Modifier", "Dupliquer", "Archiver", "Supprimer"]),
        (
            "validee",
            ["Consulter", "Modifier", "Dupliquer", "Ouvrir à l'inscription", "Archiver", "Supprimer"],
        ),
        ("ouverte", ["Consulter", "Modifier", "Dupliquer", "Fermer à l'inscription", "Archiver"]),
        ("fermee", ["Consulter", "Modifier", "Dupliquer", "Ouvrir à l'inscription", "Archiver"]),
        ("archivee", ["Consulter", "Dupliquer", "Désarchiver", "Supprimer"]),
    ],
)
def test_les_operations_suivent_le_statut(monde, connecter, etat, attendues):
    client = connecter(monde.gestionnaire)
    session = monde.session(ouverte=etat in {"ouverte", "fermee"})
    suites = {"fermee": "fermer", "archivee": "archiver"}
    if etat in suites:
        client.post(f"/catalogue/sessions/{session.pk}/{suites[etat]}/")
    if etat == "brouillon":
        client.post(f"/catalogue/sessions/{session.pk}/archiver/")
        client.post(f"/catalogue/sessions/{session.pk}/desarchiver/")
    assert list(menu(client.get(f"/catalogue/sessions/{session.pk}/"), "Opérations")) == [
        *attendues,
        *(["Programmer"] if etat in {"validee", "ouverte", "fermee"} else []),
        "Pourquoi pas visible ?",
    ]


def menu(reponse, avant):
    """Return the entries of the first menu after this text, as {label: URL}."""
    page = html.unescape(reponse.content.decode())
    liste = page[page.index('<ul class="menu-liste">', page.index(avant)) :].split("</ul>")[0]
    return {
        libelle: lien
        for lien, libelle in re.findall(
            r'(?:(?:href|action)="([^"]*)"[^>]*>|>)(?:<input[^>]*>|<button[^>]*>)*([^<>\s][^<>]*)</(?:a|button)>',
            liste,
        )
    }


@pytest.mark.exigence("S-100", "D-16")
@pytest.mark.parametrize("niveau", ["offre", "action", "session"])
def test_modifier_et_dupliquer_aux_trois_niveaux(monde, connecter, niveau):
    client = connecter(monde.gestionnaire)
    fiche = {"offre": monde.offre, "action": monde.action, "session": monde.session()}[niveau]
    entrees = menu(
        client.get(ouverte(monde)), f'Opérations<span class="visually-hidden"> : {fiche.identifiant}'
    )
    assert list(entrees)[:3] == ["Consulter", "Modifier", "Dupliquer"]
    assert client.get(entrees["Modifier"]).status_code == 200
    assert (
        f"copie_de={fiche.pk}" in entrees["Dupliquer"] and client.get(entrees["Dupliquer"]).status_code == 200
    )


def test_ce_qui_manque_est_compte(monde, connecter):
    valeurs = {"identifiant": "VIDE", "modalites_enseignement": "a_distance"}
    action = executer(
        Action(organisme=monde.organisme, offre=monde.offre),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs=valeurs,
    )
    offre = executer(
        Offre(organisme=monde.organisme),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"identifiant": "O-VIDE"},
    )
    page = texte(connecter(monde.gestionnaire).get(f"/catalogue/?o={monde.offre.pk}"))
    for fiche in (action, offre):
        assert f"{len({regle.champ for regle in fiche.manques()})} champs à compléter" in page
    assert (
        "À DISTANCE" in page
        and " à préciser Compléter l'action VIDE" in page
        and "Offre sans intitulé" in page
        and "à préciser" in page
    )


def test_le_nombre_de_requetes_ne_suit_pas_les_fiches(monde, connecter):
    client = connecter(monde.gestionnaire)
    premiere = monde.session("s0", ouverte=True)
    monde.session("validee")
    adresses = [
        "/catalogue/", ouverte(monde), "/catalogue/?q=s", "/catalogue/?q=s+texte+chevilly",
        "/catalogue/?statut=validee",
        "/catalogue/?visibilite=non_visibles", f"{ouverte(monde)}&visibilite=visibles&q=action",
        f"/catalogue/?ville=CHEVILLY+LARUE&type=certifiante&certification=RNCP1&du={aujourd_hui():%d/%m/%Y}",
        f"/catalogue/?voir={premiere.cle_html}",
    ]  # fmt: skip

    def compter():
        nombres = []
        # What has changed since the last visit is counted again by the first one.
        client.get("/catalogue/")
        for adresse in adresses:
            with CaptureQueriesContext(connection) as requetes:
                assert client.get(adresse).status_code in {200, 302}
            nombres.append(len(requetes))
        return nombres

    avant = compter()
    for rang in range(1, 8):
        monde.session(f"s{rang}", ouverte=rang % 2 == 0)
        monde.nouvelle_action(f"A{rang}")
        executer(
            Action(organisme=monde.organisme, offre=monde.offre),
            Operation.MODIFIER,
            par=monde.gestionnaire,
            valeurs={"identifiant": f"B{rang}"},
        )
        executer(
            Session(action=monde.action, organisme=monde.organisme),
            Operation.MODIFIER,
            par=monde.gestionnaire,
            valeurs={"identifiant": f"b{rang}"},
        )
    principale = monde.offre
    for rang in range(1, 8):
        monde.offre = monde.nouvelle_offre(f"O{rang}")
        monde.session(f"t{rang}", action=monde.nouvelle_action(f"C{rang}"), ouverte=rang % 2 == 0)
    monde.offre = principale
    apres = compter()
    # Who is signed in, the keys of the offres, the offres of the page and the banners; the rest are numbers.
    assert apres == avant and apres[0] <= 10 and max(apres) < 22


def test_ce_qui_est_visible_se_lit_sous_chaque_offre_seulement(monde):
    """A page does not read the sessions of every organisme to say which offres are visible."""
    monde.session("visible", ouverte=True)
    cachee = monde.nouvelle_offre("CACHEE")
    with a_l_instant(maintenant() + dt.timedelta(days=1)):
        publier(aujourd_hui(), par="test")
        lues = fiches_montrees.offres([cachee.pk, monde.offre.pk])
        plan = fiches_montrees._offres().filter(pk=monde.offre.pk).explain(verbose=True)
    assert [(offre.pk, offre.est_visible) for offre in lues] == [(cachee.pk, False), (monde.offre.pk, True)]
    assert "SubPlan" in plan and "hashed" not in plan


@pytest.mark.exigence("D-11")
def test_l_ouverture_refusee_nomme_le_coupable(monde, connecter):
    session = monde.session()
    client = connecter(monde.gestionnaire)
    type(monde.action).objects.filter(pk=monde.action.pk).update(statut="brouillon")
    reponse = client.post(f"/catalogue/sessions/{session.pk}/ouvrir/", follow=True)
    assert "L'action « ACTION-1 » est en brouillon : validez-la d'abord." in texte(reponse)
    page = client.get(ouverte(monde)).content.decode()
    assert (
        'aria-disabled="true"' in page and f'<a href="/catalogue/actions/{monde.action.pk}/">Voir</a>' in page
    )


@pytest.mark.exigence("S-103", "D-14", "D-13")
def test_supprimer_et_archiver_demandent_et_comptent(monde, connecter):
    monde.session()
    client = connecter(monde.gestionnaire)
    for operation, dont in (
        ("archiver", ", dont aucune visible par le public aujourd'hui"),
        ("supprimer", ""),
    ):
        assert f"Avec elle : 1 action et 1 session{dont}." in texte(
            client.get(f"/catalogue/offres/{monde.offre.pk}/{operation}/")
        )
    assert (
        client.post(f"/catalogue/offres/{monde.offre.pk}/supprimer/", {"suite": "/catalogue/"}).url
        == "/catalogue/"
    )
    assert not monde.organisme.offres.exists() and not monde.organisme.sessions.exists()


def test_archiver_dit_combien_le_public_en_voit(monde, connecter, settings):
    seule = monde.session("seule", action=monde.nouvelle_action("ACTION-2"), ouverte=True)
    for identifiant in ("v1", "v2", "fermee"):
        session = monde.session(identifiant, ouverte=True)
    validee = monde.session("validee")
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    executer(session, Operation.FERMER, par=monde.gestionnaire)
    client = connecter(monde.gestionnaire)
    attendues = {
        monde.offre: "Avec elle : 3 actions et 5 sessions, dont 3 visibles par le public aujourd'hui.",
        monde.action: "Avec elle : 4 sessions, dont 2 visibles par le public aujourd'hui.",
        seule.action: "Avec elle : 1 session, dont 1 visible par le public aujourd'hui.",
        monde.nouvelle_action("VIDE"): "Le public ne la voit pas aujourd'hui.",
        seule: "Le public la voit aujourd'hui.",
        validee: "Le public ne la voit pas aujourd'hui.",
    }
    for fiche, phrase in attendues.items():
        assert phrase in texte(
            client.get(f"/catalogue/{type(fiche)._meta.model_name}s/{fiche.pk}/archiver/")
        ), fiche
        assert "public aujourd" not in texte(
            client.get(f"/catalogue/{type(fiche)._meta.model_name}s/{fiche.pk}/supprimer/", follow=True)
        )


def test_consulter_dit_les_faits_et_plie_ce_qui_n_est_pas_rempli(monde, connecter):
    client = connecter(monde.gestionnaire)
    valeurs = {"identifiant": "VIDE", "restauration": "Sur place", "langue": "fr"}
    vide = executer(
        Action(organisme=monde.organisme, offre=monde.offre),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs=valeurs,
    )
    for fiche in (monde.offre, monde.action, vide, monde.session()):
        page = html.unescape(
            client.get(f"/catalogue/{type(fiche)._meta.model_name}s/{fiche.pk}/").content.decode()
        )
        faits, _, suite = page.partition('<details class="carte carte-corps non-remplis')
        plies = suite.partition("</details>")[0]
        assert "Non renseigné" not in page and faits.count("À compléter") == len(
            {r.champ for r in fiche.manques()} - {None}
        )
        nombre = sum(ligne.count(" · ") + 1 for ligne in re.findall("<dd>(.*?)</dd>", plies, re.S))
        assert f"{nombre}\xa0champs facultatifs non remplis" in plies if nombre > 1 else nombre in {0, 1}, (
            fiche
        )
    page = html.unescape(client.get(f"/catalogue/actions/{monde.action.pk}/").content.decode())
    plies = page.partition("non-remplis")[2].partition("</details>")[0]
    assert (
        "Restauration" in plies
        and "Langue" not in plies
        and "Services" not in page.partition("non-remplis")[0]
    )


def test_le_lecteur_ne_voit_que_consulter(monde, connecter):
    monde.session()
    page = connecter(monde.personne("lecteur", Role.LECTEUR)).get(ouverte(monde)).content.decode()
    assert "Modifier" not in page and "Ajouter une" not in page and "Consulter" in page


def test_un_catalogue_vide_dit_que_faire(monde, connecter):
    Offre.objects.all().delete()
    client = connecter(monde.gestionnaire)
    page = client.get("/catalogue/").content.decode()
    assert "Votre catalogue est vide" in page and page.count('href="/catalogue/offres/ajouter/"') == 2
    client.force_login(
        monde.personne("lecteur", Role.LECTEUR), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert "Ajouter une offre" not in client.get("/catalogue/").content.decode()


@pytest.mark.exigence("D-31", "D-32")
def test_les_nombres_et_les_dates_a_la_francaise():
    assert (
        euros(5000) == "5\u202f000,00\u00a0€"
        and pluriel(0, "action,actions") == "0\u00a0action"
        and euros(0) == "0,00\u00a0€"
    )
    assert milliers(72408) == "72\u202f408" and pluriel(12500, "action,actions") == "12\u202f500\u00a0actions"
    assert moment(dt.datetime(2023, 3, 1, 9, 5, tzinfo=dt.UTC)) == "le 1er mars 2023 à 10\u00a0h\u00a005"
    assert (
        date_longue(dt.date(2023, 9, 14)) == "14 septembre 2023"
        and date_longue(dt.date(2023, 9, 1)) == "1er septembre 2023"
    )
    assert date_modification(dt.datetime(2023, 4, 5, 22, 30, tzinfo=dt.UTC)) == "06 avril 2023"
    assert insecables("Passée : « lundi » ?") == "Passée\u00a0: «\u00a0lundi\u00a0»\u00a0?"
