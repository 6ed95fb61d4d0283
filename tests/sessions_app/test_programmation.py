"""Tests of the planned openings and closings: ordered, cancelled, carried out once, late, refused (D-46)."""

import datetime as dt
import uuid

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from catalogue.annulation import annuler
from catalogue.cycle_de_vie import OperationRefusee, executer
from catalogue.ensemble import executer_ensemble
from edof.horloge import PARIS, a_l_instant, aujourd_hui, jour_de, maintenant
from organismes.courriels import envoyer_ce_qui_attend
from organismes.droits import Operation, Role
from organismes.models import Contact, Courriel, Membre
from organismes.models.remplacement import apercu, remplacer
from publication.models import Passage
from publication.passages import publier
from publication.tasks import publier_les_jours_dus
from publication.visibilite import publiques
from sessions_app.models import Programmation, Session
from sessions_app.programmation import deprogrammer, ecarter, programmer
from sessions_app.programmations_dues import executer_les_programmations
from tests.api.client import jeton_de
from tests.catalogue.test_concurrence import ensemble
from tests.conftest import Monde

pytestmark = [pytest.mark.django_db, pytest.mark.exigence("D-46")]

OUVRIR, FERMER = Operation.OUVRIR, Operation.FERMER
PREVUE, FAITE, REFUSEE, ANNULEE = Programmation.Etat


def dans(jours: int) -> dt.date:
    return aujourd_hui() + dt.timedelta(days=jours)


def a(jours: int, heure: int = 6):
    """Make the clock show that hour, that many days from now."""
    return a_l_instant(dt.datetime.combine(dans(jours), dt.time(heure), tzinfo=PARIS))


def relue(session: Session) -> Session:
    return Session.objects.select_related("action__offre").get(pk=session.pk)


def etats(session: Session) -> list[tuple[str, str]]:
    return list(session.programmations.order_by("pk").values_list("operation", "etat"))


def raisons(bilan) -> list[str]:
    return [refus.phrase for _, liste in bilan.refusees for refus in liste]


# --- Carried out ---


def test_ouverte_a_son_jour_et_visible_le_lendemain_matin(monde):
    session = monde.session()
    programmer([session], OUVRIR, dans(3), monde.gestionnaire)
    with a(2, 23):
        assert executer_les_programmations() == 0
    with a(3, 0):
        publier_les_jours_dus()
        assert relue(session).ouverte and relue(session).statut == "active"
        assert not publiques().exists()
    with a(4, 5):
        publier_les_jours_dus()
        assert [parution.session_id for parution in publiques()] == [session.pk]
    plan = session.programmations.get()
    assert (plan.etat, plan.raison, jour_de(plan.close_le), plan.en_retard) == (FAITE, "", dans(3), False)


def test_fermee_le_matin_avant_la_publication_du_jour(monde):
    session = monde.session(ouverte=True)
    with a(1):
        publier_les_jours_dus()
        assert publiques().count() == 1
    programmer([session], FERMER, dans(2), monde.gestionnaire)
    with a(2, 0):
        publier_les_jours_dus()
        assert not relue(session).ouverte and not publiques().exists()
    assert Passage.objects.filter(jour=dans(2)).count() == 0


def test_l_historique_dit_qui_l_a_programmee_et_pour_quand(monde):
    session = monde.session()
    with a(0, 9):
        programmer([session], OUVRIR, dans(2), monde.gestionnaire)
    with a(4):
        executer_les_programmations()
    ligne = Session.pgh_event_model.objects.filter(pgh_obj_id=session.pk).latest("pgh_id")
    assert ligne.pgh_context.metadata == {
        "operation": "ouvrir",
        "origine": "tache",
        "utilisateur": monde.gestionnaire.pk,
        "programmee_le": dans(0).isoformat(),
        "prevue_pour": dans(2).isoformat(),
    }
    evenements = Programmation.pgh_event_model.objects.order_by("pgh_id")
    assert list(evenements.values_list("pgh_label", "etat")) == [("insert", PREVUE), ("update", FAITE)]


