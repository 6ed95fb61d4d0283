"""« Mon organisme »: certificates, closures, and what is proposed for new sessions."""

import datetime as dt

import pytest

from edof.horloge import a_l_instant, aujourd_hui
from organismes.droits import Role
from organismes.models import Contact, Qualiopi
from sessions_app.models import Fermeture, Habitude
from tests.conftest import Monde
from tests.outils import source, texte

pytestmark = pytest.mark.django_db

ETE = {"nom": "Fermeture d'été", "du": "02/08/2027", "au": "20/08/2027"}


@pytest.fixture(autouse=True)
def _en_2026():
    with a_l_instant(dt.datetime(2026, 11, 30, 9, tzinfo=dt.UTC)):
        yield


@pytest.fixture
def client_(connecter, monde):
    return connecter(monde.gestionnaire)


def siennes(monde):
    return [(f.nom, f.du, f.au) for f in Fermeture.objects.pour_organisme(monde.organisme)]


def autre_contact(monde):
    return Contact.objects.create(
        organisme=monde.organisme, prenom="Nadia", nom="Roux", telephone_fixe="0149800001",
        courriel="nadia@ilvm.example",
    )  # fmt: skip


# --- The page ---


def test_la_page_dit_ce_qu_est_l_organisme_a_qui_la_lit(connecter, monde, settings):
    settings.ASSISTANCE = "aide@plateforme.example"
    page = texte(connecter(monde.personne("lecteur", Role.LECTEUR)).get("/organisme/"))
    assert "41234567800019" in page and "11 94 06789 94" in page
    assert "Zone C d'après votre NDA (département 94)" in page and "Métropole" in page
    assert "tenus par l'administrateur de la plateforme" in page and "aide@plateforme.example" in page
    assert "Ajouter une fermeture" not in page and "Modifier" not in page


@pytest.mark.parametrize(
    ("du", "au", "dit"),
    [
        (-400, None, "Valable, sans terme"),
        (-400, 200, "Valable jusqu'au 18 juin 2027"),
        (-400, -1, "Terminé depuis le 29 novembre 2026"),
        (10, 400, "Valable à partir du 10 décembre 2026"),
    ],
)
def test_chaque_categorie_de_certificat_dit_sa_fin(client_, monde, du, au, dit):
    jour = aujourd_hui()
    Qualiopi.objects.create(
        organisme=monde.organisme, categorie="vae", du=jour + dt.timedelta(du),
        au=None if au is None else jour + dt.timedelta(au),
    )  # fmt: skip
    page = texte(client_.get("/organisme/"))
    assert f"Couvre les offres de VAE. {dit}" in page and "Aucun certificat enregistré" in page


def test_qui_n_a_pas_de_certificat_l_apprend_sur_la_premiere_page(client_, monde):
    alerte = "Aucun certificat Qualiopi valable n'est enregistré"
    assert alerte not in texte(client_.get("/"))
    Qualiopi.objects.update(au=aujourd_hui() - dt.timedelta(1))
    # With no session yet, then with one.
    assert alerte in texte(client_.get("/"))
    monde.session()
    page = source(client_.get("/"))
    assert alerte in page and 'href="/organisme/"' in page


def test_le_nombre_de_requetes_ne_suit_pas_les_fermetures_ni_les_actions(
    client_, monde, django_assert_max_num_queries
):
    for rang in range(12):
        jour = aujourd_hui() + dt.timedelta(rang)
        Fermeture.objects.create(
            genre="propre", organisme=monde.organisme, nom=f"Jour {rang}", du=jour, au=jour
        )
        action = monde.nouvelle_action(f"A-{rang}")
        Habitude.objects.create(organisme=monde.organisme, action=action, contact=monde.contact)
    client_.get("/organisme/")
    with django_assert_max_num_queries(8):
        client_.get("/organisme/")


# --- Closures ---


