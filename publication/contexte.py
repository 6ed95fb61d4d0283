"""What the administrator sees on every page when the publication is late."""

import datetime as dt

from django.http import HttpRequest

from publication.passages import jours_en_retard


def retard(request: HttpRequest) -> dict[str, object]:
    """The days that should be published, for who can do something about it: a function, asked by the header only."""

    def jours() -> list[dt.date]:
        user = getattr(request, "user", None)
        return jours_en_retard() if user is not None and user.is_authenticated and user.is_staff else []

    return {"jours_en_retard": jours}
