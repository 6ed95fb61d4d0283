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
from echanges.preparation import TOUT_DE_SUITE, colonnes_de, preparer, retenir_les_colonnes, tables_de
from organismes.carnet_ecrit import CarnetEcrit
from organismes.espace import Requete

NON_REPRISE = "Ne pas reprendre"
# Genres of which a value for every line makes sense.
_COMMUNES = {"lien", "oui_non", "choix", "texte", "identifiant"}


class FeuillesForm(forms.Form):
    """The sheets of a workbook that are read."""

    feuilles = forms.MultipleChoiceField(
        label="Feuilles lues",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Cochez au moins une feuille."},
    )

    def __init__(self, *args: Any, importation: Import, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.importation = importation
        self.lues = [table["feuille"] for table in tables_de(importation)]
        self.noms = importation.lecture.get("feuilles", [])
        champ: Any = self.fields["feuilles"]
        champ.choices, champ.initial = [(nom, nom) for nom in self.noms], self.lues

    def retenir(self) -> bool:
        """Keep the sheets to read; return whether they are others than before."""
        dites = self.cleaned_data["feuilles"]
        if set(dites) == set(self.lues):
            return False
        # A repair was typed for a line of the sheets that were read: it is forgotten with them.
        self.importation.choix = {**self.importation.choix, "feuilles": dites, "corrections": {}}
        Import.objects.filter(pk=self.importation.pk).update(choix=self.importation.choix)
        return True


class ColonnesForm(forms.Form):
    """The field of each column of a table, and the values for every line."""

    def __init__(self, *args: Any, importation: Import, table: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.importation, self.table = importation, table
        self.niveau = table.get("niveau") or Niveau.SESSION
        self.colonnes = colonnes_de(table)
        connues = cibles(self.niveau)
        champs = [("", NON_REPRISE), *((nom, cible.titre) for nom, cible in connues.items())]
        for colonne in self.colonnes:
            self.fields[f"colonne-{colonne.rang}"] = forms.ChoiceField(
                label=colonne.titre or "Sans titre", choices=champs, required=False, initial=colonne.champ
            )
        prises = {colonne.champ for colonne in self.colonnes}
        _, dites = importation.choix.get("tables", {}).get(table["empreinte"], ({}, {}))
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
        retenir_les_colonnes(self.importation, self.table["empreinte"], colonnes, fixes)


@require_http_methods(["GET", "POST"])
def colonnes(request: Requete, pk: int) -> HttpResponse:
    """Render the columns of a file with the field of each; POST keeps them and plans again."""
    importation = importation_ou_404(request, pk)
    tables = {table["empreinte"]: table for table in reversed(tables_de(importation))}
    if importation.etat != Etat.PLANIFIE or not tables:
        return redirect("import", pk)
    saisie = request.POST or None
    formulaires = [
        ColonnesForm(saisie, importation=importation, table=table, prefix=f"table{rang}" if rang else None)
        for rang, table in enumerate(reversed(tables.values()))
    ]
    feuilles = None
    if len(importation.lecture.get("feuilles", ())) > 1:
        feuilles = FeuillesForm(saisie, importation=importation)
    tous = [*formulaires, *([feuilles] if feuilles else [])]
    # Each form says its errors, not the first one only.
    if request.method == "POST" and {form.is_valid() for form in tous} == {True}:
        if not (feuilles and feuilles.retenir()):
            for form in formulaires:
                form.retenir()
        if importation.taille <= TOUT_DE_SUITE:
            preparer(importation)
        else:
            Import.objects.filter(pk=pk, etat=Etat.PLANIFIE).update(etat=Etat.A_LIRE)
        return redirect("import", pk)
    contexte = {"importation": importation, "formulaires": formulaires, "choix_des_feuilles": feuilles}
    statut = 422 if any(form.errors for form in tous) else 200
    return render(request, "bureau/importer/colonnes.html", contexte, status=statut)
