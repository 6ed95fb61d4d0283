"""What contains the record of a line, found by the identifiers that the line writes."""

from typing import Any

from catalogue.models import Action, Offre
from echanges.decisions import LignePlanifiee
from echanges.existant import Existant, proches
from echanges.lignes import Niveau
from edof.templatetags.affichage import enumerer
from organismes.validateurs import normaliser_identifiant

# The lines seen so far: by level, key of the parent and identifier, the one that was first.
Vues = dict[tuple[str, int, str], LignePlanifiee]


class Parents:
    """The organisme, the offres and the actions that lines name, those of the file included."""

    def __init__(self, existant: Existant, vues: Vues) -> None:
        self.existant, self.vues = existant, vues

    def de(self, planifiee: LignePlanifiee) -> Any:
        """Return what contains the record: the organisme, an offre or an action; None with the reason."""
        ligne = planifiee.lue
        if ligne.niveau == Niveau.OFFRE:
            return self.existant.organisme
        offre = self._offre(planifiee) if ligne.chemin[0] else None
        if ligne.niveau == Niveau.ACTION:
            if not ligne.chemin[0]:
                planifiee.refuser("parent", "Il manque l'offre de cette action.", "offre")
            return offre
        if ligne.chemin[0] and offre is None:
            return None
        return self._action(planifiee, offre)

    def _offre(self, planifiee: LignePlanifiee) -> Offre | None:
        ecrit = planifiee.lue.chemin[0]
        if offre := self.existant.offres.get(normaliser_identifiant(ecrit)):
            return offre
        if fautive := self.vues.get(
            (Niveau.OFFRE, self.existant.organisme.pk, normaliser_identifiant(ecrit))
        ):
            phrase = f"L'offre « {ecrit} », {fautive.lue.place}, est en erreur."
            planifiee.refuser("parent", phrase, "offre")
            return None
        noms = proches(ecrit, self.existant.noms_des_offres)
        phrase = f"L'offre « {ecrit} » n'existe pas dans votre catalogue."
        planifiee.refuser("offre-inconnue", phrase, "offre", *noms)
        return None

    def _action(self, planifiee: LignePlanifiee, offre: Offre | None) -> Action | None:
        ecrit = planifiee.lue.chemin[1]
        cle = normaliser_identifiant(ecrit)
        if not cle:
            if self.existant.action is not None and offre in {None, self.existant.action.offre}:
                return self.existant.action
            # A person may have left the cell empty below the one that says it: proposed, never assumed.
            dessus = planifiee.lue.temoins.get("action_au_dessus")
            propositions = [dessus] if dessus else []
            planifiee.refuser("parent", "Il manque l'action de cette session.", "action", *propositions)
            return None
        trouvees = (
            [a for a in [self.existant.actions.get((offre.pk, cle))] if a]
            if offre
            else self.existant.actions_du_nom.get(cle, [])
        )
        if len(trouvees) == 1:
            return trouvees[0]
        if trouvees:
            dans = enumerer([action.offre.identifiant for action in trouvees])
            phrase = f"Plusieurs offres ont une action « {ecrit} » ({dans}) : ajoutez une colonne Offre."
            planifiee.refuser("action-ambigue", phrase, "action")
            return None
        fautive = offre and self.vues.get((Niveau.ACTION, offre.pk, cle))
        if fautive:
            planifiee.refuser(
                "parent", f"L'action « {ecrit} », {fautive.lue.place}, est en erreur.", "action"
            )
            return None
        noms = self.existant.noms_des_actions(offre)
        ou = f"l'offre {offre.identifiant}" if offre else "votre catalogue"
        phrase = f"L'action « {ecrit} » n'existe pas dans {ou}."
        planifiee.refuser("action-inconnue", phrase, "action", *(proches(ecrit, noms) or noms[:3]))
        return None
