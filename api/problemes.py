"""Conversion of the exceptions of the apps, and of the errors of forms, to problems (edof/problemes.py)."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import Http404
from django.urls import reverse
from rest_framework import exceptions
from rest_framework.response import Response

from api.authentification import MAL_ECRIT
from api.choix import choix_inconnu, sans_liste
from catalogue.cycle_de_vie import OperationRefusee, Refus
from catalogue.fusion import Divergences, VersionDepassee
from catalogue.models import Fiche
from edof.problemes import TYPE_DE_CONTENU, Probleme, Raison


def fiche_en_bref(fiche: Fiche) -> dict[str, Any]:
    """Return the description of a record that blocks an operation, with its URL in the API."""
    niveau = fiche._meta.model_name
    adresse = reverse(f"api_{niveau}", args=[fiche.pk]) if fiche.pk else None
    return {"niveau": niveau, "id": fiche.pk, "identifiant": fiche.identifiant, "url": adresse}


def raisons_de(refus: Iterable[Refus]) -> list[Raison]:
    """Return the reasons of the refusals of an operation."""
    return [
        Raison(r.phrase, r.champ, r.code or "etat", fiche_en_bref(r.coupable) if r.coupable else None)
        for r in refus
    ]


def raisons_du_formulaire(form: BaseForm) -> list[Raison]:
    """Return the reasons for the errors of a form, with its own messages.

    A program has no list to choose in: it is told what to write.
    """
    return [
        Raison(
            choix_inconnu(form, champ) if sans_liste(phrase) else phrase,
            None if champ == "__all__" else champ,
            erreur.code or "refuse",
        )
        for champ, erreurs in form.errors.as_data().items()
        for erreur in erreurs
        for phrase in erreur.messages
    ]


def en_probleme(erreur: Exception) -> Probleme | None:
    """Return the problem that corresponds to this exception.

    Return None when the exception is not a refusal but an error of the program.
    """
    match erreur:
        case Probleme():
            return erreur
        case Divergences():
            montrees = [
                {"champ": d.champ, **{n: str(getattr(d, n) or "") for n in ("avant", "leur", "mien")}}
                for d in erreur.divergences
            ]
            return Probleme(
                "divergence",
                str(erreur),
                raisons_de(erreur.refus),
                version=erreur.fiche.version,
                divergences=montrees,
            )
        case VersionDepassee():
            return Probleme(
                "version_depassee", str(erreur), raisons_de(erreur.refus), version=erreur.fiche.version
            )
        case OperationRefusee():
            return Probleme("operation_refusee", "", raisons_de(erreur.refus))
        case exceptions.NotAuthenticated():
            return Probleme("jeton_absent")
        case exceptions.AuthenticationFailed():
            return Probleme("jeton_refuse", str(erreur) if erreur.get_codes() == MAL_ECRIT else "")
        case PermissionDenied() | exceptions.PermissionDenied():
            return Probleme("droit_insuffisant", str(erreur))
        case Http404() | exceptions.NotFound():
            return Probleme("introuvable")
        case exceptions.MethodNotAllowed():
            return Probleme("methode_interdite")
        case exceptions.UnsupportedMediaType():
            return Probleme("type_de_contenu")
        case exceptions.Throttled():
            return Probleme("debit_depasse")
        case exceptions.ParseError():
            return Probleme("requete_illisible")
    return None


def repondre(erreur: Exception, contexte: dict[str, Any]) -> Response | None:
    """Return the response for an exception, as the exception handler of DRF.

    Each refusal is a problem. None for an error of the program, which goes on to the error page with its
    incident number.
    """
    probleme = en_probleme(erreur)
    if probleme is None:
        return None
    entetes = {}
    if probleme.status_code == 401:
        entetes["WWW-Authenticate"] = "Bearer"
    if isinstance(erreur, exceptions.Throttled) and erreur.wait is not None:
        entetes["Retry-After"] = str(erreur.wait)
    if probleme.code == "cle_en_cours":
        entetes["Retry-After"] = "1"
    if "version" in probleme.autres:
        entetes["ETag"] = f'"{probleme.autres["version"]}"'
    return Response(
        probleme.en_json(), status=probleme.status_code, headers=entetes, content_type=TYPE_DE_CONTENU
    )
