"""What happened to the team, its invitations, its tokens and its accounts, from the database's own history,
the latest first.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value

from organismes.droits import Role
from organismes.models import Invitation, Jeton, Membre, Organisme, Utilisateur

PAR_PAGE = 50
SUIVIS = {modele._meta.model_name: modele for modele in (Membre, Invitation, Jeton, Utilisateur)}


@dataclass(frozen=True)
class Fait:
    """What somebody did: when, by whom, in a French sentence."""

    instant: dt.datetime
    qui: str
    phrase: str


def lignes(organisme: Organisme) -> QuerySet[Any, tuple[str, int]]:
    """(kind, key) of each line, latest first; an accepted invitation is told by the member that it makes."""
    membres = Membre.objects.pour_organisme(organisme).values("utilisateur")
    ensembles = []
    for nom, modele in SUIVIS.items():
        concerne = (
            Q(pgh_obj_id__in=membres, pgh_label="update") if modele is Utilisateur else Q(organisme=organisme)
        )
        lignes = modele.pgh_event_model.objects.order_by().filter(concerne)
        if modele is Invitation:
            lignes = lignes.exclude(Q(pgh_label="delete", pgh_context__metadata__operation="rejoindre"))
        ensembles.append(
            lignes.annotate(genre=Value(nom, CharField()), quand=F("pgh_created_at")).values_list(
                "genre", "pgh_id", "quand"
            )
        )
    premier, *autres = ensembles
    return premier.union(*autres, all=True).order_by("-quand", "-pgh_id")


def raconter(page: list[tuple[str, int, dt.datetime]]) -> list[Fait]:
    """The sentences of one page of `lignes`, in a number of queries that does not depend on how many there
    are.
    """
    trouvees = {
        (nom, ligne.pgh_id): ligne
        for nom, modele in SUIVIS.items()
        for ligne in modele.pgh_event_model.objects.filter(
            pgh_id__in=[cle for genre, cle, _ in page if genre == nom]
        ).select_related("pgh_context")
    }
    cles = {_metadata(ligne).get("utilisateur") for ligne in trouvees.values()}
    cles |= {ligne.utilisateur_id for (nom, _), ligne in trouvees.items() if nom == "membre"}
    personnes = Utilisateur.objects.in_bulk([cle for cle in cles if isinstance(cle, int)])
    return [
        Fait(quand, _qui(trouvees[genre, cle], personnes), _PHRASES[genre](trouvees[genre, cle], personnes))
        for genre, cle, quand in page
    ]


def _metadata(ligne: Any) -> dict[str, Any]:
    return ligne.pgh_context.metadata if ligne.pgh_context else {}


def _nom(personnes: dict[int, Utilisateur], cle: int | None) -> str:
    return personnes[cle].nom_complet if cle in personnes else "Un ancien compte"


def _qui(ligne: Any, personnes: dict[int, Utilisateur]) -> str:
    cle = _metadata(ligne).get("utilisateur")
    return _nom(personnes, cle) if cle else "Le programme"


def _du_membre(ligne: Any, personnes: dict[int, Utilisateur]) -> str:
    nom, role = _nom(personnes, ligne.utilisateur_id), Role(ligne.role).label
    return {
        "insert": f"{nom} a rejoint l'équipe, avec le rôle « {role} ».",
        "update": f"{nom} a maintenant le rôle « {role} ».",
        "delete": f"{nom} ne fait plus partie de l'équipe.",
    }[ligne.pgh_label]


def _de_l_invitation(ligne: Any, personnes: dict[int, Utilisateur]) -> str:
    role = Role(ligne.role).label
    return {
        "insert": f"Invitation de {ligne.courriel}, avec le rôle « {role} ».",
        "update": f"Invitation de {ligne.courriel} renvoyée, avec le rôle « {role} ».",
        "delete": f"Invitation de {ligne.courriel} annulée.",
    }[ligne.pgh_label]


def _du_jeton(ligne: Any, personnes: dict[int, Utilisateur]) -> str:
    if ligne.pgh_label == "insert":
        return f"Jeton d'API « {ligne.nom} » créé, avec le rôle « {Role(ligne.role).label} »."
    return f"Jeton d'API « {ligne.nom} » {'révoqué' if ligne.revoque_le else 'modifié'}."


def _du_compte(ligne: Any, personnes: dict[int, Utilisateur]) -> str:
    nom = f"{ligne.prenom} {ligne.nom}".strip() or ligne.courriel
    return f"Compte de {nom} ({ligne.courriel}) {'modifié' if ligne.is_active else 'désactivé'}."


_PHRASES = {
    "membre": _du_membre,
    "invitation": _de_l_invitation,
    "jeton": _du_jeton,
    "utilisateur": _du_compte,
}
