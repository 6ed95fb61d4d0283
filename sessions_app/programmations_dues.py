"""Carrying out, on its day, what persons ordered (D-46): called by the sweep before the runs that are due.

Each plan has its own transaction, under the locks of every operation. A plan is carried out once: whoever
comes second finds that it is no longer pending.
"""

import logging
from collections import defaultdict

import pghistory
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from catalogue.cycle_de_vie import OperationRefusee, Origine, executer
from edof.horloge import instant_de_la_base, jour_de
from organismes.auteurs import nom_de_l_auteur
from organismes.courriels import aux_gestionnaires, prevenir
from organismes.droits import Acteur, Operation
from organismes.models import Organisme, Utilisateur
from sessions_app.models import Session
from sessions_app.plans import Programmation

journal = logging.getLogger(__name__)

# How many refusals an e-mail names.
NOMMEES = 30
_VERBES = {Operation.OUVRIR: "d'ouvrir", Operation.FERMER: "de fermer"}


def executer_les_programmations() -> int:
    """Carry out, in the order of their days, the plans that are due; return how many were settled.

    The day is that of the database's clock. What an error stops is tried again by the next sweep, and does
    not stop the others.
    """
    jour = instant_de_la_base().date()
    reglees = 0
    for pk, *session in list(
        Programmation.objects.dues(jour).values_list("pk", "session_id", "organisme_id")
    ):
        try:
            reglees += _executer(pk, *session)
        except DatabaseError:
            journal.exception("Programmation %s : reprise à la prochaine ronde", pk)
    if reglees:
        journal.info("Programmations réglées : %s", reglees)
    _annoncer_les_refus()
    return reglees


def _executer(pk: int, session_id: int, organisme_id: int) -> bool:
    """Carry out one plan, unless somebody has carried it out, changed it or cancelled it meanwhile."""
    with transaction.atomic():
        try:
            # The session first, as in every operation: who edits it cancels its plans afterwards.
            session = Session(pk=session_id, organisme_id=organisme_id).verrouiller()
        except Session.DoesNotExist:
            return False
        dues = Programmation.objects.dues(instant_de_la_base().date()).filter(pk=pk)
        plan = dues.select_related("par", "jeton").first()
        if plan is None:
            return False
        seul = Programmation.objects.filter(pk=pk)
        acteur: Acteur | None = plan.par or plan.jeton
        try:
            if acteur is None:
                raise PermissionDenied
            with (
                transaction.atomic(),
                pghistory.context(
                    programmee_le=jour_de(plan.prevue_le).isoformat(), prevue_pour=plan.jour.isoformat()
                ),
            ):
                # Done before the operation, which cancels the plans that are still pending.
                seul.clore(Programmation.Etat.FAITE)
                executer(session, Operation(plan.operation), par=acteur, origine=Origine.TACHE)
        except PermissionDenied:
            seul.clore(Programmation.Etat.REFUSEE, _sans_droit(plan, acteur))
        except OperationRefusee as refusee:
            # What is already as ordered is nobody's concern.
            deja = all(refus.deja for refus in refusee.refus)
            seul.clore(Programmation.Etat.ANNULEE if deja else Programmation.Etat.REFUSEE, str(refusee))
    return True


def _sans_droit(plan: Programmation, acteur: Acteur | None) -> str:
    """Return why the author of the plan may not do the operation any more, in words."""
    qui = nom_de_l_auteur(plan.par, plan.jeton.nom if plan.jeton else "")
    if acteur is None:
        return "Le compte de la personne qui l'a programmée n'existe plus."
    if not acteur.is_active:
        return f"{qui} est révoqué ou périmé." if plan.jeton else f"Le compte de {qui} est désactivé."
    if acteur.role_dans(plan.organisme_id) is None:
        return f"{qui} ne fait plus partie de l'organisme."
    return f"Le rôle de {qui} ne permet plus {_VERBES[Operation(plan.operation)]} à l'inscription."


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
