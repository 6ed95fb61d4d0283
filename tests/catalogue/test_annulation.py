"""Tests of « Annuler » and of the « Corbeille » (D-13, D-14, D-20).

They restore the exact former state, or are refused with a reason and change nothing.
"""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.annulation import annuler
from catalogue.cycle_de_vie import OperationRefusee, executer
from catalogue.models import Action, Offre, Suppression
from catalogue.models.fiche import niveaux
from edof.horloge import PARIS, a_l_instant
from organismes.droits import Operation, Role
from organismes.models import Contact
from publication.passages import publier
from publication.visibilite import avec_visibilite, publiques, visible_le
from sessions_app.models import Session
from tests.conftest import Monde

IGNOREES = {"version", "modifie_le"}


def photo() -> dict[tuple[str, int], dict[str, object]]:
    """Return every column of every record, except those that any write changes."""
    return {
        (modele._meta.model_name, ligne["id"]): {
            nom: valeur for nom, valeur in ligne.items() if nom not in IGNOREES
        }
        for modele in niveaux().values()
        for ligne in modele.objects.values()
    }


def versions() -> dict[tuple[str, int], int]:
    return {
        (modele._meta.model_name, pk): v
        for modele in niveaux().values()
        for pk, v in modele.objects.values_list("pk", "version")
    }


def faire(monde, fiche, operation, **parametres):
    """Run an operation through `executer`, on the record reread from the database, as a view does."""
    return executer(type(fiche).objects.get(pk=fiche.pk), operation, par=monde.gestionnaire, **parametres)


def defaire(monde, faite, par=None):
    return annuler(faite.contexte, organisme_id=monde.organisme.pk, par=par or monde.gestionnaire)


def refuse(monde, faite, phrase):
    """Check that the undo is refused with this message and that nothing has changed.

    Return the first refusal.
    """
    avant = photo(), versions()
    with pytest.raises(OperationRefusee, match=phrase) as levee:
        defaire(monde, faite)
    assert (photo(), versions()) == avant
    return levee.value.refus[0]


@pytest.fixture
def arbre(monde):
    """Return a world with records in every state: two actions, the first with a session of each status."""
    for nom in ("ouverte", "fermee"):
        monde.session(nom, ouverte=True)
    faire(monde, Session.objects.get(identifiant="fermee"), Operation.FERMER)
    monde.session("validee")
    faire(monde, monde.session("archivee"), Operation.ARCHIVER)
    executer(
        Session(action=monde.action, organisme=monde.organisme),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"identifiant": "brouillon"},
    )
    autre = monde.nouvelle_action("ACTION-2")
    monde.session("seule", action=autre)
    faire(monde, autre, Operation.ARCHIVER)
    return monde


@pytest.mark.exigence("D-13")
@pytest.mark.parametrize("niveau", [Offre, Action, Session])
def test_annuler_un_archivage_rend_chaque_fiche_comme_elle_etait(arbre, niveau):
    avant, comptees = photo(), versions()
    fiche = {Offre: arbre.offre, Action: arbre.action, Session: Session.objects.get(identifiant="ouverte")}[
        niveau
    ]
    archivee = faire(arbre, fiche, Operation.ARCHIVER)
    changees = {cle for cle, ligne in photo().items() if ligne != avant[cle]}
    assert len(changees) == {Offre: 6, Action: 5, Session: 1}[niveau]
    assert defaire(arbre, archivee) == Operation.ARCHIVER
    assert photo() == avant
    assert {cle: v - comptees[cle] for cle, v in versions().items()} == {
        cle: 2 * (cle in changees) for cle in avant
    }