def test_une_fermeture_s_ajoute_une_fois_se_change_et_se_supprime(client_, monde):
    for _ in range(2):
        assert client_.post("/organisme/fermetures/ajouter/", ETE).status_code == 302
    assert siennes(monde) == [("Fermeture d'été", dt.date(2027, 8, 2), dt.date(2027, 8, 20))]
    fermeture = Fermeture.objects.pour_organisme(monde.organisme).get()
    assert fermeture.events.get().pgh_context.metadata["utilisateur"] == monde.gestionnaire.pk
    adresse = f"/organisme/fermetures/{fermeture.pk}/"
    page = source(client_.get(f"{adresse}modifier/"))
    version = page.split('name="version" value="')[1].split('"')[0]
    client_.post(f"{adresse}modifier/", {**ETE, "au": "27/08/2027", "version": version})
    assert siennes(monde)[0][2] == dt.date(2027, 8, 27)
    client_.post(f"{adresse}supprimer/")
    assert siennes(monde) == [] and client_.post(f"{adresse}supprimer/").status_code == 404


@pytest.mark.parametrize(
    ("champs", "dit"),
    [
        ({"nom": ""}, "obligatoire"),
        ({"du": "hier"}, "jj/mm/aaaa"),
        ({"du": "21/08/2027"}, "Le dernier jour précède le premier"),
        ({"au": "20/08/2029"}, "un an au plus"),
        ({"nom": "x" * 81}, "80"),
    ],
)
def test_une_fermeture_qui_ne_va_pas_se_dit_a_cote_et_se_garde(client_, monde, champs, dit):
    reponse = client_.post("/organisme/fermetures/ajouter/", {**ETE, **champs})
    assert reponse.status_code == 422 and dit in texte(reponse) and siennes(monde) == []
    assert 'value="20/08/20' in source(reponse)


def test_deux_personnes_sur_une_fermeture_la_seconde_voit_que_c_est_change(client_, monde):
    client_.post("/organisme/fermetures/ajouter/", ETE)
    adresse = f"/organisme/fermetures/{Fermeture.objects.pour_organisme(monde.organisme).get().pk}/modifier/"
    lue = source(client_.get(adresse)).split('name="version" value="')[1].split('"')[0]
    with a_l_instant(dt.datetime(2026, 11, 30, 10, tzinfo=dt.UTC)):
        client_.post(adresse, {**ETE, "nom": "Été", "version": lue})
    reponse = client_.post(adresse, {**ETE, "nom": "Vacances", "version": lue})
    assert reponse.status_code == 422 and "Quelqu'un d'autre vient de changer" in texte(reponse)
    assert siennes(monde)[0][0] == "Été"
    # Sent again knowingly.
    relue = source(reponse).split('name="version" value="')[1].split('"')[0]
    client_.post(adresse, {**ETE, "nom": "Vacances", "version": relue})
    assert siennes(monde)[0][0] == "Vacances"


def test_la_fermeture_d_un_autre_et_les_vacances_ne_se_touchent_pas(client_, monde):
    ailleurs = Monde("Autre", "52345678900017")
    client_.post("/organisme/fermetures/ajouter/", ETE)
    Fermeture.objects.filter(organisme=monde.organisme).update(organisme=ailleurs.organisme)
    for fermeture in (Fermeture.objects.get(organisme=ailleurs.organisme), Fermeture.objects.first()):
        for verbe in ("modifier", "supprimer"):
            assert client_.post(f"/organisme/fermetures/{fermeture.pk}/{verbe}/", ETE).status_code == 404
    assert "Fermeture d'été" not in texte(client_.get("/organisme/"))


def test_un_redacteur_ne_change_ni_fermetures_ni_zones(connecter, monde):
    client = connecter(monde.personne("redacteur", Role.REDACTEUR))
    assert client.post("/organisme/fermetures/ajouter/", ETE).status_code == 403
    assert client.post("/organisme/modifier/", {"zone": "A"}).status_code == 403
    assert siennes(monde) == [] and not Habitude.objects.exists()


# --- What is proposed ---


