"""What every form that writes begins with, and how a telephone is written."""

from django import template
from django.template.defaulttags import CsrfTokenNode
from django.utils.safestring import SafeString

from edof.templatetags.affichage import INSECABLE
from organismes.espace import champ_de_l_espace
from organismes.validateurs import afficher_telephone

register = template.Library()


@register.filter
def telephone(numero: str) -> str:
    """« 01 49 80 00 00 », unbroken."""
    return afficher_telephone(numero).replace(" ", INSECABLE)


@register.simple_tag(takes_context=True)
def signature(context: template.Context) -> SafeString:
    """What every form that writes begins with: the proof against forged requests, and the organisme it was
    made for.
    """
    return SafeString(CsrfTokenNode().render(context) + champ_de_l_espace(context["request"]))
