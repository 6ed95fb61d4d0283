"""Tests of the accueil: the tasks of the day, with their reasons, buttons and numbers."""

import datetime as dt
import html
import re

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bureau.accueil.a_faire import ENSUITE, LISTES
from bureau.accueil.graphique import graphique
from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Certification, Offre
from edof.horloge import a_l_instant, aujourd_hui, demain, maintenant
from edof.templatetags.affichage import date_longue
from organismes.droits import Operation, Role
from organismes.models import Membre, Organisme, Qualiopi, Utilisateur
from publication import visibilite
from publication.decomptes import decompter
from publication.passages import publier
from sessions_app.models import Session
from tests.conftest import Monde
from tests.outils import texte


def il_y_a(jours: int):
    return a_l_instant(maintenant() - dt.timedelta(jours))


def section(reponse, slug: str) -> str:
    """Return the HTML of the card of a list."""
    page = reponse.content.decode()
    return page[page.index(f'id="{slug}"') :].split("</section>")[0]


def lignes(reponse, slug: str) -> list[str]:
    """Return the text of each row of a list."""
    morceaux = re.findall(r'<li class="tache">(.*?)</li>', section(reponse, slug), re.S)
    return [
        re.sub(r"[\s\u00a0\u202f]+", " ", html.unescape(re.sub(r"<[^>]+>", " ", morceau))).strip()
        for morceau in morceaux
    ]


def ouverte_il_y_a(monde: Monde, identifiant: str, jours: int, **valeurs) -> Session:
    """Create a session opened `jours` days ago.

    It started `jours - 60` days ago and lasts thirty days.
    """
    with il_y_a(jours):
        return monde.session(identifiant, ouverte=True, **valeurs)


def rendre_visible(monde: Monde, identifiant: str, settings) -> Session:
    """Create a session, open it, then go to the next day and publish it."""
    session = monde.session(identifiant, ouverte=True)
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    return session


def test_les_compteurs_disent_juste_et_menent_ou_agir(monde, connecter, settings):
    rendre_visible(monde, "visible", settings)
    future = monde.session("future", ouverte=True)
    fermee = monde.session("fermee", ouverte=True)
    executer(fermee, Operation.FERMER, par=monde.gestionnaire)
    executer(
        Offre(organisme=monde.organisme),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"identifiant": "BROUILLON"},
    )
    page = connecter(monde.gestionnaire).get("/")
    cartes = re.findall(
        r'<a class="carte compteur-carte" href="([^"]+)">(.*?)</a>', page.content.decode(), re.S
    )
    lues = [
        (html.unescape(url), re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.unescape(corps))).strip())
        for url, corps in cartes
    ]
    assert lues == [
        (
            "/catalogue/sessions/?visibilite=visibles",
            "1 action visible sur Mon Compte Formation · voir la session",
        ),
        ("/catalogue/sessions/?etape=demain", "1 session à paraître demain matin · voir lesquelles"),
        ("/catalogue/sessions/?visibilite=a_reparer", "0 session à réparer actives mais non visibles"),
        ("/catalogue/?statut=brouillon", "1 brouillon à terminer le plus ancien : aujourd'hui"),
    ]
    assert [ligne.split()[0] for ligne in lignes(page, "a_paraitre")] == [future.identifiant]
    assert f"visible le {date_longue(demain())} au matin." in lignes(page, "a_paraitre")[0]
    assert lignes(page, "non_visibles") == [] and 'class="nombre rouge"' not in page.content.decode()
    assert 'href="/catalogue/sessions/?visibilite=non_visibles"' in section(page, "non_visibles")


def test_ce_qui_attend_la_publication_du_jour_parait_ce_matin(monde, connecter):
    ouverte_il_y_a(monde, "hier", 1)
    page = texte(connecter(monde.gestionnaire).get("/"))
    assert (
        "1 session à paraître ce matin" in page
        and f"visible le {date_longue(aujourd_hui())} au matin" in page
    )


