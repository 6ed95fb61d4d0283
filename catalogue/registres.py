"""The registers of certifications, read each day from CERTIFICATIONS_URL: the export, as a zip or a csv."""

import datetime as dt
import logging
import tempfile
import zipfile
from typing import IO

from django.conf import settings
from django.db import connection

from catalogue.import_certifications import OCTETS_AU_PLUS, Bilan, importer
from catalogue.models import Releve
from edof.appels import telecharger
from edof.horloge import aujourd_hui, maintenant

journal = logging.getLogger(__name__)

# A day; some minutes less, so that the round of the next day is not missed.
ENTRE_DEUX = dt.timedelta(hours=23)
# What a download may take: between two readings, and in all, in seconds.
DELAI, EN_TOUT = 30, 900


def lire_s_il_est_temps() -> Bilan | None:
    """Read the registers when the last reading is a day old; return what it did, None when it did nothing.

    Two workers never do it together: an advisory lock is held meanwhile. What cannot be downloaded or read
    raises: the task has failed, which is told, and the next round tries again.
    """
    if not settings.CERTIFICATIONS_URL:
        return None
    with connection.cursor() as curseur:
        curseur.execute("SELECT pg_try_advisory_lock(hashtextextended('registres', 0))")
        if not curseur.fetchone()[0]:
            return None
        try:
            depuis = maintenant() - ENTRE_DEUX
            if Releve.objects.filter(source=settings.CERTIFICATIONS_URL[:300], lu_le__gt=depuis).exists():
                return None
            return lire(settings.CERTIFICATIONS_URL)
        finally:
            curseur.execute("SELECT pg_advisory_unlock(hashtextextended('registres', 0))")


def lire(url: str) -> Bilan:
    """Download what this address gives, and import it."""
    with tempfile.TemporaryFile() as fichier, tempfile.TemporaryFile() as archive:
        telecharger(url, fichier, au_plus=OCTETS_AU_PLUS, delai=DELAI, en_tout=EN_TOUT)
        fichier.seek(0)
        bilan = importer(_en_archive(fichier, archive), source=url)
    journal.info("Registres de certifications lus : %s", " ".join(bilan.phrases()))
    return bilan


def _en_archive(fichier: IO[bytes], archive: IO[bytes]) -> IO[bytes]:
    """Return the file when it is a zip; a csv alone is put in one, as the file « Standard » of the day."""
    if zipfile.is_zipfile(fichier):
        fichier.seek(0)
        return fichier
    fichier.seek(0)
    nom = f"export_fiches_CSV_Standard_{aujourd_hui():%Y_%m_%d}.csv"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as sortie, sortie.open(nom, "w") as membre:
        while morceau := fichier.read(1_000_000):
            membre.write(morceau)
    archive.seek(0)
    return archive
