"""Tests of the open data: what the files hold, what leads from one day to the next, how they are served."""

import csv
import gzip
import hashlib
import io
import json
import os
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.urls import reverse

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre
from edof import variables
from organismes.droits import Operation
from organismes.models import Adresse, Organisme
from publication.donnees import ecriture, jeux, lecture
from publication.donnees.ecriture import ecrire_ce_qui_est_du
from publication.donnees.territoires import Territoire, territoire
from publication.models import Passage
from publication.passages import publier
from publication.tasks import ecrire_les_donnees_ouvertes
from sessions_app.models import Session
from tests.conftest import Monde
from tests.outils import texte
from tests.publication.test_publication import a, jour

PREMIER, SECOND = "2027-03-11", "2027-03-12"


@pytest.fixture
def dossier(settings, tmp_path):
    """Write the open data in a folder of this test."""
    settings.DONNEES_OUVERTES = tmp_path / "donnees"
    return settings.DONNEES_OUVERTES


@pytest.fixture
def publie(db, dossier):
    """Return a world whose two sessions are published and written on 11 March 2027."""
    with a("2027-03-10"):
        monde = Monde()
        Offre.objects.update(intitule="=CMD()|'é", contenu='Sûr ; "net"\n- fin')
        monde.printemps = monde.session("printemps", ouverte=True)
        monde.ete = monde.session("ete", ouverte=True, garantie=False)
    nuit(PREMIER)
    return monde


def nuit(quand):
    """Run the publication of that day, then write what is due."""
    with a(quand, "05:00:00"):
        publier(jour(quand), par="test")
        return ecrire_ce_qui_est_du()


def lu(quand, nom):
    return gzip.decompress((jeux.stockage().du_jour(jour(quand)) / nom).read_bytes())


def table(quand, nom):
    """Return the rows of a CSV file as a spreadsheet reads them."""
    return list(csv.DictReader(io.StringIO(lu(quand, nom).decode("utf-8-sig"), newline=""), delimiter=";"))


def formations(quand):
    return [json.loads(ligne) for ligne in lu(quand, "catalogue.jsonl.gz").splitlines()]


def appliquer(avant, changements):
    """Apply the changes to the lines of formations, as the page says; return the new lines."""
    lignes = {json.loads(ligne)["id"]: ligne for ligne in avant.splitlines()}
    for ligne in changements.splitlines():
        change = json.loads(ligne)
        if change["nature"] == "retiree":
            del lignes[change["id"]]
        else:
            assert (change["id"] in lignes) is (change["nature"] == "modifiee")
            lignes[change["id"]] = ligne.partition(b'"formation": ')[2][:-1]
    ordre = sorted(
        lignes.values(), key=lambda ligne: (json.loads(ligne)["id_offre"], json.loads(ligne)["id"])
    )
    return b"".join(ligne + b"\n" for ligne in ordre)


def test_le_csv_s_ouvre_dans_un_tableur(publie):
    assert lu(PREMIER, "catalogue.csv.gz").startswith(b"\xef\xbb\xbfid_session;id_action;")
    premiere, seconde = table(PREMIER, "catalogue.csv.gz")
    assert (premiere["id_session"], seconde["id_session"]) == (str(publie.printemps.pk), str(publie.ete.pk))
    assert premiere["intitule"] == "'=CMD()|'é"
    attendu = {
        "siret": "41234567800019", "organisme": "Institut", "numero_formation": "41234567800019_OFFRE-1",
        "numero_action": "41234567800019_ACTION-1", "numero_session": "41234567800019_printemps",
        "type_offre": "certifiante", "code_certification": "RNCP1", "modalite": "presentiel",
        "heures_total": "400", "prix_ttc": "5000,00", "rythmes": "en_journee",
        "lieu_code_postal": "94550", "lieu_ville": "Chevilly Larue", "code_departement": "94",
        "nom_departement": "Val-de-Marne", "code_region": "11", "nom_region": "Île-de-France",
        "date_debut": "2027-05-09", "date_fin": "2027-06-08", "garantie": "true", "publiee_depuis": PREMIER,
        "page": f"http://localhost:8000/formations/{publie.action.pk}/",
    }  # fmt: skip
    assert {nom: premiere[nom] for nom in attendu} == attendu
    assert seconde["garantie"] == "false"


