"""« Annuler »: put back what one operation changed, from the database's own history, if the world has not
moved since.

An operation is one context of the history. Undoing gives each of its records the columns it had before (or
the row itself, when it was deleted), set by set, under the same locks and the same rights as the operation.
"""

from typing import Any
from uuid import UUID

import pghistory
import pghistory.models
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q

from catalogue.cycle_de_vie import OperationRefusee, Origine, Refus, Statut, executer
from catalogue.models import Fiche, Suppression
from catalogue.models.corbeille import JOURS_GARDES
from catalogue.models.fiche import niveaux, parent_ouvert
from catalogue.operations import ANNULATIONS
from edof.horloge import aujourd_hui, maintenant, minuit
from organismes.droits import Acteur, Operation, peut

PARENT_DISPARU = "Ce qui contenait cette fiche n'existe plus : restaurez d'abord l'offre ou l'action."


def touchees(contexte: UUID, organisme_id: int) -> dict[type[Fiche], set[int]]:
    """The keys of the records that this operation touched in this organisme, by level from the offre down;
    none when unknown here.
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
    """Whether that operation, which touched these records, has been undone already: a second click has
    nothing to do.
    """
    modele, cles = next(iter(fiches.items()))
    return modele.pgh_event_model.objects.filter(
        pgh_obj_id=min(cles), pgh_context__metadata__annule=str(contexte)
    ).exists()


def annuler(contexte: UUID, *, organisme_id: int, par: Acteur, origine: Origine = Origine.FORMULAIRE) -> str:
    """Undo the operation that the history knows as `contexte`, in this organisme; return which of ANNULATIONS
    it was.

    Raises PermissionDenied without the right to do that, OperationRefusee with a reason when one of its
    records has moved since, or cannot be put back.
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
            if not peut(par, droit, organisme_id):
                raise PermissionDenied(f"Votre rôle ne permet pas l'opération « {droit.label} ».")
            if operation == Operation.FERMER:
                _rouvrir(contexte, organisme_id, par, origine)
                return operation
            racine = _racine(contexte, organisme_id)
            _reprendre_sa_place(racine, operation)
            for modele in niveaux().values():
                _rendre(modele, contexte, organisme_id)
            _verifier_les_parents(contexte)
            if operation == Operation.DESARCHIVER:
                _verifier_les_ajouts(racine)
            Suppression.objects.filter(contexte=contexte).delete()
            # What the links lead to is still there, or says so now rather than after the end.
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
    """Open again, with the ordinary checks (D-12), the session that this operation closed, if nobody has
    touched it since.
    """
    modele = niveaux()["session"]
    fermeture = modele.pgh_event_model.objects.get(pgh_context_id=contexte, organisme_id=organisme_id)
    try:
        session = modele.objects.get(pk=fermeture.pgh_obj_id).verrouiller()
    except ObjectDoesNotExist:
        raise OperationRefusee([_depassee(modele, fermeture.pgh_obj_id, None)]) from None
    if session.version != fermeture.version:
        raise OperationRefusee([_depassee(modele, session.pk, session)])
    executer(session, Operation.OUVRIR, par=par, origine=origine)


def _racine(contexte: UUID, organisme_id: int) -> Any:
    """The first line that the operation left in the history: that of the record on which it was asked, the
    others are below.
    """
    for modele in niveaux().values():
        lignes = modele.pgh_event_model.objects.filter(pgh_context_id=contexte, organisme_id=organisme_id)
        if ligne := lignes.order_by("pgh_id").first():
            return ligne
    raise OperationRefusee([Refus("Il n'y a plus rien à annuler.")])


