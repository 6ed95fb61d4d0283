"""The writing of the open data: which days are due, and the files of one day.

The ledger of the runs says what is due, the storage what is done: killed, doubled or late, a round begins
again the day that it finds without its manifest. PostgreSQL reads, joins and writes the lines (COPY): they
only go through this program to be compressed, so the memory does not depend on their number.
"""

import datetime as dt
import gzip
import hashlib
import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction

from edof.horloge import maintenant
from publication.donnees import changements
from publication.donnees.colonnes import AGREGEES, COLONNES, Colonne, schema
from publication.donnees.jeux import (
    AGREGE,
    CATALOGUE,
    CHANGEMENTS,
    FORMATIONS,
    MANIFESTE,
    jours_ecrits,
    manifeste,
    oublier,
    ressource,
    stockage,
)
from publication.donnees.lecture import LIGNES_JSON, OFFRES, SESSIONS, preparer
from publication.models import Passage

journal = logging.getLogger(__name__)

# Key of the advisory lock: two workers do not write the same day. Its value is arbitrary.
VERROU = 6_2026_11_30
VERSION = "1.0"
LICENCES = {
    "LICENCE-OUVERTE-2.0": (
        "Licence Ouverte / Open Licence 2.0",
        "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
    ),
    "ODBL-1.0": ("Open Database License 1.0", "https://opendatacommons.org/licenses/odbl/1-0/"),
    "CC-BY-4.0": (
        "Creative Commons Attribution 4.0",
        "https://creativecommons.org/licenses/by/4.0/deed.fr",
    ),
    "CC0-1.0": ("Creative Commons Zero 1.0", "https://creativecommons.org/publicdomain/zero/1.0/deed.fr"),
}
# What each file is, for the manifest and for the page.
TITRES = {
    CATALOGUE: "Les sessions, une par ligne, pour un tableur",
    FORMATIONS: "Les formations entières, une action par ligne, ses sessions dedans",
    AGREGE: "Une ligne par offre et par département, avec les colonnes du jeu de la Caisse des Dépôts",
    CHANGEMENTS: "Ce qui a paru, changé ou disparu depuis le jour précédent, formation par formation",
}
NIVEAU_DE_COMPRESSION = 6


def ecrire_ce_qui_est_du() -> list[dt.date]:
    """Write, in order, each day that was published and is not written; return the days written now.

    The first time, only the last day published is due.
    """
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT pg_try_advisory_xact_lock(%s)", [VERROU])
        if not curseur.fetchone()[0]:
            return []
        publies = Passage.objects.finis().values_list("jour", flat=True)
        dernier = publies.first()
        oublier(dernier)
        ecrits = jours_ecrits()
        if dernier is None:
            return []
        dus = [dernier]
        if ecrits:
            dus = sorted(publies.filter(jour__gt=ecrits[-1])[: settings.DONNEES_JOURS])
        for jour in dus:
            _ecrire(curseur, jour, ecrits[-1] if ecrits else None)
            ecrits.append(jour)
        oublier(dernier)
    return dus


def _ecrire(curseur: Any, jour: dt.date, precedent: dt.date | None) -> None:
    """Write the files of a day apart from the others, then put them in place together."""
    ou = stockage()
    cible = ou.atelier()
    preparer(curseur, jour)
    faits = {
        CATALOGUE: _csv(curseur, cible / CATALOGUE, COLONNES, SESSIONS),
        FORMATIONS: _formations(curseur, cible / FORMATIONS),
        AGREGE: _csv(curseur, cible / AGREGE, AGREGEES, OFFRES),
        CHANGEMENTS: _changements(cible / CHANGEMENTS, cible / FORMATIONS, precedent),
    }
    with open(cible / MANIFESTE, "w", encoding="utf-8") as fichier:
        json.dump(_manifeste(jour, precedent, faits), fichier, ensure_ascii=False, indent=1)
    ou.envoyer(jour, {nom: fait.sha256 for nom, fait in faits.items()})
    # A machine that the network took away from the database has lost the lock: another one may have written
    # this day meanwhile.
    curseur.execute("SELECT 1")
    ou.mettre_en_place(jour)
    journal.info("Données ouvertes du %s : %s sessions", jour, faits[CATALOGUE].lignes)


# --- Files ---


@dataclass(frozen=True)
class Fait:
    """A file that is written: its lines, its bytes, its digests, compressed and not."""

    lignes: int
    octets: int
    sha256: str
    sha256_du_contenu: str


class _Fichier:
    """A compressed file being written, with its digests. The same content gives the same bytes."""

    def __init__(self, pile: ExitStack, chemin: Path) -> None:
        self.lignes, self.octets = 0, 0
        self.brute, self.compressee = hashlib.sha256(), hashlib.sha256()
        self.fichier = pile.enter_context(chemin.open("wb"))
        sortie: Any = self
        self.gzip = pile.enter_context(
            gzip.GzipFile("", "wb", NIVEAU_DE_COMPRESSION, fileobj=sortie, mtime=0)
        )

    def ecrire(self, octets: bytes) -> None:
        """Add bytes that are not compressed yet."""
        self.brute.update(octets)
        self.gzip.write(octets)

    def write(self, octets: bytes) -> int:
        """Write compressed bytes: what gzip calls."""
        self.compressee.update(octets)
        self.octets += len(octets)
        return self.fichier.write(octets)

    def flush(self) -> None:
        """Flush: what gzip calls."""
        self.fichier.flush()


