"""Tests of « Pourquoi pas visible ? » (D-23).

Each reason is reported alone, with who can act, and can be corrected from the page that reports it.
"""

import datetime as dt
import html
import re

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Certification
from edof.horloge import a_l_instant, aujourd_hui, demain, maintenant
from edof.templatetags.affichage import date_longue
from organismes.droits import Operation, Role
from organismes.models import Organisme, Qualiopi, Utilisateur
from publication import visibilite
from publication.diagnostic import NOMMEES, diagnostic, resumer
from publication.passages import publier
from publication.visibilite import conditions
from sessions_app.models import Session
from tests.administration import enregistrer
from tests.bureau.test_accueil import ouverte_il_y_a
from tests.formulaires import champs_de
from tests.outils import texte

ETATS = re.compile(r'<li class="condition condition-([\w-]+)" id="condition-([\w-]+)">(.*?)</li>', re.S)


def page_de(client, fiche, niveau="session"):
    return client.get(f"/catalogue/{niveau}s/{fiche.pk}/visibilite/").content.decode()


def lignes_de(page):
    """Return the conditions of the page, as {slug: (state, html)}, and check their order.

    Unmet ones come first, then pending, met, and not applicable ones.
    """
    lignes = {slug: (etat, ligne) for etat, slug, ligne in ETATS.findall(page)}
    assert set(lignes) == {condition.slug for condition in conditions(aujourd_hui())}
    etats = [etat for etat, _ in lignes.values()]
    assert etats == sorted(etats, key=["non", "attente", "ok", "sans-objet"].index)
    return lignes


def rouges(page):
    return [slug for slug, (etat, _) in lignes_de(page).items() if etat == "non"]


def par_le_bouton(**changes):
    """Return a function that follows the first button that is not refused.

    The button either sends a form, or opens a page: then the fields are corrected and the record is
    validated.
    """

    def reparer(client, monde, ligne):
        if envoi := re.search(r'<form method="post" action="([^"]+)"', ligne):
            return client.post(envoi[1])
        adresse, champ = re.search(r'href="([^"#]+)#([^"]+)"', ligne).groups()
        page = client.get(adresse).content.decode()
        assert f'id="{champ}"' in page
        return client.post(adresse, {**champs_de(page), "operation": "valider", **changes})

    return reparer


def par_l_administrateur(faire):
    def reparer(client, monde, ligne):
        assert "<button" not in ligne and "<a " not in ligne, "rien que l'organisme puisse faire"
        client.force_login(
            Utilisateur.objects.create_superuser("admin@test.example", "x"),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        assert faire(client, monde.organisme).status_code == 302
        client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")

    return reparer


def lever_la_suspension(client, organisme):
    return client.post(
        f"/admin/organismes/organisme/suspension/?suspendre=non&o={organisme.pk}",
        {"motif": "Contrôle terminé"},
    )


def prolonger_le_certificat(client, organisme):
    return enregistrer(client, organisme, **{"siret": "73282932000074", "qualiopi-0-au": ""})


def prolonger_la_certification(client, organisme):
    certification = Certification.objects.get(code="RNCP1")
    return enregistrer(client, certification, intitule="Titre", active="on", date_fin_enregistrement=le(30))


def suspendu(monde):
    Organisme.objects.update(suspendu=True)
    return monde.session(ouverte=True)


def sans_certificat(monde):
    Qualiopi.objects.update(au=aujourd_hui() - dt.timedelta(1))
    return monde.session(ouverte=True)


def certification_finie(monde):
    session = monde.session(ouverte=True)
    Certification.objects.filter(code="RNCP1").update(date_fin_enregistrement=aujourd_hui() - dt.timedelta(1))
    return session


def jamais_ouverte(monde):
    return monde.session()


def seule_de_son_action(monde):
    monde.session("autre", action=monde.nouvelle_action("ACTION-2"), ouverte=True)
    return monde.session()


def jamais_ouverte_parmi_d_autres(monde):
    monde.session("autre", ouverte=True)
    return monde.session()


def fermee(monde):
    return executer(monde.session(ouverte=True), Operation.FERMER, par=monde.gestionnaire)


def datee_puis_permanente(monde):
    session = monde.session(ouverte=True)
    executer(
        Action.objects.get(),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"modalites_entrees_sorties": "permanentes"},
    )
    return session


