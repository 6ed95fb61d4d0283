"""A write done once, however often a program sends it: the header `Idempotency-Key`.

The answer is kept in PostgreSQL, in the transaction of the write, for one day. The same key with the same
request gets the same answer; with another request, a refusal.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from api.models import ReponseGardee
from api.parametres import Parametre
from edof.horloge import maintenant
from edof.problemes import Probleme
from organismes.models import Jeton

GARDEE = dt.timedelta(hours=24)
ECRITURES = {"POST", "PUT", "PATCH", "DELETE"}
CLE_D_IDEMPOTENCE = Parametre(
    "Idempotency-Key",
    "Une clé de votre choix, nouvelle à chaque écriture (un UUID) : la même demande envoyée deux fois n'est"
    " faite qu'une fois, et reçoit la même réponse pendant 24 heures.",
    {"type": "string", "minLength": 1, "maxLength": 255},
    lieu="header",
)
_LISIBLE = re.compile(r"[\x21-\x7e]{1,255}")


def cle_de(request: Request) -> str | None:
    """Return the key of a write, None without one.

    Raises Probleme for a key that cannot be kept: 1 to 255 visible ASCII characters, quotes around it apart.
    """
    if request.method not in ECRITURES or (texte := request.headers.get(CLE_D_IDEMPOTENCE.nom)) is None:
        return None
    # The draft writes the key as a string of structured fields, between quotes; most programs do not.
    cle = texte.strip()
    cle = cle[1:-1] if len(cle) > 2 and cle[0] == cle[-1] == '"' else cle
    if not _LISIBLE.fullmatch(cle):
        raise Probleme("cle_illisible")
    return cle


def une_fois(
    jeton: Jeton, cle: str, request: Request, repondre: Callable[[], Response]
) -> Response | HttpResponse:
    """Return the answer of `repondre`, called once for this key of this token.

    `repondre` does the write and returns its rendered answer, refusals included; an error of the program goes
    through, and nothing is kept. Of a body above a mebibyte, only the length is compared. Raises Probleme
    when the first request with this key still runs, or was another one.
    """
    demande = hashlib.sha256()
    for partie in (str(request.method), request.get_full_path()):
        demande.update(partie.encode() + b"\n")
    longueur = request.headers.get("Content-Length") or "0"
    demande.update(longueur.encode())
    if int(longueur) <= settings.API_OCTETS_AU_PLUS:
        demande.update(request._request.body)
    empreinte = demande.hexdigest()
    with transaction.atomic():
        if not _seule(f"{jeton.pk}/{cle}"):
            raise Probleme("cle_en_cours")
        gardee = ReponseGardee.objects.filter(jeton=jeton, cle=cle).first()
        if gardee is not None and gardee.creee_le > maintenant() - GARDEE:
            if gardee.empreinte != empreinte:
                raise Probleme("cle_deja_prise")
            return HttpResponse(bytes(gardee.corps), status=gardee.statut, headers=gardee.entetes)
        reponse = repondre()
        ReponseGardee.objects.update_or_create(
            jeton=jeton,
            cle=cle,
            defaults={
                "empreinte": empreinte,
                "statut": reponse.status_code,
                "entetes": dict(reponse.headers),
                "corps": reponse.content,
                "creee_le": maintenant(),
            },
        )
    return reponse


def _seule(nom: str) -> bool:
    """Return whether no other request holds this key until its transaction ends."""
    with connection.cursor() as curseur:
        curseur.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"idempotence/{nom}"])
        (seule,) = curseur.fetchone()
    return bool(seule)


def oublier() -> int:
    """Delete the answers kept for more than a day; return how many there were."""
    supprimees: tuple[int, dict[str, Any]] = ReponseGardee.objects.filter(
        creee_le__lt=maintenant() - GARDEE
    ).delete()
    return supprimees[0]
