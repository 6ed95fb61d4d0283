"""Base class of the views: the checks before every operation, and the response."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar

import brotli
import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.decorators import decorator_from_middleware, method_decorator
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from api import debit, idempotence, parametres, versions
from api.debit import Solde
from api.problemes import raisons_du_formulaire
from api.schema import Doc, Schema, nom_d_operation
from edof.problemes import Probleme
from organismes.droits import Operation, refus, role_permet
from organismes.models import Jeton


class ToujoursDuJson(BaseContentNegotiation):
    """Content negotiation that always answers JSON, whatever the client says it accepts.

    An error that could not be sent would help nobody.
    """

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the parser of the content type, or None, which refuses the request."""
        return next(
            (
                parser
                for parser in parsers
                if (request.content_type or "").partition(";")[0].strip().lower() == parser.media_type
            ),
            None,
        )

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """Return the first renderer."""
        return renderers[0], renderers[0].media_type


# Brotli, accepted with a weight that is not zero.
_BR = re.compile(r"(?:^|,)\s*br\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)", re.I)
# As Django's gzip: below, the headers of the compression cost more than it saves. Level 5 takes gzip's time.
COMPRIMER_DES, NIVEAU_BR = 200, 5


class Compression(GZipMiddleware):
    """Brotli or gzip, in which the compressed response has a strong ETag of its own.

    A weak one could not be sent back in If-Match. The tag of a list is weak from the start, and stays. What
    is sent while it is made (a CSV) is left to gzip.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Return the response, compressed when the client accepts it."""
        avant = response.headers.get("ETag", "")
        if not (
            response.streaming
            or response.has_header("Content-Encoding")
            or len(response.content) < COMPRIMER_DES
            or not _BR.search(request.headers.get("Accept-Encoding", ""))
        ):
            patch_vary_headers(response, ("Accept-Encoding",))
            response.content = brotli.compress(response.content, quality=NIVEAU_BR)
            response.headers["Content-Length"] = str(len(response.content))
            response.headers["Content-Encoding"] = "br"
            reponse = response
        else:
            reponse = super().process_response(request, response)
        if avant and not avant.startswith("W/") and (codage := reponse.headers.get("Content-Encoding")):
            reponse.headers["ETag"] = f'{avant[:-1]}-{codage}"'
        return reponse


@method_decorator(decorator_from_middleware(Compression), name="dispatch")
class Vue(ViewSet):
    """The operations of a resource, each with its `Doc`."""

    schema = Schema()
    content_negotiation_class = ToujoursDuJson
    http_method_names: ClassVar[list[str]] = ["get", "post", "put", "patch", "delete", "head"]
    # The title of the resource in the documentation, and its name in the identifiers of the operations.
    chapitre: ClassVar[str]
    ressource: ClassVar[str]
    docs: ClassVar[dict[str, Doc]]
    # What is left of the rates, once the request has been counted.
    soldes: Sequence[Solde] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the token, the rate limit, the right of access and the query parameters, in this order.

        A request with a wrong token counts in the rate limit too.
        """
        self.format_kwarg = None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        try:
            self.perform_authentication(request)
        except AuthenticationFailed:
            self.check_throttles(request)
            raise
        self.check_throttles(request)
        if self.action not in self.docs:
            raise MethodNotAllowed(request.method)
        self.check_permissions(request)
        parametres.verifier(request, self.docs[self.action].parametres)
        if (cle := idempotence.cle_de(request)) is not None:
            self._repondre_une_fois(request, cle)

    def _repondre_une_fois(self, request: Request, cle: str) -> None:
        """Put the operation of this request behind its key: the second request gets the first answer."""
        methode = str(request.method).lower()
        operer = getattr(self, methode)

        def faire(*args: Any, **kwargs: Any) -> Response:
            try:
                reponse = operer(*args, **kwargs)
            except Exception as erreur:
                # Raised again when it is no refusal.
                reponse = self.handle_exception(erreur)
            return self.finalize_response(request, reponse).render()

        def une_fois(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            return idempotence.une_fois(
                self.jeton,
                cle,
                request,
                lambda: faire(request, *args, **kwargs),
                octets_au_plus=max(lecteur.octets_au_plus for lecteur in self.parser_classes),
            )

        setattr(self, methode, une_fois)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the response, with what is left of the rates and the announced end of the operation."""
        reponse = super().finalize_response(request, response, *args, **kwargs)
        for nom, valeur in debit.entetes(self.soldes):
            reponse.headers[nom] = valeur
        if self.action in self.docs:
            for nom, valeur in versions.entetes(nom_d_operation(self)).items():
                reponse.headers[nom] = valeur
        return reponse

    @property
    def jeton(self) -> Jeton:
        """Return the token of the request."""
        return self.request.user

    def exiger(self, operation: Operation) -> None:
        """Raise PermissionDenied when the role of the token does not have this right.

        The message is the one of the web pages.
        """
        if not role_permet(self.jeton.role, operation):
            raise refus(operation)

    def filtrer(self, filtres: type[django_filters.FilterSet], ensemble: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that match the query parameters.

        Raises Probleme, which names the parameters that cannot be read.
        """
        demande = filtres(data=self.request.query_params, queryset=ensemble, request=self.request)
        if not demande.form.is_valid():
            raise Probleme("parametre_invalide", "", raisons_du_formulaire(demande.form))
        return demande.qs

    def repondre(self, contenu: Any, etiquette: str, *, statut: int = 200, adresse: str = "") -> Response:
        """Return the response for a record, with its ETag.

        The header Location is added when the record has just been created. A simulated creation has neither
        Location nor key (`id` is null), because the key that the database assigned is not kept.
        """
        entetes = {"ETag": f'"{etiquette}"'}
        simulation = parametres.vrai(self.request, parametres.SIMULATION)
        if statut == 201 and simulation:
            contenu = contenu | {"id": None}
        if adresse and not simulation:
            entetes["Location"] = self.request.build_absolute_uri(adresse)
        return Response(contenu, status=statut, headers=entetes)
