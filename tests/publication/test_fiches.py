"""The rows that the public searches are what is public, whatever changes it, and in the same transaction."""

import datetime as dt
import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction

from catalogue.annulation import annuler
from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre, Suppression
from edof.horloge import PARIS, a_l_instant, aujourd_hui, demain
from organismes.droits import Operation
from organismes.models import Organisme
from publication import ensembles
from publication.avance import revenir
from publication.fiches import fiches
from publication.models import Contenu, FichePublique, MotsPublics, Parution, Retenue
from publication.passages import publier
from publication.visibilite import IMMEDIATES
from sessions_app.models import Session
from tests.conftest import Monde
from tests.fiches import condition_des_regles, verifier_les_fiches

pytestmark = pytest.mark.exigence("D-20", "D-21")


def _session(nom: str) -> Session:
    return Session.objects.get(identifiant=nom)


@pytest.fixture
def varie(monde, settings) -> Monde:
    """Three public actions, of which one has three sessions, the day after they were opened."""
    for rang in range(3):
        monde.session(f"v{rang}", ouverte=True, garantie=rang == 1)
    monde.session("seule", action=monde.nouvelle_action("A2"), ouverte=True)
    permanente = monde.nouvelle_action("A3", "permanentes")
    sans_dates = {"pas_de_dates": True, "date_debut": None, "date_fin": None}
    monde.session("permanente", action=permanente, ouverte=True, **sans_dates)
    monde.session("validee")
    settings.EDOF_AUJOURDHUI = demain()
    assert not fiches().exists(), "apparaître attend le lendemain matin"
    publier(aujourd_hui(), par="test")
    verifier_les_fiches()
    assert fiches().count() == 3
    return monde


def _operer(operation: Operation, nom: str) -> Callable[[Monde], object]:
    return lambda monde: executer(_session(nom), operation, par=monde.gestionnaire)


def _rouvrir(monde: Monde) -> None:
    for operation in (Operation.FERMER, Operation.OUVRIR):
        executer(_session("seule"), operation, par=monde.gestionnaire)
        verifier_les_fiches()


def _annuler(monde: Monde) -> None:
    executer(monde.offre, Operation.ARCHIVER, par=monde.gestionnaire)
    assert not fiches().exists()
    contexte = Offre.pgh_event_model.objects.latest("pgh_id").pgh_context_id
    annuler(contexte, par=monde.gestionnaire, organisme_id=monde.organisme.pk)


def _supprimer_et_rendre(monde: Monde) -> None:
    executer(monde.offre, Operation.ARCHIVER, par=monde.gestionnaire)
    executer(Offre.objects.get(), Operation.SUPPRIMER, par=monde.gestionnaire)
    verifier_les_fiches()
    annuler(Suppression.objects.get().contexte, par=monde.gestionnaire, organisme_id=monde.organisme.pk)


def _sql(texte: str) -> Callable[[Monde], None]:
    def ecrire(monde: Monde) -> None:
        with connection.cursor() as curseur:
            curseur.execute(texte)

    return ecrire