@pytest.mark.parametrize(
    ("heure", "attendu"),
    [(8, "Bonjour Claire, voici votre catalogue ce matin"),
    (12, "Bonjour Claire, voici votre catalogue cet après-midi"),
     (18, "Bonsoir Claire, voici votre catalogue ce soir")],
)  # fmt: skip
def test_la_page_salue_selon_l_heure(monde, connecter, heure, attendu):
    monde.session()
    Utilisateur.objects.update(prenom="Claire")
    client = connecter(monde.gestionnaire)
    with a_l_instant(maintenant().replace(hour=heure)):
        assert attendu in texte(client.get("/"))


@pytest.mark.exigence("S-79", "S-122")
def test_ce_qui_est_normal_n_alarme_pas_et_le_reste_est_groupe_par_raison(monde, connecter):
    """Check that a started session, a session closed on purpose, or both, are not tasks.

    That also holds when the certificate of the organisme has ended since.
    """
    ouverte_il_y_a(monde, "commencee", 70)
    executer(ouverte_il_y_a(monde, "commencee-fermee", 70), Operation.FERMER, par=monde.gestionnaire)
    executer(monde.session("fermee", ouverte=True), Operation.FERMER, par=monde.gestionnaire)
    client = connecter(monde.gestionnaire)
    assert lignes(client.get("/"), "non_visibles") == []
    assert "Toutes vos sessions ouvertes et à venir sont visibles" in texte(
        client.get("/a-faire/non_visibles/")
    )
    seule = monde.session("seule", ouverte=True)
    Session.objects.filter(pk=seule.pk).update(date_fin=seule.date_debut)
    libre = monde.nouvelle_action("LIBRE", "permanentes")
    for rang in range(3):
        monde.session(
            f"p{rang}", action=libre, ouverte=True, pas_de_dates=True, date_debut=None, date_fin=None
        )
    executer(
        libre,
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"modalites_entrees_sorties": "dates_fixes"},
    )
    page = client.get("/")
    debut = date_longue(seule.date_debut)
    assert lignes(page, "non_visibles") == [
        (
            "3 sessions L'action est à dates fixes, mais la session n'a pas ses deux dates. Changer les"
            " modalités de l'action : L'action est à dates fixes, mais la session n'a pas ses deux dates."
        ),
        (
            f"seule Texte · CHEVILLY LARUE La date de fin ({debut}) doit être postérieure à la date de début"
            f" ({debut}). Changer les dates : seule"
        ),
    ]
    assert "4 sessions à réparer" in texte(page)
    assert f'href="/catalogue/actions/{libre.pk}/modifier/#id_modalites_entrees_sorties"' in section(
        page, "non_visibles"
    )
    # When two actions have the same reason, each must be corrected: the button leads to the list.
    autre = monde.nouvelle_action("AUTRE", "permanentes")
    monde.session("p", action=autre, ouverte=True, pas_de_dates=True, date_debut=None, date_fin=None)
    executer(
        autre,
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"modalites_entrees_sorties": "dates_fixes"},
    )
    adresse = "/a-faire/non_visibles/?raison=dates-fixes-renseignees"
    carte = " ".join(section(client.get("/"), "non_visibles").split())
    assert f'<a class="bouton bouton-petit" href="{adresse}">Voir les 4 sessions' in carte
    entiere = texte(client.get(adresse))
    assert all(f"p{rang} Texte" in entiere for rang in ("", 0, 1, 2)) and "seule" not in entiere
    assert "Changer les dates : p0" in entiere
    groupes = texte(client.get("/a-faire/non_visibles/"))
    assert "4 sessions" in groupes and "seule Texte" in groupes and "p0" not in groupes
    # The certificate ends: open sessions that have not started cannot be published. The others are not
    # affected.
    Qualiopi.objects.update(au=aujourd_hui() - dt.timedelta(1))
    (ligne,) = lignes(client.get("/"), "non_visibles")
    assert (
        ligne.startswith("5 sessions L'organisme n'a pas de certificat Qualiopi valable")
        and "Qui peut agir : le certificateur" in ligne
    )
    assert ligne.count("Voir les 5 sessions") == 1


