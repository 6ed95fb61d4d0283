"""Filters of the catalogue: what the URL requests, and the records that match at each level.

One rule applies to the three levels. A filter belongs to a level: type and certification to the offre,
modalities and town to the action, period and visibility to the session; the status belongs to all of them. A
record is shown when it passes the filters of its level and one of the records below it is shown. The second
condition is not required of a record that has the requested status, when no filter applies to the levels
below. What a search finds by its exact identifier is shown without the other records under the same parent.
"""

from collections.abc import Callable
from copy import copy
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Collate, Upper
from django.http import QueryDict

from bureau.catalogue.chercher import Recherche
from catalogue.cycle_de_vie import Statut
from catalogue.models import Action, Certification, Offre
from catalogue.nomenclatures import Enseignement, EntreesSorties, TypeOffre
from edof.champs import champ_date
from edof.pliage import Plie, plier, tri_francais
from edof.textes import texte_cherche, valider_texte
from organismes.models import Adresse, Organisme
from publication import etats, visibilite
from sessions_app.models import Session

# The URL parameter that opens « Plus de filtres ».
PLUS = "plus"
# Maximum number of choices that a list shows; the search finds the others.
CHOIX_AU_PLUS = 300
VISIBILITES: dict[str, Callable[[QuerySet[Session]], QuerySet[Session]]] = {
    # A column rather than a condition: under each action, the database stops reading at the first session.
    "visibles": lambda sessions: visibilite.avec_visibilite(sessions).filter(est_visible=True),
    "vont_disparaitre": etats.vont_disparaitre,
    "non_visibles": visibilite.actives_non_visibles,
    "a_reparer": etats.a_reparer,
}
TOUTES, TOUTES_LES_VILLES = ("", "Toutes"), ("", "Toutes les villes")
INCONNU = "Ce choix n'existe pas, ou plus, dans votre catalogue : il n'est pas appliqué."


def choix_de(label: str, tous: str, choix: list[tuple[str, str]], **options: Any) -> forms.ChoiceField:
    """Return the field of a filter: a list of choices, the first of which, `tous`, filters nothing."""
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[("", tous), *choix],
        error_messages={"invalid_choice": INCONNU},
        **options,
    )


