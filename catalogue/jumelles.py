"""Actions that EDOF would take for one another (D-44): said, never refused.

Two actions of the organisme are twins when they lead to the same certification and are taught in the same
way, at the same place, in the same language, with the same arrangements. With the same price and the same
length, EDOF answers 30056; with lengths less than ten hours apart, whatever the price, 30057. An archived
action is compared with none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from catalogue.cycle_de_vie import Statut
from catalogue.models import Action
from organismes.models import Organisme

COMMUNES = (
    "modalites_enseignement",
    "lieu_de_formation_id",
    "langue",
    "modalites_pedagogiques",
    "modalites_handicap",
)
CERTIFICATION = "offre__certification_id"
COLONNES = (*COMMUNES, "total_ttc", "duree_totale")
# The place, among what twins have in common: the certification comes first.
_LIEU = 1 + COMMUNES.index("lieu_de_formation_id")
# From this gap on, in hours, two lengths are different.
ECART = 10


class Empreinte(NamedTuple):
    """What is compared of an action."""

    communes: tuple[Any, ...]
    prix: Decimal | None
    duree: int | None


@dataclass(frozen=True)
class Jumelle:
    """An action, `nom`, that has become the twin of another one, `identifiant`; `code` is that of EDOF."""

    cle: int
    nom: str
    autre: int
    identifiant: str
    code: str

    @property
    def phrase(self) -> str:
        """Return what to say of it, on one line."""
        if self.code == "30056":
            pareil = "mêmes modalités, lieu, prix et durée"
        else:
            pareil = f"mêmes modalités et lieu, moins de {ECART} heures d'écart"
        return f"EDOF la prendrait pour un doublon de « {self.identifiant} » : {pareil} ({self.code})."


def empreinte(colonnes: Mapping[str, Any], certification: int | None) -> Empreinte | None:
    """Return what is compared, from columns by name and the key of the certification of the offre.

    None when too little is known to compare.
    """
    if not colonnes["modalites_enseignement"] or colonnes["duree_totale"] is None:
        return None
    communes = (certification, *(colonnes[nom] for nom in COMMUNES))
    return Empreinte(communes, colonnes["total_ttc"], colonnes["duree_totale"])


def code_de(une: Empreinte | None, autre: Empreinte | None) -> str:
    """Return the code with which EDOF answers for these two actions; "" when they are different."""
    if une is None or autre is None or une.communes != autre.communes:
        return ""
    if une == autre and une.prix is not None:
        return "30056"
    assert une.duree is not None and autre.duree is not None
    return "30057" if abs(une.duree - autre.duree) < ECART else ""


def nouvelles_jumelles(
    organisme: Organisme, changees: Mapping[int, tuple[Empreinte | None, Empreinte | None]]
) -> list[Jumelle]:
    """Return, of the changed actions, those that have become twins by the change, each with one other.

    `changees` gives, by key, what was compared before (None for a new action) and what is now. Twins that
    were so already are not said again. It is one query.
    """
    changees = {cle: paire for cle, paire in changees.items() if paire[0] != paire[1] and paire[1]}
    if not changees:
        return []
    lieux = {apres.communes[_LIEU] for _, apres in changees.values() if apres}
    noms: dict[int, str] = {}
    etats: dict[int, tuple[Empreinte | None, Empreinte | None]] = {}
    for ligne in _comparables(organisme, lieux, changees):
        noms[ligne["pk"]] = ligne["identifiant"]
        telle_quelle = empreinte(ligne, ligne[CERTIFICATION])
        etats[ligne["pk"]] = changees.get(ligne["pk"], (telle_quelle, telle_quelle))
    memes, voisines = _groupes(etats)
    trouvees = []
    for cle, (avant, apres) in changees.items():
        if cle in etats and apres and (autre := _autre(cle, avant, apres, memes, voisines)):
            trouvees.append(Jumelle(cle, noms[cle], autre, noms[autre], code_de(apres, etats[autre][1])))
    return trouvees


def _comparables(organisme: Organisme, lieux: Iterable[int | None], changees: Iterable[int]) -> Any:
    """Return the columns of the actions at these places, and of the changed ones: they may not be written."""
    actions = Action.objects.pour_organisme(organisme).exclude(statut=Statut.ARCHIVEE)
    connus = [lieu for lieu in lieux if lieu is not None]
    la = actions.filter(lieu_de_formation__in=connus) | actions.filter(pk__in=list(changees))
    if None in lieux:
        la |= actions.filter(lieu_de_formation=None)
    return la.order_by("pk").values("pk", "identifiant", CERTIFICATION, *COLONNES).iterator()


# The actions that share something, by what they were before: two of each, an action is not its own twin.
_Groupes = dict[Any, dict[Empreinte | None, list[int]]]


def _groupes(etats: Mapping[int, tuple[Empreinte | None, Empreinte | None]]) -> tuple[_Groupes, _Groupes]:
    """Return the actions that are the same, and those that differ by the price alone."""
    memes: _Groupes = {}
    voisines: _Groupes = {}
    for cle, (avant, apres) in etats.items():
        if apres is None:
            continue
        for groupes, groupe, venue in (
            (memes, apres, avant),
            (voisines, _sans_prix(apres), _sans_prix(avant)),
        ):
            semblables = groupes.setdefault(groupe, {}).setdefault(venue, [])
            if len(semblables) < 2:
                semblables.append(cle)
    return memes, voisines


def _autre(
    cle: int, avant: Empreinte | None, apres: Empreinte, memes: _Groupes, voisines: _Groupes
) -> int | None:
    """Return the key of an action whose twin this one has become; the same one, if there is one."""
    if apres.prix is not None:
        for autre_avant, cles in memes.get(apres, {}).items():
            if code_de(avant, autre_avant) != "30056" and (autres := [c for c in cles if c != cle]):
                return autres[0]
    assert apres.duree is not None
    for ecart in range(1 - ECART, ECART):
        voisine = Empreinte(apres.communes, None, apres.duree + ecart)
        for autre_avant, cles in voisines.get(voisine, {}).items():
            if not code_de(avant, autre_avant) and (autres := [c for c in cles if c != cle]):
                return autres[0]
    return None


def a_la_suite(
    actions: Iterable[tuple[int, str, Empreinte | None]],
    deja: Iterable[tuple[int, str, Empreinte | None]] = (),
) -> list[Jumelle]:
    """Return, of these actions in their order, those that are twins of one before them, or of one of `deja`.

    Each action is its key, its identifier and what is compared of it.
    """
    vues: dict[Any, dict[int, dict[Decimal | None, tuple[int, str]]]] = {}

    def ranger(cle: int, nom: str, une: Empreinte) -> None:
        vues.setdefault(une.communes, {}).setdefault(une.duree or 0, {}).setdefault(une.prix, (cle, nom))

    for cle, nom, une in deja:
        if une:
            ranger(cle, nom, une)
    trouvees = []
    for cle, nom, une in actions:
        if une is None or une.duree is None:
            continue
        par_duree = vues.get(une.communes, {})
        pareilles = par_duree.get(une.duree, {})
        if une.prix is not None and une.prix in pareilles:
            trouvees.append(Jumelle(cle, nom, *pareilles[une.prix], "30056"))
        else:
            voisines = (par_duree.get(une.duree + e) for e in sorted(range(1 - ECART, ECART), key=abs))
            if voisine := next(filter(None, voisines), None):
                trouvees.append(Jumelle(cle, nom, *next(iter(voisine.values())), "30057"))
        ranger(cle, nom, une)
    return trouvees


def comparables(organisme: Organisme) -> list[tuple[int, str, Empreinte | None]]:
    """Return every action of the organisme that is not archived, as `a_la_suite` reads it; one query."""
    actions = Action.objects.pour_organisme(organisme).exclude(statut=Statut.ARCHIVEE).order_by("pk")
    lues = actions.values("pk", "identifiant", CERTIFICATION, *COLONNES)
    return [(ligne["pk"], ligne["identifiant"], empreinte(ligne, ligne[CERTIFICATION])) for ligne in lues]


def _sans_prix(empreinte: Empreinte | None) -> Empreinte | None:
    return empreinte and empreinte._replace(prix=None)
