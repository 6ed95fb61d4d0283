"""« Corriger la correspondance »: which field each column fills, and what every line has in common."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from bureau.importer.views import importation_ou_404
from echanges.cibles import CHEMINS, FORMULAIRES, cibles
from echanges.lignes import Niveau
from echanges.models import Etat, Import
from echanges.preparation import TOUT_DE_SUITE, colonnes_de, preparer, retenir_les_colonnes
from organismes.carnet_ecrit import CarnetEcrit
from organismes.espace import Requete

NON_REPRISE = "Ne pas reprendre"
# Genres of which a value for every line makes sense.
_COMMUNES = {"lien", "oui_non", "choix", "texte", "identifiant"}


class ColonnesForm(forms.Form):
    """The field of each column, the sheet, and the values for every line."""

    def __init__(self, *args: Any, importation: Import, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.importation = importation
        self.niveau = importation.lecture.get("niveau", Niveau.SESSION)
        self.colonnes = colonnes_de(importation)
        connues = cibles(self.niveau)
        feuilles = importation.lecture.get("feuilles", [])
        if len(feuilles) > 1:
            self.fields["feuille"] = forms.ChoiceField(
                label="Feuille", choices=[(nom, nom) for nom in feuilles],
                initial=importation.lecture.get("feuille"),
            )  # fmt: skip
        champs = [("", NON_REPRISE), *((nom, cible.titre) for nom, cible in connues.items())]
        for colonne in self.colonnes:
            self.fields[f"colonne-{colonne.rang}"] = forms.ChoiceField(
                label=colonne.titre or "Sans titre", choices=champs, required=False, initial=colonne.champ
            )
        prises = {colonne.champ for colonne in self.colonnes}
        dites = importation.choix.get("fixes", {})
        for nom, cible in connues.items():
            if nom in prises or cible.genre not in _COMMUNES or nom == CHEMINS[self.niveau][-1]:
                continue
            if self.niveau not in {Niveau.SESSION, Niveau.ACTION}:
                continue
            self.fields[f"fixe-{nom}"] = self._fixe(nom, cible.titre, dites.get(nom, ""))

    def _fixe(self, nom: str, titre: str, initiale: str) -> forms.Field:
        champ: Any = FORMULAIRES[self.niveau].base_fields.get(nom)
        options: dict[str, Any] = {"label": titre, "required": False, "initial": initiale}
        queryset = getattr(champ, "queryset", None)
        if queryset is not None and hasattr(queryset.model, "CHAMP_IDENTIFIANT"):
            entrees = queryset.model.objects.pour_organisme(self.importation.organisme)
            libelles = sorted(CarnetEcrit(entrees).libelles.values())
            vide = "Celui des habitudes, s'il y en a" if self.niveau == Niveau.SESSION else "Aucun"
            return forms.ChoiceField(choices=[("", vide), *((nom, nom) for nom in libelles)], **options)
        choix = [(str(nom), str(nom)) for slug, nom in getattr(champ, "choices", ()) if slug]
        if choix:
            return forms.ChoiceField(choices=[("", "Aucune"), *choix], **options)
        return forms.CharField(max_length=400, **options)

    @property
    def lignes(self) -> list[dict[str, Any]]:
        """Return each column with its box."""
        return [{"colonne": c, "champ": self[f"colonne-{c.rang}"]} for c in self.colonnes]

    @property
    def fixes(self) -> list[forms.BoundField]:
        """Return the boxes of the values for every line."""
        return [self[nom] for nom in self.fields if nom.startswith("fixe-")]

    def clean(self) -> dict[str, Any]:
        """Refuse two columns for one field."""
        vus: dict[str, str] = {}
        for colonne in self.colonnes:
            champ = self.cleaned_data.get(f"colonne-{colonne.rang}")
            if champ and champ in vus:
                phrase = f"Déjà rempli par la colonne « {vus[champ]} » : une seule colonne par champ."
                self.add_error(f"colonne-{colonne.rang}", phrase)
            elif champ:
                vus[champ] = colonne.titre
        return self.cleaned_data

    def retenir(self) -> None:
        """Keep what was said, for this file and for the next ones."""
        dites = self.cleaned_data
        colonnes = {c.cle: dites[f"colonne-{c.rang}"] for c in self.colonnes if c.cle}
        fixes = {
            nom.removeprefix("fixe-"): valeur
            for nom, valeur in dites.items()
            if nom.startswith("fixe-") and valeur
        }
        feuille = dites.get("feuille", "")
        if feuille and feuille != self.importation.lecture.get("feuille"):
            # Another sheet has other columns: they are found anew.
            colonnes, fixes = {}, fixes
            self.importation.choix = {
                nom: valeur for nom, valeur in self.importation.choix.items() if nom != "colonnes"
            } | {"feuille": feuille, "fixes": fixes, "corrections": {}}
            Import.objects.filter(pk=self.importation.pk).update(choix=self.importation.choix)
            return
        retenir_les_colonnes(self.importation, colonnes, fixes)


@require_http_methods(["GET", "POST"])
def colonnes(request: Requete, pk: int) -> HttpResponse:
    """Render the columns of a file with the field of each; POST keeps them and plans again."""
    importation = importation_ou_404(request, pk)
    if importation.etat != Etat.PLANIFIE or not importation.lecture.get("colonnes"):
        return redirect("import", pk)
    form = ColonnesForm(request.POST or None, importation=importation)
    if request.method == "POST" and form.is_valid():
        form.retenir()
        if importation.taille <= TOUT_DE_SUITE:
            preparer(importation)
        else:
            Import.objects.filter(pk=pk, etat=Etat.PLANIFIE).update(etat=Etat.A_LIRE)
        return redirect("import", pk)
    contexte = {"importation": importation, "form": form}
    return render(request, "bureau/importer/colonnes.html", contexte, status=422 if form.errors else 200)
