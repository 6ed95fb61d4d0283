"""An independent model of a catalogue, in dictionaries, without reading the program.

It implements decisions D-03 to D-26, D-40, D-46 and D-48 (docs/exigences.md), a second time. Nothing here may
be adapted to the program unless a sentence of the decisions says so. Time is a day and a count of steps. The
state at each midnight is kept whole, since a run reads the catalogue as it was then (D-22).
"""

import copy
import datetime as dt
import unicodedata
from dataclasses import dataclass, field, replace

PARENT = {"action": "offre", "session": "action"}
ENFANT = {"offre": "action", "action": "session"}
SAISIE = {"consulter", "modifier", "valider", "dupliquer"}
DROITS = {
    "gestionnaire": {*SAISIE, "ouvrir", "fermer", "archiver", "desarchiver", "supprimer"},
    "redacteur": SAISIE,
    "lecteur": {"consulter"},
}
# D-10, line by line. « ouvrir » and « fermer » apply to sessions only.
PAR_ETAT = {
    "brouillon": {"consulter", "dupliquer", "modifier", "archiver", "supprimer"},
    "validee": {"consulter", "dupliquer", "modifier", "ouvrir", "archiver", "supprimer"},
    "active, ouverte": {"consulter", "dupliquer", "modifier", "fermer", "archiver"},
    "active, fermée": {"consulter", "dupliquer", "modifier", "ouvrir", "archiver"},
    "archivee": {"consulter", "dupliquer", "desarchiver", "supprimer"},
}
Cle = tuple[str, int]


@dataclass
class Fiche:
    """A record, with the fields on which the decisions depend."""

    niveau: str
    parent: Cle | None
    identifiant: str
    champs: dict[str, object]
    statut: str = "brouillon"
    version: int = 1
    a_ete_active: bool = False
    cree_au_pas: int = 0
    # For sessions only: the day on which the dates were typed, whether it is open, the day of the current
    # opening and the day of the last closing.
    dates_saisies: dt.date | None = None
    ouverte: bool = False
    ouverture: dt.date | None = None
    fermeture: dt.date | None = None

    @property
    def etat(self) -> str:
        """Return the state of the record, as a column of D-10."""
        return (
            f"active, {'ouverte' if self.ouverte else 'fermée'}" if self.statut == "active" else self.statut
        )


@dataclass
class Geste:
    """An operation that may be undone: the records as they were, and the versions that it produced.

    `plans` are those that it cancelled, or deleted.
    """

    operation: str
    racine: Cle
    avant: dict[Cle, Fiche]
    apres: dict[Cle, int]
    jour: dt.date
    pas: int
    annule: bool = False
    plans: "list[Plan]" = field(default_factory=list)


@dataclass
class Lot:
    """An operation on several sessions: each as it was, and the version that was left of it (D-40, D-48).

    The parents that became active are kept in the same way.
    """

    operation: str
    jour: dt.date
    pas: int
    avant: dict[Cle, Fiche] = field(default_factory=dict)
    apres: dict[Cle, int] = field(default_factory=dict)
    parents: dict[Cle, Fiche] = field(default_factory=dict)
    plans: "list[Plan]" = field(default_factory=list)
    annule: bool = False


@dataclass
class Plan:
    """An opening or a closing of a session that somebody ordered for a day (D-46)."""

    cle: Cle
    operation: str
    jour: dt.date
    par: str
    etat: str = "prevue"
    # When it was ordered, for that day.
    au_pas: int = 0


