"""The former state of records, put back from the history of the database; one statement per table.

« Annuler » puts back a whole operation or nothing (catalogue/annulation.py); a lot puts back what can be
(lots/annulation.py). Both decide which records; these statements put them back.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection

from catalogue.models import Fiche
from edof.ecriture import parmi as parmi_les_cles
from edof.horloge import aujourd_hui, maintenant, minuit

# What each write sets by itself.
_A_PART = {"id", "version", "modifie_le"}


def dernieres_versions(
    modele: type[Fiche], contexte: UUID, organisme_id: int, **parmi: Any
) -> dict[int, int]:
    """Return, by key of the records that this context changed, the version that it left.

    `parmi` are filters on the rows of the history.
    """
    evenements = modele.pgh_event_model.objects.filter(
        pgh_context_id=contexte, organisme_id=organisme_id, pgh_label="update", **parmi
    )
    return dict(evenements.order_by("pgh_id").values_list("pgh_obj_id", "version"))


def etats_d_avant(modele: type[Fiche], contexte: UUID, cles: Collection[int]) -> dict[int, Any]:
    """Return the row of the history of each record just before this context changed it; two queries."""
    evenements = modele.pgh_event_model.objects.filter(pgh_obj_id__in=cles)
    premieres = dict(
        evenements.filter(pgh_context_id=contexte, pgh_label="update")
        .order_by("-pgh_id")
        .values_list("pgh_obj_id", "version")
    )
    # Versions follow each other: the one before is that of the state before.
    avant = evenements.filter(version__in={version - 1 for version in premieres.values()})
    return {
        ligne.pgh_obj_id: ligne
        for ligne in avant.order_by("pgh_id")
        if ligne.version == premieres.get(ligne.pgh_obj_id, 0) - 1
    }


def rendre_les_changees(
    modele: type[Fiche],
    contexte: UUID,
    organisme_id: int,
    parmi: Collection[int] | None = None,
    ou: str = "true",
) -> int:
    """Put back the columns that the records had before this context changed them; return how many.

    What the operation changed beside them comes back too (`rendre_les_suites`).

    `parmi` restricts them to these keys, and `ou` to a condition of SQL on `fiche`, the record as it is, on
    `avant`, as it was, and on `avant.derniere`, the version that the context left.
    """
    table, historique = modele._meta.db_table, modele.pgh_event_model._meta.db_table
    rendues = {colonne: f"avant.{colonne}" for colonne in _colonnes(modele)}
    if "ouverte_depuis" in rendues:
        # Restored on another day than it was closed, a session waits for J+1 as if it were opened now (D-20).
        rendues["ouverte_depuis"] = (
            "CASE WHEN avant.ouverte AND NOT fiche.ouverte AND fiche.modifie_le < %(minuit)s"
            " THEN %(maintenant)s ELSE avant.ouverte_depuis END"
        )
    with connection.cursor() as curseur:
        # `avant` is the state of each record just before its first change in the context.
        curseur.execute(
            f"UPDATE {table} AS fiche SET modifie_le = %(maintenant)s,"
            f" {', '.join(f'{c} = {valeur}' for c, valeur in rendues.items())}"
            f" FROM (SELECT DISTINCT ON (e.pgh_obj_id) e.*, premiere.derniere FROM {historique} AS e"
            f"  JOIN (SELECT pgh_obj_id, min(pgh_id) AS pgh_id, max(version) AS derniere FROM {historique}"
            "   WHERE pgh_context_id = %(contexte)s AND pgh_label = 'update'"
            f"    AND {_parmi(parmi)} GROUP BY pgh_obj_id) AS premiere"
            "  ON premiere.pgh_obj_id = e.pgh_obj_id AND e.pgh_id < premiere.pgh_id"
            "  ORDER BY e.pgh_obj_id, e.pgh_id DESC) AS avant"
            f" WHERE fiche.id = avant.pgh_obj_id AND fiche.organisme_id = %(organisme)s AND ({ou})"
            " RETURNING fiche.id",
            _parametres(contexte, organisme_id, parmi),
        )
        return _avec_leurs_suites(modele, contexte, curseur.fetchall())


def rendre_les_supprimees(
    modele: type[Fiche], contexte: UUID, organisme_id: int, parmi: Collection[int] | None = None
) -> int:
    """Insert again the records that this context deleted, or those of these keys; return how many.

    What was deleted beside them comes back too (`rendre_les_suites`).
    """
    table, historique = modele._meta.db_table, modele.pgh_event_model._meta.db_table
    colonnes = _colonnes(modele)
    liens = {
        str(champ.column): champ.related_model._meta.db_table
        for champ in modele._meta.concrete_fields
        if champ.related_model is not None and champ.null
    }
    vivants = {c: f"(SELECT id FROM {cible} WHERE id = e.{c})" for c, cible in liens.items()}
    perdus = " OR ".join(f"(e.{c} IS NOT NULL AND {vivants[c]} IS NULL)" for c in liens) or "false"
    valeurs = {c: vivants.get(c, f"e.{c}") for c in colonnes}
    # A contact deleted in the meantime leaves an empty field: a validée record becomes a brouillon to
    # complete.
    valeurs["statut"] = f"CASE WHEN e.statut = 'validee' AND ({perdus}) THEN 'brouillon' ELSE e.statut END"
    with connection.cursor() as curseur:
        curseur.execute(
            f"INSERT INTO {table} (id, version, modifie_le, {', '.join(colonnes)}) SELECT e.pgh_obj_id,"
            f" e.version + 1, %(maintenant)s, {', '.join(valeurs[c] for c in colonnes)} FROM {historique} AS"
            " e WHERE e.pgh_context_id = %(contexte)s AND e.pgh_label = 'delete' AND e.organisme_id ="
            f" %(organisme)s AND {_parmi(parmi)} RETURNING id",
            _parametres(contexte, organisme_id, parmi),
        )
        return _avec_leurs_suites(modele, contexte, curseur.fetchall())


def _avec_leurs_suites(modele: type[Fiche], contexte: UUID, remises: list[tuple[int]]) -> int:
    if remises:
        modele.objects.filter(pk__in=parmi_les_cles([cle for (cle,) in remises])).rendre_les_suites(contexte)
    return len(remises)


def _colonnes(modele: type[Fiche]) -> list[str]:
    return [str(champ.column) for champ in modele._meta.concrete_fields if champ.column not in _A_PART]


def _parmi(cles: Collection[int] | None) -> str:
    return "true" if cles is None else "pgh_obj_id = ANY(%(cles)s)"


def _parametres(contexte: UUID, organisme_id: int, cles: Collection[int] | None) -> dict[str, Any]:
    return {
        "contexte": contexte,
        "organisme": organisme_id,
        "maintenant": maintenant(),
        "minuit": minuit(aujourd_hui()),
        "cles": None if cles is None else list(cles),
    }
