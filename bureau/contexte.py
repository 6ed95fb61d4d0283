"""What the administrator sees on every page when the publication is late, or the ledger ahead of the
calendar.
"""

import datetime as dt

from organismes.espace import Requete
from publication.avance import dernier_jour_en_avance
from publication.passages import jours_en_retard


def retard(request: Requete) -> dict[str, object]:
    """The days that should be published, and the one that should not be, for who can act: functions, asked by
    the header only.
    """

    def concerne() -> bool:
        user = getattr(request, "user", None)
        return user is not None and user.is_authenticated and user.is_staff

    def jours() -> list[dt.date]:
        return jours_en_retard() if concerne() else []

    def avance() -> dt.date | None:
        return dernier_jour_en_avance() if concerne() else None

    return {"jours_en_retard": jours, "registre_en_avance": avance}