def test_annuler_un_desarchivage_et_ce_qui_s_annule_ne_s_annule_pas(arbre):
    session = Session.objects.get(identifiant="archivee")
    avant = photo()
    desarchivee = faire(arbre, session, Operation.DESARCHIVER)
    assert defaire(arbre, desarchivee) == Operation.DESARCHIVER
    assert photo() == avant
    refuse(arbre, desarchivee, "annul")
    trace = Session.pgh_event_model.objects.filter(pgh_obj_id=session.pk).order_by("-pgh_id").first()
    trace.contexte = trace.pgh_context_id
    assert trace.pgh_context.metadata["annule"] == str(desarchivee.contexte)
    refuse(arbre, trace, "annul")


def test_ce_qui_ne_s_annule_pas(arbre):
    session = faire(arbre, Session.objects.get(identifiant="validee"), Operation.OUVRIR)
    refuse(arbre, session, "annul")
    session.contexte = uuid.uuid4()
    refuse(arbre, session, "annul")


@pytest.mark.parametrize("identifiant", ["ouverte", "validee", "brouillon"])
def test_une_seule_fiche_qui_a_bouge_empeche_tout_et_elle_est_nommee(arbre, identifiant):
    archivee = faire(arbre, arbre.offre, Operation.ARCHIVER)
    faire(arbre, Session.objects.get(identifiant=identifiant), Operation.DESARCHIVER)
    refus = refuse(arbre, archivee, f"La session « {identifiant} » a été modifiée depuis")
    assert refus.coupable == Session.objects.get(identifiant=identifiant)


def test_une_fiche_supprimee_depuis_empeche_tout(arbre):
    archivee = faire(arbre, arbre.offre, Operation.ARCHIVER)
    faire(arbre, Session.objects.get(identifiant="validee"), Operation.SUPPRIMER)
    refuse(arbre, archivee, "supprimée depuis")


@pytest.mark.parametrize("parent", ["offre", "action"])
@pytest.mark.parametrize("identifiant", ["ouverte", "validee", "brouillon"])
@pytest.mark.parametrize("operation", [Operation.ARCHIVER, Operation.SUPPRIMER])
def test_rien_ne_revient_sous_une_fiche_archivee_depuis(arbre, parent, identifiant, operation):
    session = Session.objects.get(identifiant=identifiant)
    if operation == Operation.SUPPRIMER and identifiant == "ouverte":
        session = faire(arbre, session, Operation.ARCHIVER)
    faite = faire(arbre, session, operation)
    faire(arbre, getattr(arbre, parent), Operation.ARCHIVER)
    refus = refuse(arbre, faite, "est archivée : désarchivez-la d'abord")
    assert refus.coupable.statut == "archivee"


def test_une_active_ne_revient_pas_sous_une_fiche_redevenue_brouillon(arbre):
    session = faire(arbre, Session.objects.get(identifiant="ouverte"), Operation.ARCHIVER)
    faire(arbre, arbre.offre, Operation.ARCHIVER)
    for fiche in (arbre.offre, arbre.action):
        faire(arbre, fiche, Operation.DESARCHIVER)
    refuse(arbre, session, "« ouverte » était active")


@pytest.mark.parametrize("parent", ["offre", "action"])
def test_rien_ne_revient_sous_une_fiche_supprimee(arbre, parent):
    session = faire(arbre, Session.objects.get(identifiant="brouillon"), Operation.SUPPRIMER)
    faire(arbre, getattr(arbre, parent), Operation.ARCHIVER)
    suppression = faire(arbre, getattr(arbre, parent), Operation.SUPPRIMER)
    refuse(arbre, session, "restaurez d'abord")
    assert Suppression.objects.filter(contexte=session.contexte).exists()
    # Restored from the top down, everything comes back, except below an archived record.
    defaire(arbre, suppression)
    refuse(arbre, session, "désarchivez-la d'abord")
    if parent == "offre":
        faire(arbre, arbre.offre, Operation.DESARCHIVER)
    faire(arbre, arbre.action, Operation.DESARCHIVER)
    defaire(arbre, session)
    assert Session.objects.get(identifiant="brouillon").statut == "brouillon"


