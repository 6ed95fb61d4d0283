"""« Annuler »: the undoing of one operation, from the history of the database.

An operation is one context of the history. Undoing it gives each of its records the columns it had before (or
the row itself, when it was deleted). The records are restored in sets, under the same locks and the same
rights as the operation. Undoing is refused when one of the records has changed since.
"""

from typing import Any
from uuid import UUID

import pghistory
import pghistory.models
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q

from catalogue.cycle_de_vie import OperationRefusee, Origine, Refus, Statut, executer
from catalogue.models import Fiche, Suppression
from catalogue.models.corbeille import JOURS_GARDES
from catalogue.models.fiche import niveaux, parent_ouvert
from catalogue.operations import ANNULATIONS, SERIE, TABLEAU
from catalogue.remise import dernieres_versions, etats_d_avant, rendre_les_changees, rendre_les_supprimees
from edof.contraintes import contrainte, table_visee
from organismes.droits import Acteur, Operation, exiger_de

PARENT_DISPARU = "Ce qui contenait cette fiche n'existe plus : restaurez d'abord l'offre ou l'action."


def touchees(contexte: UUID, organisme_id: int) -> dict[type[Fiche], set[int]]:
    """Return the keys of the records that this operation changed, by level from the offre down.

    Only the records of this organisme are returned: the result is empty when it has none.
    """
    lues = {
        modele: modele.pgh_event_model.objects.filter(pgh_context_id=contexte, organisme_id=organisme_id)
        for modele in niveaux().values()
    }
    return {
        modele: cles
        for modele, lus in lues.items()
        if (cles := set(lus.values_list("pgh_obj_id", flat=True)))
    }


def est_annulee(contexte: UUID, fiches: dict[type[Fiche], set[int]]) -> bool:
    """Return whether the operation that changed these records has been undone already.

    A second click on « Annuler » then has nothing to do.
    """
    modele, cles = next(iter(fiches.items()))
    return modele.pgh_event_model.objects.filter(
        pgh_obj_id=min(cles), pgh_context__metadata__annule=str(contexte)
    ).exists()


def annuler(contexte: UUID, *, organisme_id: int, par: Acteur, origine: Origine = Origine.FORMULAIRE) -> str:
    """Undo, in this organisme, the operation whose history context is `contexte`.

    Return the operation, as a key of ANNULATIONS. Raise PermissionDenied without the right to undo it. Raise
    OperationRefusee, with a reason, when one of its records has changed since or cannot be restored.
    """
    try:
        with (
            transaction.atomic(),
            pghistory.context(
                operation="annuler", origine=str(origine), **par.signature, annule=str(contexte)
            ),
        ):
            operation = _operation(contexte)
            droit = ANNULATIONS[operation].droit
            exiger_de(par, droit, organisme_id)
            if operation == Operation.FERMER:
                _rouvrir(contexte, organisme_id, par, origine)
                return operation
            if operation == SERIE:
                _retirer(contexte, organisme_id)
                return operation
            racine = _racine(contexte, organisme_id)
            _reprendre_sa_place(racine, operation)
            if operation == TABLEAU:
                _retirer(contexte, organisme_id, toutes=True)
            for modele in niveaux().values():
                _rendre(modele, contexte, organisme_id)
            _verifier_les_parents(contexte)
            if operation == Operation.DESARCHIVER:
                _verifier_les_ajouts(racine)
            Suppression.objects.filter(contexte=contexte).delete()
            # Check now, rather than at the end of the transaction, that the linked objects still exist.
            connection.check_constraints()
    except IntegrityError as erreur:
        raise OperationRefusee([Refus(_phrase(erreur))]) from erreur
    return operation


def _operation(contexte: UUID) -> str:
    ligne = pghistory.models.Context.objects.filter(pk=contexte).first()
    nom = ligne.metadata.get("operation") if ligne else None
    if nom not in ANNULATIONS:
        raise OperationRefusee([Refus("Cette opération ne peut pas être annulée.")])
    if nom == Operation.SUPPRIMER and not Suppression.objects.gardees().filter(contexte=contexte).exists():
        raise OperationRefusee(
            [
                Refus(
                    f"Il est trop tard : la corbeille garde {JOURS_GARDES} jours ce qui est supprimé, pas"
                    " davantage."
                )
            ]
        )
    return nom


def _rouvrir(contexte: UUID, organisme_id: int, par: Acteur, origine: Origine) -> None:
    """Open again, with the ordinary checks (D-12), the session that this operation closed.

    Refuse when the session has changed since.
    """
    modele = niveaux()["session"]
    fermeture = modele.pgh_event_model.objects.get(pgh_context_id=contexte, organisme_id=organisme_id)
    try:
        session = modele.objects.get(pk=fermeture.pgh_obj_id).verrouiller()
    except ObjectDoesNotExist:
        raise OperationRefusee([_depassee(modele, fermeture.pgh_obj_id, None)]) from None
    if session.version != fermeture.version:
        raise OperationRefusee([_depassee(modele, session.pk, session)])
    avant = etats_d_avant(modele, contexte, [session.pk]).get(session.pk)
    executer(session, Operation.OUVRIR, par=par, origine=origine, avant_la_fermeture=avant)
    modele.objects.filter(pk=session.pk).rendre_les_suites(contexte)


