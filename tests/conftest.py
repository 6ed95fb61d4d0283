"""Fixtures available to every test, and settings of pytest.

The small world is made through the program's own operations. Skipped tests fail when skipping is forbidden.
"""

import datetime as dt
import gc
import os
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import user_logged_in
from django.core.cache import cache
from django.core.servers.basehttp import WSGIRequestHandler
from django.template import Template, engines
from django.test import Client
from django.test import client as client_de_django
from xdist.scheduler import LoadScopeScheduling

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Certification, Offre
from edof.horloge import aujourd_hui, secondes
from organismes.droits import Operation, Role
from organismes.duree import OUVERTE, temoin
from organismes.models import Adresse, Contact, Membre, Organisme, Qualiopi, Utilisateur
from sessions_app.models import Session
from tests.base import base_du_fichier, django_db_setup  # noqa: F401

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
# The live server writes a response in two parts: with Nagle's algorithm the second part would wait 40 ms for
# the client to acknowledge the first.
WSGIRequestHandler.disable_nagle_algorithm = True
# Otherwise the garbage collector would scan again and again what the migrations leave in memory, which takes
# a sixth of their time.
gc.set_threshold(100_000, 50, 100)


_TAG = re.compile(r"""</?[a-zA-Z](?:[^<>"']++|"[^"]*"|'[^']*')*+>""")
_ATTRIBUT = re.compile(r"""("[^"]*"|'[^']*')|\s+(?=>)|\s+""")
# Most tags are on one line already.
_A_REMETTRE = re.compile(r"[^\S ]|  | >")
_demander = Client.request


def _sur_une_ligne(tag: re.Match[str]) -> str:
    if not _A_REMETTRE.search(tag[0]):
        return tag[0]
    return _ATTRIBUT.sub(lambda m: m[1] or (" " if m.end() < len(tag[0]) - 1 else ""), tag[0])


def _sans_retrait(texte: str) -> str:
    """Put the lines one after the other: nothing between them beside a tag, one space elsewhere."""
    premiere, *suite = texte.split("\n")
    if not suite:
        return texte
    *milieu, derniere = suite
    mis = [premiere.rstrip()]
    for ligne in (*filter(None, map(str.strip, milieu)), derniere.lstrip()):
        if not mis[-1].endswith(">") and not ligne.startswith("<"):
            mis.append(" ")
        mis.append(ligne)
    return "".join(mis)


def _demander_et_relire(self: Client, **requete: Any) -> Any:
    reponse = _demander(self, **requete)
    lisible = not reponse.streaming and "Content-Encoding" not in reponse.headers
    if lisible and reponse.headers.get("Content-Type", "").startswith("text/html"):
        # The content of <textarea> and of <pre> is kept as it is.
        parties = re.split(r"(?s)(<textarea.*?</textarea>|<pre.*?</pre>)", reponse.content.decode())
        parties[::2] = [_sans_retrait(_TAG.sub(_sur_une_ligne, partie)) for partie in parties[::2]]
        parties[1::2] = [_TAG.sub(_sur_une_ligne, partie, count=1) for partie in parties[1::2]]
        reponse.content = "".join(parties).encode()
    return reponse


# The formatter of templates may break a tag over several lines, which the tests must not depend on: each tag
# is put back on one line.
Client.request = _demander_et_relire  # type: ignore[method-assign]

_retenir = client_de_django.store_rendered_templates


def _retenir_la_page(store: dict[str, Any], *arguments: Any, **autres: Any) -> None:
    if not store:
        _retenir(store, *arguments, **autres)


# `response.context` is that of the page: copying those of each of its widgets takes a thirtieth of its time.
client_de_django.store_rendered_templates = _retenir_la_page


