"""What the public searches, computed again from the parutions that the public reads."""

import datetime as dt
from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import sql

from organismes.models import HORS_DES_BACS_A_SABLE
from publication.fiches import fiches
from publication.models import MotsPublics
from publication.visibilite import publiques, visibles
from sessions_app.models import Session

UN_JOUR = dt.timedelta(1)


def attendues() -> dict[int, dict[str, Any]]:
    """Return what the row of each public action must say, by action."""
    par_action: dict[int, list[Any]] = {}
    for parution in publiques().select_related("contenu_offre", "contenu_action"):
        par_action.setdefault(parution.action_id, []).append(parution)
    return {action: _une(parutions) for action, parutions in par_action.items()}


def _une(parutions: list[Any]) -> dict[str, Any]:
    derniere = max(parutions, key=lambda p: (p.du, p.contenu_offre_id, p.contenu_action_id))
    offre, action = derniere.contenu_offre.contenu, derniere.contenu_action.contenu
    debuts = {p.date_debut for p in parutions if p.date_debut}
    return {
        "offre_id": derniere.offre_id,
        "organisme_id": derniere.organisme_id,
        "contenu_offre_id": derniere.contenu_offre_id,
        "contenu_action_id": derniere.contenu_action_id,
        "type_offre": offre["type_offre"],
        "certification": offre["certification"]["code"] or "",
        "modalite": action["modalites_enseignement"],
        "entrees": action["modalites_entrees_sorties"],
        "langue": action["langue"],
        "rythmes": action["rythmes"],
        "prix": action["total_ttc"],
        "duree": action["duree_totale"],
        "du": min(p.du for p in parutions),
        "nombre": len(parutions),
        "prochaine": min(debuts, default=None),
        "garantie": any(p.contenu["garantie"] for p in parutions),
        "debuts": debuts,
        "debuts_garantis": {p.date_debut for p in parutions if p.date_debut and p.contenu["garantie"]},
    }


def _jours(ensemble: Any) -> set[dt.date]:
    jours = set()
    for intervalle in ensemble:
        jour = intervalle.lower
        while jour < intervalle.upper:
            jours.add(jour)
            jour += UN_JOUR
    return jours


def verifier_les_fiches() -> None:
    """Check that the rows are those of the parutions that the public reads, and have the words of theirs."""
    dites, lues = attendues(), {}
    for fiche in fiches():
        attendue = dites.get(fiche.action_id) or {}
        lues[fiche.action_id] = {nom: getattr(fiche, nom) for nom in attendue}
        for nom in ("debuts", "debuts_garantis"):
            lues[fiche.action_id] |= {nom: _jours(getattr(fiche, nom))}
    assert lues == dites
    mots = {m.action_id: (m.contenu_offre_id, m.contenu_action_id) for m in MotsPublics.objects.all()}
    for action, fiche in dites.items():
        assert mots[action] == (fiche["contenu_offre_id"], fiche["contenu_action_id"])


def condition_des_regles() -> str:
    """Return the condition on sessions that `publiques` compiles, its values written in it."""
    texte, parametres = (
        visibles(Session.objects.filter(HORS_DES_BACS_A_SABLE).order_by())
        .values("pk")
        .query.sql_with_params()
    )
    connection.ensure_connection()
    valeurs = (sql.Literal(getattr(p, "obj", p)).as_string(connection.connection) for p in parametres)
    return texte % tuple(valeurs)
