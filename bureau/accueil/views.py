"""Views of the home page (accueil), which says what to do today, and of the page of each of its lists."""

from functools import cache
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from bureau.accueil.a_faire import (
    A_PARAITRE,
    AVEC_MOTIF,
    LISTES,
    NON_VISIBLES,
    REFUSEES,
    SANS_SESSION,
    VONT_DISPARAITRE,
    Apercu,
    apercu,
    compter_les_refusees,
    du_moment,
)
from bureau.accueil.brouillons import brouillons, jours_depuis
from bureau.accueil.graphique import graphique
from bureau.accueil.motifs import Motifs, motifs
from bureau.catalogue.comptes import visibilites
from bureau.organisme.certificats import demande, sans_certificat
from bureau.sessions.adresses import des_sessions
from catalogue.cycle_de_vie import Statut
from catalogue.models import Action, Offre
from edof.gardees import Donnee, Gardee
from edof.horloge import aujourd_hui, maintenant
from edof.templatetags.affichage import pluriel
from organismes.droits import Operation, role_permet
from organismes.espace import Requete
from organismes.models import Membre
from organismes.models.organisme import ORGANISME_DONNE
from publication import frequentation, visibilite
from publication.adresses import adresse_de
from publication.decomptes import Decomptes, decompter
from publication.echeances import echeances
from publication.etats import Etat
from publication.retraits import groupes
from sessions_app.models import Session

PAR_PAGE = 50


@require_GET
def accueil(request: Requete) -> HttpResponse:
    """Render the home page: what to do today.

    A user who belongs to no organisme gets a page that says where to go. An organisme that has no session, or
    only archived ones, gets the first steps.
    """
    membre = request.membre
    if membre is None:
        return render(request, "organismes/sans_organisme.html")
    decomptes = decompter(membre.organisme)
    a_terminer = brouillons(
        membre, {niveau: statuts[Statut.BROUILLON] for niveau, statuts in decomptes.par_niveau.items()}
    )
    commun = {
        "brouillons": a_terminer,
        "etat_url": request.path,
        "sans_certificat": sans_certificat(membre.organisme),
        "demande": demande(membre.organisme),
    }
    sessions = decomptes.par_niveau["session"]
    if sessions.total() == sessions[Statut.ARCHIVEE]:
        contexte = {
            "salutation": f"{_bonjour(membre)}, bienvenue dans votre catalogue",
            "etapes": _premiers_pas(membre),
        }
        return render(request, "bureau/accueil/premiers_pas.html", commun | contexte)
    partent, non_visibles = (
        motifs(liste, membre, groupes(decomptes.motifs[nom]))
        for liste, nom in ((VONT_DISPARAITRE, "vont_disparaitre"), (NON_VISIBLES, "a_reparer"))
    )
    a_paraitre = apercu(A_PARAITRE, membre, decomptes.par_etat[Etat.ATTEND], decomptes.offres_qui_attendent)
    contexte = {
        **commun,
        "salutation": f"{_bonjour(membre)}, voici votre catalogue {_moment()}",
        "en_cours": decomptes.en_cours,
        "bravo": _bravo(membre, decomptes.offre_visible),
        "compteurs": _compteurs(decomptes, partent, non_visibles, a_paraitre, a_terminer),
        "vont_disparaitre": partent,
        "non_visibles": non_visibles,
        "refusees": apercu(REFUSEES, membre, compter_les_refusees(membre.organisme)),
        "echeances": echeances([membre.organisme_id]),
        "a_paraitre": a_paraitre,
        "sans_session": apercu(
            SANS_SESSION,
            membre,
            decomptes.actions_sans_session,
            decomptes.offres_sans_session,
        ),
        "du_moment": du_moment(membre),
        "graphique": graphique(decomptes.par_mois),
        "lectures": frequentation.lue(membre.organisme),
    }
    return render(request, "bureau/accueil/accueil.html", contexte)


@require_GET
def a_faire(request: Requete, slug: str) -> HttpResponse:
    """Render one list of the home page, whole and paginated.

    When the sessions have several reasons, the page shows the groups by reason; `?raison=…` selects one of
    them. Raise Http404 for an unknown list.
    """
    if slug not in LISTES:
        raise Http404
    if request.membre is None:
        return redirect("accueil")
    liste = LISTES[slug]
    fiches, groupes, motif = liste.fiches(request.organisme), None, None
    if liste in AVEC_MOTIF:
        groupes = motifs(liste, request.membre)
        motif = groupes.avec(request.GET.get("raison", ""))
        fiches = fiches.filter(motif=motif.slug) if motif else fiches
        groupes = groupes if len(groupes.motifs) > 1 and motif is None else None
    page = Paginator(fiches.values_list("pk", flat=True), PAR_PAGE).get_page(request.GET.get("page"))
    page.object_list = [
        liste.ligne(fiche, request.membre) for fiche in fiches.filter(pk__in=list(page.object_list))
    ]
    contexte = {
        "liste": liste,
        "page": page,
        "groupes": groupes,
        "motif": motif,
        "etat_url": request.get_full_path(),
    }
    return render(request, "bureau/accueil/a_faire.html", contexte)


@require_POST
def bravo(request: Requete) -> HttpResponse:
    """Handle the button « J'ai compris »: « BRAVO ! » is not shown to this member again (S-128)."""
    if request.membre is not None:
        Membre.objects.filter(pk=request.membre.pk).update(bravo_vu=True)
    return redirect("accueil")


