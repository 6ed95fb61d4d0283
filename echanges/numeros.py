"""The identifiers of sessions that a file does not give: most plannings have none."""

from collections import defaultdict
from collections.abc import Sequence

from catalogue.models import Action
from echanges.lignes import LigneLue, Niveau
from organismes.validateurs import identifiant_libre, normaliser_identifiant

# « ACTION-20270301 » has thirty characters at most.
_DE_L_ACTION = 21


def numeroter(lignes: Sequence[LigneLue], action: Action | None) -> list[str]:
    """Name the sessions of a table in which none has an identifier, from their action and their start.

    The same file gives the same identifiers: its sessions are found when it comes back. `action` is that of
    the lines that name none; without one, the line is refused for it, and for it alone. A line without start
    stays as it is, and so does an identifier that was typed on the screen. Return what is to be said of it.
    """
    # A table says what was written in its cells; another format is a program's, which names its sessions.
    sessions = [ligne for ligne in lignes if ligne.niveau == Niveau.SESSION and ligne.ecrites]
    if any(ligne.ecrites.get("session") for ligne in sessions):
        return []
    pris: dict[tuple[str, str], set[str]] = defaultdict(set)
    sans = []
    for ligne in sessions:
        offre, de_l_action, identifiant = ligne.chemin
        de_l_action = de_l_action or (action.identifiant if action else offre or "SESSION")
        deja = pris[normaliser_identifiant(offre), normaliser_identifiant(de_l_action)]
        debut = ligne.valeurs.get("date_debut")
        if identifiant:
            deja.add(normaliser_identifiant(identifiant))
        elif isinstance(debut, str) and not ligne.ignoree:
            souhaite = f"{de_l_action[:_DE_L_ACTION].strip()}-{debut.replace('-', '')}"
            sans.append((ligne, souhaite, deja))
    for ligne, souhaite, deja in sans:
        identifiant = identifiant_libre(souhaite, deja)
        deja.add(normaliser_identifiant(identifiant))
        ligne.chemin = (*ligne.chemin[:-1], identifiant)
    if not sans:
        return []
    return [
        "Aucune ligne ne donne l'identifiant de sa session : il est fait de l'action et du début"
        f" (« {sans[0][0].chemin[-1]} »). Le même fichier retrouvera ses sessions ; une date de début changée"
        " en ferait une autre. Pour choisir les identifiants, ajoutez une colonne « Session »."
    ]
