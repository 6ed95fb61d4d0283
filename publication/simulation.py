"""What a publication would change, without writing anything: « Publication de demain », the previews."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, fields

from django.db import connection

from organismes.models import Organisme
from publication import ensembles
from publication.ecarts import a_regarder, ecarts
from publication.models import registre


@dataclass(frozen=True)
class Ecart:
    """The change that a publication would make to one session.

    `nature` is "parait", "change" or "disparait", or None when only `raison` differs.
    """

    session_id: int
    identifiant: str
    action_id: int | None
    offre_id: int | None
    organisme_id: int
    nature: str | None
    raison: str | None
    raison_avant: str | None


def simuler(jour: dt.date, organisme: Organisme | None = None) -> Iterator[Ecart]:
    """Yield the changes that the run of `jour` would make to what is public now, in the order of the run.

    Nothing is written. For a day to come, the catalogue is read as it stands now.
    """
    precedent = registre(organisme).finis().filter(jour__lt=jour).first()
    colonnes = ", ".join(champ.name for champ in fields(Ecart))
    with connection.cursor() as curseur:
        sql, valeurs = a_regarder(jour, precedent, organisme=organisme)
        curseur.execute(sql, valeurs)
        cles = [cle for cle, _ in curseur.fetchall()]
        for debut in range(0, len(cles), ensembles.PAR_ENSEMBLE):
            restantes = cles[debut : debut + ensembles.PAR_ENSEMBLE]
            for au_passe in (False, True):
                sql, valeurs = ecarts(jour, restantes, au_passe=au_passe)
                tardives = (
                    f"SELECT session_id, {', '.join(['NULL'] * (len(fields(Ecart)) - 1))}, true FROM tardives"
                )
                curseur.execute(
                    f"{sql} SELECT {colonnes}, false FROM differences UNION ALL {tardives} ORDER BY"
                    " session_id",
                    valeurs,
                )
                lignes = curseur.fetchall()
                yield from (Ecart(*ligne) for *ligne, tardive in lignes if not tardive)
                if not (restantes := [cle for cle, *_, tardive in lignes if tardive]):
                    break
