"""The formations that a search finds, page by page.

A page begins after the last formation of the page before, in the order of the search: the two hundredth costs
what the first does. At the same rank, the order is that of a hash of the action and of the day: neutral, the
same all day, another one tomorrow.
"""

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

from edof.replique import connexion_de_lecture
from publication.coordonnees import ou
from publication.models import Contenu
from publication.visibilite import publiques
from recherche.criteres import PLACE_CONNUE, conditions, jours, km, periode, source
from recherche.demande import Curseur, Demande
from recherche.sql import Sql, et

PAR_PAGE = 20
# After everything that has a price, a date, a duration.
_APRES = "1e15"
_ORIGINE = dt.date(2000, 1, 1)


@dataclass(frozen=True)
class Trouvee:
    """A formation of the page: its row, what is shown of it, and its sessions that answer the search."""

    action: int
    contenu_offre: int
    contenu_action: int
    km: float | None
    environ: bool
    sessions: list[dict[str, Any]] = field(default_factory=list)
    offre: dict[str, Any] = field(default_factory=dict)
    contenu: dict[str, Any] = field(default_factory=dict)

    @property
    def ville(self) -> str:
        """Return the town, or « À distance »."""
        return ou(self.contenu)


@dataclass(frozen=True)
class Page:
    """A page of results, and the cursor of the next one."""

    trouvees: list[Trouvee]
    suivante: str = ""


def chercher(demande: Demande, par_page: int = PAR_PAGE) -> Page:
    """Return the page that the search asks for: one query, however deep, and two for what is shown."""
    tables, si = source(demande)
    bande, valeur = _rang(demande)
    hasard = Sql("hashint8extended(f.action_id, %s)", (demande.jour - _ORIGINE).days)
    loin = km(demande) if demande.precis else Sql("NULL::float8")
    environ = f"NOT {PLACE_CONNUE}" if demande.precis else "false"
    filtres = et(*conditions(demande).values())
    sql = (
        f"SELECT * FROM (SELECT f.action_id, f.contenu_offre_id, f.contenu_action_id, {loin.texte} AS km,"
        f" {environ} AS environ, {bande.texte} AS bande, ({valeur.texte})::float8 AS valeur,"
        f" {hasard.texte} AS hasard"
        f" FROM {tables.texte} WHERE {si.texte} AND {filtres.texte}) AS r"
    )
    valeurs = [
        *loin.valeurs, *bande.valeurs, *valeur.valeurs, *hasard.valeurs,
        *tables.valeurs, *si.valeurs, *filtres.valeurs,
    ]  # fmt: skip
    if apres := demande.curseur:
        sql += " WHERE (bande, valeur, hasard, action_id) > (%s, %s, %s, %s)"
        valeurs += [apres.bande, apres.valeur, apres.hasard, apres.action]
    sql += " ORDER BY bande, valeur, hasard, action_id LIMIT %s OFFSET %s"
    valeurs += [par_page + 1, (demande.page - 1) * par_page]
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(sql, valeurs)
        lignes = curseur.fetchall()
    suivante = ""
    if len(lignes) > par_page:
        action, *_, b, v, h = lignes[par_page - 1]
        suivante = Curseur(demande.tri, demande.jour, b, v, h, action).ecrire()
    trouvees = [Trouvee(*ligne[:5]) for ligne in lignes[:par_page]]
    return Page(_montrer(trouvees, demande), suivante)


def _rang(demande: Demande) -> tuple[Sql, Sql]:
    """Return the band and the value by which the results are sorted, both ascending and never null."""
    sans = Sql("0")
    if demande.tri == "prix":
        return sans, Sql(f"coalesce(f.prix, {_APRES})")
    if demande.tri == "duree":
        return sans, Sql(f"coalesce(f.duree, {_APRES})")
    quand = _prochaine(demande)
    if demande.tri == "date":
        return sans, quand
    proche = km(demande) if demande.precis else quand
    if demande.tri == "distance":
        return sans, proche
    return demande.mots.bande() if demande.mots else sans, proche


def _prochaine(demande: Demande) -> Sql:
    """Return the days until the next start that answers the search."""
    debut = Sql("f.prochaine")
    if quand := periode(demande.filtres):
        debut = Sql(
            f"lower({jours(demande.filtres)} * datemultirange({quand.texte}))", *quand.valeurs
        )  # fmt: skip
    elif "garantie" in demande.filtres:
        debut = Sql("lower(f.debuts_garantis)")
    return Sql(f"coalesce({debut.texte} - DATE '{_ORIGINE}', {_APRES})", *debut.valeurs)


def _montrer(trouvees: list[Trouvee], demande: Demande) -> list[Trouvee]:
    """Return the same formations with their contents and their sessions, in two queries."""
    contenus = Contenu.objects.in_bulk({cle for t in trouvees for cle in (t.contenu_offre, t.contenu_action)})
    sessions: dict[int, list[dict[str, Any]]] = {}
    for action, contenu in _sessions(trouvees, demande.filtres):
        sessions.setdefault(action, []).append(contenu)
    return [
        replace(
            trouvee,
            offre=contenus[trouvee.contenu_offre].contenu,
            contenu=contenus[trouvee.contenu_action].contenu,
            sessions=sessions.get(trouvee.action, []),
        )
        for trouvee in trouvees
    ]


def _sessions(trouvees: list[Trouvee], lus: dict[str, Any]) -> Any:
    """Return the sessions of these actions that answer the search, in the order of their dates."""
    parutions = publiques().filter(action__in=[t.action for t in trouvees])
    if "du" in lus:
        parutions = parutions.filter(date_debut__gte=lus["du"])
    if "au" in lus:
        parutions = parutions.filter(date_debut__lte=lus["au"])
    if "garantie" in lus:
        parutions = parutions.filter(contenu__garantie=True)
    return parutions.order_by("date_debut", "session_id").values_list("action_id", "contenu")
