"""The permanent address of an action on the public side: written from what was published, and read back."""

import re
from typing import Any
from urllib.parse import quote

from django.conf import settings

from catalogue.models import Action, Offre
from organismes.models import Organisme
from organismes.validateurs import normaliser_identifiant
from publication.presentation import Contenu

# An identifier may hold any visible character. These would be taken for a part of the address by a browser or
# by a proxy, even percent-encoded: they are written « ~ » and their code. So is « ~ » itself.
_ECRITS = {"~": "~7E", "/": "~2F", "\\": "~5C"}
_LUS = {ecrit: signe for signe, ecrit in _ECRITS.items()}


def adresse(offre: Contenu, action: Contenu) -> str:
    """Return the address of this action, as published: /formations/<SIRET>_<offre>/<SIRET>_<action>/."""
    return adresse_de(offre["organisme"]["siret"], offre["identifiant"], action["identifiant"])


def adresse_de(siret: str, offre: str, action: str) -> str:
    """Return the same from the SIRET and the two identifiers, percent-encoded where they must be."""
    return f"/formations/{siret}_{_ecrire(offre)}/{siret}_{_ecrire(action)}/"


def url_absolue(chemin: str) -> str:
    """Return an address of this site with its host: the same for everybody, since pages are shared."""
    return f"{settings.ADRESSE_PUBLIQUE}{chemin}"


def action_a(siret: str, offre: str, action: str) -> int | None:
    """Return the key of the action that has this address now, as its record tells it; None when none has.

    Case and the kind of hyphens do not matter.
    """
    presentes = Action.objects.filter(
        organisme__siret=siret,
        offre__identifiant_normalise=_lire(offre),
        identifiant_normalise=_lire(action),
    )
    return presentes.values_list("pk", flat=True).first()


def actions_passees_a(siret: str, offre: str, action: str) -> list[int]:
    """Return the keys of the actions that have, or had, this address, the last one first.

    A SIRET may have changed, a record may have been deleted and its identifier taken again: the history knows
    all those that had it.
    """
    organisme: Any = Organisme
    organismes = organisme.pgh_event_model.objects.filter(siret=siret).values("pgh_obj_id")
    offres = Offre.pgh_event_model.objects.filter(
        organisme_id__in=organismes, identifiant_normalise=_lire(offre)
    ).values("pgh_obj_id")
    actions = Action.pgh_event_model.objects.filter(
        offre_id__in=offres, identifiant_normalise=_lire(action)
    ).order_by("-pgh_id")
    return list(dict.fromkeys(actions.values_list("pgh_obj_id", flat=True)))


def _ecrire(identifiant: str) -> str:
    return quote(re.sub(r"[~/\\]", lambda signe: _ECRITS[signe[0]], identifiant), safe="")


def _lire(partie: str) -> str:
    """Return the identifier that a part of an address writes, in its compared form."""
    return normaliser_identifiant(re.sub("~(?:7E|2F|5C)", lambda ecrit: _LUS[ecrit[0]], partie))
