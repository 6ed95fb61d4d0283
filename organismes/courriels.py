"""E-mails: composed from a template; sent at once where the page says what became of them, else written down
for the worker.
"""

import logging
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string

from edof.horloge import maintenant
from organismes.models import Courriel, Membre, Organisme, Utilisateur

journal = logging.getLogger(__name__)


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


def deposer(message: EmailMessage | None) -> None:
    """Write it down to be sent within seconds by the worker; None costs as much, and sends nothing.

    In a transaction, it leaves when that is written for good, and only then.
    """
    a, objet, corps = (message.to[0], message.subject, message.body) if message else ("", "", "")
    Courriel.objects.create(a=a, objet=objet, corps=corps)


def envoyer_ce_qui_attend() -> int:
    """Send what is due, one e-mail at a time; return how many left. Two workers never send the same.

    Killed between the sending and the deletion, it sends that one twice: better than never.
    """
    partis = 0
    while True:
        with transaction.atomic():
            courriel = Courriel.objects.a_envoyer().select_for_update(skip_locked=True).first()
            if courriel is None:
                break
            try:
                echec = envoyer(courriel.message()) if courriel.a else ""
            except Exception:
                # One that cannot even be made must not keep the others waiting.
                journal.exception("E-mail %s impossible", courriel.pk)
                echec = "Cet e-mail ne peut pas être composé."
            if echec:
                courriel.remettre(echec)
            else:
                partis += bool(courriel.a)
                courriel.delete()
    if partis:
        journal.info("E-mails envoyés : %s", partis)
    return partis


def prevenir(personne: Utilisateur, gabarit: str, **contexte: Any) -> None:
    """Tell this person what has just happened to its account, once that is written for good."""
    message = composer(gabarit, personne.courriel, personne=personne, instant=maintenant(), **contexte)
    deposer(message)


def aux_gestionnaires(organisme: Organisme, gabarit: str, **contexte: Any) -> None:
    """Tell all the gestionnaires of the organisme, its author included, who may not be who they think."""
    membres = Membre.objects.pour_organisme(organisme).gestionnaires().select_related("utilisateur")
    for membre in membres:
        prevenir(membre.utilisateur, gabarit, organisme=organisme, **contexte)
