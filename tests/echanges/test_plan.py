"""The plan of a file: each line of the examples, what exists, what is refused, what it costs."""

import datetime as dt
import json

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from echanges.decisions import Decision
from echanges.lignes import Gravite, LigneLue, Niveau
from echanges.plan import Commencees, planifier
from organismes.droits import Operation, Role
from sessions_app.models import Session
from tests.echanges.monde import FICHIERS, LE_JOUR, MondeDesFichiers, phrases

ATTENDU = json.loads((FICHIERS / "attendu.json").read_text())
# The names of `attendu.json` that are not those of the API.
NOMS = {"adresse": "adresse_inscription", "contact": "contact_inscription"}


@pytest.fixture
def monde(db, settings):
    settings.EDOF_AUJOURDHUI = LE_JOUR
    return MondeDesFichiers()


@pytest.mark.parametrize("nom", sorted(ATTENDU))
def test_chaque_ligne_des_exemples(monde, nom):
    """`attendu.json` names a contact by its e-mail address, the API by its identifier."""
    attendu = ATTENDU[nom]
    action = monde.action_de_creteil if "collage" in nom else None
    plan = monde.plan((FICHIERS / nom).read_bytes(), nom, action=action)
    bilan = {cle: nombre for cle, nombre in plan.bilan.items() if cle in attendu["bilan"]}
    assert bilan == attendu["bilan"]
    lignes = {ligne.lue.ligne: ligne for ligne in plan.lignes}
    assert list(lignes) == [dite["ligne"] for dite in attendu["lignes"]]
    for dite in attendu["lignes"]:
        ligne = lignes[dite["ligne"]]
        assert dite["decision"].startswith(ligne.decision.label.lower()), (nom, dite, ligne)
        if "validable" in dite["decision"]:
            assert ligne.validable
        if "brouillon" in dite["decision"]:
            assert not ligne.validable and ligne.decision == Decision.CREATION
        if "avertissement" in dite["decision"]:
            assert ligne.anomalies
        for champ, valeur in dite.get("valeurs", {}).items():
            lue = ligne.chemin[-1] if champ == "session" else ligne.valeurs[NOMS.get(champ, champ)]
            assert lue == {"nadia.roux@ilvm.example": "Nadia Roux"}.get(valeur, valeur) or lue in str(valeur)


def test_ce_qui_est_deja_ainsi_est_inchange_et_ce_qui_change_est_dit(monde):
    dates = {"date_debut": dt.date(2027, 2, 1), "date_fin": dt.date(2027, 2, 5)}
    monde.session("S1", action=monde.longue, garantie=False, **dates)
    csv = "Action;Session;Du;Au;Garantie\n88A-79-78490-XX;{};01/02/2027;{};non\n"
    (ligne,) = monde.plan(csv.format("s1", "05/02/2027")).lignes
    assert (ligne.decision, ligne.changements, ligne.anomalies) == (Decision.INCHANGEE, {}, [])
    (ligne,) = monde.plan(csv.format("S1", "06/02/2027")).lignes
    assert ligne.decision == Decision.MODIFICATION
    assert ligne.changements == {"date_fin": ["2027-02-05", "2027-02-06"]}
    assert ligne.en_json()["chemin"] == ["TSLO14-14247-98569", "88A-79-78490-XX", "S1"]


@pytest.mark.exigence("D-41")
def test_une_colonne_absente_ne_touche_rien_et_une_cellule_vide_vide(monde):
    session = monde.session("S1", action=monde.longue, modalites_particulieres="Le samedi")
    (ligne,) = monde.plan("Action;Session;Observations\n88A-79-78490-XX;S1;\n").lignes
    assert ligne.changements == {"modalites_particulieres": ["Le samedi", ""]}
    (ligne,) = monde.plan("Action;Session;Garantie\n88A-79-78490-XX;S1;\n").lignes
    assert ligne.decision == Decision.MODIFICATION and not ligne.validable
    executer(session, Operation.OUVRIR, par=monde.gestionnaire)
    (ligne,) = monde.plan("Action;Session;Garantie\n88A-79-78490-XX;S1;\n").lignes
    assert ligne.decision == Decision.ERREUR and "garantie" in phrases(ligne)


