"""Filters of « Sessions »: those of the catalogue, and those that ask something of the session itself."""

from copy import copy
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.db.models import Min, Q, QuerySet

from bureau.catalogue.chercher import Recherche
from bureau.catalogue.filtres import CHOIX_AU_PLUS, Filtres, FiltresForm, choix_de
from catalogue.cycle_de_vie import Statut
from catalogue.models import Action, Offre
from edof.champs import champ_date
from edof.horloge import demain, jour_de
from edof.lecture import lire_cle
from edof.pliage import tri_francais
from edof.templatetags.affichage import date_longue
from publication.etapes import Etape, a_l_etape, retenues_par
from publication.visibilite import a_remplir
from sessions_app.models import Session

SANS, AVEC = "sans", "avec"
OUI, NON = "oui", "non"
OUI_NON = [(OUI, "Oui"), (NON, "Non")]
INDIFFERENT = "Peu importe"
# The periods: their first day and their last one, either of which may be missing.
PERIODES = (("debut_du", "debut_au"), ("fin_du", "fin_au"), ("du", "au"))
# The conditions of the filters on the session that are neither a date nor a link.
CONDITIONS: dict[str, dict[str, Q]] = {
    "garantie": {OUI: Q(garantie=True), NON: Q(garantie=False), SANS: Q(garantie__isnull=True)},
    "ouverte": {OUI: Q(ouverte=True), NON: Q(ouverte=False)},
    "contact": {SANS: Q(contact_inscription__isnull=True), AVEC: Q(contact_inscription__isnull=False)},
}


class FiltresDesSessionsForm(FiltresForm):
    """The search and the filters of « Sessions »."""

    PLUS = (
        "statut", "raison", "offre", "ville", "type", "certification", "enseignement", "entrees", "fin_du",
        "fin_au", "du", "au", "garantie", "ouverte", "contact",
    )  # fmt: skip

    statut = choix_de("Statut", "Tous sauf archivée", Statut.choices)
    etape = choix_de("À faire", "Toutes", Etape.choices, widget=forms.HiddenInput)
    raison = choix_de("Ce qui ne va pas", INDIFFERENT, [])
    offre = choix_de("Offre", "Toutes les offres", [])
    action = choix_de("Action", "Toutes les actions", [], widget=forms.HiddenInput)
    serie = choix_de("Série", "Toutes les sessions", [], widget=forms.HiddenInput)
    debut_du = champ_date(label="Début du", required=False)
    debut_au = champ_date(label="Début au", required=False)
    fin_du = champ_date(label="Fin du", required=False)
    fin_au = champ_date(label="Fin au", required=False)
    du = champ_date(label="En cours du", required=False)
    au = champ_date(label="En cours au", required=False)
    garantie = choix_de("Garantie", INDIFFERENT, [*OUI_NON, (SANS, "Pas indiquée")])
    ouverte = choix_de("Ouverte à l'inscription", INDIFFERENT, OUI_NON)
    contact = choix_de("Contact d'inscription", INDIFFERENT, [(SANS, "Sans contact"), (AVEC, "Avec contact")])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        champs: Any = self.fields
        # « À réparer » and « Disparaissent demain » split by these reasons.
        raisons = [(condition.slug, condition.raison) for condition in a_remplir(demain())]
        champs["raison"].choices = [("", INDIFFERENT), *raisons]
        champs["offre"].choices = lambda: [("", "Toutes les offres"), *self._offres]
        champs["action"].choices = lambda: [("", ""), *self._actions]
        champs["serie"].choices = lambda: [("", ""), *self._series]

    @cached_property
    def _offres(self) -> list[tuple[str, str]]:
        """Return the choices of offres: those that are not archived, and the one that is requested."""
        offres: Any = Offre.objects.pour_organisme(self.organisme).order_by(*tri_francais("intitule"), "pk")
        lues = list(offres.non_archivees().only("intitule", "identifiant")[:CHOIX_AU_PLUS])
        demandee = lire_cle(self.data.get("offre", ""))
        if demandee and all(offre.pk != demandee for offre in lues):
            lues += offres.filter(pk=demandee)
        return [(str(o.pk), f"{o.intitule or 'Sans intitulé'} ({o.identifiant})") for o in lues]

    @cached_property
    def _actions(self) -> list[tuple[str, str]]:
        """Return the only choice of action: the one that is requested, when it is of the organisme."""
        cle = lire_cle(self.data.get("action", "")) or 0
        actions = Action.objects.pour_organisme(self.organisme).filter(pk=cle)
        return [(str(pk), identifiant) for pk, identifiant in actions.values_list("pk", "identifiant")]

    @cached_property
    def _series(self) -> list[tuple[str, str]]:
        """Return the only choice of series: the one that is requested, when the organisme has it (D-47)."""
        try:
            cle = UUID(self.data.get("serie", ""))
        except ValueError:
            return []
        sessions = Session.objects.pour_organisme(self.organisme).filter(serie=cle)
        creee_le = sessions.aggregate(le=Min("cree_le"))["le"]
        return [(self.data["serie"], f"créée le {date_longue(jour_de(creee_le))}")] if creee_le else []

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        valeurs = super().clean()
        for du, au in PERIODES:
            if valeurs.get(du) and valeurs.get(au) and valeurs[au] < valeurs[du]:
                self.add_error(au, self.PERIODE_A_L_ENVERS)
        return valeurs

    @property
    def periode(self) -> list[forms.BoundField]:
        """Return the two dates that stand beside the search."""
        return [self["debut_du"], self["debut_au"]]

    @property
    def cachees(self) -> list[forms.BoundField]:
        """Return the fields that no control shows."""
        return [self[nom] for nom in ("etape", "visibilite", "action", "serie")]


