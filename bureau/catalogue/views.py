"""Views of « Voir le catalogue »: the tree and its branches."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRefresh

from bureau.acces import page_du_catalogue
from bureau.catalogue.arbre import Arbre
from bureau.catalogue.comptes import Pastilles, compter, pastilles
from bureau.lots.barre import barre
from bureau.menu import NIVEAUX
from bureau.sessions.comptes import combien
from catalogue.cycle_de_vie import Statut
from edof.lecture import lire_cle
from edof.templatetags.affichage import pluriel
from organismes.droits import Operation, role_permet
from organismes.espace import Requete
from publication.etats import Etat


@require_GET
def catalogue(request: Requete) -> HttpResponse:
    """Render « Voir le catalogue » (S-08, S-108, S-109).

    The page shows the tree offre › action › session, with its search and filters. A request of htmx for a
    branch gets this branch only, and one for « Plus de filtres » gets these filters only. `?voir=session-12`
    redirects to a record.
    """
    if request.membre is None:
        return redirect("accueil")
    if (branche := _nommee(request.htmx.target)) and branche[0] != "session":
        return _branche(request, *branche)
    if cible := _nommee(request.GET.get("voir")):
        return _aller_a(request, *cible)
    arbre = Arbre(request.membre, request.GET)
    if request.htmx.target == "plus-de-filtres":
        contexte = {"arbre": arbre, "filtres": arbre.filtres}
        return render(request, "bureau/catalogue/_plus_de_filtres.html", contexte)
    if "" in request.GET.values() and not arbre.filtres.form.errors:
        # A form sends its empty fields too: redirect, so that the URL to share holds only what is requested.
        return redirect(arbre.url_filtree())
    page, comptes = arbre.page(), compter(request.organisme)
    jetons = _pastilles(arbre, pastilles(arbre.filtres, comptes))
    contexte = {
        "arbre": arbre,
        "filtres": arbre.filtres,
        "page": page,
        "pages": _pages(arbre, page),
        "comptes": comptes,
        "pastilles": jetons,
        "sessions": combien(arbre.filtres, comptes.par_niveau["session"]),
        "courante": next((pastille for pastille in jetons if pastille["courante"]), None),
        "peut_ajouter": role_permet(request.membre.role, Operation.MODIFIER),
        "peut_restaurer": role_permet(request.membre.role, Operation.SUPPRIMER),
        "barre": page.object_list
        and barre(request.membre, ("action", "offre"), 0, noms="fiche cochée,fiches cochées"),
    }
    return render(request, "bureau/catalogue/catalogue.html", contexte)


def _branche(request: Requete, niveau: str, pk: int) -> HttpResponse:
    """Render one block only, for htmx.

    The requested URL contains the state wanted for this branch. The state of the other branches is in the URL
    of the page on screen, which each response updates, unless the page opened its branches automatically.
    """
    cle = "o" if niveau == "offre" else "a"
    demande = Arbre(request.membre, request.GET)
    arbre = Arbre(request.membre, QueryDict(urlsplit(request.htmx.current_url or "").query))
    if not arbre.dit_ses_branches:
        arbre.ouvertes = demande.ouvertes
    arbre.basculer(cle, pk, demande.ouvertes[cle].get(pk, 0))
    offre = arbre.offre(**{"pk" if niveau == "offre" else "actions": pk})
    if offre is not None and niveau == "action":
        arbre.basculer(
            "o", offre.pk, max(arbre.ouvertes["o"].get(offre.pk, 1), demande.ouvertes["o"].get(offre.pk, 1))
        )
    if offre is not None:
        arbre.deplier([offre])
    fiche = (
        next((f for f in (offre, *offre.dessous) if f.cle_html == request.htmx.target), None)
        if offre
        else None
    )
    if fiche is None:
        messages.info(request, "Cette fiche n'est plus dans la liste : elle a changé entre-temps.")
        return HttpResponseClientRefresh()
    gabarit = "_action_sans_session" if niveau == "action" and not fiche.avec_sessions else f"_{niveau}"
    reponse = render(request, f"bureau/catalogue/{gabarit}.html", {"offre": offre, niveau: fiche})
    reponse["HX-Push-Url"] = arbre.url()
    return reponse


def _aller_a(request: Requete, niveau: str, pk: int) -> HttpResponse:
    """Redirect to a record, on whatever page of the catalogue it is.

    The filters that hide it are removed, and a message says so.
    """
    fiche = NIVEAUX[niveau].objects.pour_organisme(request.organisme).filter(pk=pk).first()
    if fiche is None:
        messages.info(request, "Cette fiche n'existe plus : elle a été supprimée entre-temps.")
        return redirect(Arbre(request.membre, request.GET).url())
    arbre = Arbre(request.membre, request.GET)
    adresse = arbre.url_de(fiche)
    if adresse is None:
        if arbre.filtres.actifs:
            messages.info(request, "La recherche ou les filtres cachaient cette fiche : ils ont été retirés.")
        adresse = Arbre(request.membre, QueryDict(urlsplit(page_du_catalogue(fiche)).query)).url_de(fiche)
    return redirect(adresse or "catalogue")


def _pages(arbre: Arbre, page: Any) -> list[dict[str, Any]]:
    """Return the links of the pagination; a link without URL stands for the numbers left out."""
    numeros = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return [
        {
            "numero": numero,
            "url": arbre.url_de_la_page(numero) if isinstance(numero, int) else None,
            "courante": numero == page.number,
        }
        for numero in numeros
    ]


def _pastilles(arbre: Arbre, nombres: Pastilles) -> list[dict[str, Any]]:
    """Return the filter chips: the statuses count offres, then the visibilities count sessions.

    Each chip shows the number of records that it leads to.
    """
    present = {nom: arbre.filtres.valeurs.get(nom, "") for nom in ("statut", "visibilite")}

    def pastille(libelle: str, nombre: int, unite: str, icone: str = "", **filtre: str) -> dict[str, Any]:
        demande = {"statut": "", "visibilite": ""} | filtre
        lien = {"url": arbre.url_filtree(**demande), "courante": demande == present}
        return {
            "libelle": libelle,
            "nombre": nombre,
            "compte": pluriel(nombre, unite),
            "icone": icone,
            **lien,
        }

    def session(libelle: str, nombre: str, icone: str, filtre: str) -> dict[str, Any]:
        return pastille(libelle, nombres.par_visibilite[nombre], "session,sessions", icone, visibilite=filtre)

    offres = "offre,offres"
    # Orange only when attention is needed: a session that disappears because it begins is ordinary.
    alerte = "exclamation-triangle-fill" if nombres.par_etat.get(Etat.DISPARAIT) else "clock"
    jetons = [
        pastille("Toutes les offres", nombres.toutes, offres),
        *(pastille(s.label, nombres.par_statut[s], offres, statut=s.value) for s in Statut),
        session("Sessions visibles", "visible", "eye", "visibles"),
        session("Vont disparaître", "disparait", alerte, "vont_disparaitre"),
        session("Sessions actives non visibles", "non_visible", "eye-slash", "non_visibles"),
        session("À réparer", "a_reparer", "exclamation-triangle-fill", "a_reparer"),
    ]
    # These chips are hidden when empty, since nothing needs attention, unless the chip is the current one.
    discretes = {"Vont disparaître", "À réparer"}
    return [p for p in jetons if p["nombre"] or p["courante"] or p["libelle"] not in discretes]


def _nommee(nom: str | None) -> tuple[str, int] | None:
    """Return the level and the key in « action-12 », None for anything else."""
    niveau, _, cle = (nom or "").partition("-")
    lue = lire_cle(cle)
    return (niveau, lue) if lue and niveau in NIVEAUX else None