@dataclass
class Modele:
    """The catalogue of one organisme, and what is public.

    Each operation returns « fait », or the reason of the refusal; in that case it changes nothing.
    """

    jour: dt.date
    fiches: dict[Cle, Fiche] = field(default_factory=dict)
    suspendu: bool = False
    # The last day of the single certification that all the offres prepare for; None when it has no end
    # (D-26).
    fin_de_certification: dt.date | None = None
    pas: int = 0
    gestes: list[Geste] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    # Whether the second gestionnaire, who plans too, still belongs to the organisme.
    adjoint: bool = True
    minuits: dict[dt.date, tuple[dict[Cle, Fiche], bool, dt.date | None]] = field(default_factory=dict)
    dernier_passage: dt.date | None = None
    # The sessions that the last run published, with the texts that it copied (D-21).
    parues: dict[Cle, tuple[str, str]] = field(default_factory=dict)

    # --- Tree ---

    def ancetres(self, cle: Cle, fiches: dict[Cle, Fiche] | None = None) -> list[Cle]:
        """Return the keys of the action and of the offre above this record, the nearest first."""
        fiches, trouves = fiches or self.fiches, []
        while parent := fiches[cle].parent:
            trouves.append(cle := parent)
            if cle not in fiches:
                break
        return trouves

    def dessous(self, cle: Cle) -> list[Cle]:
        """Return the keys of all the descendants."""
        enfants = [autre for autre, fiche in self.fiches.items() if fiche.parent == cle]
        return [*enfants, *(petit for enfant in enfants for petit in self.dessous(enfant))]

    def identifiant_pris(
        self, niveau: str, parent: Cle | None, identifiant: str, sauf: Cle | None = None
    ) -> bool:
        """Tell whether the identifier is already used among the siblings (D-04).

        Case, surrounding spaces and Unicode form do not count. An archived record keeps its identifier.
        """
        return any(
            fiche.niveau == niveau and fiche.parent == parent and plie(fiche.identifiant) == plie(identifiant)
            for cle, fiche in self.fiches.items()
            if cle != sauf
        )

    # --- Completeness ---

    def complete(self, fiche: Fiche) -> bool:
        """Tell whether « VALIDER » would accept the record."""
        c = fiche.champs
        if fiche.niveau != "session":
            return bool(c["texte"])
        return (
            c["garantie"] is not None
            and self.dates_coherentes(fiche, self.fiches)
            and (not c["debut"] or c["debut"] > fiche.dates_saisies)
        )

    @staticmethod
    def dates_coherentes(fiche: Fiche, fiches: dict[Cle, Fiche]) -> bool:
        """Tell whether the dates follow the modality of the action, in the right order (D-09)."""
        c = fiche.champs
        if fiches[fiche.parent].champs["permanente"]:
            return c["sans_dates"] and c["debut"] is None and c["fin"] is None
        return (
            not c["sans_dates"] and c["debut"] is not None and c["fin"] is not None and c["fin"] > c["debut"]
        )

    # --- Operations ---

    def proposees(self, cle: Cle, role: str) -> set[str]:
        """Return the operations that the menu offers (D-10), including those that would be refused today."""
        proposees = PAR_ETAT[self.fiches[cle].etat] & DROITS[role]
        return proposees if cle[0] == "session" else proposees - {"ouvrir", "fermer"}

    def creer(
        self, role: str, niveau: str, parent: Cle | None, identifiant: str, champs: dict, valider: bool
    ) -> tuple[str, Fiche | None]:
        """Run « Ajouter »; return the result, and the expected record or None. Its key is not known yet."""
        if parent and parent not in self.fiches:
            return "absente", None
        if "modifier" not in DROITS[role]:
            return "droit", None
        if parent and any(self.fiches[cle].statut == "archivee" for cle in (parent, *self.ancetres(parent))):
            return "etat", None
        fiche = Fiche(niveau, parent, identifiant.strip(), dict(champs), cree_au_pas=self.pas)
        if niveau == "session" and (champs["debut"] or champs["fin"]):
            fiche.dates_saisies = self.jour
        if valider and not self.complete(fiche):
            return "incomplet", None
        if self.identifiant_pris(niveau, parent, identifiant):
            return "identifiant", None
        fiche.statut = "validee" if valider else "brouillon"
        return "fait", fiche

    def modifier(self, role: str, cle: Cle, identifiant: str, champs: dict, valider: bool) -> str:
        """Run « Enregistrer les modifications », or « VALIDER » when `valider` (D-06, D-07, D-15)."""
        if "modifier" not in DROITS[role]:
            return "droit"
        if cle not in self.fiches:
            return "absente"
        avant = self.fiches[cle]
        if "modifier" not in PAR_ETAT[avant.etat]:
            return "etat"
        fiche = replace(avant, champs=dict(champs))
        if not avant.a_ete_active:
            fiche.identifiant = identifiant.strip()
        if cle[0] == "session" and any(avant.champs[nom] != champs[nom] for nom in ("debut", "fin")):
            fiche.dates_saisies = self.jour
        complete = self.complete(fiche)
        if (valider or avant.statut == "active") and not complete:
            return "incomplet"
        if self.identifiant_pris(cle[0], fiche.parent, fiche.identifiant, sauf=cle):
            return "identifiant"
        if avant.statut != "active":
            fiche.statut = "validee" if complete and (valider or avant.statut == "validee") else "brouillon"
        if fiche != avant:
            self._annuler_les_plans([cle])
        self._poser(cle, fiche)
        return "fait"

    def operer(self, role: str, cle: Cle, operation: str) -> str:
        """Run an operation of the menu other than « Modifier »."""
        if cle not in self.fiches:
            return "absente"
        if operation not in DROITS[role]:
            return "droit"
        if refus := self.refus(cle, operation):
            return refus
        getattr(self, f"_{operation}")(cle)
        return "fait"

    def refus(self, cle: Cle, operation: str) -> str | None:
        """Return the reason why the operation is refused today for any role, or None."""
        fiche = self.fiches[cle]
        if operation not in self.proposees(cle, "gestionnaire"):
            return "etat"
        if operation == "ouvrir":
            if any(self.fiches[parent].statut in {"brouillon", "archivee"} for parent in self.ancetres(cle)):
                return "parent"
            debut = fiche.champs["debut"]
            if not self.complete(fiche) or (debut and debut <= self.jour):
                return "incomplet"
        if operation == "supprimer" and any(
            self.fiches[dessous].statut == "active" for dessous in self.dessous(cle)
        ):
            return "descendant"
        return None

    def _ouvrir(self, cle: Cle) -> None:
        """Open a session: the three levels become active (D-11).

        A session reopened on the day of its closing is treated as if it had not been closed (D-20).
        """
        fiche = self.fiches[cle]
        self._annuler_les_plans([cle], "ouvrir")
        continue_ = fiche.ouverture is not None and fiche.fermeture == self.jour
        self._poser(
            cle,
            replace(
                fiche,
                statut="active",
                a_ete_active=True,
                ouverte=True,
                ouverture=fiche.ouverture if continue_ else self.jour,
            ),
        )
        for parent in self.ancetres(cle):
            if self.fiches[parent].statut != "active":
                self._poser(parent, replace(self.fiches[parent], statut="active", a_ete_active=True))

    def _fermer(self, cle: Cle) -> None:
        """Close a session, without changing any status (D-12)."""
        self._annuler_les_plans([cle], "fermer")
        self._poser(cle, replace(self.fiches[cle], ouverte=False, fermeture=self.jour))

    def _archiver(self, cle: Cle) -> None:
        """Archive a record and its descendants that are not archived yet (D-13)."""
        emportees = [cle, *(autre for autre in self.dessous(cle) if self.fiches[autre].statut != "archivee")]
        self._retenir("archiver", cle, emportees)
        self.gestes[-1].plans = self._annuler_les_plans(emportees)
        for autre in emportees:
            self._poser(autre, replace(self.fiches[autre], statut="archivee", ouverte=False, ouverture=None))
        self._versions()

    def _desarchiver(self, cle: Cle) -> None:
        """Unarchive that record alone, as brouillon, closed (D-13)."""
        self._retenir("desarchiver", cle, [cle])
        self._poser(cle, replace(self.fiches[cle], statut="brouillon"))
        self._versions()

    def _supprimer(self, cle: Cle) -> None:
        """Delete a record and its descendants (D-14)."""
        emportees = [cle, *self.dessous(cle)]
        self._retenir("supprimer", cle, emportees)
        self.gestes[-1].plans = [plan for plan in self.plans if plan.cle in emportees]
        self.plans = [plan for plan in self.plans if plan.cle not in emportees]
        for autre in emportees:
            del self.fiches[autre]

    def _poser(self, cle: Cle, fiche: Fiche) -> None:
        """Store the new state of the record; increment its version when it differs."""
        if fiche != self.fiches[cle]:
            self.fiches[cle] = replace(fiche, version=self.fiches[cle].version + 1)

    # --- Plans ---

    def _annuler_les_plans(self, cles: list[Cle], operation: str = "", depuis: int = 0) -> list[Plan]:
        """Cancel the pending plans of these records, or those of one operation; return them.

        With `depuis`, only those that were ordered after that step.
        """
        annules = [
            plan
            for plan in self.plans
            if plan.cle in cles
            and plan.etat == "prevue"
            and operation in {"", plan.operation}
            and plan.au_pas >= depuis
        ]
        for plan in annules:
            plan.etat = "annulee"
        return annules

    def _remettre_les_plans(self, plans: list[Plan]) -> None:
        """Put back these plans, which an operation cancelled and whose operation is undone (D-48).

        A plan whose day has passed stays cancelled: nobody ordered it for another day.
        """
        for plan in plans:
            if plan.etat == "annulee" and plan.jour >= self.jour and not self.prevu(plan.cle, plan.operation):
                plan.etat = "prevue"

    def prevu(self, cle: Cle, operation: str) -> Plan | None:
        """Return the pending plan of this operation of the session, or None."""
        plans = [p for p in self.plans if (p.cle, p.operation, p.etat) == (cle, operation, "prevue")]
        return plans[0] if plans else None

    def programmer(self, role: str, cle: Cle, operation: str, jour: dt.date, par: str) -> str:
        """Order an opening or a closing for a day; another day replaces the one that was planned (D-46)."""
        if cle not in self.fiches:
            return "absente"
        if operation not in DROITS[role]:
            return "droit"
        fiche = self.fiches[cle]
        if fiche.statut not in {"validee", "active"}:
            return "etat"
        debut = fiche.champs["debut"]
        if jour <= self.jour or (operation == "ouvrir" and debut and debut <= jour):
            return "jour"
        # Openings and closings alternate.
        autre = self.prevu(cle, {"ouvrir": "fermer", "fermer": "ouvrir"}[operation])
        if operation == ("fermer" if fiche.ouverte else "ouvrir"):
            if autre and autre.jour <= jour:
                return "ordre"
        elif not autre or autre.jour >= jour:
            return "ordre"
        if plan := self.prevu(cle, operation):
            if plan.jour != jour:
                plan.jour, plan.par, plan.au_pas = jour, par, self.pas
        else:
            self.plans.append(Plan(cle, operation, jour, par, au_pas=self.pas))
        return "fait"

    def deprogrammer(self, role: str, cle: Cle, operation: str) -> str:
        """Cancel the pending plan of this operation, if there is one."""
        if operation not in DROITS[role]:
            return "droit"
        self._annuler_les_plans([cle], operation)
        return "fait"

    def balayer(self) -> int:
        """Carry out the plans that are due, in order; return their number.

        What is already as ordered is cancelled; what is refused today, or was ordered by somebody who has
        left, is refused.
        """
        dus = [plan for plan in self.plans if plan.etat == "prevue" and plan.jour <= self.jour]
        # The sort keeps the order in which those of a same day were ordered.
        for plan in sorted(dus, key=lambda plan: plan.jour):
            etat = self.fiches[plan.cle].etat
            if plan.par == "adjoint" and not self.adjoint:
                plan.etat = "refusee"
            elif etat == {"ouvrir": "active, ouverte", "fermer": "active, fermée"}[plan.operation]:
                plan.etat = "annulee"
            elif self.refus(plan.cle, plan.operation):
                plan.etat = "refusee"
            else:
                plan.etat = "faite"
                getattr(self, f"_{plan.operation}")(plan.cle)
        return len(dus)

    # --- Undo ---

    def _retenir(self, operation: str, racine: Cle, touchees: list[Cle]) -> None:
        avant = {cle: copy.deepcopy(self.fiches[cle]) for cle in touchees}
        self.gestes.append(Geste(operation, racine, avant, {}, self.jour, self.pas))

    def _versions(self) -> None:
        geste = self.gestes[-1]
        geste.apres = {cle: self.fiches[cle].version for cle in geste.avant}

    def annuler(self, role: str, geste: Geste) -> str:
        """Run « Annuler », or restore from the « Corbeille ».

        The former state comes back exactly, provided that nothing has changed since.
        """
        if geste.operation not in DROITS[role]:
            return "droit"
        if geste.annule:
            return "annulee"
        if any(
            cle not in self.fiches or self.fiches[cle].version != version
            for cle, version in geste.apres.items()
        ):
            return "depassee"
        racine = geste.avant[geste.racine]
        if racine.parent:
            if racine.parent not in self.fiches:
                return "parent"
            place = [racine.parent, *self.ancetres(racine.parent)]
            if geste.operation != "desarchiver" and any(
                self.fiches[cle].statut == "archivee" for cle in place
            ):
                return "parent"
        revenues = {**self.fiches, **geste.avant}
        if any(
            revenues[fiche.parent].statut != "active"
            for fiche in geste.avant.values()
            if fiche.parent and fiche.statut == "active"
        ):
            return "parent"
        if geste.operation == "supprimer" and self.identifiant_pris(
            racine.niveau, racine.parent, racine.identifiant
        ):
            return "identifiant"
        if geste.operation == "desarchiver" and any(
            self.fiches[cle].statut != "archivee" and self.fiches[cle].cree_au_pas >= geste.pas
            for cle in self.dessous(geste.racine)
        ):
            return "ajout"
        for cle, fiche in geste.avant.items():
            # A session restored on a later day than the operation waits for J+1 (D-20).
            ouverture = self.jour if fiche.ouverte and geste.jour != self.jour else fiche.ouverture
            self.fiches[cle] = replace(
                copy.deepcopy(fiche), version=geste.apres.get(cle, fiche.version) + 1, ouverture=ouverture
            )
        if geste.operation == "supprimer":
            self.plans += geste.plans
            for plan in geste.plans:
                if plan.etat == "prevue" and plan.jour < self.jour:
                    plan.etat = "annulee"
        else:
            self._remettre_les_plans(geste.plans)
        geste.annule = True
        return "fait"

    # --- Several at once ---

    def faire_un_lot(self, role: str, cles: list[Cle], operation: str) -> dict[Cle, str]:
        """Run an operation on these sessions, in this order; each ends as if done alone (D-40)."""
        lot = Lot(operation, self.jour, self.pas)
        gestes, prevus = len(self.gestes), [plan for plan in self.plans if plan.etat == "prevue"]
        resultats = {}
        for cle in cles:
            avant = {autre: copy.deepcopy(self.fiches[autre]) for autre in (cle, *self.ancetres(cle))}
            resultats[cle] = self.operer(role, cle, operation)
            if resultats[cle] == "fait":
                lot.avant[cle] = avant.pop(cle)
                for parent, fiche in avant.items():
                    if self.fiches[parent].version != fiche.version:
                        lot.parents[parent] = fiche
        lot.apres = {cle: self.fiches[cle].version for cle in (*lot.avant, *lot.parents)}
        lot.plans = [plan for plan in prevus if plan.etat == "annulee"]
        # A lot is undone on its own page.
        del self.gestes[gestes:]
        if lot.avant:
            self.lots.append(lot)
        return resultats

    def annuler_un_lot(self, role: str, lot: Lot) -> dict[Cle, str]:
        """Undo a lot (D-48): what has moved since stays, the rest is as it was.

        The right is that of the operation; a closing is undone by an opening.
        """
        droit = {"fermer": "ouvrir"}.get(lot.operation, lot.operation)
        if droit not in DROITS[role] or lot.annule:
            return dict.fromkeys(lot.avant, "annulee" if droit in DROITS[role] else "droit")
        lot.annule = True
        resultats = {cle: self._annuler_une(role, lot, cle) for cle in lot.avant}
        remises = [cle for cle, resultat in resultats.items() if resultat == "fait"]
        if lot.operation != "fermer":
            self._annuler_les_plans(remises, depuis=lot.pas + 1)
            for cle in remises:
                self._rendre(cle, lot.avant[cle], lot.jour)
            for parent in (p for niveau in ("action", "offre") for p in lot.parents if p[0] == niveau):
                touche = parent not in self.fiches or self.fiches[parent].version != lot.apres[parent]
                if remises and not touche and not self._active_dessous(parent):
                    self._rendre(parent, lot.parents[parent], lot.jour)
        self._remettre_les_plans([plan for plan in lot.plans if plan.cle in remises])
        return resultats

    def _annuler_une(self, role: str, lot: Lot, cle: Cle) -> str:
        """Return what becomes of one session of a lot that is undone; a closed one is opened again."""
        if cle not in self.fiches:
            return "absente"
        if self.fiches[cle].version != lot.apres[cle]:
            return "depassee"
        if lot.operation == "fermer":
            voulus = [p for p in self.plans if p.cle == cle and p.etat == "prevue" and p.au_pas <= lot.pas]
            resultat = self.operer(role, cle, "ouvrir")
            if resultat == "fait":
                self._remettre_les_plans([plan for plan in voulus if plan.etat == "annulee"])
            return resultat
        avant = lot.avant[cle]
        dessus = [self.fiches[parent].statut for parent in self.ancetres(cle)]
        if self.fiches[cle].statut == "archivee" != avant.statut and "archivee" in dessus:
            return "parent"
        if avant.statut == "active" and any(statut != "active" for statut in dessus):
            return "parent"
        return "fait"

    def _rendre(self, cle: Cle, fiche: Fiche, jour: dt.date) -> None:
        """Put a record back as it was before an operation of `jour`.

        A session that opens again on a later day waits for J+1 (D-20).
        """
        ouverture = self.jour if fiche.ouverte and jour != self.jour else fiche.ouverture
        version = self.fiches[cle].version + 1
        self.fiches[cle] = replace(copy.deepcopy(fiche), version=version, ouverture=ouverture)

    def _active_dessous(self, cle: Cle) -> bool:
        return any(fiche.parent == cle and fiche.statut == "active" for fiche in self.fiches.values())

    # --- Days and runs ---

    def passer_au(self, jour: dt.date) -> None:
        """Advance to that day, keeping the state at each midnight."""
        while self.jour < jour:
            self.jour += dt.timedelta(days=1)
            self.minuits[self.jour] = copy.deepcopy((self.fiches, self.suspendu, self.fin_de_certification))

    def publier(self) -> int:
        """Run the nightly runs that are due until today, in order (D-22); return their number."""
        premier = self.dernier_passage + dt.timedelta(days=1) if self.dernier_passage else self.jour
        jours = [premier + dt.timedelta(days=n) for n in range((self.jour - premier).days + 1)]
        for jour in jours:
            fiches, suspendu, fin = self.minuits.get(jour, ({}, False, None))
            self.dernier_passage = jour
            self.parues = {
                cle: (str(fiche.champs["texte"]), str(fiches[self.ancetres(cle, fiches)[1]].champs["texte"]))
                for cle, fiche in fiches.items()
                if cle[0] == "session"
                and not suspendu
                and not (fin and fin < jour)
                and self._paraitrait(cle, fiches, jour)
            }
        return len(jours)

    def _paraitrait(self, cle: Cle, fiches: dict[Cle, Fiche], jour: dt.date) -> bool:
        """Tell whether the session meets D-23, at the midnight that begins `jour`."""
        fiche = fiches[cle]
        actives = all(fiches[autre].statut == "active" for autre in (cle, *self.ancetres(cle, fiches)))
        debut = fiche.champs["debut"]
        return (
            actives
            and fiche.ouverte
            and self.dates_coherentes(fiche, fiches)
            and (not debut or debut >= jour)
        )

    def publiques(self) -> dict[Cle, tuple[str, str]]:
        """Return the texts of the sessions that are public now, by key.

        They are those that a run has published since their opening, less those that have disappeared since
        (D-20).
        """
        return {
            cle: textes
            for cle, textes in self.parues.items()
            if not self.suspendu
            and cle in self.fiches
            and self.fiches[cle].ouverte
            and self.fiches[cle].ouverture < self.dernier_passage
            and all(self.fiches[autre].statut == "active" for autre in (cle, *self.ancetres(cle)))
        }


def plie(identifiant: str) -> str:
    """Return an identifier in the form in which identifiers are compared."""
    return unicodedata.normalize("NFC", identifiant.strip().casefold())