def test_arretee_deux_jours_la_ronde_fait_tout_dans_l_ordre_et_le_dit(monde):
    premiere, seconde = monde.session("un"), monde.session("deux")
    publier(aujourd_hui(), par="test")
    programmer([premiere, seconde], OUVRIR, dans(1), monde.gestionnaire)
    programmer([seconde], FERMER, dans(2), monde.gestionnaire)
    with a(3, 8):
        publier_les_jours_dus()
        assert (relue(premiere).ouverte, relue(seconde).ouverte) == (True, False)
        assert etats(seconde) == [("ouvrir", FAITE), ("fermer", FAITE)]
        assert premiere.programmations.get().en_retard
        assert [plan.pk for plan in premiere.programmations.a_montrer()] == [premiere.programmations.get().pk]
    jours = Passage.objects.order_by("jour").values_list("jour", flat=True)
    assert list(jours) == [dans(n) for n in range(4)]
    phrase = premiere.programmations.get().phrase
    assert phrase.startswith("Ouverture prévue le ") and ", faite le " in phrase
    # The runs of the days that were missed read the catalogue as it was: nothing appears before tomorrow.
    with a(3, 9):
        assert not publiques().exists()


def test_une_horloge_en_avance_n_execute_rien(monde, settings):
    settings.PUBLICATION_JOURS_AU_PLUS = 31
    publier(aujourd_hui(), par="test")
    session = monde.session(date_debut=dans(200), date_fin=dans(210))
    programmer([session], OUVRIR, dans(90), monde.gestionnaire)
    with a(100):
        publier_les_jours_dus()
    assert etats(session) == [("ouvrir", PREVUE)]


@pytest.mark.django_db(transaction=True)
def test_deux_rondes_en_meme_temps_n_en_font_qu_une():
    monde = Monde()
    sessions = [monde.session(f"s{rang}") for rang in range(20)]
    programmer(sessions, OUVRIR, dans(1), monde.gestionnaire)

    def ronde():
        with a(1):
            executer_les_programmations()

    assert ensemble(*[ronde] * 4) == [None] * 4
    assert Session.objects.filter(ouverte=True).count() == 20
    assert Session.pgh_event_model.objects.filter(ouverte=True).count() == 20
    assert set(Programmation.objects.values_list("etat", "raison")) == {(FAITE, "")}


@pytest.mark.django_db(transaction=True)
def test_modifier_pendant_la_ronde_annule_ou_vient_apres():
    """Whoever comes first wins, without deadlock: a plan is carried out, or cancelled, never both."""
    monde = Monde()
    sessions = [monde.session(f"s{rang}") for rang in range(12)]
    programmer(sessions, OUVRIR, dans(1), monde.gestionnaire)

    def ronde():
        with a(1):
            executer_les_programmations()

    def modifier():
        with a(1):
            for session in reversed(sessions):
                monde_relu = Session.objects.get(pk=session.pk)
                executer(
                    monde_relu, Operation.MODIFIER, par=monde.gestionnaire,
                    valeurs={"modalites_particulieres": "<p>Le samedi</p>"},
                )  # fmt: skip

    def programmer_encore():
        programmer(sessions, FERMER, dans(9), monde.gestionnaire)

    assert ensemble(ronde, modifier, ronde, programmer_encore) == [None] * 4
    for session in sessions:
        plan = session.programmations.get(operation="ouvrir")
        assert relue(session).ouverte == (plan.etat == FAITE)
        assert plan.etat in {FAITE, ANNULEE}


# --- Refused ---


def test_une_personne_retiree_entre_temps_n_ouvre_plus_rien(monde):
    partie = monde.personne("partie", Role.GESTIONNAIRE)
    session = monde.session()
    programmer([session], OUVRIR, dans(1), partie)
    Membre.objects.get(utilisateur=partie).delete()
    with a(1):
        executer_les_programmations()
        executer_les_programmations()
        envoyer_ce_qui_attend()
    plan = session.programmations.get()
    assert (plan.etat, plan.raison) == (REFUSEE, f"{partie} ne fait plus partie de l'organisme.")
    assert not relue(session).ouverte
    # Who has left learns nothing more of the organisme: its gestionnaires do, once.
    assert [message.to for message in mail.outbox] == [[monde.gestionnaire.courriel]]
    assert plan.raison in mail.outbox[0].body and "s1" in mail.outbox[0].subject


