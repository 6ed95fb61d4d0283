"""What `manage.py check --deploy` says of the place where the open data are kept."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from edof.seau import SEAU
from publication.donnees.jeux import stockage


def est_un_seau() -> bool:
    """Return whether the open data are in a bucket."""
    stockages: Any = settings.STORAGES
    return bool(stockages["donnees"]["BACKEND"] == SEAU)


def le_seau_repond(**_: Any) -> list[CheckMessage]:
    """Return an error when the bucket, or the folder, cannot be read."""
    try:
        stockage().joindre()
    except OSError as erreur:
        return [
            Error(
                f"Les données ouvertes ne se lisent pas ({erreur}).",
                hint=(
                    "Vérifiez DONNEES_S3_SEAU, DONNEES_S3_ADRESSE, DONNEES_S3_REGION, et les droits de"
                    " DONNEES_S3_CLE sur le seau."
                    if est_un_seau()
                    else f"Vérifiez les droits sur le dossier {settings.DONNEES_OUVERTES}."
                ),
                id="donnees.E001",
            )
        ]
    return []
