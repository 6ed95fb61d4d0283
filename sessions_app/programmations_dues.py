"""Carrying out, on its day, what persons ordered (D-46): called by the sweep before the runs that are due.

The plans of one author for one day are carried out by sets, each in one transaction, under the locks of every
operation: the number of queries does not depend on the number of plans. A plan is carried out once: whoever
comes second finds that it is no longer pending.
"""

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Sequence

import pghistory
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.db.models import Q

from catalogue.cycle_de_vie import OperationRefusee, Origine, Refus
from catalogue.ensemble import executer_ensemble, lire, repeter
from edof.ecriture import ecrire
from edof.horloge import a_l_instant, instant_de_la_base, jour_de, maintenant
from edof.templatetags.affichage import de
from organismes.auteurs import nom_de_l_auteur
from organismes.courriels import aux_gestionnaires, prevenir
from organismes.droits import Acteur, Operation
from organismes.models import HORS_DES_BACS_A_SABLE, Organisme, Utilisateur
from sessions_app.models import Session
from sessions_app.plans import Programmation

journal = logging.getLogger(__name__)

# The plans of one transaction: its locks last a fraction of a second.
TAILLE = 500
# How many refusals an e-mail names.
NOMMEES = 30
_VERBES = {Operation.OUVRIR: "d'ouvrir", Operation.FERMER: "de fermer"}


def executer_les_programmations(bac: Organisme | None = None) -> int:
    """Carry out, in the order of their days, the plans that are due; return how many were settled.

    The day is that of the database's clock. What an error stops is tried again by the next sweep, and does
    not stop the others. The plans of a sandbox are carried out by its own clock, when it is given.
    """
    de_qui = Q(organisme=bac) if bac is not None else HORS_DES_BACS_A_SABLE
    ensembles: dict[tuple[object, ...], list[Programmation]] = defaultdict(list)
    for plan in Programmation.objects.dues(instant_de_la_base().date()).filter(de_qui):
        ensembles[_ordre(plan)].append(plan)
    reglees = 0
    for plans in ensembles.values():
        for debut in range(0, len(plans), TAILLE):
            reglees += _executer(plans[debut : debut + TAILLE])
    if reglees:
        journal.info("Programmations réglées : %s", reglees)
    _annoncer_les_refus()
    return reglees


def _ordre(plan: Programmation) -> tuple[dt.date, object]:
    """Return what the plans of a set have in common: all that the history says of them."""
    quoi = (plan.operation, plan.organisme_id, plan.par_id, plan.jeton_id, jour_de(plan.prevue_le))
    return plan.jour, quoi


def _executer(plans: Sequence[Programmation]) -> int:
    """Carry out these plans in one transaction; when it fails, halve them until the faulty one is alone."""
    try:
        with transaction.atomic():
            return _regler(plans)
    except DatabaseError:
        if len(plans) == 1:
            journal.exception("Programmation %s : reprise à la prochaine ronde", plans[0].pk)
            return 0
        milieu = len(plans) // 2
        return _executer(plans[:milieu]) + _executer(plans[milieu:])


def _regler(lues: Sequence[Programmation]) -> int:
    """Carry out these plans, unless somebody has carried them out, changed or cancelled them meanwhile."""
    ordre, organisme = _ordre(lues[0]), lues[0].organisme_id
    # The sessions first, as in every operation: who edits one cancels its plans afterwards.
    sessions, _ = lire(Session, [plan.session_id for plan in lues], organisme, verrou=True)
    dues = Programmation.objects.dues(instant_de_la_base().date()).select_related("par", "jeton")
    plans = [plan for plan in dues.filter(pk__in=[plan.pk for plan in lues]) if _ordre(plan) == ordre]
    if not plans:
        return 0
    premier, operation = plans[0], Operation(plans[0].operation)
    acteur: Acteur | None = premier.par or premier.jeton
    versions = {plan.session_id: sessions[plan.session_id].version for plan in plans}
    # One instant for all: what is found possible is possible when it is done.
    with a_l_instant(maintenant()):
        try:
            if acteur is None:
                raise PermissionDenied
            essai = repeter(Session, versions, operation, organisme_id=organisme, par=acteur)
        except PermissionDenied:
            refusees = Programmation.objects.filter(pk__in=[plan.pk for plan in plans])
            return refusees.clore(Programmation.Etat.REFUSEE, _sans_droit(premier, acteur))
        refus = {tentative.cle: tentative.refus for tentative in essai.tentatives if tentative.refus}
        _refuser([plan for plan in plans if plan.session_id in refus], refus)
        faites = [plan for plan in plans if plan.session_id not in refus]
        if faites:
            _faire(faites, versions, operation, acteur)
    return len(plans)