@contextmanager
def _nouveau(chemin: Path, faits: list[Fait]) -> Iterator[_Fichier]:
    """Open a compressed file; once it is closed, add to `faits` what it is."""
    with ExitStack() as pile:
        fichier = _Fichier(pile, chemin)
        yield fichier
    empreintes = fichier.compressee.hexdigest(), fichier.brute.hexdigest()
    faits.append(Fait(fichier.lignes, fichier.octets, *empreintes))


def _csv(curseur: Any, chemin: Path, colonnes: tuple[Colonne, ...], source: str) -> Fait:
    """Write the rows of `source` for a spreadsheet: semicolons, UTF-8 with its mark."""
    liste, faits = ", ".join(colonne.en_sql for colonne in colonnes), list[Fait]()
    with _nouveau(chemin, faits) as fichier:
        fichier.ecrire(b"\xef\xbb\xbf")
        sql = f"COPY (SELECT {liste} {source}) TO STDOUT (FORMAT csv, HEADER, DELIMITER ';')"
        with curseur.copy(sql) as copie:
            for bloc in copie:
                fichier.ecrire(bytes(bloc))
        fichier.lignes = curseur.rowcount
    return faits[0]


def _formations(curseur: Any, chemin: Path) -> Fait:
    faits: list[Fait] = []
    with _nouveau(chemin, faits) as fichier:
        # JSON holds none of these two control characters: nothing is quoted nor escaped once more.
        sql = f"COPY ({LIGNES_JSON}) TO STDOUT (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01')"
        with curseur.copy(sql) as copie:
            for bloc in copie:
                fichier.ecrire(bytes(bloc))
        fichier.lignes = curseur.rowcount
    return faits[0]


def _changements(chemin: Path, formations: Path, precedent: dt.date | None) -> Fait:
    """Write what differs from the files of `precedent`; everything is new without them."""
    faits: list[Fait] = []
    with ExitStack() as pile:
        fichier = pile.enter_context(_nouveau(chemin, faits))
        avant: Iterable[bytes] = ()
        if precedent is not None:
            ancien = manifeste(precedent)
            # The lock is ours: nobody deletes a day meanwhile.
            assert ancien is not None
            lu = stockage().ouvrir(precedent, FORMATIONS, ressource(ancien, FORMATIONS)[1])
            avant = pile.enter_context(_lire(pile.enter_context(closing(lu))))
        apres = pile.enter_context(_lire(formations))
        for nature, ligne in changements.changements(avant, apres):
            fichier.ecrire(changements.ligne(nature, ligne))
            fichier.lignes += 1
    return faits[0]


def _lire(source: Path | IO[bytes]) -> IO[bytes]:
    fichier: Any = gzip.open(source, "rb")  # noqa: SIM115
    return fichier


def _manifeste(jour: dt.date, precedent: dt.date | None, faits: dict[str, Fait]) -> dict[str, Any]:
    """Return the manifest: a Data Package, with what is ours."""
    licence = LICENCES.get(settings.DONNEES_LICENCE)
    return {
        "profile": "data-package",
        "name": "catalogue-des-formations",
        "title": "Catalogue des formations visibles du public",
        "version": VERSION,
        "jour": jour.isoformat(),
        "created": maintenant().isoformat(timespec="seconds"),
        "changements_depuis": precedent and precedent.isoformat(),
        "description": (
            "Ce que le public pouvait lire à la publication de ce jour. Ces fichiers ne changent plus : une"
            " formation retirée après la publication y reste ; /donnees/retraits.jsonl dit lesquelles, à"
            " l'instant. Aucun contact n'y figure."
        ),
        "licenses": [{"name": settings.DONNEES_LICENCE, "title": licence[0], "path": licence[1]}]
        if licence
        else [],
        "resources": [_ressource(nom, fait) for nom, fait in faits.items()],
    }


def _ressource(nom: str, fait: Fait) -> dict[str, Any]:
    colonnes = {CATALOGUE: COLONNES, AGREGE: AGREGEES}.get(nom)
    forme: dict[str, Any] = {"format": "jsonl", "encoding": "utf-8"}
    if colonnes:
        dialecte = {"delimiter": ";", "quoteChar": '"', "doubleQuote": True, "header": True}
        # The mark of UTF-8 begins the file.
        forme = {"format": "csv", "encoding": "utf-8-sig", "dialect": dialecte, "schema": schema(colonnes)}
    return {
        "name": nom.removesuffix(".gz").replace(".", "-"),
        "path": nom,
        "title": TITRES[nom],
        "mediatype": "application/gzip",
        "compression": "gz",
        "bytes": fait.octets,
        "hash": f"sha256:{fait.sha256}",
        "hash_du_contenu": f"sha256:{fait.sha256_du_contenu}",
        "rows": fait.lignes,
        **forme,
    }
