"""What to read instead of a formation that is withdrawn: searches that find something, with their numbers."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import QueryDict

from edof.templatetags.affichage import pluriel
from publication.coordonnees import commune, de_la_commune
from publication.presentation import Contenu
from recherche.demande import RAYON, RechercheForm, demander
from recherche.facettes import seulement_le_total


@dataclass(frozen=True)
class Semblables:
    """A search, in words, its query string, and how many formations it finds."""

    texte: str
    adresse: str
    nombre: str


def semblables(offre: Contenu, action: Contenu) -> list[Semblables]:
    """Return the searches for the same certification, else for the same title: near its place, anywhere."""
    return list(_semblables(offre, action))


def _semblables(offre: Contenu, action: Contenu) -> Iterator[Semblables]:
    code = (offre.get("certification") or {}).get("code")
    quoi = {"certification": code} if code else {"q": offre["intitule"]}
    texte = f"La même certification ({code})" if code else f"« {offre['intitule']} »"
    lieu = action.get("lieu") or {}
    deja = 0
    if ville := commune(lieu.get("ville") or ""):
        ici = {"ou": lieu.get("code_postal") or ville, "rayon": str(RAYON)}
        pres = f"{texte}, à moins de {RAYON}\N{NO-BREAK SPACE}km {de_la_commune(ville)}"
        adresse = _adresse(quoi | ici)
        if deja := _nombre(adresse):
            yield Semblables(pres, adresse.urlencode(), pluriel(deja, "formation,formations"))
    adresse = _adresse(quoi)
    if (nombre := _nombre(adresse)) > deja:
        yield Semblables(f"{texte}, partout", adresse.urlencode(), pluriel(nombre, "formation,formations"))


def _adresse(parametres: dict[str, str]) -> QueryDict:
    adresse = QueryDict(mutable=True)
    adresse.update(parametres)
    return adresse


def _nombre(adresse: QueryDict) -> int:
    """Return how many formations it finds: none when it cannot be made, as around an unknown place."""
    form = RechercheForm(adresse)
    return seulement_le_total(demander(form)) if form.is_valid() else 0