def test_ce_qui_va_disparaitre_est_annonce_et_s_ouvre_d_ici(monde, connecter, settings):
    rendre_visible(monde, "s0", settings)
    client = connecter(monde.gestionnaire)
    assert 'id="vont_disparaitre"' not in client.get("/").content.decode()
    executer(
        Action.objects.get(),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"modalites_entrees_sorties": "permanentes"},
    )
    page = client.get("/")
    assert lignes(page, "vont_disparaitre") == [
        "s0 Texte · CHEVILLY LARUE L'action est à entrées et sorties permanentes, mais la session a des"
        " dates. Retirer les dates : s0"
    ]
    assert (
        "1 va disparaître demain matin · voir pourquoi" in texte(page)
        and 'class="nombre rouge">1<' in page.content.decode()
    )
    # The session starts today: it is reported in grey, with nothing to correct.
    executer(
        Action.objects.get(),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"modalites_entrees_sorties": "dates_fixes"},
    )
    settings.EDOF_AUJOURDHUI = Session.objects.get().date_debut
    publier(aujourd_hui(), par="test")
    page = client.get("/")
    (ligne,) = lignes(page, "vont_disparaitre")
    assert (
        ligne.startswith("s0 Texte · CHEVILLY LARUE La date de début")
        and 'class="nombre rouge"' not in page.content.decode()
    )
    assert "tache-alerte" not in section(page, "vont_disparaitre") and "<button" not in section(
        page, "vont_disparaitre"
    )


@pytest.mark.exigence("D-26")
def test_les_fins_prochaines_sont_dites_d_avance(monde, connecter):
    monde.session(ouverte=True)
    client, jour = connecter(monde.gestionnaire), aujourd_hui()
    assert "Prennent fin bientôt" not in texte(client.get("/"))
    Certification.objects.update(date_fin_enregistrement=jour + dt.timedelta(60))
    Qualiopi.objects.update(au=jour + dt.timedelta(10))
    page = client.get("/")
    assert "1 offre active la vise et disparaîtra le lendemain matin" in texte(
        page
    ) and "dans 60 jours" in texte(page)
    assert 'href="/catalogue/?certification=RNCP1"' in page.content.decode()
    assert texte(page).index("Certificat Qualiopi « Actions de formation » dans 10 jours") < texte(
        page
    ).index("RNCP1 · Titre")
    # Nothing is reported when there is a successor, when the end is further away, or without an active offre.
    Certification.objects.update(date_fin_enregistrement=jour + dt.timedelta(61))
    Qualiopi.objects.create(
        organisme=monde.organisme, categorie="actions_de_formation", du=jour + dt.timedelta(11)
    )
    assert "Prennent fin bientôt" not in texte(client.get("/"))


def test_ce_que_seul_l_administrateur_repare_n_a_pas_de_bouton(monde, connecter):
    monde.session("s", ouverte=True)
    Organisme.objects.update(suspendu=True)
    (ligne,) = lignes(connecter(monde.gestionnaire).get("/"), "non_visibles")
    assert ligne.endswith("Qui peut agir : l'administrateur de la plateforme.")


def test_une_action_devenue_permanente_fait_retirer_les_dates(monde, connecter):
    session = monde.session("s", ouverte=True)
    Action.objects.update(modalites_entrees_sorties="permanentes")
    page = section(connecter(monde.gestionnaire).get("/"), "non_visibles")
    assert (
        f'href="/catalogue/sessions/{session.pk}/modifier/#id_pas_de_dates"' in page
        and "Retirer les dates" in page
    )


