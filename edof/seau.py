"""Where the open data are kept: the variables DONNEES_S3_*, each checked at startup."""

import re
from importlib.util import find_spec

from django.core.exceptions import ImproperlyConfigured

from edof import variables

DOSSIER = "publication.donnees.dossier.Dossier"
SEAU = "publication.donnees.seau.Seau"
# How each is written, and an example.
_FORMES = {
    "DONNEES_S3_SEAU": (r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "donnees-du-catalogue"),
    "DONNEES_S3_ADRESSE": (r"https?://[A-Za-z0-9._\[\]:-]+", "https://s3.example.fr"),
    "DONNEES_S3_REGION": (r"[A-Za-z0-9-]+", "eu-west-3"),
    "DONNEES_S3_PREFIXE": (r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*", "catalogue/ouvertes"),
}
_CLES = ("DONNEES_S3_CLE", "DONNEES_S3_SECRET")


def stockage_des_donnees() -> dict[str, object]:
    """Return the storage « donnees » of Django: a bucket when DONNEES_S3_SEAU is set, else a folder."""
    lues = {nom: _lire(nom) for nom in _FORMES}
    cles = {nom: variables.texte(nom) for nom in _CLES}
    if not lues["DONNEES_S3_SEAU"]:
        if donnee := next((nom for nom, valeur in {**lues, **cles}.items() if valeur), None):
            raise ImproperlyConfigured(
                f"{donnee} ne sert à rien sans DONNEES_S3_SEAU, le nom du seau : donnez-le, ou retirez la"
                " variable."
            )
        return {"BACKEND": DOSSIER}
    if any(cles.values()) and not all(cles.values()):
        raise ImproperlyConfigured(
            "Donnez DONNEES_S3_CLE et DONNEES_S3_SECRET, ou aucune des deux : la machine a alors elle-même le"
            " droit de lire et d'écrire le seau."
        )
    if not (find_spec("storages") and find_spec("boto3")):
        raise ImproperlyConfigured(
            "DONNEES_S3_SEAU demande django-storages et boto3, que l'image contient : ailleurs, pip install"
            " --require-hashes -r requirements/image.txt."
        )
    return {
        "BACKEND": SEAU,
        "OPTIONS": {
            "bucket_name": lues["DONNEES_S3_SEAU"],
            "endpoint_url": lues["DONNEES_S3_ADRESSE"] or None,
            # A signature names one, even where there is none.
            "region_name": lues["DONNEES_S3_REGION"] or "us-east-1",
            "location": lues["DONNEES_S3_PREFIXE"],
            **(_acces(*cles.values()) if all(cles.values()) else {}),
        },
    }


def _acces(cle: str, secret: str) -> dict[str, str | None]:
    # A token of the environment belongs to other keys.
    return {"access_key": cle, "secret_key": secret, "security_token": None}


def _lire(nom: str) -> str:
    valeur, (forme, exemple) = variables.texte(nom), _FORMES[nom]
    if nom == "DONNEES_S3_ADRESSE":
        valeur = valeur.rstrip("/")
    if valeur and not re.fullmatch(forme, valeur):
        raise ImproperlyConfigured(f"{nom} s'écrit par exemple {exemple} : « {valeur} » ne convient pas.")
    return valeur
