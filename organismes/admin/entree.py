"""What an administrator does of an organisme without being a member: see as one of them, invite a person."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from edof.administration import Liste
from edof.textes import valider_texte
from organismes import visites
from organismes.confirmation import mot_de_passe_recent
from organismes.droits import Operation, exiger_de, peut
from organismes.equipe import EquipeRefusee, inviter
from organismes.espace import Requete
from organismes.forms_personnes import InvitationForm
from organismes.models import Organisme
from organismes.views.equipe import envoyer_l_invitation


class MotifForm(forms.Form):
    """Form that asks for the reason, which the history keeps."""

    motif = forms.CharField(
        label="Motif",
        max_length=300,
        validators=[valider_texte],
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="Il reste dans l'historique de l'organisme.",
        error_messages={"required": "Indiquez le motif."},
    )


class VisiteForm(MotifForm):
    """Form of the reason of a visit, which the organisme reads in the history of its team."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["motif"].help_text = "L'organisme le lit dans l'historique de son équipe."


class Entree(Liste):
    """The pages « Voir comme » and « Inviter un membre » of an organisme."""

    def get_urls(self) -> list[URLPattern]:
        """Add the URLs of the visit and of the invitation to Django's own."""
        vue, nom = self.admin_site.admin_view, "organismes_organisme"
        return [
            path("<int:pk>/voir-comme/", vue(mot_de_passe_recent(self.voir_comme)), name=f"{nom}_voir_comme"),
            path("<int:pk>/inviter/", vue(self.inviter), name=f"{nom}_inviter"),
            *super().get_urls(),
        ]

    def voir_comme(self, request: Requete, pk: int) -> HttpResponse:
        """Ask for the reason, then show the space of the organisme as a lecteur sees it, for half an hour."""
        if not visites.peut_visiter(request.user):
            raise PermissionDenied("Votre compte ne permet pas de voir l'espace d'un organisme.")
        organisme = get_object_or_404(Organisme, pk=pk)
        form = VisiteForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            visites.commencer(request, organisme, form.cleaned_data["motif"])
            return redirect("accueil")
        return self._page(request, "voir_comme", f"Voir comme « {organisme} »", organisme, form)

    def inviter(self, request: Requete, pk: int) -> HttpResponse:
        """Invite a person to the organisme by e-mail, as its gestionnaires do."""
        organisme = get_object_or_404(Organisme, pk=pk)
        exiger_de(request.user, Operation.INVITER, organisme.pk)
        form = InvitationForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            courriel, role = form.cleaned_data["courriel"], form.cleaned_data["role"]
            try:
                envoyer_l_invitation(request, *inviter(organisme, courriel, role, par=request.user))
                return redirect("admin:organismes_organisme_change", pk)
            except EquipeRefusee as refusee:
                form.add_error("courriel", str(refusee))
        return self._page(request, "inviter", f"Inviter un membre de « {organisme} »", organisme, form)

    def _page(
        self, request: HttpRequest, gabarit: str, titre: str, organisme: Organisme, form: forms.Form
    ) -> HttpResponse:
        contexte = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": titre,
            "objet": organisme,
            "form": form,
        }
        statut = 422 if form.errors else 200
        return TemplateResponse(request, f"admin/organismes/{gabarit}.html", contexte, status=statut)

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Render the form, with what the user may do beside it."""
        context["peut_inviter"] = peut(request.user, Operation.INVITER, 0)
        context["peut_visiter"] = visites.peut_visiter(request.user)
        return super().render_change_form(request, context, *args, **kwargs)
