"""What the API costs one organisme of 250,000 sessions: the change feed, a call of 1,000 elements, the lists.

    ./run bench api_grande            the whole (some minutes, most of them to build)
    ./run bench api_grande --petit    a hundredth of it

The catalogue is that of `./run bench catalogue`, whose scratch database may be given (`--base NAME`, kept by
`--garder`). The feed is given what two years of work would leave in it: a change of every session made by one
statement, the largest trace that there can be, then as many changes made a thousand at a time.
"""

import argparse
import json
import logging
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
logging.disable(logging.WARNING)
settings.DEBUG, settings.ALLOWED_HOSTS = False, ["*"]
settings.API_DEBIT_PAR_JETON = settings.API_DEBIT_PAR_ORGANISME = "100000000/min"

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench._commun import base_jetable, dire
from bench._processeur import processeur
from bench.catalogue import GRAND, construire
from edof.horloge import maintenant
from organismes.droits import Role
from organismes.models import Jeton, Utilisateur
from publication.fil import Place, fin
from publication.models import Trace
from sessions_app.models import Session

FOIS = 7
PAR_LOT = 1_000


def client_de(gestionnaire: Utilisateur) -> Client:
    """Return a program of this organisme."""
    organisme = gestionnaire.membres.get().organisme
    jeton = Jeton(organisme=organisme, nom="Mesure", role=Role.GESTIONNAIRE, cree_par=gestionnaire)
    secret = Jeton.secret_de(str(maintenant()), gestionnaire, organisme)
    jeton.confier(secret)
    jeton.save()
    return Client(headers={"authorization": f"Bearer {secret}"})


def emplir_le_fil(sessions: Any) -> None:
    """Trace a change of every session: in one statement, then a thousand at a time."""
    cles = list(sessions.order_by("pk").values_list("pk", flat=True))
    for nombre in (len(cles), PAR_LOT):
        Trace.objects.bulk_create(
            Trace(
                organisme=sessions[0].organisme, instant=maintenant(), niveau="session",
                nature=Trace.Nature.MODIFICATION, fiches=siennes, versions=[1] * len(siennes),
            )
            for siennes in (cles[debut : debut + nombre] for debut in range(0, len(cles), nombre))
        )  # fmt: skip
    fin(sessions[0].organisme)
    with connection.cursor() as curseur:
        curseur.execute("ANALYZE publication_trace")


def mesurer(nom: str, demander: Callable[[], Any]) -> Any:
    """Print the processor time and the time at the wall of a request, and its queries; return its answer."""
    reponse = demander()
    couts, murs = [], []
    for _ in range(FOIS):
        mur, cout = time.perf_counter(), processeur()
        reponse = demander()
        couts.append(1000 * (processeur() - cout))
        murs.append(1000 * (time.perf_counter() - mur))
    with CaptureQueriesContext(connection) as requetes:
        demander()
    assert reponse.status_code in {200, 304}, reponse.content[:500]
    dire(
        f"| {nom} | {statistics.median(couts):.0f} ({min(couts):.0f} – {max(couts):.0f})"
        f" | {statistics.median(murs):.0f} | {len(requetes)} |"
    )
    return reponse


