"""What the catalogue already has of what a file names, read by sets: a constant number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from catalogue.models import Action, Certification, Offre
from echanges.lignes import LigneLue, Niveau
from edof.pliage import plier
from organismes.carnet_ecrit import CarnetEcrit
from organismes.models import Adresse, Contact, Organisme
from organismes.models.entree import Entree
from organismes.validateurs import normaliser_identifiant
from sessions_app.habitudes import Habitudes
from sessions_app.memes_dates import ParDates, dates_de
from sessions_app.models import Session

PROPOSEES = 3


def proches(ecrit: str, noms: Iterable[str]) -> list[str]:
    """Return the names that look like what was written, the nearest first."""
    plies = {plier(nom): nom for nom in noms}
    cle = plier(ecrit)
    pareils = get_close_matches(cle, plies, PROPOSEES, 0.6)
    dedans = [nom for nom in plies if cle and (cle in nom or nom in cle) and nom not in pareils]
    return [plies[nom] for nom in (*pareils, *dedans)][:PROPOSEES]


class Existant:
    """The records that lines name, and those that lines create, as the plan goes on."""

    def __init__(self, organisme: Organisme, lignes: Sequence[LigneLue], action: Action | None) -> None:
        self.organisme, self.action = organisme, action
        self.carnets: dict[type[Entree], CarnetEcrit[Any]] = {
            Contact: CarnetEcrit(organisme.contacts.all()),
            Adresse: CarnetEcrit(organisme.adresses.all()),
        }
        self.entrees: dict[tuple[str, str], Any] = {
            (niveau, entree.identifiant_normalise): entree
            for niveau, carnet in ((Niveau.CONTACT, Contact), (Niveau.ADRESSE, Adresse))
            for entree in self.carnets[carnet].entrees.values()
        }
        fiches = [ligne for ligne in lignes if len(ligne.chemin) and not ligne.ignoree]
        self.offres: dict[str, Offre] = {}
        self.actions: dict[tuple[int, str], Action] = {}
        self.actions_du_nom: dict[str, list[Action]] = defaultdict(list)
        self._lire_offres(fiches)
        self._lire_actions(fiches)
        self._lire_sessions(fiches)
        self._lire_certifications(fiches)
        self.habitudes = Habitudes(organisme, {action.pk for action in self.actions.values()})

    def _lire_offres(self, lignes: Iterable[LigneLue]) -> None:
        noms = _noms(lignes, 0, (Niveau.OFFRE, Niveau.ACTION, Niveau.SESSION))
        if noms:
            lues = Offre.objects.pour_organisme(self.organisme).filter(identifiant_normalise__in=noms)
            self.offres = {o.identifiant_normalise: o for o in lues.select_related("certification")}

    def _lire_actions(self, lignes: Iterable[LigneLue]) -> None:
        noms = _noms(lignes, 1, (Niveau.ACTION, Niveau.SESSION))
        trouvees = [self.action] if self.action else []
        if noms:
            lues = Action.objects.pour_organisme(self.organisme).filter(identifiant_normalise__in=noms)
            trouvees += lues.select_related("offre__certification")
        for action in trouvees:
            if (action.offre_id, action.identifiant_normalise) in self.actions:
                continue
            action.offre = self.offres.setdefault(action.offre.identifiant_normalise, action.offre)
            self.poser_l_action(action)

    def poser_l_action(self, action: Action) -> None:
        """Make an action known, read or about to be created."""
        action.organisme = self.organisme
        action.offre.organisme = self.organisme
        self.actions[action.offre.pk, action.identifiant_normalise] = action
        self.actions_du_nom[action.identifiant_normalise].append(action)

    def _lire_sessions(self, lignes: Iterable[LigneLue]) -> None:
        self.sessions: dict[tuple[int, str], Session] = {}
        # The other sessions of the same dates (D-44).
        self.dates: ParDates[Any] = ParDates()
        noms = _noms(lignes, 2, (Niveau.SESSION,))
        par_cle = {action.pk: action for action in self.actions.values()}
        if not noms or not par_cle:
            return
        toutes = Session.objects.pour_organisme(self.organisme).filter(action__in=par_cle)
        for session in toutes.filter(identifiant_normalise__in=noms):
            session.action, session.organisme = par_cle[session.action_id], self.organisme
            self.sessions[session.action_id, session.identifiant_normalise] = session
        debuts = {
            ligne.valeurs["date_debut"]
            for ligne in lignes
            if ligne.niveau == Niveau.SESSION and isinstance(ligne.valeurs.get("date_debut"), str)
        }
        debuts = {debut for debut in debuts if len(debut) == 10 and debut[4] == "-"}
        if debuts:
            memes: Any = toutes.filter(date_debut__in=debuts)
            lues = memes.non_archivees().only("pk", "identifiant", "action_id", "date_debut", "date_fin")
            for session in lues.order_by("pk"):
                self.dates.ranger(dates_de(session), session)

    def _lire_certifications(self, lignes: Iterable[LigneLue]) -> None:
        codes = {
            str(code).upper().replace(" ", "")
            for ligne in lignes
            if ligne.niveau == Niveau.OFFRE and (code := ligne.valeurs.get("certification"))
        }
        self.certifications = (
            {c.code: c for c in Certification.objects.filter(code__in=codes)} if codes else {}
        )

    @cached_property
    def noms_des_offres(self) -> list[str]:
        """Return the identifiers of the offres, to propose one."""
        lues = Offre.objects.pour_organisme(self.organisme).values_list("identifiant", flat=True)
        return list(lues[:2_000])

    @cached_property
    def _noms_des_actions(self) -> list[tuple[int, str]]:
        lues = Action.objects.pour_organisme(self.organisme).values_list("offre_id", "identifiant")
        return list(lues[:5_000])

    def noms_des_actions(self, offre: Offre | None) -> list[str]:
        """Return the identifiers of the actions of an offre, or of all, to propose one."""
        return [nom for cle, nom in self._noms_des_actions if offre is None or cle == offre.pk]


def _noms(lignes: Iterable[LigneLue], rang: int, niveaux: tuple[str, ...]) -> set[str]:
    return {
        nom
        for ligne in lignes
        if ligne.niveau in niveaux
        and len(ligne.chemin) > rang
        and (nom := normaliser_identifiant(ligne.chemin[rang]))
    }
