"""How many records of each status a catalogue holds, and how many of its sessions the public sees: four queries."""

from collections import Counter
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count

from catalogue.cycle_de_vie import Statut
from catalogue.menu import NIVEAUX
from organismes.models import Organisme
from publication.etats import Etat, etat
from sessions_app.models import Session

# Beyond so many sessions the numbers take longer to count than the page to build: they are then kept a while.
GRAND, SECONDES = 20_000, 60


@dataclass(frozen=True)
class Comptes:
    """The numbers at the head of the catalogue."""

    # Not archived, by level (D-31).
    par_niveau: dict[str, int]
    # The three levels together.
    par_statut: Counter[str]
    # Active sessions, by `Etat`.
    par_etat: dict[str, int]

    @property
    def par_visibilite(self) -> dict[str, int]:
        """Active sessions: « visible », « a_paraitre » at the next run, « non_visible ».

        Some of the visible ones « disparait » tomorrow, some of the others are « a_reparer ».
        """
        n = {etat: self.par_etat.get(etat, 0) for etat in Etat.values}
        return {
            "visible": n[Etat.VISIBLE] + n[Etat.DISPARAIT] + n[Etat.FINIT],
            "disparait": n[Etat.DISPARAIT] + n[Etat.FINIT],
            "a_paraitre": n[Etat.ATTEND],
            "non_visible": n[Etat.A_REPARER] + n[Etat.AU_REPOS],
            "a_reparer": n[Etat.A_REPARER],
        }

    @property
    def toutes(self) -> int:
        """The records that are shown when no status is asked for."""
        return self.par_statut.total() - self.par_statut[Statut.ARCHIVEE]


def compter(organisme: Organisme) -> Comptes:
    """The numbers of this organisme: of now, or, in a catalogue of more than GRAND sessions, at most SECONDES old."""
    cle = f"comptes-{organisme.pk}"
    if (gardes := cache.get(cle)) is not None:
        return gardes
    comptes = _compter(organisme)
    if comptes.par_niveau["session"] > GRAND:
        cache.set(cle, comptes, SECONDES)
    return comptes


def _compter(organisme: Organisme) -> Comptes:
    par_niveau, par_statut = {}, Counter()
    for niveau, modele in NIVEAUX.items():
        statuts = modele.objects.pour_organisme(organisme).order_by().values_list("statut").annotate(nombre=Count("pk"))
        ici = Counter(dict(statuts))
        par_statut += ici
        par_niveau[niveau] = ici.total() - ici[Statut.ARCHIVEE]
    actives = Session.objects.pour_organisme(organisme).filter(statut=Statut.ACTIVE).order_by()
    par_etat = actives.annotate(etat=etat()).values_list("etat").annotate(nombre=Count("pk"))
    return Comptes(par_niveau, par_statut, dict(par_etat))
