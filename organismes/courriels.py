"""E-mails, composed from templates.

They are sent at once when the page reports the result, otherwise stored in a queue for the worker.
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
    """Return the e-mail of `templates/courriels/<gabarit>.txt` to the address `a`.

    The first line of the template is the subject; `contexte` is passed to the template.
    """
    objet, _, corps = render_to_string(f"courriels/{gabarit}.txt", contexte).strip().partition("\n")
    return EmailMessage(objet.strip(), corps.lstrip(), to=[a])


def envoyer(message: EmailMessage) -> str:
    """Send the e-mail now; return the reason of a failure as a French sentence, empty on success."""
    try:
        message.send()
    except (OSError, ImproperlyConfigured) as erreur:
        # smtplib's own errors are subclasses of OSError: a refusal of the server, a wrong password, no
        # answer. For Django, a folder that cannot be written is a configuration error.
        journal.exception("E-mail « %s » non envoyé", message.subject)
        if isinstance(erreur, TimeoutError):
            return "Le serveur de messagerie n'a pas répondu."
        return "Le serveur de messagerie a refusé l'e-mail ou n'est pas joignable."
    return ""


def deposer(message: EmailMessage | None) -> None:
    """Store the e-mail in the queue: the worker sends it within seconds.

    With None, as for an account that does not exist, the cost is the same and nothing is sent. Inside a
    transaction, the e-mail is sent only if the transaction commits.
    """
    a, objet, corps = (message.to[0], message.subject, message.body) if message else ("", "", "")
    entetes = message.extra_headers if message else {}
    Courriel.objects.create(a=a, objet=objet, corps=corps, entetes=entetes)


def envoyer_ce_qui_attend() -> int:
    """Send the due e-mails one at a time; return how many were sent. Two workers never send the same one.

    A worker killed between the sending and the deletion leads to that e-mail being sent twice, which is
    better than never.
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
                # An e-mail that cannot even be composed must not block the others.
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
    """Notify this person of a change to their account, once the transaction commits."""
    message = composer(gabarit, personne.courriel, personne=personne, instant=maintenant(), **contexte)
    deposer(message)


def aux_gestionnaires(organisme: Organisme, gabarit: str, **contexte: Any) -> None:
    """Notify all the gestionnaires of the organisme, including the author of the change.

    The author's account may be in the hands of someone else.
    """
    membres = Membre.objects.pour_organisme(organisme).gestionnaires().select_related("utilisateur")
    for membre in membres:
        prevenir(membre.utilisateur, gabarit, organisme=organisme, **contexte)
