"""Delays between two dates, in working days or in years.

Working days are Monday to Friday, without the public holidays of mainland France.
"""

import datetime as dt

from jours_feries_france import JoursFeries

# Working days between the proposal to a titulaire and the entry in training.
JOURS_OUVRES_AVANT_L_ENTREE = 11
# Nobody plans further ahead, and no training lasts longer: beyond, the year was mistyped.
ANNEES_AU_PLUS = 4


def est_ouvre(jour: dt.date) -> bool:
    """Return whether this day is a working day."""
    return jour.weekday() < 5 and not JoursFeries.is_bank_holiday(jour, zone="Métropole")


def commence_trop_tot(debut: dt.date, ouverture: dt.date) -> bool:
    """Return whether the opening is fewer than JOURS_OUVRES_AVANT_L_ENTREE working days before the start.

    The day of the opening is not counted, the day of the start is.
    """
    if debut - ouverture > dt.timedelta(days=4 * JOURS_OUVRES_AVANT_L_ENTREE):
        return False
    jours = (ouverture + dt.timedelta(days=n) for n in range(1, (debut - ouverture).days + 1))
    return sum(map(est_ouvre, jours)) < JOURS_OUVRES_AVANT_L_ENTREE


def est_lointaine(jour: dt.date, depuis: dt.date) -> bool:
    """Return whether `jour` is more than ANNEES_AU_PLUS years after `depuis`."""
    return (jour.year - ANNEES_AU_PLUS, jour.month, jour.day) > (depuis.year, depuis.month, depuis.day)
