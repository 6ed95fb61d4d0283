"""The buttons of the pages of a webhook, and what is said once they have been pressed."""

from collections.abc import Callable

from django.contrib import messages

from crochets import gestes
from crochets.models import Abonnement, Livraison
from edof.templatetags.affichage import pluriel
from organismes.espace import Requete

DESACTIVE = "Ce webhook est désactivé : réactivez-le d'abord."


def tester(request: Requete, abonnement: Abonnement) -> None:
    """Send a test; a test that waits already is not doubled."""
    if abonnement.un_test_attend():
        messages.info(request, "Un test est déjà en route.")
        return
    abonnement.essayer(request.user)
    messages.success(request, "Le test part : sa réponse paraît dans le journal en quelques secondes.")


def activer(request: Requete, abonnement: Abonnement) -> None:
    """Enable the webhook."""
    if gestes.reprendre(abonnement, par=request.user):
        messages.success(request, f"Le webhook « {abonnement} » est réactivé.")
    else:
        messages.info(request, f"Le webhook « {abonnement} » était déjà actif.")


def desactiver(request: Requete, abonnement: Abonnement) -> None:
    """Disable the webhook."""
    if gestes.arreter(abonnement, par=request.user):
        messages.success(
            request, f"Le webhook « {abonnement} » est désactivé : {abonnement.url} n'est plus prévenue."
        )
    else:
        messages.info(request, f"Le webhook « {abonnement} » était déjà désactivé.")


def rejouer(request: Requete, abonnement: Abonnement) -> None:
    """Send again all that was given up."""
    if not abonnement.actif:
        messages.error(request, DESACTIVE)
    elif nombre := abonnement.livraisons.perdues().rejouer():
        messages.success(request, f"{pluriel(nombre, 'livraison repart,livraisons repartent')}.")
    else:
        messages.info(request, "Aucune livraison n'est abandonnée.")


def rejouer_une(request: Requete, abonnement: Abonnement, livraison: Livraison) -> None:
    """Send one delivery again, as the same event."""
    if not abonnement.actif:
        messages.error(request, DESACTIVE)
    elif abonnement.livraisons.filter(pk=livraison.pk).rejouer():
        messages.success(request, "La livraison repart, avec le même numéro d'événement.")
    else:
        messages.info(request, "Cette livraison est déjà en attente.")


GESTES: dict[str, Callable[[Requete, Abonnement], None]] = {
    "tester": tester,
    "activer": activer,
    "desactiver": desactiver,
    "rejouer": rejouer,
}
