"""Views of the operations of the menu « Opérations »: confirmation if needed, then `executer`."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from bureau.acces import (
    exiger_supprimee,
    fiche_a_verrouiller,
    fiche_ou_404,
    page_du_catalogue,
    page_precedente,
    retour_au_catalogue,
)
from bureau.menu import url_de
from catalogue.cycle_de_vie import OperationRefusee, executer, refus_de
from catalogue.models import Fiche, FicheQuerySet
from catalogue.operations import ANNULATIONS, USAGES, Mode, demande_confirmation
from edof.templatetags.affichage import compter, date_longue, enumerer, pluriel
from organismes.droits import Operation
from organismes.espace import Requete, exiger
from publication import visibilite
from publication.retraits import alertes_de

# Scope of « Désarchiver »: the record alone, or with all that is archived below it (D-13).
SEULE, TOUT = "seule", "tout"


@require_http_methods(["GET", "POST"])
def operation(request: Requete, niveau: str, pk: int, code: str) -> HttpResponse:
    """Run an operation of the menu on a record.

    GET asks for confirmation of the operations that need it. POST runs the operation through `executer`.
    Raise Http404 for a code that is not in the menu, or that has a page of its own.
    """
    usage = USAGES.get(code)
    if usage is None or not usage.au_menu or usage.mode is Mode.PAGE:
        raise Http404
    demandee = Operation(code)
    if request.method == "GET":
        fiche = fiche_ou_404(request, niveau, pk)
        if not demande_confirmation(demandee, contient=True):
            return redirect(url_de(fiche, Operation.CONSULTER))
        exiger(request, demandee)
        return _confirmation(request, fiche, demandee)
    fiche = fiche_a_verrouiller(request, niveau, pk)
    # The record alone, unless the user chose more on the confirmation page (D-13).
    parametres = (
        {"avec_descendants": request.POST.get("portee") == TOUT} if demandee == Operation.DESARCHIVER else {}
    )
    try:
        fiche = executer(fiche, demandee, par=request.membre, **parametres)
    except OperationRefusee as refusee:
        deja = all(refus.deja for refus in refusee.refus)
        messages.add_message(request, messages.INFO if deja else messages.ERROR, str(refusee))
        return redirect(_retour(request, fiche_ou_404(request, niveau, pk), demandee))
    except type(fiche).DoesNotExist:
        exiger_supprimee(request, niveau, pk)
        messages.info(request, "Cette fiche n'existe plus : elle a été supprimée entre-temps.")
        return redirect("catalogue")
    gestes = [f"annuler:{fiche.contexte}"] if demandee in ANNULATIONS else []
    gestes += ["corbeille"] if demandee == Operation.SUPPRIMER else []
    if demandee == Operation.OUVRIR:
        _dire_ouverte(request, fiche)
    else:
        messages.success(request, _message(fiche, demandee, **parametres), extra_tags=" ".join(gestes))
    for phrase in fiche.suites:
        messages.warning(request, phrase)
    return redirect(_retour(request, fiche, demandee))


def _retour(request: Requete, fiche: Fiche, demandee: Operation) -> str:
    """Return the URL of the page the user came from, anchored on the record.

    The anchor is the parent of the record when the list may no longer contain the record.
    """
    suite, parents = page_precedente(request), fiche.parents()
    if urlsplit(suite).path != reverse("catalogue"):
        if demandee == Operation.SUPPRIMER:
            return page_du_catalogue(parents[0]) if parents else reverse("catalogue")
        return suite or page_du_catalogue(fiche)
    # What is for sessions only changes no status: the session stays in the list.
    part = not USAGES[demandee].pour_la_session or "statut=" in suite or "visibilite=" in suite
    vue = parents[0] if part and parents else None if part else fiche
    return f"{suite}#{vue.cle_html}" if vue else suite


def _dire_ouverte(request: Requete, session: Any) -> None:
    """Say that the session was opened, what the public will see of it, and what deserves a second look."""
    vue = visibilite.avec_sa_certification(session.pk)
    messages.success(request, f"La session a bien été ouverte à l'inscription. {visibilite_a_venir(vue)}")
    offre = session.action.offre
    if vue and offre.certification_id == vue.action.offre.certification_id:
        offre.certification = vue.action.offre.certification
    for phrase in session.avertissements():
        messages.warning(request, phrase)
    if vue and vue.est_visible and not vue.sera_visible:
        for alerte in alertes_de(session):
            messages.warning(request, alerte.phrase, extra_tags=alerte.geste)


def _message(fiche: Fiche, faite: Operation, avec_descendants: bool = False) -> str:
    if avec_descendants:
        return (
            f"{fiche.GENRE} « {fiche} » a bien été désarchivée avec ce qu'elle contient : tout est de nouveau"
            " en brouillon."
        )
    return USAGES[faite].faite.format(genre=fiche.GENRE, nom=fiche.identifiant)


def visibilite_a_venir(vue: Any) -> str:
    """Return the sentence that says what the public sees of a session just opened, and when.

    `vue` is a `Visibilite`, or a session from `avec_visibilite`; None when it no longer exists.
    """
    if vue and vue.est_visible:
        return "Elle est de nouveau visible sur Mon Compte Formation."
    if vue and (jour := visibilite.visible_le(vue)):
        return f"Elle sera visible sur Mon Compte Formation le {date_longue(jour)} au matin."
    return "Elle n'est pas encore visible : consultez « Pourquoi pas visible ? »."


def concernees(ensemble: FicheQuerySet, demandee: Operation) -> FicheQuerySet:
    """Return the records of this set that the operation affects, or may affect."""
    return {Operation.ARCHIVER: ensemble.non_archivees, Operation.DESARCHIVER: ensemble.archivees}.get(
        demandee, ensemble.all
    )()


def dont_visibles(nombre: int) -> str:
    """Return the end of a sentence that counts sessions.

    Example: « , dont 3 visibles par le public aujourd'hui ».
    """
    return (
        f", dont {pluriel(nombre, 'visible,visibles') if nombre else 'aucune visible'} par le public"
        " aujourd'hui"
    )


def _confirmation(request: Requete, fiche: Fiche, demandee: Operation) -> HttpResponse:
    """Render the confirmation page, which gives the consequences in numbers."""
    niveau = fiche.nom_de_niveau
    if refus := refus_de(fiche, demandee):
        messages.error(request, " ".join(r.phrase for r in refus))
        return redirect(retour_au_catalogue(request, fiche))
    comptes = {ensemble.model: concernees(ensemble, demandee).count() for ensemble in fiche.descendants()}
    suivent = enumerer(compter(comptes))
    boutons = [
        {
            "portee": "",
            "libelle": demandee.label,
            "classe": "bouton-danger" if demandee == Operation.SUPPRIMER else "bouton-plein",
        }
    ]
    if demandee == Operation.DESARCHIVER:
        archivees = "archivée" if sum(comptes.values()) == 1 else "archivées"
        contenu = f" Elle contient aussi {suivent} {archivees}." if suivent else ""
        phrases = [
            f"{fiche.GENRE} « {fiche} » va revenir en brouillon.{contenu}",
            (
                "Ce que vous désarchivez revient en brouillon, fermé à l'inscription : il faudra le valider"
                " de nouveau avant de l'ouvrir."
            ),
        ]
        boutons = [
            {
                "portee": SEULE,
                "libelle": f"Désarchiver {fiche.GENRE.lower()} seule",
                "classe": "bouton-plein",
            },
            {"portee": TOUT, "libelle": f"Désarchiver avec {suivent}", "classe": ""},
        ][: 2 if suivent else 1]
    else:
        phrases = [
            f"{fiche.GENRE} « {fiche} » va être"
            f" {'archivée' if demandee == Operation.ARCHIVER else 'supprimée'}."
        ]
        # An active record must be archived before it is deleted: only archiving hides it from the public.
        visibles = (
            visibilite.visibles_sous(type(fiche), [fiche.pk]) if demandee == Operation.ARCHIVER else None
        )
        if suivent:
            phrases.append(f"Avec elle : {suivent}{'' if visibles is None else dont_visibles(visibles)}.")
        elif visibles is not None:
            phrases.append(
                "Le public la voit aujourd'hui." if visibles else "Le public ne la voit pas aujourd'hui."
            )
        phrases.append(USAGES[demandee].suites)
    contexte = {
        "objet": fiche,
        "niveau": niveau,
        "titre": f"{demandee.label} {fiche.GENRE.lower()}",
        "phrases": phrases,
        "boutons": boutons,
        "suite": page_precedente(request),
        "retour": retour_au_catalogue(request, fiche),
    }
    return render(request, "bureau/fiche/confirmation.html", contexte)
