"""The URLs that lead to « Sessions » from the other pages, with the filters that give what they count."""

import datetime as dt
from urllib.parse import urlencode

from django.urls import reverse


def des_sessions(**filtres: str | dt.date) -> str:
    """Return the URL of the list with these filters; a filter whose value is empty is left out."""
    ecrits = {
        nom: f"{valeur:%d/%m/%Y}" if isinstance(valeur, dt.date) else valeur
        for nom, valeur in filtres.items()
        if valeur
    }
    return reverse("sessions") + (f"?{urlencode(ecrits)}" if ecrits else "")
