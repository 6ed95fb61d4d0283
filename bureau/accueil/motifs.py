"""Lists of the home page whose sessions have a reason, grouped by reason.

Each group has one sentence, one number and one button.
"""

from dataclasses import dataclass

from django.urls import reverse

from bureau.accueil.a_faire import Liste, qui_peut_agir, sous
from bureau.publication.gestes import Geste, gestes
from bureau.sessions.adresses import des_sessions
from edof.templatetags.affichage import milliers
from organismes.models import Membre
from publication.retraits import Groupe, grouper
from sessions_app.models import Session

# The filter of « Sessions » that gives each list.
VISIBILITE = {"vont_disparaitre": "vont_disparaitre", "non_visibles": "a_reparer"}


@dataclass(frozen=True)
class Motif:
    """A reason, the number of sessions that have it, and the button that repairs them or leads to them."""

    slug: str
    nombre: int
    phrase: str
    icone: str
    alerte: bool
    # The URL of its sessions as a table.
    url: str
    # The session when there is only one, and its context: its offre and its town.
    seule: Session | None
    contexte: str
    bouton: Geste | None

    @property
    def objet(self) -> str:
        """Return what the button is about, for users who do not see its context on the page."""
        return self.seule.identifiant if self.seule else self.phrase


@dataclass(frozen=True)
class Motifs:
    """A list of sessions that each have a reason, grouped by reason."""

    slug: str
    titre: str
    vide: str
    motifs: list[Motif]
    # The URL of its sessions as a table.
    table: str

    def avec(self, slug: str) -> Motif | None:
        """Return the group of this reason, or None."""
        return next((motif for motif in self.motifs if motif.slug == slug), None)

    @property
    def total(self) -> int:
        """Return the number of sessions."""
        return sum(motif.nombre for motif in self.motifs)

    @property
    def alertes(self) -> int:
        """Return the number of sessions that need attention."""
        return sum(motif.nombre for motif in self.motifs if motif.alerte)


def motifs(liste: Liste, membre: Membre, groupes: list[Groupe] | None = None) -> Motifs:
    """Return the groups by `motif` of the sessions of a list, the unexpected reasons first.

    The groups are read in two queries, unless they are given.
    """
    if groupes is None:
        groupes = grouper(liste.fiches(membre.organisme))
    lus = [_motif(groupe, liste, membre) for groupe in groupes]
    lus.sort(key=lambda motif: not motif.alerte)
    return Motifs(liste.slug, liste.titre, liste.vide, lus, des_sessions(visibilite=VISIBILITE[liste.slug]))


def _motif(groupe: Groupe, liste: Liste, membre: Membre) -> Motif:
    condition, session = groupe.condition, groupe.premiere
    url = f"{reverse('a_faire', args=[liste.slug])}?raison={condition.slug}"
    table = des_sessions(visibilite=VISIBILITE[liste.slug], raison=condition.slug)
    bouton, seule = None, groupe.nombre == 1
    if not condition.ordinaire and (seule or (groupe.actions == 1 and condition.champ_de_l_action)):
        # For several sessions of one action, the repair that settles them all is on the action.
        reparations = gestes(condition, session, membre)
        possibles = [geste for geste in reparations if not geste.refus]
        bouton = (possibles[0] if seule else possibles[-1]) if possibles else None
    icone = "clock" if condition.ordinaire else condition.icone
    phrase = groupe.phrase + qui_peut_agir(condition)
    return Motif(
        condition.slug, groupe.nombre, phrase, icone, not condition.ordinaire, table,
        session if seule else None, sous(session.action) if seule else "",
        bouton or (None if seule else Geste(f"Voir les {milliers(groupe.nombre)} sessions", url)),
    )  # fmt: skip
