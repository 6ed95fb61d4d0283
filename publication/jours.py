"""The days of the nightly run: which are due, late, or must be confirmed by a person (D-22).

The clock is that of the database, and the register says what was published.
"""

import datetime as dt

from django.conf import settings

from edof.horloge import instant_de_la_base, minuit
from organismes.models import Organisme
from publication.models import Passage

HEURE_DUE, HEURE_D_ALERTE = dt.time(5, 0), dt.time(7, 0)


class PublicationImpossible(Exception):
    """The error raised when a day cannot be published; its message gives the reason, in French."""


def jours_dus(heure: dt.time = HEURE_DUE) -> list[dt.date]:
    """Return the days that should have been published by now and were not, in order.

    A day is due at 05:00 Paris time. `heure` replaces this hour: see `jours_en_retard`.
    """
    instant = instant_de_la_base()
    dernier_du = instant.date() if instant.time() >= heure else instant.date() - dt.timedelta(days=1)
    dernier = dernier_passage()
    if dernier is not None and dernier.jour >= dernier_du:
        return []
    # The very first run was begun before its hour and has not ended: no day before it was ever due.
    if (
        dernier is None
        and Passage.objects.exists()
        and not Passage.objects.filter(jour__lte=dernier_du).exists()
    ):
        return []
    return jours_manquants(dernier, dernier_du)


def jours_en_retard() -> list[dt.date]:
    """Return the days that are still missing at 07:00 Paris time: a person must look into it.

    When no run was ever started, the days count from the first night of an organisme, so that a worker that
    never started is detected too.
    """
    jours = jours_dus(HEURE_D_ALERTE)
    if not jours or Passage.objects.exists():
        return jours
    return jours if Organisme.objects.filter(cree_le__lt=minuit(jours[-1])).exists() else []


def retard_a_confirmer() -> bool:
    """Return whether the last run is more than PUBLICATION_JOURS_AU_PLUS days old (0: no limit).

    A stop of the nightly run does not explain such a delay. The clock may be wrong, so a person confirms the
    date.
    """
    dernier, au_plus = dernier_passage(), settings.PUBLICATION_JOURS_AU_PLUS
    return bool(dernier and au_plus and (instant_de_la_base().date() - dernier.jour).days > au_plus)


def dernier_passage() -> Passage | None:
    """Return the last run that ended, or None.

    A run that was killed is always the run of the following day.
    """
    return Passage.objects.finis().first()


def jours_manquants(dernier: Passage | None, jusqu_a: dt.date) -> list[dt.date]:
    """Return the days after the run `dernier`, up to `jusqu_a`, in order: the first day alone before any run.

    Raises PublicationImpossible for a day older than the first one published.
    """
    if dernier is None:
        commence = Passage.objects.order_by("jour").first()
        suivant = commence.jour if commence else jusqu_a
    else:
        suivant = dernier.jour + dt.timedelta(days=1)
    if jusqu_a < suivant and not Passage.objects.filter(jour__lte=jusqu_a).exists():
        premier = Passage.objects.order_by("jour")[0].jour
        raise PublicationImpossible(
            f"La première publication est celle du {premier:%d/%m/%Y} : rien n'a paru avant."
        )
    return [suivant + dt.timedelta(days=n) for n in range((jusqu_a - suivant).days + 1)]
