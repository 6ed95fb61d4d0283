"""The price of an action: up to three lines, one per rate of VAT, each with its HT and its TTC.

The three lines are six columns of the action, `ht_20` and `ttc_20` for instance. A rate therefore cannot
appear twice, and the history compares these columns like any other field.
"""

import operator
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from functools import reduce
from typing import Any

from django.db.models import F, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from catalogue.nomenclatures import TAUX_DE_TVA
from catalogue.regles import Regle
from edof.nombres import euros

CENTIME = Decimal("0.01")
# Official samples are off by half a euro: a difference above one euro is an error, from two cents on a
# warning.
TOLERANCE = Decimal("1.00")
COLONNES = tuple(f"{sens}_{taux}" for taux in TAUX_DE_TVA for sens in ("ht", "ttc"))

PRIX_RENSEIGNE = Regle(
    "prix-renseigne",
    Q(*(Q(**{f"ttc_{taux}__isnull": False}) for taux in TAUX_DE_TVA), _connector=Q.OR),
    "Le prix est renseigné.",
    "Renseignez le prix de l'action, sur une ligne au moins.",
    "ttc_20",
    COLONNES,
)


def ttc_de(ht: Decimal, taux: Decimal) -> Decimal:
    """Return the price with VAT, rounded to the cent; `taux` is in percent."""
    return (ht * (100 + taux) / 100).quantize(CENTIME, ROUND_HALF_UP)


def ht_de(ttc: Decimal, taux: Decimal) -> Decimal:
    """Return the price without VAT, rounded to the cent; `taux` is in percent."""
    return (ttc * 100 / (100 + taux)).quantize(CENTIME, ROUND_HALF_UP)


def taux_affiche(taux: Decimal) -> str:
    """Return the displayed rate: « 5,5 % », or « net de TVA » for the zero rate."""
    return f"{taux.normalize():f}".replace(".", ",") + " %" if taux else "net de TVA"


def calculer(action: Any) -> None:
    """Complete on `action` the price lines, then compute its totals and its cost per hour.

    A line that has only its HT or only its TTC gets the other one, at its rate of VAT.
    """
    for nom, taux in TAUX_DE_TVA.items():
        ht, ttc = getattr(action, f"ht_{nom}"), getattr(action, f"ttc_{nom}")
        if ht is not None and ttc is None:
            setattr(action, f"ttc_{nom}", ttc_de(Decimal(ht), taux))
        if ttc is not None and ht is None:
            setattr(action, f"ht_{nom}", ht_de(Decimal(ttc), taux))
    for sens in ("ht", "ttc"):
        montants = [
            Decimal(montant)
            for nom in TAUX_DE_TVA
            if (montant := getattr(action, f"{sens}_{nom}")) is not None
        ]
        setattr(action, f"total_{sens}", sum(montants) if montants else None)
    par_heure = action.total_ht is not None and action.duree_totale
    action.cout_horaire_ht = (
        (action.total_ht / action.duree_totale).quantize(CENTIME, ROUND_UP) if par_heure else None
    )


def lignes_fausses(action: Any) -> Iterator[Regle]:
    """Yield, for each line whose HT and TTC contradict each other, a rule that does not hold."""
    for nom, taux in TAUX_DE_TVA.items():
        ht, ttc = getattr(action, f"ht_{nom}"), getattr(action, f"ttc_{nom}")
        if ht is None or ttc is None:
            continue
        attendu = ttc_de(ht, taux)
        if ttc < ht:
            phrase = (
                f"Le montant TTC ({euros(ttc)}) est inférieur au montant HT ({euros(ht)}) : sont-ils"
                " inversés ?"
            )
        elif abs(ttc - attendu) > TOLERANCE:
            phrase = (
                f"Au taux de {taux_affiche(taux)}, {euros(ht)} HT font {euros(attendu)} TTC : corrigez l'un"
                " des deux montants."
            )
        else:
            continue
        yield Regle(f"prix-{nom}", Q(), "Les montants HT et TTC concordent.", phrase, f"ttc_{nom}")


def ecarts(action: Any) -> Iterator[str]:
    """Yield a sentence for each line that is accepted although its TTC is off by more than a cent."""
    for nom, taux in TAUX_DE_TVA.items():
        ht, ttc = getattr(action, f"ht_{nom}"), getattr(action, f"ttc_{nom}")
        if (
            ht is not None
            and ttc is not None
            and CENTIME < abs(ttc - ttc_de(ht, taux)) <= TOLERANCE
            and ttc >= ht
        ):
            yield (
                f"Au taux de {taux_affiche(taux)}, {euros(ht)} HT font {euros(ttc_de(ht, taux))} TTC, et non"
                f" {euros(ttc)}."
            )


def total(sens: str) -> Combinable:
    """Return the expression of the sum of a column ("ht" or "ttc") over the lines, for the database.

    An empty line counts as zero.
    """
    return reduce(operator.add, (Coalesce(F(f"{sens}_{nom}"), Value(Decimal(0))) for nom in TAUX_DE_TVA))
