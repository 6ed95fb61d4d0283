"""What every test may use: a small world made through the program's own doors, and skips that fail when
forbidden.
"""

import datetime as dt
import gc
import os
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.servers.basehttp import WSGIRequestHandler
from django.template import Template, engines
from django.test import Client

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Certification, Offre
from edof.horloge import aujourd_hui, secondes
from organismes.droits import Operation, Role
from organismes.duree import OUVERTE, temoin
from organismes.models import Adresse, Contact, Membre, Organisme, Qualiopi, Utilisateur
from sessions_app.models import Session
from tests.base import django_db_setup  # noqa: F401

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
# The live server writes an answer in two times: without this the second waits 40 ms for the client to
# acknowledge the first.
WSGIRequestHandler.disable_nagle_algorithm = True
# What the migrations leave in memory would be looked through again and again: a sixth of the time they take.
gc.set_threshold(100_000, 50, 100)


def quantite(entiere: int, courte: int) -> int:
    """How much a long test does: `entiere` under EDOF_TESTS_ENTIERS=1, as in CI, else `courte`, for those who
    wait.
    """
    return entiere if os.environ.get("EDOF_TESTS_ENTIERS") == "1" else courte


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Iterator[None]:
    """With EDOF_TESTS_STRICT=1 a test that would skip fails instead."""
    resultat = yield
    rapport = resultat.get_result()
    if os.environ.get("EDOF_TESTS_STRICT") == "1" and rapport.skipped:
        rapport.outcome = "failed"
        rapport.longrepr = f"Saut interdit : {rapport.longrepr}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs no database of ours goes first, the rest in pytest-django's order: a long test at the end
    would run alone.
    """
    items.sort(
        key=lambda item: (
            item.get_closest_marker("django_db") is not None
            or bool({"db", "transactional_db"} & set(item.fixturenames))
        )
    )


@pytest.fixture(autouse=True)
def _mots_de_passe_rapides(settings: Any) -> None:
    """Fast passwords."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _debits_a_zero() -> None:
    """Nobody has asked for anything yet."""
    cache.clear()


