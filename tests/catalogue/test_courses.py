"""Tests of race conditions in a chosen order.

The first transaction stays open until the second one waits for it, then ends. Everything goes through the
pages, as for two users on two computers. The response is in French, never an error 500, and the data stay
consistent.
"""

import datetime as dt
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import OperationalError, connection, transaction
from django.test import Client

from catalogue.annulation import annuler
from catalogue.cycle_de_vie import OperationRefusee, executer
from catalogue.models import Action, Offre
from catalogue.models.fiche import niveaux
from edof.horloge import aujourd_hui
from organismes.droits import Operation
from organismes.models import Contact
from organismes.models.remplacement import ApercuPerime, apercu, remplacer
from publication.passages import publier
from sessions_app.models import Session
from sessions_app.programmation import programmer
from tests.bureau.test_a_plusieurs import champs_de
from tests.conftest import Monde
from tests.outils import source as texte

pytestmark = pytest.mark.django_db(transaction=True)
# An endless wait must raise an error, not block the test.
DELAIS = "SET lock_timeout = '20s'; SET statement_timeout = '30s'"


def pendant(
    premiere: Callable[[], Any], seconde: Callable[[], Any], puis: Callable[[], Any] = lambda: None
) -> Any:
    """Run `premiere`; before it is committed, start `seconde` and wait until it blocks or ends; run `puis`.

    Return what `seconde` returns, or raise its exception.
    """
    pids: list[int] = []
    rendu: dict[str, Any] = {}

    def courir() -> None:
        try:
            with connection.cursor() as curseur:
                curseur.execute(DELAIS)
                pids.append(curseur.execute("SELECT pg_backend_pid()").fetchone()[0])
            rendu["valeur"] = seconde()
        except Exception as erreur:
            rendu["erreur"] = erreur
        finally:
            connection.close()

    fil = threading.Thread(target=courir)
    with transaction.atomic(), connection.cursor() as curseur:
        premiere()
        fil.start()
        limite = time.monotonic() + 20
        while fil.is_alive() and time.monotonic() < limite:
            curseur.execute(
                "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = ANY(%s))", [pids]
            )
            if curseur.fetchone()[0]:
                break
            time.sleep(0.01)
        puis()
    fil.join(40)
    if "erreur" in rendu:
        raise rendu["erreur"]
    return rendu["valeur"]


@pytest.fixture
def lieu() -> Monde:
    """Return the usual world, committed, with a signed-in gestionnaire in `client`."""
    monde = Monde()
    monde.client = Client()
    monde.client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    return monde


def faire(monde: Monde, fiche: Any, operation: Operation, **parametres: Any) -> Any:
    return executer(type(fiche).objects.get(pk=fiche.pk), operation, par=monde.gestionnaire, **parametres)


def page_d_apres(monde: Monde, reponse: Any) -> str:
    """Return the text of the page that the user finally reads."""
    return texte(monde.client.get(reponse.url, follow=True) if reponse.status_code == 302 else reponse)


def envoi(monde: Monde, adresse: str, **champs: str) -> Callable[[], Any]:
    """Return a function that submits the form of this page with these changes."""
    saisie = champs_de(monde.client.get(adresse))
    return lambda: monde.client.post(
        adresse.partition("?")[0], {**saisie, "operation": "enregistrer", **champs}
    )


@pytest.mark.exigence("D-17")
@pytest.mark.parametrize("niveau", ["offre", "action"])
def test_qui_attend_un_parent_ne_tient_rien_dessous(lieu, niveau):
    """One statement locks the offre, then the action, then the session: there is no deadlock."""
    session = lieu.session()
    dessous = {"offre": [lieu.action, session], "action": [session]}[niveau]

    def prendre(*fiches: Any) -> None:
        for fiche in fiches:
            type(fiche).objects.select_for_update(no_key=True, nowait=True).get(pk=fiche.pk)

    ouverte = pendant(
        lambda: prendre(getattr(lieu, niveau)),
        lambda: faire(lieu, session, Operation.OUVRIR),
        lambda: prendre(*dessous),
    )
    assert ouverte.ouverte and Session.objects.get().ouverte


@pytest.mark.exigence("D-17")
def test_qui_a_attendu_lit_ce_qui_vient_d_etre_ecrit(lieu):
    """The three records are those of after the wait, whichever of them another user has changed."""
    session = lieu.session()

    def changer() -> None:
        for fiche in (lieu.offre, lieu.action, session):
            type(fiche).objects.filter(pk=fiche.pk).update(identifiant=f"N-{fiche.pk}")

    def lire() -> list[str]:
        with transaction.atomic():
            lue = Session.objects.get(pk=session.pk).verrouiller()
            return [fiche.identifiant for fiche in (lue.action.offre, lue.action, lue)]

    attendus = [f"N-{fiche.pk}" for fiche in (lieu.offre, lieu.action, session)]
    assert pendant(changer, lire) == attendus


