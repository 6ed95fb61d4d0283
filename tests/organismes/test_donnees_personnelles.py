"""Tests of what is kept of people: the register, the purges, the file of one's data, the erasure."""

import datetime as dt
import json
import re
from io import StringIO
from pathlib import Path

import pghistory
import pytest
from axes.models import AccessAttempt, AccessLog
from celery import current_app
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from pghistory.models import Context, Event

from catalogue.cycle_de_vie import executer
from edof.conservation import DUREES
from edof.horloge import aujourd_hui, maintenant
from organismes.auteurs import auteur_de
from organismes.donnees_personnelles import PARTIES, Sort
from organismes.droits import Operation, Role
from organismes.effacement import effacer
from organismes.equipe import inviter
from organismes.models import Courriel, Invitation, Membre, Utilisateur, Visite
from organismes.tasks import faire_le_menage
from publication.passages import publier
from tests.api.client import jeton_de
from tests.crochets.recepteur import abonner

REGISTRE = (Path(__file__).parents[2] / "docs" / "donnees-personnelles.md").read_text()
BON = "demo-edof-mot-de-passe"


# --- The register ---


def test_le_registre_donne_les_durees_du_code():
    lues = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| `([\w.]+)` \|$", REGISTRE, re.M)
    assert lues == [(d.quoi, d.en_mots, d.depuis, d.tache) for d in DUREES]


def test_chaque_purge_est_dans_l_horaire():
    import edof.celery  # noqa: F401

    prevues = {une["task"] for une in current_app.conf.beat_schedule.values()}
    assert {duree.tache for duree in DUREES} <= prevues


def test_chaque_modele_qui_mene_a_une_personne_est_au_registre():
    connus = {partie.modele for partie in PARTIES} | {"organismes.Utilisateur"}
    oublies = [
        modele._meta.label
        for modele in apps.get_models()
        if modele._meta.managed
        and not modele._meta.proxy
        # The history is kept as it is, but for the names (organismes/effacement.py).
        and not issubclass(modele, Event)
        and any(champ.related_model is Utilisateur for champ in modele._meta.local_fields)
        and modele._meta.label not in connus
    ]
    assert oublies == []
    assert [nom for nom in sorted(connus) if f"`{nom}`" not in REGISTRE] == []


def test_le_registre_dit_ce_que_devient_chaque_partie():
    for partie in PARTIES:
        ligne = next(ligne for ligne in REGISTRE.splitlines() if ligne.startswith(f"| `{partie.modele}` |"))
        assert ("erased" if partie.sort is Sort.SUPPRIMEES else "without name") in ligne, partie.modele


# --- The purges that the others do not have ---


def test_une_invitation_sans_reponse_et_une_vieille_visite_sont_oubliees(monde):
    invitation, _ = inviter(monde.organisme, "jamais@test.example", Role.LECTEUR, par=monde.gestionnaire)
    for jours in (91, 89):
        Invitation.objects.filter(pk=invitation.pk).update(expire_le=maintenant() - dt.timedelta(days=jours))
        Visite.objects.create(
            organisme=monde.organisme, utilisateur=monde.gestionnaire, motif=str(jours),
            debut=maintenant(), fin=maintenant() - dt.timedelta(days=jours * 4 + 5),
        )  # fmt: skip
        if jours == 91:
            faire_le_menage()
            assert not Invitation.objects.exists()
    faire_le_menage()
    assert list(Visite.objects.values_list("motif", flat=True)) == ["89"]


# --- The file ---


def test_telecharger_mes_donnees(monde, connecter):
    jeton_de(monde, nom="Planning")
    reponse = connecter(monde.gestionnaire).get("/compte/donnees/")
    assert reponse["Content-Disposition"].startswith("attachment")
    donnees = json.loads(reponse.content)
    assert donnees["compte"]["courriel"] == monde.gestionnaire.courriel
    assert [m["role"] for m in donnees["organismes"]] == ["gestionnaire"]
    assert [j["nom"] for j in donnees["jetons d'API créés ou révoqués"]] == ["Planning"]
    assert {une["operation"] for une in donnees["opérations, dans l'historique"]} >= {"valider"}
    assert not re.search(r"pbkdf2|argon2|empreinte|session_key|secret\"", reponse.text)


# --- The erasure ---


def test_ce_que_quelqu_un_a_fait_se_trouve_par_un_index(db):
    """Check that neither the file of one's data nor an erasure reads the history of everybody."""
    with connection.cursor() as curseur:
        curseur.execute("SET LOCAL enable_seqscan = off")
    assert "contexte_par_personne" in Context.objects.filter(metadata__utilisateur=1).explain()


