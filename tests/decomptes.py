"""The numbers of an organisme, read one record at a time from the catalogue: the truth of what is kept."""

import datetime as dt
import functools
from collections import Counter
from typing import Any

from django.db import connection

from catalogue.cycle_de_vie import Statut, refus_de
from catalogue.models import Action, Offre
from edof.horloge import aujourd_hui
from organismes.droits import Operation
from organismes.models import Organisme
from publication import etats
from publication.decomptes import Decomptes, decompter
from publication.etapes import Etape
from publication.etats import Etat
from publication.recompte import MOIS
from sessions_app.models import Session


def verite(organisme: Organisme) -> Decomptes:
    """Return the numbers of this organisme, counted in Python."""
    jour = aujourd_hui()
    lectures = ecrites(organisme.pk, jour)
    offres = list(Offre.objects.filter(organisme=organisme))
    actions = list(Action.objects.filter(offre__organisme=organisme).select_related("offre"))
    par_cle = {action.pk: action for action in actions}
    sessions: list[Any] = list(Session.objects.raw(*lectures["sessions"]))
    for session in sessions:
        session.action = par_cle[session.action_id]
    contenus = {offre.pk: {offre.statut} for offre in offres}
    for action in actions:
        contenus[action.offre_id].add(action.statut)
    for session in sessions:
        contenus[session.action.offre_id].add(session.statut)
    par_mois = [[0, 0] for _ in range(MOIS)]
    vues, attendent, utiles = [], [], set()
    for session in sessions:
        vue = session.statut == Statut.ACTIVE and session.etat in etats.VISIBLES
        vues += [session.action] if vue else []
        attendent += [session.action.offre_id] if session.etat == Etat.ATTEND else []
        if session.statut == Statut.ARCHIVEE:
            continue
        if session.pas_de_dates or (session.date_debut and session.date_debut > jour):
            utiles.add(session.action_id)
        if session.date_debut and session.date_debut >= jour:
            rang = (session.date_debut.year - jour.year) * 12 + session.date_debut.month - jour.month
            if rang < MOIS:
                par_mois[rang][0] += 1
                par_mois[rang][1] += session.ouverte
    seules = [a for a in actions if a.statut == Statut.ACTIVE and a.pk not in utiles]
    actives = [session.etat for session in sessions if session.statut == Statut.ACTIVE]
    return Decomptes(
        par_niveau={
            niveau: Counter({s.value: sum(fiche.statut == s for fiche in fiches) for s in Statut})
            for niveau, fiches in (("offre", offres), ("action", actions), ("session", sessions))
        },
        par_etat={etat.value: actives.count(etat.value) for etat in Etat},
        par_etape={
            etape.value: [*map(etape_de, sessions)].count(etape.value)
            for etape in Etape
            if etape != Etape.ARCHIVEE
        },
        offres=sum(bool(statuts - {Statut.ARCHIVEE.value}) for statuts in contenus.values()),
        offres_par_statut=Counter({s.value: sum(s in c for c in contenus.values()) for s in Statut}),
        actions_visibles=len({action.pk for action in vues}),
        actions_sans_session=len(seules),
        offre_visible=min((action.offre_id for action in vues), default=None),
        offres_qui_attendent=sorted(set(attendent)),
        offres_sans_session=sorted({action.offre_id for action in seules}),
        par_mois=[(toutes, ouvertes) for toutes, ouvertes in par_mois],
        motifs={liste: _motifs(lectures[liste]) for liste in ("vont_disparaitre", "a_reparer")},
    )


def etape_de(session: Any) -> Etape:
    """Return the step of a session, from its `etat` and from what its menu would refuse."""
    if session.statut in {Statut.ARCHIVEE, Statut.BROUILLON}:
        return Etape(session.statut)
    vue_ou_presque = {
        Etat.VISIBLE: Etape.VISIBLE, Etat.FINIT: Etape.VISIBLE, Etat.ATTEND: Etape.DEMAIN,
        Etat.DISPARAIT: Etape.DISPARAIT, Etat.A_REPARER: Etape.A_REPARER,
    }  # fmt: skip
    if session.etat in vue_ou_presque:
        return vue_ou_presque[session.etat]
    if session.commencee or session.terminee:
        return Etape.COMMENCEE
    if session.statut == Statut.ACTIVE:
        return Etape.FERMEE
    return Etape.PAS_PRETE if refus_de(session, Operation.OUVRIR) else Etape.PRETE


Ecrite = tuple[str, tuple[Any, ...]]


@functools.lru_cache(maxsize=8)
def ecrites(organisme: int, jour: dt.date) -> dict[str, Ecrite]:
    """Return the queries of the sessions of this organisme, with their parameters.

    Writing them takes longer than running them, and they only change with the day: a test says so.
    """
    toutes = Session.objects.filter(action__offre__organisme=organisme)
    lues = {
        "sessions": etats.avec_etat(toutes),
        "vont_disparaitre": etats.vont_disparaitre(toutes).values_list("pk", "action", "motif"),
        "a_reparer": etats.a_reparer(toutes).values_list("pk", "action", "motif"),
    }
    return {nom: lecture.query.sql_with_params() for nom, lecture in lues.items()}


def _motifs(ecrite: Ecrite) -> dict[str, tuple[int, int, int]]:
    lues: dict[str, list[tuple[int, int]]] = {}
    with connection.cursor() as curseur:
        curseur.execute(*ecrite)
        for pk, action, motif in curseur.fetchall():
            lues.setdefault(motif, []).append((pk, action))
    return {
        motif: (len(lignes), len({action for _, action in lignes}), min(pk for pk, _ in lignes))
        for motif, lignes in lues.items()
    }


def verifier(organisme: Organisme) -> None:
    """Check that what is kept says the truth, twice: after counting again, and then as it is kept."""
    attendus = verite(organisme)
    for _ in range(2):
        assert decompter(organisme) == attendus
