"""The numbers of a catalogue, kept by offre and counted again when something of the offre has changed.

What is kept is never guessed: it is what `etats` and `visibilite` answered, in a row of `Decompte`. The row
holds for one day, for the rules and for the state of the offre that it names, and until a `Marque` says that
a record of the offre has changed. The transaction that changes a record inserts the mark, so that whoever
sees the change sees the mark.

Whoever reads the numbers first counts what is marked: an offre or two after an edit, every offre on the first
visit of a day (`publication/recompte.py`). Only one transaction at a time counts for an organisme. Whoever
comes meanwhile waits a little, then shows what was kept, and says so: a page does not wait for the numbers of
a whole catalogue.
"""

import datetime as dt
import functools
import json
from collections import Counter
from dataclasses import dataclass, replace

from django.db import OperationalError
from psycopg.errors import LockNotAvailable

from catalogue.cycle_de_vie import Statut
from edof.gardees import Donnee, Instruction
from edof.horloge import aujourd_hui
from organismes.models import Organisme
from publication import etapes
from publication.ecarts import empreinte_des_regles
from publication.etats import Etat
from publication.recompte import ATTENTE_AU_PLUS, CASES, LISTES, MOIS, NIVEAUX, recompter, sur_les_offres

# How long a reader waits for somebody who is counting, when there are kept numbers to show instead.
ATTENTE = "100ms"


@dataclass(frozen=True)
class Decomptes:
    """The numbers of an organisme, today.

    `motifs` gives, for each list of LISTES and each reason, the number of sessions, that of their actions,
    and the key of the first session.
    """

    # Number of records by level, then by status.
    par_niveau: dict[str, Counter[str]]
    # Active sessions, by `Etat`.
    par_etat: dict[str, int]
    # Sessions that are not archived, by `Etape`.
    par_etape: dict[str, int]
    # Offres that are not archived, or that contain a record that is not.
    offres: int
    # Offres that have the status, or that contain a record that has it.
    offres_par_statut: Counter[str]
    actions_visibles: int
    actions_sans_session: int
    # Key of an offre that the public sees.
    offre_visible: int | None
    # Keys of the offres that hold sessions that appear tomorrow, and of those that hold actions without
    # session to come.
    offres_qui_attendent: list[int]
    offres_sans_session: list[int]
    # Sessions that start in each of the next MOIS months: all of them, and those that are open.
    par_mois: list[tuple[int, int]]
    motifs: dict[str, dict[str, tuple[int, int, int]]]
    # True when somebody else is counting: these are the numbers of before.
    en_cours: bool = False


def decompter(organisme: Organisme) -> Decomptes:
    """Return the numbers of this organisme, in one query when nothing has changed.

    They are exact, unless somebody else takes longer than ATTENTE to count: see `en_cours`.
    """
    perimees, lus = _lire(organisme)
    if not perimees:
        return lus
    gardes = any(statuts.total() for statuts in lus.par_niveau.values())
    try:
        recompter(organisme, ATTENTE if gardes else ATTENTE_AU_PLUS)
    except OperationalError as erreur:
        if not isinstance(erreur.__cause__, LockNotAvailable):
            raise
        return replace(lus, en_cours=True)
    # What others change meanwhile is for the next reader.
    return _lire(organisme)[1]


def decompter_parmi(organisme: Organisme, offres: list[int]) -> Decomptes:
    """Return the numbers of these offres alone, as `decompter`, which was called before, has left them."""
    return _lire(organisme, offres)[1]


# --- Reading ---

# Written once: the numbers are read at each page of the catalogue.
_MARQUEES = """
    SELECT offre_id FROM publication_marque WHERE organisme_id = %s AND offre_id IS NOT NULL
    UNION ALL
    SELECT a.offre_id FROM publication_marque m JOIN catalogue_action a ON a.id = m.action_id
     WHERE m.organisme_id = %s"""
_RANG = {case: rang for rang, case in enumerate(CASES)}


def _total(*rangs: int) -> str:
    return " + ".join(f"d.nombres[{rang + 1}]" for rang in rangs)


