"""An import from its rows: applied by sets, resumed, undone with its three lists, forgotten."""

import datetime as dt
import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import Statut, executer
from echanges import execution, relecture
from echanges.execution import _avancer, annuler, avancer_un_import, demander
from echanges.models import Etat, Import, Mode, Retour
from echanges.preparation import deposer, preparer
from echanges.tasks import avancer_les_imports, oublier_les_imports
from edof.horloge import a_l_instant, maintenant
from lots.models import Issue
from organismes.droits import Operation, Role
from organismes.models import Contact
from sessions_app.models import Session
from tests.echanges.monde import FICHIERS, LE_JOUR, MondeDesFichiers
from tests.lots.monde import photo

TITRES = "Action;Session;Du;Au;Garantie\n"
LIGNE = "88A-79-78490-XX;{};01/02/2027;{};oui\n"


@pytest.fixture
def monde(db, settings):
    settings.EDOF_AUJOURDHUI = LE_JOUR
    return MondeDesFichiers()


def depot(monde: MondeDesFichiers, contenu: str | bytes, nom: str = "p.csv", **options: Any) -> Import:
    """Return an import that is read and planned."""
    octets = contenu.encode() if isinstance(contenu, str) else contenu
    importation = Import(organisme=monde.organisme, par=monde.gestionnaire, nom=nom, **options)
    preparer(deposer(importation, [octets]))
    return importation


def faire(importation: Import, mode: str = Mode.VALIDES) -> Import:
    """Apply an import whole, and return it."""
    assert demander(importation, mode=mode)
    avancer_un_import(importation.pk)
    importation.refresh_from_db()
    return importation


def defaire(importation: Import) -> Import:
    """Undo an import whole, and return it."""
    assert annuler(importation, par=importation.par)
    avancer_un_import(importation.pk)
    importation.refresh_from_db()
    return importation


def test_les_lignes_valides_s_ecrivent_et_le_meme_fichier_ne_change_plus_rien(monde):
    nom = "01-simple-utf8-bom.csv"
    octets = (FICHIERS / nom).read_bytes()
    importation = faire(depot(monde, octets, nom))
    assert importation.etat == Etat.APPLIQUE
    assert importation.bilan == {
        "creees": 4, "validees": 4, "modifiees": 0, "refusees": 2, "inchangees": 0, "laissees": 0
    }  # fmt: skip
    assert set(Session.objects.values_list("statut", "ouverte")) == {(Statut.VALIDEE, False)}
    encore = depot(monde, octets, nom)
    assert encore.decisions() == {
        "creation": 0, "modification": 0, "inchangee": 4, "erreur": 2, "ignoree": 0
    }  # fmt: skip
    assert encore.deja_applique() == importation
    historique = Session.pgh_event_model.objects.filter(pgh_context_id=importation.contexte)
    assert historique.count() == 4
    assert historique.first().pgh_context.metadata["origine"] == "import"


@pytest.mark.exigence("D-42")
def test_une_session_incomplete_vient_en_brouillon(monde):
    faire(depot(monde, TITRES + LIGNE.format("S1", "05/02/2027").replace("oui", "")))
    assert Session.objects.get().statut == Statut.BROUILLON


def test_tout_ou_rien_n_ecrit_rien_quand_une_ligne_est_refusee(monde):
    importation = depot(monde, TITRES + LIGNE.format("S1", "05/02/2027") + LIGNE.format("S2", "06/02/2027"))
    monde.session("s2", action=monde.longue)
    importation = faire(importation, Mode.TOUT)
    assert importation.etat == Etat.PLANIFIE and "Ligne 3" in importation.refus
    assert Session.objects.count() == 1


@pytest.mark.exigence("D-40")
def test_ce_qui_a_bouge_depuis_le_plan_n_est_pas_ecrase(monde):
    session = monde.session("S1", action=monde.longue, garantie=False)
    importation = depot(monde, "Action;Session;Garantie\n88A-79-78490-XX;S1;oui\n")
    valeurs = {"modalites_particulieres": "Le samedi"}
    executer(session, Operation.MODIFIER, par=monde.gestionnaire, valeurs=valeurs)
    importation = faire(importation)
    (ligne,) = importation.lignes.all()
    assert (ligne.issue, ligne.code) == (Issue.REFUSEE, "changee")
    session.refresh_from_db()
    assert session.garantie is False
    faire(depot(monde, "Action;Session;Garantie\n88A-79-78490-XX;S1;oui\n"))
    session.refresh_from_db()
    assert session.garantie is True and session.modalites_particulieres == "Le samedi"


def test_un_droit_perdu_depuis_le_plan_refuse(monde):
    redacteur = monde.personne("redacteur", Role.REDACTEUR)
    importation = depot(monde, TITRES + LIGNE.format("S1", "05/02/2027"))
    assert demander(importation, mode=Mode.VALIDES, par=redacteur)
    redacteur.membres.update(role=Role.LECTEUR)
    avancer_un_import(importation.pk)
    assert importation.lignes.get().issue == Issue.REFUSEE
    assert not Session.objects.exists()


