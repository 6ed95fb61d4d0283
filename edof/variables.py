"""Reading of environment variables.

An unusable value stops the program at startup, with a French sentence.
"""

import os
import re
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

D = TypeVar("D", Path, None)
VRAI, FAUX = {"1", "true", "oui", "yes", "on"}, {"0", "false", "non", "no", "off"}
LICENCES = ("AUCUNE", "LICENCE-OUVERTE-2.0", "ODBL-1.0", "CC-BY-4.0", "CC0-1.0")
NIVEAUX = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
# Minimum length of the secret key: a shorter one could be guessed.
CLE_AU_MOINS = 32


def _tel_quel(nom: str) -> str:
    """Return the value of the variable, or what is in the file that `<nom>_FILE` names.

    The line end that an editor adds to a file is not part of the value.
    """
    valeur, chemin = os.environ.get(nom, ""), os.environ.get(f"{nom}_FILE", "").strip()
    if not chemin:
        return valeur
    if valeur:
        raise ImproperlyConfigured(f"Donnez {nom} ou {nom}_FILE, pas les deux.")
    try:
        return Path(chemin).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, ValueError):
        raise ImproperlyConfigured(f"{nom}_FILE désigne « {chemin} », qui ne se lit pas.") from None


def _lire(nom: str) -> str:
    return _tel_quel(nom).strip()


def texte(nom: str) -> str:
    """Return the value of a variable, or of its file, without the spaces around it."""
    return _lire(nom)


def booleen(nom: str, defaut: bool = False) -> bool:
    """Return True for 1, true, oui, yes or on; False for 0, false, non, no or off; `defaut` for nothing.

    Raise ImproperlyConfigured for anything else.
    """
    valeur = _lire(nom).lower()
    if valeur and valeur not in VRAI | FAUX:
        raise ImproperlyConfigured(f"{nom} vaut 1 (oui) ou 0 (non) : « {valeur} » ne se comprend pas.")
    return valeur in VRAI if valeur else defaut


def entier(nom: str, defaut: int, au_plus: int) -> int:
    """Return a whole number from 0 to `au_plus`, or `defaut` when the variable is empty."""
    valeur = _lire(nom)
    if not valeur:
        return defaut
    if not re.fullmatch("[0-9]{1,9}", valeur) or int(valeur) > au_plus:
        raise ImproperlyConfigured(
            f"{nom} est un nombre entier de 0 à {au_plus} : « {valeur} » n'en est pas un."
        )
    return int(valeur)


def liste(nom: str, defaut: str = "", *, forme: str, exemple: str) -> list[str]:
    """Return the values separated by commas, without the spaces around them.

    Each must match the regular expression `forme`; raise ImproperlyConfigured otherwise.
    """
    valeurs = [valeur.strip() for valeur in (_lire(nom) or defaut).split(",") if valeur.strip()]
    for valeur in valeurs:
        if not re.fullmatch(forme, valeur):
            raise ImproperlyConfigured(
                f"{nom} : « {valeur} » ne convient pas. On y écrit par exemple {exemple}."
            )
    return valeurs


def debit(nom: str, defaut: str) -> str:
    """Return a number of requests per second, minute, hour or day, as REST framework reads it: `600/min`."""
    valeur = _lire(nom) or defaut
    if not re.fullmatch(r"[1-9][0-9]{0,8}/(s|sec|second|m|min|minute|h|hour|d|day)", valeur):
        raise ImproperlyConfigured(
            f"{nom} s'écrit 600/min, 20/sec, 5000/hour ou 100000/day : « {valeur} » ne se comprend pas."
        )
    return valeur


def parmi(nom: str, possibles: tuple[str, ...], defaut: str) -> str:
    """Return one of the words of `possibles`, in upper case."""
    valeur = (_lire(nom) or defaut).upper()
    if valeur not in possibles:
        raise ImproperlyConfigured(f"{nom} est l'un de {', '.join(possibles)} : « {valeur} » n'en est pas.")
    return valeur


