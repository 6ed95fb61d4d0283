"""Tests of the public page of an action: its address, what it says and to whom."""

import html
import json
import re
from urllib.parse import unquote

import pytest

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Certification, Offre
from edof.horloge import maintenant
from organismes.droits import Operation
from organismes.models import Adresse, Contact, Organisme
from publication.adresses import action_a, actions_passees_a, adresse_de
from publication.coordonnees import a_la_commune, commune, de_la_commune
from publication.passages import publier
from tests.conftest import Monde
from tests.outils import source, texte
from tests.publication.test_publication import a, jour
from vitrine.formation import Dates

SIRET = "41234567800019"
ADRESSE = f"/formations/{SIRET}_OFFRE-1/{SIRET}_ACTION-1/"


@pytest.fixture
def publie(db):
    """Return a world with one action that has two sessions, published on 11 March 2027."""
    with a("2027-03-10"):
        monde = Monde()
        Certification.objects.update(niveau="5")
        dates = {"date_debut": jour("2027-05-03"), "date_fin": jour("2027-05-07")}
        monde.session("mai", ouverte=True, **dates)
        dates = {"date_debut": jour("2027-06-28"), "date_fin": jour("2027-07-02")}
        monde.session("juin", ouverte=True, garantie=False, modalites_particulieres="Le samedi", **dates)
    with a("2027-03-11", "05:00:00"):
        publier(jour("2027-03-11"), par="test")
    with a("2027-03-11", "12:00:00"):
        yield monde


@pytest.mark.parametrize(
    "identifiant",
    ["a/b", "~2F", "50 % d'été", "É#1?x=2&y", "..", "a\\b", "🎓 ;=:@!$()*+,'", "%2F", "<b>", "日本語"],
)
def test_une_adresse_pour_chaque_identifiant(db, client, identifiant):
    with a("2027-03-10"):
        monde = Monde()
        for objet in (monde.offre, monde.action):
            objet.identifiant = identifiant
            objet.save()
        monde.action = Action.objects.get()
        monde.session(ouverte=True)
    with a("2027-03-11", "05:00:00"):
        publier(jour("2027-03-11"), par="test")
        adresse = adresse_de(SIRET, identifiant, identifiant)
        assert adresse.count("/") == 4 and not set(adresse) & set("%#?") - {"%"} and adresse.isascii()
        reponse = client.get(adresse)
        assert reponse.status_code == 200
        canonique = re.search('<link rel="canonical" href="([^"]*)"', reponse.content.decode())[1]
        assert html.unescape(canonique).endswith(adresse)
        lue = unquote(adresse).split("/")[2:4]
        assert (action_a(*lue), actions_passees_a(*lue)) == (monde.action.pk, [monde.action.pk])


def test_une_seule_ecriture_et_les_anciennes_adresses_y_menent(publie, client):
    assert client.get(ADRESSE).status_code == 200
    for autre in (f"/formations/{publie.action.pk}/", ADRESSE.lower(), ADRESSE.replace("-1", "%E2%80%901")):
        reponse = client.get(autre)
        assert (reponse.status_code, reponse.get("Location")) == (301, ADRESSE), autre
    assert client.get(ADRESSE.rstrip("/")).status_code == 301
    ailleurs = ADRESSE.replace(f"/{SIRET}_A", "/52345678900017_A")
    for inconnue in (ailleurs, ADRESSE.replace("ACTION-1", "ACTION-9"), ADRESSE.replace("OFFRE-1", "~2F")):
        reponse = client.get(inconnue)
        # In the frame of the public side, which is not that of the back-office.
        assert reponse.status_code == 404 and "Espace organismes" in texte(reponse)
        assert "Formations publiées" not in texte(reponse)