@pytest.mark.exigence("D-14")
@pytest.mark.parametrize("niveau", ["session", "action", "offre"])
def test_modifier_ce_qu_un_autre_supprime_avec_ce_qui_le_contient(lieu, niveau):
    session = lieu.session()
    enregistrer = envoi(
        lieu, f"/catalogue/sessions/{session.pk}/modifier/", modalites_particulieres="Précieux"
    )
    fiche = {"session": session, "action": lieu.action, "offre": lieu.offre}[niveau]
    reponse = pendant(lambda: faire(lieu, fiche, Operation.SUPPRIMER), enregistrer)
    assert reponse.status_code == (409 if niveau == "session" else 410)
    assert "Précieux" in texte(reponse) and "supprimé" in texte(reponse)
    assert not Session.objects.exists()


@pytest.mark.parametrize("niveau", ["action", "offre"])
def test_ajouter_sous_ce_qu_un_autre_supprime(lieu, niveau):
    ajouter = envoi(
        lieu,
        f"/catalogue/actions/{lieu.action.pk}/sessions/ajouter/?identifiant=s1",
        modalites_particulieres="Précieux",
    )
    reponse = pendant(lambda: faire(lieu, getattr(lieu, niveau), Operation.SUPPRIMER), ajouter)
    assert reponse.status_code == 410
    assert "Précieux" in texte(reponse) and "supprimé" in texte(reponse)
    assert not Session.objects.exists()


@pytest.mark.exigence("S-40", "D-13")
@pytest.mark.parametrize(
    ("parent", "adresse"),
    [
        ("offre", "/catalogue/offres/{offre}/actions/ajouter/"),
        ("offre", "/catalogue/actions/{action}/sessions/ajouter/"),
        ("action", "/catalogue/actions/{action}/sessions/ajouter/"),
    ],
)
def test_ajouter_sous_ce_qu_un_autre_archive(lieu, parent, adresse):
    adresse = adresse.format(offre=lieu.offre.pk, action=lieu.action.pk)
    reponse = pendant(
        lambda: faire(lieu, getattr(lieu, parent), Operation.ARCHIVER),
        envoi(lieu, f"{adresse}?identifiant=nouvelle"),
    )
    assert reponse.status_code == 422 and "est archivée : désarchivez-la d'abord" in texte(reponse)
    assert not any(
        modele.objects.exclude(statut="archivee").exists()
        for modele in list(niveaux().values())[{"offre": 0, "action": 1}[parent] :]
    )


@pytest.mark.parametrize(("operation", "statut", "phrase"), [
    (Operation.ARCHIVER, 422, "est archivée : désarchivez-la d'abord"),
    (Operation.SUPPRIMER, 410, "a supprimé ce qui devait contenir cette fiche"),
])  # fmt: skip
def test_ajouter_sous_ce_qui_vient_de_partir(lieu, operation, statut, phrase):
    ajouter = envoi(
        lieu,
        f"/catalogue/actions/{lieu.action.pk}/sessions/ajouter/?identifiant=s1",
        modalites_particulieres="Précieux",
    )
    faire(lieu, lieu.offre, operation)
    reponse = ajouter()
    assert reponse.status_code == statut and "Précieux" in texte(reponse) and phrase in texte(reponse)
    assert not Session.objects.exists()


@pytest.mark.parametrize("operation", ["ouvrir", "archiver", "supprimer"])
@pytest.mark.parametrize("niveau", ["action", "offre"])
def test_operer_sur_ce_qu_un_autre_supprime_avec_ce_qui_le_contient(lieu, niveau, operation):
    session = lieu.session()
    reponse = pendant(
        lambda: faire(lieu, getattr(lieu, niveau), Operation.SUPPRIMER),
        lambda: lieu.client.post(f"/catalogue/sessions/{session.pk}/{operation}/"),
    )
    assert reponse.status_code == 302
    assert "Cette fiche n'existe plus : elle a été supprimée entre-temps." in page_d_apres(lieu, reponse)


