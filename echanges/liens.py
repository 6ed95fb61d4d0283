"""The contacts, the addresses and the certifications that lines name by a text."""

from typing import Any

from django.core.exceptions import ValidationError

from echanges.decisions import LignePlanifiee
from echanges.existant import Existant, proches
from echanges.lignes import Gravite
from edof.lecture import lire_code
from organismes.contact_en_ligne import sans_civilite
from organismes.models import Adresse, Contact


class Liens:
    """What the columns that lead to another record are filled with."""

    def __init__(self, existant: Existant) -> None:
        self.existant = existant

    def trouver(self, planifiee: LignePlanifiee, nom: str, valeurs: dict[str, Any]) -> Any:
        """Return the record that a text names; None with an anomaly when there is none, or several."""
        ecrit = valeurs.get(nom)
        if not isinstance(ecrit, str) or not ecrit:
            return ecrit or None
        modele = planifiee.fiche._meta.get_field(nom).related_model
        if modele not in self.existant.carnets:
            trouvee = self.existant.certifications.get(lire_code(ecrit))
            if trouvee is None and not any(a.champ == nom for a in planifiee.anomalies):
                phrase = (
                    f"Le code « {ecrit[:30]} » n'est dans aucun registre connu : l'offre reste à compléter."
                )
                planifiee.dire("certification-inconnue", Gravite.BROUILLON, phrase, nom)
            return trouvee
        carnet = self.existant.carnets[modele]
        try:
            entree = carnet.trouver(ecrit)
        except ValidationError as erreur:
            planifiee.refuser("plusieurs", f"« {ecrit[:60]} » : {erreur.messages[0]}", nom)
            return None
        if entree is None:
            quoi = {Contact: "Aucun contact ne correspond", Adresse: "Aucune adresse ne correspond"}[modele]
            phrase = f"{quoi} à « {ecrit[:60]} »."
            cherche = sans_civilite(ecrit) if modele is Contact else ecrit
            planifiee.refuser("inconnu", phrase, nom, *proches(cherche, carnet.libelles.values()))
        return entree

    def actuel(self, fiche: Any, nom: str) -> Any:
        """Return the record that a column leads to, without asking the database."""
        colonne = fiche._meta.get_field(nom)
        cle = getattr(fiche, colonne.attname)
        if colonne.related_model in self.existant.carnets:
            return self.existant.carnets[colonne.related_model].entrees.get(cle)
        return getattr(fiche, nom)