@pytest.mark.exigence("D-48")
def test_l_annulation_remet_garde_et_nomme(monde):
    """The second file changes the first one's sessions: undoing it brings back what the first one made."""
    ancienne = monde.session("S0", action=monde.longue, garantie=False)
    faire(depot(monde, TITRES + LIGNE.format("U-1", "05/02/2027") + LIGNE.format("U-2", "05/02/2027")))
    avant = photo()
    lignes = [LIGNE.format(nom, "06/02/2027") for nom in ("U-1", "U-2", "U-3", "U-4", "S0")]
    importation = faire(depot(monde, TITRES + "".join(lignes)))
    assert importation.bilan["creees"] == 2 and importation.bilan["modifiees"] == 3
    u2, u4 = Session.objects.get(identifiant="U-2"), Session.objects.get(identifiant="U-4")
    for session in (u2, u4):
        valeurs = {"modalites_particulieres": "Le samedi"}
        executer(session, Operation.MODIFIER, par=monde.gestionnaire, valeurs=valeurs)
    executer(ancienne, Operation.SUPPRIMER, par=monde.gestionnaire)
    importation = defaire(importation)
    assert importation.etat == Etat.ANNULE
    retours = {ligne.nom: ligne.retour for ligne in importation.lignes.all()}
    assert retours == {
        "U-1": Retour.REMISE, "U-2": Retour.GARDEE, "U-3": Retour.REMISE, "U-4": Retour.GARDEE,
        "S0": Retour.IMPOSSIBLE,
    }  # fmt: skip
    ensuite = {cle: fiche for cle, fiche in photo().items() if cle != ("session", u4.pk)}
    attendu = {cle: fiche for cle, fiche in avant.items() if cle != ("session", ancienne.pk)}
    cle = ("session", u2.pk)
    assert ensuite.pop(cle)["modalites_particulieres"] == "Le samedi" and attendu.pop(cle)
    # A modification dates the typing of the dates; the undoing brings it back too.
    assert ensuite == attendu


def test_contacts_et_adresses_s_ecrivent_se_changent_et_se_retirent(monde):
    csv = "Nom;Prénom;Courriel;Téléphone fixe;Fonction\n"
    csv += "Roux;Nadia;nadia.roux@ilvm.example;0149800012;Référente\nPetit;Zoé;zoe@ilvm.example;0149800013;\n"
    importation = faire(depot(monde, csv))
    assert importation.bilan["creees"] == importation.bilan["modifiees"] == 1
    monde.nadia.refresh_from_db()
    assert monde.nadia.fonction == "Référente"
    assert Contact.objects.get(nom="Petit").identifiant == "Zoé Petit"
    defaire(importation)
    monde.nadia.refresh_from_db()
    assert monde.nadia.fonction == "" and not Contact.objects.filter(nom="Petit").exists()


def test_un_ensemble_interrompu_est_refait_une_fois(monde, monkeypatch):
    """Whatever the set after which a worker stops, the next one goes on, and nothing is done twice."""
    monkeypatch.setattr(execution, "TAILLE", 3)
    importation = depot(monde, TITRES + "".join(LIGNE.format(f"S{n}", "05/02/2027") for n in range(8)))
    demander(importation, mode=Mode.VALIDES)
    assert _avancer(importation.pk)
    assert Session.objects.count() == 3
    appliquer, appels = execution.appliquer, []

    def tuer(*args: Any, **options: Any) -> None:
        appliquer(*args, **options)
        appels.append(1)
        raise KeyboardInterrupt

    monkeypatch.setattr(execution, "appliquer", tuer)
    with pytest.raises(KeyboardInterrupt):
        _avancer(importation.pk)
    assert Session.objects.count() == 3
    monkeypatch.setattr(execution, "appliquer", appliquer)
    avancer_les_imports()
    importation.refresh_from_db()
    assert importation.etat == Etat.APPLIQUE and importation.bilan["creees"] == 8 == Session.objects.count()


def test_le_nombre_de_requetes_d_un_ensemble_ne_depend_pas_des_lignes(monde):
    comptes = []
    for depart, nombre in ((0, 5), (5, 100)):
        noms = range(depart, depart + nombre)
        importation = depot(monde, TITRES + "".join(LIGNE.format(f"S{n}", "05/02/2027") for n in noms))
        demander(importation, mode=Mode.VALIDES)
        with CaptureQueriesContext(connection) as requetes:
            _avancer(importation.pk)
        comptes.append(len(requetes))
    assert comptes[0] == comptes[1]
    assert Session.objects.count() == 105


def test_le_fichier_et_les_lignes_sont_oublies_apres_trente_jours(monde):
    importation = faire(depot(monde, TITRES + LIGNE.format("S1", "05/02/2027")))
    oublier_les_imports()
    assert importation.morceaux.exists() and importation.lignes.exists()
    with a_l_instant(maintenant() + dt.timedelta(days=31)):
        oublier_les_imports()
    importation.refresh_from_db()
    assert not importation.morceaux.exists() and not importation.lignes.exists()
    assert importation.bilan["creees"] == 1 and not annuler(importation, par=monde.gestionnaire)