def permanente_puis_datee(monde):
    executer(
        monde.action,
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"modalites_entrees_sorties": "permanentes"},
    )
    monde.action.refresh_from_db()
    session = monde.session(ouverte=True, pas_de_dates=True, date_debut=None, date_fin=None)
    executer(
        Action.objects.get(),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"modalites_entrees_sorties": "dates_fixes"},
    )
    return session


def commencee(monde):
    return ouverte_il_y_a(monde, "s1", 70)


def d_un_jour(monde):
    session = monde.session(ouverte=True)
    Session.objects.update(date_fin=F("date_debut"))
    return session


def le(jours):
    return f"{aujourd_hui() + dt.timedelta(jours):%d/%m/%Y}"


STATUTS = ["offre-active", "action-active", "session-active", "session-ouverte"]
# For each condition: the function that makes it fail and returns the session, the unmet conditions, the
# message, who can act, and the correction.
CAS = {
    "organisme-autorise": (suspendu, ["organisme-autorise"], "L'organisme est suspendu",
    "L'administrateur de la plateforme",
                           par_l_administrateur(lever_la_suspension)),
    "qualiopi": (sans_certificat, ["qualiopi"], "pas de certificat Qualiopi valable",
    "Le certificateur Qualiopi",
                 par_l_administrateur(prolonger_le_certificat)),
    "certification": (certification_finie, ["certification"],
    "n'est plus en vigueur : son enregistrement a pris fin le", "Le certificateur",
                      par_l_administrateur(prolonger_la_certification)),
    "offre-active": (jamais_ouverte, STATUTS, "L'offre n'est pas au statut « Active »",
    "L'organisme de formation", par_le_bouton()),
    "action-active": (seule_de_son_action, STATUTS[1:], "L'action n'est pas au statut « Active »",
    "L'organisme", par_le_bouton()),
    "session-active": (jamais_ouverte_parmi_d_autres, STATUTS[2:],
    "La session n'est pas au statut « Active »", "L'organisme", par_le_bouton()),
    "session-ouverte": (fermee, ["session-ouverte"], "fermée à l'inscription depuis le", "L'organisme",
    par_le_bouton()),
    "permanente-sans-dates": (datee_puis_permanente, ["permanente-sans-dates"],
    "permanentes, mais la session a des dates", "L'organisme",
                              par_le_bouton(pas_de_dates="on", date_debut="", date_fin="")),
    "dates-fixes-renseignees": (permanente_puis_datee, ["dates-fixes-renseignees"],
    "la session n'a pas ses deux dates", "L'organisme",
                                lambda *a: par_le_bouton(date_debut=le(60), date_fin=le(90),
                                pas_de_dates=[])(*a)),
    "debut-a-venir": (commencee, ["debut-a-venir"], "est passée", "L'organisme",
                      lambda *a: par_le_bouton(date_debut=le(60), date_fin=le(90))(*a)),
    "fin-apres-debut": (d_un_jour, ["fin-apres-debut"], "doit être postérieure à la date de début (",
    "L'organisme",
                        lambda *a: par_le_bouton(date_fin=le(90))(*a)),
}  # fmt: skip
ATTEND = "passage-effectue"


@pytest.mark.exigence("D-23")
def test_chaque_condition_a_son_cas():
    assert [*CAS, ATTEND] == [condition.slug for condition in conditions(aujourd_hui())]


@pytest.mark.exigence("D-23", "S-122")
@pytest.mark.parametrize("slug", CAS)
def test_chaque_raison_est_nommee_seule_et_se_repare(monde, connecter, slug):
    preparer, attendues, phrase, qui, reparer = CAS[slug]
    session = preparer(monde)
    client = connecter(monde.gestionnaire)
    page = page_de(client, session)
    assert rouges(page) == attendues and attendues[0] == slug
    assert "<h1>Pourquoi pas visible\u00a0?</h1>" in page
    etat, ligne = lignes_de(page)[slug]
    lue = html.unescape(ligne).replace("\u00a0", " ")
    assert phrase in lue and f"Qui peut agir : {qui}" in lue
    assert lignes_de(page)[ATTEND][0] == "attente" and "Visible le" not in page, (
        "il n'y a pas de matin à annoncer"
    )
    reparer(client, monde, ligne)
    reparee = page_de(client, session)
    matin = "ce matin" if slug == "debut-a-venir" else "demain matin"
    assert f"<h1>Visible {matin}</h1>" in reparee
    etats = {slug: etat for slug, (etat, _) in lignes_de(reparee).items()}
    assert etats.pop(ATTEND) == "attente" and set(etats.values()) == {"ok", "sans-objet"}
    # The conditions that are met match the public filter.
    assert visibilite.a_paraitre(Session.objects.filter(pk=session.pk)).exists()


