"""What an administrator does when a person asks for their data, or to be erased."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from edof.administration import Liste
from edof.templatetags.affichage import moment
from organismes.admin.entree import MotifForm
from organismes.confirmation import mot_de_passe_recent
from organismes.effacement import effacer
from organismes.espace import Requete
from organismes.models import Utilisateur
from organismes.views.compte import fichier_des_donnees


class EffacementForm(MotifForm):
    """Form of the reason of an erasure."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields[
            "motif"
        ].help_text = "Il reste dans l'historique : n'y écrivez ni le nom ni l'adresse de la personne."


class DonneesPersonnelles(Liste):
    """The file of a person's data, and the page « Effacer »."""

    def get_urls(self) -> list[URLPattern]:
        """Add the URLs of the file and of the erasure to Django's own."""
        vue, nom = self.admin_site.admin_view, "organismes_utilisateur"
        return [
            path("<int:pk>/donnees/", vue(mot_de_passe_recent(self.donnees)), name=f"{nom}_donnees"),
            path("<int:pk>/effacer/", vue(mot_de_passe_recent(self.effacer)), name=f"{nom}_effacer"),
            *super().get_urls(),
        ]

    def donnees(self, request: Requete, pk: int) -> HttpResponse:
        """Send all that is known of this person, as a JSON file."""
        return fichier_des_donnees(self._personne(request, pk))

    def effacer(self, request: Requete, pk: int) -> HttpResponse:
        """Say what an erasure does, ask for the reason, then erase."""
        personne = self._personne(request, pk)
        if personne.pk == request.user.pk:
            raise PermissionDenied("C'est votre propre compte : un autre administrateur doit l'effacer.")
        form = EffacementForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            if effacer(personne, par=request.user, motif=form.cleaned_data["motif"]):
                messages.success(request, f"Le compte {pk} est effacé.")
            else:
                messages.info(request, f"Le compte {pk} était déjà effacé.")
            return redirect("admin:organismes_utilisateur_changelist")
        contexte = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Effacer « {personne} »",
            "objet": personne,
            "form": form,
        }
        statut = 422 if form.errors else 200
        return TemplateResponse(request, "admin/organismes/effacer.html", contexte, status=statut)

    def _personne(self, request: Requete, pk: int) -> Utilisateur:
        """Return the person, whom this user may change."""
        personne = get_object_or_404(Utilisateur, pk=pk)
        if not self.has_change_permission(request, personne):
            raise PermissionDenied("Ce compte est déjà effacé, ou n'est pas à vous.")
        return personne

    @admin.display(description="à sa demande")
    def donnees_personnelles(self, utilisateur: Utilisateur) -> str:
        """Return the links to the file and to the erasure, or since when the person is erased."""
        if utilisateur.efface_le:
            return f"Effacé {moment(utilisateur.efface_le)}"
        return format_html(
            '<a href="{}">Télécharger ses données</a> · <a href="{}">Effacer cette personne</a>',
            reverse("admin:organismes_utilisateur_donnees", args=[utilisateur.pk]),
            reverse("admin:organismes_utilisateur_effacer", args=[utilisateur.pk]),
        )
