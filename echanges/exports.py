"""The exports of an organisme: one row by format, for the screens, the command and the API."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

from echanges import ecriture_edof
from echanges.archive import emporter
from echanges.ecriture_tableur import (
    CSV_TYPE,
    LIGNES_D_UN_CLASSEUR,
    LIGNES_D_UN_CSV,
    XLSX_TYPE,
    en_csv,
    en_xlsx,
)
from echanges.exportables import Choix
from echanges.lignes import Niveau
from echanges.tables import NOMS, Table, table
from edof.horloge import maintenant
from edof.templatetags.affichage import milliers
from organismes.models import Organisme

_MORCEAU = 256 * 1024


class TropDeLignes(Exception):
    """The error raised for a table that its format cannot hold; its text is the sentence to show."""


@dataclass(frozen=True)
class Demande:
    """What an export is about: the choice of an XML, the level of a table."""

    choix: Choix = Choix()
    niveau: str = Niveau.SESSION
    # The records of a table, when a list has filtered them.
    fiches: Any = None
    # The columns of a table beside the identifiers; all of them without it.
    colonnes: Collection[str] | None = None


@dataclass(frozen=True)
class Export:
    """A file that is ready to be sent, piece by piece."""

    nom: str
    type: str
    octets: Iterator[bytes]


def _morceaux(faire: Callable[[], IO[bytes]]) -> Iterator[bytes]:
    """Yield a file that is made when its first piece is asked for."""
    with faire() as fichier:
        while morceau := fichier.read(_MORCEAU):
            yield morceau


def _date() -> str:
    return f"{maintenant():%Y%m%d-%H%M}"


def _xml(organisme: Organisme, demande: Demande) -> Export:
    nom = ecriture_edof.nom_du_fichier(organisme)
    return Export(nom, "application/xml", ecriture_edof.ecrire(organisme, demande.choix))


def _table(organisme: Organisme, demande: Demande, au_plus: int, ou: str) -> tuple[str, Table]:
    """Return the name of the file without its ending, and the table; raise TropDeLignes."""
    lue = table(demande.niveau, organisme, demande.fiches, demande.colonnes)
    if lue.nombre > au_plus:
        raise TropDeLignes(
            f"{milliers(lue.nombre)} lignes ne tiennent pas dans {ou}, qui en a {milliers(au_plus)} au plus :"
            " filtrez la liste, ou prenez un CSV."
        )
    return f"{organisme.siret}_{NOMS[Niveau(demande.niveau)]}_{_date()}", lue


def _csv(organisme: Organisme, demande: Demande) -> Export:
    nom, lue = _table(organisme, demande, LIGNES_D_UN_CSV, "un fichier CSV")
    return Export(f"{nom}.csv", CSV_TYPE, en_csv(lue))


def _xlsx(organisme: Organisme, demande: Demande) -> Export:
    nom, lue = _table(organisme, demande, LIGNES_D_UN_CLASSEUR, "un classeur")
    return Export(f"{nom}.xlsx", XLSX_TYPE, _morceaux(partial(en_xlsx, lue)))


def _classeur(organisme: Organisme, demande: Demande) -> Export:
    """Return the whole catalogue, a sheet by level."""
    tables = [
        _table(organisme, Demande(niveau=niveau), LIGNES_D_UN_CLASSEUR, "une feuille")[1] for niveau in NOMS
    ]
    nom = f"{organisme.siret}_catalogue_{_date()}.xlsx"
    return Export(nom, XLSX_TYPE, _morceaux(partial(en_xlsx, *tables)))


def _archive(organisme: Organisme, demande: Demande) -> Export:
    nom = f"{organisme.siret}_archive_{_date()}.zip"
    return Export(nom, "application/zip", _morceaux(partial(emporter, organisme)))


FORMATS: dict[str, Callable[[Organisme, Demande], Export]] = {
    "edof-xml": _xml,
    "csv": _csv,
    "xlsx": _xlsx,
    "classeur": _classeur,
    "archive": _archive,
}


def exporter(organisme: Organisme, format_: str, demande: Demande | None = None) -> Export:
    """Return the export of an organisme in this format, a key of FORMATS."""
    return FORMATS[format_](organisme, demande or Demande())