def _refuser(plans: Sequence[Programmation], refus: dict[int, list[Refus]]) -> None:
    for plan in plans:
        raisons = refus[plan.session_id]
        # What is already as ordered is nobody's concern.
        deja = all(raison.deja for raison in raisons)
        plan.etat = Programmation.Etat.ANNULEE if deja else Programmation.Etat.REFUSEE
        plan.raison, plan.close_le = str(OperationRefusee(raisons)), maintenant()
    ecrire(plans, {"etat", "raison", "close_le"})


def _faire(
    plans: Sequence[Programmation], versions: dict[int, int], operation: Operation, acteur: Acteur
) -> None:
    """Carry out the operation on sessions that are locked, and on which it was found possible."""
    premier = plans[0]
    with pghistory.context(
        operation=str(operation),
        origine=str(Origine.TACHE),
        programmee_le=jour_de(premier.prevue_le).isoformat(),
        prevue_pour=premier.jour.isoformat(),
        **acteur.signature,
    ) as contexte:
        # Done before the operation, which cancels the plans that are still pending.
        Programmation.objects.filter(pk__in=[plan.pk for plan in plans]).clore(Programmation.Etat.FAITE)
        ensemble = executer_ensemble(
            Session,
            {plan.session_id: versions[plan.session_id] for plan in plans},
            operation,
            organisme_id=premier.organisme_id,
            par=acteur,
            contexte=contexte.id,
        )
    if not all(tentative.change for tentative in ensemble.tentatives):
        raise DatabaseError("Une condition a changé entre l'essai et l'opération.")


def _sans_droit(plan: Programmation, acteur: Acteur | None) -> str:
    """Return why the author of the plan may not do the operation any more, in words."""
    qui = nom_de_l_auteur(plan.par, plan.jeton.nom if plan.jeton else "")
    if acteur is None:
        return "Le compte de la personne qui l'a programmée n'existe plus."
    if not acteur.is_active:
        return f"{qui} est révoqué ou périmé." if plan.jeton else f"Le compte {de(qui)} est désactivé."
    if acteur.role_dans(plan.organisme_id) is None:
        return f"{qui} ne fait plus partie de l'organisme."
    return f"Le rôle {de(qui)} ne permet plus {_VERBES[Operation(plan.operation)]} à l'inscription."


def _annoncer_les_refus() -> None:
    """Tell the authors, once, of the refusals of their plans: one e-mail for each author and organisme.

    Who has left the organisme is told nothing more of it: the gestionnaires are told instead.
    """
    with transaction.atomic():
        a_annoncer = Programmation.objects.filter(etat=Programmation.Etat.REFUSEE, prevenue=False)
        lues = (
            a_annoncer.select_for_update(skip_locked=True, no_key=True, of=("self",))
            .select_related("organisme", "par", "jeton", "session__action__offre")
            .order_by("jour", "pk")
        )
        par_auteur: dict[tuple[Organisme, Utilisateur | None], list[Programmation]] = defaultdict(list)
        for plan in lues:
            par_auteur[plan.organisme, plan.par].append(plan)
        for (organisme, personne), plans in par_auteur.items():
            contexte = {"plans": plans[:NOMMEES], "nombre": len(plans), "reste": len(plans) - NOMMEES}
            if personne is not None and _en_fait_partie(personne, organisme):
                prevenir(personne, "programmation_refusee", organisme=organisme, **contexte)
            else:
                aux_gestionnaires(organisme, "programmation_refusee", **contexte)
        annoncees = [plan.pk for plans in par_auteur.values() for plan in plans]
        if annoncees:
            Programmation.objects.filter(pk__in=annoncees).update(prevenue=True)


def _en_fait_partie(personne: Utilisateur, organisme: Organisme) -> bool:
    return personne.is_active and (personne.is_superuser or personne.role_dans(organisme.pk) is not None)
