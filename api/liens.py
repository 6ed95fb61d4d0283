"""The contacts, addresses and certifications that a body names, by their identifier or their code."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Model, Q

from catalogue.models import Certification
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