def le_fil(client: Client, sessions: Any) -> None:
    """Measure pages of the feed: at its beginning, inside the large trace, deep, at its end."""
    organisme = sessions[0].organisme
    grande = Trace.objects.pour_organisme(organisme).order_by("-fiches__len")[0]
    milieu = Place(organisme.pk, grande.numero, len(grande.fiches) // 2, grande.instant).curseur
    suite = Place(organisme.pk, grande.numero, 0, grande.instant).curseur

    def lire(depuis: str, options: str = "", **entetes: str) -> Any:
        return client.get(f"/api/v1/changements/?taille=1000&depuis={depuis}{options}", headers=entetes)

    mesurer("Le fil, du début", lambda: client.get("/api/v1/changements/?taille=1000"))
    mesurer("Au milieu d'un ordre qui a tout changé", lambda: lire(milieu))
    mesurer("Le même, avec les fiches", lambda: lire(milieu, "&inclure=fiche"))
    mesurer("Parmi des changements de mille en mille", lambda: lire(suite))
    dernier = lire("fin")
    curseur, etiquette = dernier.json()["curseur"], dernier.headers["ETag"]
    mesurer("À la fin, rien de neuf", lambda: lire(curseur))
    mesurer("Le même, avec son ETag (304)", lambda: lire(curseur, **{"if-none-match": etiquette}))


def un_lot(client: Client, sessions: Any) -> None:
    """Measure calls of many elements, each undone, on sessions from one end of the catalogue to the other."""
    validees = sessions.filter(statut="validee", action__statut="active").order_by("pk")
    ecart = max(validees.count() // PAR_LOT, 1)
    prises = validees.select_related("action__offre")[: PAR_LOT * ecart : ecart]
    chemins = [[s.action.offre.identifiant, s.action.identifiant, s.identifiant] for s in prises]
    modele = client.get(f"/api/v1/sessions/{prises[0].pk}/").json()
    creee = {
        "date_debut": "2099-02-01", "date_fin": "2099-03-01", "garantie": True, "valider": True,
        "contact_inscription": modele["contact_inscription"],
        "adresse_inscription": modele["adresse_inscription"],
    }  # fmt: skip

    def elements(faire: str, valeurs: dict[str, Any], suffixe: str = "") -> str:
        return json.dumps({
            "elements": [
                {"faire": faire, "niveau": "session", "chemin": [*debut, nom + suffixe], "valeurs": valeurs}
                for *debut, nom in chemins
            ]
        })  # fmt: skip

    def envoyer(corps: str) -> Any:
        with transaction.atomic():
            reponse = client.post("/api/v1/lots/", corps, content_type="application/json")
            assert reponse.json()["faites"] == len(chemins), reponse.content[:1500]
            transaction.set_rollback(True)
        return reponse

    for nom, corps in (
        ("créer", elements("creer", creee, "-M")),
        ("modifier", elements("modifier", {"garantie": not modele["garantie"]})),
        ("ouvrir", elements("ouvrir", {})),
    ):
        mesurer(f"{len(chemins)} sessions : {nom}, en un appel", lambda c=corps: envoyer(c))


def les_listes(client: Client, sessions: Any) -> None:
    """Measure pages of the lists: the first, one in the middle, filtered, with what comes with them."""
    milieu = sessions.order_by("pk")[sessions.count() // 2].pk

    def lire(adresse: str, **entetes: str) -> Any:
        return client.get(f"/api/v1/{adresse}", headers=entetes)

    premiere = mesurer("200 sessions, la première page", lambda: lire("sessions/?taille=200"))
    etiquette = premiere.headers["ETag"]
    mesurer("La même, inchangée (304)", lambda: lire("sessions/?taille=200", **{"if-none-match": etiquette}))
    mesurer("Au milieu de la liste", lambda: lire(f"sessions/?taille=200&curseur={milieu}"))
    mesurer("Avec ses parents", lambda: lire("sessions/?taille=200&inclure=offres,actions,contacts,adresses"))
    mesurer("Les visibles", lambda: lire("sessions/?taille=200&visible=true"))
    mesurer("Aucune ne convient", lambda: lire("sessions/?taille=200&identifiant=introuvable"))
    mesurer("200 offres", lambda: lire("offres/?taille=200"))
    mesurer("200 actions", lambda: lire("actions/?taille=200"))
    mesurer("Un CSV de toutes les offres", lambda: _lu(lire("offres/?format=csv")))


def _lu(reponse: Any) -> Any:
    for _ in reponse:
        pass
    return reponse


def main() -> None:
    """Read the command line, build, measure, print."""
    lecteur = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--garder", action="store_true")
    lecteur.add_argument("--base")
    options = lecteur.parse_args()
    with base_jetable(options.base, options.garder or bool(options.base)) as neuve:
        if neuve:
            construire(100 if options.petit else 1)
        gestionnaire = Utilisateur.objects.get(membres__organisme__raison_sociale=GRAND)
        sessions = Session.objects.pour_organisme(gestionnaire.membres.get().organisme)
        client = client_de(gestionnaire)
        emplir_le_fil(sessions)
        dire(f"{sessions.count()} sessions ; médiane de {FOIS}, programme et base.\n")
        dire("| Demande | processeur, ms | au mur, ms | requêtes |\n|---|---:|---:|---:|")
        le_fil(client, sessions)
        un_lot(client, sessions)
        les_listes(client, sessions)


if __name__ == "__main__":
    main()
