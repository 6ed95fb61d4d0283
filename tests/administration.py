"""Helpers shared by the tests of the administration: fixtures, and reading the form of a page."""

import datetime as dt
import re
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Certification, Offre, Presence, Releve, Suppression, TypeFerme
from crochets.models import Abonnement, Evenement, Livraison
from echanges.models import Import
from edof.horloge import a_l_instant, aujourd_hui, maintenant, minuit
from exploitation.models import Alarme, Battement
from lots.models import Lot
from organismes.droits import Operation
from organismes.models import (
    Adresse,
    Bandeau,
    Bulletin,
    Contact,
    Courriel,
    InformationsLegales,
    Invitation,
    Jeton,
    Organisme,
    Utilisateur,
    Visite,
)
from publication.models import Parution, Passage, Retenue
from publication.passages import publier
from recherche.models import Synonyme
from sessions_app.models import Fermeture, Habitude, Programmation, Session
from tests.conftest import Monde


@pytest.fixture
def administrateur(db) -> Utilisateur:
    return Utilisateur.objects.create_superuser("admin@test.example", "mot-de-passe-long")


@pytest.fixture
def client(client, administrateur):
    client.force_login(administrateur, backend="django.contrib.auth.backends.ModelBackend")
    # The content types are read here once, and stay in the process's cache until a test empties the database:
    # a page whose queries are counted does not have to read them.
    ContentType.objects.get_for_models(*apps.get_models())
    return client


@pytest.fixture
def monde(db) -> Monde:
    """Return an organisme created three days ago, so that this morning's run publishes its records."""
    with a_l_instant(minuit(aujourd_hui()) - dt.timedelta(days=3)):
        return Monde()


def adresse(objet: Any, page: str = "change") -> str:
    modele = objet if isinstance(objet, type) else type(objet)
    arguments = [] if isinstance(objet, type) else [objet.pk]
    return reverse(f"admin:{modele._meta.app_label}_{modele._meta.model_name}_{page}", args=arguments)


def texte(reponse) -> str:
    return " ".join(
        re.sub(r"<[^>]+>", " ", reponse.content.decode())
        .replace("&#x27;", "'")
        .replace("\N{NO-BREAK SPACE}", " ")
        .split()
    )


def messages(reponse) -> list[str]:
    liste = re.search(r'<ul class="messagelist".*?</ul>', reponse.content.decode(), re.S)
    return [
        " ".join(re.sub(r"<[^>]+>", " ", ligne).split())
        for ligne in re.findall(r"<li.*?</li>", liste[0] if liste else "", re.S)
    ]


def operer(client, operation: str, *fiches, **autres):
    envoi = {"action": operation, "index": "0", "_selected_action": [fiche.pk for fiche in fiches], **autres}
    return client.post(adresse(type(fiches[0]), "changelist"), envoi, follow=True)


