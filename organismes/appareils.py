"""The open sign-ins of a person: where they are, and how they end at once."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.db.models import F, Q, QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac

from edof.horloge import secondes
from organismes.duree import PASSAGES
from organismes.models import Connexion, Utilisateur

# In this order: Edge and Opera also say Chrome, which also says Safari.
NAVIGATEURS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMES = (
    ("iPhone", "un iPhone"),
    ("iPad", "un iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "un Mac"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Appareil:
    """An open sign-in, in words."""

    cle: str
    nom: str
    adresse: str
    vu_le: dt.datetime | None
    celui_ci: bool


def en_mots(navigateur: str) -> str:
    """Return « Firefox sur Windows » for what a browser says of itself."""
    nom = next((nom for signe, nom in NAVIGATEURS if signe in navigateur), "Navigateur inconnu")
    ou = next((ou for signe, ou in SYSTEMES if signe in navigateur), "")
    return f"{nom} sur {ou}" if ou else nom


def ouverts(personne: Utilisateur, cle: str | None) -> list[Appareil]:
    """Return the open sign-ins of a person, that of the session `cle` first, then the last used.

    `Appareil.cle` is not the key of the session, which opens it: it only says which one to close.
    """
    appareils = [
        Appareil(
            _designation(ligne.session_key),
            en_mots(ligne.navigateur),
            ligne.adresse,
            ligne.vue_le,
            ligne.session_key == cle,
        )
        for ligne in _ouvertes(personne)
    ]
    return sorted(appareils, key=lambda appareil: not appareil.celui_ci)


def fermer(personne: Utilisateur, designation: str) -> bool:
    """End one sign-in of this person, at once; return False when it had already ended."""
    for ligne in _ouvertes(personne):
        if constant_time_compare(_designation(ligne.session_key), designation):
            return bool(Connexion.objects.filter(pk=ligne.pk).delete()[0])
    return False


def fermer_tout(personne: Utilisateur) -> int:
    """End every sign-in of this person, at once; return how many were open."""
    ouvertes = len(_ouvertes(personne))
    Connexion.objects.filter(utilisateur=personne).delete()
    return ouvertes


def _ouvertes(personne: Utilisateur) -> list[Connexion]:
    """Return the rows that still open the account, the last used first.

    A row outlives its sign-in when nobody came back, or when the password has changed.
    """
    instant = dt.datetime.fromtimestamp(secondes(), dt.UTC)
    oubliee = instant - dt.timedelta(seconds=settings.CONNEXION_MINUTES_SANS_GESTE * 60 + PASSAGES)
    lignes: QuerySet[Connexion] = Connexion.objects.filter(
        Q(vue_le=None) | Q(vue_le__gt=oubliee), utilisateur=personne, expire_date__gt=instant
    )
    signe = personne.get_session_auth_hash()
    return [
        ligne
        for ligne in lignes.order_by(F("vue_le").desc(nulls_last=True), "expire_date")
        if constant_time_compare(ligne.get_decoded().get(HASH_SESSION_KEY, ""), signe)
    ]


def _designation(cle: str) -> str:
    return salted_hmac("appareil-connecte", cle).hexdigest()[:32]