def test_un_siret_change_l_adresse_et_l_ancienne_y_mene(publie, client):
    neuf = "52345678900017"
    organisme = Organisme.objects.get()
    organisme.siret = neuf
    organisme.save()
    # The public reads what was published: until the next run, the address is the one it knows.
    assert client.get(ADRESSE).status_code == 200
    assert client.get(ADRESSE.replace(SIRET, neuf))["Location"] == ADRESSE
    with a("2027-03-12", "05:00:00"):
        publier(jour("2027-03-12"), par="test")
        assert client.get(ADRESSE)["Location"] == ADRESSE.replace(SIRET, neuf)
        assert client.get(ADRESSE.replace(SIRET, neuf)).status_code == 200


def test_une_action_supprimee_puis_son_identifiant_repris(publie, client):
    commun = {"par": publie.gestionnaire}
    executer(Action.objects.get(), Operation.ARCHIVER, **commun)
    executer(Action.objects.get(), Operation.SUPPRIMER, **commun)
    assert client.get(ADRESSE).status_code == 410
    publie.offre.refresh_from_db()
    action = publie.nouvelle_action("ACTION-1")
    # A new action has taken the identifier: it was never public, the old one was.
    assert client.get(ADRESSE).status_code == 410
    publie.session("neuve", action=action, ouverte=True)
    with a("2027-03-12", "05:00:00"):
        publier(jour("2027-03-12"), par="test")
        assert client.get(ADRESSE).status_code == 200
        assert client.get(f"/formations/{action.pk}/")["Location"] == ADRESSE


@pytest.mark.parametrize(
    ("combien", "pages"),
    [(0, [(0, 0)]), (1, [(0, 1)]), (20, [(0, 20)]), (21, [(0, 10), (10, 21)]), (60, [(0, 10), (10, 60)]),
     (61, [(0, 10), (10, 60), (60, 61)])],
)  # fmt: skip
def test_les_pages_de_dates(combien, pages):
    lues = [Dates(combien, str(numero)) for numero in range(1, len(pages) + 1)]
    assert [(page.de, page.a) for page in lues] == pages and lues[0].pages == len(pages)


def test_dates_lieu_et_prix_d_abord(publie, client):
    lu = texte(client.get(ADRESSE)).partition("Aller au contenu")[2]
    attendus = (
        "Proposée par Institut · organisme certifié Qualiopi pour les actions de formation",
        "Prochaine session", "3 au 7 mai 2027", "Session garantie", "Lieu",
        "Chevilly Larue (94)", "12 avenue de la Cité", "Prix", "5 000,00 €", "TTC, frais d'examen inclus",
        "S'inscrire, se renseigner", "Service Inscriptions", "01 49 80 00 00", "i@ilvm.example",
        "2 dates à Chevilly Larue", "28 juin au 2 juillet 2027", "Non garantie", "Le samedi",
        "En bref", "Durée", "400 heures", "Objectif", "Certification visée", "RNCP1 · niveau 5",
    )  # fmt: skip
    places = [lu.index(attendu) for attendu in attendus]
    assert places == sorted(places), list(zip(attendus, places, strict=True))
    page = source(client.get(ADRESSE))
    for lien in (
        "tel:0149800000", "mailto:i@ilvm.example",
        "geo:0,0?q=12%20avenue%20de%20la%20Cit%C3%A9%2C%2094550%20Chevilly%20Larue",
        "https://www.francecompetences.fr/recherche/rncp/1/",
    ):  # fmt: skip
        assert f'href="{lien}"' in page
    for mot in ("Formations publiées", "Ce que le public", "preuve", "Se connecter", "Restauration"):
        assert mot not in page
    # Said once: the person who answers is the same for the action and for its sessions.
    assert page.count("tel:") == 1


