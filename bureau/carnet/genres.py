"""The two kinds of entries of the address book, as the pages use them.

For each kind: its search, the URLs of its pages, and the operations on an entry.
"""

import re
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from catalogue.cycle_de_vie import Statut
from catalogue.recherche_de_certification import mots, par_mots
from edof.trios import qui_a
from organismes.droits import Operation, role_permet
from organismes.espace import Requete, fiche_de_l_espace
from organismes.genres import GENRES as TOUS
from organismes.genres import Genre
from organismes.models import Contact, Membre
from organismes.models.entree import Entree
from organismes.validateurs import normaliser_telephone

# A telephone number as users write it, or its beginning: digits in groups.
_TELEPHONE = re.compile(r"(?<!\w)(?:\+|\(?0)[\d\s.()/\u2010-\u2013-]*\d")


def _d_un_bloc(ecrit: re.Match[str]) -> str:
    """Return a telephone number in the form in which the search reads it in the columns.

    `+33 1 49…` and `00 33 1 49…` give `0149…`.
    """
    return re.sub(r"^(?:\+|00)33\(?0?\)?", "0", normaliser_telephone(ecrit[0]))


class GenreDePages(Genre):
    """A kind of entry, with its pages."""

    @property
    def liste(self) -> str:
        """Return the URL of the list of this kind of entry."""
        return f"{reverse('carnet')}?vue={self.nom}s"

    def entrees(self, request: Requete) -> QuerySet[Any]:
        """Return the entries of this kind that belong to the organisme the user works for."""
        return self.modele.objects.pour_organisme(request.organisme)

    def cherchees(self, request: Requete, q: str) -> QuerySet[Any]:
        """Return the entries in which each word of `q` begins a word.

        Accents and case are ignored. A telephone number is found however it is spaced.
        """
        entrees = self.entrees(request)
        if not q:
            return entrees
        trouvees = self._qui_ont(request, q)
        if self.modele is Contact and (avec_telephones := _TELEPHONE.sub(_d_un_bloc, q)) != q:
            trouvees |= self._qui_ont(request, avec_telephones)
        return entrees.filter(trouvees)

    def _qui_ont(self, request: Requete, q: str) -> Q:
        """Return the condition that each word of `q` begins a word; an index finds those of three letters."""
        texte = self.modele.TEXTE_CHERCHE
        return par_mots(texte, q) & qui_a(texte, "organisme", request.organisme.pk, mots(q))

    def url(self, verbe: str, entree: Entree | None = None) -> str:
        """Return the URL of a page about an entry, or of the page « Ajouter » when `entree` is None."""
        return reverse(f"{self.nom}_{verbe}", args=[entree.pk] if entree else [])

    def entree_ou_404(self, request: Requete, pk: int) -> Entree:
        """Return the entry with its usages counted.

        Raise Http404 when it does not belong to the organisme the user works for.
        """
        return fiche_de_l_espace(request, self.modele.objects.avec_usages(), pk=pk)

    def operations(self, entree: Entree, membre: Membre) -> list[dict[str, Any]]:
        """Return the entries of the menu « Opérations » that the role allows.

        The usages of `entree` must be counted (`avec_usages`).
        """
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
    """Return the rows of `utilisations`, completed for the pages.

    Three keys are added: the name of the level (`genre`), the URL of « Consulter » (`url`), and the label of
    the status that the badge shows (`get_statut_display`).
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
