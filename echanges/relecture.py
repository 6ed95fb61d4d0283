"""The plan of a set of lines at the moment of writing them: the catalogue as it is, nothing said to a person.

The values of a new session were read by its form when the file was planned, and are kept with its line. When
nothing that they name has changed, they are written as they are, and the rules are checked by the creation
itself. Any doubt plans the whole set again.
"""

from collections.abc import Sequence
from typing import Any

from catalogue.referentiel import referentiel_lu_une_fois
from echanges.decisions import Decision, LignePlanifiee
from echanges.existant import Existant
from echanges.formulaires import SessionImportee
from echanges.lignes import LigneLue, Niveau
from echanges.models import Import, LigneImport
from echanges.plan import Commencees, planifier
from edof.horloge import a_l_instant, maintenant
from organismes.droits import Acteur, Operation, exiger_de
from organismes.models import Contact
from organismes.validateurs import normaliser_identifiant
from sessions_app.models import Session


def relire(importation: Import, lignes: Sequence[LigneImport], *, par: Acteur) -> list[LignePlanifiee]:
    """Return what these lines of one level do now. Raise PermissionDenied when `par` may not write."""
    exiger_de(par, Operation.MODIFIER, importation.organisme_id)
    neuves = all(ligne.niveau == Niveau.SESSION and ligne.decision == Decision.CREATION for ligne in lignes)
    if neuves and (relues := _relire_les_sessions(importation, lignes)) is not None:
        return relues
    return planifier(
        [ligne.lue() for ligne in lignes],
        organisme=importation.organisme,
        par=par,
        action=importation.action,
        commencees=importation.choix.get("commencees", Commencees.IGNORER),
        remarques=False,
    ).lignes


def _relire_les_sessions(importation: Import, lignes: Sequence[LigneImport]) -> list[LignePlanifiee] | None:
    """Return the new sessions, with their values; None when something is not as it was."""
    lues = [LigneLue(ligne.ligne, Niveau.SESSION, tuple(ligne.chemin)) for ligne in lignes]
    with referentiel_lu_une_fois(), a_l_instant(maintenant()):
        existant = Existant(importation.organisme, lues, None)
        essai = Session()
        ignorer = importation.choix.get("commencees", Commencees.IGNORER) == Commencees.IGNORER
        planifiees = []
        for ligne, lue in zip(lignes, lues, strict=True):
            planifiee = _relire_une_session(existant, ligne, lue)
            if planifiee is None:
                return None
            essai.date_debut = planifiee.nettes.get("date_debut")
            if ignorer and essai.commencee:
                return None
            planifiees.append(planifiee)
        return planifiees


def _relire_une_session(existant: Existant, ligne: LigneImport, lue: LigneLue) -> LignePlanifiee | None:
    offre, action, nom = (normaliser_identifiant(identifiant) for identifiant in lue.chemin)
    mere = existant.offres.get(offre)
    parent = existant.actions.get((mere.pk, action)) if mere else None
    if parent is None or (parent.pk, nom) in existant.sessions:
        return None
    nettes = {}
    for champ in SessionImportee.base_fields:
        if champ not in ligne.valeurs:
            continue
        colonne: Any = Session._meta.get_field(champ)
        valeur = ligne.valeurs[champ]
        if colonne.is_relation and valeur is not None:
            niveau = Niveau.CONTACT if colonne.related_model is Contact else Niveau.ADRESSE
            valeur = existant.entrees.get((niveau, normaliser_identifiant(valeur)))
            if valeur is None:
                return None
        nettes[champ] = valeur if colonne.is_relation else colonne.to_python(valeur)
    session = Session(organisme=existant.organisme, action=parent, identifiant=lue.chemin[-1])
    return LignePlanifiee(
        lue, Decision.CREATION, fiche=session, candidate=session, nettes=nettes, chemin=lue.chemin
    )
