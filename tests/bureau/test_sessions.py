"""« Sessions »: what answers, in which order, at a number of queries that does not depend on the rows."""

import datetime as dt
import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from edof.horloge import aujourd_hui
from organismes.droits import Operation, Role
from organismes.models import Membre
from sessions_app.models import Session
from tests.conftest import Monde
from tests.outils import texte

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_(connecter, monde):
    return connecter(monde.gestionnaire)


@pytest.fixture
def sessions(monde):
    """Return three sessions: opened, closed again, archived; another organisme has one too."""
    jour = aujourd_hui()
    ouverte = monde.session("B-ouverte", ouverte=True, date_debut=jour + dt.timedelta(30))
    validee = monde.session("a-validee", date_debut=jour + dt.timedelta(10), garantie=False)
    archivee = executer(monde.session("C-archivee"), Operation.ARCHIVER, par=monde.gestionnaire)
    Monde("Autre", "73282932000074").session("D-ailleurs")
    return ouverte, validee, archivee


def sans_balises(corps):
    return re.sub(r"[\s\u00a0\u202f]+", " ", html.unescape(re.sub(r"<[^>]+>", " ", corps))).strip()


def montrees(client_, **parametres):
    page = client_.get("/catalogue/sessions/", parametres).content.decode()
    return re.findall(r"<code>([^<]+)</code></a></td>", page)


def test_toutes_celles_qui_ne_sont_pas_archivees_par_date(client_, sessions):
    assert montrees(client_, tri="dates") == ["a-validee", "B-ouverte"]
    assert montrees(client_, tri="-dates") == ["B-ouverte", "a-validee"]


@pytest.mark.exigence("D-33")
def test_les_prochaines_d_abord_puis_sans_dates_puis_fermees_puis_passees(client_, monde, sessions):
    jour = aujourd_hui()
    passee = monde.session("E-passee", date_debut=jour + dt.timedelta(2))
    Session.objects.filter(pk=passee.pk).update(date_debut=jour, date_fin=jour)
    executer(monde.session("F-fermee", ouverte=True), Operation.FERMER, par=monde.gestionnaire)
    Session.objects.create(organisme=monde.organisme, action=monde.action, identifiant="G-sans-dates")
    prochaines = ["a-validee", "B-ouverte", "G-sans-dates", "F-fermee", "E-passee"]
    assert montrees(client_) == prochaines
    assert ", les prochaines d'abord" in sans_balises(client_.get("/catalogue/sessions/").content.decode())
    assert montrees(client_, tri="identifiant") == montrees(client_) != prochaines
    page = client_.get("/catalogue/sessions/").content.decode()
    assert "?tri=prochaines" in page
    assert montrees(client_, tri="prochaines") == montrees(client_) == prochaines


@pytest.mark.parametrize(
    ("tri", "attendues"),
    [
        ("identifiant", ["a-validee", "B-ouverte"]),
        ("-identifiant", ["B-ouverte", "a-validee"]),
        ("garantie", ["a-validee", "B-ouverte"]),
        ("statut", ["B-ouverte", "a-validee"]),
        ("-ouverte", ["B-ouverte", "a-validee"]),
        ("action", ["B-ouverte", "a-validee"]),
        ("inconnu", ["a-validee", "B-ouverte"]),
    ],
)
def test_chaque_colonne_se_trie(client_, sessions, tri, attendues):
    assert montrees(client_, tri=tri) == attendues


@pytest.mark.parametrize(
    ("filtre", "attendues"),
    [
        ({"statut": "archivee"}, ["C-archivee"]),
        ({"statut": "active"}, ["B-ouverte"]),
        ({"visibilite": "non_visibles"}, []),
        ({"q": "validee"}, ["a-validee"]),
        ({"q": "introuvable"}, []),
        ({"ville": "CHEVILLY LARUE"}, ["a-validee", "B-ouverte"]),
        ({"enseignement": "a_distance"}, []),
    ],
)
def test_les_filtres_du_catalogue(client_, sessions, filtre, attendues):
    assert montrees(client_, **filtre) == attendues


def test_un_filtre_illisible_se_dit_et_ne_s_applique_pas(client_, sessions):
    page = texte(client_.get("/catalogue/sessions/", {"du": "hier"}))
    assert "Cette date n'est pas lisible" in page and "2 sessions :" in page


