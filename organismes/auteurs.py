"""The author of a row of the history, in words: the same words on every screen."""

from collections.abc import Iterable
from typing import Any

from organismes.models import Utilisateur

INCONNU = "Auteur inconnu"


def metadata(ligne: Any) -> dict[str, Any]:
    """Return what the context of this row of the history says: operation, origin, author."""
    return ligne.pgh_context.metadata if ligne.pgh_context else {}


def personnes(lignes: Iterable[Any]) -> dict[int, Utilisateur]:
    """Return, by key, the users whose accounts made the changes of these rows; one query."""
    cles = {metadata(ligne).get("utilisateur") for ligne in lignes}
    return Utilisateur.objects.in_bulk([cle for cle in cles if isinstance(cle, int)])


def auteur_de(ligne: Any, connues: dict[int, Utilisateur]) -> str:
    """Return the author of this row, as it begins a sentence; `connues` comes from `personnes`."""
    if ligne.pgh_context is None:
        return INCONNU
    dits = metadata(ligne)
    if "utilisateur" not in dits and "nom_du_jeton" not in dits:
        return "Le programme"
    return nom_de_l_auteur(connues.get(dits.get("utilisateur")), dits.get("nom_du_jeton", ""))  # type: ignore[arg-type]


def derniers_auteurs(modele: Any, cles: Iterable[int]) -> dict[int, str]:
    """Return, by key of these records, the author of their last change; two queries."""
    evenements = modele.pgh_event_model.objects.filter(pgh_obj_id__in=list(cles))
    dernieres = list(
        evenements.order_by("pgh_obj_id", "-pgh_id").distinct("pgh_obj_id").select_related("pgh_context")
    )
    connues = personnes(dernieres)
    return {ligne.pgh_obj_id: auteur_de(ligne, connues) for ligne in dernieres}


def nom_de_l_auteur(personne: Utilisateur | None, jeton: str = "") -> str:
    """Return the name of a user or of a token; a user of None is a deleted account."""
    if jeton:
        return f"Le jeton « {jeton} »"
    return personne.nom_complet if personne else "Un ancien compte"