class FiltresDesSessions(Filtres):
    """The sessions of an organisme that match the parameters of a URL."""

    FORM: ClassVar[type[FiltresForm]] = FiltresDesSessionsForm

    @property
    def deplies(self) -> bool:
        """Return whether « Plus de filtres » is open: the user opens it, or has an error there.

        What it filters is told by the tags.
        """
        return self.demandes or any(nom in self.form.errors for nom in self.FORM.PLUS)

    def sessions(self) -> QuerySet[Session]:
        """Return the sessions that answer the search and every filter."""
        sessions = super().sessions().filter(self._de_la_session())
        if any(nom in self.valeurs for nom in ("enseignement", "entrees", "ville")):
            actions = Action.objects.pour_organisme(self.organisme).filter(self._des_actions())
            sessions = sessions.filter(action__in=actions.values("pk"))
        if any(nom in self.valeurs for nom in ("type", "certification")):
            offres = Offre.objects.pour_organisme(self.organisme).filter(self._des_offres())
            sessions = sessions.filter(action__offre__in=offres.values("pk"))
        if raison := self.valeurs.get("raison"):
            sessions = retenues_par(sessions, raison)
        if etape := self.valeurs.get("etape"):
            sessions = a_l_etape(sessions, etape)
        return self.recherche.dans_les_sessions(sessions)

    def _de_la_session(self) -> Q:
        q = self._egales(
            offre="action__offre", action="action", serie="serie",
            debut_du="date_debut__gte", debut_au="date_debut__lte",
            fin_du="date_fin__gte", fin_au="date_fin__lte",
        )  # fmt: skip
        for nom, conditions in CONDITIONS.items():
            q &= conditions.get(self.valeurs.get(nom, ""), Q())
        return q

    def sans(self, *champs: str) -> "FiltresDesSessions":
        """Return the same search and filters, without these fields."""
        autres = copy(self)
        autres.valeurs = {nom: valeur for nom, valeur in self.valeurs.items() if nom not in champs}
        archivees = autres.valeurs.get("statut") == Statut.ARCHIVEE
        if "q" in champs or archivees != self.recherche.archivees:
            q = autres.valeurs.get("q", "")
            autres.recherche = Recherche(self.organisme, q, archivees=archivees)
        return autres
