"""Rules that a session must satisfy (D-08, D-09).

Each is written once, and read by the form, the opening, the nightly run and the diagnosis.
"""

import datetime as dt
from functools import lru_cache

from django.conf import settings
from django.db.models import F, Q

from catalogue.nomenclatures import EntreesSorties
from catalogue.regles import Regle, obligatoire

_PAS_PERMANENTE = ~Q(action__modalites_entrees_sorties=EntreesSorties.PERMANENTES.value)
_PAS_DATES_FIXES = ~Q(action__modalites_entrees_sorties=EntreesSorties.DATES_FIXES.value)

CASE_COCHEE = Regle(
    "permanentes-case",
    _PAS_PERMANENTE | Q(pas_de_dates=True),
    "Entrées et sorties permanentes : la case « Pas de dates de session » est cochée.",
    "L'action est à entrées et sorties permanentes : cochez « Pas de dates de session ».",
    "pas_de_dates",
)
SANS_DATES = Regle(
    "permanentes-sans-dates",
    _PAS_PERMANENTE | Q(date_debut__isnull=True, date_fin__isnull=True),
    "Entrées et sorties permanentes : la session n'a pas de dates.",
    "L'action est à entrées et sorties permanentes : la session ne doit pas avoir de dates.",
    "date_debut",
)
CASE_DECOCHEE = Regle(
    "dates-fixes-case",
    _PAS_DATES_FIXES | Q(pas_de_dates=False),
    "Entrées et sorties à dates fixes : la case « Pas de dates de session » n'est pas cochée.",
    "L'action est à dates fixes : décochez « Pas de dates de session » et renseignez les dates.",
    "pas_de_dates",
)
DEBUT_RENSEIGNE = Regle(
    "dates-fixes-debut",
    _PAS_DATES_FIXES | Q(date_debut__isnull=False),
    "Entrées et sorties à dates fixes : la session a une date de début.",
    "L'action est à dates fixes : renseignez la date de début.",
    "date_debut",
)
FIN_RENSEIGNEE = Regle(
    "dates-fixes-fin",
    _PAS_DATES_FIXES | Q(date_fin__isnull=False),
    "Entrées et sorties à dates fixes : la session a une date de fin.",
    "L'action est à dates fixes : renseignez la date de fin.",
    "date_fin",
)
FIN_APRES_DEBUT = Regle(
    "fin-apres-debut",
    Q(date_debut__isnull=True)
    | Q(date_fin__isnull=True)
    | Q(**{"date_fin__gte" if settings.SESSION_D_UN_JOUR else "date_fin__gt": F("date_debut")}),
    "La date de fin est postérieure à la date de début.",
    "La date de fin doit être postérieure à la date de début.",
    "date_fin",
)
DEBUT_APRES_SAISIE = Regle(
    "debut-apres-saisie",
    Q(date_debut__isnull=True) | Q(date_debut__gt=F("dates_saisies_le")),
    "La date de début est postérieure au jour de sa saisie (au moins le lendemain).",
    "La date de début doit être au plus tôt le lendemain du jour où vous la saisissez.",
    "date_debut",
)

COHERENCE_DES_DATES = (CASE_COCHEE, SANS_DATES, CASE_DECOCHEE, DEBUT_RENSEIGNE, FIN_RENSEIGNEE)

# The rules that the row of a session satisfies alone: a constraint applies them unless it is brouillon or
# archivée.
REGLES_DE_LA_LIGNE = (
    obligatoire(
        "garantie", "Indiquez si la session est garantie ou non.", "La garantie de session est indiquée."
    ),
    obligatoire(
        "contact_inscription", "Choisissez le contact d'inscription.", "Le contact d'inscription est choisi."
    ),
    obligatoire(
        "adresse_inscription", "Choisissez l'adresse d'inscription.", "L'adresse d'inscription est choisie."
    ),
)

REGLES_SESSION = (*COHERENCE_DES_DATES, FIN_APRES_DEBUT, DEBUT_APRES_SAISIE, *REGLES_DE_LA_LIGNE)


@lru_cache(maxsize=32)
def debut_a_venir(jour: dt.date) -> Regle:
    """Return the rule that the start is on or after `jour`.

    `jour` is J+1 for opening (D-08), and the day of the run for the publication (D-23).
    """
    return Regle(
        "debut-a-venir",
        Q(date_debut__isnull=True) | Q(date_debut__gte=jour),
        "La session n'a pas encore commencé.",
        "La date de début est passée ou trop proche : une session doit commencer au plus tôt demain.",
        "date_debut",
    )
