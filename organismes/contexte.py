"""What every page shows in its header."""

from django.http import HttpRequest

from organismes.espace import EN_TETE


def espace(request: HttpRequest) -> dict[str, object]:
    """The organisme and the role of the person who looks, the other organismes of this person, the name of the page (empty on errors)."""
    organisme, membre = getattr(request, "organisme", None), getattr(request, "membre", None)
    autres = [m.organisme for m in getattr(request, "membres", []) if m != membre]
    vue = request.resolver_match.url_name if request.resolver_match else ""
    return {"organisme": organisme, "membre": membre, "autres_organismes": autres, "entete_espace": EN_TETE, "page_vue": vue or ""}