@pytest.mark.parametrize(
    ("role", "attendus"),
    [(Role.LECTEUR, set()), (Role.REDACTEUR, {"Changer les dates", "Terminer", "Ajouter une session"})],
)
def test_les_boutons_suivent_le_role(monde, connecter, role, attendus):
    sans_fin = monde.session("sans-fin", ouverte=True)
    Session.objects.filter(pk=sans_fin.pk).update(date_fin=None)
    with il_y_a(62):
        monde.session("passee", ouverte=True, action=monde.nouvelle_action("SEULE"))
    valeurs = {"identifiant": "b"}
    executer(
        Session(action=monde.action, organisme=monde.organisme),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs=valeurs,
    )
    page = connecter(monde.personne("autre", role)).get("/").content.decode()
    boutons = set(re.findall(r'class="bouton bouton-petit"[^>]*>([^<]+)<', html.unescape(page)))
    assert boutons == attendus


def test_les_brouillons_des_trois_niveaux_les_plus_anciens_d_abord(monde, connecter):
    def brouillon(fiche, identifiant, jours):
        with il_y_a(jours):
            return executer(
                fiche, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"identifiant": identifiant}
            )

    session = brouillon(Session(action=monde.action, organisme=monde.organisme), "la-session", 0)
    action = brouillon(Action(offre=monde.offre, organisme=monde.organisme), "l-action", 12)
    offre = brouillon(Offre(organisme=monde.organisme), "l-offre", 1)
    monde.session("validee")
    page = connecter(monde.gestionnaire).get("/")
    assert lignes(page, "brouillons") == [
        (
            f"l-action Action · Texte · LIEU À PRÉCISER {len(action.manques())} informations manquent ·"
            " modifiée il y a 12 jours. Terminer : l-action"
        ),
        (
            f"l-offre Offre · sans intitulé {len(offre.manques())} informations manquent · modifiée hier."
            " Terminer : l-offre"
        ),
        (
            f"la-session Session · Texte · CHEVILLY LARUE {len(session.manques())} informations manquent ·"
            " modifiée aujourd'hui. Terminer : la-session"
        ),
    ]
    assert "le plus ancien : 12 jours" in texte(page)
    for adresse in (f"sessions/{session.pk}", f"actions/{action.pk}", f"offres/{offre.pk}"):
        assert f'href="/catalogue/{adresse}/modifier/"' in section(page, "brouillons")


def test_une_fiche_complete_en_brouillon_le_dit(monde, connecter):
    session = monde.session("s")
    for operation in (Operation.ARCHIVER, Operation.DESARCHIVER):
        session = executer(session, operation, par=monde.gestionnaire)
    assert (
        "Complète, il reste à la valider" in lignes(connecter(monde.gestionnaire).get("/"), "brouillons")[0]
    )


def test_les_sessions_du_moment(monde, connecter):
    jour = aujourd_hui()
    ouverte_il_y_a(monde, "commencee", 60 + 6)
    ouverte_il_y_a(monde, "commencee-avant", 60 + 7)
    finit = ouverte_il_y_a(monde, "finit", 90, date_fin=jour + dt.timedelta(14))
    ouverte_il_y_a(monde, "finit-apres", 100, date_fin=jour + dt.timedelta(15))
    ouverte_il_y_a(monde, "finie", 90 + 7)
    ouverte_il_y_a(monde, "finie-avant", 90 + 8)
    rangee = ouverte_il_y_a(monde, "rangee", 90 + 2)
    executer(rangee, Operation.ARCHIVER, par=monde.gestionnaire)
    page = texte(connecter(monde.gestionnaire).get("/"))
    moment = page[page.index("Sessions du moment") : page.index("Avez-vous lu")]
    debut = (
        f"commencee Texte · CHEVILLY LARUE A commencé le {date_longue(jour - dt.timedelta(6))} ; elle est"
        " encore ouverte à l'inscription."
    )
    assert debut in moment and "Fermer à l'inscription : commencee" in moment
    assert f"finit Texte · CHEVILLY LARUE Se termine le {date_longue(finit.date_fin)}." in moment
    assert (
        f"finie Texte · CHEVILLY LARUE S'est terminée le {date_longue(jour - dt.timedelta(7))}. Archiver :"
        " finie" in moment
    )
    assert not {"commencee-avant", "finit-apres", "finie-avant", "rangee"} & set(moment.split())


