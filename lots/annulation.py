"""« Annuler » of a lot: what has not moved since is put back, what has moved stays and is named (D-48).

The undoing is a lot too: it has its progress, its stop and its report. Its lines are the records that the
first one changed.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any, Protocol
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import ForeignKey

from catalogue.cycle_de_vie import Origine, Refus, Statut
from catalogue.ensemble import CHANGEE, DISPARUE, Tentative, executer_ensemble, lire
from catalogue.models import Fiche, Suppression
from catalogue.models.fiche import niveaux
from catalogue.remise import dernieres_versions, etats_d_avant, rendre_les_changees, rendre_les_supprimees
from edof.ecriture import parmi
from edof.horloge import maintenant
from lots.models import Etat, Issue, LigneDeLot, Lot
from lots.operations import OPERATIONS
from organismes.droits import Acteur, Operation, exiger_de
from organismes.models import Organisme
from sessions_app.models import Programmation, Session

ANNULER = "annuler"
# A record comes back neither active below a parent that is not, nor from the archives below an archived one.
PARENT_D_ACCORD = (
    "EXISTS (SELECT 1 FROM {parent} AS parent WHERE parent.id = fiche.{lien}_id"
    " AND (avant.statut <> 'active' OR parent.statut = 'active')"
    " AND (avant.statut = 'archivee' OR parent.statut <> 'archivee'))"
)
INTACTE = "fiche.version = avant.derniere"


class Fait(Protocol):
    """What was done to many records of an organisme, in one context of the history: a lot, an import."""

    @property
    def contexte(self) -> UUID:
        """Return the context that holds what it changed."""

    @property
    def organisme_id(self) -> int:
        """Return the key of the organisme."""

    @property
    def demande_le(self) -> dt.datetime | None:
        """Return when it was asked for."""


def droit_d_annuler(lot: Lot) -> Operation:
    """Return the right that the undoing requires: that of the operation, that of opening for « Fermer »."""
    operation = OPERATIONS[lot.operation].operation
    return Operation.OUVRIR if operation == Operation.FERMER else operation


def annuler(lot: Lot, *, par: Any, jeton: Any = None, origine: Origine = Origine.FORMULAIRE) -> Lot:
    """Ask for the undoing of a lot that is finished or stopped; a second click returns the same undoing.

    Raise PermissionDenied without the right.
    """
    exiger_de(jeton or par, droit_d_annuler(lot), lot.organisme_id)
    try:
        with transaction.atomic():
            retour = Lot.objects.create(
                organisme=lot.organisme,
                niveau=lot.niveau,
                operation=ANNULER,
                par=par,
                jeton=jeton,
                origine=origine,
                retour=lot.retour,
                etat=Etat.DEMANDE,
                demande_le=maintenant(),
                annule=lot,
            )
            faites = lot.lignes.filter(issue=Issue.FAITE).order_by("pk")
            lignes = [LigneDeLot(lot=retour, cle=x.cle, version=x.version, nom=x.nom) for x in faites]
            LigneDeLot.objects.bulk_create(lignes, batch_size=5_000)
            retour.nombre = len(lignes)
            retour.save(update_fields=["nombre"])
    except IntegrityError:
        return Lot.objects.get(annule=lot)
    return retour


def remettre(lot: Lot, annule: Lot, cles: Collection[int], *, par: Acteur) -> list[Tentative]:
    """Put back these records, in the current transaction and context of the history.

    Return one attempt per key: a record that changed since is refused with the code CHANGEE and stays.
    """
    operation = OPERATIONS[annule.operation].operation
    exiger_de(par, droit_d_annuler(annule), annule.organisme_id)
    modele = annule.modele
    if defaire := OPERATIONS[annule.operation].defaire:
        return defaire(annule, cles, par=par)
    if operation == Operation.SUPPRIMER:
        return restaurer(annule, modele, cles)
    laissees = dernieres_versions(modele, annule.contexte, annule.organisme_id, pgh_obj_id__in=cles)
    if operation == Operation.FERMER:
        return rouvrir(lot, annule, modele, cles, laissees, par=par)
    return rendre(annule, modele, cles, laissees)


def rouvrir(
    lot: Lot, annule: Lot, modele: Any, cles: Collection[int], laissees: Mapping[int, int], *, par: Acteur
) -> list[Tentative]:
    """Open again, with the ordinary checks (D-12), these sessions that `annule` closed."""
    avant = etats_d_avant(modele, annule.contexte, cles)
    ensemble = executer_ensemble(
        modele,
        {cle: laissees.get(cle, 0) for cle in cles},
        Operation.OUVRIR,
        organisme_id=annule.organisme_id,
        par=par,
        contexte=lot.contexte,
        parametres=lambda session: {"avant_la_fermeture": avant.get(session.pk)},
    )
    remises = [tentative.cle for tentative in ensemble.tentatives if tentative.change]
    rouvertes = modele.objects.filter(pk__in=parmi(remises))
    # The opening has just cancelled what was to open them: what was ordered before the closing stays.
    rouvertes.rendre_les_suites(lot.contexte, annule.demande_le)
    rouvertes.rendre_les_suites(annule.contexte)
    return ensemble.tentatives


def rendre(
    annule: Fait, modele: type[Fiche], cles: Collection[int], laissees: Mapping[int, int]
) -> list[Tentative]:
    """Put back these records as they were before `annule`, which left them in the versions `laissees`."""
    fiches, _ = lire(modele, cles, annule.organisme_id, verrou=True)
    avant = etats_d_avant(modele, annule.contexte, cles)
    liens = _liens_disparus(modele, avant)
    tentatives = []
    for cle in cles:
        tentative = Tentative(cle, fiches.get(cle))
        tentative.refus = _obstacles(tentative.fiche, laissees.get(cle), avant.get(cle), liens)
        tentative.change = not tentative.refus
        tentatives.append(tentative)
    remises = [tentative.cle for tentative in tentatives if tentative.change]
    contexte, organisme = annule.contexte, annule.organisme_id
    if remises:
        if modele is Session:
            # What is put back has changed: what was planned for it since is cancelled (D-46), before what
            # the lot cancelled comes back.
            depuis = Programmation.objects.filter(session__in=parmi(remises), prevue_le__gt=annule.demande_le)
            depuis.annuler_apres(Operation.MODIFIER)
        rendre_les_changees(modele, contexte, organisme, remises)
        _rendre_dessous(modele, annule, remises)
        rendre_au_dessus(modele, annule)
    return tentatives


def _rendre_dessous(modele: type[Fiche], annule: Fait, cles: Collection[int]) -> None:
    """Put back what the operation changed below these records and nobody has changed since."""
    for rang, ensemble in enumerate(modele.dessous(cles)):
        niveau = ensemble.model
        chemin = niveau._chemins_des_parents()[rang]
        touchees = list(
            niveau.pgh_event_model.objects.filter(
                pgh_context_id=annule.contexte, pgh_label="update", **{f"{chemin}__in": cles}
            ).values_list("pgh_obj_id", flat=True)
        )
        if touchees:
            parent = niveaux()[niveau.PARENT]._meta.db_table
            d_accord = PARENT_D_ACCORD.format(parent=parent, lien=niveau.PARENT)
            rendre_les_changees(
                niveau, annule.contexte, annule.organisme_id, touchees, f"{INTACTE} AND {d_accord}"
            )


def rendre_au_dessus(modele: type[Fiche], annule: Fait) -> None:
    """Put back the parents that the operation made active, once nothing active remains below them."""
    for chemin in modele._chemins_des_parents():
        parent = niveaux()[chemin.split("__")[-1]]
        laissees = dernieres_versions(parent, annule.contexte, annule.organisme_id)
        if not laissees:
            return
        dessous = next(niveau for niveau in niveaux().values() if parent._meta.model_name == niveau.PARENT)
        inactif = (
            f"NOT EXISTS (SELECT 1 FROM {dessous._meta.db_table} AS dessous WHERE dessous.statut = 'active'"
            f" AND dessous.{parent._meta.model_name}_id = fiche.id)"
        )
        rendre_les_changees(
            parent, annule.contexte, annule.organisme_id, list(laissees), f"{INTACTE} AND {inactif}"
        )


def _liens_disparus(modele: type[Fiche], avant: Mapping[int, Any]) -> dict[str, set[int]]:
    """Return, by column of a link, the keys among the former values that no longer exist."""
    disparus = {}
    for champ in modele._meta.concrete_fields:
        if isinstance(champ, ForeignKey) and champ.null:
            voulus = {getattr(ligne, champ.attname) for ligne in avant.values()} - {None}
            if voulus:
                la = champ.related_model._default_manager.filter(pk__in=voulus).values_list("pk", flat=True)
                disparus[champ.attname] = voulus - set(la)
    return disparus


def _obstacles(fiche: Any, laissee: int | None, avant: Any, disparus: Mapping[str, set[int]]) -> list[Refus]:
    """Return why this record is not put back; nothing when it can be."""
    if fiche is None:
        return [Refus("Elle a été supprimée depuis.", code=DISPARUE)]
    if fiche.version != laissee or avant is None:
        return [Refus("Elle a été modifiée depuis.", None, fiche, code=CHANGEE)]
    for parent in fiche.parents():
        if fiche.statut == Statut.ARCHIVEE != avant.statut and parent.statut == Statut.ARCHIVEE:
            return [Refus(f"{parent.GENRE} « {parent} » est archivée.", None, parent, code="parent")]
        if avant.statut == Statut.ACTIVE and parent.statut != Statut.ACTIVE:
            phrase = f"Elle était active, et {parent.GENRE.lower()} « {parent} » ne l'est plus."
            return [Refus(phrase, None, parent, code="parent")]
    if any(getattr(avant, colonne) in cles for colonne, cles in disparus.items()):
        return [Refus("Le contact ou l'adresse d'avant a été supprimé depuis.", None, fiche, code="lien")]
    return []


def retirer(modele: type[Fiche], organisme_id: int, laissees: Mapping[int, int]) -> list[Tentative]:
    """Delete these created records, when they are in the versions `laissees` and contain nothing (D-48)."""
    fiches, _ = lire(modele, laissees, organisme_id, verrou=True)
    dessous = modele.dessous(list(fiches))
    lien = f"{modele._meta.model_name}_id"
    habitees = set(dessous[0].values_list(lien, flat=True)) if dessous else set()
    tentatives = []
    for cle, version in laissees.items():
        tentative = Tentative(cle, fiches.get(cle))
        if tentative.fiche is None:
            tentative.refus = [Refus("Elle a été supprimée depuis.", code=DISPARUE)]
        elif tentative.fiche.version != version:
            tentative.refus = [Refus("Elle a été modifiée depuis.", None, tentative.fiche, code=CHANGEE)]
        elif cle in habitees:
            phrase = "Elle contient des fiches qui restent."
            tentative.refus = [Refus(phrase, None, tentative.fiche, code=CHANGEE)]
        tentative.change = not tentative.refus
        tentatives.append(tentative)
    modele.objects.filter(pk__in=[tentative.cle for tentative in tentatives if tentative.change]).delete()
    return tentatives


def restaurer(annule: Fait, modele: type[Fiche], cles: Collection[int]) -> list[Tentative]:
    """Insert again the deleted records whose place is still free, with what was below them."""
    supprimees = {
        ligne.pgh_obj_id: ligne
        for ligne in modele.pgh_event_model.objects.filter(
            pgh_context_id=annule.contexte, pgh_label="delete", pgh_obj_id__in=cles
        )
    }
    lien = f"{modele.PARENT}_id"
    parents = _parents_en_place(modele, annule, {getattr(ligne, lien) for ligne in supprimees.values()})
    prises = set(
        modele.objects.filter(
            **{f"{lien}__in": parents},
            identifiant_normalise__in=[ligne.identifiant_normalise for ligne in supprimees.values()],
        ).values_list(lien, "identifiant_normalise")
    )
    la = set(modele.objects.filter(pk__in=cles).values_list("pk", flat=True))
    tentatives = []
    for cle in cles:
        ligne = supprimees.get(cle)
        tentative = Tentative(cle)
        parent = parents.get(getattr(ligne, lien)) if ligne else None
        if ligne is None or cle in la:
            tentative.refus = [Refus("Elle existe déjà.", code="existe", deja=True)]
        elif parent is None:
            tentative.refus = [Refus("Ce qui la contenait n'existe plus.", code="parent")]
        elif getattr(parent, "statut", "") == Statut.ARCHIVEE != ligne.statut:
            phrase = f"{parent.GENRE} « {parent} » est archivée."
            tentative.refus = [Refus(phrase, None, parent, code="parent")]
        elif (getattr(ligne, lien), ligne.identifiant_normalise) in prises:
            tentative.refus = [Refus("Une autre fiche porte désormais cet identifiant.", code="identifiant")]
        tentative.change = not tentative.refus
        tentatives.append(tentative)
    if remises := [tentative.cle for tentative in tentatives if tentative.change]:
        rendre_les_supprimees(modele, annule.contexte, annule.organisme_id, remises)
        for rang, ensemble in enumerate(modele.dessous(remises)):
            niveau = ensemble.model
            chemin = niveau._chemins_des_parents()[rang]
            evenements = niveau.pgh_event_model.objects.filter(
                pgh_context_id=annule.contexte, pgh_label="delete", **{f"{chemin}__in": remises}
            )
            dessous = list(evenements.values_list("pgh_obj_id", flat=True))
            rendre_les_supprimees(niveau, annule.contexte, annule.organisme_id, dessous)
        Suppression.objects.filter(contexte=annule.contexte).delete()
        # Check now, rather than at the end of the transaction, that the linked objects still exist.
        connection.check_constraints()
    return tentatives


def _parents_en_place(modele: type[Fiche], annule: Fait, cles: Collection[int]) -> dict[int, Any]:
    """Lock the parents of these keys, after their own; return those that exist."""
    if modele.PARENT == "organisme":
        return Organisme.objects.in_bulk([annule.organisme_id])
    return lire(niveaux()[modele.PARENT], cles, annule.organisme_id, verrou=True)[0]