class FiltresForm(forms.Form):
    """The search and the filters, as the page shows them.

    A value that cannot be read gets an error message beside its field, and is not applied.
    """

    q = forms.CharField(required=False, validators=[valider_texte])
    statut = choix_de("Statut", "Tous", Statut.choices, widget=forms.HiddenInput)
    visibilite = choix_de(
        "Visibilité", "Toutes", [(nom, nom) for nom in VISIBILITES], widget=forms.HiddenInput
    )
    type = choix_de("Type d'action", "Tous les types", TypeOffre.choices)
    certification = choix_de("Certification ou thématique", TOUTES[1], [])
    enseignement = choix_de("Modalités d'enseignement", "Toutes", Enseignement.choices)
    entrees = choix_de("Entrées et sorties", "Toutes", EntreesSorties.choices)
    ville = choix_de("Ville", TOUTES_LES_VILLES[1], [])
    du = champ_date(label="Sessions du", required=False)
    au = champ_date(label="Sessions au", required=False)

    PERIODE_A_L_ENVERS = "La fin de la période précède son début : cette date n'est pas appliquée."
    PLUS: tuple[str, ...] = ("type", "certification", "enseignement", "entrees", "ville", "du", "au")

    def __init__(self, *args: Any, organisme: Organisme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisme = organisme
        # Functions: these choices are read when they are shown, or when a value must be one of them.
        self.fields["certification"].choices = lambda: self._certifications
        self.fields["ville"].choices = lambda: [
            TOUTES_LES_VILLES,
            *((lue, lue) for lue in self._villes.values()),
        ]
        if ville := self.data.get("ville"):
            self.data["ville"] = self._villes.get(plier(ville), ville)

    @cached_property
    def _certifications(self) -> list[tuple[str, str]]:
        """Return the choices of certifications: those that the offres of the organisme aim at."""
        offres = Offre.objects.pour_organisme(self.organisme)
        certifications = Certification.objects.filter(pk__in=offres.values("certification"))
        lues = certifications.order_by(*tri_francais("intitule"), "code").only("code", "intitule")
        return [TOUTES, *((c.code, f"{c.intitule} ({c.code})") for c in lues[:CHOIX_AU_PLUS])]

    @cached_property
    def _villes(self) -> dict[str, str]:
        """Return the towns of the actions of the organisme, as {folded name: name}.

        There is one per town, whatever its spelling: the one with accents and hyphens sorts last (`Max`).
        """
        actions = Action.objects.pour_organisme(self.organisme)
        lieux = Adresse.objects.pour_organisme(self.organisme).filter(
            pk__in=actions.values("lieu_de_formation")
        )
        noms = lieux.values(nom=Plie("ville")).annotate(lu=Max(Collate(Upper("ville"), "C"))).order_by("nom")
        return dict(noms.values_list("nom", "lu")[:CHOIX_AU_PLUS])

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        valeurs = super().clean()
        if valeurs.get("du") and valeurs.get("au") and valeurs["au"] < valeurs["du"]:
            self.add_error("au", self.PERIODE_A_L_ENVERS)
        return valeurs

    @property
    def plus(self) -> list[forms.BoundField]:
        """Return the fields of « Plus de filtres »."""
        return [self[nom] for nom in self.PLUS]


class Filtres:
    """The records of an organisme that match the parameters of a URL."""

    FORM: ClassVar[type[FiltresForm]] = FiltresForm

    def __init__(self, organisme: Organisme, parametres: QueryDict) -> None:
        self.organisme = organisme
        self.demandes = PLUS in parametres
        q = texte_cherche(parametres.get("q", ""))
        self.form = self.FORM({**parametres.dict(), "q": q}, organisme=organisme)
        self.form.is_valid()
        self.valeurs = {nom: valeur for nom, valeur in self.form.cleaned_data.items() if valeur}
        self.recherche = Recherche(organisme, q, archivees=self.valeurs.get("statut") == Statut.ARCHIVEE)

    @property
    def plus(self) -> list[str]:
        """Return the names of the fields of « Plus de filtres » that are in use."""
        return [nom for nom in self.FORM.PLUS if nom in self.valeurs]

    @property
    def deplies(self) -> bool:
        """Return whether « Plus de filtres » is open: the user opens it, uses it, or has an error there."""
        return self.demandes or bool(self.plus) or bool(self.form.errors)

    @property
    def actifs(self) -> bool:
        """Return whether a search or a filter narrows the catalogue."""
        return bool(self.valeurs)

    @property
    def des_actions(self) -> bool:
        """Return whether a filter applies to the actions or to the sessions."""
        return self.des_sessions or any(nom in self.valeurs for nom in ("enseignement", "entrees", "ville"))

    @property
    def des_sessions(self) -> bool:
        """Return whether a filter applies to the sessions themselves."""
        return any(nom in self.valeurs for nom in ("visibilite", "du", "au"))

    @property
    def des_offres_seules(self) -> bool:
        """Return whether the search and the filters choose among offres, each shown with all that it has."""
        return not (self.des_actions or self.recherche.exactes)

    def parametres(self, **changes: str) -> list[tuple[str, str]]:
        """Return the URL parameters of the same search and filters, with these changes.

        A change to the empty string removes a filter.
        """
        donnees = {nom: self.form.data.get(nom, "") for nom in self.valeurs} | changes
        return [(nom, donnees[nom]) for nom in self.FORM.base_fields if donnees.get(nom)]

    def sans_etat(self, *, archivees: bool) -> "Filtres":
        """Return the same search and filters, without the status and the visibility.

        With `archivees`, the archived records are searched too.
        """
        autres, etat = copy(self), {"statut", "visibilite"}
        autres.valeurs = {nom: valeur for nom, valeur in self.valeurs.items() if nom not in etat}
        if self.recherche.archivees != archivees:
            autres.recherche = Recherche(self.organisme, self.recherche.q, archivees=archivees)
        return autres

    def _du_statut(self) -> Q:
        statut = self.valeurs.get("statut")
        return Q(statut=statut) if statut else ~Q(statut=Statut.ARCHIVEE)

    def _egales(self, **chemins: str) -> Q:
        return Q(**{chemin: self.valeurs[nom] for nom, chemin in chemins.items() if nom in self.valeurs})

    def _des_sessions(self) -> Q:
        return self._egales(du="date_fin__gte", au="date_debut__lte") & self.recherche.sessions_retenues()

    def _des_actions(self) -> Q:
        q = self._egales(enseignement="modalites_enseignement", entrees="modalites_entrees_sorties")
        if "ville" in self.valeurs:
            lieux = Adresse.objects.pour_organisme(self.organisme).alias(nom=Plie("ville"))
            q &= Q(lieu_de_formation__in=lieux.filter(nom=plier(self.valeurs["ville"])))
            q &= ~Q(modalites_enseignement=Enseignement.A_DISTANCE)
        return q & self.recherche.actions_retenues()

    def _des_offres(self) -> Q:
        return self._egales(type="type_offre", certification="certification__code")

    def sessions(self) -> QuerySet[Session]:
        """Return the sessions shown."""
        sessions = Session.objects.pour_organisme(self.organisme)
        sessions = sessions.filter(self._du_statut(), self._des_sessions())
        return VISIBILITES[self.valeurs["visibilite"]](sessions) if "visibilite" in self.valeurs else sessions

    def actions(self) -> QuerySet[Action]:
        """Return the actions shown."""
        dessous = self._elle_ou_dessous(self.sessions(), "action", self.des_sessions)
        return Action.objects.pour_organisme(self.organisme).filter(self._des_actions(), dessous)

    def offres(self) -> QuerySet[Offre]:
        """Return the offres shown, the best matches of the search first, then the last modified (D-33)."""
        dessous = self._elle_ou_dessous(self.actions(), "offre", self.des_actions)
        offres = Offre.objects.pour_organisme(self.organisme).filter(self._des_offres(), dessous)
        return self.recherche.dans_les_offres(offres)

    def repondent(self) -> tuple[QuerySet[Offre], QuerySet[Action], QuerySet[Session]]:
        """Return the offres, actions and sessions that pass the filters of their level and of those above.

        Their status does not matter.
        """
        offres = Offre.objects.pour_organisme(self.organisme).filter(self._des_offres())
        actions = Action.objects.pour_organisme(self.organisme).filter(self._des_actions())
        sessions = Session.objects.pour_organisme(self.organisme).filter(self._des_sessions())
        offres = self.recherche.dans_les_offres(offres).order_by()
        if self.recherche.mots or any(nom in self.valeurs for nom in ("type", "certification")):
            actions = actions.filter(offre__in=offres.values("pk"))
        if self.recherche.mots or self.plus:
            sessions = sessions.filter(action__in=actions.values("pk"))
        return offres, actions, sessions

    def cles_des_offres(self) -> list[int]:
        """Return the keys of the offres of `repondent`."""
        if self.recherche.mots and not any(nom in self.valeurs for nom in ("type", "certification")):
            return self.recherche.trouvees
        return list(self.repondent()[0].values_list("pk", flat=True))

    def _elle_ou_dessous(self, dessous: QuerySet[Any], parent: str, demande: bool) -> Q:
        """Return the condition: the record has the requested status, or holds a record shown below it.

        When a filter applies to the levels below (`demande`), only the second part applies.
        """
        q = Q(Exists(dessous.filter(**{parent: OuterRef("pk")})))
        return q if demande else self._du_statut() | q
