"""A small national catalogue: actions of two organismes, in several towns, published this morning."""

import copy
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.http import QueryDict
from django.test import override_settings

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Certification, Offre
from edof.horloge import aujourd_hui, demain
from organismes.droits import Operation
from organismes.models import Adresse
from publication.passages import publier
from recherche.communes import charger
from recherche.demande import Demande, RechercheForm, demander
from recherche.models import Commune
from recherche.resultats import chercher
from recherche.tasks import entretenir
from tests.conftest import Monde

TOUT_EN_MARS = dt.date(2027, 3, 1)


def avec_les_communes() -> None:
    """Load the communes, which a test that commits has emptied."""
    if not Commune.objects.exists():
        with connection.cursor() as curseur:
            charger(curseur)


@pytest.fixture
def communes(db: None) -> None:
    """Load the communes."""
    avec_les_communes()


class Pays:
    """What is published: `ajouter` an action with its sessions, then `publier`."""

    def __init__(self) -> None:
        self.mondes = [
            Monde("Institut Logistique", "41234567800019"), Monde("Atelier de Marne", "73282932000074")
        ]  # fmt: skip
        self.actions: dict[str, Action] = {}

    def certification(self, code: str, intitule: str, niveau: int | None = None) -> Certification:
        """Return a certification."""
        genre = code.rstrip("0123456789").lower()
        return Certification.objects.get_or_create(
            code=code, defaults={"type_certification": genre, "intitule": intitule, "niveau": niveau}
        )[0]

    def ajouter(
        self, nom: str, intitule: str, ville: str = "Chevilly Larue", code_postal: str = "94550", *,
        qui: int = 0, certification: tuple[str, str] = ("RNCP1", "Titre professionnel"),
        debuts: Any = (dt.date(2027, 3, 8),),
        garantie: bool = False, action: Any = (), session: Any = (), offre: Any = (),
    ) -> Action:  # fmt: skip
        """Open an action of its own offre to enrolment, with a session for each start."""
        monde = self.mondes[qui]
        monde.certification = self.certification(*certification)
        monde.offre = monde.nouvelle_offre(f"O-{nom}")
        monde.offre = executer(
            Offre.objects.get(pk=monde.offre.pk), Operation.MODIFIER, par=monde.gestionnaire,
            valeurs={"intitule": intitule, **dict(offre)},
        )  # fmt: skip
        monde.lieu, _ = Adresse.objects.get_or_create(
            organisme=monde.organisme, titre=f"{ville} {code_postal}",
            defaults={
                "denomination": "Centre", "libelle_voie": "Rue", "code_postal": code_postal, "ville": ville
            },
        )  # fmt: skip
        faite = monde.nouvelle_action(f"A-{nom}")
        if action:
            faite = executer(
                Action.objects.get(pk=faite.pk),
                Operation.VALIDER,
                par=monde.gestionnaire,
                valeurs=dict(action),
            )
        for rang, debut in enumerate(debuts):
            fin = debut + dt.timedelta(10) if debut else None
            dates = {"date_debut": debut, "date_fin": fin, "pas_de_dates": debut is None}
            monde.session(
                f"s{rang}", action=faite, ouverte=True, **{**dates, "garantie": garantie, **dict(session)}
            )
        self.actions[nom] = faite
        return faite

    def publier(self, settings: Any) -> None:
        """Publish what was opened, the next morning."""
        settings.EDOF_AUJOURDHUI = demain()
        publier(aujourd_hui(), par="test")
        with connection.cursor() as curseur:
            entretenir(curseur)

    def noms(self, cles: list[int]) -> list[str]:
        """Return the names of these actions."""
        par_cle = {action.pk: nom for nom, action in self.actions.items()}
        return [par_cle[cle] for cle in cles]


@pytest.fixture(scope="module")
def pays_du_fichier(base_du_fichier: Any) -> Pays:
    """Return a published catalogue of ten actions, made once for the tests of a file."""
    with base_du_fichier(), override_settings(EDOF_AUJOURDHUI=dt.date(2026, 11, 30)):
        avec_les_communes()
        return _publie()


@pytest.fixture
def pays(db: None, pays_du_fichier: Pays, settings: Any) -> Pays:
    """Return this catalogue, on the day when it was published."""
    settings.EDOF_AUJOURDHUI = dt.date(2026, 12, 1)
    return copy.deepcopy(pays_du_fichier)


def _publie() -> Pays:
    pays = Pays()
    mars, avril = dt.date(2027, 3, 8), dt.date(2027, 4, 12)
    tsmel = ("RNCP38413", "Technicien supérieur en méthodes et exploitation logistique")
    pays.ajouter("tsmel", "Technicien supérieur", certification=tsmel, debuts=(mars, avril), garantie=True)
    pays.ajouter(
        "cariste",
        "Magasinier cariste",
        "Créteil",
        "94000",
        action={"ht_20": Decimal(1575), "ttc_20": Decimal(1890), "duree_totale": 70},
    )
    pays.ajouter("stocks", "Gestion des stocks et logistique d'entrepôt", "Maisons-Alfort", "94700", qui=1)
    pays.ajouter("villejuif", "Soudure à l'arc", "VILLEJUIF CEDEX", "94800", debuts=(avril,))
    pays.ajouter("vitry", "Soudure TIG", "Vitry sur Seine", "94400", debuts=(avril,))
    pays.ajouter("ivry", "Soudure MAG", "Ivry-sur-Seine", "94200", debuts=(avril,))
    pays.ajouter("evry", "Soudure aluminium", "Évry-Courcouronnes", "91000", debuts=(avril,))
    pays.ajouter("melun", "Soudure inox", "Melun", "77000", debuts=(avril,))
    pays.ajouter(
        "anglais", "Anglais professionnel", action={"modalites_enseignement": "a_distance"}, qui=1,
        offre={"contenu": "Vocabulaire de la logistique et du transport."},
    )  # fmt: skip
    pays.ajouter(
        "electricite", "Électricité du bâtiment : l'habilitation", "Paris 12e", "75012", debuts=(avril,)
    )
    pays.publier(django_settings)
    return pays


@pytest.fixture
def trouver(pays: Pays) -> Any:
    """Return a function that searches with these parameters, and gives the names of what is found."""

    def _trouver(texte: str = "", **parametres: Any) -> list[str]:
        return pays.noms([t.action for t in chercher(lire(texte, **parametres)).trouvees])

    return _trouver


def lire(texte: str = "", **parametres: Any) -> Demande:
    """Return the search of these parameters, which must be right."""
    form = formulaire(q=texte, **parametres)
    assert form.is_valid(), form.errors
    return demander(form)


def formulaire(**parametres: Any) -> RechercheForm:
    """Return the form of these parameters."""
    dits = QueryDict(mutable=True)
    for nom, valeur in parametres.items():
        dits.setlist(nom, [str(v) for v in (valeur if isinstance(valeur, list) else [valeur])])
    return RechercheForm(dits)
