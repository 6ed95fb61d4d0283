"""The values of a file that no field knows: each once, with its lines and what it may mean."""

from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from catalogue.models import Action, Offre
from echanges.choix import choix_du_champ
from echanges.cibles import FORMULAIRES, nom_du_champ
from echanges.lignes import Gravite
from echanges.models import Import
from echanges.preparation import retenir_un_mot
from edof.pliage import plier
from organismes.carnet_ecrit import CarnetEcrit

CODES = {"inconnu", "plusieurs", "oui-non", "choix", "action-inconnue", "offre-inconnue"}
MONTREES = 30
_AU_PLUS = 2_000
VIDE = "-"
_OUI_NON = [("oui", "Oui"), ("non", "Non"), (VIDE, "Laisser vide")]


@dataclass
class Inconnue:
    """A value that a field does not know: how many lines have it, what it may be."""

    champ: str
    valeur: str
    titre: str
    niveau: str = "session"
    lignes: int = 0
    propositions: list[str] = field(default_factory=list)
    choix: list[tuple[str, str]] = field(default_factory=list)
    rang: int = 0

    @property
    def nom(self) -> str:
        """Return the name of its field in the page."""
        return f"mot-{self.rang}"

    @property
    def proposee(self) -> str:
        """Return what is proposed when it is nearly sure: the only entry that looks like it."""
        return self.propositions[0] if len(self.propositions) == 1 else ""


@dataclass
class Inconnues:
    """The unknown values to say, and the lines that wait for nothing else."""

    valeurs: list[Inconnue] = field(default_factory=list)
    attendent: list[int] = field(default_factory=list)


def inconnues(importation: Import) -> Inconnues:
    """Return the unknown values of the lines in error, those of most lines first."""
    trouvees: dict[tuple[str, str], Inconnue] = {}
    des_lignes: dict[int, list[tuple[str, str] | None]] = {}
    fautives = importation.lignes.filter(decision="erreur")
    for pk, niveau, anomalies in fautives.values_list("pk", "niveau", "anomalies"):
        for dite in anomalies:
            if dite["gravite"] != Gravite.BLOQUANTE:
                continue
            if dite["code"] not in CODES or not dite["valeur"]:
                des_lignes.setdefault(pk, []).append(None)
                continue
            cle = (dite["champ"], plier(dite["valeur"]))
            des_lignes.setdefault(pk, []).append(cle)
            titre = nom_du_champ(niveau, dite["champ"])
            inconnue = trouvees.setdefault(cle, Inconnue(dite["champ"], dite["valeur"], titre, niveau))
            inconnue.lignes += 1
            inconnue.propositions = inconnue.propositions or dite["propositions"]
    classees = sorted(trouvees.values(), key=lambda inconnue: -inconnue.lignes)[:MONTREES]
    listes: dict[str, list[tuple[str, str]]] = {}
    for rang, inconnue in enumerate(classees):
        inconnue.rang = rang
        if inconnue.champ not in listes:
            listes[inconnue.champ] = _choix(importation, inconnue.niveau, inconnue.champ)
        inconnue.choix = listes[inconnue.champ]
    dites = {(inconnue.champ, plier(inconnue.valeur)) for inconnue in classees}
    attendent = [pk for pk, cles in des_lignes.items() if all(cle in dites for cle in cles)]
    return Inconnues(classees, attendent)


def _choix(importation: Import, niveau: str, champ: str) -> list[tuple[str, str]]:
    if champ in {"offre", "action"}:
        modele: Any = Offre if champ == "offre" else Action
        noms = modele.objects.pour_organisme(importation.organisme).non_archivees().order_by("identifiant")
        return [(nom, nom) for nom in noms.values_list("identifiant", flat=True)[:_AU_PLUS]]
    formulaire = FORMULAIRES[niveau].base_fields.get(champ)
    queryset = getattr(formulaire, "queryset", None)
    if queryset is not None and hasattr(queryset.model, "CHAMP_IDENTIFIANT"):
        carnet = CarnetEcrit(queryset.model.objects.pour_organisme(importation.organisme))
        return [(libelle, libelle) for libelle in sorted(carnet.libelles.values())[:_AU_PLUS]]
    if formulaire is not None and (slugs := set(choix_du_champ(niveau, champ).values())) - {"oui", "non"}:
        choix = getattr(formulaire, "choices", ())
        return [(str(libelle), str(libelle)) for slug, libelle in choix if slug in slugs]
    return _OUI_NON


def retenir(importation: Import, saisie: QueryDict) -> int:
    """Keep what was said of the unknown values; return of how many."""
    dites = 0
    for inconnue in inconnues(importation).valeurs:
        dit = saisie.get(inconnue.nom, "")
        attendue = saisie.get(f"{inconnue.nom}-valeur") == f"{inconnue.champ}:{inconnue.valeur}"
        if dit and attendue and dit in {valeur for valeur, _ in inconnue.choix}:
            retenir_un_mot(importation, inconnue.champ, inconnue.valeur, "" if dit == VIDE else dit)
            dites += 1
    return dites