def _racine(contexte: UUID, organisme_id: int) -> Any:
    """Return the first row that the operation wrote in the history.

    It is the row of the record on which the operation was requested; the other records are below it.
    """
    for modele in niveaux().values():
        lignes = modele.pgh_event_model.objects.filter(pgh_context_id=contexte, organisme_id=organisme_id)
        if ligne := lignes.order_by("pgh_id").first():
            return ligne
    raise OperationRefusee([Refus("Il n'y a plus rien à annuler.")])


def _reprendre_sa_place(racine: Any, operation: str) -> None:
    """Lock the parents of that record, as for an addition under them.

    Refuse when they no longer exist or, after an archiving or a deletion, when one of them is archived: no
    record is restored there (S-40).
    """
    modele = racine.pgh_tracked_model
    place = modele(**{f"{modele.PARENT}_id": getattr(racine, f"{modele.PARENT}_id")})
    try:
        place = place.verrouiller()
    except ObjectDoesNotExist:
        raise OperationRefusee([Refus(PARENT_DISPARU)]) from None
    if operation in {Operation.ARCHIVER, Operation.SUPPRIMER} and (refus := list(parent_ouvert(place))):
        raise OperationRefusee(refus)


def _rendre(modele: type[Fiche], contexte: UUID, organisme_id: int) -> None:
    """Restore the former state of the records of this table."""
    changees = dernieres_versions(modele, contexte, organisme_id)
    vivantes = modele.objects.select_for_update(no_key=True).filter(pk__in=changees).order_by("pk").in_bulk()
    for pk, version in changees.items():
        if pk not in vivantes or vivantes[pk].version != version:
            raise OperationRefusee([_depassee(modele, pk, vivantes.get(pk))])
    if changees:
        rendre_les_changees(modele, contexte, organisme_id)
    rendre_les_supprimees(modele, contexte, organisme_id)


def _retirer(contexte: UUID, organisme_id: int, *, toutes: bool = False) -> None:
    """Delete what this operation created and nobody has changed since; what has changed stays (D-48).

    With `toutes`, refuse when something has changed.
    """
    retirees = 0
    for modele in reversed(niveaux().values()):
        creees = modele.pgh_event_model.objects.filter(
            pgh_context_id=contexte, pgh_label="insert", organisme_id=organisme_id
        )
        intactes = modele.objects.filter(pk__in=creees.values("pgh_obj_id"), version=1)
        cles = list(intactes.select_for_update(no_key=True).values_list("pk", flat=True))
        if toutes and (parties := set(creees.values_list("pgh_obj_id", flat=True)) - set(cles)):
            changee = modele.objects.filter(pk=min(parties)).first()
            raise OperationRefusee([_depassee(modele, min(parties), changee)])
        retirees += len(cles)
        modele.objects.filter(pk__in=cles).delete()
    if not retirees and not toutes:
        raise OperationRefusee(
            [Refus("Toutes les fiches créées ont été modifiées depuis : annulation impossible.")]
        )


def _verifier_les_parents(contexte: UUID) -> None:
    """Refuse when a restored record is active under a parent that no longer is (D-11)."""
    _, action, session = niveaux().values()
    for modele, parents in ((action, ("offre",)), (session, ("action", "action__offre"))):
        revenues = modele.pgh_event_model.objects.filter(pgh_context_id=contexte).values("pgh_obj_id")
        inactifs = Q(*(~Q(**{f"{parent}__statut": F("statut")}) for parent in parents), _connector=Q.OR)
        if orpheline := modele.objects.filter(inactifs, pk__in=revenues, statut=Statut.ACTIVE).first():
            raise OperationRefusee(
                [
                    Refus(
                        f"{orpheline.GENRE} « {orpheline} » était active, et ce qui la contient ne l'est plus"
                        " : annulation impossible.",
                        None,
                        orpheline,
                    )
                ]
            )


def _verifier_les_ajouts(racine: Any) -> None:
    """Refuse when records were added below since the unarchiving.

    They would remain there, below an archived record.
    """
    fiche = racine.pgh_tracked_model.objects.get(pk=racine.pgh_obj_id)
    for ensemble in fiche.descendants():
        if ajoutee := ensemble.non_archivees().filter(cree_le__gte=racine.modifie_le).first():
            raise OperationRefusee(
                [
                    Refus(
                        f"{ajoutee.GENRE} « {ajoutee} » a été ajoutée depuis : annulation impossible.",
                        None,
                        ajoutee,
                    )
                ]
            )


def _depassee(modele: type[Fiche], pk: int, vivante: Any) -> Refus:
    if vivante is None:
        return Refus("Une des fiches a été supprimée depuis : annulation impossible.")
    return Refus(
        f"{modele.GENRE} « {vivante} » a été modifiée depuis : annulation impossible.", None, vivante
    )


def _phrase(erreur: IntegrityError) -> str:
    nom, table = contrainte(erreur), table_visee(erreur)
    if nom.endswith("_identifiant_unique"):
        return (
            "L'identifiant a été repris par une autre fiche depuis : changez celui de l'autre fiche, puis"
            " recommencez."
        )
    if table.startswith("organismes_"):
        return "Le contact ou l'adresse d'avant a été supprimé depuis : annulation impossible."
    if table:
        return PARENT_DISPARU
    if nom == "offre_categorie_unique":
        return "Une autre offre porte désormais cette catégorie de VAE : annulation impossible."
    return "Cette fiche existe déjà : il n'y a plus rien à annuler."