def contact(nom: str, courriel: str = "") -> str:
    """Return an address to write to or to read: `mailto:…`, `https://…`, `tel:…`, or an e-mail address.

    Without a value it is `courriel`, when that is an e-mail address.
    """
    une_adresse = r"[^\s:@<>]+@[^\s:@<>]+"
    valeur = _lire(nom) or (courriel if re.fullmatch(une_adresse, courriel) else "")
    if re.fullmatch(une_adresse, valeur):
        valeur = f"mailto:{valeur}"
    if valeur and not re.fullmatch(r"(mailto:|https://|tel:)[^\s]+", valeur):
        raise ImproperlyConfigured(
            f"{nom} s'écrit mailto:securite@example.fr ou https://… : « {valeur} » ne convient pas."
        )
    return valeur


def prefixe(nom: str) -> str:
    """Return a path that begins and ends with « / », or an empty text."""
    valeur = _lire(nom)
    if valeur and not re.fullmatch(r"/([A-Za-z0-9._-]+/)+", valeur):
        raise ImproperlyConfigured(f"{nom} s'écrit /donnees-internes/ : « {valeur} » ne convient pas.")
    return valeur


def dossier(nom: str, defaut: D) -> Path | D:
    """Return an absolute folder, or `defaut` when the variable is empty."""
    valeur = _lire(nom)
    if valeur and not valeur.startswith("/"):
        raise ImproperlyConfigured(
            f"{nom} est un dossier, dont le chemin commence par « / » : « {valeur} » ne convient pas."
        )
    return Path(valeur) if valeur else defaut


def adresse_electronique(nom: str) -> str:
    """Return an e-mail address, or an empty text."""
    valeur = _lire(nom)
    if valeur and not _est_une_adresse(valeur):
        raise ImproperlyConfigured(f"{nom} s'écrit aide@example.fr : « {valeur} » ne convient pas.")
    return valeur


def expediteur(nom: str, defaut: str) -> str:
    """Return an e-mail address, alone or after a name: `Catalogue OF <catalogue@example.fr>`."""
    valeur = _lire(nom) or defaut
    if not _est_une_adresse(parseaddr(valeur)[1]):
        raise ImproperlyConfigured(
            f"{nom} s'écrit Catalogue OF <catalogue@example.fr> : « {valeur} » ne convient pas."
        )
    return valeur


def _est_une_adresse(valeur: str) -> bool:
    return re.fullmatch(r"[^\s@<>,;]+@[^\s@<>,;]+", valeur) is not None


def secret(nom: str, au_moins: int) -> str:
    """Return a secret of `au_moins` characters or more, or an empty text."""
    valeur = _lire(nom)
    if valeur and (len(valeur) < au_moins or not valeur.isascii() or " " in valeur):
        raise ImproperlyConfigured(
            f"{nom} est trop facile à deviner : donnez {au_moins} caractères au hasard ou plus, sans espace"
            " ni accent (par exemple : openssl rand -hex 24)."
        )
    return valeur


def reseaux(nom: str, defaut: str) -> list[IPv4Network | IPv6Network]:
    """Return addresses or networks, separated by commas: `127.0.0.1, 10.0.0.0/8`."""
    lus: list[IPv4Network | IPv6Network] = []
    for valeur in liste(nom, defaut, forme="[0-9A-Fa-f.:/]+", exemple="127.0.0.1, 10.0.0.0/8"):
        try:
            lus.append(ip_network(valeur, strict=False))
        except ValueError:
            raise ImproperlyConfigured(
                f"{nom} : « {valeur} » n'est ni une adresse ni un réseau. On y écrit par exemple 127.0.0.1,"
                " 10.0.0.0/8."
            ) from None
    return lus


