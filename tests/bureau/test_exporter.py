"""Tests of the screens « Exporter »: the check, the files, the list « Sessions »."""

import csv
import datetime as dt
import io
import zipfile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import etree

from echanges import exports
from echanges.decisions import Decision
from echanges.lecture import lire
from echanges.lignes import Demande
from echanges.plan import planifier
from edof.horloge import jour_de
from organismes.droits import Role
from tests.conftest import Monde
from tests.echanges.edof_xml import SCHEMA
from tests.outils import source, texte

PAGE, FICHIER, SESSIONS = (
    "/catalogue/exporter/", "/catalogue/exporter/fichier/", "/catalogue/sessions/exporter/",
)  # fmt: skip


def octets(reponse):
    assert reponse.status_code == 200
    return b"".join(reponse)


def lignes(reponse):
    return list(csv.reader(io.StringIO(octets(reponse).decode("utf-8-sig"), newline=""), delimiter=";"))


def test_un_catalogue_pret(monde, connecter):
    monde.session("s1")
    client = connecter(monde.gestionnaire)
    page = client.get(PAGE)
    assert "1 session part" in texte(page)
    assert "Télécharger le XML (1 session)" in texte(page)
    assert "quand même" not in texte(page)
    reponse = client.get(FICHIER, {"type": "edof-xml"})
    nom = reponse.headers["Content-Disposition"]
    assert nom.startswith(f'attachment; filename="{monde.organisme.siret}_catalogue_')
    assert "no-store" in reponse.headers["Cache-Control"]
    contenu = octets(reponse)
    assert etree.XMLSchema(etree.parse(SCHEMA)).validate(etree.fromstring(contenu).getroottree())


def test_ce_qu_edof_peut_refuser_part_apres_avoir_ete_lu(monde, connecter):
    monde.session("s1")
    monde.session("s2")
    monde.nouvelle_offre("SANS-ACTION")
    client = connecter(monde.gestionnaire)
    page = client.get(PAGE)
    lu = texte(page)
    assert "2 points qu'EDOF peut refuser" in lu
    assert "Deux sessions de l'action aux mêmes dates 10133" in lu
    assert "Exporter quand même (2 sessions)" in lu
    assert "1 fiche reste ici" in lu
    assert f'href="/catalogue/offres/{monde.offre.soeurs().get(identifiant="SANS-ACTION").pk}/"' in source(
        page
    )
    assert octets(client.get(FICHIER, {"type": "edof-xml"})).count(b"<session ") == 2


def test_un_choix_suit_jusqu_au_fichier(monde, connecter):
    monde.session("s1", ouverte=True)
    monde.session("s2")
    premiere = monde.offre
    monde.offre = monde.nouvelle_offre("AUTRE")
    monde.session("t1", action=monde.nouvelle_action("A2"))
    client = connecter(monde.gestionnaire)
    page = client.get(PAGE, {"offre": premiere.pk, "statuts": "actives"})
    assert "1 session part" in texte(page)
    assert f"?offre={premiere.pk}&statuts=actives&type=edof-xml" in source(page)
    contenu = octets(client.get(FICHIER, {"type": "edof-xml", "offre": premiere.pk, "statuts": "actives"}))
    assert (contenu.count(b"<formation "), contenu.count(b"<session ")) == (1, 1)


def test_rien_a_exporter(monde, connecter):
    page = connecter(monde.gestionnaire).get(PAGE)
    assert "Rien ne peut partir" in texte(page)
    assert "Télécharger le XML" not in texte(page)


def test_l_offre_d_un_autre_organisme_n_est_pas_proposee(monde, connecter):
    autre = Monde("Autre", "52345678900017")
    autre.session("s1")
    client = connecter(monde.gestionnaire)
    assert client.get(PAGE, {"offre": autre.offre.pk}).status_code == 422
    assert client.get(FICHIER, {"type": "edof-xml", "offre": autre.offre.pk}).status_code == 302
    with zipfile.ZipFile(io.BytesIO(octets(client.get(FICHIER, {"type": "archive"})))) as archive:
        assert archive.read("sessions.jsonl") == b""


@pytest.mark.parametrize("role", list(Role))
def test_chaque_role_exporte_chaque_table(monde, connecter, role):
    monde.session("s1")
    client = connecter(monde.personne("lui", role))
    for niveau in ("session", "action", "offre", "contact", "adresse"):
        assert len(lignes(client.get(FICHIER, {"type": "csv", "niveau": niveau}))) == 2
        classeur = client.get(FICHIER, {"type": "xlsx", "niveau": niveau})
        assert octets(classeur).startswith(b"PK")
    for faux in ({"type": "pdf"}, {"type": "csv", "niveau": "membre"}, {}):
        assert client.get(FICHIER, faux).status_code == 404
    assert client.get(SESSIONS, {"type": "archive"}).status_code == 404


