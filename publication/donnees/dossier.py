"""The open data in a folder: a folder for each day, put in place by one `rename`."""

import datetime as dt
import os
import shutil
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage

from publication.donnees.jeux import MANIFESTE, lire_le_jour

# Where a day is written before it takes its place: in the same folder, so that it is moved and not copied.
EN_COURS = ".en-cours"


class Dossier(FileSystemStorage):
    """The folder DONNEES_OUVERTES, that the worker writes and that the web servers read."""

    @property
    def location(self) -> str:  # type: ignore[override]
        """Return its path."""
        return os.path.abspath(settings.DONNEES_OUVERTES)

    def du_jour(self, jour: dt.date) -> Path:
        """Return the folder of a day."""
        return Path(self.path(jour.isoformat()))

    def jours(self, entiers: bool = True) -> list[dt.date]:
        """Return in order the days that are written, or that left something."""
        lus = (
            lire_le_jour(chemin.name)
            for chemin in Path(self.location).glob("*")
            if not entiers or (chemin / MANIFESTE).is_file()
        )
        return sorted(jour for jour in lus if jour is not None)

    def ouvrir(
        self, jour: dt.date, nom: str, empreinte: str = "", debut: int = 0, longueur: int | None = None
    ) -> IO[bytes]:
        """Open a file from `debut` on; whoever reads it counts the bytes."""
        fichier: Any = self.open(f"{jour.isoformat()}/{nom}")
        fichier.seek(debut)
        return fichier

    def atelier(self) -> Path:
        """Return the folder, beside the days, where one is written."""
        cible = Path(self.path(EN_COURS))
        shutil.rmtree(cible, ignore_errors=True)
        cible.mkdir(parents=True)
        return cible

    def envoyer(self, jour: dt.date, empreintes: dict[str, str]) -> None:
        """Do nothing: the files are already on the disk where they stay."""

    def mettre_en_place(self, jour: dt.date) -> None:
        """Write everything to the disk, then give the folder its name."""
        cible = Path(self.path(EN_COURS))
        for chemin in (*cible.iterdir(), cible):
            # Whatever the umask of the worker, the web server in front may read what is public.
            chemin.chmod(0o755 if chemin == cible else 0o644)
            descripteur = os.open(chemin, os.O_RDONLY)
            os.fsync(descripteur)
            os.close(descripteur)
        cible.rename(self.du_jour(jour))

    def retirer(self, jour: dt.date) -> None:
        """Delete the folder of a day."""
        self.delete(f"{jour.isoformat()}/{MANIFESTE}")
        shutil.rmtree(self.du_jour(jour), ignore_errors=True)

    def joindre(self) -> None:
        """Raise OSError when the folder is there and cannot be listed; the worker makes it."""
        if os.path.exists(self.location):
            os.listdir(self.location)