@pytest.mark.exigence("D-23", "D-25")
def test_la_derniere_condition_n_attend_que_le_matin(monde, connecter):
    session = monde.session(ouverte=True)
    client = connecter(monde.gestionnaire)
    etat, ligne = lignes_de(page_de(client, session))[ATTEND]
    assert (
        etat == "attente"
        and f"Visible le {date_longue(demain())} au matin." in ligne
        and "Qui peut agir" not in ligne
    )
    with a_l_instant(maintenant() + dt.timedelta(1)):
        publier(aujourd_hui(), par="test")
        page = page_de(client, session)
        assert {etat for etat, _ in lignes_de(page).values()} == {
            "ok",
            "sans-objet",
        } and "<h1>Visible sur Mon Compte Formation</h1>" in page
        assert f"Depuis le {date_longue(aujourd_hui())}." in lignes_de(page)[ATTEND][1]


def test_une_visible_qui_ne_le_sera_plus_le_dit(monde, connecter):
    session = monde.session(ouverte=True)
    client = connecter(monde.gestionnaire)
    with a_l_instant(maintenant() + dt.timedelta(1)):
        publier(aujourd_hui(), par="test")
        assert "Le public la voit aujourd'hui, et la verra demain matin." in texte(
            client.get(f"/catalogue/sessions/{session.pk}/visibilite/")
        )
        executer(
            Action.objects.get(),
            Operation.MODIFIER,
            par=monde.gestionnaire,
            valeurs={"modalites_entrees_sorties": "permanentes"},
        )
        page = page_de(client, session)
        assert "<h1>Disparaît demain matin</h1>" in page and rouges(page) == ["permanente-sans-dates"]
        assert (
            "Elle sera retirée demain matin\u00a0: l'action est à entrées et sorties permanentes"
            in html.unescape(page)
        )


@pytest.mark.exigence("D-23")
def test_ce_qui_ne_la_concerne_pas_est_sans_objet(monde, connecter):
    """Check that a condition is marked as met only when it applies to this session."""
    datee = monde.session(ouverte=True)
    libre = monde.nouvelle_action("LIBRE", "permanentes")
    permanente = monde.session(
        "p", action=libre, ouverte=True, pas_de_dates=True, date_debut=None, date_fin=None
    )
    client = connecter(monde.gestionnaire)
    sans_objet = {
        session: [
            slug for slug, (etat, _) in lignes_de(page_de(client, session)).items() if etat == "sans-objet"
        ]
        for session in (datee, permanente)
    }
    assert sans_objet == {
        datee: ["permanente-sans-dates"],
        permanente: ["dates-fixes-renseignees", "debut-a-venir", "fin-apres-debut"],
    }
    assert "Sans objet" in lignes_de(page_de(client, datee))["permanente-sans-dates"][1]
    assert "Remplie" not in lignes_de(page_de(client, datee))["permanente-sans-dates"][1]
    # The API returns the same, in the order of D-23.
    assert [(c.slug, c.etat) for c in diagnostic(datee)][-5:] == [
        ("permanente-sans-dates", "sans-objet"), ("dates-fixes-renseignees", "ok"), ("debut-a-venir", "ok"),
        ("fin-apres-debut", "ok"),
        ("passage-effectue", "attente"),
    ]  # fmt: skip


@pytest.mark.exigence("D-24")
def test_une_session_qui_commence_aujourd_hui_dit_qu_elle_s_en_va(monde, connecter):
    session = monde.session(ouverte=True, date_debut=demain(), date_fin=aujourd_hui() + dt.timedelta(30))
    with a_l_instant(maintenant() + dt.timedelta(1)):
        publier(aujourd_hui(), par="test")
        client = connecter(monde.gestionnaire)
        for niveau, fiche in (("session", session), ("action", monde.action), ("offre", monde.offre)):
            assert "<h1>Disparaît demain matin</h1>" in page_de(client, fiche, niveau)
        assert rouges(page_de(client, session)) == ["debut-a-venir"]
        resume = resumer(monde.action)
        assert (resume.visibles, resume.disparaissent, [r.condition.slug for r in resume.retraits]) == (
            1,
            1,
            ["debut-a-venir"],
        )
        autre = monde.session("demain", ouverte=True)
        assert "<h1>Visible sur Mon Compte Formation</h1>" in page_de(client, monde.action, "action")
        assert "<h1>Visible demain matin</h1>" in page_de(client, autre)