def _offres_qui_ont(statuts: list[str]) -> str:
    rangs = [_RANG[niveau, statut] for niveau in NIVEAUX for statut in statuts]
    return f"count(*) FILTER (WHERE {_total(*rangs)} > 0)"


_PRESENTS = [statut.value for statut in Statut if statut != Statut.ARCHIVEE]
_SOMMES = ", ".join(
    [
        *(f"sum(d.nombres[{rang + 1}])" for rang in range(len(CASES))),
        _offres_qui_ont(_PRESENTS),
        *(_offres_qui_ont([statut.value]) for statut in Statut),
    ]
)
_LECTURE = f"""
    SELECT count(*) FILTER (WHERE d.pour IS DISTINCT FROM o.pour OR o.id IN ({_MARQUEES})),
           array_agg(d.motifs) FILTER (WHERE d.motifs <> '{{{{}}}}'),
           array_agg(o.id ORDER BY o.id) FILTER (WHERE d.nombres[{_RANG["etat", Etat.ATTEND.value] + 1}] > 0),
           array_agg(o.id ORDER BY o.id) FILTER (WHERE d.nombres[{_RANG["actions", "sans_session"] + 1}] > 0),
           min(o.id) FILTER (WHERE d.nombres[{_RANG["actions", "visibles"] + 1}] > 0),
           {_SOMMES}
      FROM ({{offres}}) AS o (id, organisme_id, pour) LEFT JOIN publication_decompte d ON d.offre_id = o.id
     WHERE o.organisme_id = %s"""


@functools.lru_cache(maxsize=64)
def _lecture(jour: dt.date, regles: str, *, parmi: bool) -> Instruction:
    """Return the statement that sums what is kept of `organisme`, or of `offres`, and holds on `jour`."""
    if not parmi:
        return sur_les_offres(_LECTURE, jour, regles, devant=2)
    return sur_les_offres(f"{_LECTURE} AND o.id = ANY (%s)", jour, regles, devant=2, apres=[Donnee("offres")])


def _lire(organisme: Organisme, offres: list[int] | None = None) -> tuple[int, Decomptes]:
    """Return how many offres have numbers that no longer hold, and the sum of what is kept."""
    lecture = _lecture(aujourd_hui(), empreinte_des_regles(), parmi=offres is not None)
    (ligne,) = lecture.lignes(organisme=organisme.pk, offres=offres)
    perimees, motifs, attendent, sans_session, visible, *lus = ligne
    nombres = [nombre or 0 for nombre in lus]
    case = dict(zip(CASES, nombres, strict=False))
    par_motif: dict[str, dict[str, tuple[int, int, int]]] = {liste: {} for liste in LISTES}
    for texte in motifs or ():
        for liste, de_l_offre in json.loads(texte).items():
            for motif, (nombre, actions, premiere) in de_l_offre.items():
                n, a, p = par_motif[liste].get(motif, (0, 0, premiere))
                par_motif[liste][motif] = (n + nombre, a + actions, min(p, premiere))
    presentes, *par_statut = nombres[len(CASES) :]
    par_niveau = {niveau: Counter({s.value: case[niveau, s.value] for s in Statut}) for niveau in NIVEAUX}
    par_etat = {etat.value: case["etat", etat.value] for etat in Etat}
    sans_etat = {etape.value: case["etape", etape.value] for etape in etapes.SANS_ETAT}
    return perimees, Decomptes(
        par_niveau=par_niveau,
        par_etat=par_etat,
        par_etape=etapes.selon_les_etats(par_niveau["session"], par_etat, sans_etat),
        offres=presentes,
        offres_par_statut=Counter(dict(zip((s.value for s in Statut), par_statut, strict=True))),
        actions_visibles=case["actions", "visibles"],
        actions_sans_session=case["actions", "sans_session"],
        offre_visible=visible,
        offres_qui_attendent=attendent or [],
        offres_sans_session=sans_session or [],
        par_mois=[(case["mois", rang], case["ouvertes", rang]) for rang in range(MOIS)],
        motifs=par_motif,
    )
