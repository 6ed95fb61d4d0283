"""Views of the help pages."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from bureau.menu import OPERATIONS
from catalogue.cycle_de_vie import Statut, est_proposee
from catalogue.operations import USAGES
from edof.horloge import aujourd_hui
from organismes.droits import Operation, role_permet
from organismes.espace import Requete
from publication import visibilite
from sessions_app.models import Session

CYCLE_DE_VIE = (
    (
        Statut.BROUILLON,
        (
            "La fiche est en cours de saisie : il manque une information obligatoire, ou elle n'a pas encore"
            " été validée."
        ),
    ),
    (Statut.VALIDEE, "Tout est renseigné et conforme, mais rien n'est encore publié."),
    (
        Statut.ACTIVE,
        (
            "La fiche est publiée : ouvrir une session à l'inscription rend actives la session, son action et"
            " son offre, ensemble."
        ),
    ),
    (
        Statut.ARCHIVEE,
        (
            "La fiche n'est plus visible sur Mon Compte Formation, ni modifiable. Désarchivée, elle repart en"
            " brouillon."
        ),
    ),
)
NAVIGATEURS = (
    ("Google Chrome", "browser-chrome"),
    ("Mozilla Firefox", "browser-firefox"),
    ("Safari", "browser-safari"),
    ("Microsoft Edge", "browser-edge"),
)


def operations_par_statut() -> tuple[list[str], list[tuple[str, list[bool]]]]:
    """Return the table of the operations by status (D-10), as the program applies it.

    The result contains the names of the states, then one row per operation: its label, and for each state
    whether the state offers the operation. « (session) » is added to the label of an operation that only a
    session has.
    """
    etats = {
        "Brouillon": Session(statut=Statut.BROUILLON),
        "Validée": Session(statut=Statut.VALIDEE),
        "Active, ouverte": Session(statut=Statut.ACTIVE, ouverte=True),
        "Active, fermée": Session(statut=Statut.ACTIVE, ouverte=False),
        "Archivée": Session(statut=Statut.ARCHIVEE),
    }
    lignes = []
    for operation in OPERATIONS:
        propre = " (session)" if USAGES[operation].pour_la_session else ""
        lignes.append(
            (operation.label + propre, [est_proposee(session, operation) for session in etats.values()])
        )
    return list(etats), lignes


@require_GET
def aide(request: Requete) -> HttpResponse:
    """Render the main help page: where to begin, the life cycle, the operations, and the other pages."""
    etats, lignes = operations_par_statut()
    cycle = [{"fiche": Session(statut=statut), "phrase": phrase} for statut, phrase in CYCLE_DE_VIE]
    contexte = {"cycle": cycle, "etats": etats, "operations": lignes}
    contexte["peut_importer"] = request.membre and role_permet(request.membre.role, Operation.MODIFIER)
    return render(request, "bureau/aide/index.html", contexte)


@require_GET
def aide_visibilite(request: Requete) -> HttpResponse:
    """Render the checklist of visibility (S-37).

    It lists the conditions that the program itself applies.
    """
    return render(
        request, "bureau/aide/visibilite.html", {"conditions": visibilite.conditions(aujourd_hui())}
    )


@require_GET
def aide_guides(request: Requete) -> HttpResponse:
    """Render the list of the guides of EDOF: what each is for, and where to find it (S-44 to S-46)."""
    return render(request, "bureau/aide/guides.html")


@login_not_required
@require_GET
def aide_navigateurs(request: Requete) -> HttpResponse:
    """Render the list of the recommended browsers (S-02).

    The page is open to anonymous visitors, because the browser may be what prevents somebody from signing in.
    """
    return render(request, "bureau/aide/navigateurs.html", {"navigateurs": NAVIGATEURS})
