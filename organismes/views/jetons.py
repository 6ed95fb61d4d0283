"""Creation (the secret is shown once) and revocation of the tokens of « Jetons et webhooks »."""

import uuid
from typing import Any, ClassVar

import pghistory
from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from edof.champs import champ_date
from edof.horloge import aujourd_hui
from organismes.confirmation import mot_de_passe_recent
from organismes.courriels import aux_gestionnaires
from organismes.droits import CE_QUE_PEUT, Operation
from organismes.espace import Requete, exiger
from organismes.models import Jeton
from organismes.models.jeton import empreinte


class JetonForm(forms.ModelForm):
    """Form of « Créer un jeton »; the hidden field `cle` makes a second submission find the same token."""

    expire_le = champ_date(
        label="Dernier jour de validité",
        required=False,
        help_text="Laissé vide, le jeton vaut jusqu'à ce que vous le révoquiez.",
    )
    cle = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={"required": "Rechargez la page.", "invalid": "Rechargez la page."},
    )

    class Meta:
        model = Jeton
        fields = ("nom", "role", "expire_le")
        help_texts: ClassVar[dict[str, str]] = {
            "nom": (
                "Le logiciel qui s'en servira, par exemple « Logiciel de planning » : l'historique montrera"
                " ce nom."
            ),
            "role": "Donnez-lui le rôle le plus petit qui suffise.",
        }
        widgets: ClassVar[dict[str, Any]] = {
            "role": forms.RadioSelect,
            "nom": forms.TextInput(attrs={"autocomplete": "off"}),
        }

    def __init__(self, *args: Any, request: Requete, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.instance.organisme, self.instance.cree_par = request.organisme, request.user
        self.initial["cle"] = uuid.uuid4()
        self.fields["role"].choices = list(CE_QUE_PEUT.items())
        for nom, champ in self.fields.items():
            champ.optionnel = nom == "expire_le"

    def clean_expire_le(self) -> Any:
        """Refuse a day in the past."""
        jour = self.cleaned_data["expire_le"]
        if jour is not None and jour < aujourd_hui():
            raise forms.ValidationError("Cette date est passée : le jeton ne servirait à rien.")
        return jour

    def clean_nom(self) -> str:
        """Refuse the name of another active token: the name identifies the token here and in the history."""
        nom = self.cleaned_data["nom"]
        autres = (
            Jeton.objects.pour_organisme(self.instance.organisme)
            .en_service()
            .exclude(empreinte=empreinte(self.secret))
        )
        if autres.filter(nom__iexact=nom).exists():
            raise forms.ValidationError(
                "Un autre jeton porte déjà ce nom : choisissez-en un qui le distingue."
            )
        return nom

    @property
    def secret(self) -> str:
        """Return the secret made by this form; it depends on its key, on the user and on the organisme."""
        return Jeton.secret_de(str(self.data.get("cle", "")), self.request.user, self.request.organisme)

    def creer(self) -> Jeton:
        """Return the token of this form, created now or by an earlier submission."""
        self.instance.confier(self.secret)
        valeurs = {
            nom: getattr(self.instance, nom)
            for nom in ("organisme", "nom", "role", "expire_le", "cree_par", "prefixe")
        }
        par = self.request.user
        with (
            transaction.atomic(),
            pghistory.context(operation="creer", origine="formulaire", utilisateur=par.pk),
        ):
            jeton, nouveau = Jeton.objects.get_or_create(empreinte=self.instance.empreinte, defaults=valeurs)
            if nouveau:
                aux_gestionnaires(jeton.organisme, "nouveau_jeton", jeton=jeton, par=par)
        return jeton


@mot_de_passe_recent
@require_http_methods(["GET", "POST"])
def creer(request: Requete) -> HttpResponse:
    """Render the form; once it is valid, show the secret, only this time."""
    exiger(request, Operation.GERER_LES_JETONS)
    form = JetonForm(request.POST if request.method == "POST" else None, request=request)
    if not form.is_valid():
        return render(
            request, "organismes/jeton_creer.html", {"form": form}, status=422 if form.is_bound else 200
        )
    jeton = form.creer()
    adresse = request.build_absolute_uri("/api/v1/")
    return render(
        request,
        "organismes/jeton_cree.html",
        {"jeton": jeton, "secret": form.secret, "adresse": adresse},
        status=201,
    )


@require_http_methods(["GET", "POST"])
def revoquer(request: Requete, pk: int) -> HttpResponse:
    """Ask for confirmation, then revoke a token permanently."""
    jeton = get_object_or_404(Jeton.objects.pour_organisme(request.organisme), pk=pk)
    exiger(request, Operation.GERER_LES_JETONS)
    if request.method == "GET" and jeton.revoque_le is None:
        return render(request, "organismes/jeton_revoquer.html", {"jeton": jeton})
    if request.method == "POST" and jeton.revoquer(request.user):
        messages.success(request, f"Le jeton « {jeton} » est révoqué : il n'ouvre plus l'API.")
    else:
        messages.info(request, f"Le jeton « {jeton} » était déjà révoqué.")
    return redirect("jetons")