def test_la_publication_du_jour_en_retard_prendra_celle_d_hier(monde, connecter):
    session = monde.session(ouverte=True, date_debut=demain(), date_fin=aujourd_hui() + dt.timedelta(30))
    client = connecter(monde.gestionnaire)
    with a_l_instant(maintenant() + dt.timedelta(1)):
        page = page_de(client, session)
        assert rouges(page) == [] and f"Visible le {date_longue(aujourd_hui())} au matin." in page
        assert "<h1>Visible ce matin</h1>" in page
        publier(aujourd_hui() - dt.timedelta(1), par="test")
        publier(aujourd_hui(), par="test")
        assert visibilite.visibles(Session.objects.all()).get() == session
        assert "<h1>Disparaît demain matin</h1>" in page_de(client, session), "elle commence aujourd'hui"


@pytest.mark.parametrize(
    ("preparer", "bouton"),
    [
        (
            lambda m: executer(m.offre, Operation.MODIFIER, par=m.gestionnaire, valeurs={"objectif": ""}),
            "Compléter l'offre",
        ),
        (
            lambda m: executer(m.action, Operation.MODIFIER, par=m.gestionnaire, valeurs={"langue": ""}),
            "Compléter l'action",
        ),
    ],
)
def test_le_parent_fautif_s_ouvre_au_champ_qui_manque(monde, connecter, preparer, bouton):
    session = monde.session()
    parent = preparer(monde)
    champ = "objectif" if bouton.endswith("offre") else "langue"
    client = connecter(monde.gestionnaire)
    slug = f"{parent._meta.model_name}-active"
    _, ligne = lignes_de(page_de(client, session))[slug]
    adresse = f"/catalogue/{parent._meta.model_name}s/{parent.pk}/modifier/"
    assert f'<a class="bouton bouton-petit" href="{adresse}#id_{champ}">{html.escape(bouton)}</a>' in ligne
    assert f'id="id_{champ}"' in client.get(adresse).content.decode()
    # The other parent is validée: its condition is corrected by opening the session, which is refused.
    refusee = lignes_de(page_de(client, session))[
        "action-active" if bouton.endswith("offre") else "offre-active"
    ][1]
    assert (
        "en brouillon : validez-la d'abord." in html.unescape(refusee).replace("\u00a0", " ")
        and 'aria-disabled="true"' in refusee
    )


def test_une_archivee_se_desarchive_d_ici(monde, connecter):
    session = executer(monde.session(), Operation.ARCHIVER, par=monde.gestionnaire)
    client = connecter(monde.gestionnaire)
    _, ligne = lignes_de(page_de(client, session))["session-active"]
    retour = f"/catalogue/sessions/{session.pk}/visibilite/"
    assert (
        f'action="/catalogue/sessions/{session.pk}/desarchiver/"' in ligne
        and f'name="suite" value="{retour}"' in ligne
    )
    assert client.post(f"/catalogue/sessions/{session.pk}/desarchiver/", {"suite": retour}).url == retour
    assert "Valider la session" in page_de(client, session)


@pytest.mark.parametrize("role", [Role.LECTEUR, Role.REDACTEUR])
def test_sans_le_droit_le_bouton_dit_pourquoi(monde, connecter, role):
    session = fermee(monde)
    client = connecter(monde.personne("autre", role))
    _, ligne = lignes_de(page_de(client, session))["session-ouverte"]
    assert 'aria-disabled="true"' in ligne and "<form" not in ligne
    assert f"Votre rôle ({Role(role).label.lower()}) ne permet pas cette opération" in html.unescape(ligne)


