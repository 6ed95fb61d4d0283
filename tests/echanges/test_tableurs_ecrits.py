"""Tests of the tables that go out: CSV, workbooks, the archive of everything, the command."""

import csv
import datetime as dt
import hashlib
import io
import json
import zipfile

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from echanges.archive import emporter
from echanges.ecriture_tableur import en_csv, en_xlsx
from echanges.exports import FORMATS, exporter
from echanges.lignes import Niveau
from echanges.tables import Carnets, table
from edof.horloge import PARIS, a_l_instant, aujourd_hui, demain
from organismes.droits import Operation
from organismes.models import Contact
from publication.passages import publier
from tests.conftest import Monde


@pytest.fixture
def garni(monde):
    monde.session("s1", ouverte=True, modalites_particulieres="Deux\nlignes ; « œ »")
    monde.session("=2+2", garantie=False)
    permanente = monde.nouvelle_action("PERM", "permanentes")
    monde.session("p1", action=permanente, date_debut=None, date_fin=None, pas_de_dates=True)
    archivee = monde.session("vieille", date_debut=dt.date(2031, 1, 1), date_fin=dt.date(2031, 2, 1))
    executer(archivee, Operation.ARCHIVER, par=monde.gestionnaire)
    return monde


def lignes_du_csv(contenu):
    assert contenu.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(contenu.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_les_sessions_en_csv(garni):
    contenu = b"".join(en_csv(table(Niveau.SESSION, garni.organisme)))
    assert contenu.count(b"\r\n") == 4
    titres, *lignes = lignes_du_csv(contenu)
    assert titres == [
        "Offre", "Action", "Session", "Permanente", "Du", "Au", "Garantie", "Contact", "Adresse",
        "Modalités particulières", "Intitulé", "Statut",
    ]  # fmt: skip
    par_nom = {ligne[2]: dict(zip(titres, ligne, strict=True)) for ligne in lignes}
    assert set(par_nom) == {"s1", "'=2+2", "p1"}
    debut = garni.action.sessions.get(identifiant="s1").date_debut
    assert par_nom["s1"] == {
        "Offre": "OFFRE-1", "Action": "ACTION-1", "Session": "s1", "Permanente": "Non",
        "Du": f"{debut:%d/%m/%Y}", "Au": f"{debut + dt.timedelta(30):%d/%m/%Y}", "Garantie": "Oui",
        "Contact": "Service Inscriptions", "Adresse": "Siège",
        "Modalités particulières": "Deux\nlignes ; « œ »", "Intitulé": "Texte", "Statut": "Active",
    }  # fmt: skip
    assert (par_nom["p1"]["Permanente"], par_nom["p1"]["Du"]) == ("Oui", "")


def test_les_sessions_en_classeur(garni):
    with en_xlsx(table(Niveau.SESSION, garni.organisme)) as fichier:
        classeur = openpyxl.load_workbook(io.BytesIO(fichier.read()))
    feuille = classeur["Sessions"]
    assert feuille.freeze_panes == "A2"
    titres, *lignes = [list(rangee) for rangee in feuille.iter_rows()]
    par_nom = {ligne[2].value: ligne for ligne in lignes}
    formule = par_nom["=2+2"][2]
    assert (formule.data_type, formule.quotePrefix) == ("s", True)
    debut = par_nom["s1"][4]
    assert (debut.is_date, debut.number_format) == (True, "dd/mm/yyyy")
    assert par_nom["p1"][4].value is None
    regles = {str(regle.sqref).partition(":")[0]: regle for regle in feuille.data_validations.dataValidation}
    assert set(regles) == {"D2", "G2", "H2", "I2"}
    assert classeur["Listes"].sheet_state == "hidden"
    assert [cellule.value for cellule in classeur["Listes"][1]] == ["Oui", "Service Inscriptions", "Siège"]


def test_les_autres_niveaux(garni):
    offres = lignes_du_csv(b"".join(en_csv(table(Niveau.OFFRE, garni.organisme))))
    assert dict(zip(*offres, strict=True))["Type de parcours"] == "Mixte"
    assert dict(zip(*offres, strict=True))["Certification ou thématique visée"] == "RNCP1"
    titres, *actions = lignes_du_csv(b"".join(en_csv(table(Niveau.ACTION, garni.organisme))))
    action = dict(zip(titres, actions[0], strict=True))
    assert (action["Offre"], action["Action"], action["Langue d'enseignement"]) == (
        "OFFRE-1",
        "ACTION-1",
        "Français",
    )
    assert (action["TTC à 20 %"], action["Rythme de la formation"]) == ("5000,00", "En journée")
    [titres, contact] = lignes_du_csv(b"".join(en_csv(table(Niveau.CONTACT, garni.organisme))))
    assert len(titres) == len(contact)
    assert {"Service Inscriptions", "i@ilvm.example", "0149800000"} <= set(contact)
    [titres, adresse] = lignes_du_csv(b"".join(en_csv(table(Niveau.ADRESSE, garni.organisme))))
    assert dict(zip(titres, adresse, strict=True))["Nature de la voie"] == "Avenue"
    with en_xlsx(table(Niveau.ACTION, garni.organisme)) as fichier:
        feuille = openpyxl.load_workbook(io.BytesIO(fichier.read())).worksheets[0]
    rang = [cellule.value for cellule in feuille[1]].index("TTC à 20 %")
    assert feuille[2][rang].value == 5000


def test_un_contact_est_ecrit_pour_etre_retrouve(monde):
    homonymes = [
        Contact.objects.create(
            organisme=monde.organisme, prenom="Service", nom="Inscriptions", telephone_fixe="0149800001",
            courriel=courriel,
        )
        for courriel in ("a@ilvm.example", "b@ilvm.example")
    ]  # fmt: skip
    textes = Carnets(monde.organisme).contacts
    assert len(set(textes.values())) == 3
    assert "a@ilvm.example" in textes[homonymes[0].pk]


def test_autant_de_requetes_pour_plus_de_sessions(garni):
    with CaptureQueriesContext(connection) as peu:
        b"".join(en_csv(table(Niveau.SESSION, garni.organisme)))
    for rang in range(8):
        garni.session(f"n{rang}", date_debut=dt.date(2031, 1, 1 + rang), date_fin=dt.date(2031, 2, 1))
    with CaptureQueriesContext(connection) as plus:
        b"".join(en_csv(table(Niveau.SESSION, garni.organisme)))
    assert len(peu) == len(plus)


# --- « Tout emporter » ---


@pytest.mark.django_db(transaction=True)
def test_l_archive_a_tout_et_rien_des_autres(monde):
    autre = Monde("Autre", "52345678900014")
    autre.session("chez-l-autre", ouverte=True)
    session = monde.session("s1", ouverte=True)
    with a_l_instant(dt.datetime.combine(demain(), dt.time(6), tzinfo=PARIS)):
        publier(aujourd_hui(), par="test")
    with emporter(monde.organisme) as fichier, zipfile.ZipFile(fichier) as archive:
        manifeste = json.loads(archive.read("manifeste.json"))
        lues = {}
        for nom, dit in manifeste["fichiers"].items():
            octets = archive.read(nom)
            assert hashlib.sha256(octets).hexdigest() == dit["sha256"]
            lues[nom] = [json.loads(ligne) for ligne in octets.decode().splitlines()]
            assert len(lues[nom]) == dit["lignes"]
        tout = b"".join(archive.read(nom) for nom in archive.namelist())
    assert manifeste["siret"] == monde.organisme.siret
    assert lues["sessions.jsonl"][0]["identifiant"] == "s1"
    assert lues["sessions.jsonl"][0]["action_id"] == lues["actions.jsonl"][0]["id"]
    assert {ligne["pgh_obj_id"] for ligne in lues["historique/sessions.jsonl"]} == {session.pk}
    assert lues["historique/sessions.jsonl"][-1]["contexte"]["operation"] == "ouvrir"
    assert [ligne["session_id"] for ligne in lues["parutions.jsonl"]] == [session.pk]
    assert {ligne["id"] for ligne in lues["contenus.jsonl"]} >= {
        lues["parutions.jsonl"][0]["contenu_offre_id"]
    }
    assert b"chez-l-autre" not in tout
    assert b"password" not in tout


# --- The command ---


def commande(monde, format_, sortie, **options):
    siret = monde.organisme.siret
    call_command("exporter", organisme=siret, format=format_, sortie=str(sortie), **options)


def test_la_commande_ecrit_chaque_format(garni, tmp_path):
    debuts = {
        "edof-xml": b"<?xml",
        "csv": b"\xef\xbb\xbfOffre",
        "xlsx": b"PK",
        "archive": b"PK",
        "classeur": b"PK",
    }
    assert set(debuts) == set(FORMATS)
    for format_, debut in debuts.items():
        sortie = tmp_path / format_
        commande(garni, format_, sortie, stderr=io.StringIO())
        assert sortie.read_bytes().startswith(debut)
        assert exporter(garni.organisme, format_).nom.startswith(garni.organisme.siret)


def test_la_commande_dit_ce_qui_manque(garni, tmp_path):
    dites = io.StringIO()
    garni.nouvelle_offre("SANS-ACTION")
    commande(garni, "edof-xml", tmp_path / "x", stderr=dites)
    assert "Retenu : Rien d'exportable dessous (rien-dessous) : 1" in dites.getvalue()
    with pytest.raises(CommandError, match="Aucun organisme"):
        call_command("exporter", organisme="1", format="csv")
    with pytest.raises(CommandError, match="ne peut pas être écrit"):
        commande(garni, "csv", tmp_path / "a" / "b")


def test_la_commande_refuse_un_xml_vide(monde, tmp_path):
    with pytest.raises(CommandError, match="Aucune session"):
        commande(monde, "edof-xml", tmp_path / "x")