@pytest.mark.exigence("D-46")
def test_fermer_pendant_qu_un_autre_programme_annule_ce_qu_il_programme(lieu):
    """The plan is committed while the closing waits for the session: it is read after the wait."""
    session, jour = lieu.session(ouverte=True), aujourd_hui() + dt.timedelta(5)
    reponse = pendant(
        lambda: programmer([session], Operation.FERMER, jour, lieu.gestionnaire),
        lambda: lieu.client.post(f"/catalogue/sessions/{session.pk}/fermer/"),
    )
    assert "elle est annulée" in page_d_apres(lieu, reponse)
    assert session.programmations.get().etat == "annulee"


@pytest.mark.exigence("D-11")
@pytest.mark.parametrize("parent", ["offre", "action"])
def test_ouvrir_ce_qu_un_autre_archive(lieu, parent):
    session = lieu.session()
    reponse = pendant(
        lambda: faire(lieu, getattr(lieu, parent), Operation.ARCHIVER),
        lambda: lieu.client.post(f"/catalogue/sessions/{session.pk}/ouvrir/"),
    )
    assert "Archivée" in page_d_apres(lieu, reponse)
    session.refresh_from_db()
    assert (session.statut, session.ouverte) == ("archivee", False)


@pytest.mark.exigence("D-11")
@pytest.mark.parametrize("parent", ["offre", "action"])
def test_annuler_sous_ce_qu_un_autre_archive(lieu, parent):
    session = faire(lieu, lieu.session(ouverte=True), Operation.ARCHIVER)
    reponse = pendant(
        lambda: faire(lieu, getattr(lieu, parent), Operation.ARCHIVER),
        lambda: lieu.client.post(f"/catalogue/annuler/{session.contexte}/"),
    )
    assert "est archivée : désarchivez-la d'abord" in page_d_apres(lieu, reponse)
    assert Session.objects.get().statut == "archivee"


@pytest.mark.exigence("D-14")
@pytest.mark.parametrize("parent", ["offre", "action"])
def test_restaurer_sous_ce_qu_un_autre_supprime(lieu, parent):
    session = faire(lieu, lieu.session(), Operation.SUPPRIMER)
    reponse = pendant(
        lambda: faire(lieu, getattr(lieu, parent), Operation.SUPPRIMER),
        lambda: lieu.client.post(f"/catalogue/annuler/{session.contexte}/"),
    )
    assert "restaurez d'abord" in page_d_apres(lieu, reponse)
    assert not Session.objects.exists()


def test_annuler_deux_fois_au_meme_instant(lieu):
    monde, session = lieu, lieu.session(ouverte=True)
    archivee = faire(monde, monde.offre, Operation.ARCHIVER)
    lignes = Session.pgh_event_model.objects.count()
    reponse = pendant(
        lambda: annuler(archivee.contexte, organisme_id=monde.organisme.pk, par=monde.gestionnaire),
        lambda: monde.client.post(f"/catalogue/annuler/{archivee.contexte}/"),
    )
    assert "C'était déjà annulé" in page_d_apres(monde, reponse)
    session.refresh_from_db()
    assert (session.statut, session.ouverte, Session.pgh_event_model.objects.count()) == (
        "active",
        True,
        lignes + 1,
    )


def autre_contact(monde: Monde) -> Contact:
    return Contact.objects.create(
        organisme=monde.organisme,
        prenom="Nadia",
        nom="Roux",
        telephone_fixe="0149800001",
        courriel="n@ilvm.example",
    )


def test_modifier_une_session_dont_un_autre_remplace_le_contact(lieu):
    session, nadia = lieu.session(), autre_contact(lieu)
    enregistrer = envoi(
        lieu, f"/catalogue/sessions/{session.pk}/modifier/", modalites_particulieres="Le samedi"
    )
    vu = apercu(lieu.contact, nadia).empreinte
    assert (
        pendant(lambda: remplacer(lieu.contact, nadia, vu=vu, par=lieu.gestionnaire), enregistrer).status_code
        == 302
    )
    session.refresh_from_db()
    assert (session.contact_inscription, session.modalites_particulieres) == (nadia, "Le samedi")


def test_choisir_un_contact_qu_un_autre_supprime(lieu):
    session, nadia = lieu.session(), autre_contact(lieu)
    enregistrer = envoi(
        lieu,
        f"/catalogue/sessions/{session.pk}/modifier/",
        contact_inscription=str(nadia.pk),
        modalites_particulieres="Précieux",
    )
    reponse = pendant(nadia.delete, enregistrer)
    assert reponse.status_code == 422 and "Précieux" in texte(reponse)
    assert "Ce choix vient d'être supprimé : choisissez-en un autre." in texte(reponse)


