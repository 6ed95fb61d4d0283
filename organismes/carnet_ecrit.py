"""The contacts or the addresses of an organisme as people write them in a cell, and found by what they wrote.

A contact is found by its e-mail address, then by its identifier or its name, in both orders, with or without
« Mme » or « M. »; an address by its title, then by its street and town.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Generic, TypeVar

from django.core.exceptions import ValidationError

from edof.pliage import plier
from organismes.contact_en_ligne import sans_civilite
from organismes.models import Adresse, Contact
from organismes.validateurs import normaliser_identifiant

E = TypeVar("E", Contact, Adresse)
# How many entries of the same name are listed.
CITEES = 5


def _noms(entree: Contact | Adresse) -> list[list[str]]:
    """Return the ways to write this entry: the surest first."""
    if isinstance(entree, Contact):
        nom, prenom = entree.nom, entree.prenom
        noms = [entree.nom_complet, f"{nom} {prenom}", f"{nom}, {prenom}", str(entree)]
        # An identifier is often made from the name: it does not decide between two of the same name.
        return [[entree.courriel], [entree.identifiant, *noms], []]
    rue_et_ville = [
        str(entree),
        f"{entree.ligne_voie}, {entree.ville}",
        f"{entree.ligne_voie} {entree.ville}",
    ]
    titres = [entree.titre, f"{entree.titre}, {entree.ville}", entree.dans_une_liste]
    return [[entree.titre], titres, rue_et_ville]


def _court(entree: Contact | Adresse) -> str:
    return entree.nom_complet if isinstance(entree, Contact) else f"{entree.titre}, {entree.ville}"


class CarnetEcrit(Generic[E]):
    """The entries of one kind, each with its short name: the longer one when two have the same."""

    # How the ways of `_noms` are compared: the first is a code.
    _lire = (normaliser_identifiant, plier, plier)

    def __init__(self, entrees: Iterable[E]) -> None:
        self.entrees: dict[int, E] = {}
        self._par_rang: list[dict[str, set[int]]] = [defaultdict(set) for _ in range(3)]
        for entree in entrees:
            self.ajouter(entree)
        courts = {pk: _court(entree) for pk, entree in self.entrees.items()}
        memes = Counter(map(plier, courts.values()))
        self.libelles: dict[int, str] = {
            pk: court if memes[plier(court)] == 1 else str(self.entrees[pk]) for pk, court in courts.items()
        }

    def ajouter(self, entree: E) -> None:
        """Make one more entry known by its names."""
        self.entrees[entree.pk] = entree
        for rang, noms in enumerate(_noms(entree)):
            for nom in filter(None, map(self._lire[rang], noms)):
                self._par_rang[rang][nom].add(entree.pk)

    def trouver(self, texte: str) -> E | None:
        """Return the entry that the text names, None when there is none.

        Raise ValidationError when it names several.
        """
        trouvee = self._trouver(texte)
        if trouvee is None and isinstance(next(iter(self.entrees.values()), None), Contact):
            trouvee = self._trouver(sans_civilite(texte))
        return trouvee

    def _trouver(self, texte: str) -> E | None:
        for lire, noms in zip(self._lire, self._par_rang, strict=True):
            if cles := noms.get(lire(" ".join(texte.split()))):
                if len(cles) == 1:
                    return self.entrees[min(cles)]
                citees = " ; ".join(str(self.entrees[pk]) for pk in sorted(cles)[:CITEES])
                raise ValidationError(f"Plusieurs portent ce nom, précisez : {citees}.", code="plusieurs")
        return None
