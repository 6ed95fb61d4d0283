"""Tests that searches ignore case, accents and typographic variants, and that lists are in French order.

They cover the public pages, the catalogue, the administration and the other lists.
"""

import datetime as dt
import html

import pytest
from django.contrib import admin
from django.test import RequestFactory

from bureau.catalogue.chercher import Recherche
from bureau.catalogue.filtres import FiltresForm
from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Certification, Offre
from edof.horloge import a_l_instant, aujourd_hui, minuit
from organismes.droits import Operation
from organismes.models import Adresse, Contact, Membre, Organisme, Utilisateur
from publication.passages import publier
from sessions_app.models import Session
from tests.carnet import NADIA
from tests.conftest import Monde

TITRE = "Technicien Supérieur en L’art du bois, Œuvre – niveau ½"
# (search, whether it finds the offre with this title, RNCP38413, at CHEVILLY LARUE).
CHERCHES = [
    ("superieur", True), ("SUPÉRIEUR", True), ("l'art", True), ("l’art", True), ("L‘ART", True),
    ("chevilly-larue", True),
    ("chevilly larue", True), ("Chevilly\u2011Larue", True), ("chevilly larue œuvre", True), ("oeuvre", True),
    ("OEUVRE", True), ("RNCP38413", True), ("rncp38413", True), ("38413", True), ("RNCP 38413", True),
    ("RNCP\u00a038413", True), ("Tech\u00adnicien", True), ("technicien-superieur", True),
    ("bois, œuvre", True),
    ("e\u0301rieur", True), ("lart", False), ("larue-chevilly", False), ("RNCP 38414", False),
    ("superieur lyon", False),
    ("%", False), ("_", False), ("\\", False),
]  # fmt: skip
DESORDRE = [
    "Zidane",
    "Évrard",
    "de Villiers",
    "Œuvrard",
    "martin",
    "Martinot",
    "D’Alès",
    "dalle",
    "Écalle-Roux",
    "Ecalle Rio",
]
EN_ORDRE = [
    "D’Alès",
    "dalle",
    "de Villiers",
    "Ecalle Rio",
    "Écalle-Roux",
    "Évrard",
    "martin",
    "Martinot",
    "Œuvrard",
    "Zidane",
]


@pytest.fixture
def publie(db):
    """Return a world with two formations published this morning, one of them entirely at a distance."""
    with a_l_instant(minuit(aujourd_hui()) - dt.timedelta(hours=3)):
        monde = Monde()
        Adresse.objects.filter(pk=monde.lieu.pk).update(ville="CHEVILLY LARUE")
        certification = Certification.objects.create(
            code="RNCP38413", type_certification="rncp", intitule="Ébéniste d'art"
        )
        valeurs = {"intitule": TITRE, "certification": certification}
        executer(monde.offre, Operation.MODIFIER, par=monde.gestionnaire, valeurs=valeurs)
        monde.session("Zoé", ouverte=True)
        premiere = monde.action
        monde.offre = monde.nouvelle_offre("LOIN")
        loin = monde.nouvelle_action("LOIN")
        executer(
            loin, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"modalites_enseignement": "a_distance"}
        )
        executer(monde.offre, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"intitule": "Anglais"})
        Offre.objects.filter(pk=monde.offre.pk).update(certification=Certification.objects.get(code="CPF202"))
        monde.session("s2", action=loin, ouverte=True)
    publier(aujourd_hui(), par="test")
    monde.action, monde.loin = premiere, loin
    return monde


def trouvees(client, adresse: str, q: str) -> set[str]:
    page = html.unescape(client.get(adresse, {"q": q}, follow=True).content.decode())
    return {titre for titre in (TITRE, "Anglais") if titre in page.replace(q, "")}


# The public search reads whole words, in any order; « en ligne » knows both.
MILIEU_D_UN_MOT, AUTRE_ORDRE = "e\u0301rieur", "larue-chevilly"