@pytest.mark.exigence("D-03")
def test_le_meme_identifiant_au_meme_instant(lieu):
    adresse = f"/catalogue/actions/{lieu.action.pk}/sessions/ajouter/"
    ajouter = envoi(lieu, f"{adresse}?identifiant=s1", modalites_particulieres="Précieux")
    reponse = pendant(lambda: lieu.session("S1"), ajouter)
    assert reponse.status_code == 422 and "déjà utilisé par une autre session de cette action" in texte(
        reponse
    )
    assert "Précieux" in texte(reponse) and Session.objects.count() == 1


def test_le_meme_envoi_au_meme_instant(lieu):
    adresse = f"/catalogue/actions/{lieu.action.pk}/sessions/ajouter/"
    saisie = {**champs_de(lieu.client.get(f"{adresse}?identifiant=s1")), "operation": "enregistrer"}
    second = Client()
    second.cookies = lieu.client.cookies
    premier = []
    reponse = pendant(
        lambda: premier.append(lieu.client.post(adresse, saisie)), lambda: second.post(adresse, saisie)
    )
    assert (premier[0].status_code, reponse.status_code, Session.objects.count()) == (302, 302, 1)


@pytest.mark.exigence("D-17", "D-22")
def test_tout_le_monde_fait_tout_a_la_fois(lieu):
    """Run thirty operations for each of eight users, on the same small tree.

    There is no deadlock, the data stay consistent, and every version is in the history.
    """
    monde, nadia = lieu, autre_contact(lieu)
    for rang in range(2):
        monde.offre = monde.nouvelle_offre(f"O{rang}")
        for nom in ("A", "B"):
            action = monde.nouvelle_action(nom)
            for numero in range(3):
                monde.session(f"s{numero}", action=action, ouverte=numero == 0)
    gestes: list[Any] = []
    pannes: list[BaseException] = []
    debut = aujourd_hui() + dt.timedelta(days=60)
    valeurs = {
        Offre: lambda n: {"intitule": f"Intitulé {n}"},
        Action: lambda n: {"restauration": f"Cantine {n}"},
        Session: lambda n: {
            "modalites_particulieres": f"Note {n}",
            "date_debut": debut + dt.timedelta(days=n % 5),
        },
    }

    def une(hasard: random.Random) -> None:
        quoi = hasard.choices(["operer", "annuler", "remplacer", "publier"], [20, 5, 1, 1])[0]
        if quoi == "operer":
            modele = hasard.choice([Offre, Action, Session, Session, Session])
            operation = hasard.choice(
                [o for o in Operation if o not in {Operation.CONSULTER, Operation.DUPLIQUER}]
            )
            fiche = hasard.choice(list(modele.objects.all()) or [None])
            if fiche is not None:
                saisie = (
                    {"valeurs": valeurs[modele](hasard.randrange(99))}
                    if operation in {Operation.MODIFIER, Operation.VALIDER}
                    else {}
                )
                gestes.append(executer(fiche, operation, par=monde.gestionnaire, **saisie).contexte)
        elif quoi == "annuler" and gestes:
            annuler(hasard.choice(gestes[-6:]), organisme_id=monde.organisme.pk, par=monde.gestionnaire)
        elif quoi == "remplacer":
            ancien, nouveau = hasard.sample([monde.contact, nadia], 2)
            remplacer(ancien, nouveau, vu=apercu(ancien, nouveau).empreinte, par=monde.gestionnaire)
        elif quoi == "publier":
            publier(aujourd_hui(), par="test")

    def courir(graine: int) -> None:
        hasard = random.Random(graine)
        try:
            with connection.cursor() as curseur:
                curseur.execute(DELAIS)
            for _ in range(30):
                try:
                    une(hasard)
                except (OperationRefusee, ObjectDoesNotExist, PermissionDenied, ApercuPerime):
                    continue
        except BaseException as erreur:
            pannes.append(erreur)
        finally:
            connection.close()

    fils = [threading.Thread(target=courir, args=[graine]) for graine in range(8)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(120)
    assert not any(fil.is_alive() for fil in fils)
    assert pannes == [], [type(panne).__name__ for panne in pannes if isinstance(panne, OperationalError)]
    actives = Session.objects.filter(statut="active")
    assert not actives.exclude(action__statut="active", action__offre__statut="active").exists()
    assert not Action.objects.filter(statut="active").exclude(offre__statut="active").exists()
    for modele in niveaux().values():
        for fiche in modele.objects.all():
            lignes = modele.pgh_event_model.objects.filter(pgh_obj_id=fiche.pk).order_by("pgh_id")
            vivantes = lignes.exclude(pgh_label="delete")
            assert list(vivantes.values_list("version", flat=True)) == list(range(1, fiche.version + 1))
            assert vivantes.last().statut == fiche.statut
