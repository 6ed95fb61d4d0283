"""Context processor of the warnings about the publication, shown to administrators on every page.

There are two warnings: the publication is late, or the publication register is ahead of the calendar.
"""

import datetime as dt

from edof.horloge import en_avance_de
from organismes.espace import Requete
from publication.avance import dernier_jour_en_avance
from publication.jours import jours_en_retard


def retard(request: Requete) -> dict[str, object]:
    """Return `jours_en_retard` and `registre_en_avance`, for users who can act (`is_staff`).

    `jours_en_retard` is the list of the days that should be published and are not. `registre_en_avance` is
    the last day of the register when it is later than today, else None. Both are functions, so that the
    queries run only when the page header calls them; they are about the nightly run, whatever the sandbox in
    which one works. Other users get an empty list and None.
    """

    def concerne() -> bool:
        user = getattr(request, "user", None)
        return user is not None and user.is_authenticated and user.is_staff

    def jours() -> list[dt.date]:
        with en_avance_de(0):
            return jours_en_retard() if concerne() else []

    def avance() -> dt.date | None:
        with en_avance_de(0):
            return dernier_jour_en_avance() if concerne() else None

    return {"jours_en_retard": jours, "registre_en_avance": avance}