@pytest.mark.parametrize(("q", "trouve"), CHERCHES)
def test_la_meme_recherche_pour_le_public_et_en_ligne(publie, connecter, q, trouve):
    client = connecter(publie.gestionnaire)
    public = (trouve or q == AUTRE_ORDRE) and q != MILIEU_D_UN_MOT
    assert trouvees(client, "/formations/", q) == ({TITRE} if public else set())
    assert trouvees(client, "/en-ligne/", q) == ({TITRE} if public or trouve else set())
    assert len(Recherche(publie.organisme, q).dans_les_offres(Offre.objects.all())) == trouve


def test_ce_que_le_public_lit_est_ce_que_l_on_cherche(publie, connecter):
    """Check that the search covers what is displayed.

    The town of an action at a distance is not displayed. The identifiers of the offre and of the action
    are in its address; those of sessions are displayed to the organisme only.
    """
    client = connecter(publie.gestionnaire)
    for adresse in ("/formations/", "/en-ligne/"):
        assert trouvees(client, adresse, "chevilly") == {TITRE}
        assert trouvees(client, adresse, "à distance") == {"Anglais"}
        assert trouvees(client, adresse, "institut") == {TITRE, "Anglais"}
        assert trouvees(client, adresse, "ebeniste d’art") == {TITRE}
    for q, public in (("loin", {"Anglais"}), ("offre-1", {TITRE}), ("zoe", set())):
        assert trouvees(client, "/formations/", q) == public
        assert trouvees(client, "/en-ligne/", q) >= public and trouvees(client, "/en-ligne/", q)
    for q in ("cpf202", "CPF 202", "202"):
        assert trouvees(client, "/formations/", q) == trouvees(client, "/en-ligne/", q) == {"Anglais"}


def test_la_recherche_du_public_ne_lit_pas_de_json(publie, client, django_assert_num_queries):
    # The size of the catalogue, remembered for a minute, is one of them.
    with django_assert_num_queries(10) as vues:
        client.get("/formations/", {"q": "supérieur chevilly"})
    recherches = [requete["sql"] for requete in vues.captured_queries if "m.mots @@" in requete["sql"]]
    assert len(recherches) == 2 and not any("->" in sql for sql in recherches)


TELEPHONES = ["01 49 80 77 66", "0149807766", "+33 1 49 80 77 66", "+33149807766", "0033149807766",
"00 33 1 49 80 77 66",
              "+33 (0)1 49 80 77 66", "01.49.80.77.66", "01-49-80-77-66", "01 49 80", "+33 1 49",
              "Évrard 01 49 80 77 66"]  # fmt: skip


@pytest.mark.parametrize("ecrit", TELEPHONES[:8])
def test_un_telephone_se_trouve_de_chaque_facon(monde, connecter, ecrit):
    Contact.objects.create(organisme=monde.organisme, **NADIA | {"nom": "Évrard", "telephone_fixe": ecrit})
    client = connecter(monde.gestionnaire)
    for q in TELEPHONES:
        assert "Évrard" in client.get("/carnet/", {"q": q}).content.decode().replace(q, ""), q
    for q in ("01 49 80 77 67", "+32 1 49 80 77 66", "Zidane 01 49 80 77 66"):
        assert "Nadia Évrard" not in client.get("/carnet/", {"q": q}).content.decode(), q


def test_un_telephone_etranger_se_trouve_aussi(monde, connecter):
    Contact.objects.create(
        organisme=monde.organisme, **NADIA | {"nom": "Évrard", "telephone_fixe": "+32 2 555 12 12"}
    )
    client = connecter(monde.gestionnaire)
    for q in ("+32 2 555 12 12", "+3225551212", "+32 2"):
        assert "Nadia Évrard" in client.get("/carnet/", {"q": q}).content.decode(), q


