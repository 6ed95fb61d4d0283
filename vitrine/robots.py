"""What robots read: the addresses of the public pages in sitemaps, and robots.txt."""

import datetime as dt
from collections.abc import Iterator
from xml.sax.saxutils import escape

from django.contrib.auth.decorators import login_not_required
from django.db.models import F, Max, OuterRef, Subquery
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from publication.adresses import adresse_de, url_absolue
from publication.fiches import fiches
from publication.models import Parution
from vitrine.cache import pour_tous

# One part for so many keys of actions: never more addresses, whatever is public of them.
PAR_PARTIE = 50_000
# The day of the last parution of an action.
DERNIERE = Subquery(
    Parution.objects.ouvertes()
    .filter(action=OuterRef("action_id"))
    .order_by()
    .values("action")
    .values_list(Max("du"))
)
_ENTETE = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
# Nothing to find there: addresses of members, of programs, and the endless combinations of a search.
INTERDITS = ("/admin/", "/api/", "/catalogue/", "/connexion/", "/formations/?")


@login_not_required
@require_GET
@pour_tous
def robots(request: HttpRequest) -> HttpResponse:
    """Render robots.txt."""
    lignes = ["User-agent: *", *(f"Disallow: {chemin}" for chemin in INTERDITS)]
    lignes += ["", f"Sitemap: {url_absolue(reverse('plan_du_site'))}", ""]
    return HttpResponse("\n".join(lignes), content_type="text/plain; charset=utf-8")


@login_not_required
@require_GET
@pour_tous
def plan(request: HttpRequest) -> HttpResponse:
    """Render the index of the sitemaps: the parts that have a public page, with their last parution."""
    parties = (
        fiches()
        .values(partie=F("action_id") / PAR_PARTIE)
        .annotate(le=Max(DERNIERE))
        .order_by("partie")
        .values_list("partie", "le")
    )
    lignes = (
        f"<sitemap>{_lieu(reverse('plan_partie', args=[partie]), le)}</sitemap>\n" for partie, le in parties
    )
    return _xml("sitemapindex", lignes)


@login_not_required
@require_GET
@pour_tous
def partie(request: HttpRequest, numero: int) -> HttpResponse:
    """Render one sitemap: the pages of the actions of this part; Http404 when it has none."""
    adresses = _adresses(numero * PAR_PARTIE, (numero + 1) * PAR_PARTIE)
    if not adresses:
        raise Http404
    return _xml("urlset", (f"<url>{_lieu(chemin, le)}</url>\n" for chemin, le in adresses.items()))


def _adresses(debut: int, fin: int) -> dict[str, dt.date]:
    """Return the address of each public action of these keys, with the day of its last parution."""
    organisme = KeyTransform("organisme", "contenu_offre__contenu")
    lignes = (
        fiches()
        .filter(action_id__gte=debut, action_id__lt=fin)
        .order_by("action_id")
        .values_list(
            KeyTextTransform("siret", organisme),
            KeyTextTransform("identifiant", "contenu_offre__contenu"),
            KeyTextTransform("identifiant", "contenu_action__contenu"),
            DERNIERE,
        )
    )
    return {adresse_de(siret, offre, action): le for siret, offre, action, le in lignes}


def _lieu(chemin: str, le: dt.date) -> str:
    return f"<loc>{escape(url_absolue(chemin))}</loc><lastmod>{le}</lastmod>"


def _xml(racine: str, lignes: Iterator[str]) -> HttpResponse:
    corps = f"{_ENTETE}<{racine} {_ESPACE}>\n{''.join(lignes)}</{racine}>\n"
    return HttpResponse(corps, content_type="application/xml; charset=utf-8")
