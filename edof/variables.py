"""How the variables of the environment are read: what cannot be used stops the program at its start, with a
sentence.
"""

import os
import re
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

VRAI, FAUX = {"1", "true", "oui", "yes", "on"}, {"0", "false", "non", "no", "off"}
NIVEAUX = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
# Shorter, a key is guessed by who tries.
CLE_AU_MOINS = 32


def _lire(nom: str) -> str:
    return os.environ.get(nom, "").strip()


def booleen(nom: str) -> bool:
    """1, true, oui, yes or on; 0, false, non, no, off or nothing. ImproperlyConfigured for anything else."""
    valeur = _lire(nom).lower()
    if valeur and valeur not in VRAI | FAUX:
        raise ImproperlyConfigured(f"{nom} vaut 1 (oui) ou 0 (non) : « {valeur} » ne se comprend pas.")
    return valeur in VRAI


def entier(nom: str, defaut: int, au_plus: int) -> int:
    """A whole number from 0 to `au_plus`."""
    valeur = _lire(nom)
    if not valeur:
        return defaut
    if not re.fullmatch("[0-9]{1,9}", valeur) or int(valeur) > au_plus:
        raise ImproperlyConfigured(
            f"{nom} est un nombre entier de 0 à {au_plus} : « {valeur} » n'en est pas un."
        )
    return int(valeur)


def liste(nom: str, defaut: str = "", *, forme: str, exemple: str) -> list[str]:
    """Values separated by commas, each of the form of the regular expression; spaces around them do not
    matter.
    """
    valeurs = [valeur.strip() for valeur in (_lire(nom) or defaut).split(",") if valeur.strip()]
    for valeur in valeurs:
        if not re.fullmatch(forme, valeur):
            raise ImproperlyConfigured(
                f"{nom} : « {valeur} » ne convient pas. On y écrit par exemple {exemple}."
            )
    return valeurs


def debit(nom: str, defaut: str) -> str:
    """A number of requests by second, minute, hour or day, as REST framework reads it: `600/min`."""
    valeur = _lire(nom) or defaut
    if not re.fullmatch(r"[1-9][0-9]{0,8}/(s|sec|second|m|min|minute|h|hour|d|day)", valeur):
        raise ImproperlyConfigured(
            f"{nom} s'écrit 600/min, 20/sec, 5000/hour ou 100000/day : « {valeur} » ne se comprend pas."
        )
    return valeur


def parmi(nom: str, possibles: tuple[str, ...], defaut: str) -> str:
    """One of the possible words, in upper case."""
    valeur = (_lire(nom) or defaut).upper()
    if valeur not in possibles:
        raise ImproperlyConfigured(f"{nom} est l'un de {', '.join(possibles)} : « {valeur} » n'en est pas.")
    return valeur


def cle_secrete(developpement: bool) -> str:
    """What signs sessions and proofs: long, but on a developer's machine."""
    cle = _lire("SECRET_KEY") or ("cle-de-developpement-sans-valeur" if developpement else "")
    if not cle:
        raise ImproperlyConfigured("SECRET_KEY est obligatoire quand DEBUG n'est pas à 1.")
    if not developpement and (len(cle) < CLE_AU_MOINS or len(set(cle)) < 5):
        raise ImproperlyConfigured(
            f"SECRET_KEY est trop facile à deviner : donnez {CLE_AU_MOINS} caractères au hasard ou plus (par"
            " exemple : openssl rand -base64 48)."
        )
    return cle


def base_de_donnees(delais: str) -> dict[str, object]:
    """Django's settings for DATABASE_URL, or for POSTGRES_HOST, _PORT, _USER, _PASSWORD and _DB, where any
    character goes.

    `delais` are PostgreSQL's own options for each connection, such as `-c lock_timeout=2s`.
    """
    options = {"connect_timeout": "5", "options": delais}
    commun = {
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
    url = _lire("DATABASE_URL")
    if not url and _lire("POSTGRES_HOST"):
        return {
            **commun,
            "NAME": _lire("POSTGRES_DB") or "edof",
            "USER": _lire("POSTGRES_USER") or "edof",
            # As it is: a space at its end may be part of it.
            "PASSWORD": os.environ.get("POSTGRES_PASSWORD", ""),
            "HOST": _lire("POSTGRES_HOST"),
            "PORT": str(entier("POSTGRES_PORT", 5432, 65535)),
        }
    try:
        parties = urlsplit(url or "postgres:///edof")
        port = parties.port
    except ValueError:
        parties, port = None, None
    if parties is None or parties.scheme not in {"postgres", "postgresql"}:
        # No part of it is shown: it holds a password.
        raise ImproperlyConfigured(
            "DATABASE_URL ne se lit pas. On écrit postgres://utilisateur:mot-de-passe@hote:5432/base, où les"
            " caractères @ : / ? # % du mot de passe deviennent %40 %3A %2F %3F %23 %25 ; ou bien"
            " POSTGRES_HOST, POSTGRES_USER, POSTGRES_PASSWORD et POSTGRES_DB, où tout caractère s'écrit tel"
            " quel."
        )
    options.update(parse_qsl(parties.query))
    return {
        **commun,
        "NAME": unquote(parties.path.lstrip("/")),
        "USER": unquote(parties.username or ""),
        "PASSWORD": unquote(parties.password or ""),
        "HOST": options.pop("host", unquote(parties.hostname or "")),
        "PORT": str(port or options.pop("port", "")),
    }


def courtier() -> str:
    """Celery's broker: REDIS_URL, or files."""
    url = _lire("REDIS_URL") or "filesystem://"
    if not url.startswith(("redis://", "rediss://", "redis+socket://", "filesystem://")):
        raise ImproperlyConfigured("REDIS_URL s'écrit redis://hote:6379/0 (ou rediss:// avec TLS).")
    return url


def messagerie(par_defaut: str) -> dict[str, object]:
    """Django's settings for EMAIL_URL: `smtp+tls://user:password@host:587`, `console:`, `file:///folder`."""
    try:
        parties = urlsplit(_lire("EMAIL_URL") or par_defaut)
        port = parties.port
    except ValueError:
        parties, port = urlsplit("erreur:"), None
    if parties.scheme == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parties.scheme == "file":
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": unquote(parties.path),
        }
    ports = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
    if parties.scheme not in ports or not parties.hostname:
        raise ImproperlyConfigured(
            "EMAIL_URL s'écrit smtp+tls://utilisateur:mot-de-passe@hote:587 (ou smtp, smtp+ssl, console:,"
            " file:///dossier)."
        )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parties.hostname,
        "EMAIL_PORT": port or ports[parties.scheme],
        "EMAIL_HOST_USER": unquote(parties.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parties.password or ""),
        "EMAIL_USE_TLS": parties.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parties.scheme == "smtp+ssl",
    }
