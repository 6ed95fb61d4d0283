"""Views of « Sessions »: the table, the month, the menu of a row, the choice of columns."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from bureau.acces import fiche_ou_404, page_precedente
from bureau.lots.barre import barre
from bureau.menu import menu
from bureau.sessions.liste import COLONNES, MOIS, TOUJOURS, VUE, Liste
from bureau.sessions.mois import Mois
from organismes.droits import Operation, role_permet
from organismes.espace import Requete
from organismes.models import Membre
from publication.visibilite import visibilite_de


@require_GET
def sessions(request: Requete) -> HttpResponse:
    """Render the sessions of the organisme as a table or by month, filtered like the catalogue.

    A request of htmx for « Plus de filtres » gets these filters only. The order that is asked for is
    remembered for the next visits.
    """
    if request.membre is None:
        return redirect("accueil")
    en_mois = request.GET.get(VUE) == MOIS
    liste = Mois(request.membre, request.GET) if en_mois else Liste(request.membre, request.GET)
    contexte = {"liste": liste, "filtres": liste.filtres, "en_mois": en_mois}
    if request.htmx.target == "plus-de-filtres":
        return render(request, "bureau/sessions/_plus_de_filtres.html", contexte)
    if "" in request.GET.values() and not liste.filtres.form.errors:
        # A form sends its empty fields too: redirect, so that the URL to share holds only what is requested.
        return redirect(liste.url())
    if liste.demande:
        _retenir(request.membre, tri=liste.demande)
    vues = list(request.membre.vues.all())
    connue = any(vue.parametres == liste.parametres for vue in vues)
    contexte |= {"vues": vues, "enregistrable": bool(liste.parametres) and not connue}
    contexte["peut_importer"] = role_permet(request.membre.role, Operation.MODIFIER)
    contexte["comptes"] = liste.comptes
    if isinstance(liste, Mois):
        contexte["semaines"] = liste.semaines
        return render(request, "bureau/sessions/mois.html", contexte)
    page = liste.page()
    numeros = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    contexte |= {
        "page": page,
        "numeros": list(numeros),
        "barre": barre(
            request.membre,
            ("session",),
            page.paginator.count,
            noms="session cochée,sessions cochées",
            filtre=request.GET.urlencode(),
        ),
    }
    contexte["cochable"] = bool(contexte["barre"])
    return render(request, "bureau/sessions/liste.html", contexte)


@require_GET
def operations(request: Requete, pk: int) -> HttpResponse:
    """Render the menu « Opérations » of one row, for htmx, when it is opened.

    Fifty menus that nobody opens would be half of the page. Any other request goes to the session.
    """
    session: Any = fiche_ou_404(request, "session", pk)
    if not request.htmx:
        return redirect("session_consulter", pk)
    lue = visibilite_de(pk)
    session.est_visible = lue is not None and lue.est_visible
    session.operations = menu(session, request.membre)
    return render(request, "bureau/sessions/_operations.html", {"session": session})


@require_POST
def colonnes(request: Requete) -> HttpResponse:
    """Remember the columns that the member has ticked, or come back to those of the beginning."""
    if request.membre is not None:
        choisies = [nom for nom in COLONNES if nom not in TOUJOURS and nom in request.POST.getlist("colonne")]
        _retenir(request.membre, colonnes=None if "defaut" in request.POST else choisies)
    return redirect(page_precedente(request) or "sessions")


def _retenir(membre: Membre, **choix: object) -> None:
    """Keep these choices of the member for their next visits, when they are new."""
    retenus = membre.liste_des_sessions | choix
    if retenus != membre.liste_des_sessions:
        membre.liste_des_sessions = retenus
        Membre.objects.filter(pk=membre.pk).update(liste_des_sessions=retenus)
