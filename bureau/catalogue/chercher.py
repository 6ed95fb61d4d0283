"""The search of the catalogue: every word typed is found somewhere in an offre, its actions or its sessions
(S-109).
"""

from functools import cached_property, reduce
from operator import and_, or_

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from catalogue.cycle_de_vie import Statut
from catalogue.models import Action, Offre
from catalogue.nomenclatures import Enseignement
from edof.pliage import MOTS_AU_PLUS, morceaux, plier
from organismes.models import Organisme
from organismes.validateurs import normaliser_identifiant
from sessions_app.models import Session

# What more records than this bear is a word like another, and names none of them.
EXACTES_AU_PLUS = 500


def _contient(champ: str, mot: str) -> Q:
    return Q(**{f"{champ}__trouve": mot})


def _de_l_offre(mot: str) -> Q:
    champs = ("intitule", "identifiant", "certification__code", "certification__intitule")
    return reduce(or_, (_contient(champ, mot) for champ in champs))


def _de_l_action(mot: str) -> Q:
    ville = _contient("lieu_de_formation__ville", mot) & ~Q(modalites_enseignement=Enseignement.A_DISTANCE)
    return _contient("identifiant", mot) | ville


def _de_la_session(mot: str) -> Q:
    return _contient("identifiant", mot)


class Recherche:
    """What was typed, held against the records of an organisme; folded (`edof/pliage.py`), parts of words are
    enough.
    """

    def __init__(self, organisme: Organisme, q: str, *, archivees: bool = False) -> None:
        self.organisme = organisme
        self.q = q
        self.archivees = archivees
        self._parmi = Q() if archivees else ~Q(statut=Statut.ARCHIVEE)
        self.mots = morceaux(q, MOTS_AU_PLUS)

    def dans_les_offres(self, offres: QuerySet[Offre]) -> QuerySet[Offre]:
        """Those of `offres` where each word is found at some level, best first, then last modified first
        (D-33).
        """
        for mot in self.mots:
            offres = offres.filter(self._a_quelque_niveau(mot))
        if self.mots:
            offres = offres.annotate(rang=self._rang()).order_by("rang", "-modifie_le", "-pk")
        return offres if self.mots else offres.order_by("-modifie_le", "-pk")

    def _a_quelque_niveau(self, mot: str) -> Q:
        """Whether an offre holds the word. In this order, and by sets: the database then reads the sessions,
        once, only when some offre does not hold it more cheaply. Distinct keys, so that the set is known to
        fit in memory.
        """
        actions = (
            Action.objects.pour_organisme(self.organisme)
            .filter(self._parmi, _de_l_action(mot))
            .values("offre")
            .distinct()
        )
        sessions = (
            Session.objects.pour_organisme(self.organisme)
            .filter(self._parmi, _de_la_session(mot))
            .values("action__offre")
            .distinct()
        )
        return _de_l_offre(mot) | Q(pk__in=actions) | Q(pk__in=sessions)

    def _rang(self) -> Case:
        """An exact identifier at any level, then a title that begins so, then one that holds every word, then
        the rest.
        """
        exact = {"identifiant_normalise": normaliser_identifiant(self.q)}
        porte = Q(**exact) | Exists(Action.objects.filter(offre=OuterRef("pk"), **exact))
        porte |= Q(Exists(Session.objects.filter(action__offre=OuterRef("pk"), **exact)))
        return Case(
            When(porte, then=Value(0)),
            When(intitule__plie__startswith=plier(self.q), then=Value(1)),
            When(reduce(and_, (_contient("intitule", mot) for mot in self.mots)), then=Value(2)),
            default=Value(3),
            output_field=IntegerField(),
        )

    @cached_property
    def _exactes(self) -> list[tuple[int, int, int]]:
        """What bears exactly what was typed, below the offres: offre, action, session (0 for the action
        itself).
        """
        if not self.mots:
            return []
        exact = Q(self._parmi, identifiant_normalise=normaliser_identifiant(self.q))
        actions, sessions = (
            modele.objects.pour_organisme(self.organisme).filter(exact) for modele in (Action, Session)
        )
        actions = actions.values_list("offre", "pk", Value(0))
        sessions = sessions.values_list("action__offre", "action", "pk")
        lues = list(actions.union(sessions, all=True)[: EXACTES_AU_PLUS + 1])
        return lues if len(lues) <= EXACTES_AU_PLUS else []

    def actions_retenues(self) -> Q:
        """Under an offre where something bears exactly what was typed, that alone and what leads to it."""
        if not self._exactes:
            return Q()
        offres, actions, _ = map(set, zip(*self._exactes, strict=True))
        return ~Q(offre__in=offres) | Q(pk__in=actions)

    def sessions_retenues(self) -> Q:
        """The same, of sessions: an action found by its own identifier keeps all of its sessions."""
        if not self._exactes:
            return Q()
        offres, _, sessions = map(set, zip(*self._exactes, strict=True))
        nommees = {action for _, action, session in self._exactes if not session}
        return ~Q(action__offre__in=offres) | Q(pk__in=sessions) | Q(action__in=nommees)

    def actions_trouvees(self, sessions: QuerySet[Session] | None = None) -> Q:
        """Which actions bear one of the words themselves, or hold one of `sessions` that does."""
        if not self.mots:
            return Q(pk__in=[])
        q = reduce(or_, map(_de_l_action, self.mots))
        return (
            q
            if sessions is None
            else q | Q(pk__in=sessions.filter(self.sessions_trouvees()).values("action"))
        )

    def sessions_trouvees(self) -> Q:
        """Which sessions bear one of the words."""
        return reduce(or_, map(_de_la_session, self.mots)) if self.mots else Q(pk__in=[])

    def est_dans(self, texte: str) -> bool:
        """Whether one of the words is in this text."""
        return any(mot in plier(texte) for mot in self.mots)
