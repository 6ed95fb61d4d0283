"""What of a catalogue may be written in EDOF's XML, by whole sets: the writer and the check before it agree.

A record goes when it is complete and coherent, its contacts and addresses are such that EDOF takes them, and
something exportable is below it: the schema wants an action in each formation, a session in each action.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from catalogue.cycle_de_vie import Statut
from catalogue.models import Action, Offre
from catalogue.models.offre import REGLES_OFFRE
from catalogue.models.regles_action import REGLES_ACTION
from catalogue.nomenclatures import TypeOffre
from catalogue.regles import conjonction
from edof.ecriture import parmi
from organismes.models import Adresse, Contact, Organisme
from organismes.models.pays import Pays
from sessions_app.coherence import COHERENCE_DES_DATES
from sessions_app.coherence import REGLES_DE_LA_LIGNE as REGLES_DE_LA_SESSION
from sessions_app.models import Session

STATUTS = (Statut.VALIDEE, Statut.ACTIVE)
# EDOF takes a session of one day, and one that has begun: the other rules of dates are ours.
REGLES_SESSION = (*COHERENCE_DES_DATES, *REGLES_DE_LA_SESSION)
TELEPHONE_AU_PLUS = 15
CODE_POSTAL_ETRANGER = 5


@dataclass(frozen=True)
class Choix:
    """What is asked for: some offres, or all of them when there is none; their statuses."""

    offres: frozenset[int] = field(default_factory=frozenset)
    statuts: tuple[str, ...] = STATUTS


def defaut(entree: Contact | Adresse) -> tuple[str, str]:
    """Return the code and the sentence of what EDOF would refuse in this entry, ("", "") without any."""
    try:
        entree.full_clean(exclude=["organisme"], validate_unique=False, validate_constraints=False)
    except ValidationError as refus:
        phrases = [f"{nom} : {' '.join(dites)}" for nom, dites in refus.message_dict.items()]
        return "entree-incomplete", " ".join(phrases)
    if isinstance(entree, Adresse):
        if entree.pays == Pays.FRANCE and not (entree.libelle_voie or entree.ligne_5):
            return "30013", "Ni voie, ni lieu-dit ou boîte postale."
        return "", ""
    for champ in ("telephone_fixe", "telephone_portable"):
        if len(getattr(entree, champ)) > TELEPHONE_AU_PLUS:
            return "telephone-long", f"Numéro de plus de {TELEPHONE_AU_PLUS} caractères."
    return "", ""


class Exportables:
    """The records of an organisme that go in the file, as querysets."""

    def __init__(self, organisme: Organisme, choix: Choix) -> None:
        self.organisme, self.choix = organisme, choix
        self.statuts = [statut for statut in choix.statuts if statut in STATUTS]

    @cached_property
    def contacts(self) -> list[Contact]:
        """Return the contacts of the organisme."""
        return list(Contact.objects.pour_organisme(self.organisme).order_by())

    @cached_property
    def adresses(self) -> list[Adresse]:
        """Return the addresses of the organisme."""
        return list(Adresse.objects.pour_organisme(self.organisme).order_by())

    @cached_property
    def refusees(self) -> dict[type, dict[int, tuple[str, str]]]:
        """Return, by kind and key, the entries that EDOF would refuse, with why."""
        return {
            modele: {entree.pk: dit for entree in entrees if (dit := defaut(entree))[0]}
            for modele, entrees in ((Contact, self.contacts), (Adresse, self.adresses))
        }

    def _liens(self, *liens: tuple[str, type]) -> Q:
        """Return the condition that none of these links leads to an entry that EDOF would refuse."""
        q = Q()
        for nom, modele in liens:
            if self.refusees[modele]:
                q &= Q(**{f"{nom}__isnull": True}) | ~Q(**{f"{nom}__in": list(self.refusees[modele])})
        return q

    def toutes(self, modele: type[Any]) -> Any:
        """Return the records of a level among which one chooses: those of the offres that are asked for."""
        ensemble = modele.objects.pour_organisme(self.organisme)
        if not self.choix.offres:
            return ensemble
        chemin = {Offre: "pk", Action: "offre", Session: "action__offre"}[modele]
        return ensemble.filter(**{f"{chemin}__in": self.choix.offres})

    # --- What each record satisfies alone ---

    @property
    def sessions_pretes(self) -> QuerySet[Session]:
        """Return the sessions that nothing of their own holds back."""
        liens = self._liens(("contact_inscription", Contact), ("adresse_inscription", Adresse))
        return self.toutes(Session).filter(conjonction(REGLES_SESSION), liens, statut__in=self.statuts)

    @property
    def actions_pretes(self) -> QuerySet[Action]:
        """Return the actions that nothing of their own holds back."""
        liens = self._liens(
            ("contact_du_lieu", Contact),
            ("contact_information", Contact),
            ("lieu_de_formation", Adresse),
            ("adresse_information", Adresse),
        )
        return self.toutes(Action).filter(conjonction(REGLES_ACTION), liens, statut__in=self.statuts)

    @property
    def offres_pretes(self) -> QuerySet[Offre]:
        """Return the offres that nothing of their own holds back."""
        pretes = self.toutes(Offre).filter(conjonction(REGLES_OFFRE), statut__in=self.statuts)
        return pretes.exclude(type_offre=TypeOffre.ELU)

    # --- What goes, from the sessions up, then down again ---

    @cached_property
    def _garnies(self) -> dict[int, int]:
        """Return the actions that are ready and have a session to show, with their offres."""
        cles = self.sessions_pretes.order_by().values_list("action", flat=True).distinct()
        actions = self.actions_pretes.filter(pk__in=parmi(list(cles))).order_by()
        return dict(actions.values_list("pk", "offre"))

    @cached_property
    def _cles_des_offres(self) -> set[int]:
        offres = self.offres_pretes.filter(pk__in=parmi(sorted(set(self._garnies.values()))))
        return set(offres.order_by().values_list("pk", flat=True))

    @property
    def offres(self) -> QuerySet[Offre]:
        """Return the offres that go in the file."""
        return Offre.objects.filter(pk__in=parmi(sorted(self._cles_des_offres)))

    @property
    def actions(self) -> QuerySet[Action]:
        """Return the actions that go in the file."""
        cles = [cle for cle, offre in self._garnies.items() if offre in self._cles_des_offres]
        return Action.objects.filter(pk__in=parmi(cles))

    @property
    def sessions(self) -> QuerySet[Session]:
        """Return the sessions that go in the file."""
        return self.sessions_pretes.filter(action__in=self.actions.order_by().values("pk"))

    def garnies(self, modele: type[Any]) -> list[int]:
        """Return the actions, or the offres, below which something could go."""
        return sorted(self._garnies if modele is Action else set(self._garnies.values()))

    def de(self, modele: type[Any]) -> QuerySet[Any]:
        """Return the records of a level that go in the file."""
        return {Offre: self.offres, Action: self.actions, Session: self.sessions}[modele]