@pytest.mark.parametrize("repris", ["brouillon", " BROUILLON "])
def test_un_identifiant_repris_empeche_la_restauration(arbre, repris):
    supprimee = faire(arbre, Session.objects.get(identifiant="brouillon"), Operation.SUPPRIMER)
    reprise = arbre.session(repris)
    refuse(arbre, supprimee, "L'identifiant a été repris")
    faire(arbre, reprise, Operation.SUPPRIMER)
    assert defaire(arbre, supprimee) == Operation.SUPPRIMER


def test_une_categorie_de_vae_reprise_empeche_l_annulation(arbre):
    valeurs = {"type_offre": "vae", "categorisation": "317"}
    vae, autre = arbre.nouvelle_offre("VAE"), arbre.nouvelle_offre("VAE-2")
    vae = faire(arbre, vae, Operation.VALIDER, valeurs=valeurs)
    archivee = faire(arbre, vae, Operation.ARCHIVER)
    faire(arbre, autre, Operation.VALIDER, valeurs=valeurs)
    refuse(arbre, archivee, "catégorie de VAE")


@pytest.mark.parametrize("role", [Role.REDACTEUR, Role.LECTEUR])
def test_annuler_demande_le_droit_de_faire(arbre, role):
    archivee = faire(arbre, arbre.offre, Operation.ARCHIVER)
    avant = photo()
    with pytest.raises(PermissionDenied):
        defaire(arbre, archivee, arbre.personne(str(role), role))
    assert photo() == avant


def test_un_autre_organisme_n_annule_rien(arbre):
    autre = Monde("Autre", "52345678900017")
    for faite in (
        faire(arbre, Session.objects.get(identifiant="validee"), Operation.SUPPRIMER),
        faire(arbre, arbre.offre, Operation.ARCHIVER),
    ):
        avant = photo()
        with pytest.raises(OperationRefusee):
            annuler(faite.contexte, organisme_id=autre.organisme.pk, par=autre.gestionnaire)
        with pytest.raises(PermissionDenied):
            annuler(faite.contexte, organisme_id=arbre.organisme.pk, par=autre.gestionnaire)
        assert photo() == avant
    assert Suppression.objects.count() == 1


@pytest.mark.exigence("D-14")
def test_restaurer_rend_les_memes_fiches_aux_memes_cles(arbre):
    faire(arbre, arbre.offre, Operation.ARCHIVER)
    avant, comptees = photo(), versions()
    supprimee = faire(arbre, arbre.offre, Operation.SUPPRIMER)
    assert photo() == {}
    (jetee,) = Suppression.objects.all()
    assert (jetee.niveau, jetee.identifiant, jetee.emportees) == (
        "offre",
        "OFFRE-1",
        {"action": 2, "session": 6},
    )
    defaire(arbre, supprimee)
    assert photo() == avant and not Suppression.objects.exists()
    assert versions() == {cle: v + 1 for cle, v in comptees.items()}
    refuse(arbre, supprimee, "annul|trop tard")
    for modele in niveaux().values():
        for fiche in modele.objects.all():
            lignes = list(
                modele.pgh_event_model.objects.filter(pgh_obj_id=fiche.pk)
                .order_by("pgh_id")
                .values_list("pgh_label", "version")
            )
            vivantes = [version for label, version in lignes if label != "delete"]
            assert vivantes == list(range(1, fiche.version + 1)) and [label for label, _ in lignes[-2:]] == [
                "delete",
                "insert",
            ]
    # A restored record can be used again, and the key of a new record differs from those of restored ones.
    faire(arbre, Session.objects.get(identifiant="validee"), Operation.DESARCHIVER)
    executer(
        Offre(organisme=arbre.organisme),
        Operation.MODIFIER,
        par=arbre.gestionnaire,
        valeurs={"identifiant": "SUIVANTE"},
    )


def test_un_archivage_ne_s_annule_plus_apres_une_suppression_restauree(arbre):
    archivee = faire(arbre, arbre.offre, Operation.ARCHIVER)
    defaire(arbre, faire(arbre, arbre.offre, Operation.SUPPRIMER))
    refuse(arbre, archivee, "a été modifiée depuis")