def test_la_page_d_une_formation_est_la_sienne():
    assert reverse("formation_par_numero", args=[12]) == lecture.PAGE.format(12)


def test_le_json_porte_les_sessions_et_aucun_contact(publie):
    (formation,) = formations(PREMIER)
    assert list(formation) == ["id", "id_offre", "page", "offre", "action", "sessions"]
    assert [s["identifiant"] for s in formation["sessions"]] == ["printemps", "ete"]
    assert formation["sessions"][0]["adresse"]["ville"] == "Chevilly Larue"
    assert formation["offre"]["contenu"] == 'Sûr ; "net"\n- fin'
    for nom in ("catalogue.csv.gz", "catalogue.jsonl.gz", "agrege-cdc.csv.gz", "changements.jsonl.gz"):
        assert b"i@ilvm.example" not in lu(PREMIER, nom) and b"0149800000" not in lu(PREMIER, nom)


def test_l_agrege_a_une_ligne_par_offre_et_departement(publie):
    with a("2027-03-11"):
        lille = Adresse.objects.create(
            organisme=publie.organisme, titre="Lille", denomination="x", libelle_voie="Rue",
            code_postal="59000", ville="Lille",
        )  # fmt: skip
        for identifiant, prix, lieu in (("A2", "4000", publie.lieu), ("A3", "9000", lille)):
            action = publie.nouvelle_action(identifiant)
            valeurs = {"ttc_20": Decimal(prix), "ht_20": None, "lieu_de_formation": lieu, "duree_totale": 100}
            executer(
                Action.objects.get(pk=action.pk), Operation.VALIDER, par=publie.gestionnaire, valeurs=valeurs
            )
            publie.session(identifiant, action=Action.objects.get(pk=action.pk), ouverte=True)
    nuit(SECOND)
    nord, val_de_marne = table(SECOND, "agrege-cdc.csv.gz")
    assert nord["nom_departement"] == "Nord" and nord["code_departement"] == "59"
    attendu = {
        "date_chargement": SECOND, "nom_of": "Institut", "siret": "41234567800019", "code_departement": "94",
        "code_region": "11", "type_referentiel": "RNCP", "code_rncp": "1", "code_rs": "", "nb_action": "2",
        "nb_session_active": "3", "nb_session_a_distance": "0", "nombre_heures_total_min": "100,00",
        "nombre_heures_total_max": "400,00", "nombre_heures_total_mean": "250,00",
        "frais_ttc_tot_min": "4000,00", "frais_ttc_tot_mean": "4500,00", "code_rome_1": "",
        "type_offre": "certifiante", "numero_formation": "41234567800019_OFFRE-1",
    }  # fmt: skip
    assert {nom: val_de_marne[nom] for nom in attendu} == attendu


def test_ce_qui_change_mene_d_un_jour_au_suivant(publie):
    assert appliquer(b"", lu(PREMIER, "changements.jsonl.gz")) == lu(PREMIER, "catalogue.jsonl.gz")
    with a("2027-03-11"):
        # One formation changes, one appears; the next day one is withdrawn and another one stays.
        executer(Session.objects.get(pk=publie.ete.pk), Operation.FERMER, par=publie.gestionnaire)
        autre = publie.nouvelle_action("AUTRE")
        publie.session("automne", action=autre, ouverte=True)
    nuit(SECOND)
    with a(SECOND):
        executer(Session.objects.get(pk=publie.printemps.pk), Operation.ARCHIVER, par=publie.gestionnaire)
    nuit("2027-03-13")
    nuit("2027-03-14")
    natures = {}
    for avant, apres in ((PREMIER, SECOND), (SECOND, "2027-03-13"), ("2027-03-13", "2027-03-14")):
        changements = lu(apres, "changements.jsonl.gz")
        natures[apres] = sorted(json.loads(ligne)["nature"] for ligne in changements.splitlines())
        assert appliquer(lu(avant, "catalogue.jsonl.gz"), changements) == lu(apres, "catalogue.jsonl.gz")
        assert jeux.manifeste(jour(apres))["changements_depuis"] == avant
    assert natures == {SECOND: ["modifiee", "parue"], "2027-03-13": ["retiree"], "2027-03-14": []}


