"""Tests of the application's own role in the database: it can work, but cannot rewrite the history."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from pghistory.models import Context

from catalogue.cycle_de_vie import executer
from catalogue.models import Offre
from edof.horloge import aujourd_hui
from organismes.droits import Operation
from tests.conftest import Monde

pytestmark = pytest.mark.django_db

ROLE = 'appli "test"'


def sql(requete: str) -> int:
    """Execute this statement; return the number of affected rows."""
    with connection.cursor() as curseur:
        curseur.execute(requete)
        return curseur.rowcount


@pytest.fixture
def appli(monde: Monde) -> Iterator[Monde]:
    """Return the world, with the connection switched to the application's role.

    The rights are granted twice, as after two deployments.
    """
    sql("""CREATE ROLE "appli ""test\"\"\"""")
    call_command("droits_en_base", role=ROLE, stdout=StringIO())
    call_command("droits_en_base", role=ROLE, stdout=StringIO())
    sql("""SET LOCAL ROLE "appli ""test\"\"\"""")
    yield monde
    sql("RESET ROLE")


def test_le_role_fait_tout_ce_que_fait_l_application(appli):
    session = appli.session("s1", ouverte=True)
    executer(session, Operation.ARCHIVER, par=appli.gestionnaire)
    executer(appli.offre, Operation.MODIFIER, par=appli.gestionnaire, valeurs={"intitule": "Nouveau"})
    ligne = Offre.pgh_event_model.objects.filter(pgh_obj_id=appli.offre.pk).latest("pgh_id")
    assert (ligne.intitule, ligne.pgh_context.metadata["operation"]) == ("Nouveau", "modifier")
    executer(appli.nouvelle_offre("OFFRE-2"), Operation.SUPPRIMER, par=appli.gestionnaire)
    call_command("publier", jour=aujourd_hui(), stdout=StringIO())


def test_les_pages_repondent_sous_ce_role(appli, client):
    client.force_login(appli.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    for adresse in ("/", "/catalogue/", f"/catalogue/offres/{appli.offre.pk}/historique/"):
        assert client.get(adresse).status_code == 200


@pytest.mark.parametrize(
    "requete",
    [
        "UPDATE catalogue_offreevent SET intitule = 'autre'",
        "DELETE FROM catalogue_offreevent",
        "TRUNCATE catalogue_offreevent",
        "UPDATE organismes_contactevent SET nom = 'autre'",
        "DELETE FROM sessions_app_sessionevent",
        "UPDATE pghistory_context SET metadata = '{}'",
        (
            "INSERT INTO pghistory_context (id, metadata, created_at, updated_at) VALUES (gen_random_uuid(),"
            " '{}', now(), now())"
        ),
        "DELETE FROM pghistory_context",
        "TRUNCATE pghistory_context CASCADE",
        "ALTER TABLE catalogue_offre DISABLE TRIGGER ALL",
        "ALTER TABLE catalogue_offreevent DISABLE TRIGGER ALL",
        "DROP TABLE catalogue_offreevent",
        "UPDATE django_migrations SET name = 'autre'",
    ],
)
def test_l_historique_ne_peut_etre_ni_change_ni_efface(appli, requete):
    avant = Offre.pgh_event_model.objects.count(), Context.objects.count()
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
        sql(requete)
    assert (Offre.pgh_event_model.objects.count(), Context.objects.count()) == avant


@pytest.mark.django_db(transaction=True)
def test_le_contexte_d_une_ancienne_operation_ne_peut_etre_reecrit():
    monde = Monde()
    ancien = Offre.pgh_event_model.objects.filter(pgh_obj_id=monde.offre.pk).latest("pgh_id").pgh_context
    sql("CREATE ROLE appli_ancien")
    try:
        call_command("droits_en_base", role="appli_ancien", stdout=StringIO())
        with transaction.atomic():
            sql("SET LOCAL ROLE appli_ancien")
            sql(f"SELECT set_config('pghistory.context_id', '{ancien.pk}', true)")
            sql("""SELECT set_config('pghistory.context_metadata', '{"utilisateur": 1}', true)""")
            sql(f"UPDATE catalogue_offre SET intitule = 'forgé' WHERE id = {monde.offre.pk}")
        assert Context.objects.get(pk=ancien.pk).metadata == ancien.metadata
    finally:
        sql("DROP OWNED BY appli_ancien")
        sql("DROP ROLE appli_ancien")
        Context.install_pgh_attach_context_func()


def test_un_role_inconnu_ou_trop_puissant_est_refuse(db):
    with pytest.raises(CommandError, match="n'existe pas"):
        call_command("droits_en_base", role="personne")
    with pytest.raises(CommandError, match="superutilisateur"):
        call_command("droits_en_base", role=connection.settings_dict["USER"])
    sql("CREATE ROLE parent_fort")
    sql("CREATE ROLE enfant IN ROLE parent_fort")
    sql("GRANT DELETE ON catalogue_offreevent TO parent_fort")
    with pytest.raises(CommandError, match="DELETE sur catalogue_offreevent"):
        call_command("droits_en_base", role="enfant")
