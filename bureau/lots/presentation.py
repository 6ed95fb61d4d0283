"""How a lot is told: its title, its ready records by action, old and new values, its refusals."""

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Min

from catalogue.comparaison import Changement
from catalogue.cycle_de_vie import Refus, Statut
from catalogue.models import Action
from catalogue.models.corbeille import JOURS_GARDES
from catalogue.nomenclatures import TAUX_DE_TVA
from catalogue.prix import taux_affiche
from edof.ecriture import parmi
from edof.templatetags.affichage import euros_ou_rien, milliers, periode, pluriel
from lots.annulation import ANNULER
from lots.models import Issue, Lot
from lots.operations import OPERATIONS
from lots.repetition import Groupe, Repetition, generale
from sessions_app.memes_dates import pareilles
from sessions_app.models import Session

# The actions, and the reasons of refusal, that a page shows.
PLIEES_AU_PLUS = 50
# How the records were chosen, for one and for many.
CHOIX = {
    "cochees": ("est celle que vous avez cochée", "sont celles que vous avez cochées"),
    "filtres": ("répond à vos filtres", "répondent à vos filtres"),
    "refusees": ("a été refusée", "ont été refusées"),
    "importees": ("est demandée par votre fichier", "sont demandées par votre fichier"),
}
# What the operation does, after the number of records: for one, for many.
SUITES = {
    "ouvrir": (
        "devient active et ouverte à l'inscription.",
        "deviennent actives et ouvertes à l'inscription.",
    ),
    "fermer": (
        "est fermée à l'inscription, sans changer de statut.",
        "sont fermées à l'inscription, sans changer de statut.",
    ),
    "decaler": ("change de dates.", "changent de dates."),
    "changer": ("est modifiée.", "sont modifiées."),
    "prix": ("change de prix.", "changent de prix."),
    "archiver": (
        "est archivée, avec ce qu'elle contient. Elle ne pourra plus être modifiée.",
        "sont archivées, avec ce qu'elles contiennent. Elles ne pourront plus être modifiées.",
    ),
    "valider": ("est validée.", "sont validées."),
    "desarchiver": (
        "revient en brouillon, fermée à l'inscription.",
        "reviennent en brouillon, fermées à l'inscription.",
    ),
    "dupliquer": (
        "est copiée avec ses dates, validée si elle est complète, jamais ouverte.",
        "sont copiées avec leurs dates, validées si elles sont complètes, jamais ouvertes.",
    ),
    "programmer": ("est programmée.", "sont programmées."),
    "supprimer": (
        f"va à la corbeille, avec ce qu'elle contient, pour {JOURS_GARDES} jours.",
        f"vont à la corbeille, avec ce qu'elles contiennent, pour {JOURS_GARDES} jours.",
    ),
}


def choix_en_mots(lot: Lot) -> str:
    """Return « Ces 40 sessions sont celles que vous avez cochées »."""
    noms = lot.modele._meta
    une, plusieurs = CHOIX[lot.choix]
    if lot.nombre == 1:
        return f"Cette {noms.verbose_name} {une}"
    return f"Ces {milliers(lot.nombre)} {noms.verbose_name_plural} {plusieurs}"


def deja(lot: Lot, nombre: int) -> str:
    """Return « 3 sont déjà ouvertes »; « 3 sont déjà ainsi » for a change of fields."""
    operation = OPERATIONS[lot.operation]
    faites = "ainsi,ainsi" if operation.avec_parametres else operation.faite
    une, plusieurs = faites.split(",")
    return pluriel(nombre, f"est déjà {une},sont déjà {plusieurs}")


def seront(lot: Lot, nombre: int) -> str:
    """Return « seront ouvertes », « sera ouverte »."""
    une, plusieurs = OPERATIONS[lot.operation].faite.split(",")
    return f"sera {une}" if nombre < 2 else f"seront {plusieurs}"


def suite_en_mots(lot: Lot, nombre: int) -> str:
    """Return what follows « 34 sessions »: « deviennent actives et ouvertes à l'inscription. »."""
    une, plusieurs = SUITES[lot.operation]
    return une if nombre < 2 else plusieurs


def titre(lot: Lot, nombre: int, *, les: bool = False) -> str:
    """Return « Ouvrir 40 sessions à l'inscription »; with `les`, a button: « Ouvrir les 34 sessions »."""
    if lot.operation == ANNULER:
        return "Annulation"
    noms = lot.modele._meta
    nom = noms.verbose_name if nombre == 1 else noms.verbose_name_plural
    verbe = OPERATIONS[lot.operation].verbe
    quoi = f"{milliers(nombre)} {nom}" if nombre != 1 or not les else f"la {nom}"
    if les and nombre == 1 and str(nom)[0] in "ao":
        quoi = f"l'{nom}"
    fin = " à l'inscription" if lot.operation in {"ouvrir", "fermer"} and not les else ""
    article = "les " if les and nombre != 1 else ""
    # « Changer le prix de » becomes « Changer le prix des 5 actions ».
    return f"{verbe} {article}{quoi}{fin}".replace(" de les ", " des ")


