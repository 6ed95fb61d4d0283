"""Template tags: the hidden fields of forms, and the display of telephone numbers."""

from django import template
from django.template.defaulttags import CsrfTokenNode
from django.utils.safestring import SafeString

from edof.templatetags.affichage import INSECABLE
from organismes.espace import champ_de_l_espace
from organismes.validateurs import afficher_telephone

register = template.Library()


@register.filter
def telephone(numero: str) -> str:
    """Return « 01 49 80 00 00 », with non-breaking spaces."""
    return afficher_telephone(numero).replace(" ", INSECABLE)


@register.simple_tag(takes_context=True)
def signature(context: template.Context) -> SafeString:
    """Return the hidden fields of every form that writes: the CSRF token and the organisme.

    The organisme is the one that the form was made for.
    """
    return SafeString(CsrfTokenNode().render(context) + champ_de_l_espace(context["request"]))
