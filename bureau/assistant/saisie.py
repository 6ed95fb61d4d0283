"""Views of the wizard for offres and actions: « Ajouter une offre », « Ajouter une action », « Modifier »."""

from typing import Any

from django.http import Http404, HttpResponse, QueryDict

from bureau.acces import fiche_ou_404, retour_au_catalogue
from bureau.assistant.views import Assistant
from catalogue.forms import ActionForm, OffreForm
from catalogue.models import Action, Certification, Fiche, Offre
from edof.textes import texte_cherche
from organismes.espace import Requete


class _Offre(Assistant):
    formulaire = OffreForm
    mots = {
        "la": "l'offre",
        "votre": "votre offre",
        "informations": "Informations sur l'offre",
        "code": "de l'offre",
        "suite": "Ajoutez-lui une action.",
    }

    def operation_propre(
        self, request: Requete, operation: str, saisie: QueryDict, preuve: str
    ) -> HttpResponse | None:
        """Handle the buttons that search, choose and change the certification.

        Return None for any other button.
        """
        verbe, _, reste = operation.partition(":")
        contexte: dict[str, Any] = {}
        if verbe == "choisir_certification":
            saisie["certification"] = reste
            contexte["vise"] = "id_certification"
        elif verbe == "changer_certification":
            saisie.pop("certification", None)
            saisie.pop("blocs", None)
            contexte["vise"] = "id_recherche"
        elif verbe == "chercher_certification":
            contexte["recherche"] = texte_cherche(request.POST.get("recherche", ""))
            contexte["trouvees"] = Certification.objects.propositions(
                contexte["recherche"], saisie.get("type_offre", "")
            )
            contexte["vise"] = "certifications-trouvees" if contexte["trouvees"] else "id_recherche"
        else:
            return None
        return self.etape_2(request, OffreForm.rempli(saisie, self.fiche), preuve, **contexte)

    def etape_2(self, *args: Any, **contexte: Any) -> HttpResponse:
        """Render step 2, the information, with the search of the certification and its results."""
        return super().etape_2(*args, **{"recherche": "", "trouvees": None, **contexte})


class AjouterOffre(_Offre):
    """The view « Ajouter une offre »."""

    creation = True
    titre = "Ajouter une offre"

    def preparer(self, request: Requete, pk: int | None) -> Fiche:
        """Return a new offre of the organisme; raise Http404 for a user without organisme."""
        if request.organisme is None:
            raise Http404
        return Offre(organisme=request.organisme)

    def retour(self) -> str:
        """Return the URL of the catalogue as the user left it."""
        return retour_au_catalogue(self.request)


class ModifierOffre(_Offre):
    """The view « Modifier l'offre »."""

    creation = False
    titre = "Modifier l'offre"

    def preparer(self, request: Requete, pk: int | None) -> Fiche:
        """Return the offre; raise Http404 when it is not the organisme's."""
        return fiche_ou_404(request, "offre", pk)


class _Action(Assistant):
    formulaire = ActionForm
    rappel = "bureau/assistant/_rappel_de_l_offre.html"
    mots = {
        "la": "l'action",
        "votre": "votre action",
        "informations": "Informations sur l'action",
        "code": "de l'action",
        "suite": "Ajoutez-lui une session.",
    }


class AjouterAction(_Action):
    """The view « Ajouter une action », under an offre."""

    creation = True
    titre = "Ajouter une action"

    def preparer(self, request: Requete, pk: int | None) -> Fiche:
        """Return a new action under this offre; raise Http404 when the offre is not the organisme's."""
        offre = fiche_ou_404(request, "offre", pk)
        return Action(offre=offre, organisme=offre.organisme)

    def retour(self) -> str:
        """Return the URL of the offre in the catalogue."""
        return retour_au_catalogue(self.request, self.fiche.offre)


class ModifierAction(_Action):
    """The view « Modifier l'action »."""

    creation = False
    titre = "Modifier l'action"

    def preparer(self, request: Requete, pk: int | None) -> Fiche:
        """Return the action; raise Http404 when it is not the organisme's."""
        return fiche_ou_404(request, "action", pk)