def adresse_en_https(nom: str) -> str:
    """Return an address that begins with https://, or an empty text."""
    valeur = _lire(nom)
    if valeur and not re.fullmatch(r"https://[^\s/@]+(/\S*)?", valeur):
        raise ImproperlyConfigured(
            f"{nom} s'écrit https://www.data.gouv.fr/… : « {valeur} » ne convient pas."
        )
    return valeur


def adresse_a_appeler(nom: str, exemple: str = "https://hc-ping.com/…") -> str:
    """Return an address to call, without a final « / », or an empty text; it is a secret, never repeated."""
    valeur = _lire(nom).rstrip("/")
    if valeur and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", valeur):
        raise ImproperlyConfigured(f"{nom} s'écrit {exemple} : ce qui est donné ne convient pas.")
    return valeur


def cle_secrete(developpement: bool) -> str:
    """Return the key that signs sessions and tokens; it must be long, except on a developer's machine."""
    cle = _lire("SECRET_KEY") or ("cle-de-developpement-sans-valeur" if developpement else "")
    if not cle:
        raise ImproperlyConfigured("SECRET_KEY est obligatoire quand DEBUG n'est pas à 1.")
    if not developpement:
        _exiger_du_hasard("SECRET_KEY", cle)
    return cle


def cles_precedentes() -> list[str]:
    """Return the key that SECRET_KEY replaces, which still reads what it signed; none without it."""
    cle = _lire("SECRET_KEY_PRECEDENTE")
    if not cle:
        return []
    _exiger_du_hasard("SECRET_KEY_PRECEDENTE", cle)
    return [cle]


def _exiger_du_hasard(nom: str, cle: str) -> None:
    if len(cle) < CLE_AU_MOINS or len(set(cle)) < 5:
        raise ImproperlyConfigured(
            f"{nom} est trop facile à deviner : donnez {CLE_AU_MOINS} caractères au hasard ou plus (par"
            " exemple : openssl rand -base64 48)."
        )


def base_de_donnees(delais: str) -> dict[str, object]:
    """Return Django's settings for DATABASE_URL, or for POSTGRES_HOST, _PORT, _USER, _PASSWORD and _DB.

    In the latter any character is allowed. `delais` are PostgreSQL's own options for each connection, such as
    `-c lock_timeout=2s`.
    """
    url = _lire("DATABASE_URL")
    if not url and _lire("POSTGRES_HOST"):
        return {
            **_connexion(delais),
            "NAME": _lire("POSTGRES_DB") or "edof",
            "USER": _lire("POSTGRES_USER") or "edof",
            # Not stripped: a trailing space may be part of the password.
            "PASSWORD": _tel_quel("POSTGRES_PASSWORD"),
            "HOST": _lire("POSTGRES_HOST"),
            "PORT": str(entier("POSTGRES_PORT", 5432, 65535)),
        }
    ou_bien = (
        " ; ou bien POSTGRES_HOST, POSTGRES_USER, POSTGRES_PASSWORD et POSTGRES_DB, où tout caractère s'écrit"
        " tel quel"
    )
    return _par_l_url("DATABASE_URL", url or "postgres:///edof", delais, ou_bien)


def base_de_lecture(delais: str, principale: dict[str, object]) -> dict[str, object] | None:
    """Return Django's settings for DATABASE_URL_LECTURE, a replica of `principale`; None without it."""
    url = _lire("DATABASE_URL_LECTURE")
    if not url:
        return None
    base = _par_l_url("DATABASE_URL_LECTURE", url, delais)
    if all(base[nom] == principale[nom] for nom in ("HOST", "PORT", "NAME")):
        raise ImproperlyConfigured(
            "DATABASE_URL_LECTURE désigne la base principale : donnez l'adresse de sa réplique, ou retirez"
            " la variable."
        )
    return base | {"TEST": {"MIRROR": "default"}}


# A network that is cut tells nobody: what is sent and not acknowledged for five seconds has failed, and a
# server that is silent is asked whether it is there. The delays of PostgreSQL itself are in settings.py.
_RESEAU = {
    "connect_timeout": "5", "tcp_user_timeout": "5000",
    "keepalives_idle": "5", "keepalives_interval": "2", "keepalives_count": "3",
}  # fmt: skip


