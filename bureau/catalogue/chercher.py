"""Search of the catalogue (S-109).

Every word typed must be found somewhere in an offre, its actions or its sessions.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from operator import and_, or_
from typing import Any, cast

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from catalogue.cycle_de_vie import Statut
from catalogue.models import Action, Certification, Offre
from catalogue.nomenclatures import Enseignement
from edof.gardees import Donnee, Gardee, une_de
from edof.pliage import MOTS_AU_PLUS, morceaux, motif, plier
from edof.trios import trios, trouve_par
from organismes.models import Adresse, Organisme
from organismes.validateurs import normaliser_identifiant
from sessions_app.models import Session

# An identifier that more records than this have in common is an ordinary word: it does not name a record.
EXACTES_AU_PLUS = 500


@dataclass(frozen=True)
class _Mot:
    """A word of three letters or more that each reading of a kept statement gives."""

    motif: Donnee
    pieces: Donnee


# What gives the sets of keys in which a word may be found.
Lieux = Callable[["Recherche", str | _Mot], list[QuerySet[Any]]]


class Recherche:
    """A search typed by a user, applied to the records of an organisme.

    The text is folded (`edof/pliage.py`). Parts of words are enough.
    """

    def __init__(self, organisme: Organisme, q: str, *, archivees: bool = False) -> None:
        self.organisme = organisme
        # The organisme of a statement that is kept is an expression, its own key.
        self.cle: Any = getattr(organisme, "pk", organisme)
        self.q = q
        self.archivees = archivees
        self._parmi = Q() if archivees else ~Q(statut=Statut.ARCHIVEE)
        self.mots = morceaux(q, MOTS_AU_PLUS)

    def dans_les_offres(self, offres: QuerySet[Offre]) -> QuerySet[Offre]:
        """Return the offres of this queryset where each word is found at some level (D-33).

        The best matches come first, then the last modified.
        """
        if not self.mots:
            return offres.order_by("-modifie_le", "-pk")
        # One parameter, whatever the number of keys.
        cles = RawSQL("SELECT unnest(%s::bigint[])", [self.trouvees])
        return offres.filter(pk__in=cles).annotate(rang=self._rang()).order_by("rang", "-modifie_le", "-pk")

    @cached_property
    def trouvees(self) -> list[int]:
        """Return the keys of the offres where each word is found, read once for all that a page shows."""
        return self._lire(Recherche._offres_du_mot)

    @cached_property
    def entieres(self) -> list[int]:
        """Return the keys of the offres that have each word themselves: all their sessions are found."""
        return self._lire(Recherche._elles_memes)

    def _lire(self, lieux_de: Lieux) -> list[int]:
        mots = list(dict.fromkeys(self.mots))
        if not all(map(trios, mots)):
            return list(self._offres_selon(lieux_de, mots).values_list("pk", flat=True))
        valeurs: dict[str, Any] = {"organisme": self.cle}
        for rang, mot in enumerate(mots):
            valeurs |= {f"motif{rang}": motif(mot), f"trios{rang}": trios(mot, str(self.cle))}
        return [cle for (cle,) in _lecture(lieux_de, len(mots), self.archivees).lignes(**valeurs)]

    def _offres_selon(self, lieux_de: Lieux, mots: Iterable[str | _Mot]) -> QuerySet[Offre]:
        """Return the offres that, for each word, are in one of these sets of keys.

        Set operations read each index once, whatever the planner believes. One or two letters have no index:
        the order of the conditions matters, because the database reads the sessions only if some offre does
        not match more cheaply. The keys are distinct, so that it knows that the set fits in memory.
        """
        offres = Offre.objects.pour_organisme(self.organisme).order_by()
        indexees: list[QuerySet[Any]] = []
        for mot in mots:
            lieux = lieux_de(self, mot)
            if isinstance(mot, _Mot) or trios(mot):
                indexees.append(lieux[0].union(*lieux[1:], all=True))
            else:
                offres = offres.filter(reduce(or_, (Q(pk__in=lieu.distinct()) for lieu in lieux)))
        return offres.filter(pk__in=indexees[0].intersection(*indexees[1:])) if indexees else offres

    def _elles_memes(self, mot: str | _Mot) -> list[QuerySet[Any]]:
        """Return the keys of the offres that have the word themselves."""
        return [trouvees.values("pk") for trouvees in self._fiches_du_mot(mot)[0]]

    def _offres_du_mot(self, mot: str | _Mot) -> list[QuerySet[Any]]:
        """Return the keys of the offres where the word is found, a set for each place, the cheapest first."""
        offres, actions, sessions = self._fiches_du_mot(mot)
        return [
            *(trouvees.values("pk") for trouvees in offres),
            *(trouvees.values("offre") for trouvees in actions),
            sessions.values("action__offre"),
        ]

    def _fiches_du_mot(
        self, mot: str | _Mot
    ) -> tuple[list[QuerySet[Offre]], list[QuerySet[Action]], QuerySet[Session]]:
        """Return the offres, actions and sessions that contain the word, a set for each place."""
        offres, actions, sessions = (
            modele.objects.pour_organisme(self.organisme).order_by() for modele in (Offre, Action, Session)
        )
        actions, sessions = actions.filter(self._parmi), sessions.filter(self._parmi)
        dit = mot.motif if isinstance(mot, _Mot) else mot
        visees = Certification.objects.filter(
            Q(code__contient=dit) | Q(intitule__contient=dit), pk__in=offres.values("certification")
        )
        return (
            [
                offres.filter(self._trouve("intitule", mot)),
                offres.filter(self._trouve("identifiant", mot)),
                offres.filter(certification__in=visees),
            ],
            [actions.filter(self._trouve("identifiant", mot)), actions.filter(self._a_lieu(mot))],
            sessions.filter(self._trouve("identifiant", mot)),
        )

    def _trouve(self, champ: str, mot: str | _Mot) -> Q:
        if isinstance(mot, _Mot):
            return trouve_par("organisme", self.cle, champ, mot.motif, mot.pieces)
        return trouve_par("organisme", self.cle, champ, mot)

    def _a_lieu(self, mot: str | _Mot) -> Q:
        """Return the condition that an action takes place in a town whose name contains the word."""
        adresses = Adresse.objects.pour_organisme(self.organisme)
        lieux = adresses.filter(self._trouve("ville", mot)).order_by()
        return Q(lieu_de_formation__in=lieux) & ~Q(modalites_enseignement=Enseignement.A_DISTANCE)

    def _rang(self) -> Case:
        """Return the rank of an offre, as a column: the best match has the lowest rank.

        0 is an exact identifier at any level; 1, a title that begins with the text; 2, a title that contains
        every word; 3, the rest.
        """
        exact = {"identifiant_normalise": normaliser_identifiant(self.q)}
        actions, sessions = (
            modele.objects.pour_organisme(self.organisme).filter(**exact).order_by()
            for modele in (Action, Session)
        )
        porte = Q(**exact) | Q(pk__in=actions.values("offre")) | Q(pk__in=sessions.values("action__offre"))
        dans_l_intitule = reduce(and_, (Q(intitule__contient=mot) for mot in self.mots))
        return Case(
            When(porte, then=Value(0)),
            When(intitule__plie__startswith=plier(self.q), then=Value(1)),
            When(dans_l_intitule, then=Value(2)),
            default=Value(3),
            output_field=IntegerField(),
        )

    @cached_property
    def exactes(self) -> list[tuple[int, int, int]]:
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
        if not self.exactes:
            return Q()
        offres, actions, _ = map(set, zip(*self.exactes, strict=True))
        return ~Q(offre__in=offres) | Q(pk__in=actions)

    def sessions_retenues(self) -> Q:
        """Return the same condition for the sessions.

        An action found by its own identifier keeps all its sessions.
        """
        if not self.exactes:
            return Q()
        offres, _, sessions = map(set, zip(*self.exactes, strict=True))
        nommees = {action for _, action, session in self.exactes if not session}
        return ~Q(action__offre__in=offres) | Q(pk__in=sessions) | Q(action__in=nommees)

    def actions_trouvees(self, sessions: QuerySet[Session] | None = None) -> Q:
        """Return the condition on the actions that contain one of the words.

        With `sessions`, it also accepts the actions that hold one of these sessions found by the search.
        """
        if not self.mots:
            return Q(pk__in=[])
        q = reduce(or_, (self._trouve("identifiant", mot) | self._a_lieu(mot) for mot in self.mots))
        return (
            q
            if sessions is None
            else q | Q(pk__in=sessions.filter(self.sessions_trouvees()).values("action"))
        )

    def sessions_trouvees(self) -> Q:
        """Return the condition on the sessions that contain one of the words."""
        if not self.mots:
            return Q(pk__in=[])
        return reduce(or_, (self._trouve("identifiant", mot) for mot in self.mots))

    def dans_les_sessions(self, sessions: QuerySet[Session]) -> QuerySet[Session]:
        """Return the sessions where each word is found in them, in their action or in their offre.

        Their offres are among those that were found: the others are not read.
        """
        if self.mots:
            sessions = sessions.filter(une_de("action__offre", self.trouvees))
        for mot in self.mots:
            offres, actions, elles = self._fiches_du_mot(mot)
            lieux = [Q(pk__in=elles.values("pk"))]
            lieux += [Q(action__in=trouvees.values("pk")) for trouvees in actions]
            lieux += [Q(action__offre__in=trouvees.values("pk")) for trouvees in offres]
            sessions = sessions.filter(reduce(or_, lieux))
        return sessions

    def est_dans(self, texte: str) -> bool:
        """Return whether one of the words is in this text."""
        return any(mot in plier(texte) for mot in self.mots)


# In two kinds of places, with archived records or without, up to MOTS_AU_PLUS words.
@lru_cache(maxsize=4 * MOTS_AU_PLUS)
def _lecture(lieux_de: Lieux, combien: int, archivees: bool) -> Gardee[Offre]:
    """Return the query of the keys of the offres that have so many words in these places."""
    recherche = Recherche(cast(Organisme, Donnee("organisme")), "", archivees=archivees)
    mots = [_Mot(Donnee(f"motif{rang}"), Donnee(f"trios{rang}")) for rang in range(combien)]
    return Gardee(recherche._offres_selon(lieux_de, mots).values_list("pk"))
