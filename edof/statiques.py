"""The style sheets and the script of the pages: their parts in development, one of each in production."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.templatetags.static import static
from whitenoise.storage import CompressedManifestStaticFilesStorage


def _sans_commentaire_css(texte: str) -> str:
    # A comment that begins with « /*! » is a licence: it goes where the code goes.
    return re.sub(r"/\*(?!!).*?\*/", "", texte, flags=re.S)


def _sans_commentaire_js(texte: str) -> str:
    return re.sub(r"^\s*//.*$", "", texte, flags=re.M)


# What is merged, in order, and what leaves out its comments.
FONDUS: dict[str, tuple[tuple[str, ...], Callable[[str], str]]] = {
    "css/site.css": (
        (
            "vendor/bootstrap/bootstrap.css",
            "css/socle.css",
            "css/base.css",
            "css/composants.css",
            "css/pages.css",
            "css/accueil.css",
            "css/catalogue.css",
            "css/historique.css",
            "css/lots.css",
            "css/equipe.css",
            "css/organisme.css",
            "css/publication.css",
            "css/saisie.css",
            "css/sessions.css",
        ),
        _sans_commentaire_css,
    ),
    # The public side loads this one, and no other.
    "css/public.css": (
        (
            "vendor/bootstrap/bootstrap.css",
            "css/socle.css",
            "css/formation.css",
            "css/vitrine.css",
            "css/recherche.css",
            "css/donnees.css",
        ),
        _sans_commentaire_css,
    ),
    "js/site.js": (
        (
            "js/interface.js",
            "js/echanges.js",
            "js/messages.js",
            "js/saisie.js",
            "js/garder.js",
            "js/veille.js",
            "js/plan.js",
            "js/cocher.js",
        ),
        _sans_commentaire_js,
    ),
}


def adresses(nom: str) -> list[str]:
    """Return the URLs to load for a merged file: its own, or those of its parts in development."""
    parties, _ = FONDUS[nom]
    return [static(partie) for partie in (parties if settings.DEVELOPPEMENT else (nom,))]


def fondre(nom: str, lire: Callable[[str], str]) -> str:
    """Return the content of a merged file; `lire` returns that of one of its parts."""
    parties, alleger = FONDUS[nom]
    lignes = (ligne.strip() for partie in parties for ligne in alleger(lire(partie)).split("\n"))
    return "\n".join(filter(None, lignes))


class Stockage(CompressedManifestStaticFilesStorage):
    """The static files of production: hashed names, compressed copies, and the merged files."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Write the merged files before names are hashed, from the sources of their parts."""

        def lire(partie: str) -> str:
            stockage, chemin = paths[partie]
            with stockage.open(chemin) as source:
                return str(source.read().decode())

        if not dry_run:
            for nom in FONDUS:
                contenu = fondre(nom, lire)
                self.delete(nom)
                self.save(nom, ContentFile(contenu.encode()))
                paths[nom] = (self, nom)
        yield from super().post_process(paths, dry_run, **options)