def test_ce_qui_est_retire_avant_l_ecriture_n_y_est_pas(publie, client):
    """A session closed at six, when the files are late: the run had kept it, the files do not have it."""
    with a(SECOND, "05:00:00"):
        publier(jour(SECOND), par="test")
    with a(SECOND, "06:00:00"):
        executer(Session.objects.get(pk=publie.ete.pk), Operation.FERMER, par=publie.gestionnaire)
        assert ecrire_ce_qui_est_du() == [jour(SECOND)]
    assert [s["identifiant"] for s in formations(SECOND)[0]["sessions"]] == ["printemps"]
    assert appliquer(lu(PREMIER, "catalogue.jsonl.gz"), lu(SECOND, "changements.jsonl.gz")) == lu(
        SECOND, "catalogue.jsonl.gz"
    )
    # Opened again the same day, it is public: the next files have it back, and the changes say so.
    with a(SECOND, "07:00:00"):
        executer(Session.objects.get(pk=publie.ete.pk), Operation.OUVRIR, par=publie.gestionnaire)
    nuit("2027-03-13")
    assert len(formations("2027-03-13")[0]["sessions"]) == 2
    assert appliquer(lu(SECOND, "catalogue.jsonl.gz"), lu("2027-03-13", "changements.jsonl.gz")) == lu(
        "2027-03-13", "catalogue.jsonl.gz"
    )


def test_le_manifeste_dit_vrai(publie, settings):
    settings.DONNEES_LICENCE = "ODBL-1.0"
    nuit(SECOND)
    manifeste = jeux.manifeste(jour(SECOND))
    assert (manifeste["version"], manifeste["jour"]) == ("1.0", SECOND)
    assert manifeste["licenses"][0]["path"] == "https://opendatacommons.org/licenses/odbl/1-0/"
    assert {r["path"]: r["rows"] for r in manifeste["resources"]} == {
        "catalogue.csv.gz": 2, "catalogue.jsonl.gz": 1, "agrege-cdc.csv.gz": 1, "changements.jsonl.gz": 0,
    }  # fmt: skip
    for ressource in manifeste["resources"]:
        octets = (jeux.stockage().du_jour(jour(SECOND)) / ressource["path"]).read_bytes()
        assert len(octets) == ressource["bytes"]
        assert ressource["hash"] == f"sha256:{hashlib.sha256(octets).hexdigest()}"
        brut = hashlib.sha256(gzip.decompress(octets)).hexdigest()
        assert ressource["hash_du_contenu"] == f"sha256:{brut}"


def test_chaque_cellule_suit_son_schema(publie):
    """Read each cell by the Table Schema of the manifest, as a validator does."""
    lire = {
        "string": str,
        "integer": int,
        "number": lambda texte: Decimal(texte.replace(",", ".")),
        "boolean": {"true": True, "false": False}.__getitem__,
        "date": jour,
    }
    ressources = jeux.manifeste(jour(PREMIER))["resources"]
    assert len({ressource["name"] for ressource in ressources}) == len(ressources)
    for ressource in ressources:
        if "schema" not in ressource:
            continue
        champs = ressource["schema"]["fields"]
        lignes = table(PREMIER, ressource["path"])
        assert lignes and all(list(ligne) == [champ["name"] for champ in champs] for ligne in lignes)
        for ligne in lignes:
            for champ in champs:
                valeur, admises = ligne[champ["name"]], champ.get("constraints", {}).get("enum")
                assert valeur == "" or lire[champ["type"]](valeur) is not None
                assert valeur == "" or admises is None or valeur in admises, champ


def test_une_ecriture_tuee_recommence(publie, dossier):
    with a(SECOND, "05:00:00"):
        publier(jour(SECOND), par="test")
        # A worker died while it was writing: what it left has no manifest, and nobody reads it.
        (dossier / ".en-cours").mkdir()
        (dossier / ".en-cours" / "catalogue.csv.gz").write_bytes(b"x")
        assert jeux.jours_ecrits() == [jour(PREMIER)]
        ecrire_les_donnees_ouvertes()
        assert jeux.jours_ecrits() == [jour(PREMIER), jour(SECOND)]
        avant = {chemin: chemin.stat().st_mtime_ns for chemin in dossier.glob("*/*")}
        ecrire_les_donnees_ouvertes()
    assert {chemin: chemin.stat().st_mtime_ns for chemin in dossier.glob("*/*")} == avant


