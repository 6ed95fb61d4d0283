"""The saved views of a member: filters of « Sessions » kept under a name, renamed, deleted."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from bureau.sessions.filtres import FiltresDesSessions
from bureau.sessions.poses import en_une_phrase
from edof.lecture import lire_ligne
from edof.pliage import plier
from organismes.espace import Requete
from organismes.models import Membre, Vue
from organismes.models.vue import VUES_AU_PLUS


class VueForm(forms.ModelForm):
    """The name of a view; two views of a member have two names."""

    class Meta:
        model = Vue
        fields = ("nom",)
        help_texts = {"nom": "Elle n'est montrée qu'à vous, à côté des filtres."}
        widgets = {"nom": forms.TextInput(attrs={"autocomplete": "off"})}
        error_messages = {"nom": {"required": "Donnez un nom à cette vue."}}

    def clean_nom(self) -> str:
        """Refuse the name of another view of the member."""
        nom = self.cleaned_data["nom"]
        autres = self.instance.membre.vues.exclude(pk=self.instance.pk)
        if autres.filter(nom__plie=plier(nom)).exists():
            raise forms.ValidationError("Une autre de vos vues porte déjà ce nom : choisissez-en un autre.")
        return nom

    def clean(self) -> dict[str, Any] | None:
        """Refuse one view too many."""
        if self.instance._state.adding and self.instance.membre.vues.count() >= VUES_AU_PLUS:
            self.add_error(
                None, f"Vous avez déjà {VUES_AU_PLUS} vues : supprimez-en une pour en enregistrer une autre."
            )
        return super().clean()


@require_http_methods(["GET", "HEAD", "POST"])
def ajouter(request: Requete) -> HttpResponse:
    """Render the form that names the filters of the URL, and save them as a view.

    The same form sent twice makes one view.
    """
    if request.membre is None:
        return redirect("accueil")
    filtres = FiltresDesSessions(request.organisme, QueryDict(request.META["QUERY_STRING"]))
    parametres = urlencode(filtres.parametres())
    if not parametres:
        messages.info(request, "Posez d'abord un filtre : une vue garde ce qui est demandé.")
        return redirect("sessions")
    vue = Vue(membre=request.membre, parametres=parametres)
    phrase = en_une_phrase(filtres)
    if request.method != "POST":
        form = VueForm(instance=vue, initial={"nom": phrase[:60]})
        return _page(request, form, phrase)
    with transaction.atomic():
        # One at a time: neither the name nor the number is passed by a second click.
        Membre.objects.select_for_update(no_key=True).get(pk=request.membre.pk)
        nom = plier(lire_ligne(request.POST.get("nom", "")))
        if any(plier(autre.nom) == nom for autre in request.membre.vues.filter(parametres=parametres)):
            return redirect(f"{reverse('sessions')}?{parametres}")
        form = VueForm(request.POST, instance=vue)
        if not form.is_valid():
            return _page(request, form, phrase)
        form.save()
    messages.success(request, f"La vue « {vue.nom} » est enregistrée.")
    return redirect(f"{reverse('sessions')}?{parametres}")


@require_http_methods(["GET", "HEAD", "POST"])
def modifier(request: Requete, pk: int) -> HttpResponse:
    """Render the form that renames a view, and rename it."""
    vue = _vue_ou_404(request, pk)
    phrase = en_une_phrase(FiltresDesSessions(request.organisme, QueryDict(vue.parametres)))
    form = VueForm(request.POST if request.method == "POST" else None, instance=vue)
    if request.method != "POST":
        return _page(request, form, phrase)
    with transaction.atomic():
        Membre.objects.select_for_update(no_key=True).get(pk=request.membre.pk)
        if not form.is_valid():
            return _page(request, form, phrase)
        form.save()
    messages.success(request, f"La vue s'appelle maintenant « {vue.nom} ».")
    return redirect(f"{reverse('sessions')}?{vue.parametres}")


@require_POST
def supprimer(request: Requete, pk: int) -> HttpResponse:
    """Delete a view; no session changes."""
    vue = _vue_ou_404(request, pk)
    vue.delete()
    messages.success(request, f"La vue « {vue.nom} » est supprimée. Vos sessions n'ont pas changé.")
    return redirect("sessions")


def _vue_ou_404(request: Requete, pk: int) -> Vue:
    if request.membre is None:
        raise Http404
    return get_object_or_404(request.membre.vues, pk=pk)


def _page(request: Requete, form: VueForm, phrase: str) -> HttpResponse:
    vue = form.instance
    contexte = {
        "form": form,
        "vue": None if vue._state.adding else vue,
        "phrase": phrase,
        "retour": f"{reverse('sessions')}?{vue.parametres}",
    }
    return render(request, "bureau/sessions/vue.html", contexte, status=422 if form.errors else 200)