@pytest.mark.parametrize("quoi", ["role", "inactif", "compte", "jeton"])
def test_les_droits_sont_ceux_du_jour_meme(monde, quoi):
    personne = monde.personne("claire", Role.GESTIONNAIRE)
    jeton, _ = jeton_de(monde)
    session = monde.session()
    programmer([session], OUVRIR, dans(1), jeton if quoi == "jeton" else personne)
    if quoi == "role":
        Membre.objects.filter(utilisateur=personne).update(role=Role.REDACTEUR)
        attendue = f"Le rôle de {personne} ne permet plus d'ouvrir à l'inscription."
    elif quoi == "inactif":
        personne.is_active = False
        personne.save()
        attendue = f"Le compte de {personne} est désactivé."
    elif quoi == "compte":
        personne.delete()
        attendue = "Le compte de la personne qui l'a programmée n'existe plus."
    else:
        jeton.revoquer(monde.gestionnaire)
        attendue = f"Le jeton « {jeton.nom} » est révoqué ou périmé."
    with a(1):
        executer_les_programmations()
    assert list(session.programmations.values_list("etat", "raison")) == [(REFUSEE, attendue)]


def test_un_refus_est_dit_a_son_auteur_en_un_seul_e_mail(monde):
    claire = monde.personne("claire", Role.GESTIONNAIRE)
    sessions = [monde.session(f"s{rang}") for rang in range(3)]
    programmer(sessions, OUVRIR, dans(1), claire)
    executer(monde.action, Operation.MODIFIER, par=claire, valeurs={"langue": ""})
    with a(1):
        executer_les_programmations()
        executer_les_programmations()
    courriel = Courriel.objects.get()
    assert (courriel.a, courriel.objet) == (claire.courriel, "3 programmations refusées")
    assert courriel.corps.count("est en brouillon") == 3
    assert {plan.prevenue for plan in Programmation.objects.all()} == {True}
    # What was refused has never been said to be done.
    assert not Programmation.pgh_event_model.objects.filter(etat=FAITE).exists()
    assert Programmation.objects.refusees().count() == 3
    ecarter(sessions[0], monde.gestionnaire)
    programmer([sessions[1]], OUVRIR, dans(2), monde.gestionnaire)
    assert [plan.session_id for plan in Programmation.objects.refusees()] == [sessions[2].pk]


def test_reparee_et_ouverte_le_refus_disparait(monde):
    session = monde.session()
    programmer([session], OUVRIR, dans(1), monde.gestionnaire)
    executer(monde.action, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"langue": ""})
    with a(1):
        executer_les_programmations()
        assert Programmation.objects.refusees().count() == 1
        executer(monde.action, Operation.VALIDER, par=monde.gestionnaire, valeurs={"langue": "fr"})
        executer(relue(session), OUVRIR, par=monde.gestionnaire)
    assert not Programmation.objects.refusees().exists()


def test_une_erreur_n_arrete_pas_les_autres_et_sera_reprise(monde):
    sessions = [monde.session(f"s{rang}") for rang in range(3)]
    programmer(sessions, OUVRIR, dans(1), monde.gestionnaire)
    with connection.cursor() as curseur:
        curseur.execute(
            "CREATE FUNCTION refuser() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF NEW.id = {sessions[1].pk} THEN RAISE EXCEPTION 'non'; END IF; RETURN NEW; END $$;"
            " CREATE TRIGGER refuser BEFORE UPDATE ON sessions_app_session FOR EACH ROW EXECUTE FUNCTION"
            " refuser()"
        )
        with a(1):
            assert executer_les_programmations() == 2
            curseur.execute("DROP TRIGGER refuser ON sessions_app_session")
            assert executer_les_programmations() == 1
    assert Session.objects.filter(ouverte=True).count() == 3


