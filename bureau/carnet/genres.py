"""The two kinds of entries of the address book, on the screens: how they are found, their pages, what can be
done to one.
"""

import re
from typing import Any

from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.urls import reverse

from catalogue.cycle_de_vie import Statut
from catalogue.recherche import par_mots
from organismes.droits import Operation, role_permet
from organismes.espace import Requete, fiche_de_l_espace
from organismes.genres import GENRES as TOUS
from organismes.genres import Genre
from organismes.models import Contact, Membre
from organismes.models.entree import Entree
from organismes.validateurs import normaliser_telephone

# A telephone as people write it, or its beginning: digits in groups.
_TELEPHONE = re.compile(r"(?<!\w)(?:\+|\(?0)[\d\s.()/\u2010-\u2013-]*\d")


def _numero_national(champ: str) -> Func:
    return Func(
        F(champ), Value(r"^(\+|00)33"), Value("0"), function="regexp_replace", output_field=TextField()
    )


def _d_un_bloc(ecrit: re.Match[str]) -> str:
    """As the search reads it in the columns: « +33 1 49… » and « 00 33 1 49… » are « 0149… »."""
    return re.sub(r"^(?:\+|00)33\(?0?\)?", "0", normaliser_telephone(ecrit[0]))


class GenreDePages(Genre):
    """The same, with its pages."""

    @property
    def liste(self) -> str:
        """The address of its list."""
        return f"{reverse('carnet')}?vue={self.nom}s"

    def entrees(self, request: Requete) -> QuerySet[Any]:
        """The entries of this kind that the organisme of the person owns."""
        return self.modele.objects.pour_organisme(request.organisme)

    def cherchees(self, request: Requete, q: str) -> QuerySet[Any]:
        """Those in which each word of `q` begins a word, accents and case ignored; a telephone is found
        however it is spaced.
        """
        entrees = self.entrees(request)
        if not q:
            return entrees
        champs: list[Any] = list(self.modele.RECHERCHE)
        if self.modele is Contact:
            champs += [_numero_national(champ) for champ in ("telephone_fixe", "telephone_portable")]
        texte = Concat(
            *(morceau for champ in champs for morceau in (champ, Value(" "))), output_field=TextField()
        )
        trouvees = par_mots(texte, q)
        if self.modele is Contact and (avec_telephones := _TELEPHONE.sub(_d_un_bloc, q)) != q:
            trouvees |= par_mots(texte, avec_telephones)
        return entrees.filter(trouvees)

    def url(self, verbe: str, entree: Entree | None = None) -> str:
        """The address of a page about an entry, or of « ajouter »."""
        return reverse(f"{self.nom}_{verbe}", args=[entree.pk] if entree else [])

    def entree_ou_404(self, request: Requete, pk: int) -> Entree:
        """The entry with its usages counted, when it belongs to the organisme of the person; else 404."""
        return fiche_de_l_espace(request, self.modele.objects.avec_usages(), pk=pk)

    def operations(self, entree: Entree, membre: Membre) -> list[dict[str, Any]]:
        """The entries of its menu « Opérations », those of the role; `entree` has its usages counted."""
        utilisee = sum(nombre for _, nombre in entree.comptes())
        remplacer = self.url("remplacer", entree)
        proposees = [
            ("consulter", "Consulter", Operation.CONSULTER, []),
            ("modifier", "Modifier", Operation.MODIFIER, []),
        ]
        if utilisee:
            proposees.append(("remplacer", "Remplacer partout", Operation.MODIFIER, []))
        refus = [{"phrase": self.utilisee, "url": remplacer}]
        proposees.append(("supprimer", "Supprimer", Operation.SUPPRIMER, refus if utilisee else []))
        return [
            {
                "code": code,
                "libelle": libelle,
                "methode": "get",
                "url": self.url(code, entree),
                "refus": refus,
            }
            for code, libelle, operation, refus in proposees
            if role_permet(membre.role, operation)
        ]


GENRES = {nom: GenreDePages(**vars(genre)) for nom, genre in TOUS.items()}


def lignes_d_usage(entree: Entree, lignes: Any) -> list[dict[str, Any]]:
    """The records of `utilisations`, as pages list them: with the address of « Consulter » and what the badge
    reads.
    """
    modeles = {usage.modele._meta.model_name: usage.modele for usage in entree.usages()}
    return [
        {
            **ligne,
            "genre": str(modeles[ligne["niveau"]]._meta.verbose_name).capitalize(),
            "url": reverse(f"{ligne['niveau']}_consulter", args=[ligne["pk"]]),
            "get_statut_display": Statut(ligne["statut"]).label,
        }
        for ligne in lignes
    ]
