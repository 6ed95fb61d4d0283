"""What a change does to the sessions and actions below it, said before it is kept.

The change is made, the rules of visibility and of coherence are read before and after it, and it is undone
when something is lost. No rule is written here.
"""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet

from catalogue.cycle_de_vie import Statut
from catalogue.models import Action, Fiche
from catalogue.models.fiche import A_COMPLETER
from catalogue.models.regles_action import REGLES_ACTION
from catalogue.regles import conjonction
from edof.horloge import aujourd_hui, demain
from edof.templatetags.affichage import date_longue, enumerer, pluriel
from organismes.models.entree import Entree
from publication.etats import montrees_demain, ordinaires
from publication.retraits import sessions_de
from publication.visibilite import a_remplir, avec_visibilite, booleen, raisons, retenue_par, visibles
from sessions_app.coherence import COHERENCE_DES_DATES
from sessions_app.models import Session

# How many of the sessions that are lost a page names.
NOMMEES = 200
T = TypeVar("T")


@dataclass(frozen=True)
class Dessous:
    """The records that a change may lose, and the morning for which they are compared.

    `actions` is None when the change cannot make an action incomplete.
    """

    sessions: QuerySet[Session]
    actions: QuerySet[Action] | None = None
    jour: dt.date | None = None

    @property
    def matin(self) -> dt.date:
        """Return the morning for which they are compared: tomorrow, unless another one is given."""
        return self.jour or demain()


@dataclass(frozen=True)
class Phrase:
    """A loss in words: what is lost, and the rest of the sentence."""

    perte: str
    suite: str

    def __str__(self) -> str:
        return self.perte + self.suite


@dataclass(frozen=True)
class Impact:
    """What a change loses, as keys: the records that satisfied the rules and no longer do.

    `incoherentes`: the sessions to come that no longer agree with their action. `visibles`: those that the
    public sees, and would no longer see on `matin`. `attendues`: those that were to appear and would not.
    `actions`: those that become incomplete. `motifs` counts the sessions that are lost to the public by the
    slug of the first unmet condition.
    """

    matin: dt.date
    incoherentes: tuple[int, ...]
    visibles: tuple[int, ...]
    attendues: tuple[int, ...]
    actions: tuple[int, ...]
    motifs: tuple[tuple[str, int], ...]

    def __bool__(self) -> bool:
        return bool(self.incoherentes or self.visibles or self.attendues or self.actions)

    @property
    def empreinte(self) -> str:
        """Return a text that is the same for the same losses: what was shown is what is accepted."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:32]

    @property
    def cles(self) -> list[int]:
        """Return the keys of the sessions, those that the public loses first."""
        return list(dict.fromkeys((*self.visibles, *self.attendues, *self.incoherentes)))

    def sessions(self) -> list[Session]:
        """Return the first sessions, in the order of `cles`, with what names them; in one query."""
        premieres = self.cles[:NOMMEES]
        lues = Session.objects.select_related("action__offre", "action__lieu_de_formation").in_bulk(premieres)
        return [lues[cle] for cle in premieres if cle in lues]

    @property
    def quand(self) -> str:
        """Return « demain matin », or the morning."""
        return "demain matin" if self.matin == demain() else f"le {date_longue(self.matin)} au matin"

    def phrases(self) -> list[Phrase]:
        """Return one sentence for each kind of loss."""
        dites = []
        visibles = f"visible qui disparaîtra {self.quand},visibles qui disparaîtront {self.quand}"
        attendues = f"qui devait paraître {self.quand},qui devaient paraître {self.quand}"
        perdues = {visibles: self.visibles, attendues: self.attendues}
        if self.incoherentes:
            # Those that the public loses are among them, unless a condition of another kind fails too.
            dont = {
                formes for formes, cles in perdues.items() if cles and set(cles) <= set(self.incoherentes)
            }
            suite = " avec les modalités d'entrées et de sorties de l'action."
            if dont:
                parmi = [pluriel(len(cles), formes) for formes, cles in perdues.items() if formes in dont]
                suite = f", dont {enumerer(parmi)}{self._raison()}"
            formes = "session devient incohérente,sessions deviennent incohérentes"
            dites.append(Phrase(pluriel(len(self.incoherentes), formes), suite))
            perdues = {formes: cles for formes, cles in perdues.items() if formes not in dont}
        if perdues.get(visibles):
            formes = (
                f"session visible par le public disparaîtra {self.quand},"
                f"sessions visibles par le public disparaîtront {self.quand}"
            )
            dites.append(Phrase(pluriel(len(self.visibles), formes), self._raison()))
        if perdues.get(attendues):
            formes = (
                f"session qui devait paraître {self.quand} ne paraîtra pas,"
                f"sessions qui devaient paraître {self.quand} ne paraîtront pas"
            )
            dites.append(Phrase(pluriel(len(self.attendues), formes), self._raison()))
        if self.actions:
            formes = "action devient incomplète,actions deviennent incomplètes"
            dites.append(Phrase(pluriel(len(self.actions), formes), "."))
        return dites

    def _raison(self) -> str:
        """Return the end of a sentence: the reason, when all the sessions have the same one."""
        if len(self.motifs) != 1:
            return "."
        phrase = raisons(self.matin)[self.motifs[0][0]]
        return f" : {phrase[0].lower()}{phrase[1:]}"


class ImpactAnnonce(Exception):
    """Raised instead of keeping a change that loses something; nothing has changed."""

    def __init__(self, impact: Impact) -> None:
        self.impact = impact
        super().__init__(" ".join(map(str, impact.phrases())))


def presenter(impact: Impact | None) -> dict[str, Any]:
    """Return what templates show of a loss: `impact`, its first sessions, how many others there are."""
    sessions = impact.sessions() if impact else []
    autres = len(impact.cles) - len(sessions) if impact else 0
    return {"impact": impact, "sessions_perdues": sessions, "autres_perdues": autres}


def sessions_vues_avec(entree: Entree) -> QuerySet[Session]:
    """Return the sessions that the public sees with this contact or address: theirs, or that of a parent."""
    return visibles(_sessions_avec(entree))


def sera_vue_demain(entree: Entree) -> bool:
    """Return whether tomorrow's run would show a session with this contact or address."""
    return montrees_demain(_sessions_avec(entree)).exists()