@dataclass(frozen=True)
class ParAction:
    """The ready sessions of one action: how many, from when to when, and the first ones."""

    action: Any
    nombre: int
    du: dt.date | None
    au: dt.date | None
    sessions: list[Any]
    # Those that have the dates of another session of the action (D-44).
    pareilles: int = 0


def par_action(lot: Lot, repetition: Repetition) -> list[ParAction]:
    """Return the ready sessions folded by action, the first actions; empty for the other levels."""
    if lot.niveau != "session" or not repetition.pretes:
        return []
    toutes = Session.objects.pour_organisme(lot.organisme)
    comptes = list(
        toutes.filter(pk__in=parmi(repetition.pretes))
        .order_by()
        .values_list("action")
        .annotate(nombre=Count("pk"), du=Min("date_debut"), au=Max("date_fin"))
        .order_by("du", "action")[:PLIEES_AU_PLUS]
    )
    gardees = defaultdict(list)
    for tentative in repetition.gardees:
        gardees[tentative.fiche.action_id].append(tentative.fiche)
    montrees = [compte[0] for compte in comptes]
    actions = Action.objects.select_related("offre", "lieu_de_formation").in_bulk(montrees)
    par_cle: Counter[int] = Counter()
    if lot.operation == "ouvrir":
        pretes = set(repetition.pretes)
        voisines = toutes.exclude(statut=Statut.ARCHIVEE).filter(action__in=montrees)
        par_cle.update(pareille.action for pareille in pareilles(voisines) if pareille.cle in pretes)
    return [
        ParAction(actions[cle], nombre, du, au, gardees[cle], par_cle[cle]) for cle, nombre, du, au in comptes
    ]


@dataclass(frozen=True)
class Apercu:
    """What changes on one record: old and new, in words."""

    fiche: Any
    changements: list[Changement]
    # What the price with VAT gains or loses, in words.
    ecart: str = ""


def apercus(lot: Lot, repetition: Repetition) -> list[Apercu]:
    """Return the changes of the first ready records, for the operations that change dates or prices."""
    lire = {"decaler": _dates, "prix": _prix}.get(lot.operation)
    if lire is None:
        return []
    ecart = _ecart if lot.operation == "prix" else lambda avant, fiche: ""
    return [
        Apercu(
            tentative.fiche,
            lire(tentative.avant, tentative.fiche),
            ecart(tentative.avant, tentative.fiche),
        )
        for tentative in repetition.gardees
    ]


def _dates(avant: dict[str, Any], session: Any) -> list[Changement]:
    ancienne = Session(
        date_debut=avant["date_debut"], date_fin=avant["date_fin"], pas_de_dates=avant["pas_de_dates"]
    )
    return [Changement("Dates", periode(ancienne), periode(session), None)]


def _prix(avant: dict[str, Any], action: Any) -> list[Changement]:
    changements = []
    for nom, taux in TAUX_DE_TVA.items():
        for sens in ("ht", "ttc"):
            ancien, nouveau = avant[f"{sens}_{nom}"], getattr(action, f"{sens}_{nom}")
            if ancien != nouveau:
                changements.append(
                    Changement(
                        f"{sens.upper()}, {taux_affiche(taux)}",
                        euros_ou_rien(ancien),
                        euros_ou_rien(nouveau),
                        None,
                    )
                )
    par_heure = avant["cout_horaire_ht"], action.cout_horaire_ht
    if par_heure[0] != par_heure[1]:
        ancien, nouveau = map(euros_ou_rien, par_heure)
        changements.append(Changement("Coût horaire HT", ancien, nouveau, None))
    return changements


def _ecart(avant: dict[str, Any], action: Any) -> str:
    ancien, nouveau = avant["total_ttc"], action.total_ttc
    if ancien is None or nouveau is None or ancien == nouveau:
        return ""
    signe = "+" if nouveau > ancien else "\N{MINUS SIGN}"
    return f"{signe}\N{NO-BREAK SPACE}{euros_ou_rien(abs(nouveau - ancien))} TTC"


def groupes_du_compte_rendu(lot: Lot) -> list[Groupe]:
    """Return the refused records by sentence, the largest group first, a few lines each; two queries."""
    refusees = lot.lignes.filter(issue=Issue.REFUSEE).order_by("pk")
    groupes: dict[str, Groupe] = {}
    for ligne in refusees.only("pk", "lot_id", "cle", "nom", "phrase", "code"):
        phrase = generale([Refus(ligne.phrase, code=ligne.code)], ligne.nom)
        groupe = groupes.setdefault(phrase, Groupe(phrase, Refus(phrase, code=ligne.code)))
        groupe.lignes.append(ligne)
    return sorted(groupes.values(), key=lambda groupe: -len(groupe.lignes))