@pytest.mark.parametrize(
    ("modele", "q", "trouve"),
    [
        (Organisme, "ecole", True), (Organisme, "L'ART", True), (Organisme, "grand-œuvre", True),
        (Organisme, "école lyon", False),
        (Utilisateur, "helene", True), (Utilisateur, "d'ales", True), (Utilisateur, "DALES", False),
        (Offre, "ete-", True), (Offre, "ÉTÉ\u20112027", True), (Offre, "2027", False),
        (Action, "l’ete", True),
        (Session, "noel a", True), (Session, "Noël-À", True), (Contact, "helene", True),
        (Adresse, "siege du", True),
    ],
)  # fmt: skip
def test_l_administration_trouve_lettre_a_lettre(monde, modele, q, trouve):
    organisme = Organisme.objects.create(
        raison_sociale="École de l’Art du Grand Œuvre", siret="52345678900017", nda="11940678995"
    )
    cherches = {
        Organisme: organisme,
        Utilisateur: Utilisateur.objects.create_user("h@test.example", "x", prenom="Hélène", nom="d’Alès"),
        Offre: monde.nouvelle_offre("Été-2027"),
        Action: monde.nouvelle_action("L'été"),
        Session: monde.session("Noël-à deux"),
        Contact: Contact.objects.create(organisme=organisme, **NADIA | {"identifiant": "Hélène"}),
        Adresse: Adresse.objects.create(
            organisme=organisme, titre="Siège-du-Sud", denomination="D", libelle_voie="R", ville="V"
        ),
    }
    page = admin.site.get_model_admin(modele)
    ensemble, _ = page.get_search_results(RequestFactory().get("/"), modele.objects.all(), q)
    assert (cherches[modele] in ensemble) is trouve


def test_les_listes_sont_dans_l_ordre_francais(monde, connecter):
    for rang, nom in enumerate(DESORDRE):
        prenom = f"{rang}"
        Contact.objects.create(organisme=monde.organisme, **NADIA | {"prenom": "A", "nom": nom})
        lieu = Adresse.objects.create(
            organisme=monde.organisme,
            titre=nom,
            denomination="D",
            libelle_voie="R",
            code_postal="75001",
            ville=f"X{nom}",
        )
        certification = Certification.objects.create(code=f"RS{rang}", type_certification="rs", intitule=nom)
        personne = Utilisateur.objects.create_user(f"{rang}@test.example", "x", prenom=prenom, nom=nom)
        Membre.objects.create(organisme=monde.organisme, utilisateur=personne, role="lecteur")
        Organisme.objects.create(raison_sociale=nom, siret=f"{10**13 + rang}", nda=f"{rang:011}")
        offre, action = monde.nouvelle_offre(f"O{rang}"), monde.nouvelle_action(f"A{rang}")
        Offre.objects.filter(pk=offre.pk).update(certification=certification)
        Action.objects.filter(pk=action.pk).update(lieu_de_formation=lieu)

    def dans_l_ordre(textes):
        return [nom for texte in textes for nom in DESORDRE if nom == texte]

    client = connecter(monde.gestionnaire)
    assert dans_l_ordre(Contact.objects.values_list("nom", flat=True)) == EN_ORDRE
    assert dans_l_ordre(Adresse.objects.values_list("titre", flat=True)) == EN_ORDRE
    assert dans_l_ordre(Organisme.objects.values_list("raison_sociale", flat=True)) == EN_ORDRE
    membres = client.get("/equipe/").context["page"].object_list
    assert dans_l_ordre(membre.utilisateur.nom for membre in membres) == EN_ORDRE
    contacts = client.get("/carnet/").context["page"].object_list
    assert dans_l_ordre(contact.nom for contact in contacts) == EN_ORDRE
    filtres = FiltresForm({}, organisme=monde.organisme)
    certifications = [libelle.rpartition(" (")[0] for _, libelle in filtres.fields["certification"].choices]
    assert dans_l_ordre(certifications) == EN_ORDRE
    villes = [libelle for _, libelle in filtres.fields["ville"].choices]
    attendues = [f"X{nom}".upper() for nom in EN_ORDRE]
    assert list(dict.fromkeys(ville for ville in villes if ville in attendues)) == list(
        dict.fromkeys(attendues)
    )
