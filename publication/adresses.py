"""The permanent address of an action on the public side: written from what was published, and read back."""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.conf import settings

from catalogue.models import Action, Offre
from edof.gardees import Donnee, Gardee
from edof.replique import connexion_de_lecture
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


def action_a(offre: str, action: str) -> int | None:
    """Return the key of the action that has this address now, as its record tells it; None when none has.

    `offre` and `action` are the two parts of the address. Case and the kind of hyphens do not matter.
    """
    siret, identifiant_de_l_offre, identifiant = _lire(offre, action)
    if not siret:
        return None
    lecture = _a_l_adresse(connexion_de_lecture().alias)
    lues = lecture.lignes(siret=siret, offre=identifiant_de_l_offre, action=identifiant)
    return lues[0][0] if lues else None


def actions_passees_a(offre: str, action: str) -> list[int]:
    """Return the keys of the actions that have, or had, this address, the last one first.

    A SIRET may have changed, a record may have been deleted and its identifier taken again: the history knows
    all those that had it.
    """
    siret, identifiant_de_l_offre, identifiant = _lire(offre, action)
    if not siret:
        return []
    organisme: Any = Organisme
    organismes = organisme.pgh_event_model.objects.filter(siret=siret).values("pgh_obj_id")
    offres = Offre.pgh_event_model.objects.filter(
        organisme_id__in=organismes, identifiant_normalise=identifiant_de_l_offre
    ).values("pgh_obj_id")
    actions = Action.pgh_event_model.objects.filter(
        offre_id__in=offres, identifiant_normalise=identifiant
    ).order_by("-pgh_id")
    return list(dict.fromkeys(actions.values_list("pgh_obj_id", flat=True)))


@lru_cache(maxsize=2)
def _a_l_adresse(base: str) -> Gardee[Action]:
    """Return the query of the action of `siret` that has the identifiers `offre` and `action`."""
    presentes = Action.objects.using(base).filter(
        organisme__siret=Donnee("siret"),
        offre__identifiant_normalise=Donnee("offre"),
        identifiant_normalise=Donnee("action"),
    )
    return Gardee(presentes.values_list("pk"))


def _ecrire(identifiant: str) -> str:
    return quote(re.sub(r"[~/\\]", lambda signe: _ECRITS[signe[0]], identifiant), safe="")


def _lire(offre: str, action: str) -> tuple[str, str, str]:
    """Return the SIRET and the two identifiers of an address, in their compared form.

    They are empty when the two parts are not of this form, or not of one SIRET.
    """
    lue = re.fullmatch("([0-9]{14})_(.+)/\\1_(.+)", f"{offre}/{action}", re.S)
    if lue is None:
        return "", "", ""
    de_l_offre, de_l_action = (
        normaliser_identifiant(re.sub("~(?:7E|2F|5C)", lambda ecrit: _LUS[ecrit[0]], partie))
        for partie in lue.groups()[1:]
    )
    return lue[1], de_l_offre, de_l_action
