"""What a request names: contacts, addresses, certifications in its body, offre and action in its address."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Model, Q

from catalogue.models import Certification, Fiche
from catalogue.models.fiche import niveaux
from edof.problemes import Probleme, Raison
from organismes.models import Organisme
from organismes.models.entree import Entree
from organismes.validateurs import normaliser_identifiant

Modele = type[Model]


class Liens:
    """What the organisme has, found one by one."""

    def __init__(self, organisme: Any) -> None:
        self.organisme = organisme

    def cle(self, modele: Modele, texte: str) -> int:
        """Return the key of the record of this name, 0, which no record has, when there is none."""
        if not (nom := _nom(modele, texte)):
            return 0
        return self._tous(modele).filter(**{_colonne(modele): nom}).values_list("pk", flat=True).first() or 0

    def _tous(self, modele: Any) -> Any:
        if issubclass(modele, Entree):
            return modele.objects.pour_organisme(self.organisme)
        return modele.objects.all()


class LiensLus(Liens):
    """What many bodies name, and what many records are linked to, read in one query for each kind."""

    def __init__(
        self,
        organisme: Any,
        noms: Mapping[Modele, Collection[str]],
        cles: Mapping[Modele, Collection[int]],
    ) -> None:
        super().__init__(organisme)
        self._par_nom: dict[Modele, dict[str, Any]] = {}
        self._par_cle: dict[Modele, dict[int, Any]] = {}
        self._cles: dict[tuple[Modele, str], int] = {}
        for modele in {*noms, *cles}:
            cherches = {nom for texte in noms.get(modele, ()) if (nom := _nom(modele, texte))}
            q = Q(**{f"{_colonne(modele)}__in": cherches}) | Q(pk__in=set(cles.get(modele, ())))
            lus = list(self._tous(modele).filter(q))
            self._par_nom[modele] = {getattr(lu, _colonne(modele)): lu for lu in lus}
            self._par_cle[modele] = {lu.pk: lu for lu in lus}

    def cle(self, modele: Modele, texte: str) -> int:
        """Return the key of the record of this name, 0 when there is none."""
        if (modele, texte) not in self._cles:
            lu = self._par_nom.get(modele, {}).get(_nom(modele, texte))
            self._cles[modele, texte] = lu.pk if lu else 0
        return self._cles[modele, texte]

    def fiche(self, modele: Modele, cle: int | None) -> Any:
        """Return the record of this key, None when it was not read."""
        return self._par_cle.get(modele, {}).get(cle or 0)


def _colonne(modele: Modele) -> str:
    return "code" if issubclass(modele, Certification) else "identifiant_normalise"


def _nom(modele: Modele, texte: str) -> str:
    return texte if issubclass(modele, Certification) else normaliser_identifiant(texte)


def parent_absent(organisme: Organisme, dessus: dict[str, str]) -> Probleme:
    """Return the problem of a record whose offre or action is not there: `dessus` names them, by level."""
    parent: Any = None
    for nom, ecrit in dessus.items():
        modele: Any = niveaux()[nom]
        ensemble = modele.objects.pour_organisme(organisme)
        if parent is not None:
            ensemble = ensemble.filter(**{modele.PARENT: parent})
        parent = ensemble.filter(identifiant_normalise=normaliser_identifiant(ecrit)).first()
        if parent is None:
            phrase = f"{absente_du_catalogue(modele, ecrit)} Créez-la d'abord."
            return Probleme("introuvable", "", [Raison(phrase, nom, "introuvable")])
    return Probleme("introuvable")


def absente_du_catalogue(modele: type[Fiche], ecrit: str) -> str:
    """Return the sentence for an identifier that no record of this level has."""
    return f"{modele.GENRE} « {ecrit[:60]} » n'existe pas dans votre catalogue."