@pytest.mark.exigence("D-45")
def test_une_session_commencee_est_ignoree_ou_vient_en_brouillon(monde):
    csv = "Action;Session;Du;Au;Garantie\n88A-79-78490-XX;S1;01/12/2026;05/02/2027;oui\n"
    (ligne,) = monde.plan(csv).lignes
    assert ligne.decision == Decision.IGNOREE and "déjà commencé" in phrases(ligne)
    (ligne,) = monde.plan(csv, commencees=Commencees.BROUILLON).lignes
    assert ligne.decision == Decision.CREATION and not ligne.validable
    assert [a.code for a in ligne.anomalies if a.gravite == Gravite.BROUILLON] == ["30020"]


@pytest.mark.exigence("D-45")
def test_une_session_d_un_jour_suit_le_reglage(monde):
    csv = "Action;Session;Du;Au;Garantie\n88A-79-78490-XX;S1;01/02/2027;01/02/2027;oui\n"
    (ligne,) = monde.plan(csv).lignes
    assert ligne.decision == Decision.CREATION and [a.code for a in ligne.anomalies] == ["30020"]
    assert not ligne.validable and ligne.valeurs["date_fin"] is None


def test_les_memes_dates_avertissent_sans_refuser(monde):
    dates = {"date_debut": dt.date(2027, 2, 1), "date_fin": dt.date(2027, 2, 5)}
    monde.session("ANCIENNE", action=monde.longue, **dates)
    csv = "Action;Session;Du;Au;Garantie\n88A-79-78490-XX;S1;01/02/2027;05/02/2027;oui\n"
    (ligne,) = monde.plan(csv).lignes
    assert ligne.decision == Decision.CREATION and ligne.validable
    assert [a.code for a in ligne.anomalies] == ["10133"] and "ANCIENNE" in phrases(ligne)


def test_un_parent_inconnu_propose_ceux_qui_lui_ressemblent(monde):
    csv = "Offre;Action;Session;Du\n{};{};S1;01/02/2027\n"
    (ligne,) = monde.plan(csv.format("CARISTE-2025", "x")).lignes
    assert ligne.anomalies[0].propositions == ["CARISTE-2024"]
    (ligne,) = monde.plan(csv.format("", "CARISTE CRETEL")).lignes
    assert ligne.anomalies[0].propositions[0] == "CARISTE-CRETEIL"
    (ligne,) = monde.plan(csv.format("", "")).lignes
    assert "Il manque l'action" in phrases(ligne)


def test_une_fiche_archivee_n_est_pas_modifiee(monde):
    session = monde.session("S1", action=monde.longue, garantie=True)
    executer(session, Operation.ARCHIVER, par=monde.gestionnaire)
    (ligne,) = monde.plan("Action;Session;Garantie\n88A-79-78490-XX;S1;non\n").lignes
    assert ligne.decision == Decision.ERREUR and "archivée" in phrases(ligne)
    executer(monde.longue, Operation.ARCHIVER, par=monde.gestionnaire)
    (ligne,) = monde.plan("Action;Session;Garantie\n88A-79-78490-XX;S2;non\n").lignes
    assert ligne.decision == Decision.ERREUR and "archivée" in phrases(ligne)


def test_un_contact_inconnu_ou_ambigu_est_dit(monde):
    csv = "Action;Session;Contact\n88A-79-78490-XX;S1;{}\n"
    (ligne,) = monde.plan(csv.format("N. Roux")).lignes
    assert ligne.decision == Decision.ERREUR and ligne.anomalies[0].propositions == ["Nadia Roux"]
    (ligne,) = monde.plan(csv.format("roux nadia")).lignes
    assert ligne.valeurs["contact_inscription"] == "Nadia Roux"