def quantite(entiere: int, courte: int) -> int:
    """Return how much a long test does.

    `entiere` with EDOF_TESTS_ENTIERS=1, else `courte`, as in CI; bench/ goes further than both.
    """
    return entiere if os.environ.get("EDOF_TESTS_ENTIERS") == "1" else courte


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Iterator[None]:
    """Make a skipped test fail when EDOF_TESTS_STRICT=1."""
    resultat = yield
    rapport = resultat.get_result()
    if os.environ.get("EDOF_TESTS_STRICT") == "1" and rapport.skipped:
        rapport.outcome = "failed"
        rapport.longrepr = f"Saut interdit : {rapport.longrepr}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests that need no database first; keep pytest-django's order for the others.

    A long test left to the end would run alone.
    """
    items.sort(
        key=lambda item: (
            item.get_closest_marker("django_db") is not None
            or bool({"db", "transactional_db", "live_server"} & set(item.fixturenames))
        )
    )


# Files whose tests share what takes long to make, such as a copy of the checkout with its database.
D_UN_BLOC = {"tests/edof/test_run.py"}


class Partage(LoadScopeScheduling):
    """What each process runs: the files of D_UN_BLOC first, each whole, then the other tests one by one.

    Their order is kept: the tests that empty the tables run last.
    """

    def _split_scope(self, nodeid: str) -> str:
        fichier = nodeid.partition("::")[0]
        return fichier if fichier in D_UN_BLOC else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Partage:
    """Share the tests between the processes in this way."""
    return Partage(config, log)


@pytest.fixture(autouse=True)
def _mots_de_passe_rapides(settings: Any) -> None:
    """Use a fast password hasher."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _debits_a_zero() -> None:
    """Reset the rate limits, by emptying the cache."""
    cache.clear()


@pytest.fixture(autouse=True)
def _frequentation_en_memoire(settings: Any) -> None:
    """Keep in memory what is read of the public pages: a test writes it when it is about it."""
    settings.FREQUENTATION_SECONDES = float("inf")


@pytest.fixture(autouse=True)
def _connexions_deja_commencees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `Client.force_login` behave as if the user had already seen a page.

    The first page after a sign-in writes when the session began, which would count as queries.
    """
    entrer = Client.force_login

    def force_login(client: Client, user: Any, backend: str | None = None) -> None:
        instant = secondes()

        def commencer(request: Any, **_: Any) -> None:
            request.session[OUVERTE] = instant

        user_logged_in.connect(commencer)
        entrer(client, user, backend)
        user_logged_in.disconnect(commencer)
        client.cookies[settings.ACTIVITE_COOKIE_NAME] = temoin(user.pk, instant, instant)

    monkeypatch.setattr(Client, "force_login", force_login)


class Monde:
    """An organisme with an offre, an action and what sessions need, all made by `gestionnaire`."""

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
        """Create a member with this role; the e-mail address contains the primary key of the organisme."""
        utilisateur = Utilisateur.objects.create_user(
            f"{nom}-{self.organisme.pk}@test.example", "demo-edof-mot-de-passe"
        )
        Membre.objects.create(utilisateur=utilisateur, organisme=self.organisme, role=role)
        return utilisateur

    def nouvelle_offre(self, identifiant: str) -> Offre:
        """Create a validée offre."""
        textes = dict.fromkeys(
            ("intitule", "points_forts", "objectif", "resultats_attendus", "contenu"), "Texte"
        )
        choix = {"type_offre": "certifiante", "type_parcours": "mixte", "objectif_general": "certification"}
        valeurs = {"identifiant": identifiant, "certification": self.certification, **textes, **choix}
        return executer(
            Offre(organisme=self.organisme), Operation.VALIDER, par=self.gestionnaire, valeurs=valeurs
        )

    def nouvelle_action(self, identifiant: str, entrees: str = "dates_fixes") -> Action:
        """Create a validée action of the offre."""
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
        """Create a validée session that starts in sixty days; also open it when `ouverte`."""
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
    """Return an organisme ready to work."""
    return Monde()


@pytest.fixture
def connecter(client: Client) -> Callable[[Utilisateur], Client]:
    """Return a function that signs a user in and returns the client."""

    def _connecter(utilisateur: Utilisateur) -> Client:
        client.force_login(utilisateur, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return _connecter


_gabarit_a_nous: ContextVar[bool] = ContextVar("gabarit_a_nous", default=True)


class _Indefinie(str):
    """The text that Django renders for an undefined variable.

    It raises AssertionError in a template of the project, and renders nothing in a template of Django's.
    """

    def __bool__(self) -> bool:
        # Django uses a false value as it is, and inserts the name of the variable into a true one.
        return _gabarit_a_nous.get()

    def __contains__(self, texte: object) -> bool:
        return True

    def __mod__(self, variable: object) -> str:
        raise AssertionError(f"Variable de gabarit inconnue : {variable}")


@pytest.fixture(autouse=True)
def _variables_indefinies_interdites(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make an undefined variable an error in the project's own templates."""
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", _Indefinie())
    rendu = Template._render

    def rendre(gabarit: Template, contexte: Any) -> Any:
        jeton = _gabarit_a_nous.set("/site-packages/" not in str(gabarit.origin.name))
        try:
            return rendu(gabarit, contexte)
        finally:
            _gabarit_a_nous.reset(jeton)

    monkeypatch.setattr(Template, "_render", rendre)
