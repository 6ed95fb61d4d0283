"""History of the team: invitations, tokens, webhooks, accounts, from the database's own history tables.

The latest events come first. A model of an upper room is named as text.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.db.models import CharField, F, Q, QuerySet, Value

from edof.templatetags.affichage import de, pluriel
from organismes.auteurs import auteur_de, metadata, nom_de_l_auteur
from organismes.droits import Role
from organismes.models import Invitation, Jeton, Membre, Organisme, Utilisateur, Visite
from organismes.second_facteur import EXIGER, NE_PLUS_EXIGER, POSER, RETIRER

PAR_PAGE = 50
SUIVIS: dict[str | None, Any] = {
    modele._meta.model_name: modele
    for modele in (
        Membre, Invitation, Jeton, apps.get_model("crochets.Abonnement"), Utilisateur, Organisme, Visite,
    )
}  # fmt: skip

EXIGENCES = {
    EXIGER: "Second facteur exigé des membres.",
    NE_PLUS_EXIGER: "Second facteur plus exigé des membres.",
}
SECOND_FACTEUR = {POSER: "ajouté", RETIRER: "retiré"}


@dataclass(frozen=True)
class Fait:
    """An event: its instant, its author, and the French sentence that describes it."""

    instant: dt.datetime
    qui: str
    phrase: str


def lignes(organisme: Organisme) -> QuerySet[Any, tuple[str, int]]:
    """Return the queryset of the events of an organisme, latest first, as (kind, key, instant) rows.

    The deletion of an accepted invitation is left out: the new member describes it. So is that of one which
    nobody answered in time.
    """
    membres = Membre.objects.pour_organisme(organisme).values("utilisateur")
    ensembles = []
    for nom, modele in SUIVIS.items():
        concerne = Q(organisme=organisme)
        if modele is Utilisateur:
            concerne = Q(pgh_obj_id__in=membres, pgh_label="update")
        elif modele is Organisme:
            exigences = {"pgh_context__metadata__operation__in": list(EXIGENCES)}
            concerne = Q(pgh_obj_id=organisme.pk, pgh_label="update", **exigences)
        elif modele is Visite:
            concerne &= Q(pgh_label="insert")
        lignes = modele.pgh_event_model.objects.order_by().filter(concerne)
        if modele is Invitation:
            lignes = lignes.exclude(
                Q(pgh_label="delete", pgh_context__metadata__operation__in=["rejoindre", "oublier"])
            )
        ensembles.append(
            lignes.annotate(genre=Value(nom, CharField()), quand=F("pgh_created_at")).values_list(
                "genre", "pgh_id", "quand"
            )
        )
    premier, *autres = ensembles
    return premier.union(*autres, all=True).order_by("-quand", "-pgh_id")


def raconter(page: list[tuple[str, int, dt.datetime]]) -> list[Fait]:
    """Return the sentences of one page of `lignes`.

    The number of queries does not depend on the number of rows.
    """
    trouvees = {
        (nom, ligne.pgh_id): ligne
        for nom, modele in SUIVIS.items()
        for ligne in modele.pgh_event_model.objects.filter(
            pgh_id__in=[cle for genre, cle, _ in page if genre == nom]
        ).select_related("pgh_context")
    }
    cles = {metadata(ligne).get("utilisateur") for ligne in trouvees.values()}
    cles |= {ligne.utilisateur_id for (nom, _), ligne in trouvees.items() if nom == "membre"}
    personnes = Utilisateur.objects.in_bulk([cle for cle in cles if isinstance(cle, int)])
    return [
        Fait(
            quand,
            auteur_de(trouvees[genre, cle], personnes),
            _PHRASES[genre](trouvees[genre, cle], personnes),
        )
        for genre, cle, quand in page
    ]


def _nom(personnes: dict[int, Utilisateur], cle: int | None) -> str:
    return nom_de_l_auteur(personnes.get(cle))  # type: ignore[arg-type]


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
        "insert": f"Invitation à {ligne.courriel}, avec le rôle « {role} ».",
        "update": f"Invitation à {ligne.courriel} renvoyée, avec le rôle « {role} ».",
        "delete": f"Invitation à {ligne.courriel} annulée.",
    }[ligne.pgh_label]


def _du_jeton(ligne: Any, personnes: dict[int, Utilisateur]) -> str:
    if ligne.pgh_label == "insert":
        return f"Jeton d'API « {ligne.nom} » créé, avec le rôle « {Role(ligne.role).label} »."
    return f"Jeton d'API « {ligne.nom} » {'révoqué' if ligne.revoque_le else 'modifié'}."


def _du_webhook(ligne: Any, personnes: dict[int, Utilisateur]) -> str:
    nom = f"Webhook « {ligne.nom} »"
    # The host alone: the rest of an address may hold a secret.
    vers = (
        f"vers {urlsplit(ligne.url).hostname}, pour {pluriel(len(ligne.evenements), 'événement,événements')}"
    )
    if ligne.pgh_label == "insert":
        return f"{nom} créé, {vers}."
    if ligne.pgh_label == "delete":
        return f"{nom} supprimé, avec son journal."
    return {
        "renouveler": f"Secret du webhook « {ligne.nom} » renouvelé.",
        "desactiver": f"{nom} {ligne.get_arret_display()}.",
        "activer": f"{nom} réactivé.",
    }.get(metadata(ligne).get("operation", ""), f"{nom} modifié : {vers}.")


def _du_compte(ligne: Any, personnes: dict[int, Utilisateur]) -> str:
    nom = f"{ligne.prenom} {ligne.nom}".strip() or ligne.courriel
    if (operation := metadata(ligne).get("operation")) in SECOND_FACTEUR:
        return f"Second facteur {de(nom)} {SECOND_FACTEUR[operation]}."
    return f"Compte {de(nom)} ({ligne.courriel}) {'modifié' if ligne.is_active else 'désactivé'}."


def _de_l_organisme(ligne: Any, personnes: dict[int, Utilisateur]) -> str:
    return EXIGENCES[metadata(ligne)["operation"]]


def _de_la_visite(ligne: Any, personnes: dict[int, Utilisateur]) -> str:
    return f"Espace consulté par l'administration de la plateforme, sans rien y changer : {ligne.motif}"


_PHRASES = {
    "membre": _du_membre,
    "invitation": _de_l_invitation,
    "jeton": _du_jeton,
    "abonnement": _du_webhook,
    "utilisateur": _du_compte,
    "organisme": _de_l_organisme,
    "visite": _de_la_visite,
}