def _reprendre_sa_place(racine: Any, operation: str) -> None:
    """Lock what held that record, as for an addition there; nothing comes back under what is gone or archived
    (S-40).
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
    """Give back their former state to the records of this table."""
    evenements = modele.pgh_event_model.objects.filter(pgh_context_id=contexte, organisme_id=organisme_id)
    changees = dict(
        evenements.filter(pgh_label="update").order_by("pgh_id").values_list("pgh_obj_id", "version")
    )
    vivantes = modele.objects.select_for_update(no_key=True).filter(pk__in=changees).order_by("pk").in_bulk()
    for pk, version in changees.items():
        if pk not in vivantes or vivantes[pk].version != version:
            raise OperationRefusee([_depassee(modele, pk, vivantes.get(pk))])
    table, historique = modele._meta.db_table, modele.pgh_event_model._meta.db_table
    colonnes = [
        champ.column
        for champ in modele._meta.concrete_fields
        if champ.column not in {"id", "version", "modifie_le"}
    ]
    parametres = {
        "contexte": contexte,
        "organisme": organisme_id,
        "maintenant": maintenant(),
        "minuit": minuit(aujourd_hui()),
    }
    with connection.cursor() as curseur:
        if changees:
            rendues = {c: f"avant.{c}" for c in colonnes}
            if "ouverte_depuis" in rendues:
                # Back on another day than it left, a session waits for J+1 as if it opened now (D-20).
                rendues["ouverte_depuis"] = (
                    "CASE WHEN avant.ouverte AND NOT fiche.ouverte AND fiche.modifie_le < %(minuit)s"
                    " THEN %(maintenant)s ELSE avant.ouverte_depuis END"
                )
            # What each record was just before its first change of the context.
            curseur.execute(
                f"UPDATE {table} AS fiche SET modifie_le = %(maintenant)s,"
                f" {', '.join(f'{c} = {valeur}' for c, valeur in rendues.items())} FROM (SELECT DISTINCT ON"
                f" (e.pgh_obj_id) e.* FROM {historique} AS e  JOIN (SELECT pgh_obj_id, min(pgh_id) AS pgh_id"
                f" FROM {historique}   WHERE pgh_context_id = %(contexte)s AND pgh_label = 'update' GROUP BY"
                " pgh_obj_id) AS premiere  ON premiere.pgh_obj_id = e.pgh_obj_id AND e.pgh_id <"
                " premiere.pgh_id ORDER BY e.pgh_obj_id, e.pgh_id DESC) AS avant WHERE fiche.id ="
                " avant.pgh_obj_id AND fiche.organisme_id = %(organisme)s",
                parametres,
            )
        liens = {
            champ.column: champ.related_model._meta.db_table
            for champ in modele._meta.concrete_fields
            if champ.is_relation and champ.null
        }
        vivants = {c: f"(SELECT id FROM {cible} WHERE id = e.{c})" for c, cible in liens.items()}
        perdus = " OR ".join(f"(e.{c} IS NOT NULL AND {vivants[c]} IS NULL)" for c in liens) or "false"
        valeurs = {c: vivants.get(c, f"e.{c}") for c in colonnes}
        # A contact deleted in the meantime leaves a gap: what was validée is then a brouillon to complete.
        valeurs["statut"] = (
            f"CASE WHEN e.statut = 'validee' AND ({perdus}) THEN 'brouillon' ELSE e.statut END"
        )
        curseur.execute(
            f"INSERT INTO {table} (id, version, modifie_le, {', '.join(colonnes)}) SELECT e.pgh_obj_id,"
            f" e.version + 1, %(maintenant)s, {', '.join(valeurs[c] for c in colonnes)} FROM {historique} AS"
            " e WHERE e.pgh_context_id = %(contexte)s AND e.pgh_label = 'delete' AND e.organisme_id ="
            " %(organisme)s",
            parametres,
        )


def _verifier_les_parents(contexte: UUID) -> None:
    """Nothing comes back active under a parent that no longer is (D-11)."""
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
    """What was added below since it was unarchived would be left there, under what is archived."""
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
    texte = str(erreur)
    if "identifiant_unique" in texte:
        return (
            "L'identifiant a été repris par une autre fiche depuis : changez celui de l'autre fiche, puis"
            " recommencez."
        )
    if '"organismes_' in texte:
        return "Le contact ou l'adresse d'avant a été supprimé depuis : annulation impossible."
    if "foreign key" in texte:
        return PARENT_DISPARU
    if "categorie_unique" in texte:
        return "Une autre offre porte désormais cette catégorie de VAE : annulation impossible."
    return "Cette fiche existe déjà : il n'y a plus rien à annuler."