def test_les_jours_manques_sont_ecrits_dans_l_ordre(publie):
    for quand in (SECOND, "2027-03-13"):
        with a(quand, "05:00:00"):
            publier(jour(quand), par="test")
    Passage.objects.create(jour=jour("2027-03-14"), par="tué")
    with a("2027-03-14", "06:00:00"):
        assert ecrire_ce_qui_est_du() == [jour(SECOND), jour("2027-03-13")]
        assert ecrire_ce_qui_est_du() == []


def test_les_vieux_jours_s_oublient(publie, settings):
    settings.DONNEES_JOURS = 2
    for quand in (SECOND, "2027-03-13"):
        nuit(quand)
    assert jeux.jours_ecrits() == [jour(SECOND), jour("2027-03-13")]


def test_un_jour_qui_n_est_pas_venu_s_oublie(publie):
    nuit(SECOND)
    with a(PREMIER):
        call_command("publier", "--revenir", verbosity=0)
        assert ecrire_ce_qui_est_du() == [] and jeux.jours_ecrits() == [jour(PREMIER)]


def test_avant_la_premiere_publication(db, dossier, client):
    assert ecrire_ce_qui_est_du() == []
    assert "Pas encore de fichiers" in texte(client.get("/donnees/"))
    assert client.get("/donnees/latest/manifest.json").status_code == 404
    assert client.get("/donnees/retraits.jsonl").content == b""


# --- How they are served ---

FICHIER = f"/donnees/{PREMIER}/catalogue.csv.gz"


def corps(reponse):
    return b"".join(reponse.streaming_content)


def test_un_fichier_se_prend_entier_ou_par_morceaux(publie, client):
    octets = (jeux.stockage().du_jour(jour(PREMIER)) / "catalogue.csv.gz").read_bytes()
    entier = client.get(FICHIER, headers={"Accept-Encoding": "gzip"})
    assert corps(entier) == octets and "Content-Encoding" not in entier
    assert entier["ETag"] == f'"{hashlib.sha256(octets).hexdigest()}"' and not entier.cookies
    assert (entier["Content-Type"], entier["Content-Length"]) == ("application/gzip", str(len(octets)))
    assert entier["Cache-Control"] == "public, max-age=31536000, immutable"
    n = len(octets)
    for voulu, morceau, dit in (
        ("bytes=0-9", octets[:10], f"bytes 0-9/{n}"),
        ("bytes=10-", octets[10:], f"bytes 10-{n - 1}/{n}"),
        ("bytes=-5", octets[-5:], f"bytes {n - 5}-{n - 1}/{n}"),
        (f"bytes=3-{n * 2}", octets[3:], f"bytes 3-{n - 1}/{n}"),
        (f"bytes=-{n * 2}", octets, f"bytes 0-{n - 1}/{n}"),
    ):
        partie = client.get(FICHIER, headers={"Range": voulu})
        assert (partie.status_code, corps(partie), partie["Content-Range"]) == (206, morceau, dit)
    for voulu in ("bytes=0-1,4-5", "lignes=1-2", "bytes=5-2", "bytes=-", "bytes=x"):
        assert corps(client.get(FICHIER, headers={"Range": voulu})) == octets
    for voulu in (f"bytes={n}-", "bytes=-0"):
        refus = client.get(FICHIER, headers={"Range": voulu})
        assert (refus.status_code, refus["Content-Range"]) == (416, f"bytes */{n}")
        assert refus["Cache-Control"] == "no-store"
    ailleurs = client.get(FICHIER, headers={"If-Match": '"autre"'})
    assert (ailleurs.status_code, ailleurs["Cache-Control"]) == (412, "no-store")
    suite = {"Range": "bytes=10-", "If-Range": entier["ETag"]}
    assert corps(client.get(FICHIER, headers=suite)) == octets[10:]
    assert corps(client.get(FICHIER, headers={**suite, "If-Range": '"autre"'})) == octets
    deja = client.get(FICHIER, headers={"If-None-Match": entier["ETag"]})
    assert (deja.status_code, deja["Cache-Control"]) == (304, entier["Cache-Control"])
    tete = client.head(FICHIER)
    assert (tete["Content-Length"], corps(tete)) == (str(n), b"")


def test_le_serveur_de_devant_peut_envoyer_les_octets(publie, client, settings):
    settings.DONNEES_ACCEL = "/donnees-internes/"
    reponse = client.get(FICHIER)
    assert reponse["X-Accel-Redirect"] == f"/donnees-internes/{PREMIER}/catalogue.csv.gz"
    assert reponse.content == b"" and len(reponse["ETag"]) == 66
    # It would send its refusal with what is said of the file.
    refus = client.get(FICHIER, headers={"Range": "bytes=999999999-"})
    assert (refus.status_code, refus["Cache-Control"]) == (416, "no-store")