def test_les_actions_sans_session_a_venir(monde, connecter):
    ouverte_il_y_a(monde, "passee", 61)
    permanente = monde.nouvelle_action("PERMANENTE", "permanentes")
    monde.session("p", action=permanente, ouverte=True, pas_de_dates=True, date_debut=None, date_fin=None)
    client = connecter(monde.gestionnaire)
    page = client.get("/")
    assert [ligne.split()[0] for ligne in lignes(page, "sans_session")] == ["ACTION-1"]
    assert f'href="/catalogue/actions/{monde.action.pk}/sessions/ajouter/"' in section(page, "sans_session")
    future = monde.session("future")
    assert 'id="sans_session"' not in client.get("/").content.decode()
    executer(future, Operation.ARCHIVER, par=monde.gestionnaire)
    assert 'id="sans_session"' in client.get("/").content.decode()


def test_le_graphique_et_son_tableau_disent_les_memes_nombres(monde, connecter, settings):
    settings.EDOF_AUJOURDHUI = dt.date(2026, 11, 24)
    jours = [
        dt.date(2026, 11, 30),
        dt.date(2027, 2, 1),
        dt.date(2027, 2, 28),
        dt.date(2027, 10, 31),
        dt.date(2027, 11, 1),
    ]
    for rang, jour in enumerate(jours):
        monde.session(f"s{rang}", ouverte=rang < 2, date_debut=jour, date_fin=jour + dt.timedelta(10))
    executer(monde.session("archivee"), Operation.ARCHIVER, par=monde.gestionnaire)
    page = connecter(monde.gestionnaire).get("/").content.decode()
    tableau = page[page.index("<table>") : page.index("</table>")]
    nombre = r'<td><a href="[^"]+">(\d+)</a></td>'
    rangs = re.findall(rf'<th scope="row">([^<]+)</th>{nombre}{nombre}{nombre}', html.unescape(tableau))
    attendus = {
        "novembre 2026": ("1", "0", "1"),
        "février 2027": ("1", "1", "2"),
        "octobre 2027": ("0", "1", "1"),
    }
    assert len(rangs) == 12 and rangs[0][0] == "novembre 2026" and rangs[-1][0] == "octobre 2027"
    assert {mois: tuple(nombres) for mois, *nombres in rangs if nombres[2] != "0"} == attendus
    svg = html.unescape(
        page[
            page.index('<svg class="graphique"') : page.index("</svg>", page.index('<svg class="graphique"'))
        ]
    )
    assert 'role="img"' in svg and "style=" not in svg and svg.count("<rect") == 4
    assert "Sur douze mois : 4\u00a0sessions, dont 2\u00a0ouvertes à l'inscription." in svg
    assert re.search(r'y="\d+" width="\d+\.\d+%" height="\d+"', svg), (
        "aucune virgule décimale dans un attribut"
    )
    barres = graphique(decompter(monde.organisme).par_mois).barres
    hautes = [barre for barre in barres if barre.h_ouvertes + barre.h_autres > 0]
    assert all(barre.y_autres >= 0 and barre.y_ouvertes + barre.h_ouvertes == 172 for barre in hautes)


