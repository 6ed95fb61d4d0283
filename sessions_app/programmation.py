"""Ordering and cancelling planned openings and closings (D-46).

Every function takes many sessions, of one organisme or of several, in a constant number of queries.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pghistory
from django.db import transaction

from catalogue.cycle_de_vie import OperationRefusee, Origine, Refus, Statut, refus_de
from edof.horloge import aujourd_hui, demain
from edof.templatetags.affichage import date_longue
from organismes.droits import Acteur, Operation, exiger_de
from organismes.models import Jeton, Membre, Utilisateur
from sessions_app.delais import ANNEES_AU_PLUS, est_lointaine
from sessions_app.models import Session
from sessions_app.plans import Programmation

# The pending plans of a session, by operation.
Prevues = dict[str, Programmation]
_INVERSE = {Operation.OUVRIR: Operation.FERMER, Operation.FERMER: Operation.OUVRIR}


@dataclass
class Bilan:
    """What `programmer` did of each session: ordered, ordered already for that day, or refused and why."""

    programmees: list[Session] = field(default_factory=list)
    deja: list[Session] = field(default_factory=list)
    refusees: list[tuple[Session, list[Refus]]] = field(default_factory=list)


def refus_du_jour(operation: Operation, jour: dt.date) -> list[Refus]:
    """Return why nothing can be planned for `jour`, whatever the session."""
    if jour < demain():
        maintenant = "ouvrez" if operation == Operation.OUVRIR else "fermez"
        return [
            Refus(
                f"Choisissez un jour à partir de demain ; pour aujourd'hui, {maintenant}-la tout de suite.",
                "jour",
            )
        ]
    if est_lointaine(jour, aujourd_hui()):
        return [Refus(f"Ce jour est dans plus de {ANNEES_AU_PLUS} ans : vérifiez l'année.", "jour")]
    return []


def refus_de_programmer(
    session: Session, operation: Operation, jour: dt.date, prevues: Prevues
) -> Iterator[Refus]:
    """Yield why this operation of the session cannot be planned for `jour`, given its pending plans.

    Openings and closings alternate: what is closed is opened first. Whether the operation will be possible on
    its day is asked on that day only.
    """
    if session.statut not in {Statut.VALIDEE, Statut.ACTIVE}:
        yield from refus_de(session, operation)
        return
    autre = prevues.get(_INVERSE[operation])
    d_abord = Operation.FERMER if session.ouverte else Operation.OUVRIR
    if operation == d_abord:
        if autre and autre.jour <= jour:
            yield Refus(f"{_dite(autre)} : choisissez un jour avant.", "jour")
    elif autre is None:
        etat, verbe = ("ouverte", "sa fermeture") if session.ouverte else ("fermée", "son ouverture")
        yield Refus(f"La session est déjà {etat} à l'inscription : programmez d'abord {verbe}.", deja=True)
    elif autre.jour >= jour:
        yield Refus(f"{_dite(autre)} : choisissez un jour après.", "jour")
    if operation == Operation.OUVRIR and session.date_debut and session.date_debut <= jour:
        debut = date_longue(session.date_debut)
        yield Refus(f"La session commence le {debut} : elle s'ouvre au plus tard la veille.", "jour")


def _dite(plan: Programmation) -> str:
    sa = "L'ouverture" if plan.operation == Operation.OUVRIR else "La fermeture"
    return f"{sa} est programmée le {date_longue(plan.jour)}"


def prevues_de(sessions: Iterable[Session]) -> dict[int, Prevues]:
    """Return the pending plans of these sessions, by key then by operation, in one query."""
    trouvees: dict[int, Prevues] = defaultdict(dict)
    for plan in Programmation.objects.prevues().filter(session__in=[session.pk for session in sessions]):
        trouvees[plan.session_id][plan.operation] = plan
    return trouvees


def programmer(
    sessions: Iterable[Session],
    operation: Operation,
    jour: dt.date,
    par: Acteur,
    *,
    origine: Origine = Origine.FORMULAIRE,
) -> Bilan:
    """Order this operation (OUVRIR or FERMER) of these sessions for `jour`; another day replaces the former.

    The number of queries does not depend on the number of sessions. A session for which it is refused is
    named in the result, and the others are planned.

    Raise PermissionDenied when `par` may not do the operation itself, OperationRefusee for a day on which
    nothing can be planned. In both cases nothing has changed.
    """
    if refus := refus_du_jour(operation, jour):
        raise OperationRefusee(refus)
    bilan = Bilan()
    with _ordre("programmer", par, origine):
        verrouillees = _verrouiller(sessions, (operation,), par)
        prevues = prevues_de(verrouillees)
        a_changer, nouvelles = [], []
        for session in verrouillees:
            plan = prevues[session.pk].get(operation)
            if refus := list(refus_de_programmer(session, operation, jour, prevues[session.pk])):
                bilan.refusees.append((session, refus))
                continue
            if plan and plan.jour == jour:
                bilan.deja.append(session)
                continue
            bilan.programmees.append(session)
            if plan:
                a_changer.append(plan.pk)
            else:
                nouvelles.append(
                    Programmation(
                        session=session,
                        organisme_id=session.organisme_id,
                        operation=operation,
                        jour=jour,
                        **_auteur(par),
                    )
                )
        en_place = Programmation.objects.filter(pk__in=a_changer)
        if a_changer:
            modele = Programmation(**_auteur(par))
            en_place.update(jour=jour, par=modele.par, jeton=modele.jeton, prevue_le=modele.prevue_le)
        Programmation.objects.bulk_create(nouvelles)
        reprises = [session.pk for session in bilan.programmees]
        Programmation.objects.filter(session__in=reprises, operation=operation).ecarter()
    return bilan


def deprogrammer(
    sessions: Iterable[Session],
    operations: Iterable[Operation],
    par: Acteur,
    *,
    origine: Origine = Origine.FORMULAIRE,
) -> list[Programmation]:
    """Cancel the pending plans of these operations, and return them as they were.

    Raise PermissionDenied when `par` may not do one of the operations; nothing has changed then.
    """
    operations = tuple(operations)
    with _ordre("deprogrammer", par, origine):
        verrouillees = _verrouiller(sessions, operations, par)
        annulees = [
            plan
            for prevues in prevues_de(verrouillees).values()
            for plan in prevues.values()
            if plan.operation in operations
        ]
        a_clore = Programmation.objects.filter(pk__in=[plan.pk for plan in annulees])
        if annulees:
            modele = Programmation(**_auteur(par))
            a_clore.clore(Programmation.Etat.ANNULEE, f"Annulée par {modele.auteur}.")
    return annulees


def ecarter(session: Session, par: Acteur) -> int:
    """Dismiss the refusals of the plans of the session; return how many.

    Raise PermissionDenied when `par` may neither open nor close.
    """
    with _ordre("ecarter", par, Origine.FORMULAIRE):
        exiger_de(par, Operation.OUVRIR, session.organisme_id)
        return Programmation.objects.filter(session=session).ecarter()


def reserves(session: Session, operation: Operation) -> list[str]:
    """Return what would refuse the operation today, for who plans it: it may still be repaired in time.

    That the session is already open or closed says nothing of the day.
    """
    return [refus.phrase for refus in refus_de(session, operation) if not refus.deja]


@contextmanager
def _ordre(nom: str, par: Acteur, origine: Origine) -> Iterator[None]:
    """Open the transaction and the context of the history of what `par` orders."""
    with transaction.atomic(), pghistory.context(operation=nom, origine=str(origine), **par.signature):
        yield


def _verrouiller(sessions: Iterable[Session], operations: Iterable[Operation], par: Acteur) -> list[Session]:
    """Lock these sessions, read them again, and ask for the rights in their organismes.

    Whoever changes a session or carries out its plans locks it before them.
    """
    verrouillees = list(
        Session.objects.select_for_update(no_key=True)
        .filter(pk__in=[session.pk for session in sessions])
        .order_by("pk")
    )
    for organisme in {session.organisme_id for session in verrouillees}:
        for operation in operations:
            exiger_de(par, operation, organisme)
    return verrouillees


def _auteur(par: Acteur) -> dict[str, Utilisateur | Jeton | None]:
    personne = par.utilisateur if isinstance(par, Membre) else par
    return {
        "par": personne if isinstance(personne, Utilisateur) else None,
        "jeton": par if isinstance(par, Jeton) else None,
    }
