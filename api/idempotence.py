"""A write done once, however often a program sends it: the header `Idempotency-Key`.

The answer is kept in PostgreSQL, in the transaction of the write, for one day. The same key with the same
request gets the same answer; with another request, a refusal.
"""

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from api.debit import ENTETES
from api.models import ReponseGardee
from api.parametres import Parametre
from edof.conservation import REPONSES
from edof.horloge import maintenant_pour_tous
from edof.problemes import Probleme
from organismes.models import Jeton

GARDEE = REPONSES.duree
ECRITURES = {"POST", "PUT", "PATCH", "DELETE"}
CLE_D_IDEMPOTENCE = Parametre(
    "Idempotency-Key",
    "Une clé de votre choix, nouvelle à chaque écriture (un UUID) : la même demande envoyée deux fois n'est"
    " faite qu'une fois, et reçoit la même réponse pendant 24 heures.",
    {"type": "string", "minLength": 1, "maxLength": 255},
    lieu="header",
)
# A body up to this size stays in memory while it is compared.
_EN_MEMOIRE, _MORCEAU = 1_000_000, 64 * 1024
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
    jeton: Jeton, cle: str, request: Request, repondre: Callable[[], Response], *, octets_au_plus: int
) -> Response | HttpResponse:
    """Return the answer of `repondre`, called once for this key of this token.

    `repondre` does the write and returns its rendered answer, refusals included; an error of the program goes
    through, and nothing is kept. Raises Probleme when the first request with this key still runs, or was
    another one.
    """
    with _recue(request, octets_au_plus) as empreinte, transaction.atomic():
        if not _seule(f"{jeton.pk}/{cle}"):
            raise Probleme("cle_en_cours")
        gardee = ReponseGardee.objects.filter(jeton=jeton, cle=cle).first()
        if gardee is not None and gardee.creee_le > maintenant_pour_tous() - GARDEE:
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
                # What is left of the rates is said of each request.
                "entetes": {nom: valeur for nom, valeur in reponse.headers.items() if nom not in ENTETES},
                "corps": reponse.content,
                "creee_le": maintenant_pour_tous(),
            },
        )
    return reponse


@contextmanager
def _recue(request: Request, octets_au_plus: int) -> Iterator[str]:
    """Give the digest of what is asked; the body is read into a file, where its parser then finds it.

    Of a body that is too large, the parser will refuse the first byte too many: nothing is read beyond.
    """
    demande = hashlib.sha256()
    for partie in (str(request.method), request.get_full_path(), str(request.content_type)):
        demande.update(partie.encode() + b"\n")
    with tempfile.SpooledTemporaryFile(max_size=_EN_MEMOIRE) as fichier:
        if request.stream is not None:
            while fichier.tell() <= octets_au_plus and (octets := request.stream.read(_MORCEAU)):
                demande.update(octets)
                fichier.write(octets)
            fichier.seek(0)
            request._stream = fichier
        yield demande.hexdigest()


def _seule(nom: str) -> bool:
    """Return whether no other request holds this key until its transaction ends."""
    with connection.cursor() as curseur:
        curseur.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"idempotence/{nom}"])
        (seule,) = curseur.fetchone()
    return bool(seule)


def oublier() -> int:
    """Delete the answers kept for more than a day; return how many there were."""
    supprimees: tuple[int, dict[str, Any]] = ReponseGardee.objects.filter(
        creee_le__lt=maintenant_pour_tous() - GARDEE
    ).delete()
    return supprimees[0]