def test_pour_beaucoup_de_programmations_la_ronde_fait_autant_de_requetes(monde):
    """Some are carried out, some refused each for its own reason, some are already as ordered."""
    monde.session("avant", ouverte=True)
    nombres = []
    for combien in (3, 24):
        sessions = [monde.session(f"{combien}-{rang}") for rang in range(combien)]
        programmer(sessions, OUVRIR, dans(1), monde.gestionnaire)
        for rang, session in enumerate(sessions):
            if rang % 3 == 0:
                Session.objects.filter(pk=session.pk).update(date_debut=dans(-rang))
            if rang % 3 == 1:
                ouverte = {"statut": "active", "ouverte": True, "ouverte_depuis": maintenant()}
                Session.objects.filter(pk=session.pk).update(**ouverte)
        with a(1), CaptureQueriesContext(connection) as requetes:
            assert executer_les_programmations() == combien
        assert [etat for session in sessions for _, etat in etats(session)] == (
            [REFUSEE, ANNULEE, FAITE] * (combien // 3)
        )
        assert [relue(session).ouverte for session in sessions] == [False, True, True] * (combien // 3)
        nombres.append(len(requetes))
    assert nombres[0] == nombres[1] <= 36, nombres


def test_les_programmations_d_auteurs_differents_gardent_leur_auteur(monde):
    claire = monde.personne("claire", Role.GESTIONNAIRE)
    sessions = [monde.session(f"s{rang}") for rang in range(4)]
    for rang, session in enumerate(sessions):
        programmer([session], OUVRIR, dans(1), [monde.gestionnaire, claire][rang % 2])
    with a(1):
        assert executer_les_programmations() == 4
    for rang, session in enumerate(sessions):
        ligne = Session.pgh_event_model.objects.filter(pgh_obj_id=session.pk).latest("pgh_id")
        attendu = [monde.gestionnaire, claire][rang % 2].pk
        assert ligne.pgh_context.metadata["utilisateur"] == attendu


# --- Ordered ---


def test_pour_beaucoup_de_sessions_le_nombre_de_requetes_ne_change_pas(monde):
    nombres = []
    for combien in (2, 30):
        sessions = [monde.session(f"{combien}-{rang}") for rang in range(combien)]
        programmer(sessions[:1], OUVRIR, dans(9), monde.gestionnaire)
        with CaptureQueriesContext(connection) as requetes:
            bilan = programmer(sessions, OUVRIR, dans(3), monde.gestionnaire)
        assert len(bilan.programmees) == combien
        with CaptureQueriesContext(connection) as annulation:
            assert len(deprogrammer(sessions, [OUVRIR, FERMER], monde.gestionnaire)) == combien
        nombres.append((len(requetes), len(annulation)))
    assert nombres[0] == nombres[1]
    assert sum(nombres[1]) <= 16


def test_un_autre_jour_remplace_le_premier_et_le_meme_ne_fait_rien(monde):
    session = monde.session()
    programmer([session], OUVRIR, dans(3), monde.gestionnaire)
    bilan = programmer([session], OUVRIR, dans(3), monde.personne("b", Role.GESTIONNAIRE))
    assert (bilan.programmees, bilan.deja) == ([], [session])
    assert session.programmations.get().par == monde.gestionnaire
    programmer([session], OUVRIR, dans(5), monde.gestionnaire)
    assert session.programmations.get().jour == dans(5)
    with a(3):
        assert executer_les_programmations() == 0


def test_ce_qui_ne_se_programme_pas(monde):
    par = monde.gestionnaire
    validee, ouverte = monde.session("validee"), monde.session("ouverte", ouverte=True)
    brouillon = executer(
        Session(action=monde.action, organisme=monde.organisme),
        Operation.MODIFIER, par=par, valeurs={"identifiant": "brouillon"},
    )  # fmt: skip
    archivee = executer(monde.session("archivee"), Operation.ARCHIVER, par=par)
    for jour in (dans(0), dans(-3), dans(366 * 5)):
        with pytest.raises(OperationRefusee):
            programmer([validee], OUVRIR, jour, par)
    bilan = programmer([validee, ouverte, brouillon, archivee], OUVRIR, dans(3), par)
    assert bilan.programmees == [validee]
    assert [session.identifiant for session, _ in bilan.refusees] == ["ouverte", "brouillon", "archivee"]
    assert "déjà ouverte" in raisons(bilan)[0] and "validez-la" in raisons(bilan)[1]
    assert "commence le" in raisons(programmer([monde.session("tard")], OUVRIR, dans(60), par))[0]
    assert "déjà fermée" in raisons(programmer([monde.session("close")], FERMER, dans(5), par))[0]
    assert "après" in raisons(programmer([validee], FERMER, dans(3), par))[0]
    assert not programmer([validee], FERMER, dans(4), par).refusees
    assert "avant" in raisons(programmer([validee], OUVRIR, dans(4), par))[0]
    programmer([ouverte], FERMER, dans(3), par)
    assert not programmer([ouverte], OUVRIR, dans(6), par).refusees
    with a(7):
        executer_les_programmations()
    assert relue(ouverte).ouverte and not relue(validee).ouverte


def test_qui_peut_programmer(monde):
    session = monde.session()
    autre = Monde("Autre", "52345678900017")
    for personne in (monde.personne("r", Role.REDACTEUR), autre.gestionnaire):
        with pytest.raises(PermissionDenied):
            programmer([session], OUVRIR, dans(3), personne)
    programmer([session], OUVRIR, dans(3), monde.gestionnaire)
    with pytest.raises(PermissionDenied):
        deprogrammer([session], [OUVRIR], autre.gestionnaire)
    assert etats(session) == [("ouvrir", PREVUE)]


def test_une_seule_programmation_en_attente_par_session_et_operation(monde):
    session = monde.session()
    programmer([session], OUVRIR, dans(3), monde.gestionnaire)
    double = Programmation(session=session, organisme=monde.organisme, operation="ouvrir", jour=dans(4))
    with pytest.raises(IntegrityError), transaction.atomic():
        double.save()


# --- Cancelled ---


def test_annulee_a_la_main(monde):
    session = monde.session()
    programmer([session], OUVRIR, dans(3), monde.gestionnaire)
    (annulee,) = deprogrammer([session], [OUVRIR], monde.gestionnaire)
    assert annulee.jour == dans(3)
    assert deprogrammer([session], [OUVRIR], monde.gestionnaire) == []
    plan = session.programmations.get()
    assert (plan.etat, plan.raison) == (ANNULEE, f"Annulée par {monde.gestionnaire}.")
    with a(4):
        assert executer_les_programmations() == 0


def test_modifier_la_session_annule_ce_qui_etait_prevu_et_le_dit(monde):
    session = monde.session()
    programmer([session], OUVRIR, dans(3), monde.gestionnaire)
    programmer([session], FERMER, dans(9), monde.gestionnaire)
    intacte = executer(relue(session), Operation.VALIDER, par=monde.gestionnaire, valeurs={"garantie": True})
    assert intacte.suites == () and etats(session) == [("ouvrir", PREVUE), ("fermer", PREVUE)]
    faite = executer(relue(session), Operation.MODIFIER, par=monde.gestionnaire, valeurs={"garantie": False})
    assert [phrase.split(" programmée")[0] for phrase in faite.suites] == ["Ouverture", "Fermeture"]
    assert etats(session) == [("ouvrir", ANNULEE), ("fermer", ANNULEE)]
    assert {plan.raison for plan in session.programmations.all()} == {"La session a été modifiée."}


@pytest.mark.parametrize("niveau", ["session", "action", "offre"])
def test_archiver_la_session_ou_ce_qui_la_contient_annule_et_le_dit(monde, niveau):
    sessions = [monde.session(f"s{rang}") for rang in range(3)]
    programmer(sessions, OUVRIR, dans(3), monde.gestionnaire)
    fiche = {"session": sessions[0], "action": monde.action, "offre": monde.offre}[niveau]
    archivee = executer(fiche, Operation.ARCHIVER, par=monde.gestionnaire)
    assert archivee.suites and "annulée" in archivee.suites[0]
    attendus = [ANNULEE, *[PREVUE if niveau == "session" else ANNULEE] * 2]
    assert [session.programmations.get().etat for session in sessions] == attendus
    annuler(archivee.contexte, organisme_id=monde.organisme.pk, par=monde.gestionnaire)
    assert [session.programmations.get().etat for session in sessions] == [PREVUE] * 3


@pytest.mark.exigence("D-48")
@pytest.mark.parametrize("operation", [Operation.ARCHIVER, Operation.SUPPRIMER])
def test_annuler_ne_rend_pas_ce_dont_le_jour_est_passe(monde, operation):
    session = monde.session()
    programmer([session], OUVRIR, dans(3), monde.gestionnaire)
    programmer([session], FERMER, dans(9), monde.gestionnaire)
    faite = executer(relue(session), operation, par=monde.gestionnaire)
    with a(5):
        annuler(faite.contexte, organisme_id=monde.organisme.pk, par=monde.gestionnaire)
    assert etats(session) == [("ouvrir", ANNULEE), ("fermer", PREVUE)]


@pytest.mark.parametrize("operation", [Operation.MODIFIER, Operation.ARCHIVER, OUVRIR])
def test_une_operation_sur_beaucoup_annule_aussi_en_autant_de_requetes(monde, operation):
    monde.session("avant", ouverte=True)
    nombres = []
    for combien in (2, 12):
        sessions = [monde.session(f"{operation}-{combien}-{rang}") for rang in range(combien)]
        programmer(sessions, OUVRIR, dans(3), monde.gestionnaire)
        with CaptureQueriesContext(connection) as requetes:
            executer_ensemble(
                Session, {session.pk: session.version for session in sessions}, operation,
                organisme_id=monde.organisme.pk, par=monde.gestionnaire, contexte=uuid.uuid4(),
                parametres=lambda _: {"valeurs": {"garantie": False}} if operation == "modifier" else {},
            )  # fmt: skip
        assert {etat for session in sessions for _, etat in etats(session)} == {ANNULEE}
        nombres.append(len(requetes))
    assert nombres[0] == nombres[1]


def test_ouvrir_sans_attendre_n_annule_que_l_ouverture(monde):
    session = monde.session()
    programmer([session], OUVRIR, dans(3), monde.gestionnaire)
    programmer([session], FERMER, dans(9), monde.gestionnaire)
    executer(relue(session), OUVRIR, par=monde.gestionnaire)
    assert etats(session) == [("ouvrir", ANNULEE), ("fermer", PREVUE)]
    executer(relue(session), FERMER, par=monde.gestionnaire)
    assert etats(session) == [("ouvrir", ANNULEE), ("fermer", ANNULEE)]


def test_ce_qui_ne_change_pas_la_session_elle_meme_n_annule_rien(monde):
    session = monde.session()
    programmer([session], OUVRIR, dans(3), monde.gestionnaire)
    executer(monde.action, Operation.VALIDER, par=monde.gestionnaire, valeurs={"duree_totale": 401})
    nouveau = Contact.objects.create(
        organisme=monde.organisme, prenom="Nadia", nom="Roux", telephone_fixe="0149800000",
        courriel="n@ilvm.example",
    )  # fmt: skip
    vu = apercu(monde.contact, nouveau).empreinte
    remplacer(monde.contact, nouveau, vu=vu, par=monde.gestionnaire)
    assert relue(session).contact_inscription == nouveau and etats(session) == [("ouvrir", PREVUE)]


def test_supprimer_la_session_emporte_ce_qui_etait_prevu(monde):
    session = monde.session()
    programmer([session], OUVRIR, dans(3), monde.gestionnaire)
    executer(relue(session), Operation.SUPPRIMER, par=monde.gestionnaire)
    with a(3):
        assert executer_les_programmations() == 0
    assert not Programmation.objects.exists()
