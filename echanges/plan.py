"""The plan of a file: each line compared with the catalogue, whatever the format; nothing is written.

The number of queries does not depend on the number of lines.
"""

from collections.abc import Sequence

from catalogue.cycle_de_vie import colonnes
from catalogue.jumelles import a_la_suite, comparables, empreinte
from catalogue.models import Action
from catalogue.referentiel import referentiel_lu_une_fois
from echanges.decisions import Decision, LignePlanifiee, Plan
from echanges.examen import Commencees, Examen
from echanges.examen_des_entrees import ExamenDesEntrees
from echanges.existant import Existant
from echanges.lignes import Gravite, LigneLue, Niveau
from echanges.numeros import numeroter
from edof.horloge import a_l_instant, maintenant
from organismes.droits import Acteur, Operation, exiger_de
from organismes.models import Organisme

__all__ = ["Commencees", "Decision", "LignePlanifiee", "Plan", "planifier"]
# Parents first: a line may name what another line of the file creates.
ORDRE = {niveau: rang for rang, niveau in enumerate(Niveau.values)}


def planifier(
    lignes: Sequence[LigneLue],
    *,
    organisme: Organisme,
    par: Acteur,
    action: Action | None = None,
    commencees: str = Commencees.IGNORER,
    remarques: bool = True,
) -> Plan:
    """Return what these lines would do to the catalogue of the organisme.

    `action` is that of the sessions whose line names none. `commencees` says what becomes of sessions that
    have already started (D-45). Without `remarques`, what only deserves a look is not looked for. Raise
    PermissionDenied when `par` may not write.
    """
    exiger_de(par, Operation.MODIFIER, organisme.pk)
    numerotees = numeroter(lignes, action)
    with referentiel_lu_une_fois(), a_l_instant(maintenant()):
        existant = Existant(organisme, lignes, action)
        fiches, entrees = Examen(existant, commencees, remarques), ExamenDesEntrees(existant)
        planifiees = {}
        for ligne in sorted(lignes, key=lambda ligne: ORDRE[ligne.niveau]):
            examen = entrees if ligne.niveau in {Niveau.CONTACT, Niveau.ADRESSE} else fiches
            planifiees[id(ligne)] = examen.examiner(ligne)
    plan = Plan([planifiees[id(ligne)] for ligne in lignes], numerotees + fiches.remarques())
    if remarques:
        _dire_les_jumelles(plan, organisme)
    return plan


def _dire_les_jumelles(plan: Plan, organisme: Organisme) -> None:
    """Warn of the actions that the file makes twins of others, of the catalogue or of the file (D-44)."""
    comparees = {}
    for planifiee in plan.lignes:
        action = planifiee.candidate
        if isinstance(action, Action) and planifiee.decision in {Decision.CREATION, Decision.MODIFICATION}:
            comparees[action.pk] = planifiee, empreinte(colonnes(action), action.offre.certification_id)
    if not comparees:
        return
    autres = comparables(organisme)
    avant = {cle: une for cle, _, une in autres if cle in comparees}
    changees = [
        (cle, planifiee.chemin[-1], une)
        for cle, (planifiee, une) in comparees.items()
        if une != avant.get(cle)
    ]
    dites = {cle for cle, _, _ in changees}
    for jumelle in a_la_suite(changees, [autre for autre in autres if autre[0] not in dites]):
        planifiee, _ = comparees[jumelle.cle]
        planifiee.dire(jumelle.code, Gravite.AVERTISSEMENT, jumelle.phrase, "duree_totale")
