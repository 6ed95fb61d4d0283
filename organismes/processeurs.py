"""Context processors for the header of every page."""

from organismes.droits import Operation, role_permet
from organismes.espace import EN_TETE, Requete
from organismes.models import Bandeau


def espace(request: Requete) -> dict[str, object]:
    """Return the organisme and the role of the user, their other organismes, and the name of the view.

    The name of the view is empty on an error page.
    """
    organisme, membre = getattr(request, "organisme", None), getattr(request, "membre", None)
    autres = [m.organisme for m in getattr(request, "membres", []) if m != membre]
    vue = request.resolver_match.url_name if request.resolver_match else ""
    return {
        "organisme": organisme,
        "visite": getattr(request, "visite", None),
        "bac": getattr(request, "bac", None),
        "membre": membre,
        "autres_organismes": autres,
        "entete_espace": EN_TETE,
        "connexion_reste": getattr(request, "connexion_reste", None),
        "page_vue": vue or "",
        "peut_saisir": membre is not None and role_permet(membre.role, Operation.MODIFIER),
        "peut_gerer_les_jetons": membre is not None and role_permet(membre.role, Operation.GERER_LES_JETONS),
    }


def bandeaux(request: Requete) -> dict[str, object]:
    """Return `bandeaux`, a function that reads the banners to show to the user.

    It is a function, so that pages without a header make no query.
    """

    def lus() -> list[Bandeau]:
        connecte = getattr(request, "user", None) is not None and request.user.is_authenticated
        return Bandeau.objects.affiches(getattr(request, "organisme", None)) if connecte else []

    return {"bandeaux": lus}
