"""Views that replace an entry everywhere, and that delete an entry that nothing uses."""

from operator import attrgetter
from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from bureau.carnet.genres import GENRES, GenreDePages, lignes_d_usage
from catalogue.cycle_de_vie import Statut
from edof.horloge import demain
from edof.templatetags.affichage import date_longue, pluriel
from organismes.droits import Operation
from organismes.espace import Requete, exiger
from organismes.models.entree import Entree
from organismes.models.remplacement import ApercuDuRemplacement, ApercuPerime, apercu, remplacer
from publication.impact import sera_vue_demain

PREMIERES = 10


class RemplacementForm(forms.Form):
    """Form that chooses the replacement: another complete entry of the same kind and organisme."""

    par = forms.ModelChoiceField(
        queryset=None,
        empty_label="Choisissez dans la liste",
        error_messages={
            "invalid_choice": "Ce choix n'existe pas ou plus : choisissez dans la liste.",
            "required": "Choisissez dans la liste.",
        },
    )

    def __init__(self, *args: Any, entree: Entree, autres: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["par"].queryset = autres.exclude(pk=entree.pk)
        self.fields["par"].label = f"Remplacer « {entree.dans_une_liste} » par"
        self.fields["par"].label_from_instance = attrgetter("dans_une_liste")

    def clean_par(self) -> Entree:
        """Refuse an incomplete entry, such as an import may leave.

        With it, the requests of learners would be lost.
        """
        par = self.cleaned_data["par"]
        if defauts := par.defauts():
            raise forms.ValidationError(
                f"Cette fiche est incomplète, complétez-la d'abord. {' '.join(defauts)}"
            )
        return par


@require_http_methods(["GET", "POST"])
def remplacer_partout(request: Requete, genre: str, pk: int) -> HttpResponse:
    """Replace an entry by another one, in every record that uses it.

    GET lets the user choose, then shows a preview. POST does what the preview showed. When the records have
    changed since, POST changes nothing and shows a new preview (422).
    """
    le_genre = GENRES[genre]
    entree = le_genre.entree_ou_404(request, pk)
    exiger(request, Operation.MODIFIER)
    donnees = request.POST if request.method == "POST" else request.GET if "par" in request.GET else None
    form = RemplacementForm(donnees, entree=entree, autres=le_genre.entrees(request))
    if not form.is_valid():
        # A missing or wrong choice in a GET is not a refused submission: the page says what to choose (200).
        return _rendre(request, le_genre, entree, form, None, 422 if request.method == "POST" else 200)
    nouvelle = form.cleaned_data["par"]
    vue = sera_vue_demain(entree)
    if request.method == "GET":
        return _rendre(request, le_genre, entree, form, apercu(entree, nouvelle), 200)
    try:
        fait = remplacer(entree, nouvelle, vu=request.POST.get("vu", ""), par=request.user)
    except ApercuPerime:
        a_faire = apercu(entree, nouvelle)
        if not a_faire.nombre():
            messages.info(request, f"Plus aucune fiche n'utilise {le_genre.ce}.")
            return redirect(le_genre.url("consulter", entree))
        messages.error(
            request,
            "Les fiches ont changé depuis l'aperçu : rien n'a été remplacé. Vérifiez le nouvel aperçu, puis"
            " confirmez.",
        )
        return _rendre(request, le_genre, entree, form, a_faire, 422)
    phrase = (
        f"« {entree} » est remplacé{le_genre.e} par « {nouvelle} » dans"
        f" {_fiches(fait.nombre())}.{_a_j_plus_1(fait, vue)}"
    )
    messages.success(request, phrase, extra_tags=f"annuler:{fait.contexte}" if fait.nombre() else "")
    return redirect(le_genre.url("consulter", entree))


def _rendre(
    request: Requete,
    genre: GenreDePages,
    entree: Entree,
    form: RemplacementForm,
    a_faire: ApercuDuRemplacement | None,
    statut: int,
) -> HttpResponse:
    contexte = {
        "genre": genre,
        "entree": entree,
        "form": form,
        "retour": genre.url("consulter", entree),
        "autres": form.fields["par"].queryset.exists(),
        "ajouter": genre.url("ajouter"),
        "apercu": a_faire and _resume(entree, form.cleaned_data["par"], a_faire),
    }
    return render(request, "bureau/carnet/remplacer.html", contexte, status=statut)


def _resume(entree: Entree, nouvelle: Entree, a_faire: ApercuDuRemplacement) -> dict[str, Any]:
    """Return what the template shows of the preview."""
    return {
        "nouvelle": nouvelle,
        "vu": a_faire.empreinte,
        "nombre": _fiches(a_faire.nombre()),
        "vide": a_faire.nombre() == 0,
        "archivees": a_faire.nombre(statut=Statut.ARCHIVEE),
        "public": _a_j_plus_1(a_faire, sera_vue_demain(entree)),
        "lignes": [
            (
                usage.libelle,
                usage.modele._meta.verbose_name_plural,
                [(s.value, s.label, compte[s.value]) for s in Statut if compte[s.value]],
            )
            for usage, compte in a_faire.par_statut()
        ],
        "premieres": lignes_d_usage(entree, entree.utilisations()[:PREMIERES]),
        "limite": PREMIERES,
    }


def _a_j_plus_1(fait: ApercuDuRemplacement, vue: bool) -> str:
    actives = fait.nombre(statut=Statut.ACTIVE)
    if not vue:
        return ""
    return (
        f" Le public verra le changement le {date_longue(demain())} au matin"
        f" ({pluriel(actives, 'fiche active,fiches actives')})."
    )


def _fiches(nombre: int) -> str:
    return pluriel(nombre, "fiche,fiches")


@require_http_methods(["GET", "POST"])
def supprimer(request: Requete, genre: str, pk: int) -> HttpResponse:
    """Ask for confirmation, then delete an entry that nothing uses.

    The constraints of the database decide: they refuse the deletion of an entry that a record uses.
    """
    le_genre = GENRES[genre]
    entree = le_genre.entree_ou_404(request, pk)
    exiger(request, Operation.SUPPRIMER)
    nom = str(entree)
    utilisations = entree.utilisations()
    if request.method == "GET":
        contexte = {
            "genre": le_genre,
            "entree": entree,
            "retour": le_genre.url("consulter", entree),
            "remplacer": le_genre.url("remplacer", entree),
            "nombre": utilisations.count(),
            "premieres": lignes_d_usage(entree, utilisations[:PREMIERES]),
            "limite": PREMIERES,
        }
        return render(request, "bureau/carnet/supprimer.html", contexte)
    try:
        entree.supprimer(request.user)
    except IntegrityError:
        messages.error(request, le_genre.utilisee)
        return redirect(request.path)
    messages.success(request, f"{le_genre.le.capitalize()} « {nom} » a bien été supprimé{le_genre.e}.")
    return redirect(le_genre.liste)