def _connexion(delais: str) -> dict[str, object]:
    # The statements of edof/gardees.py are prepared when they are first sent; Django prepares no other.
    options: dict[str, object] = {**_RESEAU, "options": delais, "prepare_threshold": 0}
    if pooler := derriere_pgbouncer():
        # Nothing stays on a connection from one transaction to the next: no prepared statement, no cursor,
        # and the options come from the pooler itself (front/pgbouncer.ini).
        options = {**_RESEAU, "prepare_threshold": None}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": pooler,
    }


def derriere_pgbouncer() -> bool:
    """Return whether PgBouncer, in transaction mode, stands before the database."""
    return booleen("PGBOUNCER")


def _par_l_url(nom: str, url: str, delais: str, ou_bien: str = "") -> dict[str, object]:
    try:
        if not re.match("postgres(ql)?://", url):
            raise ValueError
        lue = dj_database_url.parse(url)
    except ValueError:
        # No part of the URL is shown: it contains a password.
        raise ImproperlyConfigured(
            f"{nom} ne se lit pas. On écrit postgres://utilisateur:mot-de-passe@hote:5432/base, où les"
            f" caractères @ : / ? # % du mot de passe deviennent %40 %3A %2F %3F %23 %25{ou_bien}."
        ) from None
    commun = _connexion(delais)
    options: Any = commun["OPTIONS"]
    options.update(lue.pop("OPTIONS", {}))
    # The folder of a Unix socket is written as a parameter: `postgres:///edof?host=/run/postgresql`.
    return lue | commun | {"HOST": options.pop("host", lue["HOST"]), "PORT": options.pop("port", lue["PORT"])}


def adresse_publique(hotes: list[str], https: bool) -> str:
    """Return the beginning of the links of e-mails that no request asks for, without a final « / ».

    It is ADRESSE_PUBLIQUE, else the first of `hotes`, on the port of `./run` without HTTPS.
    """
    valeur = _lire("ADRESSE_PUBLIQUE").rstrip("/")
    if not valeur:
        hote = hotes[0].lstrip(".") if hotes else "localhost"
        return f"https://{hote}" if https else f"http://{hote}:{_lire('PORT') or '8000'}"
    if not re.fullmatch(r"https?://[A-Za-z0-9._\[\]:-]+", valeur):
        raise ImproperlyConfigured(
            f"ADRESSE_PUBLIQUE s'écrit https://catalogue.example.fr : « {valeur} » ne convient pas."
        )
    return valeur


def courtier() -> str:
    """Return the URL of Celery's broker: REDIS_URL, or files."""
    url = _lire("REDIS_URL") or "filesystem://"
    if not url.startswith(("redis://", "rediss://", "redis+socket://", "filesystem://")):
        raise ImproperlyConfigured("REDIS_URL s'écrit redis://hote:6379/0 (ou rediss:// avec TLS).")
    return url


def caches() -> dict[str, dict[str, object]]:
    """Return Django's caches: in Redis, shared by all the machines, or in the memory of each process."""
    url = courtier()
    if url == "filesystem://":
        return {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    return {
        "default": {
            "BACKEND": "edof.cache.CacheQuiPeutManquer",
            # Celery writes the path of a socket its own way.
            "LOCATION": re.sub(r"^redis\+socket://", "unix://", url),
            "KEY_PREFIX": "edof",
            "OPTIONS": {
                "serializer": "edof.cache.Serialiseur",
                "socket_connect_timeout": 0.25,
                "socket_timeout": 0.25,
            },
        }
    }


def messagerie(par_defaut: str) -> dict[str, object]:
    """Return Django's settings for EMAIL_URL.

    Its forms: `smtp+tls://user:password@host:587`, `console:`, `file:///folder`.
    """
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
