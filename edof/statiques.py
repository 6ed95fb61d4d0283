"""The style sheet and the script of the pages: several files in development, one of each in production."""

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
            "css/series.css",
            "css/sessions.css",
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


class Stockage(CompressedManifestStaticFilesStorage):
    """The static files of production: hashed names, compressed copies, and the merged files."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Write the merged files before names are hashed, from the sources of their parts."""
        if not dry_run:
            for nom, (parties, alleger) in FONDUS.items():
                textes = []
                for partie in parties:
                    stockage, chemin = paths[partie]
                    with stockage.open(chemin) as source:
                        textes.append(alleger(source.read().decode()))
                lignes = (ligne.strip() for ligne in "\n".join(textes).split("\n"))
                self.delete(nom)
                self.save(nom, ContentFile("\n".join(filter(None, lignes)).encode()))
                paths[nom] = (self, nom)
        yield from super().post_process(paths, dry_run, **options)
