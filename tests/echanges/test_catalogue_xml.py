"""A catalogue in EDOF's XML, from the file to the catalogue: planned, applied, read again, undone."""

import io

import pytest

from catalogue.cycle_de_vie import Statut
from catalogue.models import Action, Offre
from demo.certifications import charger_certifications
from echanges.ecriture_edof import ecrire
from echanges.models import Etat
from echanges.preparation import preparer
from organismes.models import Adresse, Contact
from sessions_app.models import Session
from tests.conftest import Monde
from tests.echanges.edof_xml import FICHIERS, SIRET, octets
from tests.echanges.monde import LE_JOUR, lecture
from tests.echanges.test_application import defaire, depot, faire
from tests.lots.monde import photo

# What the records of the examples become: the decision, with a star when the record is complete, then the
# codes that are told.
ATTENDU = {
    "01": {"TSMEL-2027": "creation*", "TSMEL-CHE-2027-03": "creation*", "TSMEL-FOAD-PERM": "creation*"},
    "02": {"EXCEL-1": "creation*", "EXCEL-1-A-1": "creation*", "PAU": "creation*"},
    "03": {"BILAN-1": "creation*", "VAE-LOG": "creation* objectif-inhabituel", "PERMIS-B-A-1": "creation*"},
    "04": {"EXCEL-É": "creation*", "EXCEL-É-A-1": "creation*"},
    "05": {
        "BON-1-A-1": "creation*", "MAL-1-A": "creation* ordre", "MAL-1-A-1": "creation* element-inconnu",
        "VIEUX-1": "erreur certifinfo", "VIEUX-1-A-1": "erreur parent-en-erreur",
    },
    "06": {
        "D-OK": "creation*", "D-30020": "erreur 30020", "D-10133-A": "creation* 10133",
        "D-10133-B": "creation* 10133", "D-SANS": "creation dates-fixes-debut", "D-FEV31": "erreur",
        "D-ZERO": "creation date-inconnue", "D-UNJOUR": "creation 30020", "D-PASSEE": "ignoree commencee",
        "D-DEMI": "creation dates-fixes-fin", "P-OK": "creation*",
        "P-DATEE": "creation permanentes-sans-dates",
    },
    "07": {
        "C-30022-1": "creation 30022", "C-30017": "creation 30017", "C-30013": "creation 30013",
        "TEL": "creation* telephone-repare", "C-CONFLIT-1": "creation* contact-en-conflit",
        "MAIL": "erreur", "C-MAIL-1": "creation 30022", "BIDON": "erreur factice",
    },
    "08": {
        "ID-2": "creation* 30056", "ID-3": "creation* 30057", "ID-4": "creation* 30057", "ID-1": "creation*",
        "ID-9": "erreur parent-en-erreur", "BLOCS": "creation* 30070", "VAE-B": "creation 30077",
    },
}  # fmt: skip


@pytest.fixture
def vide(db, settings) -> Monde:
    """Return an organisme of the examples, whose catalogue and address book are empty."""
    settings.EDOF_AUJOURDHUI = LE_JOUR
    charger_certifications()
    monde = Monde(siret=SIRET)
    for modele in (Session, Action, Offre, Contact, Adresse):
        modele.objects.all().delete()
    return monde


@pytest.mark.parametrize("fichier", FICHIERS, ids=lambda fichier: fichier.name[:2])
def test_ce_que_devient_chaque_fiche_des_exemples(vide, fichier):
    importation = depot(vide, fichier.read_bytes(), fichier.name)
    assert importation.etat == Etat.PLANIFIE, importation.refus
    lignes = {ligne.nom: ligne for ligne in reversed(importation.lignes.all())}
    for nom, attendu in ATTENDU[fichier.name[:2]].items():
        ligne, (decision, *codes) = lignes[nom], attendu.split()
        dits = {anomalie["code"] for anomalie in ligne.anomalies}
        assert ligne.decision + "*" * ligne.validable == decision, (nom, ligne.anomalies)
        assert dits >= set(codes), (nom, ligne.anomalies)


@pytest.mark.parametrize("debut", ["01", "02", "03", "04", "08"])
def test_un_catalogue_entre_se_relit_sans_changement_et_s_annule(vide, debut):
    avant = photo()
    nom, contenu = f"{debut}.xml", octets(debut)
    importation = faire(depot(vide, contenu, nom))
    assert importation.etat == Etat.APPLIQUE
    assert not importation.lignes.filter(issue="refusee").exclude(decision="erreur").exists()
    statuts = dict(Offre.objects.values_list("identifiant", "statut"))
    assert statuts == {nom: Statut.BROUILLON if nom == "VAE-B" else Statut.VALIDEE for nom in statuts}
    assert not Session.objects.filter(ouverte=True).exists()
    encore = depot(vide, contenu, nom)
    assert encore.deja_applique() == importation
    decisions = encore.decisions()
    assert (decisions["creation"], decisions["modification"]) == (0, 0), [
        (ligne.nom, ligne.changements) for ligne in encore.lignes.filter(decision="modification")
    ]
    # What is written out again asks for nothing.
    ecrit = b"".join(ecrire(vide.organisme))
    if ecrit:
        assert {ligne.decision for ligne in depot(vide, ecrit, "s.xml").lignes.all()} <= {"inchangee"}
    importation = defaire(importation)
    assert importation.etat == Etat.ANNULE
    assert photo() == avant


def test_un_fichier_sur_une_seule_ligne_garde_chaque_reparation_pour_sa_fiche(vide):
    contenu = octets("06").replace(b"\n", b" ")
    importation = depot(vide, contenu, "une-ligne.xml")
    reperes = set(importation.lignes.values_list("repere", flat=True))
    assert len(reperes) == importation.lignes.count()
    fautive = importation.lignes.get(chemin__2="D-30020")
    correction = {"date_fin": {"lue": "", "mise": "30/04/2027"}}
    correction["date_fin"]["lue"] = fautive.ecrites.get("date_fin") or str(fautive.dites["date_fin"] or "")
    importation.choix = {"corrections": {str(fautive.repere): correction}}
    importation.save()
    preparer(importation)
    decisions = dict(importation.lignes.values_list("chemin__2", "decision"))
    assert (decisions["D-30020"], decisions["D-FEV31"]) == ("creation", "erreur")


def test_le_catalogue_d_un_autre_organisme_est_refuse(vide):
    autre = octets("02").replace(SIRET.encode(), b"98765432100011")
    importation = depot(vide, autre, "autre.xml")
    assert importation.etat == Etat.REFUSE
    assert SIRET in importation.refus.replace(" ", "") and "98765432100011" in importation.refus.replace(
        " ", ""
    )


def test_ce_qui_est_repare_a_la_lecture_est_dit_du_fichier(vide):
    assert any("UTF-8" in dite for dite in lecture(octets("04"), "04.xml").remarques)
    assert lecture(io.BytesIO(octets("01")).read(), "01.xml").format == "xml"