@pytest.mark.parametrize(
    "adresse",
    [
        "/donnees/2027-03-10/catalogue.csv.gz", "/donnees/2027-02-30/catalogue.csv.gz",
        "/donnees/.en-cours/catalogue.csv.gz", f"/donnees/{PREMIER}/settings.py",
        "/donnees/../manifest.json", "/donnees/latest/autre",
    ],
)  # fmt: skip
def test_rien_d_autre_ne_se_lit_dans_le_dossier(publie, client, dossier, adresse):
    (dossier / ".en-cours").mkdir()
    (dossier / ".en-cours" / "catalogue.csv.gz").write_bytes(b"x")
    assert client.get(adresse).status_code == 404


def test_la_derniere_est_une_redirection(publie, client):
    reponse = client.get("/donnees/latest/manifest.json")
    assert (reponse.status_code, reponse.url) == (302, f"/donnees/{PREMIER}/manifest.json")
    assert json.loads(corps(client.get(reponse.url)))["jour"] == PREMIER


def test_les_retraits_se_lisent_a_l_instant(publie, client, django_assert_num_queries):
    with a("2027-03-11"):
        assert client.get("/donnees/retraits.jsonl").content == b""
        executer(Session.objects.get(pk=publie.ete.pk), Operation.FERMER, par=publie.gestionnaire)
        executer(Session.objects.get(pk=publie.printemps.pk), Operation.ARCHIVER, par=publie.gestionnaire)
        executer(Session.objects.get(pk=publie.printemps.pk), Operation.SUPPRIMER, par=publie.gestionnaire)
        with django_assert_num_queries(1):
            reponse = client.get("/donnees/retraits.jsonl")
        lignes = [json.loads(ligne) for ligne in reponse.content.splitlines()]
        assert [ligne["numero_session"] for ligne in lignes] == [
            "41234567800019_printemps", "41234567800019_ete",
        ]  # fmt: skip
        deja = client.get("/donnees/retraits.jsonl", headers={"If-None-Match": reponse["ETag"]})
        assert deja.status_code == 304
        executer(Session.objects.get(pk=publie.ete.pk), Operation.OUVRIR, par=publie.gestionnaire)
        assert len(client.get("/donnees/retraits.jsonl").content.splitlines()) == 1
        organisme = Organisme.objects.get()
        organisme.suspendu = True
        organisme.save()
        assert len(client.get("/donnees/retraits.jsonl").content.splitlines()) == 2


def test_la_page_dit_ce_qu_il_y_a(publie, client, settings):
    page = texte(client.get("/donnees/"))
    assert "Fichiers du 11 mars 2027" in page and "Aucune licence n'est encore indiquée" in page
    assert "2 lignes" in page and "agrege-cdc.csv.gz" in page and "Table Schema" in page
    settings.DONNEES_LICENCE = "LICENCE-OUVERTE-2.0"
    nuit(SECOND)
    page = texte(client.get("/donnees/"))
    assert "Licence Ouverte / Open Licence 2.0" in page and "11 mars 2027" in page


def test_chaque_licence_a_son_texte():
    assert {"AUCUNE", *ecriture.LICENCES} == {*variables.LICENCES}


def test_le_dossier_se_lit_par_un_autre_compte(publie):
    modes = [os.stat(chemin).st_mode & 0o777 for chemin in jeux.stockage().du_jour(jour(PREMIER)).iterdir()]
    assert set(modes) == {0o644}


@pytest.mark.parametrize(
    ("code", "attendu"),
    [
        ("94550", Territoire("94", "Val-de-Marne", "11", "Île-de-France")),
        ("20000", Territoire("2A", "Corse-du-Sud", "94", "Corse")),
        ("20200", Territoire("2B", "Haute-Corse", "94", "Corse")),
        ("97400", Territoire("974", "La Réunion", "04", "La Réunion")),
        ("98800", Territoire("988", "Nouvelle-Calédonie")),
        ("00000", Territoire()),
    ],
)
def test_le_departement_d_un_code_postal(code, attendu):
    assert territoire(code) == attendu
