"""Panels that add a contact or an address without leaving the form (S-87)."""

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpResponse, QueryDict

from catalogue.forms.fiche import FicheForm
from catalogue.models import Fiche
from organismes.espace import Requete


class Panneaux:
    """Mixin of the wizard that opens, fills, closes and saves the panels."""

    formulaire: ClassVar[type[FicheForm]]
    fiche: Fiche
    etape_2: Any

    def _panneau(self, request: Requete, verbe: str, champ: str, saisie: QueryDict) -> HttpResponse:
        """Open, fill, close or save the panel of a new contact or address (S-87).

        `verbe` is `nouveau`, `remplir`, `creer` or `annuler`; `champ` is the field that the panel belongs to.
        What was typed elsewhere in the form is kept.
        """
        classe, preuve, panneau = (
            self.formulaire.PANNEAUX[champ],
            request.POST["verification"],
            f"panneau-{champ}",
        )

        def rendre(ouverts: dict[str, Any], vise: str, statut: int = 200) -> HttpResponse:
            rempli = self.formulaire.rempli(saisie, self.fiche)
            return self.etape_2(request, rempli, preuve, ouverts, statut=statut, vise=vise)

        autres = {nom: form for nom, form in self._panneaux_commences(request).items() if nom != champ}
        for autre in autres.values():
            autre.errors.clear()
        if verbe == "annuler":
            return rendre(autres, f"nouveau-{champ}")
        if verbe == "nouveau":
            return rendre({**autres, champ: classe(prefix=champ, organisme=request.organisme)}, panneau)
        form = classe(request.POST, prefix=champ, organisme=request.organisme)
        if form.a_decouper(verbe):
            remplis = form.remplir_et_nommer()
            return rendre(
                {**autres, champ: form}, *((panneau, 422) if form.errors else (remplis or panneau, 200))
            )
        cree = form.enregistrer(request.user)
        if cree is None:
            return rendre({**autres, champ: form}, panneau, 422)
        messages.success(request, classe.AJOUTE)
        saisie[champ] = str(cree.pk)
        return rendre(autres, f"id_{champ}")

    def _panneaux_commences(self, request: Requete) -> dict[str, Any]:
        """Return the panels with input that is not added yet, by field.

        This input must not be lost when the page is rendered again.
        """
        ouverts = {nom.partition("-")[0] for nom in request.POST if "-" in nom} & set(
            self.formulaire.PANNEAUX
        )
        formulaires = {
            champ: self.formulaire.PANNEAUX[champ](request.POST, prefix=champ, organisme=request.organisme)
            for champ in ouverts
        }
        return {champ: form for champ, form in formulaires.items() if form.est_commencee}
