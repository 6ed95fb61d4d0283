"""Passkeys (WebAuthn): what the browser is asked, and what it answers, checked by py_webauthn."""

import ipaddress
import json
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.http.request import split_domain_port
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, generate_challenge
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from edof.horloge import maintenant
from organismes.models import CleDAcces, Utilisateur

SITE = "Catalogue OF"
CLES_AU_PLUS = 10
# The challenge, in the session; it is valid for one answer.
DEFI = "defi"
# What an answer that no browser makes may raise.
ILLISIBLES = (WebAuthnException, ValueError, KeyError, TypeError, IndexError, RecursionError)


def possibles(request: HttpRequest) -> bool:
    """Return whether this address may have passkeys: they belong to a name, never to an IP address."""
    try:
        ipaddress.ip_address(_hote(request).strip("[]"))
    except ValueError:
        return True
    return False


def demander_une_nouvelle(request: HttpRequest, personne: Utilisateur) -> str:
    """Return, in JSON, what a browser needs to make a passkey."""
    options = generate_registration_options(
        rp_id=_hote(request),
        rp_name=SITE,
        # An opaque number: no address is kept in the key.
        user_id=str(personne.pk).encode(),
        user_name=personne.courriel,
        user_display_name=personne.nom_complet,
        challenge=_defi(request),
        exclude_credentials=_connues(personne),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    return options_to_json(options)


def demander_une_connue(request: HttpRequest, personne: Utilisateur) -> str:
    """Return, in JSON, what a browser needs to use one of the passkeys of this person."""
    options = generate_authentication_options(
        rp_id=_hote(request),
        challenge=_defi(request),
        allow_credentials=_connues(personne),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return options_to_json(options)


def nouvelle(request: HttpRequest, personne: Utilisateur, reponse: str, nom: str) -> CleDAcces | None:
    """Return the passkey that the browser has made, not saved; None when its answer is not valid."""
    try:
        lue = verify_registration_response(
            credential=_lue(reponse),
            expected_challenge=_defi_attendu(request),
            expected_rp_id=_hote(request),
            expected_origin=_origine(request),
        )
    except ILLISIBLES:
        return None
    return CleDAcces(
        utilisateur=personne,
        nom=nom,
        identifiant=lue.credential_id,
        cle_publique=lue.credential_public_key,
        compteur=lue.sign_count,
    )


def verifier(request: HttpRequest, personne: Utilisateur, reponse: str) -> bool:
    """Return whether the browser has answered with a passkey of this person."""
    attendu = _defi_attendu(request)
    try:
        recue = _lue(reponse)
        identifiant = base64url_to_bytes(str(recue.get("id", "")))
    except ILLISIBLES:
        return False
    with transaction.atomic():
        cles = CleDAcces.objects.select_for_update(no_key=True).filter(utilisateur=personne)
        if (cle := cles.filter(identifiant=identifiant).first()) is None:
            return False
        try:
            lue = verify_authentication_response(
                credential=recue,
                expected_challenge=attendu,
                expected_rp_id=_hote(request),
                expected_origin=_origine(request),
                credential_public_key=bytes(cle.cle_publique),
                credential_current_sign_count=cle.compteur,
            )
        except ILLISIBLES:
            return False
        cle.compteur, cle.utilisee_le = lue.new_sign_count, maintenant()
        cle.save(update_fields=["compteur", "utilisee_le"])
    return True


def _hote(request: HttpRequest) -> str:
    # Without the port; ALLOWED_HOSTS says which hosts may be asked for.
    return split_domain_port(request.get_host())[0]


def _origine(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _connues(personne: Utilisateur) -> list[PublicKeyCredentialDescriptor]:
    cles = CleDAcces.objects.filter(utilisateur=personne).values_list("identifiant", flat=True)
    return [PublicKeyCredentialDescriptor(id=bytes(cle)) for cle in cles]


def _defi(request: HttpRequest) -> bytes:
    """Return the challenge of this session: the same in two tabs, until one of them has answered."""
    if DEFI not in request.session:
        request.session[DEFI] = bytes_to_base64url(generate_challenge())
    return base64url_to_bytes(request.session[DEFI])


def _defi_attendu(request: HttpRequest) -> bytes:
    return base64url_to_bytes(request.session.pop(DEFI, "")) or generate_challenge()


def _lue(reponse: str) -> dict[str, Any]:
    lue = json.loads(reponse)
    if not isinstance(lue, dict):
        raise ValueError("not an object")
    return lue
