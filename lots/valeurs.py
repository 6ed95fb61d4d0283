"""The values that an operation on many records writes on each: shifted dates, replaced fields, prices.

Each function takes the organisme and the parameters of the lot, as JSON keeps them, and returns the function
of one record. That function raises OperationRefusee when the record cannot take them.
"""

import datetime as dt
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import TextChoices

from catalogue.cycle_de_vie import OperationRefusee, Refus
from catalogue.nomenclatures import TAUX_DE_TVA
from catalogue.prix import CENTIME, ht_de, taux_affiche, ttc_de
from organismes.models import Organisme
from sessions_app.delais import est_ouvre

UN_JOUR = dt.timedelta(days=1)


class Unite(TextChoices):
    """What the dates are shifted by."""

    SEMAINES = "semaines", "semaines"
    JOURS = "jours", "jours"


class Regle(TextChoices):
    """How a new price is computed from the old one."""

    POURCENT = "pourcent", "Ajouter un pourcentage"
    EUROS = "euros", "Ajouter un montant"
    EGAL = "egal", "Fixer le prix"


class Arrondi(TextChoices):
    """How the price with VAT is rounded: what the public reads."""

    CENTIME = "centime", "Au centime"
    EURO = "euro", "À l'euro"
    CINQ = "cinq", "À 5 € près"
    QUATRE_VINGT_DIX = "quatre_vingt_dix", "À …,90 €"


def _refuser(phrase: str, champ: str | None = None, code: str = "") -> OperationRefusee:
    return OperationRefusee([Refus(phrase, champ, code=code)])


def decaler(organisme: Organisme, parametres: dict[str, Any]) -> Callable[[Any], dict[str, Any]]:
    """Shift both dates by `nombre` days or weeks; with `ouvre`, on to the next working day.

    The length, in calendar days, does not change.
    """
    jours = int(parametres["nombre"]) * (7 if parametres["unite"] == Unite.SEMAINES else 1)

    def valeurs(session: Any) -> dict[str, Any]:
        if session.date_debut is None and session.date_fin is None:
            raise _refuser(
                "La session n'a pas de dates : il n'y a rien à décaler.", "date_debut", "sans-dates"
            )
        ecart = jours * UN_JOUR
        try:
            if parametres.get("ouvre") and session.date_debut:
                while not est_ouvre(session.date_debut + ecart):
                    ecart += UN_JOUR
            return {
                nom: jour + ecart
                for nom in ("date_debut", "date_fin")
                if (jour := getattr(session, nom)) is not None
            }
        except OverflowError:
            raise _refuser(
                "Les dates décalées sortent du calendrier.", "date_debut", "hors-calendrier"
            ) from None

    return valeurs


def changer(organisme: Organisme, parametres: dict[str, Any]) -> Callable[[Any], dict[str, Any]]:
    """Replace the fields of `champs`, as {name: value or key}; those of `ajoutes` are added to the text."""
    lues: dict[tuple[str, str], Any] = {}

    def lire(fiche: Any, nom: str, valeur: Any) -> Any:
        champ = fiche._meta.get_field(nom)
        if not champ.is_relation or valeur is None:
            return valeur
        if (nom, str(valeur)) not in lues:
            entrees = champ.related_model.objects.pour_organisme(organisme)
            lues[nom, str(valeur)] = entrees.filter(pk=valeur).first()
        if lues[nom, str(valeur)] is None:
            raise _refuser("Le contact ou l'adresse choisi a été supprimé depuis.", nom, "entree-supprimee")
        return lues[nom, str(valeur)]

    def valeurs(fiche: Any) -> dict[str, Any]:
        ecrites = {nom: lire(fiche, nom, valeur) for nom, valeur in parametres["champs"].items()}
        for nom in parametres.get("ajoutes", ()):
            avant = getattr(fiche, nom)
            ecrites[nom] = f"{avant}\n{ecrites[nom]}" if avant else ecrites[nom]
            try:
                fiche._meta.get_field(nom).run_validators(ecrites[nom])
            except ValidationError as trop_long:
                raise _refuser(" ".join(trop_long.messages), nom, f"{nom}-trop-long") from None
        return ecrites

    return valeurs


def changer_le_prix(organisme: Organisme, parametres: dict[str, Any]) -> Callable[[Any], dict[str, Any]]:
    """Compute the new price of the lines `taux` that have one, on `base` ("ht" or "ttc").

    `montant` is in percent or in euros, as a text. The price with VAT is rounded, and the price without VAT
    follows from it; to the cent, the base stays exact.
    """
    montant, base = Decimal(parametres["montant"]), parametres["base"]

    def valeurs(action: Any) -> dict[str, Any]:
        lignes = {
            taux: Decimal(prix)
            for taux in TAUX_DE_TVA
            if taux in parametres["taux"] and (prix := getattr(action, f"{base}_{taux}")) is not None
        }
        if not lignes:
            noms = ", ".join(taux_affiche(TAUX_DE_TVA[taux]) for taux in parametres["taux"])
            raise _refuser(f"L'action n'a pas de prix à ce taux ({noms}).", "ttc_20", "sans-prix")
        ecrites: dict[str, Any] = {}
        for taux, prix in lignes.items():
            nouveau = _nouveau(prix, parametres["regle"], montant)
            ht, ttc = _arrondir(nouveau, base, TAUX_DE_TVA[taux], parametres["arrondi"])
            if ht < 0 or ttc < 0:
                raise _refuser("Le prix deviendrait négatif.", f"ttc_{taux}", "prix-negatif")
            ecrites |= {f"ht_{taux}": ht, f"ttc_{taux}": ttc}
        return ecrites

    return valeurs


def _nouveau(prix: Decimal, regle: str, montant: Decimal) -> Decimal:
    if regle == Regle.POURCENT:
        return prix * (100 + montant) / 100
    return prix + montant if regle == Regle.EUROS else montant


def _arrondir(prix: Decimal, base: str, taux: Decimal, arrondi: str) -> tuple[Decimal, Decimal]:
    """Return the prices without and with VAT, for a price on `base` at this rate of VAT."""
    exact = prix.quantize(CENTIME, ROUND_HALF_UP)
    ttc = ttc_de(exact, taux) if base == "ht" else exact
    if arrondi == Arrondi.CENTIME:
        return (exact, ttc) if base == "ht" else (ht_de(ttc, taux), ttc)
    pas, reste = {
        Arrondi.EURO: (Decimal(1), Decimal(0)),
        Arrondi.CINQ: (Decimal(5), Decimal(0)),
        Arrondi.QUATRE_VINGT_DIX: (Decimal(1), Decimal("0.90")),
    }[Arrondi(arrondi)]
    ttc = ((ttc - reste) / pas).quantize(Decimal(1), ROUND_HALF_UP) * pas + reste
    ttc = ttc.quantize(CENTIME)
    return ht_de(ttc, taux), ttc
