"""What every page shows in its header."""

from django.http import HttpRequest


def espace(request: HttpRequest) -> dict[str, object]:
    """The organisme and the role of the person who looks."""
    return {"organisme": getattr(request, "organisme", None), "membre": getattr(request, "membre", None)}
