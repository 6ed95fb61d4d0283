"""E-mails: composed from a template, sent at once, or behind the answer when its time must say nothing."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string

from edof.horloge import maintenant
from organismes.models import Membre, Organisme, Utilisateur

journal = logging.getLogger(__name__)
# One at a time, behind the answers: a slow mail server keeps nobody waiting.
_fil = ThreadPoolExecutor(max_workers=1, thread_name_prefix="courriels")


def composer(gabarit: str, a: str, **contexte: Any) -> EmailMessage:
    """The e-mail of `templates/courriels/<gabarit>.txt` to the address `a`; its first line is the subject."""
    objet, _, corps = render_to_string(f"courriels/{gabarit}.txt", contexte).strip().partition("\n")
    return EmailMessage(objet.strip(), corps.lstrip(), to=[a])


def envoyer(message: EmailMessage) -> str:
    """Send now; why it failed, in a French sentence, empty when it is sent."""
    try:
        message.send()
    except (OSError, ImproperlyConfigured) as erreur:
        # smtplib's own errors are among them: a refusal of the server, a wrong password, no answer; and a
        # folder that cannot be written is, for Django, a configuration.
        journal.exception("E-mail « %s » non envoyé", message.subject)
        if isinstance(erreur, TimeoutError):
            return "Le serveur de messagerie n'a pas répondu."
        return "Le serveur de messagerie a refusé l'e-mail ou n'est pas joignable."
    return ""


def envoyer_ensuite(message: EmailMessage | None) -> None:
    """Send behind the answer; None takes the same time, and sends nothing."""
    _fil.submit(envoyer if message else str, message).add_done_callback(_noter_la_panne)


def _noter_la_panne(envoi: Future[str]) -> None:
    """Nobody waits for what is sent behind the answer: what it raised would be lost."""
    if panne := envoi.exception():
        journal.error("E-mail non envoyé", exc_info=panne)


def prevenir(personne: Utilisateur, gabarit: str, **contexte: Any) -> None:
    """Tell this person what has just happened to its account, once that is written for good."""
    message = composer(gabarit, personne.courriel, personne=personne, instant=maintenant(), **contexte)
    transaction.on_commit(lambda: envoyer_ensuite(message))


def aux_gestionnaires(organisme: Organisme, gabarit: str, **contexte: Any) -> None:
    """Tell all the gestionnaires of the organisme, its author included, who may not be who they think."""
    membres = Membre.objects.pour_organisme(organisme).gestionnaires().select_related("utilisateur")
    for membre in membres:
        prevenir(membre.utilisateur, gabarit, organisme=organisme, **contexte)


def attendre_les_envois() -> None:
    """Come back once all that was to be sent is sent."""
    _fil.submit(str).result()
