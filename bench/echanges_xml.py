"""What EDOF's XML costs: reading a file beside `lxml.iterparse`, writing a catalogue beside COPY, the check.

    ./run bench echanges_xml                  2,000 formations, 8,000 sessions
    ./run bench echanges_xml --petit          50 formations
    ./run bench echanges_xml --mutations N    only N mutations of the files of the tests (100,000: minutes)

Mutations are of a fresh seed, printed, unless `--graine` gives one. Processor time of the program and of its
database backend, the median of rounds that alternate. COPY reads the same rows of the three tables, all
columns, and throws them away.
"""

import argparse
import io
import logging
import resource
import secrets
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
settings.DEBUG = False
logging.disable(logging.INFO)

from django.core.management import call_command
from django.db import connection
from django.db.models import Model
from lxml import etree

from bench._commun import base_jetable, dire, sans_historique
from bench._processeur import du_serveur
from bench._tableau import noter
from catalogue.models import Action, Offre
from echanges.controles import controler
from echanges.ecriture_edof import ecrire
from echanges.lecture_edof import lire
from organismes.models import Organisme
from sessions_app.models import Session

ACTIONS, SESSIONS = 2, 4
TABLES = ("catalogue_offre", "catalogue_action", "sessions_app_session")


def main() -> None:
    """Read the command line, build, measure, print."""
    brut = argparse.RawDescriptionHelpFormatter
    lecteur = argparse.ArgumentParser(description=__doc__, formatter_class=brut)
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--mutations", type=int, default=0)
    lecteur.add_argument("--graine", type=int, default=secrets.randbelow(10**9))
    options = lecteur.parse_args()
    if options.mutations:
        muter(options.graine, options.mutations)
        return
    with base_jetable(None, garder=False):
        call_command("migrate", verbosity=0)
        call_command("charger_demo", verbosity=0)
        organisme = garnir(50 if options.petit else 2_000)
        mesurer(organisme, 1 if options.petit else 5)


def garnir(nombre: int) -> Organisme:
    """Copy an offre of the demo, with an action and a session, as often as asked; each has its own texts."""
    session = Session.objects.filter(statut="active", date_debut__isnull=False).select_related(
        "action__offre"
    )[0]
    action, offre = session.action, session.action.offre
    with sans_historique(Offre, Action, Session):
        for debut in range(0, nombre, 500):
            rangs = range(debut, min(debut + 500, nombre))
            offres = Offre.objects.bulk_create(
                _copie(offre, f"O{rang}", contenu=_texte(rang), objectif=f"- un {rang}\n- **deux**")
                for rang in rangs
            )
            actions = Action.objects.bulk_create(
                _copie(action, f"A{rang}", offre=mere) for mere in offres for rang in range(ACTIONS)
            )
            Session.objects.bulk_create(
                _copie(session, f"S{rang}", action=mere)
                for numero, mere in enumerate(actions)
                for rang in range(SESSIONS // ACTIONS)
            )
    with connection.cursor() as curseur:
        curseur.execute("ANALYZE")
    return offre.organisme


def _copie(fiche: Any, identifiant: str, **valeurs: Any) -> Any:
    colonnes = {champ.attname: getattr(fiche, champ.attname) for champ in fiche._meta.concrete_fields}
    for nom in ("id", "statut", "cle_de_creation", "organisme_id"):
        colonnes.pop(nom, None)
    for nom in valeurs:
        colonnes.pop(f"{nom}_id", None)
    neuve: Model = type(fiche)(
        **{**colonnes, "identifiant": identifiant, "identifiant_normalise": identifiant.lower(), **valeurs},
        organisme_id=fiche.organisme_id,
    )
    # A bulk insert goes through no transition.
    vars(neuve)["statut"] = fiche.statut
    return neuve


def _texte(rang: int) -> str:
    lignes = [f"- Module {numero} du parcours {rang} : connaître et **maîtriser**" for numero in range(12)]
    return f"Le programme n° {rang} en douze points.\n\n" + "\n".join(lignes)


def processeur(faire: Callable[[], Any]) -> float:
    """Return the processor seconds of a call, those of the database included."""
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    debut, base = time.process_time(), du_serveur(pid)
    faire()
    return time.process_time() - debut + du_serveur(pid) - base


def analyser(octets: bytes) -> None:
    """Parse the file, and forget each formation: what reading it costs at least."""
    for _, element in etree.iterparse(io.BytesIO(octets)):
        if element.tag.endswith("}formation"):
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]


def lire_tout(octets: bytes) -> None:
    """Read all the lines of the file."""
    lecture = lire(io.BytesIO(octets))
    assert not lecture.refus, lecture.refus
    for _ in lecture.lignes():
        pass


def copier(organisme: Organisme) -> None:
    """Read the same rows by COPY."""
    with connection.cursor() as curseur:
        for table in TABLES:
            with curseur.copy(
                f"COPY (SELECT * FROM {table} WHERE organisme_id = {organisme.pk}) TO STDOUT"
            ) as flux:
                for _ in flux:
                    pass


def mesurer(organisme: Organisme, tours: int) -> None:
    """Measure each part, and print it beside its reference."""
    octets = b"".join(ecrire(organisme))
    dire(f"{len(octets) / 1e6:.1f} Mo, {octets.count(b'<session ')} sessions")
    travaux: dict[str, Callable[[], Any]] = {
        "iterparse": lambda: analyser(octets),
        "lire": lambda: lire_tout(octets),
        "COPY": lambda: copier(organisme),
        "écrire": lambda: b"".join(ecrire(organisme)),
        "contrôler": lambda: controler(organisme),
    }
    temps: dict[str, list[float]] = {nom: [] for nom in travaux}
    for _ in range(tours):
        for nom, faire in travaux.items():
            temps[nom].append(processeur(faire))
    for nom, lus in temps.items():
        dire(f"{nom:10} {statistics.median(lus):8.3f} s")
    lectures = [lu / ref for lu, ref in zip(temps["lire"], temps["iterparse"], strict=True)]
    ecritures = [lu / ref for lu, ref in zip(temps["écrire"], temps["COPY"], strict=True)]
    dire(f"lire / iterparse : {statistics.median(lectures):.2f}")
    dire(f"écrire / COPY : {statistics.median(ecritures):.2f}")
    noter("xml_lire", lectures)
    noter("xml_ecrire", ecritures)
    with tempfile.TemporaryFile() as fichier:
        fichier.write(octets)
        tracemalloc.start()
        lecture = lire(fichier)
        for _ in lecture.lignes():
            pass
        dire(
            f"mémoire de la lecture au plus haut : {tracemalloc.get_traced_memory()[1] / 1e6:.1f} Mo (Python)"
        )
        tracemalloc.stop()


def muter(graine: int, nombre: int) -> None:
    """Read so many mutations of the files of the tests; stop at the first neither refused nor read."""
    from tests.echanges.test_mutations_du_xml import eprouver

    dire(f"Graine {graine}")
    debut, avant = time.process_time(), 0
    for rang in range(nombre):
        try:
            eprouver(graine + rang)
        except BaseException:
            dire(f"Arrêt à la graine {graine + rang} :")
            raise
        if rang == min(200, nombre - 1):
            avant = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    plus = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - avant) // 1024
    secondes = time.process_time() - debut
    dire(
        f"{nombre} fichiers abîmés : un refus ou des lignes ; {secondes:.0f} s, {plus} Mo de plus qu'après"
        " les 200 premiers"
    )


if __name__ == "__main__":
    main()