@pytest.fixture(autouse=True)
def _connexions_deja_commencees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is signed in has seen a page already: the first one writes when the session began, and would count
    as queries.
    """
    entrer = Client.force_login

    def force_login(client: Client, user: Any, backend: str | None = None) -> None:
        entrer(client, user, backend)
        session, instant = client.session, secondes()
        session[OUVERTE] = instant
        session.save()
        client.cookies[settings.ACTIVITE_COOKIE_NAME] = temoin(user.pk, instant, instant)

    monkeypatch.setattr(Client, "force_login", force_login)


class Monde:
    """One organisme with an offre, an action and what sessions need; everything is made by `gestionnaire`."""

    def __init__(self, nom: str = "Institut", siret: str = "41234567800019") -> None:
        self.organisme = Organisme.objects.create(raison_sociale=nom, siret=siret, nda="11940678994")
        Qualiopi.objects.create(
            organisme=self.organisme, categorie="actions_de_formation", du=dt.date(2020, 1, 1)
        )
        self.gestionnaire = self.personne("gestionnaire", Role.GESTIONNAIRE)
        self.lieu = Adresse.objects.create(
            organisme=self.organisme, titre="Siège", denomination="Institut", numero_voie="12",
            nature_voie="AV",
            libelle_voie="de la Cité", code_postal="94550", ville="Chevilly Larue",
        )  # fmt: skip
        self.contact = Contact.objects.create(
            organisme=self.organisme,
            prenom="Service",
            nom="Inscriptions",
            telephone_fixe="0149800000",
            courriel="i@ilvm.example",
        )
        self.certification, _ = Certification.objects.get_or_create(
            code="RNCP1", defaults={"type_certification": "rncp", "intitule": "Titre professionnel"}
        )
        self.offre = self.nouvelle_offre("OFFRE-1")
        self.action = self.nouvelle_action("ACTION-1")

    def personne(self, nom: str, role: str) -> Utilisateur:
        """A member with this role; its address holds the key of the organisme."""
        utilisateur = Utilisateur.objects.create_user(
            f"{nom}-{self.organisme.pk}@test.example", "demo-edof-mot-de-passe"
        )
        Membre.objects.create(utilisateur=utilisateur, organisme=self.organisme, role=role)
        return utilisateur

    def nouvelle_offre(self, identifiant: str) -> Offre:
        """A validée offre."""
        textes = dict.fromkeys(
            ("intitule", "points_forts", "objectif", "resultats_attendus", "contenu"), "Texte"
        )
        choix = {"type_offre": "certifiante", "type_parcours": "mixte", "objectif_general": "certification"}
        valeurs = {"identifiant": identifiant, "certification": self.certification, **textes, **choix}
        return executer(
            Offre(organisme=self.organisme), Operation.VALIDER, par=self.gestionnaire, valeurs=valeurs
        )

    def nouvelle_action(self, identifiant: str, entrees: str = "dates_fixes") -> Action:
        """A validée action of the offre."""
        valeurs = {
            "identifiant": identifiant, "modalites_entrees_sorties": entrees,
            "modalites_enseignement": "presentiel",
            "langue": "fr", "duree_totale": 400, "rythmes": ["en_journee"],
            "niveau_entree_obligatoire": False,
            "existence_prerequis": False, "modalites_admission": ["dossier"],
            "acces_handicapes": "Locaux accessibles.",
            "ttc_20": Decimal("5000.00"), "frais_certif_inclus": "inclus", "lieu_de_formation": self.lieu,
            "contact_du_lieu": self.contact, "contact_information": self.contact,
        }  # fmt: skip
        action = Action(organisme=self.organisme, offre=self.offre)
        return executer(action, Operation.VALIDER, par=self.gestionnaire, valeurs=valeurs)

    def session(
        self, identifiant: str = "s1", *, action: Action | None = None, ouverte: bool = False, **valeurs: Any
    ) -> Session:
        """A validée session starting in sixty days, perhaps opened."""
        completes = {
            "identifiant": identifiant, "date_debut": aujourd_hui() + dt.timedelta(60),
            "date_fin": aujourd_hui() + dt.timedelta(90),
            "garantie": True, "contact_inscription": self.contact, "adresse_inscription": self.lieu,
            **valeurs,
        }  # fmt: skip
        session = Session(action=action or self.action, organisme=self.organisme)
        session = executer(session, Operation.VALIDER, par=self.gestionnaire, valeurs=completes)
        return executer(session, Operation.OUVRIR, par=self.gestionnaire) if ouverte else session


@pytest.fixture
def monde(db: None) -> Monde:
    """An organisme ready to work."""
    return Monde()


@pytest.fixture
def connecter(client: Client) -> Callable[[Utilisateur], Client]:
    """Sign somebody in."""

    def _connecter(utilisateur: Utilisateur) -> Client:
        client.force_login(utilisateur, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return _connecter


_gabarit_a_nous: ContextVar[bool] = ContextVar("gabarit_a_nous", default=True)


class _Indefinie(str):
    """What Django puts in place of an undefined variable: an error in a template of ours, nothing in one of
    Django's.
    """

    def __bool__(self) -> bool:
        # Django takes what is false as it is, and puts the name of the variable in what is not.
        return _gabarit_a_nous.get()

    def __contains__(self, texte: object) -> bool:
        return True

    def __mod__(self, variable: object) -> str:
        raise AssertionError(f"Variable de gabarit inconnue : {variable}")


@pytest.fixture(autouse=True)
def _variables_indefinies_interdites(monkeypatch: pytest.MonkeyPatch) -> None:
    """An undefined template variable is an error, in the project's own templates."""
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", _Indefinie())
    rendu = Template._render

    def rendre(gabarit: Template, contexte: Any) -> Any:
        jeton = _gabarit_a_nous.set("/site-packages/" not in str(gabarit.origin.name))
        try:
            return rendu(gabarit, contexte)
        finally:
            _gabarit_a_nous.reset(jeton)

    monkeypatch.setattr(Template, "_render", rendre)