@pytest.fixture
def marie(monde):
    """Return a person who has left traces everywhere."""
    marie = monde.personne("marie", Role.GESTIONNAIRE)
    Utilisateur.objects.filter(pk=marie.pk).update(prenom="Marie", nom="Dupont")
    Utilisateur.objects.filter(pk=marie.pk).update(courriel="dupont@test.example")
    marie.refresh_from_db()
    monde.marie_session = monde.session("s1")
    executer(monde.marie_session, Operation.OUVRIR, par=marie)
    inviter(monde.organisme, "paul@test.example", Role.LECTEUR, par=marie)
    with pghistory.context(operation="creer", utilisateur=marie.pk):
        abonnement = abonner(monde.organisme, "https://planning.example/", "session.ouverte")
    type(abonnement).objects.filter(pk=abonnement.pk).update(cree_par=marie.nom_complet)
    Courriel.objects.create(a=marie.courriel, objet="Bonjour Marie Dupont", prochain_essai_le=None)
    Courriel.objects.create(a="lea@test.example", objet="Marie Dupont vous invite", prochain_essai_le=None)
    # A browser that is known.
    AccessAttempt.objects.create(
        username=f"{marie.courriel} 5f3a", ip_address="192.0.2.1", failures_since_start=1
    )
    AccessLog.objects.create(username=marie.courriel, ip_address="192.0.2.1", path_info="/")
    return marie


def textes_de_la_base() -> str:
    """Return every row of every table, as text."""
    with connection.cursor() as curseur:
        lignes = []
        for table in connection.introspection.table_names(curseur):
            curseur.execute(f'SELECT t::text FROM "{table}" AS t')
            lignes += [ligne for (ligne,) in curseur.fetchall()]
    return "\n".join(lignes)


def test_effacer_ne_laisse_ni_nom_ni_adresse_et_garde_l_histoire(monde, marie):
    admin = Utilisateur.objects.create_superuser("admin@test.example", BON)
    LogEntry.objects.log_actions(admin.pk, [marie], 2, change_message=[{"changed": {"fields": ["nom"]}}])
    publier(aujourd_hui(), par=f"Administration, {marie.courriel}")
    assert re.search("dupont", textes_de_la_base(), re.I)
    assert effacer(marie, par=admin, motif="À sa demande")
    assert not effacer(marie, par=admin, motif="Deux fois")
    assert not re.search(r"dupont|marie-\d", textes_de_la_base(), re.I)
    marie.refresh_from_db()
    assert marie.nom_complet == f"Compte effacé {marie.pk}" and not marie.is_active
    assert not Membre.objects.filter(utilisateur=marie).exists()
    # What was done is still told, of the same person; and who erased, and why.
    evenements = type(monde.marie_session).pgh_event_model.objects
    ouverte = evenements.filter(pgh_context__metadata__utilisateur=marie.pk).latest("pgh_id")
    assert ouverte.pgh_context.metadata["operation"] == "ouvrir"
    assert auteur_de(ouverte, {marie.pk: marie}) == f"Compte effacé {marie.pk}"
    journal = Context.objects.get(metadata__operation="effacer").metadata
    assert (journal["utilisateur"], journal["motif"]) == (admin.pk, "À sa demande")


def test_l_historique_reste_ferme_apres_un_effacement(monde, marie):
    effacer(marie, par=monde.gestionnaire, motif="x")
    for ordre in (
        "UPDATE organismes_utilisateurevent SET nom = 'x'",
        "DELETE FROM organismes_invitationevent",
    ):
        with pytest.raises(Exception, match="append_only|Cannot update or delete"), transaction.atomic():
            connection.cursor().execute(ordre)


def test_la_fonction_refuse_un_compte_qui_n_est_pas_efface(monde):
    with pytest.raises(Exception, match="pas effacé"), transaction.atomic():
        connection.cursor().execute("SELECT effacer_de_l_historique(%s)", [monde.gestionnaire.pk])


def test_le_role_de_l_application_peut_effacer_et_rien_de_plus(monde, marie):
    with connection.cursor() as curseur:
        curseur.execute("CREATE ROLE appli_efface")
        call_command("droits_en_base", role="appli_efface", stdout=StringIO())
        curseur.execute("SET LOCAL ROLE appli_efface")
        assert effacer(marie, par=monde.gestionnaire, motif="x")
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            curseur.execute("UPDATE organismes_utilisateurevent SET nom = 'x'")
        curseur.execute("RESET ROLE")


def test_un_administrateur_efface_a_la_demande_de_la_personne(monde, marie, connecter):
    admin = Utilisateur.objects.create_superuser("admin@test.example", BON)
    page = f"/admin/organismes/utilisateur/{marie.pk}/"
    connecte = connecter(admin)
    assert "Effacer cette personne" in connecte.get(f"{page}change/").text
    assert json.loads(connecte.get(f"{page}donnees/").content)["compte"]["nom"] == "Dupont"
    assert connecte.post(f"{page}effacer/", {"motif": ""}).status_code == 422
    assert connecte.post(f"{page}effacer/", {"motif": "À sa demande"}).status_code == 302
    # A second click, then what is left of the account.
    assert connecte.post(f"{page}effacer/", {"motif": "À sa demande"}).status_code == 403
    assert "Effacé aujourd" in connecte.get(f"{page}change/").text
    assert connecte.get(f"/admin/organismes/utilisateur/{admin.pk}/effacer/").status_code == 403
    # Somebody without the right.
    assert connecter(monde.gestionnaire).get(f"{page}effacer/").status_code == 403
