"""Views of « Contacts et adresses »: the two lists, an entry, and the form that adds or modifies an entry."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import trigger_client_event

from bureau.carnet.genres import GENRES, lignes_d_usage
from catalogue.cycle_de_vie import Statut
from edof.horloge import demain
from edof.templatetags.affichage import date_longue, pluriel
from edof.textes import texte_cherche
from organismes.droits import Operation, role_permet
from organismes.espace import Requete, exiger
from organismes.models.entree import Entree
from publication.impact import sera_vue_demain, sessions_vues_avec

PAR_PAGE = 50


@require_GET
def carnet(request: Requete) -> HttpResponse:
    """Render the contacts or, with `?vue=adresses`, the addresses.

    The page shows the entries that match the search `?q=…`, and where each one is used.
    """
    if request.membre is None:
        return redirect("accueil")
    genre = GENRES["adresse" if request.GET.get("vue") == "adresses" else "contact"]
    q = texte_cherche(request.GET.get("q", ""))
    page = Paginator(genre.cherchees(request, q).avec_usages(), PAR_PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    for entree in page.object_list:
        entree.usages_comptes = [(usage.libelle, nombre) for usage, nombre in entree.comptes() if nombre]
        entree.operations = genre.operations(entree, request.membre)
    contexte = {
        "genre": genre,
        "vue": f"{genre.nom}s",
        "q": q,
        "page": page,
        "totaux": {nom: autre.entrees(request).count() for nom, autre in GENRES.items()},
        "ajouter": genre.url("ajouter"),
        "peut_ajouter": role_permet(request.membre.role, Operation.MODIFIER),
    }
    return render(request, "bureau/carnet/carnet.html", contexte)


@require_GET
def consulter(request: Requete, genre: str, pk: int) -> HttpResponse:
    """Render an entry, and the records that use it."""
    le_genre = GENRES[genre]
    entree = le_genre.entree_ou_404(request, pk)
    page = Paginator(entree.utilisations(), PAR_PAGE).get_page(request.GET.get("page"))
    page.object_list = lignes_d_usage(entree, page.object_list)
    contexte = {
        "genre": le_genre,
        "entree": entree,
        "page": page,
        "q": "",
        "operations": le_genre.operations(entree, request.membre),
        "supprimer": (
            le_genre.url("supprimer", entree)
            if role_permet(request.membre.role, Operation.SUPPRIMER)
            else None
        ),
    }
    return render(request, f"bureau/carnet/{genre}.html", contexte)


@require_http_methods(["GET", "POST"])
def saisir(request: Requete, genre: str, pk: int | None = None) -> HttpResponse:
    """Handle « Ajouter » and « Modifier » for an entry.

    What was typed is kept when it is refused. On request, the line of « Saisie rapide » fills the other
    fields.
    """
    le_genre = GENRES[genre]
    entree = le_genre.entree_ou_404(request, pk) if pk is not None else None
    exiger(request, Operation.MODIFIER)
    actives = _actives(entree) if entree and sera_vue_demain(entree) else None
    titre = f"Modifier {le_genre.le}" if entree else f"Ajouter {le_genre.un}"
    contexte = {
        "genre": le_genre,
        "titre": titre,
        "nom": entree.dans_une_liste if entree else "",
        "repere": entree.repere if entree else "",
        "retour": le_genre.url("consulter", entree) if entree else le_genre.liste,
        "actives": actives,
        "sessions_vues": _sessions_vues(entree) if entree and actives else "",
        "date_demain": demain(),
    }
    form = le_genre.formulaire(
        request.POST if request.method == "POST" else None, instance=entree, organisme=request.organisme
    )
    if request.method == "GET":
        return render(request, "bureau/carnet/formulaire.html", {**contexte, "form": form})
    if form.a_decouper(request.POST.get("operation", "")):
        rempli = form.remplir_et_nommer()
        if "ligne" not in form.errors:
            messages.info(
                request, "Les champs sont remplis à partir de la ligne : vérifiez-les avant d'enregistrer."
            )
        page = render(
            request,
            "bureau/carnet/formulaire.html",
            {**contexte, "form": form},
            status=422 if form.errors else 200,
        )
        return (
            page
            if form.errors or not rempli
            else trigger_client_event(page, "viser", {"ancre": rempli}, after="settle")
        )
    enregistree = form.enregistrer(request.user)
    if enregistree is None:
        return render(request, "bureau/carnet/formulaire.html", {**contexte, "form": form}, status=422)
    fait = f"{le_genre.le.capitalize()} a bien été {'modifié' if entree else 'ajouté'}{le_genre.e}."
    if contexte["actives"]:
        fait += f" Le public verra le changement le {date_longue(demain())} au matin."
    messages.success(request, fait)
    return redirect(le_genre.url("consulter", enregistree))


def _actives(entree: Entree) -> str | None:
    """Return the text that counts the active records that show this entry to the public, or None.

    Example: « 3 fiches actives montrent ». It is None when there is no such record.
    """
    cles = set()
    for usage in entree.usages():
        actives = usage.fiches(entree, entree.organisme_id).filter(statut=Statut.ACTIVE)
        cles |= {(usage.modele, pk) for pk in actives.values_list("pk", flat=True)}
    return pluriel(len(cles), "fiche active montre,fiches actives montrent") if cles else None


def _sessions_vues(entree: Entree) -> str:
    """Return the text that counts the sessions that the public sees with this entry; empty without any."""
    nombre = sessions_vues_avec(entree).count()
    return pluriel(nombre, "session visible aujourd'hui,sessions visibles aujourd'hui") if nombre else ""
