"""« Aperçu à partager »: the links to an action as the public will read it, made, listed and revoked."""

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from bureau.acces import fiche_ou_404
from catalogue.models import Action
from edof.champs import champ_date
from edof.horloge import aujourd_hui, demain
from organismes.droits import Operation
from organismes.espace import Requete, exiger
from organismes.models.jeton import empreinte
from publication.adresses import url_absolue
from publication.partages import DUREES, Partage

# A day further than this is a mistake.
JOURS_AU_PLUS = 366


class PartageForm(forms.ModelForm):
    """What the link shows, and for how long; with the same hidden `cle`, it makes the same link."""

    jour = champ_date(
        label="Jour montré",
        help_text="Le public lira cette fiche ainsi ce jour-là, si rien d'autre ne change d'ici là.",
    )
    duree = forms.TypedChoiceField(
        label="Le lien vaut",
        coerce=int,
        choices=[(duree, f"{duree} jours") for duree in DUREES],
        widget=forms.RadioSelect,
        initial=DUREES[0],
    )
    cle = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={"required": "Rechargez la page.", "invalid": "Rechargez la page."},
    )

    class Meta:
        model = Partage
        fields = ("pour", "jour", "avec_validees")
        help_texts = {
            "pour": "Pour vous y retrouver : « Mairie de Créteil », « Relecture »… Le lien ne le dit pas.",
        }

    def __init__(self, *args: Any, action: Action, request: Requete, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.action, self.request = action, request
        self.initial["cle"], self.initial["jour"] = uuid.uuid4(), demain()
        champs: dict[str, Any] = self.fields
        for nom, champ in champs.items():
            champ.optionnel = nom == "pour"

    def clean_jour(self) -> dt.date:
        """Refuse a day that is past, or too far."""
        jour = self.cleaned_data["jour"]
        if jour < aujourd_hui():
            raise forms.ValidationError("Ce jour est passé : choisissez aujourd'hui ou un jour à venir.")
        if jour > aujourd_hui() + dt.timedelta(days=JOURS_AU_PLUS):
            raise forms.ValidationError("Ce jour est trop loin : un an au plus.")
        return jour

    @property
    def secret(self) -> str:
        """Return the secret made by this form."""
        return Partage.secret_de(str(self.data.get("cle", "")), self.request.user, self.action)

    def creer(self) -> Partage:
        """Return the link of this form, created now or by an earlier submission."""
        valeurs = {nom: self.cleaned_data[nom] for nom in ("pour", "jour", "avec_validees")}
        partage, _ = Partage.objects.get_or_create(
            empreinte=empreinte(self.secret),
            defaults={
                **valeurs,
                "organisme": self.request.organisme,
                "action": self.action,
                "cree_par": self.request.user,
                "expire_le": aujourd_hui() + dt.timedelta(days=self.cleaned_data["duree"]),
            },
        )
        return partage


@require_http_methods(["GET", "POST"])
def apercus(request: Requete, pk: int) -> HttpResponse:
    """Render the links of an action and the form of a new one; once made, show it, only this time."""
    action: Any = fiche_ou_404(request, "action", pk)
    exiger(request, Operation.MODIFIER)
    if action.organisme.bac_a_sable:
        raise PermissionDenied("Rien d'un bac à sable n'est public : ses aperçus ne se partagent pas.")
    form = PartageForm(request.POST if request.method == "POST" else None, action=action, request=request)
    contexte: dict[str, Any] = {"action": action, "form": form, "lien": None, "partage": None}
    statut = 422 if form.is_bound else 200
    if form.is_valid():
        contexte["partage"], statut = form.creer(), 201
        contexte["lien"] = url_absolue(reverse("apercu", args=[form.secret]))
    partages = Partage.objects.en_service().pour_organisme(request.organisme).filter(action=action)
    contexte["partages"] = partages.select_related("cree_par")
    return render(request, "bureau/publication/apercus.html", contexte, status=statut)


@require_POST
def revoquer(request: Requete, pk: int, partage: int) -> HttpResponse:
    """Revoke a link for good."""
    action = fiche_ou_404(request, "action", pk)
    exiger(request, Operation.MODIFIER)
    vise = get_object_or_404(Partage.objects.pour_organisme(request.organisme), pk=partage, action=action)
    if vise.revoquer(request.user):
        messages.success(request, "Le lien est révoqué : il ne montre plus rien.")
    else:
        messages.info(request, "Ce lien était déjà révoqué.")
    return redirect("apercus", pk)