def test_une_session_qui_a_un_autre_contact_le_dit(publie, client):
    with a("2027-03-11", "13:00:00"):
        autre = Contact.objects.create(
            organisme=publie.organisme, prenom="Karim", nom="Benali", telephone_fixe="0140000000",
            courriel="k@ilvm.example",
        )  # fmt: skip
        ailleurs = Adresse.objects.create(
            organisme=publie.organisme, titre="Annexe", denomination="Annexe", numero_voie="3",
            nature_voie="RUE", libelle_voie="Haute", code_postal="20000", ville="AJACCIO",
        )  # fmt: skip
        dates = {"date_debut": jour("2027-08-02"), "date_fin": jour("2027-08-06")}
        lieux = {"contact_inscription": autre, "adresse_inscription": ailleurs}
        publie.session("aout", ouverte=True, **dates, **lieux)
    with a("2027-03-12", "05:00:00"):
        publier(jour("2027-03-12"), par="test")
        lu = texte(client.get(ADRESSE))
    assert "2 au 6 août 2027 Garantie Inscription : Karim Benali, 01 40 00 00 00 ," in lu
    assert "Annexe, 3 rue Haute, 20000 Ajaccio" in lu


def test_les_autres_actions_de_l_offre(publie, client, django_assert_num_queries):
    with a("2027-03-11", "13:00:00"):
        for rang in range(3):
            publie.session("p", action=publie.nouvelle_action(f"P{rang}", "permanentes"), ouverte=True,
                           date_debut=None, date_fin=None, pas_de_dates=True)  # fmt: skip
    with a("2027-03-12", "05:00:00"):
        publier(jour("2027-03-12"), par="test")
        with django_assert_num_queries(5):
            page = client.get(ADRESSE)
        lu = texte(page)
        assert "Ailleurs, autrement Chevilly Larue entrées à tout moment 5 000,00 €" in lu
        assert source(page).count(f'href="/formations/{SIRET}_OFFRE-1/{SIRET}_P') == 3
        permanente = texte(client.get(ADRESSE.replace("ACTION-1", "P0")))
        assert "Dates Entrées à tout moment" in permanente and "Dates à définir" in permanente


def test_ce_que_la_page_dit_d_elle_meme(publie, client):
    page = source(client.get(ADRESSE))
    assert "<title>Texte, Chevilly Larue, Institut - Catalogue OF</title>" in page
    assert '<meta name="description" content="3 au 7 mai 2027 · Chevilly Larue · 400 heures · 5' in page
    url = f"http://localhost:8000{ADRESSE}"
    for proprietee in ("title", "description", "url", "type", "site_name", "locale"):
        assert page.count(f'property="og:{proprietee}"') == 1
    assert f'<link rel="canonical" href="{url}">' in page
    brut = client.get(ADRESSE).content.decode()
    (course,) = re.findall('<script type="application/ld\\+json">(.*?)</script>', brut, re.S)
    lu = json.loads(course)
    assert lu["@type"] == "Course" and lu["name"] == "Texte" and lu["url"] == url
    assert lu["provider"] == {"@type": "Organization", "name": "Institut", "taxID": SIRET}
    assert (lu["timeRequired"], lu["inLanguage"]) == ("PT400H", "fr")
    assert lu["educationalCredentialAwarded"]["url"].endswith("/rncp/1/")
    assert (lu["offers"]["price"], lu["offers"]["priceCurrency"]) == ("5000.00", "EUR")
    mai, juin = lu["hasCourseInstance"]
    assert (mai["startDate"], mai["endDate"], mai["courseMode"]) == ("2027-05-03", "2027-05-07", "Onsite")
    assert mai["courseWorkload"] == "PT400H" and juin["startDate"] == "2027-06-28"
    assert mai["location"]["address"] == {
        "@type": "PostalAddress", "streetAddress": "12 avenue de la Cité", "postalCode": "94550",
        "addressLocality": "Chevilly Larue", "addressCountry": "FR",
    }  # fmt: skip


def test_un_lieu_situe_l_est_dans_le_plan_et_pour_les_robots(publie, client):
    with a("2027-03-11", "18:00:00"):
        Adresse.objects.update(latitude="48.7667", longitude="-2.35", modifie_le=maintenant())
    with a("2027-03-12", "05:00:00"):
        publier(jour("2027-03-12"), par="test")
        brut = client.get(ADRESSE).content.decode()
    assert 'href="geo:48.766700,-2.350000?q=48.766700,-2.350000(12%20avenue%20de%20la' in brut
    # Where one trains and where one enrols are one address, told once.
    assert brut.count("<address>") == 1
    course = json.loads(re.search('ld\\+json">(.*?)</script>', brut, re.S)[1])
    position = {"@type": "GeoCoordinates", "latitude": 48.7667, "longitude": -2.35}
    assert course["hasCourseInstance"][0]["location"]["geo"] == position


