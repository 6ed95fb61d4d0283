"""The open data in a bucket of S3, for several machines that share no folder.

Imported when DONNEES_S3_SEAU is set only: it needs django-storages and boto3. A file is kept under its
SHA-256, so two machines that write the same day never mix their files: each manifest names its own, and is
put in one go.
"""

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files import File
from storages.backends.s3 import S3Storage

from edof.fichiers import StockageInjoignable
from publication.donnees.jeux import MANIFESTE, lire_le_jour

# A page does not wait long for a bucket that is away; a probe still less.
_DELAIS = {"connect_timeout": 2, "read_timeout": 10, "retries": {"total_max_attempts": 2}}
_DELAIS_D_UNE_SONDE = {"connect_timeout": 1, "read_timeout": 2, "retries": {"total_max_attempts": 1}}


@contextmanager
def _dites() -> Iterator[None]:
    """Say what boto3 says as the rest of the program understands it."""
    try:
        yield
    except ClientError as erreur:
        code = erreur.response.get("Error", {}).get("Code", "")
        if code in {"NoSuchKey", "404"}:
            raise FileNotFoundError(code) from erreur
        raise StockageInjoignable(code) from erreur
    except BotoCoreError as erreur:
        # Its name alone: its text has the address of the bucket.
        raise StockageInjoignable(type(erreur).__name__) from erreur


class Seau(S3Storage):  # type: ignore[misc]
    """The bucket DONNEES_S3_SEAU, that the worker writes and that the web servers read."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **options,
            default_acl=None,
            client_config=Config(
                **_DELAIS,
                signature_version="s3v4",
                # An address of one's own seldom answers to a name for each bucket.
                s3={"addressing_style": "path" if options.get("endpoint_url") else "auto"},
                # As many as a web server has threads.
                max_pool_connections=32,
                # What came lately to AWS is not known everywhere; the manifest has the SHA-256 of each file.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    @property
    def _client(self) -> Any:
        """Return the one client of this process: its threads may share it, and not the rest of boto3."""
        return self.bucket.meta.client

    @cached_property
    def _sonde(self) -> Any:
        reglages = self.client_config.merge(Config(**_DELAIS_D_UNE_SONDE))
        return self._create_session().client(
            "s3", region_name=self.region_name, endpoint_url=self.endpoint_url, config=reglages
        )

    def joindre(self) -> None:
        """Raise StockageInjoignable, in a few seconds, when the bucket cannot be read."""
        with _dites():
            self._sonde.list_objects_v2(Bucket=self.bucket_name, Prefix=self._cle(""), MaxKeys=1)

    def _cle(self, nom: str) -> str:
        return f"{self.location}/{nom}" if self.location else nom

    def _noms(self, prefixe: str = "") -> list[str]:
        """Return the names of what is kept, a few for each day: one question."""
        with _dites():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket_name, Prefix=self._cle(prefixe)
            )
            cles = [objet["Key"] for page in pages for objet in page.get("Contents", ())]
        return [cle[len(self._cle("")) :] for cle in cles]

    def jours(self, entiers: bool = True) -> list[dt.date]:
        """Return in order the days that are written, or that left something."""
        trouves = set()
        for nom in self._noms():
            dossier, _, reste = nom.partition("/")
            jour = lire_le_jour(dossier)
            if jour is not None and (not entiers or reste == MANIFESTE):
                trouves.add(jour)
        return sorted(trouves)

    def ouvrir(
        self, jour: dt.date, nom: str, empreinte: str = "", debut: int = 0, longueur: int | None = None
    ) -> IO[bytes]:
        """Open a file from `debut` on: it comes as it is read, and is never whole in memory."""
        partie = {}
        if longueur is not None and longueur > 0:
            partie = {"Range": f"bytes={debut}-{debut + longueur - 1}"}
        elif debut:
            partie = {"Range": f"bytes={debut}-"}
        with _dites():
            lu = self._client.get_object(
                Bucket=self.bucket_name, Key=self._cle(_nom(jour, nom, empreinte)), **partie
            )
        corps: IO[bytes] = lu["Body"]
        return corps

    def atelier(self) -> Path:
        """Return the folder of this machine where a day is written before it is sent."""
        cible = _atelier()
        shutil.rmtree(cible, ignore_errors=True)
        cible.mkdir(parents=True)
        return cible

    def envoyer(self, jour: dt.date, empreintes: dict[str, str]) -> None:
        """Send the files; without a manifest that names them, nobody reads them."""
        for nom, empreinte in empreintes.items():
            self._envoyer(nom, _nom(jour, nom, empreinte))

    def mettre_en_place(self, jour: dt.date) -> None:
        """Send the manifest."""
        self._envoyer(MANIFESTE, _nom(jour, MANIFESTE))
        shutil.rmtree(_atelier(), ignore_errors=True)

    def _envoyer(self, nom: str, vers: str) -> None:
        with _dites(), open(_atelier() / nom, "rb") as fichier:
            self.save(vers, File(fichier, nom))

    def retirer(self, jour: dt.date) -> None:
        """Delete what is kept of a day, the manifest first."""
        with _dites():
            self.delete(_nom(jour, MANIFESTE))
            for nom in self._noms(f"{jour.isoformat()}/"):
                self.delete(nom)


def _atelier() -> Path:
    return Path(settings.VAR) / "donnees-en-cours"


def _nom(jour: dt.date, nom: str, empreinte: str = "") -> str:
    return "/".join(partie for partie in (jour.isoformat(), empreinte, nom) if partie)
