"""The line of fact under the sentence of a group of refused records: when they began, who changed them."""

from typing import Any

from django.db.models import Max, Min

from catalogue.cycle_de_vie import Statut
from catalogue.ensemble import CHANGEE
from catalogue.models import Fiche
from edof.ecriture import parmi
from edof.templatetags.affichage import dates_courtes, enumerer, pluriel
from lots.repetition import Groupe
from organismes.auteurs import derniers_auteurs
from sessions_app.coherence import DEBUT_APRES_SAISIE

# Refusals that a shift of the dates repairs.
DES_DATES = {DEBUT_APRES_SAISIE.slug, "debut-a-venir"}
# The records of a group of which the author of the change is looked for, and the authors that are named.
LUES, NOMMES = 200, 3


def fait_de(groupe: Groupe, modele: type[Fiche]) -> str:
    """Return one line about these records, "" when the sentence says it all; at most two queries."""
    cles, code, coupable = [ligne.cle for ligne in groupe.lignes], groupe.refus.code, groupe.refus.coupable
    if code == CHANGEE:
        dit = par_qui(modele, cles)
        return f"{dit[0].upper()}{dit[1:]}."
    if modele._meta.model_name == "session" and code in DES_DATES:
        bornes = modele.objects.filter(pk__in=parmi(cles)).aggregate(
            du=Min("date_debut"), au=Max("date_debut")
        )
        return _debut(bornes["du"], bornes["au"])
    if coupable is not None and coupable.pk and coupable.statut == Statut.BROUILLON:
        manques = len(coupable.manques())
        return f"{coupable} : {pluriel(manques, 'champ,champs')} à compléter." if manques else ""
    return ""


def _debut(du: Any, au: Any) -> str:
    if du is None:
        return ""
    if du == au:
        return f"Début le {dates_courtes(du, au)}."
    return f"Débuts du {dates_courtes(du, au)}."


def par_qui(modele: type[Fiche], cles: list[int]) -> str:
    """Return « changées depuis par Nadia Roux »: who last changed these records."""
    noms = sorted(set(derniers_auteurs(modele, cles[:LUES]).values()))
    autres = [pluriel(len(noms) - NOMMES, "autre,autres")] if len(noms) > NOMMES else []
    changees = "changée" if len(cles) == 1 else "changées"
    return f"{changees} depuis par {enumerer([*noms[:NOMMES], *autres])}" if noms else f"{changees} depuis"