def test_chercher_garde_l_ordre(client_, sessions):
    page = client_.get("/catalogue/sessions/", {"tri": "-identifiant"}).content.decode()
    assert '<input type="hidden" name="tri" value="-identifiant">' in page


def test_une_adresse_ne_garde_que_ce_qui_est_demande(client_, sessions):
    reponse = client_.get("/catalogue/sessions/", {"q": "validee", "ville": "", "du": "", "au": ""})
    assert (reponse.status_code, reponse.url) == (302, "/catalogue/sessions/?q=validee")


def jetons(client_, **parametres):
    """Return the chips of the page: {label: number}."""
    page = texte(client_.get("/catalogue/sessions/", parametres))
    lus = re.findall(
        r"(Toutes|Visibles|Demain matin|Prêtes à ouvrir|Fermées par vous|Commencées|Brouillons|Archivées"
        r"|Pas prêtes à ouvrir|Disparaissent demain|À réparer) (\d+)",
        page,
    )
    return {nom: int(nombre) for nom, nombre in lus}


def poses(client_, **parametres):
    """Return the tags of the filters in use."""
    page = html.unescape(client_.get("/catalogue/sessions/", parametres).content.decode())
    return re.findall(r'<a class="pose" href="([^"]*)">([^<]*)<', page)


def test_les_jetons_s_ajoutent_et_suivent_les_autres_filtres(client_, monde, sessions):
    Session.objects.create(organisme=monde.organisme, action=monde.action, identifiant="d-brouillon")
    tous = jetons(client_)
    assert tous == {"Toutes": 3, "Demain matin": 1, "Prêtes à ouvrir": 1, "Brouillons": 1}
    assert jetons(client_, q="validee") == {"Toutes": 1, "Prêtes à ouvrir": 1}
    assert jetons(client_, statut="archivee") == {"Toutes": 1, "Archivées": 1}
    # The step is not one of the filters that they follow, and stays when it is empty.
    assert jetons(client_, etape="prete") == tous
    assert jetons(client_, etape="fermee") == {**tous, "Fermées par vous": 0}
    assert montrees(client_, etape="prete") == ["a-validee"]


def test_chaque_filtre_des_sessions(client_, monde, sessions):
    sans_contact = Session.objects.create(
        organisme=monde.organisme, action=monde.action, identifiant="d-brouillon"
    )
    jour = aujourd_hui()
    dans = {nom: f"{jour + dt.timedelta(n):%d/%m/%Y}" for nom, n in (("j5", 5), ("j15", 15), ("j90", 90))}
    autre = monde.nouvelle_action("AUTRE")
    monde.session("e-autre", action=autre)
    attendus = {
        "debut_au": (dans["j15"], ["a-validee"]),
        "debut_du": (dans["j15"], ["B-ouverte", "e-autre"]),
        "fin_au": (dans["j5"], []),
        "garantie": ("sans", ["d-brouillon"]),
        "ouverte": ("oui", ["B-ouverte"]),
        "contact": ("sans", ["d-brouillon"]),
        "action": (str(autre.pk), ["e-autre"]),
        "offre": (str(monde.offre.pk), ["a-validee", "B-ouverte", "e-autre", "d-brouillon"]),
        "raison": ("dates-fixes-renseignees", ["d-brouillon"]),
    }
    for nom, (valeur, montrees_) in attendus.items():
        assert montrees(client_, **{nom: valeur}) == montrees_, nom
    assert sans_contact.contact_inscription is None


@pytest.mark.parametrize("nom", ["offre", "action", "raison", "etape", "contact", "statut", "visibilite"])
def test_un_choix_d_ailleurs_n_est_pas_applique(client_, sessions, nom):
    ailleurs = Session.objects.get(identifiant="D-ailleurs").action
    valeur = str(ailleurs.pk if nom == "action" else ailleurs.offre_id)
    page = texte(client_.get("/catalogue/sessions/", {nom: valeur}))
    assert "il n'est pas appliqué" in page and "2 sessions :" in page