ECRITURES = {
    "fermer": _operer(Operation.FERMER, "v0"),
    "fermer la seule": _operer(Operation.FERMER, "seule"),
    "rouvrir": _rouvrir,
    "ouvrir": _operer(Operation.OUVRIR, "validee"),
    "archiver": _operer(Operation.ARCHIVER, "v1"),
    "archiver l'action": lambda monde: executer(monde.action, Operation.ARCHIVER, par=monde.gestionnaire),
    "archiver l'offre": lambda monde: executer(monde.offre, Operation.ARCHIVER, par=monde.gestionnaire),
    "annuler": _annuler,
    "supprimer et rendre": _supprimer_et_rendre,
    "modifier": lambda monde: executer(
        monde.offre, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"intitule": "Autre titre"}
    ),
    "fermer par un ensemble": lambda monde: Session.objects.update(ouverte=False),
    "autre action": lambda monde: Session.objects.filter(identifiant="seule").update(action=monde.action),
    "suppression de sessions": lambda monde: Session.objects.filter(identifiant__in=["v0", "seule"]).delete(),
    "suppression d'une action": lambda monde: Action.objects.filter(identifiant="A2").delete(),
    "suppression de l'offre": lambda monde: Offre.objects.all().delete(),
    "suspension": lambda monde: Organisme.objects.update(suspendu=True),
    "statut de l'offre en SQL": _sql("UPDATE catalogue_offre SET statut = 'validee'"),
    "statut des actions en SQL": _sql("UPDATE catalogue_action SET statut = 'archivee'"),
    "statut des sessions en SQL": _sql(
        "UPDATE sessions_app_session SET statut = 'validee', ouverte = false"
    ),
    "fermeture en SQL": _sql("UPDATE sessions_app_session SET ouverte = false WHERE identifiant = 'v2'"),
    "réouverture en SQL": _sql("UPDATE sessions_app_session SET ouverte_depuis = now() + interval '2 days'"),
    "parutions closes": lambda monde: Parution.objects.update(au=demain()),
    "parutions en SQL": _sql("DELETE FROM publication_parution WHERE date_debut IS NULL"),
}  # fmt: skip
SANS_EFFET = {"annuler", "rouvrir", "ouvrir", "modifier", "autre action"}


@pytest.mark.parametrize("ecriture", ECRITURES)
def test_les_fiches_suivent_ce_qui_est_public_apres_chaque_ecriture(varie, ecriture):
    avant = list(fiches().order_by("pk").values_list("pk", "nombre"))
    ECRITURES[ecriture](varie)
    verifier_les_fiches()
    lues = list(fiches().order_by("pk").values_list("pk", "nombre"))
    assert (lues == avant) == (ecriture in SANS_EFFET)


# One statement for each condition that hides at once, which makes it false for every session.
FAUSSENT = {
    "organisme-autorise": "UPDATE organismes_organisme SET suspendu = true",
    "offre-active": "UPDATE catalogue_offre SET statut = 'archivee'",
    "action-active": "UPDATE catalogue_action SET statut = 'archivee'",
    "session-active": "UPDATE sessions_app_session SET statut = 'archivee', ouverte = false",
    "session-ouverte": "UPDATE sessions_app_session SET ouverte = false",
}


@pytest.mark.parametrize("slug", [condition.slug for condition in IMMEDIATES])
def test_chaque_condition_immediate_retire_dans_l_instruction(varie, slug):
    """A condition added to IMMEDIATES needs its statement here, and its table a trigger in `fiches.sql`."""
    _sql(FAUSSENT[slug])(varie)
    assert not FichePublique.objects.exists()


def test_la_condition_de_la_base_est_celle_des_regles(db):
    with connection.cursor() as curseur:
        curseur.execute("SELECT prosrc FROM pg_proc WHERE proname = 'sessions_cachees'")
        (source,) = curseur.fetchone()
    assert "".join(condition_des_regles().split()) in "".join(source.split())


def test_ce_qui_est_annule_par_la_transaction_n_a_pas_eu_lieu(varie):
    with transaction.atomic():
        Session.objects.update(ouverte=False)
        assert not fiches().exists()
        transaction.set_rollback(True)
    verifier_les_fiches()
    assert fiches().count() == 3


def test_un_contenu_qui_change_change_les_mots_et_une_date_non(varie, settings):
    avant = dict(MotsPublics.objects.values_list("pk", "contenu_offre"))
    executer(_session("v0"), Operation.FERMER, par=varie.gestionnaire)
    executer(varie.offre, Operation.MODIFIER, par=varie.gestionnaire, valeurs={"intitule": "Soudure à l'arc"})
    verifier_les_fiches()
    assert dict(MotsPublics.objects.values_list("pk", "contenu_offre")) == avant, "le public lira à J+1"
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    verifier_les_fiches()
    apres = dict(MotsPublics.objects.values_list("pk", "contenu_offre"))
    assert apres.keys() == avant.keys() and all(apres[pk] != avant[pk] for pk in avant)
    assert all("soudure" in mots for mots in MotsPublics.objects.values_list("mots", flat=True))