def test_chaque_nombre_de_sessions_mene_a_la_liste_qui_en_montre_autant(monde, connecter, settings):
    """Follow every link of the page to « Sessions »: the list counts what the link announces."""
    rendre_visible(monde, "visible", settings)
    jour = aujourd_hui()
    libre = monde.nouvelle_action("LIBRE", "permanentes")
    for rang in range(3):
        monde.session(f"attend{rang}", ouverte=True)
        monde.session(f"seule{rang}", ouverte=True)
        monde.session(f"commencee{rang}", ouverte=True)
        monde.session(
            f"libre{rang}", action=libre, ouverte=True, pas_de_dates=True, date_debut=None, date_fin=None
        )
    dates = {"date_debut": jour - dt.timedelta(2), "date_fin": jour + dt.timedelta(9)}
    Session.objects.filter(identifiant__startswith="commencee").update(**dates)
    Session.objects.filter(identifiant__startswith="seule").update(date_fin=F("date_debut"))
    Session.objects.filter(identifiant="commencee0").update(date_fin=jour - dt.timedelta(1))
    Session.objects.filter(identifiant="visible").update(date_fin=None)
    valeurs = {"modalites_entrees_sorties": "dates_fixes"}
    executer(libre, Operation.MODIFIER, par=monde.gestionnaire, valeurs=valeurs)
    client = connecter(monde.gestionnaire)
    page = html.unescape(client.get("/").content.decode())
    liens = re.findall(r'<a [^>]*href="(/catalogue/sessions/\?[^"]+)"[^>]*>(.*?)</a>', page, re.S)
    suivis = 0
    for adresse, corps in liens:
        dit = re.search(r"(?:les |^)(\d+)\s*(?:sessions?)?", re.sub(r"<[^>]+>", "", corps).strip())
        if dit is None or "action" in corps:
            continue
        liste = client.get(adresse)
        assert liste.status_code == 200 and liste.context["comptes"].repondent == int(dit[1]), adresse
        suivis += 1
    assert suivis > 40


def test_sans_session_datee_le_graphique_le_dit(monde, connecter):
    action = monde.nouvelle_action("P", "permanentes")
    monde.session("p", action=action, pas_de_dates=True, date_debut=None, date_fin=None)
    page = connecter(monde.gestionnaire).get("/")
    assert "Aucune session datée ne commence" in texte(page) and "<rect" not in page.content.decode()


def test_les_listes_sont_bornees_et_leur_suite_est_entiere(monde, connecter):
    for rang in range(12):
        monde.session(f"s{rang}", ouverte=True)
    Session.objects.update(date_fin=None)
    for rang in range(ENSUITE + 1):
        monde.session(f"o{rang}", ouverte=True)
    client = connecter(monde.gestionnaire)
    page = client.get("/")
    assert len(lignes(page, "non_visibles")) == 1
    assert len(lignes(page, "a_paraitre")) == ENSUITE and "et 1 autre<" in section(page, "a_paraitre")
    entiere = client.get("/a-faire/non_visibles/").content.decode()
    assert entiere.count('<li class="tache">') == 12 and "Page 1 sur" not in entiere


def test_une_liste_longue_se_lit_par_pages(monde, connecter, monkeypatch):
    monkeypatch.setattr("bureau.accueil.views.PAR_PAGE", 2)
    for rang in range(3):
        monde.session(f"o{rang}", ouverte=True)
    client = connecter(monde.gestionnaire)
    lues = [
        re.findall(r'tache-nom"[^>]*>(\w+)<', client.get(f"/a-faire/a_paraitre/?page={n}").content.decode())
        for n in (1, 2, "x", 10**30)
    ]
    assert lues == [["o0", "o1"], ["o2"], ["o0", "o1"], ["o2"]]
    suite = client.get("/a-faire/a_paraitre/?page=2").content.decode()
    assert "Page 2 sur 2" in suite and "?page=1" in suite


@pytest.mark.parametrize("slug", LISTES)
def test_chaque_liste_a_sa_page_meme_vide(monde, connecter, slug):
    page = texte(connecter(monde.gestionnaire).get(f"/a-faire/{slug}/"))
    assert LISTES[slug].titre in page and LISTES[slug].vide in page


