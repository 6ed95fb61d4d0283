"""How long the lists of the administration take on 1,500,000 sessions, and in how many queries, beside a
trivial Django view.

    ./run bench admin            20,000 organismes, 200,000 offres, 400,000 actions, 1,500,000 sessions (some
                                     minutes, most to build)
    ./run bench admin --petit    a hundredth of it

A scratch database is made beside the one of DATABASE_URL, and dropped at the end (`--garder` keeps it and
says its name, `--base NAME` measures in one that was kept). The trivial view answers one line without a
query, through the same client and the same middleware: read the ratios.
"""

import argparse
import logging
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
settings.DEBUG = False
logging.disable(logging.INFO)
settings.ALLOWED_HOSTS = ["*"]

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path

from bench._commun import base_jetable, dire
from bench._national import JOUR, construire, sql
from bench.publication import DUES_LA_GRANDE_NUIT, par_le_passage
from edof.urls import urlpatterns
from organismes.models import Organisme, Utilisateur
from sessions_app.models import Session

FOIS = 5
TEMOIN = "/temoin/"


@login_not_required
def temoin(request: HttpRequest) -> HttpResponse:
    """Return a short text, to measure the cost of a page that does nothing."""
    return HttpResponse("ok")


def preparer(part: int) -> None:
    """Build the catalogue with its public side, and publish it.

    A few sessions are archived, and one has an identifier that no other has.
    """
    construire(part, DUES_LA_GRANDE_NUIT // part)
    par_le_passage(JOUR)
    sql("UPDATE sessions_app_session SET statut = 'archivee' WHERE statut = 'validee' AND id % 1000 = 0")
    sql(
        "UPDATE sessions_app_session SET identifiant = 'RARE-42', identifiant_normalise = 'rare-42'"
        " WHERE id = (SELECT id FROM sessions_app_session ORDER BY id OFFSET 1000 LIMIT 1)"
    )
    sql("VACUUM ANALYZE")


def demandes() -> dict[str, str]:
    """Return the URL of each page, by name."""
    organisme = Organisme.objects.order_by("-pk").first()
    session = Session.objects.order_by("-pk").first()
    liste = "/admin/sessions_app/session/"
    return {
        "Vue Django sans rien": TEMOIN,
        "Sessions, première page": liste,
        "Sessions, dernière page proposée": f"{liste}?p=200",
        "Sessions, recherche d'un identifiant": f"{liste}?q=rare-4",
        "Sessions, recherche d'un début courant": f"{liste}?q=s-1",
        "Sessions, recherche qui ne trouve rien": f"{liste}?q=zzz",
        "Sessions, recherche d'un SIRET": f"{liste}?q={organisme.siret}",
        "Sessions, filtre « Validée »": f"{liste}?statut=validee",
        "Sessions, filtre « Active, ouverte »": f"{liste}?statut=ouverte",
        "Sessions, filtre « Active, fermée » (aucune)": f"{liste}?statut=fermee",
        "Sessions, filtre « Archivée »": f"{liste}?statut=archivee",
        "Sessions d'un organisme": f"{liste}?organisme={organisme.pk}",
        "Sessions, filtre et recherche": f"{liste}?statut=archivee&q=s-2",
        "Une session": f"{liste}{session.pk}/change/",
        "Actions, première page": "/admin/catalogue/action/",
        "Offres, première page": "/admin/catalogue/offre/",
        "Organismes, première page": "/admin/organismes/organisme/",
        "Organismes, recherche": "/admin/organismes/organisme/?q=Organisme+12",
        "Parutions, première page": "/admin/publication/parution/",
        "Parutions d'un jour": f"/admin/publication/parution/?du={JOUR}",
        "Registre des passages": "/admin/publication/passage/",
        "Exploitation": "/admin/exploitation/battement/",
    }


def mesurer(client: Client, adresse: str) -> tuple[float, float, int, str]:
    """Measure a page.

    Return the median and the best time in milliseconds, the number of queries, and the time of the longest
    query in milliseconds, as a text.
    """
    durees = []
    for _ in range(FOIS):
        debut = time.perf_counter()
        reponse = client.get(adresse)
        durees.append(1000 * (time.perf_counter() - debut))
        if reponse.status_code != 200:
            sys.exit(f"{adresse} : {reponse.status_code}")
    with CaptureQueriesContext(connection) as capture:
        client.get(adresse)
    longue = max((float(requete["time"]) for requete in capture.captured_queries), default=0)
    return statistics.median(durees), min(durees), len(capture), f"{1000 * longue:.0f}"


def main() -> None:
    """Build the database, measure the pages, print the table."""
    lecteur = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--part", type=int, default=1, help="une part du tout : 6 pour 250 000 sessions")
    lecteur.add_argument("--garder", action="store_true")
    lecteur.add_argument("--base")
    options = lecteur.parse_args()
    urlpatterns.append(path(TEMOIN.strip("/") + "/", temoin))
    with base_jetable(options.base, options.garder) as neuve:
        if neuve:
            preparer(100 if options.petit else options.part)
        client = Client()
        client.force_login(
            Utilisateur.objects.get(courriel="admin@edof.example"),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        dire(
            "\n| Page | médiane, ms | au mieux, ms | fois la vue sans rien | requêtes | la plus longue, ms"
            " |\n|---|---:|---:|---:|---:|---:|"
        )
        rien = 0.0
        for nom, adresse in demandes().items():
            mediane, mieux, requetes, longue = mesurer(client, adresse)
            rien = rien or mediane
            dire(f"| {nom} | {mediane:.0f} | {mieux:.0f} | {mediane / rien:.1f} | {requetes} | {longue} |")


if __name__ == "__main__":
    main()