@pytest.fixture
def peuple(monde, administrateur) -> dict[type, Any]:
    """Return one record of each registered model."""
    with a_l_instant(minuit(aujourd_hui()) - dt.timedelta(hours=12)):
        session = monde.session("s1", ouverte=True)
    publier(aujourd_hui(), par="test")
    executer(monde.session("a-jeter"), Operation.SUPPRIMER, par=monde.gestionnaire)
    commun = {
        "username": "x@test.example",
        "ip_address": "192.0.2.1",
        "user_agent": "navigateur",
        "http_accept": "",
        "path_info": "/connexion/",
    }
    Presence.objects.noter(session, monde.gestionnaire)
    parution = Parution.objects.get()
    abonnement = Abonnement.objects.create(
        organisme=monde.organisme, url="https://exemple.fr/recu", evenements=["session.ouverte"], secret="x"
    )
    # The database writes what is to be delivered.
    Evenement.objects.create(organisme=monde.organisme, type="session.ouverte")
    return {
        Abonnement: abonnement,
        Livraison: Livraison.objects.get(),
        InformationsLegales: InformationsLegales.objects.get_or_create(pk=1)[0],
        Visite: Visite.objects.create(
            organisme=monde.organisme, utilisateur=administrateur, motif="Aide", debut=maintenant(),
            fin=maintenant()
        ),
        Organisme: monde.organisme, Utilisateur: monde.gestionnaire, Contact: monde.contact,
        Adresse: monde.lieu, Fermeture: Fermeture.objects.order_by("pk")[0],
        Habitude: Habitude.objects.create(organisme=monde.organisme, contact=monde.contact),
        Alarme: Alarme.objects.create(genre="disque", detail="Il reste 12 Mo.", dite_le=maintenant()),
        Battement: Battement.objects.create(nom="publication.tasks.publier_les_jours_dus", faits=3),
        Releve: Releve.objects.create(source="export.zip", bilan="3 certifications créées."),
        Import: Import.objects.create(organisme=monde.organisme, nom="planning.csv"),
        Synonyme: Synonyme.objects.create(expressions="planning, calendrier"),
        Lot: Lot.objects.create(organisme=monde.organisme, niveau="session", operation="ouvrir", nombre=1),
        Programmation: Programmation.objects.create(
            organisme=monde.organisme, session=session, operation="fermer", jour=aujourd_hui(),
            par=monde.gestionnaire
        ),
        Bandeau: Bandeau.objects.create(message="Maintenance ce soir"), Certification: monde.certification,
        Offre: monde.offre,
        Action: monde.action, Session: session, Suppression: Suppression.objects.get(),
        Presence: Presence.objects.get(),
        Courriel: Courriel.objects.create(a="x@test.example", objet="Votre mot de passe", corps="secret"),
        Bulletin: Bulletin.objects.create(utilisateur=monde.gestionnaire, jour=aujourd_hui(), envoye=True),
        TypeFerme: TypeFerme.objects.create(type_offre="creation"), Passage: Passage.objects.get(),
        Parution: parution,
        type(parution.contenu_action): parution.contenu_action,
        Retenue: Retenue.objects.create(
            session=session, organisme=monde.organisme, identifiant="s1", raison="erreur",
            detail="dates <fausses>", du=aujourd_hui()
        ),
        Invitation: Invitation.objects.create(
            organisme=monde.organisme, courriel="nina@test.example", expire_le=maintenant(),
            empreinte="a" * 64, par=monde.gestionnaire
        ),
        Jeton: Jeton.objects.create(organisme=monde.organisme, nom="Logiciel de gestion", empreinte="b" * 64,
        prefixe="edof_abcdef"),
        AccessAttempt: AccessAttempt.objects.create(**commun, get_data="", post_data="",
        failures_since_start=10),
        AccessLog: AccessLog.objects.create(**commun),
        AccessFailureLog: AccessFailureLog.objects.create(**commun, locked_out=True),
    }  # fmt: skip


def formulaire(page) -> dict[str, str]:
    """Return the fields that a browser would send for the form of the page, by name."""
    html = re.sub(r'<tr class="form-row[^"]*empty-form".*?</tr>', "", page.content.decode(), flags=re.S)
    champs = {}
    for balise in re.findall(r"<input [^>]*>", html):
        if (
            (nom := re.search(r' name="([^"]+)"', balise))
            and 'type="submit"' not in balise
            and ("checkbox" not in balise or "checked" in balise)
        ):
            valeur = re.search(r' value="([^"]*)"', balise)
            champs[nom[1]] = valeur[1] if valeur else ""
    for nom, options in re.findall(r'<select name="([^"]+)"(.*?)</select>', html, re.S):
        if choisie := re.search(r'<option value="([^"]*)" selected', options):
            champs[nom] = choisie[1]
    return {nom: valeur for nom, valeur in champs.items() if nom != "action"}


def enregistrer(client, objet, **changes):
    page = client.get(adresse(objet))
    valeurs = {**formulaire(page), **changes}
    return client.post(adresse(objet), {nom: valeur for nom, valeur in valeurs.items() if valeur is not None})


def grossir(monde: Monde, nombre: int) -> None:
    """Create `nombre` more sessions, contacts and members, copied from existing ones."""
    modele = Session.objects.filter(action=monde.action).first()
    colonnes = {
        c.attname: getattr(modele, c.attname)
        for c in Session._meta.concrete_fields
        if c.name not in {"id", "identifiant"}
    }
    Session.objects.bulk_create(
        Session(**colonnes | {"cle_de_creation": None}, identifiant=f"copie-{n}") for n in range(nombre)
    )
