"""Sessions in Django admin, with opening and closing among the operations.

The list must remain usable with a million and a half sessions.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from catalogue.admin.fiche import FicheAdmin, StatutFilter
from catalogue.admin.operations import OPERATIONS
from catalogue.cycle_de_vie import Statut
from catalogue.models import Fiche
from edof.administration import LectureSeule
from edof.horloge import aujourd_hui
from edof.templatetags.affichage import instant, periode
from organismes.admin.filtre_par_organisme import OrganismeFilter
from organismes.admin.historique import Suivie
from organismes.admin.widgets import OrganismeField
from publication.visibilite import conditions, retenue_par, visibles
from sessions_app.models import Fermeture, Habitude, Programmation, Session


class EtatFilter(StatutFilter):
    """Filter on the status and on the enrolment, which are two facts: the columns of the table D-10."""

    CHOIX = {
        Statut.BROUILLON.value: StatutFilter.CHOIX[Statut.BROUILLON.value],
        Statut.VALIDEE.value: StatutFilter.CHOIX[Statut.VALIDEE.value],
        "ouverte": ("Active, ouverte à l'inscription", Q(statut=Statut.ACTIVE.value, ouverte=True)),
        "fermee": ("Active, fermée à l'inscription", Q(statut=Statut.ACTIVE.value, ouverte=False)),
        Statut.ARCHIVEE.value: StatutFilter.CHOIX[Statut.ARCHIVEE.value],
    }


@admin.register(Session)
class SessionAdmin(FicheAdmin):
    """Admin of the sessions."""

    parents = ("organisme", "action__offre__certification", "contact_inscription", "adresse_inscription")
    list_display = ["identifiant", "statut", "ouverte", "dates", "offre", "organisme", "action", "modifie_le"]
    list_select_related = ["organisme", "action__offre"]
    list_filter = [EtatFilter, *FicheAdmin.list_filter[1:]]
    operations = OPERATIONS

    @admin.display(description="dates")
    def dates(self, session: Session) -> str:
        """Return the period of the session, as displayed elsewhere."""
        return periode(session)

    @admin.display(description="offre")
    def offre(self, session: Session) -> str:
        """Return the title of the offre."""
        return session.action.offre.intitule

    def contexte_de(self, request: HttpRequest, fiche: Fiche) -> dict[str, Any]:
        """Return the context, with the enrolment and the visibility, as worded by the diagnosis."""
        seule = Session.objects.filter(pk=fiche.pk)
        if visibles(seule).exists():
            visible = "Oui"
        else:
            motif = (
                seule.values_list(retenue_par(aujourd_hui()), flat=True)[0]
                or conditions(aujourd_hui())[-1].slug
            )
            visible = "Non. " + next(
                condition.raison for condition in conditions(aujourd_hui()) if condition.slug == motif
            )
        ouverte = f"Ouverte depuis le {instant(fiche.ouverte_depuis)}" if fiche.ouverte else "Fermée"
        faits = [("Inscription", ouverte), ("Visible du public", visible)]
        return {**super().contexte_de(request, fiche), "faits": faits}


class FermetureForm(forms.ModelForm):
    """Form of a closure, with its organisme designated by SIRET."""

    organisme = OrganismeField(
        label="SIRET de l'organisme", required=False, help_text="Vide : des vacances scolaires."
    )


@admin.register(Fermeture)
class FermetureAdmin(Suivie):
    """Admin of the school holidays, and of the closures that organismes have typed."""

    list_display = ["nom", "zone", "du", "au", "organisme", "source"]
    list_filter = ["genre", "zone"]
    list_select_related = ["organisme"]
    search_fields = ["nom__contient"]
    ordering = ("-du", "-pk")
    form = FermetureForm
    fields = ["genre", "zone", "organisme", "nom", "du", "au", "source"]


@admin.register(Habitude)
class HabitudeAdmin(LectureSeule, Suivie):
    """Admin of what organismes propose for their new sessions; they change it themselves."""

    list_display = ["organisme", "action", "contact", "adresse", "zone", "territoire"]
    list_select_related = ["organisme", "action", "contact", "adresse"]
    search_fields = ["organisme__raison_sociale__trouve"]


@admin.register(Programmation)
class ProgrammationAdmin(LectureSeule):
    """Admin of the planned openings and closings; their organisme orders and cancels them."""

    list_display = ["session", "operation", "jour", "etat", "organisme", "par", "close_le"]
    list_select_related = ["session__action__offre", "organisme", "par"]
    list_filter = ["etat", OrganismeFilter]
    search_fields = ["=organisme__siret"]
    search_help_text = "SIRET entier."