def test_la_liste_sort_comme_elle_est_filtree_et_triee(monde, connecter):
    for rang, nom in enumerate(("b", "a", "c")):
        monde.session(nom, date_debut=dt.date(2031, 1, 1 + rang), date_fin=dt.date(2031, 2, 1))
    client = connecter(monde.gestionnaire)
    page = client.get("/catalogue/sessions/", {"tri": "-dates", "garantie": "oui"})
    adresse = f"{SESSIONS}?garantie=oui&tri=-dates&type="
    assert f'href="{adresse}csv"' in source(page) or SESSIONS in source(page)
    titres, *lues = lignes(client.get(f"{SESSIONS}?tri=-dates&type=csv"))
    assert [ligne[titres.index("Session")] for ligne in lues] == ["c", "a", "b"]
    titres, *lues = lignes(client.get(f"{SESSIONS}?q=a&type=csv&debut_du=02/01/2031&debut_au=02/01/2031"))
    assert [ligne[titres.index("Session")] for ligne in lues] == ["a"]
    assert octets(client.get(f"{SESSIONS}?type=xlsx")).startswith(b"PK")


def test_les_colonnes_choisies_sont_celles_du_fichier(monde, connecter):
    monde.session("s1", ouverte=True)
    monde.session("s2")
    client = connecter(monde.gestionnaire)
    tous = lignes(client.get(f"{SESSIONS}?type=csv"))[0]
    assert "Toutes leurs colonnes" in texte(client.get("/catalogue/sessions/"))
    colonnes = {"colonne": ["dates", "ouverte", "visible", "modifiee"]}
    client.post("/catalogue/sessions/colonnes/", colonnes)
    assert "et vos colonnes : dates, ouverte, visible et modifiée" in texte(
        client.get("/catalogue/sessions/")
    )
    fichier = octets(client.get(f"{SESSIONS}?tri=identifiant&type=csv"))
    titres, premiere, _ = csv.reader(io.StringIO(fichier.decode("utf-8-sig"), newline=""), delimiter=";")
    session = monde.action.sessions.get(identifiant="s1")
    assert dict(zip(titres, premiere, strict=True)) == {
        "Offre": "OFFRE-1", "Action": "ACTION-1", "Session": "s1", "Permanente": "Non",
        "Du": f"{session.date_debut:%d/%m/%Y}", "Au": f"{session.date_fin:%d/%m/%Y}", "Intitulé": "Texte",
        "Ouverte": "Oui", "Visible": "Non", "Modifiée": f"{jour_de(session.modifie_le):%d/%m/%Y}",
    }  # fmt: skip
    # What comes out goes in again, and changes nothing.
    plan = planifier(
        lire(io.BytesIO(fichier), len(fichier)).lignes, organisme=monde.organisme, par=monde.gestionnaire
    )
    assert [(ligne.decision, ligne.lue.demande) for ligne in plan.lignes] == [
        (Decision.INCHANGEE, Demande.RIEN)
    ] * 2
    assert octets(client.get(f"{SESSIONS}?type=xlsx")).startswith(b"PK")
    assert lignes(client.get(f"{SESSIONS}?type=csv&colonnes=toutes"))[0] == tous
    client.post("/catalogue/sessions/colonnes/", {})
    assert lignes(client.get(f"{SESSIONS}?type=csv"))[0] == ["Offre", "Action", "Session", "Intitulé"]


def test_trop_de_lignes_pour_un_classeur(monde, connecter, monkeypatch):
    monkeypatch.setattr(exports, "LIGNES_D_UN_CLASSEUR", 1)
    monde.session("s1")
    monde.session("s2")
    client = connecter(monde.gestionnaire)
    reponse = client.get(FICHIER, {"type": "xlsx"}, follow=True)
    assert "2 lignes ne tiennent pas dans un classeur" in texte(reponse)


def test_autant_de_requetes_pour_plus_de_fiches(monde, connecter):
    monde.session("s1")
    monde.session("s2")
    client = connecter(monde.gestionnaire)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as peu:
        client.get(PAGE)
    for rang in range(4):
        action = monde.nouvelle_action(f"A{rang}")
        monde.session("s1", action=action)
        monde.session("s2", action=action)
        monde.nouvelle_action(f"VIDE{rang}")
    with CaptureQueriesContext(connection) as plus:
        client.get(PAGE)
    assert len(plus) <= len(peu) + 2