def _bravo(membre: Membre, offre: int | None) -> str | None:
    """Return the URL of a public page of the organisme, for the « BRAVO ! » message (S-128).

    `offre` is an offre that the public sees. Return None when there is none yet, or when the member has
    already been congratulated. In a sandbox there is nothing to congratulate.
    """
    if membre.bravo_vu or offre is None or membre.organisme.bac_a_sable:
        return None
    lues = _action_visible().lignes(organisme=membre.organisme_id, offre=offre)
    return adresse_de(membre.organisme.siret, *lues[0]) if lues else None


@cache
def _action_visible() -> Gardee[Session]:
    """Return the query of an action of `offre` that the public sees."""
    sessions = Session.objects.pour_organisme(ORGANISME_DONNE).filter(action__offre=Donnee("offre"))
    visibles = visibilite.visibles(sessions)
    return Gardee(visibles.values_list("action__offre__identifiant", "action__identifiant")[:1])


def _bonjour(membre: Membre) -> str:
    """Return the greeting: « Bonjour Claire », « Bonsoir Claire » from 18:00 on."""
    return f"{'Bonjour' if maintenant().hour < 18 else 'Bonsoir'} {membre.utilisateur.prenom}".strip()


def _moment() -> str:
    heure = maintenant().hour
    return "ce matin" if heure < 12 else "cet après-midi" if heure < 18 else "ce soir"


def _premiers_pas(membre: Membre) -> list[dict[str, Any]]:
    """Return the three first steps of an organisme without session.

    Each step says whether it is done. The next one has a URL when the role of the member allows it.
    """
    offre = (
        Offre.objects.pour_organisme(membre.organisme).non_archivees().order_by("-modifie_le", "-pk").first()
    )
    action = (
        Action.objects.pour_organisme(membre.organisme).non_archivees().order_by("-modifie_le", "-pk").first()
    )
    lien_action = reverse("action_ajouter", args=[offre.pk]) if offre else None
    lien_session = reverse("session_ajouter", args=[action.pk]) if action else None
    etapes = [
        ("Décrivez l'offre",
         "Ce que l'on apprend : l'intitulé, la certification visée, les objectifs, le contenu.",
         bool(offre), reverse("offre_ajouter"), "Ajouter une offre"),
        ("Précisez l'action",
         "Comment, où et à quel prix : les modalités, le lieu de formation, le total TTC.",
         bool(action), lien_action, "Ajouter une action"),
        ("Programmez la session",
         "Quand : les dates, la garantie, le contact d'inscription. Puis ouvrez-la à l'inscription.",
         False, lien_session, "Ajouter une session"),
    ]  # fmt: skip
    prochaine = next(rang for rang, etape in enumerate(etapes) if not etape[2])
    permis = role_permet(membre.role, Operation.MODIFIER)
    return [
        {
            "titre": titre,
            "phrase": phrase,
            "faite": faite,
            "libelle": libelle,
            "url": url if permis and rang == prochaine else None,
        }
        for rang, (titre, phrase, faite, url, libelle) in enumerate(etapes)
    ]


def _compteurs(
    decomptes: Decomptes,
    partent: Motifs,
    non_visibles: Motifs,
    a_paraitre: Apercu,
    a_terminer: Apercu,
) -> list[dict[str, Any]]:
    """Return the four counters, each with the URL of what it counts.

    A fifth counter is added on the eve of a withdrawal.
    """
    # A session can appear today only when this morning's publication has not run yet.
    ce_matin = any(visibilite.visible_le(ligne.fiche) == aujourd_hui() for ligne in a_paraitre.lignes)
    age = "rien en attente"
    if a_terminer.lignes:
        jours = jours_depuis(a_terminer.lignes[0].fiche)
        quand = pluriel(jours, "jour,jours") if jours else "aujourd'hui"
        age = f"le plus ancien : {quand}"
    vues = visibilites(decomptes.par_etat)["visible"]
    voir = f"voir les {pluriel(vues, 'session,sessions')}" if vues > 1 else "voir la session" if vues else ""
    retraits = [
        _compteur(
            partent.total, "va disparaître,vont disparaître", "demain matin", partent.table,
            "voir pourquoi", alerte=partent.alertes > 0,
        )
    ]  # fmt: skip
    return [
        _compteur(
            decomptes.actions_visibles, "action visible,actions visibles", "sur Mon Compte Formation",
            des_sessions(visibilite="visibles"), voir,
        ),
        _compteur(
            a_paraitre.total, "session à paraître,sessions à paraître",
            "ce matin" if ce_matin else "demain matin", a_paraitre.table,
            "voir lesquelles" if a_paraitre.total else "",
        ),
        *(retraits if partent.total else []),
        _compteur(
            non_visibles.total, "session à réparer,sessions à réparer", "actives mais non visibles",
            non_visibles.table, "voir pourquoi" if non_visibles.total else "",
            alerte=non_visibles.total > 0,
        ),
        _compteur(a_terminer.total, "brouillon à terminer,brouillons à terminer", age, a_terminer.url),
    ]  # fmt: skip


def _compteur(
    nombre: int, libelles: str, precision: str, url: str, lien: str = "", *, alerte: bool = False
) -> dict[str, Any]:
    un, plusieurs = libelles.split(",")
    libelle = un if nombre < 2 else plusieurs
    return {
        "nombre": nombre,
        "libelle": libelle,
        "precision": precision,
        "url": url,
        "lien": lien,
        "alerte": alerte,
    }