@pytest.mark.parametrize("niveau", ["action", "offre"])
def test_le_resume_compte_chaque_session_une_fois(monde, connecter, niveau, settings):
    fiche = getattr(monde, niveau)
    client = connecter(monde.gestionnaire)
    assert "0 session visible" in texte(client.get(f"/catalogue/{niveau}s/{fiche.pk}/visibilite/"))
    visible = monde.session("visible", ouverte=True)
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    monde.session("attend", ouverte=True)
    for rang in range(NOMMEES + 2):
        executer(monde.session(f"fermee{rang}", ouverte=True), Operation.FERMER, par=monde.gestionnaire)
    monde.session("validee")
    executer(monde.session("archivee"), Operation.ARCHIVER, par=monde.gestionnaire)
    resume = resumer(fiche)
    toutes = Session.objects.non_archivees()
    assert resume.visibles == visibilite.visibles(toutes).count() == 1
    assert resume.attente == [(demain(), visibilite.a_paraitre(toutes).count())]
    assert [(r.condition.slug, r.nombre, len(r.sessions), r.reste) for r in resume.raisons] == [
        ("session-active", 1, 1, 0),
        ("session-ouverte", NOMMEES + 2, NOMMEES, 2),
    ]
    assert resume.non_visibles == toutes.count() - 2
    page = texte(client.get(f"/catalogue/{niveau}s/{fiche.pk}/visibilite/"))
    for phrase in (
        "1 session visible",
        f"1 visible le {date_longue(demain())} au matin",
        "8 sessions non visibles",
        "et 2 autres",
    ):
        assert phrase in page.replace("\u00a0", " ")
    assert f'href="/catalogue/sessions/{visible.pk}/visibilite/"' not in page_de(client, fiche, niveau)


@pytest.mark.parametrize("niveau", ["action", "offre"])
def test_les_conditions_du_niveau_sont_celles_des_sessions(monde, connecter, niveau):
    """Check that an offre or an action shows the same conditions as its sessions, even without any.

    The conditions on the levels below it are left out.
    """
    fiche, client = getattr(monde, niveau), connecter(monde.gestionnaire)
    attendues = [
        "organisme-autorise",
        "qualiopi",
        "certification",
        "offre-active",
        *(["action-active"] if niveau == "action" else []),
    ]
    Qualiopi.objects.update(categorie="vae")
    Certification.objects.update(active=False)
    Organisme.objects.update(suspendu=True)
    for _ in range(2):
        etats = [etat for etat, *_ in ETATS.findall(page_de(client, fiche, niveau))]
        assert etats == ["non"] * len(attendues)
        session = monde.session() if not Session.objects.exists() else Session.objects.get()
        assert rouges(page_de(client, session))[: len(attendues)] == attendues
    Organisme.objects.update(suspendu=False)
    Qualiopi.objects.update(categorie="actions_de_formation")
    Certification.objects.update(active=True)
    executer(session, Operation.OUVRIR, par=monde.gestionnaire)
    assert {etat for etat, *_ in ETATS.findall(page_de(client, fiche, niveau))} == {"ok"}


@pytest.mark.parametrize("niveau", ["session", "action", "offre"])
def test_le_nombre_de_requetes_ne_suit_pas_les_sessions(monde, connecter, niveau):
    fiche = monde.session() if niveau == "session" else getattr(monde, niveau)
    client = connecter(monde.gestionnaire)
    page_de(client, fiche, niveau)

    def requetes():
        with CaptureQueriesContext(connection) as lues:
            page_de(client, fiche, niveau)
        return len(lues)

    monde.session("une")
    avant = requetes()
    for rang in range(15):
        session = monde.session(f"s{rang + 2}", ouverte=rang % 2 == 0)
        if rang % 4 == 0:
            executer(session, Operation.FERMER, par=monde.gestionnaire)
    assert requetes() == avant <= 9


def test_on_y_va_du_catalogue_et_du_menu_operations(monde, connecter):
    session = fermee(monde)
    client = connecter(monde.gestionnaire)
    page = client.get(f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}").content.decode()
    for fiche in (monde.offre, monde.action, session):
        adresse = f"/catalogue/{fiche._meta.model_name}s/{fiche.pk}/visibilite/"
        assert f'<a class="entree" href="{adresse}">Pourquoi pas visible ?</a>' in page
        if fiche is not monde.offre:
            assert page.count(f'href="{adresse}"') == 2
        consulter = client.get(f"/catalogue/{fiche._meta.model_name}s/{fiche.pk}/").content.decode()
        assert '<h2 id="visibilite">Pourquoi pas visible\u00a0?</h2>' in consulter and ETATS.search(consulter)
