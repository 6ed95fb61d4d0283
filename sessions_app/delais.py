"""How far two dates are: in working days (Monday to Friday, public holidays of mainland France left out), in
years.
"""

import datetime as dt

from jours_feries_france import JoursFeries

# Between the proposal to a titulaire and the entry in training (domain 6.4).
JOURS_OUVRES_AVANT_L_ENTREE = 11
# Nobody plans further, and no training lasts longer: beyond, the year was mistyped.
ANNEES_AU_PLUS = 4


def est_ouvre(jour: dt.date) -> bool:
    """Whether people work on that day."""
    return jour.weekday() < 5 and not JoursFeries.is_bank_holiday(jour, zone="Métropole")


def commence_trop_tot(debut: dt.date, ouverture: dt.date) -> bool:
    """Whether fewer than eleven working days lie between the day of opening, left out, and the start,
    counted.
    """
    if debut - ouverture > dt.timedelta(days=4 * JOURS_OUVRES_AVANT_L_ENTREE):
        return False
    jours = (ouverture + dt.timedelta(days=n) for n in range(1, (debut - ouverture).days + 1))
    return sum(map(est_ouvre, jours)) < JOURS_OUVRES_AVANT_L_ENTREE


def est_lointaine(jour: dt.date, depuis: dt.date) -> bool:
    """Whether this day is more than ANNEES_AU_PLUS years after the other."""
    return (jour.year - ANNEES_AU_PLUS, jour.month, jour.day) > (depuis.year, depuis.month, depuis.day)
