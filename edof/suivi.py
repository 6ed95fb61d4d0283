"""Errors sent to Sentry, or to what speaks as it does, when SENTRY_DSN is set: no personal content."""

from typing import Any

from edof import demande

# What an event may say of the request: neither body, nor cookies, nor what was searched.
_GARDES = ("method", "url")


def suivre_les_erreurs(dsn: str) -> None:
    """Begin to send the errors of this process."""
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=0,
        before_send=nettoyer,
    )


def nettoyer(evenement: Any, _: Any = None) -> Any:
    """Return the event with its class, its traceback and the number of the request; nothing that was typed.

    The text of an error may repeat a value, and an address a secret: both are left out.
    """
    requete = evenement.get("request") or {}
    if requete:
        evenement["request"] = {nom: requete[nom] for nom in _GARDES if nom in requete}
        if "url" in evenement["request"]:
            evenement["request"]["url"] = evenement.get("transaction") or "-"
    for nom in ("user", "breadcrumbs", "extra", "logentry"):
        evenement.pop(nom, None)
    for erreur in (evenement.get("exception") or {}).get("values") or []:
        erreur["value"] = ""
    if numero := demande.numero():
        evenement.setdefault("tags", {})["demande"] = numero
    return evenement