def _suspendre(monde: Monde) -> None:
    organisme = Organisme.objects.get(pk=monde.organisme.pk)
    organisme.suspendu = True
    organisme.save()


@pytest.mark.parametrize(
    "geste",
    [
        lambda monde: executer(Session.objects.get(), Operation.FERMER, par=monde.gestionnaire),
        lambda monde: executer(Action.objects.get(), Operation.ARCHIVER, par=monde.gestionnaire),
        lambda monde: executer(Offre.objects.get(), Operation.ARCHIVER, par=monde.gestionnaire),
        _suspendre,
    ],
    ids=["session", "action", "offre", "organisme"],
)
def test_ce_qui_est_retire_entre_minuit_et_le_passage_ne_se_cherche_pas(monde, settings, geste):
    """The run shows what stood at midnight, and does not ask again of what nobody has saved since."""
    monde.session("s1", ouverte=True)
    settings.EDOF_AUJOURDHUI = demain()
    geste(monde)
    publier(aujourd_hui(), par="test")
    assert Parution.objects.ouvertes().exists() and not FichePublique.objects.exists()
    verifier_les_fiches()


def test_une_session_qui_apparait_s_ajoute_sans_relire_les_autres(db, monkeypatch):
    """The row is added to: what it says of the others is not made again, were it wrong."""

    def publier_le(jour: int, *noms: str) -> None:
        with a_l_instant(dt.datetime(2027, 3, jour - 1, 12, tzinfo=PARIS)):
            for nom in noms:
                monde.session(nom, ouverte=True, garantie=True)
        with a_l_instant(dt.datetime(2027, 3, jour, 5, tzinfo=PARIS)):
            publier(dt.date(2027, 3, jour), par="test")

    with a_l_instant(dt.datetime(2027, 3, 8, 12, tzinfo=PARIS)):
        monde = Monde()
    publier_le(11, "v0", "v1")
    FichePublique.objects.update(nombre=40)
    monkeypatch.setattr(ensembles, "PAR_ENSEMBLE", 2)
    publier_le(12, "w0", "w1", "w2")
    assert FichePublique.objects.get().nombre == 43
    FichePublique.objects.update(nombre=5)
    with a_l_instant(dt.datetime(2027, 3, 12, 6, tzinfo=PARIS)):
        verifier_les_fiches()


@pytest.mark.parametrize("par_ensemble", [1, 10_000])
def test_les_sessions_d_une_action_neuve_s_ajoutent_d_un_ensemble_a_l_autre(
    varie, settings, monkeypatch, par_ensemble
):
    neuve = varie.nouvelle_action("A9")
    for rang in range(3):
        varie.session(f"n{rang}", action=neuve, ouverte=True, garantie=rang == 2)
    settings.EDOF_AUJOURDHUI = demain()
    monkeypatch.setattr(ensembles, "PAR_ENSEMBLE", par_ensemble)
    publier(aujourd_hui(), par="test")
    verifier_les_fiches()
    assert FichePublique.objects.get(action=neuve).nombre == 3


def test_une_action_neuve_s_ecrit_sans_relire_ses_parutions(varie, settings):
    """What has just appeared is all that its row says: no action is made again."""
    for rang in range(3):
        varie.session(f"n{rang}", action=varie.nouvelle_action(f"B{rang}"), ouverte=True, garantie=rang == 2)
    settings.EDOF_AUJOURDHUI = demain()
    with connection.cursor() as curseur:
        curseur.execute("SELECT pg_get_functiondef('refaire_les_fiches'::regproc)")
        (definition,) = curseur.fetchone()
        curseur.execute(
            "CREATE OR REPLACE FUNCTION refaire_les_fiches(actions bigint[]) RETURNS void LANGUAGE plpgsql AS"
            " 'BEGIN ASSERT cardinality(actions) = 0, actions; END'"
        )
        publier(aujourd_hui(), par="test")
        curseur.execute(definition)
    verifier_les_fiches()
    assert fiches().count() == 6 and Retenue.objects.count() == 0


