"""The numbers shown by the catalogue: all that an organisme has, and what each filter chip would show.

The number of queries is constant: one for the head of the page, four at most for the chips.
"""

from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import Count, QuerySet

from bureau.catalogue.filtres import Filtres
from catalogue.cycle_de_vie import Statut
from organismes.models import Organisme
from publication.decomptes import decompter, decompter_parmi
from publication.etats import Etat, etat
from sessions_app.models import Session

# Above GRAND sessions, what a search or a filter finds takes longer to count than the page to build: these
# numbers are cached (SECONDES).
GRAND, SECONDES = 20_000, 60


@dataclass(frozen=True)
class Pastilles:
    """The numbers of the chips: how many offres, or sessions, the page shows once the chip is chosen."""

    # Number of offres that have the status, or that contain a record that has it.
    toutes: int
    par_statut: Counter[str]
    # Active sessions, by `Etat`.
    par_etat: dict[str, int]

    @property
    def par_visibilite(self) -> dict[str, int]:
        """Return the number of active sessions by visibility: see `visibilites`."""
        return visibilites(self.par_etat)


@dataclass(frozen=True)
class Comptes:
    """The numbers at the head of the catalogue."""

    # Number of records that are not archived, by level (D-31).
    par_niveau: dict[str, int]
    # Number of records of the three levels together, by status.
    par_statut: Counter[str]
    # Active sessions, by `Etat`.
    par_etat: dict[str, int]
    # The numbers of the chips while nothing is searched or filtered.
    pastilles: Pastilles
    # True while somebody else counts them again: see `Decomptes`.
    en_cours: bool

    @property
    def par_visibilite(self) -> dict[str, int]:
        """Return the number of active sessions by visibility: see `visibilites`."""
        return visibilites(self.par_etat)


def visibilites(par_etat: dict[str, int]) -> dict[str, int]:
    """Return the number of active sessions by visibility.

    The keys are `visible`, `a_paraitre` (visible at the next run) and `non_visible`; then `disparait`, the
    visible sessions that disappear tomorrow, and `a_reparer`, the sessions that are not visible and need a
    correction.
    """
    n = {etat: par_etat.get(etat, 0) for etat in Etat.values}
    return {
        "visible": n[Etat.VISIBLE] + n[Etat.DISPARAIT] + n[Etat.FINIT],
        "disparait": n[Etat.DISPARAIT] + n[Etat.FINIT],
        "a_paraitre": n[Etat.ATTEND],
        "non_visible": n[Etat.A_REPARER] + n[Etat.AU_REPOS],
        "a_reparer": n[Etat.A_REPARER],
    }


def compter(organisme: Organisme) -> Comptes:
    """Return the numbers of this organisme."""
    decomptes = decompter(organisme)
    par_niveau = {
        niveau: statuts.total() - statuts[Statut.ARCHIVEE] for niveau, statuts in decomptes.par_niveau.items()
    }
    par_statut = sum(decomptes.par_niveau.values(), Counter())
    toutes = Pastilles(decomptes.offres, decomptes.offres_par_statut, decomptes.par_etat)
    return Comptes(par_niveau, par_statut, decomptes.par_etat, toutes, decomptes.en_cours)


def pastilles(filtres: Filtres, comptes: Comptes) -> Pastilles:
    """Return the numbers of the chips for this search and these filters.

    `comptes` contains the numbers of the whole catalogue. What chooses among whole offres is the sum of what
    is kept of each; above GRAND sessions, what another filter finds is at most SECONDES seconds old.
    """
    parametres = urlencode(filtres.parametres(statut="", visibilite=""))
    if not parametres:
        return comptes.pastilles
    ouvertes, archivees = (filtres.sans_etat(archivees=archivees) for archivees in (False, True))
    a_des_archivees = comptes.par_statut[Statut.ARCHIVEE] > 0
    if ouvertes.des_offres_seules and (not a_des_archivees or archivees.des_offres_seules):
        return _des_offres(ouvertes, archivees if a_des_archivees else None)
    cle = f"pastilles-{filtres.organisme.pk}-{sha256(parametres.encode()).hexdigest()}"
    if (gardees := cache.get(cle)) is not None:
        return gardees
    comptees = _comptees(ouvertes, archivees)
    if comptes.par_niveau["session"] > GRAND:
        cache.set(cle, comptees, SECONDES)
    return comptees


def _des_offres(ouvertes: Filtres, archivees: Filtres | None) -> Pastilles:
    """Return the numbers of the chips from those that are kept of each offre."""
    presentes = decompter_parmi(ouvertes.organisme, ouvertes.cles_des_offres())
    par_statut = presentes.offres_par_statut.copy()
    par_statut[Statut.ARCHIVEE] = 0
    if archivees:
        autres = decompter_parmi(archivees.organisme, archivees.cles_des_offres())
        par_statut[Statut.ARCHIVEE] = autres.offres_par_statut[Statut.ARCHIVEE]
    return Pastilles(presentes.offres, par_statut, presentes.par_etat)


def _comptees(ouvertes: Filtres, archivees: Filtres) -> Pastilles:
    """Return the numbers of the chips, counted."""
    presentes = _offres_par_statut(ouvertes, archivees=False)
    par_statut = Counter(statut for _, statut in presentes | _offres_par_statut(archivees, archivees=True))
    par_etat = _par_etat(ouvertes.repondent()[2])
    return Pastilles(len({offre for offre, _ in presentes}), par_statut, par_etat)


def _offres_par_statut(filtres: Filtres, *, archivees: bool) -> set[tuple[int, str]]:
    """Return the pairs (key of an offre, status), each pair once.

    The status is that of the offre or of a record it contains.
    """
    niveaux = filtres.repondent()
    offres, actions, sessions = (n.archivees() if archivees else n.non_archivees() for n in niveaux)
    lignes = [sessions.values_list("action__offre", "statut")]
    lignes += [] if filtres.des_sessions else [actions.values_list("offre", "statut")]
    lignes += [] if filtres.des_actions else [offres.values_list("pk", "statut")]
    return set(lignes[0].distinct() if len(lignes) == 1 else lignes[0].union(*lignes[1:]))


def _par_etat(sessions: QuerySet[Session]) -> dict[str, int]:
    """Return the number of active sessions in each `Etat`."""
    actives = sessions.filter(statut=Statut.ACTIVE).order_by().annotate(etat=etat())
    return dict(actives.values_list("etat").annotate(nombre=Count("pk")))