@pytest.mark.parametrize(("operation", "statut"), [(None, "brouillon"), (Operation.ARCHIVER, "archivee")])
def test_un_contact_supprime_entre_temps_laisse_un_manque(monde, operation, statut):
    contact = Contact.objects.create(
        organisme=monde.organisme,
        prenom="Nadia",
        nom="Roux",
        telephone_fixe="0149800001",
        courriel="n@ilvm.example",
    )
    session = monde.session(contact_inscription=contact)
    if operation:
        session = faire(monde, session, operation)
    supprimee = faire(monde, session, Operation.SUPPRIMER)
    contact.delete()
    defaire(monde, supprimee)
    session = Session.objects.get()
    assert (session.statut, session.contact_inscription, session.adresse_inscription) == (
        statut,
        None,
        monde.lieu,
    )
    assert [regle.champ for regle in session.manques()] == ["contact_inscription"]


def test_ce_qui_a_ete_ajoute_sous_une_fiche_desarchivee_ne_reste_pas_sous_une_archivee(arbre):
    faire(arbre, arbre.offre, Operation.ARCHIVER)
    desarchivee = faire(arbre, arbre.offre, Operation.DESARCHIVER)
    arbre.nouvelle_action("NOUVELLE")
    refuse(arbre, desarchivee, "L'action « NOUVELLE » a été ajoutée depuis")


@pytest.mark.exigence("D-20")
@pytest.mark.parametrize(("retour", "visible", "annonce"), [
    ("2027-03-12 11:00", True, None),
    ("2027-03-12 23:59", True, None),
    ("2027-03-13 03:00", False, "2027-03-14"),
    ("2027-03-13 12:00", False, "2027-03-14"),
])  # fmt: skip
@pytest.mark.parametrize("niveau", [Offre, Action, Session])
def test_annuler_le_jour_meme_remet_en_ligne_un_autre_jour_attend(db, niveau, retour, visible, annonce):
    def a(quand):
        return a_l_instant(dt.datetime.fromisoformat(quand).replace(tzinfo=PARIS))

    def publics():
        return set(publiques().values_list("session__identifiant", flat=True))

    with a("2027-03-10 10:00"):
        monde = Monde()
        fiche = {Offre: monde.offre, Action: monde.action, Session: monde.session(ouverte=True)}[niveau]
    with a("2027-03-12 06:00"):
        publier(dt.date(2027, 3, 12), par="test")
        assert publics() == {"s1"}
        archivee = faire(monde, fiche, Operation.ARCHIVER)
        assert publics() == set()
    jour = dt.datetime.fromisoformat(retour).date()
    with a(retour):
        if retour.endswith("12:00"):
            publier(jour, par="test")
        defaire(monde, archivee)
        assert publics() == ({"s1"} if visible else set())
        attendue = visible_le(avec_visibilite(Session.objects.all()).get())
        assert attendue == (dt.date.fromisoformat(annonce) if annonce else None)
    for lendemain in (13, 14, 15):
        with a(f"2027-03-{lendemain} 05:00"):
            publier(dt.date(2027, 3, lendemain), par="test")
            attendu = {"s1"} if lendemain > jour.day else set()
            assert lendemain < jour.day or publics() == attendu


@pytest.mark.parametrize("operation", [Operation.ARCHIVER, Operation.SUPPRIMER])
def test_le_nombre_de_requetes_ne_suit_pas_le_nombre_de_fiches(monde, operation):
    def requetes(nombre):
        offre = monde.offre = monde.nouvelle_offre(f"O-{nombre}")
        for rang in range(nombre):
            action = monde.nouvelle_action(f"A-{rang}")
            monde.session("s", action=action)
        faite = faire(monde, offre, operation)
        with CaptureQueriesContext(connection) as contexte:
            defaire(monde, faite)
        return len(contexte)

    peu = requetes(2)
    assert peu == requetes(9) and peu < 40