def test_une_fiche_ecrite_entre_temps_est_refaite(varie, settings):
    """Somebody else has written the row of an action that the run finds new."""
    neuve = varie.nouvelle_action("A9")
    varie.session("n0", action=neuve, ouverte=True)
    autre = FichePublique.objects.order_by("pk")[0]
    settings.EDOF_AUJOURDHUI = demain()
    with connection.cursor() as curseur:
        curseur.execute(
            "INSERT INTO publication_fichepublique SELECT (r).* FROM (SELECT jsonb_populate_record(f,"
            " jsonb_build_object('action_id', %s::bigint, 'nombre', 7, 'contenu_action_id', 0)) AS r"
            " FROM publication_fichepublique AS f WHERE action_id = %s) AS s",
            [neuve.pk, autre.pk],
        )
    publier(aujourd_hui(), par="test")
    verifier_les_fiches()
    assert FichePublique.objects.get(action=neuve).nombre == 1


def test_un_contenu_qui_ne_dit_rien_a_des_traits_vides(db):
    """Contents of former versions may lack a field, or say that it is null."""
    vides = [Contenu.objects.create(empreinte=f"{rang}" * 64, contenu=lu) for rang, lu in enumerate(
        [{}, {"certification": None}, {"rythmes": None, "lieu": None, "total_ttc": None}])]  # fmt: skip
    with connection.cursor() as curseur:
        curseur.execute(
            "SELECT * FROM traits_publics(%s, %s)", [[vides[0].pk, vides[1].pk], [vides[0].pk, vides[2].pk]]
        )
        lus = sorted(curseur.fetchall())
    sans_rien = ("", "", "", "", "", "", [], False, None, None, "", None, None)
    assert lus == [(vides[0].pk, vides[0].pk, *sans_rien), (vides[1].pk, vides[2].pk, *sans_rien)]


@pytest.mark.parametrize(
    "geste",
    [
        # Before midnight: another session of the action disappears or changes, or its contents do.
        (0, lambda monde: executer(_session("v0"), Operation.FERMER, par=monde.gestionnaire)),
        (0, lambda monde: executer(_session("v0"), Operation.MODIFIER, par=monde.gestionnaire,
            valeurs={"modalites_particulieres": "Le samedi"})),
        (0, lambda monde: executer(monde.offre, Operation.MODIFIER, par=monde.gestionnaire,
            valeurs={"intitule": "Autre titre"})),
        # After midnight: what appears, or another session of the action, is withdrawn before the run.
        (1, lambda monde: executer(_session("w0"), Operation.FERMER, par=monde.gestionnaire)),
        (1, lambda monde: executer(_session("v1"), Operation.FERMER, par=monde.gestionnaire)),
        (1, lambda monde: executer(monde.offre, Operation.ARCHIVER, par=monde.gestionnaire)),
        (1, _suspendre),
    ],
    ids=["ferme", "change", "contenu", "retirée après", "une autre après", "offre après", "suspension après"],
)  # fmt: skip
@pytest.mark.parametrize("par_ensemble", [1, 10_000])
def test_ce_qui_apparait_pendant_que_le_reste_change(varie, settings, monkeypatch, geste, par_ensemble):
    apres, faire = geste
    varie.session("w0", ouverte=True)
    if not apres:
        faire(varie)
    settings.EDOF_AUJOURDHUI = demain()
    if apres:
        faire(varie)
    monkeypatch.setattr(ensembles, "PAR_ENSEMBLE", par_ensemble)
    publier(aujourd_hui(), par="test")
    verifier_les_fiches()


def test_les_jours_passent_et_le_registre_en_avance_revient(varie, settings):
    for jours in (1, 30, 40):
        settings.EDOF_AUJOURDHUI = aujourd_hui() + dt.timedelta(jours)
        verifier_les_fiches()
        publier(aujourd_hui(), par="test")
        verifier_les_fiches()
    assert list(fiches().values_list("entrees", flat=True)) == ["permanentes"], "les autres ont commencé"


