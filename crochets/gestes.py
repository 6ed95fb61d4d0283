"""What a gestionnaire, or a program with their rights, does with a subscription: one way for all doors.

Each is signed in the history. The caller has asked for the right.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pghistory
from django.db import transaction

from crochets.forms import AbonnementForm
from crochets.models import Abonnement
from organismes.courriels import aux_gestionnaires
from organismes.droits import Acteur
from organismes.models import Jeton


def nom_de(par: Acteur) -> str:
    """Return who acts, in words."""
    return f"le jeton « {par} »" if isinstance(par, Jeton) else str(par)


@contextmanager
def _signe(operation: str, par: Acteur) -> Iterator[None]:
    origine = "api" if isinstance(par, Jeton) else "formulaire"
    with (
        transaction.atomic(),
        pghistory.context(operation=operation, origine=origine, **par.signature),
    ):
        yield


def creer(form: AbonnementForm, *, par: Acteur) -> tuple[Abonnement, bool]:
    """Return the subscription of this valid form, and whether this call made it: sent twice, it makes one.

    The gestionnaires are told of a new one. Another person may have taken the address meanwhile: what is
    returned then has another secret.
    """
    with _signe("creer", par):
        abonnement, nouveau = Abonnement.objects.get_or_create(
            organisme=form.instance.organisme,
            url=form.cleaned_data["url"],
            defaults={
                "nom": form.cleaned_data["nom"],
                "evenements": form.cleaned_data["evenements"],
                "secret": form.secret,
                "cree_par": nom_de(par),
            },
        )
        if nouveau:
            aux_gestionnaires(abonnement.organisme, "nouveau_webhook", abonnement=abonnement, par=nom_de(par))
    return abonnement, nouveau


def modifier(form: AbonnementForm, *, par: Acteur) -> Abonnement:
    """Save the valid form of a subscription that exists."""
    with _signe("modifier", par):
        abonnement: Abonnement = form.save(commit=False)
        abonnement.save(update_fields=form.Meta.fields)
    return abonnement


def renouveler(abonnement: Abonnement, secret: str, *, par: Acteur) -> None:
    """Give it a new secret; the former one signs too for a day."""
    with _signe("renouveler", par):
        Abonnement.objects.select_for_update().get(pk=abonnement.pk).renouveler(secret)


def arreter(abonnement: Abonnement, *, par: Acteur) -> bool:
    """Disable it; return whether this call did it."""
    with _signe("desactiver", par):
        return abonnement.arreter(Abonnement.Arret.VOULU)


def reprendre(abonnement: Abonnement, *, par: Acteur) -> bool:
    """Enable it; return whether this call did it."""
    with _signe("activer", par):
        return abonnement.reprendre()


def supprimer(abonnement: Abonnement, *, par: Acteur) -> None:
    """Delete it, with its journal."""
    with _signe("supprimer", par):
        # The subscription first, as the round does.
        tenus: Any = Abonnement.objects.select_for_update().filter(pk=abonnement.pk)
        for tenu in tenus:
            tenu.delete()
