"""The parts of a page last drawn, kept by what they show.

A page of the catalogue draws the same cards again and again: drawing one takes ten times longer than reading
it. A part is kept by all that it may show, so that what has changed is another part: nothing has to be
forgotten in time.
"""

import pickle
import secrets
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from django import template
from django.db.models import Model
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from edof.horloge import aujourd_hui

register = template.Library()

# The parts kept by each process, some kilobytes each.
AU_PLUS = 2000
# Stands for the token of forms, which differs at each request. Nobody can type what nobody knows.
_JETON = secrets.token_hex(32)


@register.simple_tag(takes_context=True)
def bloc(context: template.Context, gabarit: str, **montres: Any) -> SafeString:
    """Return the part that this template draws from these records or values, as `{% include %}` would.

    The template sees nothing else of the page than the records, with the attributes that the view has set on
    them and the related records that it has loaded, the organisme of the request and the present day. It must
    not show the parent of a record (`PARENT`), nor ask the database for anything. A value that is no record
    must be one that `pickle` tells whole.
    """
    request = context["request"]
    organisme = getattr(request, "organisme", None)
    etats = [(nom, _etat(m) if isinstance(m, Model) else m) for nom, m in montres.items()]
    vu = pickle.dumps((gabarit, organisme and organisme.pk, aujourd_hui(), etats))
    place = _place(blake2b(vu, digest_size=16).digest())
    if not place:
        contexte = {**montres, "request": request, "csrf_token": _JETON}
        place.append(mark_safe(get_template(gabarit).render(contexte)))
    html = place[0]
    return mark_safe(html.replace(_JETON, str(context["csrf_token"]))) if _JETON in html else html


@lru_cache(maxsize=AU_PLUS)
def _place(vu: bytes) -> list[SafeString]:
    """Return where the part that shows this is kept: an empty list until it is drawn."""
    return []


def oublier_les_blocs() -> None:
    """Forget every part, so that the next pages are drawn afresh."""
    _place.cache_clear()


def _etat(fiche: Model) -> list[Any]:
    """Return all that a template may read of a record, but its parent."""
    liees = fiche._state.fields_cache.items()
    parent = getattr(fiche, "PARENT", None)
    return [_valeurs(fiche), *(liee and _valeurs(liee) for nom, liee in liees if nom != parent)]


def _valeurs(fiche: Model) -> dict[str, Any]:
    return {nom: valeur for nom, valeur in vars(fiche).items() if nom != "_state"}