def _sessions_avec(entree: Entree) -> QuerySet[Session]:
    chemins = {"offre": "action__offre__", "action": "action__", "session": ""}
    usages = [Q(**{chemins[str(u.modele._meta.model_name)] + u.champ: entree}) for u in entree.usages()]
    sessions: QuerySet[Session] = Session.objects.pour_organisme(entree.organisme)
    return sessions.filter(reduce(or_, usages))


def dessous_de(fiche: Fiche) -> Dessous:
    """Return what is below an offre or an action."""
    actions = Action.objects.filter(offre=fiche.pk) if fiche.nom_de_niveau == "offre" else None
    return Dessous(sessions_de(fiche), actions)


def enregistrer_ou_annoncer(
    dessous: Dessous,
    enregistrer: Callable[[], T],
    *,
    vu: str = "",
    ensuite: Callable[[Impact], Any] | None = None,
) -> T:
    """Call `enregistrer`, which makes the change, and return what it returns.

    When the change loses something, raise ImpactAnnonce with everything as it was, unless `vu` is the
    `empreinte` of this very loss: the change is then kept, and `ensuite` repairs it in the same transaction.

    When nothing is lost, it costs one query, or two with the actions of an offre.
    """
    with transaction.atomic():
        avant = transaction.savepoint()
        fait = enregistrer()
        fautives = _fautives(dessous)
        if not fautives:
            transaction.savepoint_commit(avant)
            return fait
        transaction.savepoint_rollback(avant)
        impact = _perdues(dessous, fautives)
        if impact and impact.empreinte != vu:
            raise ImpactAnnonce(impact)
        fait = enregistrer()
        if impact and ensuite:
            ensuite(impact)
    return fait


def essayer(dessous: Dessous, changer: Callable[[], Any]) -> Impact | None:
    """Return what `changer` would lose, None when it is nothing; nothing has changed afterwards."""
    with transaction.atomic():
        avant = transaction.savepoint()
        changer()
        fautives = _fautives(dessous)
        transaction.savepoint_rollback(avant)
        return (_perdues(dessous, fautives) or None) if fautives else None


@dataclass(frozen=True)
class _Fautives:
    """The records that break a rule once the change is made: it is not known yet whether they did before."""

    # The first unmet condition of each session, and whether it agrees with its action.
    sessions: dict[int, tuple[str | None, bool]]
    actions: list[int]

    def __bool__(self) -> bool:
        return bool(self.sessions or self.actions)


def _fautives(dessous: Dessous) -> _Fautives:
    """Return the records of `dessous` that break a rule now.

    Past sessions are left out, and those that the ordinary course of things withdraws: nothing of them can
    be lost.
    """
    jour = dessous.matin
    coherente = booleen(conjonction(COHERENCE_DES_DATES))
    retenues = Q(motif__isnull=False, statut=Statut.ACTIVE) & conjonction(ordinaires(jour))
    sessions = (
        dessous.sessions.exclude(statut=Statut.ARCHIVEE)
        .exclude(date_fin__lt=aujourd_hui())
        .annotate(motif=retenue_par(jour), coherente=coherente)
        .filter(retenues | Q(coherente=False))
        .order_by("pk")
    )
    lues = {pk: (motif, tient) for pk, motif, tient in sessions.values_list("pk", "motif", "coherente")}
    return _Fautives(lues, list(_incompletes(dessous.actions)) if dessous.actions is not None else [])


def _incompletes(actions: QuerySet[Action]) -> QuerySet[Action, int]:
    """Return the keys of the actions, validées or actives, that miss something."""
    hors_brouillon = actions.exclude(statut__in=A_COMPLETER).annotate(
        complete=booleen(conjonction(REGLES_ACTION))
    )
    return hors_brouillon.filter(complete=False).order_by("pk").values_list("pk", flat=True)


def _perdues(dessous: Dessous, fautives: _Fautives) -> Impact:
    """Return those of `fautives` that satisfied the rules, the change being undone."""
    jour = dessous.matin
    sessions = avec_visibilite(Session.objects.filter(pk__in=list(fautives.sessions))).annotate(
        coherente=booleen(conjonction(COHERENCE_DES_DATES)), tenait=booleen(conjonction(a_remplir(jour)))
    )
    incoherentes: list[int] = []
    visibles: list[int] = []
    attendues: list[int] = []
    motifs: Counter[str] = Counter()
    lues = sessions.order_by("pk").values_list("pk", "coherente", "est_visible", "tenait")
    for pk, coherente, est_visible, tenait in lues:
        motif, reste_coherente = fautives.sessions[pk]
        if coherente and not reste_coherente:
            incoherentes.append(pk)
        if tenait and motif is not None:
            (visibles if est_visible else attendues).append(pk)
            motifs[motif] += 1
    deja = set(_incompletes(Action.objects.filter(pk__in=fautives.actions))) if fautives.actions else set()
    return Impact(
        jour,
        tuple(incoherentes),
        tuple(visibles),
        tuple(attendues),
        tuple(pk for pk in fautives.actions if pk not in deja),
        tuple(sorted(motifs.items())),
    )
