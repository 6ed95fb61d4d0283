"""Search of the catalogue (S-109).

Every word typed must be found somewhere in an offre, its actions or its sessions.
"""

from functools import cached_property, reduce
from operator import and_, or_

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from catalogue.cycle_de_vie import Statut
from catalogue.models import Action, Offre
from catalogue.nomenclatures import Enseignement
from catalogue.regles import prefixer
from edof.pliage import MOTS_AU_PLUS, morceaux, plier
from organismes.models import Organisme
from organismes.validateurs import normaliser_identifiant
from sessions_app.models import Session

# An identifier that more records than this have in common is an ordinary word: it does not name a record.
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
    """A search typed by a user, applied to the records of an organisme.

    The text is folded (`edof/pliage.py`). Parts of words are enough.
    """

    def __init__(self, organisme: Organisme, q: str, *, archivees: bool = False) -> None:
        self.organisme = organisme
        self.q = q
        self.archivees = archivees
        self._parmi = Q() if archivees else ~Q(statut=Statut.ARCHIVEE)
        self.mots = morceaux(q, MOTS_AU_PLUS)

    def dans_les_offres(self, offres: QuerySet[Offre]) -> QuerySet[Offre]:
        """Return the offres of this queryset where each word is found at some level (D-33).

        The best matches come first, then the last modified.
        """
        for mot in self.mots:
            offres = offres.filter(self._a_quelque_niveau(mot))
        if self.mots:
            offres = offres.annotate(rang=self._rang()).order_by("rang", "-modifie_le", "-pk")
        return offres if self.mots else offres.order_by("-modifie_le", "-pk")

    def _a_quelque_niveau(self, mot: str) -> Q:
        """Return the condition that the word is found in an offre or below it.

        The order of the conditions matters, and so does the use of sets: the database then reads the sessions
        once, and only when some offre does not match more cheaply. The keys are distinct, so that the
        database knows that the set fits in memory.
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
        """Return the rank of an offre, as a column: the best match has the lowest rank.

        0 is an exact identifier at any level; 1, a title that begins with the text; 2, a title that contains
        every word; 3, the rest.
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
        """Return the records below the offres whose identifier is exactly what was typed.

        Each record is a tuple of keys: offre, action, session (0 for the action itself). The list is empty
        when there are more than EXACTES_AU_PLUS records.
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
        """Return the condition that restricts the actions to exact matches.

        Under an offre that contains an exact match, it keeps only this match and what leads to it. Other
        offres keep all their actions.
        """
        if not self._exactes:
            return Q()
        offres, actions, _ = map(set, zip(*self._exactes, strict=True))
        return ~Q(offre__in=offres) | Q(pk__in=actions)

    def sessions_retenues(self) -> Q:
        """Return the same condition for the sessions.

        An action found by its own identifier keeps all its sessions.
        """
        if not self._exactes:
            return Q()
        offres, _, sessions = map(set, zip(*self._exactes, strict=True))
        nommees = {action for _, action, session in self._exactes if not session}
        return ~Q(action__offre__in=offres) | Q(pk__in=sessions) | Q(action__in=nommees)

    def actions_trouvees(self, sessions: QuerySet[Session] | None = None) -> Q:
        """Return the condition on the actions that contain one of the words.

        With `sessions`, it also accepts the actions that hold one of these sessions found by the search.
        """
        if not self.mots:
            return Q(pk__in=[])
        q = reduce(or_, map(_de_l_action, self.mots))
        return (
            q
            if sessions is None
            else q | Q(pk__in=sessions.filter(self.sessions_trouvees()).values("action"))
        )

    def sessions_trouvees(self) -> Q:
        """Return the condition on the sessions that contain one of the words."""
        return reduce(or_, map(_de_la_session, self.mots)) if self.mots else Q(pk__in=[])

    def dans_les_sessions(self, sessions: QuerySet[Session]) -> QuerySet[Session]:
        """Return the sessions where each word is found in them, in their action or in their offre."""
        for mot in self.mots:
            de_l_offre, de_l_action = _de_l_offre(mot), _de_l_action(mot)
            sessions = sessions.filter(
                _de_la_session(mot)
                | prefixer(de_l_action, "action__")
                | prefixer(de_l_offre, "action__offre__")
            )
        return sessions

    def est_dans(self, texte: str) -> bool:
        """Return whether one of the words is in this text."""
        return any(mot in plier(texte) for mot in self.mots)
