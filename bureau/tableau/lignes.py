"""The rows of the table as one batch: a formset, with what its rows share."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import QuerySet

from bureau.tableau.forms import COLONNES, LIENS, LigneForm
from catalogue.models import Action
from catalogue.nomenclatures import EntreesSorties
from edof.lecture import lire_cle
from organismes.carnet_ecrit import CarnetEcrit
from organismes.models import Organisme
from organismes.validateurs import normaliser_identifiant
from sessions_app.habitudes import Habitudes
from sessions_app.models import Session

PREFIXE = "l"
LIGNES_AU_PLUS = 200
NOUVELLES_AU_PLUS = 200
# The empty lines at the foot, for whoever types without JavaScript.
VIDES = 3


class LignesDuTableau(forms.BaseFormSet):
    """The rows of one page, with what they share: the address book, the identifiers of the actions.

    `rangs` limits the rows that are made, when only some of them are to be checked.
    """

    form = LigneForm
    renderer = None
    can_order = can_delete = can_delete_extra = validate_min = validate_max = False
    extra, min_num = VIDES, 0
    max_num = absolute_max = LIGNES_AU_PLUS + NOUVELLES_AU_PLUS

    def __init__(
        self,
        saisie: Any = None,
        *,
        organisme: Organisme,
        sessions: Sequence[Session],
        action: Action | None,
        rangs: Sequence[int] | None = None,
    ) -> None:
        self.organisme, self.action, self.sessions = organisme, action, sessions
        self.rangs, self.collees = rangs, set[tuple[int, str]]()
        for session in sessions:
            session.organisme = organisme
            if action:
                session.action = action
        self.carnets: dict[str, CarnetEcrit[Any]] = {
            "contact_inscription": CarnetEcrit(organisme.contacts.all()),
            "adresse_inscription": CarnetEcrit(organisme.adresses.all()),
        }
        self.extra = VIDES if action else 0
        super().__init__(saisie, prefix=PREFIXE, initial=[{} for _ in sessions])
        if saisie is not None:
            vivantes = {session.pk: session for session in sessions}
            cles = [
                lire_cle(saisie.get(f"{PREFIXE}-{rang}-pk", "")) for rang in range(self.total_form_count())
            ]
            self.fiches = [vivantes.pop(cle, None) if cle else None for cle in cles]
        else:
            self.fiches = list(sessions)

    @cached_property
    def sans_dates(self) -> bool:
        """Return whether the column « Sans dates » is needed: no fixed dates, or a ticked box."""
        actions = [self.action] if self.action else [session.action for session in self.sessions]
        permanentes = any(a.modalites_entrees_sorties == EntreesSorties.PERMANENTES for a in actions)
        return permanentes or any(session.pas_de_dates for session in self.sessions)

    @cached_property
    def modele(self) -> dict[str, Any]:
        """Return what a new row proposes: the habits of the action, else what its latest session has."""
        if self.action is None:
            return {}
        dites = Habitudes(self.organisme, [self.action.pk]).pour(self.action.pk)
        derniere = max(self.sessions, key=lambda session: (session.modifie_le, session.pk), default=None)
        dernieres = {nom: getattr(derniere, f"{nom}_id") for nom in LIENS} if derniere else {}
        return dernieres | {nom: entree.pk for nom, entree in dites.items()}

    def ajouter(self, saisie: Any, nombre: int) -> None:
        """Write in the data of the form that there are more new rows, with what they propose."""
        total = self.total_form_count()
        fin = min(total + nombre, len(self.sessions) + NOUVELLES_AU_PLUS)
        for rang in range(total, fin):
            for nom, cle in self.modele.items():
                saisie[f"{PREFIXE}-{rang}-{nom}"] = self.carnets[nom].libelles.get(cle, "")
        saisie[f"{PREFIXE}-TOTAL_FORMS"] = str(max(total, fin))

    @cached_property
    def forms(self) -> list[LigneForm]:
        """Return the rows asked for."""
        rangs = range(self.total_form_count()) if self.rangs is None else self.rangs
        possibles = [rang for rang in rangs if self.action or rang < len(self.fiches) and self.fiches[rang]]
        faire: Any = self._construct_form  # type: ignore[attr-defined]
        return [faire(rang, **self.get_form_kwargs(rang)) for rang in possibles]

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """Return what a row needs: its session, or a new one under the action."""
        fiche = self.fiches[index] if index is not None and index < len(self.fiches) else None
        if fiche is None:
            fiche = Session(action=self.action, organisme=self.organisme)
        return {"fiche": fiche, "tableau": self, "rang": index}

    @property
    def colonnes(self) -> dict[str, str]:
        """Return the columns of this table: field and title."""
        return {nom: titre for nom, titre in COLONNES.items() if self.sans_dates or nom != "pas_de_dates"}

    @property
    def largeur(self) -> int:
        """Return the number of columns under which a sentence goes."""
        return len(self.colonnes) + (1 if self.action else 2)

    @property
    def changees(self) -> list[LigneForm]:
        """Return the rows to save."""
        return [form for form in self.forms if form.has_changed()]

    # --- Identifiers, as one batch ---

    @cached_property
    def _voulus(self) -> dict[int, tuple[int, str]]:
        """Return, for each row, the action and the identifier that it will have."""
        voulus = {}
        for rang, fiche in enumerate(self.fiches):
            parent = fiche.action if fiche is not None else self.action
            if parent is None or (fiche is None and self._disparue(rang)):
                continue
            ecrit = str(self.data.get(f"{PREFIXE}-{rang}-identifiant", ""))
            if fiche is not None and (fiche.a_ete_active or self.data.get(f"{PREFIXE}-{rang}-laisser")):
                ecrit = fiche.identifiant
            if normalise := normaliser_identifiant(ecrit):
                voulus[rang] = (parent.pk, normalise)
        return voulus

    def _disparue(self, rang: int) -> bool:
        """Return whether the session of this row is deleted, and nobody asked for a new one of it."""
        return bool(
            self.data.get(f"{PREFIXE}-{rang}-pk") and not self.data.get(f"{PREFIXE}-{rang}-reprendre")
        )

    @cached_property
    def _comptes(self) -> Counter[tuple[int, str]]:
        return Counter(self._voulus.values())

    @cached_property
    def _ailleurs(self) -> set[tuple[int, str]]:
        """Return which of these identifiers a session out of the table has."""
        actions, normalises = {a for a, _ in self._voulus.values()}, {n for _, n in self._voulus.values()}
        ici = [fiche.pk for fiche in self.fiches if fiche is not None]
        trouvees: QuerySet[Session] = Session.objects.pour_organisme(self.organisme).filter(
            action__in=actions, identifiant_normalise__in=normalises
        )
        return set(trouvees.exclude(pk__in=ici).values_list("action_id", "identifiant_normalise"))

    def est_pris(self, rang: int | None, normalise: str) -> bool:
        """Return whether another session of the same action has, or will have, this identifier."""
        voulu = self._voulus.get(rang) if rang is not None else None
        return voulu is not None and (self._comptes[voulu] > 1 or voulu in self._ailleurs)

    @cached_property
    def _pris(self) -> set[tuple[int, str]]:
        toutes: QuerySet[Session] = Session.objects.pour_organisme(self.organisme).filter(
            action__in={action for action, _ in self._voulus.values()}
        )
        return {*toutes.values_list("action_id", "identifiant_normalise"), *self._voulus.values()}

    def pris(self, rang: int) -> set[str]:
        """Return the identifiers that the row cannot have: those of the sessions of its action."""
        action, _ = self._voulus[rang]
        return {normalise for autre, normalise in self._pris if autre == action}