def test_les_filtres_poses_se_retirent_et_sont_dans_le_titre(client_, sessions):
    filtres = {"debut_du": "01/03/2027", "debut_au": "31/03/2027", "contact": "sans", "etape": "brouillon"}
    lus = poses(client_, **filtres)
    assert [nom for _, nom in lus] == ["Début du 1er mars au 31 mars 2027", "Sans contact"]
    assert lus[0][0] == "/catalogue/sessions/?etape=brouillon&contact=sans"
    titre = html.unescape(client_.get("/catalogue/sessions/", filtres).content.decode())
    assert "Sessions : Brouillons, début du 1er mars au 31 mars 2027 et sans contact - Catalogue" in titre


def test_rien_ne_repond_la_page_nomme_le_filtre_a_retirer(client_, sessions):
    page = client_.get("/catalogue/sessions/", {"statut": "validee", "ouverte": "oui", "q": "validee"})
    assert "Sans « Ouverte à l'inscription : oui », 1 session répondrait." in texte(page)
    assert (
        'href="/catalogue/sessions/?q=validee&amp;statut=validee">Retirer ce filtre' in page.content.decode()
    )
    page = texte(client_.get("/catalogue/sessions/", {"q": "introuvable", "garantie": "sans"}))
    assert "Retirer un seul filtre ne suffirait pas." in page and "voir les 2 sessions" in page


def test_la_colonne_visible_dit_pourquoi(client_, monde, sessions):
    def dit(identifiant):
        page = client_.get("/catalogue/sessions/", {"q": identifiant}).content.decode()
        return sans_balises(re.search(r'<td class="col-visible">(.*?)</td>', page, re.S)[1])

    monde.session("f-cassee", ouverte=True)
    Session.objects.filter(identifiant="f-cassee").update(date_fin=None)
    Session.objects.create(organisme=monde.organisme, action=monde.action, identifiant="g-brouillon")
    executer(monde.session("h-fermee", ouverte=True), Operation.FERMER, par=monde.gestionnaire)
    assert dit("B-ouverte") == "Demain matin"
    assert dit("a-validee").startswith("Prête à ouvrir")
    assert dit("f-cassee").startswith("L'action est à dates fixes, mais la session n'a pas ses deux dates (")
    assert dit("g-brouillon").startswith("Brouillon : 5 champs à compléter")
    assert dit("h-fermee").startswith("Fermée par vous le ")


def test_l_ordre_demande_est_retenu_pour_ce_membre_seul(client_, monde, sessions):
    assert montrees(client_, tri="-identifiant") == ["B-ouverte", "a-validee"]
    assert montrees(client_) == ["B-ouverte", "a-validee"]
    assert montrees(client_, tri="inconnu") == ["B-ouverte", "a-validee"]
    assert Membre.objects.get(utilisateur=monde.gestionnaire).liste_des_sessions == {"tri": "-identifiant"}
    client_.force_login(monde.personne("lecteur", Role.LECTEUR))
    assert montrees(client_) == ["a-validee", "B-ouverte"]


def test_les_colonnes_choisies_sont_retenues(client_, sessions):
    def titres():
        page = client_.get("/catalogue/sessions/").content.decode()
        return re.findall(r'<th scope="col" class="col-((?!case)\w+)"', page)

    d_abord = ["action", "identifiant", "dates", "garantie", "statut", "ouverte", "visible"]
    assert titres() == d_abord
    suite = "/catalogue/sessions/?q=validee"
    donnees = {"colonne": ["contact", "dates", "inconnue", "action"], "suite": suite}
    reponse = client_.post("/catalogue/sessions/colonnes/", donnees)
    assert (reponse.status_code, reponse.url) == (302, suite)
    assert titres() == ["action", "identifiant", "dates", "contact"]
    ailleurs = client_.post("/catalogue/sessions/colonnes/", {"suite": "//ailleurs.example"})
    assert ailleurs.url == "/catalogue/sessions/" and titres() == ["action", "identifiant"]
    client_.post("/catalogue/sessions/colonnes/", {"defaut": "1"})
    assert titres() == d_abord