def test_ce_qui_est_propose_remplit_la_nouvelle_session_sans_rien_remplacer(client_, monde):
    nadia, session = autre_contact(monde), f"/catalogue/actions/{monde.action.pk}/sessions/ajouter/"
    choisie = 'value="{}" selected'

    def proposee():
        return source(client_.get(f"{session}?identifiant=neuve"))

    assert choisie.format(monde.contact.pk) not in proposee()
    client_.post("/organisme/modifier/", {"contact": monde.contact.pk, "adresse": monde.lieu.pk, "zone": "A"})
    page = proposee()
    assert choisie.format(monde.contact.pk) in page and choisie.format(monde.lieu.pk) in page
    # The action has its own contact; its address stays that of the organisme.
    client_.post(f"/catalogue/actions/{monde.action.pk}/habitudes/", {"contact": nadia.pk, "adresse": ""})
    page = proposee()
    assert choisie.format(nadia.pk) in page and choisie.format(monde.lieu.pk) in page
    assert "ACTION-1" in texte(client_.get("/organisme/")) and "Zone A" in texte(client_.get("/organisme/"))
    # What was emptied stays empty.
    preuve = page.split('name="verification" value="')[1].split('"')[0]
    champs = {"identifiant": "neuve", "verification": preuve, "operation": "enregistrer"}
    client_.post(session, {**champs, "contact_inscription": "", "adresse_inscription": ""})
    neuve = monde.action.sessions.get()
    assert (neuve.contact_inscription, neuve.adresse_inscription) == (None, None)


def test_une_copie_garde_le_contact_de_son_modele(client_, monde):
    client_.post("/organisme/modifier/", {"contact": autre_contact(monde).pk})
    modele = monde.session("MODELE")
    adresse = f"/catalogue/actions/{monde.action.pk}/sessions/ajouter/?copie_de={modele.pk}"
    assert f'name="contact_inscription" value="{monde.contact.pk}"' in source(client_.get(adresse))


def test_supprimer_le_contact_propose_vide_la_proposition(client_, monde):
    nadia = autre_contact(monde)
    client_.post("/organisme/modifier/", {"contact": nadia.pk})
    client_.post(f"/carnet/contacts/{nadia.pk}/supprimer/")
    assert Habitude.objects.get().contact is None


def test_remplacer_partout_remplace_aussi_ce_qui_est_propose(client_, monde):
    nadia = autre_contact(monde)
    monde.session(contact_inscription=nadia)
    client_.post("/organisme/modifier/", {"contact": nadia.pk})
    adresse = f"/carnet/contacts/{nadia.pk}/remplacer/"
    vu = source(client_.get(f"{adresse}?par={monde.contact.pk}")).split('name="vu" value="')[1].split('"')[0]
    client_.post(adresse, {"par": monde.contact.pk, "vu": vu})
    assert Habitude.objects.get().contact == monde.contact


def test_le_contact_d_un_autre_ne_se_propose_pas(client_, monde):
    ailleurs = Monde("Autre", "52345678900017")
    reponse = client_.post("/organisme/modifier/", {"contact": ailleurs.contact.pk})
    assert reponse.status_code == 422 and "n'existe pas ou plus" in texte(reponse)
    assert client_.get(f"/catalogue/actions/{ailleurs.action.pk}/habitudes/").status_code == 404
    assert not Habitude.objects.exists()


def test_la_zone_choisie_sert_aux_actions_sans_lieu(client_, monde):
    client_.post("/organisme/modifier/", {"zone": "B", "territoire": "Mayotte"})
    serie = f"/catalogue/actions/{monde.action.pk}/serie/"
    assert 'value="C" selected' in source(client_.get(serie))
    type(monde.action).objects.filter(pk=monde.action.pk).update(
        lieu_de_formation=None, statut="brouillon", modalites_enseignement="a_distance"
    )
    page = source(client_.get(serie))
    assert 'value="B" selected' in page and 'value="Mayotte" selected' in page