def test_un_jour_publie_en_avance_ne_se_voit_pas(varie, settings):
    varie.session("neuve", action=varie.nouvelle_action("A9"), ouverte=True)
    present = aujourd_hui()
    settings.EDOF_AUJOURDHUI = present + dt.timedelta(10)
    publier(aujourd_hui(), par="test")
    verifier_les_fiches()
    settings.EDOF_AUJOURDHUI = present
    verifier_les_fiches()
    revenir(par="test")
    verifier_les_fiches()
    assert FichePublique.objects.count() == fiches().count() == 3


@pytest.mark.django_db(transaction=True)
def test_deux_fermetures_en_meme_temps_retirent_l_action(settings):
    """Whoever closes the last two sessions of an action at once leaves nothing of it."""
    monde = Monde()
    noms = ["s1", "s2"]
    for nom in noms:
        monde.session(nom, ouverte=True)
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    assert FichePublique.objects.get().nombre == 2
    depart = threading.Barrier(2)

    def fermer(nom: str) -> None:
        try:
            with transaction.atomic():
                depart.wait(20)
                Session.objects.filter(identifiant=nom).update(ouverte=False)
        finally:
            connections.close_all()

    fils = [threading.Thread(target=fermer, args=(nom,)) for nom in noms]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    assert not FichePublique.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_qui_ferme_pendant_que_le_passage_ecrit_retire_aussi(settings):
    """The run has read the session open, and has not committed: neither sees what the other writes."""
    monde = Monde()
    session = monde.session("s1", ouverte=True)
    settings.EDOF_AUJOURDHUI = demain()
    with connection.cursor() as curseur:
        # The run stops where it has just written the row, as long as the test holds the lock.
        curseur.execute(
            "CREATE FUNCTION attendre() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN PERFORM pg_advisory_xact_lock(77); RETURN NULL; END';"
            " CREATE TRIGGER attendre AFTER INSERT ON publication_fichepublique"
            " FOR EACH STATEMENT EXECUTE FUNCTION attendre(); SELECT pg_advisory_lock(77)"
        )

        def passer() -> None:
            try:
                publier(aujourd_hui(), par="test")
            finally:
                connections.close_all()

        fil = threading.Thread(target=passer)
        fil.start()
        try:
            attend = (
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 77 AND NOT granted"
            )
            for _ in range(200):
                curseur.execute(attend)
                if curseur.fetchone()[0]:
                    break
                time.sleep(0.05)
            else:
                pytest.fail("le passage n'a rien écrit")
            executer(session, Operation.FERMER, par=monde.gestionnaire)
        finally:
            curseur.execute("SELECT pg_advisory_unlock(77)")
            fil.join()
            curseur.execute("DROP TRIGGER attendre ON publication_fichepublique; DROP FUNCTION attendre()")
    assert Parution.objects.ouvertes().exists() and not FichePublique.objects.exists()


def test_une_premiere_nuit_ne_lit_aucune_table_en_entier(varie):
    """PostgreSQL takes a table that was empty for a small one, and would read it whole for each action."""
    tables = ["publication_fichepublique", "publication_motspublics"]
    with connection.cursor() as curseur:

        def lues() -> int:
            curseur.execute(
                "SELECT sum(seq_tup_read) FROM pg_stat_xact_user_tables WHERE relname = ANY (%s)", [tables]
            )
            return curseur.fetchone()[0]

        actions = sorted(set(Parution.objects.filter(au=None).values_list("action_id", flat=True)))
        curseur.execute(f"TRUNCATE {', '.join(tables)}")
        curseur.execute(f"ANALYZE {', '.join(tables)}")
        avant = lues()
        for action in actions:
            curseur.execute("SELECT refaire_les_fiches(ARRAY[%s])", [action])
        assert lues() == avant
    assert FichePublique.objects.count() == MotsPublics.objects.count() == len(actions) == 3