def test_plus_de_filtres_n_est_lu_que_s_il_s_ouvre(client_, monde, sessions):
    with CaptureQueriesContext(connection) as capture:
        page = client_.get("/catalogue/sessions/?contact=avec").content.decode()
    assert not any("GROUP BY" in requete["sql"] and "ville" in requete["sql"] for requete in capture)
    assert '<input type="hidden" name="contact" value="avec">' in page and "Plus de filtres (1)" in page
    assert (
        "id_ville" not in page and "id_ville" in client_.get("/catalogue/sessions/?plus=1").content.decode()
    )
    entetes = {"HX-Request": "true", "HX-Target": "plus-de-filtres"}
    morceau = client_.get("/catalogue/sessions/?plus=1", headers=entetes).content.decode()
    assert "id_ville" in morceau and "<html" not in morceau


def copier(session, nombre):
    """Insert copies of a session, as many as asked."""
    valeurs = {champ.attname: getattr(session, champ.attname) for champ in session._meta.concrete_fields}
    Session.objects.bulk_create(
        Session(
            **{**valeurs, "id": None, "cle_de_creation": None, "identifiant": f"copie-{n}"}
            | {"date_debut": session.date_debut + dt.timedelta(n % 200), "date_fin": None}
            | {"date_fin": session.date_debut + dt.timedelta(n % 200 + n % 9)}
        )
        for n in range(nombre)
    )


def test_autant_de_requetes_pour_dix_sessions_que_pour_dix_mille(client_, monde, sessions):
    demandes = [
        {}, {"tri": "visible"}, {"statut": "validee"}, {"etape": "prete", "q": "copie"}, {"page": "2"},
        {"vue": "mois"}, {"vue": "mois", "statut": "validee"}, {"ouverte": "oui", "garantie": "non"},
    ]  # fmt: skip

    def requetes(filtres):
        Membre.objects.update(liste_des_sessions={})
        client_.get("/catalogue/sessions/", filtres)
        with CaptureQueriesContext(connection) as capture:
            assert client_.get("/catalogue/sessions/", filtres).status_code == 200
        return len(capture)

    copier(sessions[1], 10)
    peu = [requetes(filtres) for filtres in demandes]
    Session.objects.filter(identifiant__startswith="copie").delete()
    copier(sessions[1], 10_000)
    for filtres, avant in zip(demandes, peu, strict=True):
        # A month full of starts does not ask which sessions go on.
        assert requetes(filtres) in ({avant} if "vue" not in filtres else {avant, avant - 1}), filtres
        assert avant <= 10
    assert len(montrees(client_)) == 50


def test_le_catalogue_mene_aux_sessions_de_ses_filtres(client_, monde, sessions):
    page = client_.get("/catalogue/", {"q": "texte", "ville": "CHEVILLY LARUE"})
    assert "Voir les 2 sessions en tableau" in texte(page)
    assert "/catalogue/sessions/?q=texte&ville=CHEVILLY+LARUE" in html.unescape(page.content.decode())
    depliee = client_.get("/catalogue/", {"o": monde.offre.pk, "a": monde.action.pk})
    assert f"/catalogue/sessions/?action={monde.action.pk}" in html.unescape(depliee.content.decode())


# Words of the first offre, of the second, of both; of an action, a session, a town; several, of each level.
@pytest.mark.parametrize(
    "q",
    [
        "soudure", "anglais", "texte", "action-2", "validee", "c-archivee", "chevilly", "rncp1", "offre",
        "soudure validee", "soudure action", "texte chevilly", "session", "so", "rien", "b-ouverte",
        "soudure b-ouverte", "offre action-1", "professionnel autres",
    ],
)  # fmt: skip
def test_le_nombre_que_dit_le_catalogue_est_celui_de_ses_sessions(client_, monde, sessions, q):
    executer(monde.offre, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"intitule": "Soudure texte"})
    monde.offre = monde.nouvelle_offre("OFFRE-2")
    executer(monde.offre, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"intitule": "Anglais texte"})
    for action in (monde.nouvelle_action("ACTION-2"), monde.nouvelle_action("AUTRES")):
        for rang in range(2):
            monde.session(f"session-{action.pk}-{rang}", action=action)
    dit = re.search(r"Voir (la|les (\d+)) sessions? en tableau", texte(client_.get("/catalogue/", {"q": q})))
    assert (int(dit[2] or 1) if dit else 0) == len(montrees(client_, q=q))