def test_cinq_niveaux_dans_un_fichier_les_parents_d_abord(monde):
    """A session may name an action, a contact and an address that other lines of the file create."""
    action = {
        "modalites_entrees_sorties": "dates_fixes", "modalites_enseignement": "presentiel", "langue": "fr",
        "duree_totale": 40, "rythmes": ["en_journee"], "niveau_entree_obligatoire": False,
        "existence_prerequis": False, "modalites_admission": ["dossier"], "acces_handicapes": "Oui",
        "ttc_20": "1200.00", "frais_certif_inclus": "inclus", "lieu_de_formation": "Annexe",
        "contact_du_lieu": "Zoé Petit", "contact_information": "Zoé Petit",
    }  # fmt: skip
    textes = dict.fromkeys(("intitule", "points_forts", "objectif", "resultats_attendus", "contenu"), "Texte")
    lignes = [
        LigneLue(5, Niveau.SESSION, ("N1", "N1-A", "N1-A-1"), {
            "date_debut": "2027-02-01", "date_fin": "2027-02-05", "garantie": True,
            "contact_inscription": "zoe@ilvm.example", "adresse_inscription": "annexe",
        }),
        LigneLue(4, Niveau.ACTION, ("N1", "N1-A"), action),
        LigneLue(3, Niveau.OFFRE, ("N1",), {
            "type_offre": "certifiante", "certification": "RNCP1", "type_parcours": "mixte",
            "objectif_general": "certification", **textes,
        }),
        LigneLue(2, Niveau.ADRESSE, ("Annexe",), {
            "denomination": "Institut", "numero_voie": "3", "nature_voie": "RUE", "libelle_voie": "du Lac",
            "code_postal": "94000", "ville": "Créteil",
        }),
        LigneLue(1, Niveau.CONTACT, ("",), {
            "prenom": "Zoé", "nom": "Petit", "telephone_fixe": "0102030405", "courriel": "zoe@ilvm.example",
        }),
    ]  # fmt: skip
    plan = planifier(lignes, organisme=monde.organisme, par=monde.gestionnaire)
    assert [(ligne.decision, ligne.validable, phrases(ligne)) for ligne in plan.lignes] == [
        (Decision.CREATION, True, "")
    ] * 5
    assert plan.lignes[-1].chemin == ("Zoé Petit",)
    lignes[2].valeurs["type_parcours"] = "inconnu"
    plan = planifier(lignes, organisme=monde.organisme, par=monde.gestionnaire)
    assert [ligne.decision for ligne in plan.lignes[:3]] == [Decision.ERREUR] * 3
    assert "ligne 3, est en erreur" in phrases(plan.lignes[1])


def test_une_ouverture_demandee_n_est_que_notee(monde):
    csv = "Action;Session;Du;Au;Garantie;Ouverte\n88A-79-78490-XX;S1;01/02/2027;05/02/2027;oui;oui\n"
    (ligne,) = monde.plan(csv).lignes
    assert (ligne.decision, ligne.lue.demande) == (Decision.CREATION, "ouvrir")
    (ligne,) = monde.plan(csv.replace("oui;oui", "oui;non")).lignes
    assert ligne.lue.demande == ""


def test_un_lecteur_ne_planifie_rien(monde):
    lecteur = monde.personne("lecteur", Role.LECTEUR)
    with pytest.raises(PermissionDenied):
        planifier([], organisme=monde.organisme, par=lecteur)


def test_le_nombre_de_requetes_ne_depend_pas_des_lignes(monde):
    titres = "Offre;Action;Session;Du;Au;Garantie;Contact;Adresse;Observations"
    ligne = "{};{};S{};01/02/2027;05/02/2027;oui;nadia roux;siège;x"
    comptes = []
    for nombre in (10, 200):
        dites = [
            ligne.format("CARISTE-2024", "CARISTE-CRETEIL", rang)
            if rang % 2
            else ligne.format("", "INCONNUE", rang)
            for rang in range(nombre)
        ]
        with CaptureQueriesContext(connection) as requetes:
            plan = monde.plan("\n".join([titres, *dites]))
        assert plan.bilan["creations"] == plan.bilan["erreurs"] == nombre // 2
        comptes.append(len(requetes))
    assert comptes[0] == comptes[1] <= 20
    assert not Session.objects.exists()


def test_une_cellule_vide_sous_l_action_propose_celle_du_dessus(monde):
    csv = "Action;Session;Du\n88A-79-78490-XX;S1;01/02/2027\n;S2;08/02/2027\nidem;S3;15/02/2027\n"
    lignes = monde.plan(csv).lignes
    assert lignes[1].decision == Decision.ERREUR
    assert lignes[1].anomalies[0].propositions == ["88A-79-78490-XX"]
    assert lignes[2].chemin[1] == "88A-79-78490-XX"