@pytest.mark.parametrize("adresse", ["/a-faire/inconnue/", "/a-faire/%00/", "/a-faire/non-visibles/"])
def test_une_liste_inconnue_n_existe_pas(monde, connecter, adresse):
    assert connecter(monde.gestionnaire).get(adresse).status_code == 404


def test_le_nombre_de_requetes_ne_suit_pas_les_fiches(monde, connecter):
    def remplir(suffixe: str) -> None:
        action = monde.nouvelle_action(f"A{suffixe}")
        executer(monde.session(f"f{suffixe}", ouverte=True), Operation.FERMER, par=monde.gestionnaire)
        monde.session(f"o{suffixe}", ouverte=True)
        cassee = monde.session(f"c{suffixe}", ouverte=True)
        Session.objects.filter(pk=cassee.pk).update(date_fin=None)
        for jours in (62, 90, 93):
            ouverte_il_y_a(monde, f"p{jours}{suffixe}", jours, action=action)
        # Complete drafts: the missing fields must be read without a query per record.
        for fiche in (
            monde.nouvelle_offre(f"bo{suffixe}"),
            monde.nouvelle_action(f"ba{suffixe}"),
            monde.session(f"bs{suffixe}"),
        ):
            for operation in (Operation.ARCHIVER, Operation.DESARCHIVER):
                fiche = executer(fiche, operation, par=monde.gestionnaire)

    def compter(adresse: str) -> int:
        with CaptureQueriesContext(connection) as requetes:
            assert client.get(adresse).status_code == 200
        return len(requetes)

    client = connecter(monde.gestionnaire)
    remplir("0")
    adresses = ["/", *(f"/a-faire/{slug}/" for slug in LISTES)]
    adresses.append("/a-faire/non_visibles/?raison=dates-fixes-renseignees")
    remplir("00")
    avant = [compter(adresse) for adresse in adresses]
    for rang in range(1, 7):
        remplir(str(rang))
    assert [compter(adresse) for adresse in adresses] == avant
    assert avant[0] <= 30


def test_les_trois_lectures_de_la_visibilite_s_accordent(monde, settings):
    """Check that the filters of the lists match the annotations of the catalogue for each session."""
    rendre_visible(monde, "visible", settings)
    ouverte_il_y_a(monde, "passee", 70)
    monde.session("attend", ouverte=True)
    monde.session("validee")
    executer(monde.session("fermee", ouverte=True), Operation.FERMER, par=monde.gestionnaire)
    toutes = Session.objects.all()
    annotees = visibilite.avec_visibilite(toutes)

    def noms(sessions):
        return sorted(sessions.values_list("identifiant", flat=True))

    assert noms(visibilite.visibles(toutes)) == noms(annotees.filter(est_visible=True)) == ["visible"]
    assert (
        noms(visibilite.a_paraitre(toutes))
        == noms(annotees.filter(est_visible=False, sera_visible=True))
        == ["attend"]
    )
    attendues = annotees.filter(statut="active", est_visible=False, sera_visible=False)
    assert noms(visibilite.actives_non_visibles(toutes)) == noms(attendues) == ["fermee", "passee"]


@pytest.mark.exigence("S-128")
def test_bravo_une_fois_a_chaque_membre(monde, connecter, client, settings):
    monde.session(ouverte=True)
    lecteur = monde.personne("lecteur", Role.LECTEUR)
    autre = Monde("Autre", "52345678900017")
    autre.session()
    assert "BRAVO" not in texte(connecter(monde.gestionnaire).get("/")), "ouverte n'est pas visible"
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    page = client.get("/")
    assert "BRAVO ! Votre offre est visible sur Mon Compte Formation." in texte(page)
    publique = "/formations/41234567800019_OFFRE-1/41234567800019_ACTION-1/"
    assert f'href="{publique}"' in page.content.decode() and client.get(publique).status_code == 200
    for _ in range(2):
        assert client.post("/bravo/").url == "/"
        assert "BRAVO" not in texte(client.get("/"))
    assert client.get("/bravo/").status_code == 405
    assert "BRAVO" in texte(connecter(lecteur).get("/")), "chaque membre la voit"
    assert "BRAVO" not in texte(connecter(autre.gestionnaire).get("/"))
    assert Membre.objects.filter(bravo_vu=True).count() == 1


