"""Views of a session: « Ajouter une session », « Modifier » and « Consulter »."""

import datetime as dt
from functools import lru_cache

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from bureau.acces import fiche_ou_404, retour_au_catalogue
from bureau.assistant.views import Assistant
from bureau.catalogue.arbre import preparer_session
from bureau.fiche.consulter import contexte_de_lecture
from catalogue.models import Action, Fiche
from edof.gardees import Donnee, Gardee
from edof.horloge import aujourd_hui
from edof.templatetags.affichage import date_longue
from organismes.droits import Operation, role_permet
from organismes.espace import Requete, chercher_ailleurs, fiche_de_l_espace
from organismes.models.organisme import ORGANISME_DONNE
from publication import etats
from publication.contenus import contenu_present
from sessions_app.forms import SessionForm
from sessions_app.habitudes import Habitudes
from sessions_app.models import Programmation, Session
from sessions_app.plans import lire_les_plans


class _Session(Assistant):
    formulaire = SessionForm
    rappel = "bureau/assistant/_rappel_de_l_action.html"
    mots = {
        "la": "la session",
        "votre": "votre session",
        "informations": "Informations sur la session",
        "code": "de la session",
    }

    def suite(self, request: Requete) -> str:
        """Return what comes next: opening the session, by whoever may."""
        qui = "Vous pouvez" if role_permet(request.membre.role, Operation.OUVRIR) else "Un gestionnaire peut"
        return f"{qui} l'ouvrir à l'inscription."


class Ajouter(_Session):
    """The view « Ajouter une session », under an action (S-50, S-52)."""

    creation = True
    titre = "Ajouter une session"

    def preparer(self, request: Requete, pk: int | None) -> Fiche:
        """Return a new session under this action, or raise Http404 (S-49)."""
        action = fiche_de_l_espace(
            request, Action.objects.select_related("offre", "lieu_de_formation", "organisme"), pk=pk
        )
        # What the form shows before anything is typed.
        proposes = Habitudes(action.organisme, [action.pk]).pour(action.pk)
        return Session(action=action, organisme=action.organisme, **proposes)

    def retour(self) -> str:
        """Return the URL of the action in the catalogue."""
        return retour_au_catalogue(self.request, self.fiche.action)


class Modifier(_Session):
    """The view « Modifier »: the same form, filled in, at its second step (S-100)."""

    creation = False
    titre = "Modifier la session"

    def preparer(self, request: Requete, pk: int | None) -> Fiche:
        """Return the session to modify, or raise Http404."""
        return fiche_ou_404(request, "session", pk)

    def avertir(self) -> list[str]:
        """Add what is planned for the session: saving cancels it (D-46)."""
        plans = Programmation.objects.filter(session=self.fiche).prevues()
        annules = [f"{plan.nom} programmée le {date_longue(plan.jour)}" for plan in plans]
        return [*super().avertir(), *(f"{annule} : enregistrer l'annulera." for annule in annules)]


def _session_annotee(request: Requete, pk: int) -> Session:
    lues = _lecture(aujourd_hui()).lire(cle=pk, organisme=request.organisme and request.organisme.pk)
    if not lues:
        chercher_ailleurs(request, Session.objects.order_by(), pk=pk)
    lire_les_plans(lues)
    preparer_session(lues[0], request.membre)
    return lues[0]


# Some days: around midnight some requests are of the day before, and those of sandboxes are of others.
@lru_cache(maxsize=16)
def _lecture(jour: dt.date) -> Gardee[Session]:
    """Return the query that reads the session `cle` of `organisme` on `jour`; call it on that day."""
    sessions = Session.objects.pour_organisme(ORGANISME_DONNE).select_related(
        "action__offre__certification",
        "action__lieu_de_formation",
        "contact_inscription",
        "adresse_inscription",
    )
    return Gardee(etats.avec_etat(sessions.filter(pk=Donnee("cle"))))


@require_GET
def consulter(request: Requete, pk: int) -> HttpResponse:
    """Render « Consulter » for a session (S-99).

    The session is shown read-only, with what is missing for it to be « validée » and why it is not visible.
    """
    session = _session_annotee(request, pk)
    contexte = contexte_de_lecture(
        request,
        session,
        SessionForm,
        offre=contenu_present(session.action.offre),
        action=contenu_present(session.action),
        sessions=[contenu_present(session)],
    )
    return render(request, "bureau/fiche/consulter_session.html", contexte)
