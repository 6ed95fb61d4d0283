"""« Voir le catalogue »: the tree and its branches."""

import re
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
from bureau.menu import NIVEAUX
from catalogue.cycle_de_vie import Statut
from edof.templatetags.affichage import pluriel
from organismes.droits import Operation, role_permet
from organismes.espace import Requete
from publication.etats import Etat


@require_GET
def catalogue(request: Requete) -> HttpResponse:
    """« Voir le catalogue »: the tree offre › action › session, with its search and filters (S-08, S-108,
    S-109).
    """
    if request.membre is None:
        return redirect("accueil")
    if branche := re.fullmatch(r"(offre|action)-([0-9]{1,17})", request.htmx.target or ""):
        return _branche(request, branche[1], int(branche[2]))
    if cible := re.fullmatch(r"(offre|action|session)-([0-9]{1,17})", request.GET.get("voir", "")):
        return _aller_a(request, cible[1], int(cible[2]))
    arbre = Arbre(request.membre, request.GET)
    if "" in request.GET.values() and not arbre.filtres.form.errors:
        # What a form sends without anything in it: the address to share says only what is asked.
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
        "courante": next((pastille for pastille in jetons if pastille["courante"]), None),
        "peut_ajouter": role_permet(request.membre.role, Operation.MODIFIER),
        "peut_restaurer": role_permet(request.membre.role, Operation.SUPPRIMER),
    }
    return render(request, "bureau/catalogue/catalogue.html", contexte)


def _branche(request: Requete, niveau: str, pk: int) -> HttpResponse:
    """One block only, for htmx. What is asked of this branch is in the address asked for; the state of the
    others is in that of the page on screen, which follows each answer, unless the page opened its branches by
    itself.
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
    """Lead to a record, on whatever page it stands; filters that hide it are taken off, and it is said."""
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
    """The links of the pagination; without address where numbers are left out."""
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
    """The chips: statuses count offres, then visibility counts sessions; each says how many it leads to."""
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
    # Orange only when somebody should look: a session that begins leaves in the ordinary course.
    alerte = "exclamation-triangle-fill" if nombres.par_etat.get(Etat.DISPARAIT) else "clock"
    jetons = [
        pastille("Toutes les offres", nombres.toutes, offres),
        *(pastille(s.label, nombres.par_statut[s], offres, statut=s.value) for s in Statut),
        session("Sessions visibles", "visible", "eye", "visibles"),
        session("Vont disparaître", "disparait", alerte, "vont_disparaitre"),
        session("Sessions actives non visibles", "non_visible", "eye-slash", "non_visibles"),
        session("À réparer", "a_reparer", "exclamation-triangle-fill", "a_reparer"),
    ]
    # What asks for nobody's attention is not shown, unless it is what one is looking at.
    discretes = {"Vont disparaître", "À réparer"}
    return [p for p in jetons if p["nombre"] or p["courante"] or p["libelle"] not in discretes]