def test_rien_ne_sort_du_script_de_donnees(publie, client):
    piege = "</script><script>alert(1)</script> & <!--"
    with a("2027-03-11", "18:00:00"):
        offre = Offre.objects.get()
        offre.objectif = offre.intitule = piege
        offre.save()
    with a("2027-03-12", "05:00:00"):
        publier(jour("2027-03-12"), par="test")
        brut = client.get(ADRESSE).content.decode()
    assert brut.count("<script") == 2 and "alert(1)</script>" not in brut
    (course,) = re.findall('<script type="application/ld\\+json">(.*?)</script>', brut, re.S)
    assert json.loads(course)["name"] == piege


@pytest.mark.parametrize(
    ("ecrite", "lue"),
    [
        ("CHEVILLY LARUE", "Chevilly Larue"), ("Chevilly-Larue", "Chevilly-Larue"),
        ("IVRY-SUR-SEINE", "Ivry-sur-Seine"), ("L'HAŸ-LES-ROSES", "L'Haÿ-les-Roses"),
        ("LE KREMLIN BICETRE", "Le Kremlin Bicetre"), ("VILLENEUVE D'ASCQ", "Villeneuve d'Ascq"),
        ("SAINT-REMY-LÈS-CHEVREUSE", "Saint-Remy-lès-Chevreuse"), ("", ""),
    ],
)  # fmt: skip
def test_le_nom_d_une_commune(ecrite, lue):
    assert commune(ecrite) == lue


@pytest.mark.parametrize(
    ("nom", "de", "a_"),
    [
        ("Créteil", "de Créteil", "à Créteil"), ("Évry", "d'Évry", "à Évry"), ("Ivry", "d'Ivry", "à Ivry"),
        ("Le Mans", "du Mans", "au Mans"), ("Les Ulis", "des Ulis", "aux Ulis"),
        ("La Rochelle", "de La Rochelle", "à La Rochelle"), ("L'Haÿ", "de L'Haÿ", "à L'Haÿ"),
    ],
)  # fmt: skip
def test_le_nom_d_une_commune_apres_un_petit_mot(nom, de, a_):
    assert (de_la_commune(nom), a_la_commune(nom)) == (de, a_)


def test_une_action_de_mille_dates_se_lit_par_pages(
    publie, client, monkeypatch, django_assert_max_num_queries
):
    for nom, combien in (("TOUTES", 3), ("D_ABORD", 2), ("PAR_PAGE", 2)):
        monkeypatch.setattr(f"vitrine.formation.{nom}", combien)
    with a("2027-03-11", "13:00:00"):
        for n in range(1, 4):
            dates = {"date_debut": jour(f"2027-09-0{n}"), "date_fin": jour(f"2027-10-0{n}")}
            publie.session(f"plus{n}", ouverte=True, **dates)
    with a("2027-03-12", "05:00:00"):
        publier(jour("2027-03-12"), par="test")
    with a("2027-03-12", "12:00:00"):
        premiere = texte(client.get(ADRESSE))
        assert "5 dates" in premiere and "Dates 1 à 2 sur 5" in premiere and "Dates suivantes" in premiere
        assert "septembre 2027" not in premiere
        with django_assert_max_num_queries(12):
            derniere = texte(client.get(f"{ADRESSE}?dates=3"))
        # The next session stays at the top, and is not told again among the dates of another page.
        assert "Prochaine session" in derniere and "3 septembre" in derniere and "28 juin" not in derniere
        assert "Date 5 sur 5" in derniere and "Dates suivantes" not in derniere
        for absente in ("4", "0", "01", "x", "-1", ""):
            assert client.get(f"{ADRESSE}?dates={absente}").status_code == 404, absente