def commande(*args: str, **options: Any) -> tuple[int, str]:
    """Return the exit code of the command, and what it prints."""
    sortie = io.StringIO()
    with pytest.raises(SystemExit) as fin:
        call_command("importer", *args, stdout=sortie, **options)
    return int(fin.value.code or 0), sortie.getvalue()


def test_la_commande_dit_le_plan_puis_l_applique(monde, tmp_path):
    fichier = FICHIERS / "01-simple-utf8-bom.csv"
    options = {"organisme": monde.organisme.siret, "json": True}
    code, dit = commande(str(fichier), simulation=True, appliquer="valides", **options)
    plan = json.loads(dit)
    assert code == 1 and not Session.objects.exists()
    assert plan["bilan"] == {
        "creations": 4, "modifications": 0, "inchangees": 0, "erreurs": 2, "ignorees": 0
    }  # fmt: skip
    assert list(plan) == ["format", "encodage", "separateur", "bilan", "refus", "lignes"]
    cles = "ligne chemin niveau decision validable valeurs changements anomalies"
    assert list(plan["lignes"][0]) == cles.split()
    assert list(plan["lignes"][4]["anomalies"][0]) == ["code", "gravite", "champ", "valeur", "phrase"]
    assert commande(str(fichier), appliquer="tout", **options)[0] == 1
    assert not Session.objects.exists()
    assert commande(str(fichier), appliquer="valides", **options)[0] == 1
    assert Session.objects.count() == 4
    assert Import.objects.get().bilan["creees"] == 4
    faux = tmp_path / "x.xls"
    faux.write_bytes(b"<html></html>")
    code, dit = commande(str(faux), **options)
    assert code == 2 and "page web" in json.loads(dit)["refus"]


OFFRES = (
    "Offre;Type d'action;Certification;Intitulé de la formation;Points forts;Objectif de la formation;"
    "Résultats attendus;Contenu de la formation;Type de parcours;Objectif général de la formation\n"
    "N1;Formation certifiante;RNCP1;Titre;Un;Deux;Trois;Quatre;Mixte;Certification\n"
)
ACTIONS = (
    "Offre;Action;Modalités d'entrées ou de sorties;Modalités d'enseignement;Durée totale en heures;Langue"
    " d'enseignement;Rythme de la formation;TTC à 20 %;Lieu de formation;Accessibilité aux personnes en"
    " situation de handicap\nN1;N1-A;dates_fixes;presentiel;40 h;fr;en_journee;1 200,00 €;siège;Oui\n"
)


def test_offres_et_actions_s_ecrivent_et_se_retirent(monde):
    """The parents that a later file has filled are kept by the undoing of theirs, and it says why."""
    offres = depot(monde, OFFRES)
    assert offres.decisions()["erreur"] == 0, offres.lignes.get().anomalies
    offres = faire(offres)
    actions = faire(depot(monde, ACTIONS))
    sessions = faire(depot(monde, "Offre;Action;Session;Garantie\nN1;N1-A;N1-A-1;oui\n"))
    assert [i.bilan["creees"] for i in (offres, actions, sessions)] == [1, 1, 1]
    action = monde.organisme.actions.get(identifiant="N1-A")
    assert (action.duree_totale, action.total_ttc, action.statut) == (40, 1200, Statut.BROUILLON)
    assert defaire(offres).lignes.get().retour == Retour.GARDEE
    assert defaire(sessions).lignes.get().retour == Retour.REMISE
    assert defaire(actions).lignes.get().retour == Retour.REMISE
    assert not monde.organisme.actions.filter(identifiant="N1-A").exists()


@pytest.mark.exigence("D-40")
def test_une_session_neuve_est_ecrite_telle_que_planifiee_ou_planifiee_de_nouveau(monde, monkeypatch):
    contenu = TITRES + LIGNE.format("S1", "05/02/2027") + LIGNE.format("S2", "06/02/2027")
    planifies = []
    vrai = relecture.planifier
    monkeypatch.setattr(relecture, "planifier", lambda *a, **o: planifies.append(1) or vrai(*a, **o))
    importation = depot(monde, contenu)
    with a_l_instant(maintenant() + dt.timedelta(90)):
        # Both have started since: the whole set is planned again, and says it.
        refusees = faire(importation)
    assert planifies and set(refusees.lignes.values_list("issue", flat=True)) == {Issue.REFUSEE}
    planifies.clear()
    faire(depot(monde, contenu))
    assert not planifies
    session = Session.objects.get(identifiant="S1")
    assert (session.statut, session.garantie, session.date_fin) == (
        Statut.VALIDEE, True, dt.date(2027, 2, 5)
    )  # fmt: skip
    assert session.contact_inscription == monde.contact and session.dates_saisies_le == LE_JOUR