def test_un_organisme_vide_apprend_par_ou_commencer(db, connecter):
    organisme = Organisme.objects.create(raison_sociale="Neuf", siret="41234567800019")
    personne = Utilisateur.objects.create_user("neuf@test.example", "x", prenom="Nadia")
    membre = Membre.objects.create(utilisateur=personne, organisme=organisme, role=Role.GESTIONNAIRE)
    client = connecter(personne)
    page = client.get("/")
    assert "Nadia, bienvenue dans votre catalogue" in texte(page) and "Trois étapes" in texte(page)
    assert re.findall(r'bouton-plein" href="([^"]+)">([^<]+)<', page.content.decode()) == [
        ("/catalogue/offres/ajouter/", "Ajouter une offre")
    ]
    membre.role = Role.LECTEUR
    membre.save()
    assert "bouton-plein" not in client.get("/").content.decode()


def test_l_etape_suivante_est_celle_qui_a_un_bouton(monde, connecter):
    client = connecter(monde.gestionnaire)
    page = client.get("/")
    lien = (f"/catalogue/actions/{monde.action.pk}/sessions/ajouter/", "Ajouter une session")
    assert re.findall(r'bouton-plein" href="([^"]+)">([^<]+)<', page.content.decode()) == [lien]
    assert texte(page).count("Fait :") == 2
    executer(monde.action, Operation.ARCHIVER, par=monde.gestionnaire)
    assert (
        f'href="/catalogue/offres/{monde.offre.pk}/actions/ajouter/">Ajouter une action'
        in client.get("/").content.decode()
    )
    monde.session("s", action=monde.nouvelle_action("A2"))
    assert "Trois étapes" not in texte(client.get("/"))


def test_sans_organisme_la_page_dit_quoi_faire(db, connecter):
    page = connecter(Utilisateur.objects.create_user("seul@test.example", "x")).get("/")
    assert "Vous n'êtes membre d'aucun organisme" in texte(page) and "/admin/" not in page.content.decode()
    administrateur = Utilisateur.objects.create_superuser("admin@test.example", "x")
    assert 'href="/admin/"' in connecter(administrateur).get("/").content.decode()


def liens(page: str) -> set[str]:
    """Return the internal URLs of the links of a page."""
    return {
        html.unescape(lien)
        for lien in re.findall(r'<a [^>]*href="([^"]+)"', page)
        if not lien.startswith("http")
    }


@pytest.mark.parametrize(
    "adresse",
    ["/", "/a-faire/non_visibles/", "/aide/", "/aide/visibilite/", "/aide/guides/", "/aide/navigateurs/"],
)
def test_aucun_lien_n_est_mort(monde, connecter, adresse, settings):
    rendre_visible(monde, "visible", settings)
    ouverte_il_y_a(monde, "passee", 70)
    monde.session("attend", ouverte=True)
    for fiche in (Offre(), Action(offre=monde.offre), Session(action=monde.action)):
        fiche.organisme = monde.organisme
        executer(fiche, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"identifiant": "b"})
    client: Client = connecter(monde.gestionnaire)
    page = client.get(adresse).content.decode()
    for lien in liens(page):
        chemin, _, ancre = lien.partition("#")
        cible = client.get(chemin or adresse)
        assert cible.status_code == 200, lien
        assert not ancre or f'id="{ancre}"' in cible.content.decode(), lien
