"""« Annuler l'import »: what has not moved since is put back, what has moved stays and is named (D-48)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Max

from catalogue.ensemble import CHANGEE, Tentative
from catalogue.models.fiche import niveaux
from catalogue.operations import ANNULER_L_IMPORT
from catalogue.remise import dernieres_versions
from echanges.decisions import Decision
from echanges.models import Import, LigneImport, Retour
from edof.ecriture import ecrire
from edof.horloge import maintenant
from lots.annulation import rendre, retirer
from organismes.droits import Acteur, Operation, exiger_de
from organismes.genres import GENRES


def remettre(importation: Import, lignes: Sequence[LigneImport], *, par: Acteur) -> None:
    """Undo these lines of one level, in the current transaction, and note on each what became of it.

    Raise PermissionDenied without the right, DatabaseError when nothing was undone.
    """
    exiger_de(par, Operation.MODIFIER, importation.organisme_id)
    niveau = lignes[0].niveau
    creees = [ligne for ligne in lignes if ligne.decision == Decision.CREATION]
    modifiees = [ligne for ligne in lignes if ligne.decision != Decision.CREATION]
    with importation.historique(importation.contexte_du_retour, par, ANNULER_L_IMPORT):
        if niveau in GENRES:
            _retirer_des_entrees(importation, niveau, creees)
            _rendre_des_entrees(importation, niveau, modifiees)
        else:
            _retirer(importation, niveau, creees)
            _rendre(importation, niveau, modifiees)


def _retirer(importation: Import, niveau: str, lignes: Sequence[LigneImport]) -> None:
    """Delete the records that these lines created, when they are as they were created and contain nothing."""
    if not lignes:
        return
    modele: Any = niveaux()[niveau]
    creees = {ligne.cle or 0: 1 for ligne in lignes}
    _noter(lignes, {t.cle: t for t in retirer(modele, importation.organisme_id, creees)})


def _rendre(importation: Import, niveau: str, lignes: Sequence[LigneImport]) -> None:
    """Put back the records that these lines changed."""
    if not lignes:
        return
    modele: Any = niveaux()[niveau]
    cles = [ligne.cle for ligne in lignes if ligne.cle]
    laissees = dernieres_versions(modele, importation.contexte, importation.organisme_id, pgh_obj_id__in=cles)
    _noter(lignes, {t.cle: t for t in rendre(importation, modele, cles, laissees)})


def _noter(lignes: Sequence[LigneImport], tentatives: Mapping[int, Tentative]) -> None:
    for ligne in lignes:
        tentative = tentatives[ligne.cle or 0]
        ligne.phrase_du_retour = " ".join(refus.phrase for refus in tentative.refus)
        if not tentative.refus:
            ligne.retour = Retour.REMISE
        else:
            gardee = tentative.refus[0].code == CHANGEE
            ligne.retour = Retour.GARDEE if gardee else Retour.IMPOSSIBLE


def _derniers_contextes(modele: Any, cles: Sequence[int]) -> dict[int, Any]:
    """Return, by key, the context of the last change of each entry."""
    evenements = modele.pgh_event_model.objects.filter(pgh_obj_id__in=cles).order_by("pgh_obj_id", "-pgh_id")
    return dict(evenements.distinct("pgh_obj_id").values_list("pgh_obj_id", "pgh_context_id"))


def _retirer_des_entrees(importation: Import, niveau: str, lignes: Sequence[LigneImport]) -> None:
    if not lignes:
        return
    modele: Any = GENRES[niveau].modele
    cles = [ligne.cle for ligne in lignes if ligne.cle]
    entrees = modele.objects.filter(organisme=importation.organisme_id).avec_usages().in_bulk(cles)
    contextes = _derniers_contextes(modele, cles)
    retirees = []
    for ligne in lignes:
        entree = entrees.get(ligne.cle or 0)
        if entree is None:
            ligne.retour, ligne.phrase_du_retour = Retour.IMPOSSIBLE, "Il n'existe plus."
        elif contextes.get(entree.pk) != importation.contexte:
            ligne.retour, ligne.phrase_du_retour = Retour.GARDEE, "Il a été modifié depuis."
        elif any(nombre for _, nombre in entree.comptes()):
            ligne.retour, ligne.phrase_du_retour = Retour.IMPOSSIBLE, "Des fiches l'utilisent."
        else:
            ligne.retour = Retour.REMISE
            retirees.append(entree.pk)
    modele.objects.filter(pk__in=retirees).delete()


def _rendre_des_entrees(importation: Import, niveau: str, lignes: Sequence[LigneImport]) -> None:
    if not lignes:
        return
    modele: Any = GENRES[niveau].modele
    cles = [ligne.cle for ligne in lignes if ligne.cle]
    entrees = (
        modele.objects.select_for_update(no_key=True)
        .filter(organisme=importation.organisme_id)
        .order_by("pk")
        .in_bulk(cles)
    )
    contextes = _derniers_contextes(modele, cles)
    evenements = modele.pgh_event_model.objects.filter(pgh_obj_id__in=cles)
    avant_l_import = evenements.exclude(pgh_context_id=importation.contexte).values("pgh_obj_id")
    derniers = avant_l_import.annotate(dernier=Max("pgh_id")).values("dernier")
    avant = {e.pgh_obj_id: e for e in evenements.filter(pgh_id__in=derniers)}
    ecrites, champs, instant = [], set[str](), maintenant()
    for ligne in lignes:
        entree, ancienne = entrees.get(ligne.cle or 0), avant.get(ligne.cle or 0)
        if entree is None or ancienne is None:
            ligne.retour, ligne.phrase_du_retour = Retour.IMPOSSIBLE, "Il n'existe plus."
        elif contextes.get(entree.pk) != importation.contexte:
            ligne.retour, ligne.phrase_du_retour = Retour.GARDEE, "Il a été modifié depuis."
        else:
            for nom in ligne.changements:
                setattr(entree, nom, getattr(ancienne, nom))
                champs.add(nom)
            entree.modifie_le = instant
            ecrites.append(entree)
            ligne.retour = Retour.REMISE
    ecrire(ecrites, champs | {"modifie_le"})
