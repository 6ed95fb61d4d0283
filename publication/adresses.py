"""The permanent address of an action on the public side: written from what was published, and read back."""

import re
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


def actions_a(siret: str, offre: str, action: str) -> list[int]:
    """Return the keys of the actions that this address names or has named, the present one first.

    A SIRET may have changed, a record may have been deleted and its identifier taken again: the history knows
    those that had it. Case and the kind of hyphens do not matter.
    """
    offre, action = (normaliser_identifiant(_lire(partie)) for partie in (offre, action))
    presente = Action.objects.filter(
        organisme__siret=siret, offre__identifiant_normalise=offre, identifiant_normalise=action
    ).values_list("pk", flat=True)
    organismes = Organisme.pgh_event_model.objects.filter(siret=siret).values("pgh_obj_id")
    offres = Offre.pgh_event_model.objects.filter(
        organisme_id__in=organismes, identifiant_normalise=offre
    ).values("pgh_obj_id")
    anciennes = (
        Action.pgh_event_model.objects.filter(offre_id__in=offres, identifiant_normalise=action)
        .order_by("-pgh_id")
        .values_list("pgh_obj_id", flat=True)
    )
    return list(dict.fromkeys([*presente, *anciennes]))


def _ecrire(identifiant: str) -> str:
    return quote(re.sub(r"[~/\\]", lambda signe: _ECRITS[signe[0]], identifiant), safe="")


def _lire(partie: str) -> str:
    return re.sub("~(?:7E|2F|5C)", lambda ecrit: _LUS[ecrit[0]], partie)
