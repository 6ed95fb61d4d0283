"""The comparison of one line with the catalogue: an offre, an action or a session.

The values go through the form of the level, the rules are those of the record, and what may be written is
asked of the transition. What is left here belongs to files: parents named by text, doubles within the file,
started sessions (D-45), the price that a line recalls.
"""

import copy
from decimal import Decimal, InvalidOperation
from itertools import count
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import TextChoices

from catalogue.cycle_de_vie import Statut, refus_de
from catalogue.forms.fiche import IdentifiantForm
from catalogue.models import Action, Offre
from catalogue.nomenclatures import EntreesSorties
from echanges.decisions import Decision, LignePlanifiee
from echanges.existant import Existant
from echanges.fichiers import Format
from echanges.formulaires import (
    FORMULAIRES_D_IMPORT,
    SessionImportee,
    TrouveeField,
    en_json,
    en_saisie,
)
from echanges.liens import Liens
from echanges.lignes import Demande, Gravite, LigneLue, Niveau
from echanges.memes_dates import MemesDates
from echanges.parents import Parents, Vues
from edof.lecture import lire_code
from edof.templatetags.affichage import enumerer, euros
from organismes.droits import Operation
from organismes.validateurs import identifiant_libre, normaliser_identifiant
from sessions_app.coherence import DEBUT_APRES_SAISIE, FIN_APRES_DEBUT
from sessions_app.models import Session

# A price of more digits is a slip, or not a number (« nan »).
CHIFFRES_D_UN_PRIX = 12
ECART = Decimal("0.01")
DATES = frozenset({"date_debut", "date_fin", "pas_de_dates"})


class Commencees(TextChoices):
    """What becomes of a session of the file that has already started (D-45)."""

    IGNORER = "ignorer", "Les ignorer"
    BROUILLON = "brouillon", "Les créer en brouillon"

    @classmethod
    def par_defaut(cls, format_: str) -> "Commencees":
        """Return what is done when nobody says it: an archive brings back a catalogue whole."""
        return cls.BROUILLON if format_ == Format.ARCHIVE else cls.IGNORER


class Examen:
    """The lines of offres, actions and sessions, parents first."""

    def __init__(self, existant: Existant, commencees: str, remarques: bool = True) -> None:
        self.existant, self.commencees, self.remarque = existant, commencees, remarques
        self.provisoires = count(-1, -1)
        self.vues: Vues = {}
        self.parents, self.liens = Parents(existant, self.vues), Liens(existant)
        self.memes_dates = MemesDates(existant)
        self.proposes: dict[str, set[str]] = {}
        self.formulaire: SessionImportee | None = None
        self.identifiant = IdentifiantForm.base_fields["identifiant"]

    def remarques(self) -> list[str]:
        """Return what was proposed for the whole file because no column says it."""
        return [
            f"Aucune colonne ne donne {_LE[nom]} : celui des habitudes est proposé aux créations"
            f" ({enumerer(sorted(noms))})."
            if nom == "contact_inscription"
            else f"Aucune colonne ne donne {_LE[nom]} : celle des habitudes est proposée aux créations"
            f" ({enumerer(sorted(noms))})."
            for nom, noms in self.proposes.items()
        ]

    def examiner(self, ligne: LigneLue) -> LignePlanifiee:
        """Return what the line would do."""
        planifiee = LignePlanifiee(ligne, anomalies=list(ligne.anomalies), chemin=ligne.chemin)
        if ligne.ignoree:
            planifiee.decision = Decision.IGNOREE
            planifiee.dire("ignoree", Gravite.AVERTISSEMENT, ligne.ignoree)
            return planifiee
        parent = self.parents.de(planifiee)
        identifiant = self._identifiant(planifiee)
        planifiee.valeurs = dict(ligne.valeurs)
        if parent is None or not identifiant:
            planifiee.decision = Decision.ERREUR
            return planifiee
        planifiee.fiche = self._fiche(ligne.niveau, parent, identifiant)
        self._doublon(planifiee, parent, identifiant)
        self._comparer(planifiee)
        self._decider(planifiee)
        self._annoncer(planifiee, parent, identifiant)
        if self.remarque and planifiee.decision == Decision.CREATION and ligne.niveau == Niveau.SESSION:
            planifiee.oublier_la_fiche()
        return planifiee

    def _identifiant(self, planifiee: LignePlanifiee) -> str:
        ecrit = planifiee.lue.chemin[-1]
        try:
            return str(self.identifiant.clean(ecrit))
        except ValidationError as erreur:
            phrase = (
                f"Il manque l'identifiant de {_CETTE[planifiee.lue.niveau]}."
                if not ecrit
                else erreur.messages[0]
            )
            planifiee.refuser("identifiant", phrase, str(planifiee.lue.niveau))
        return ""

    def _fiche(self, niveau: str, parent: Any, identifiant: str) -> Any:
        """Return the record of this identifier, or a new one, under its parent."""
        cle = normaliser_identifiant(identifiant)
        existante: Any
        if niveau == Niveau.OFFRE:
            existante = self.existant.offres.get(cle) or Offre(organisme=parent)
        elif niveau == Niveau.ACTION:
            existante = self.existant.actions.get((parent.pk, cle)) or Action(
                organisme=self.existant.organisme, offre=parent
            )
        else:
            existante = self.existant.sessions.get((parent.pk, cle)) or Session(
                organisme=self.existant.organisme, action=parent
            )
        existante.organisme = self.existant.organisme
        if existante.pk is None:
            existante.identifiant = identifiant
        return existante

    def _doublon(self, planifiee: LignePlanifiee, parent: Any, identifiant: str) -> None:
        niveau = str(planifiee.lue.niveau)
        parents = [fiche.identifiant for fiche in planifiee.fiche.parents()]
        planifiee.chemin = (*reversed(parents), planifiee.fiche.identifiant)
        autre = self.vues.setdefault((niveau, parent.pk, normaliser_identifiant(identifiant)), planifiee)
        if autre is planifiee:
            return
        suite = ""
        if autre.chemin[-1] != identifiant:
            suite = f", « {autre.chemin[-1]} » (majuscules et minuscules ne comptent pas)"
        elif {n: v for n, v in autre.lue.valeurs.items() if n != "modalites_particulieres"} == {
            n: v for n, v in planifiee.lue.valeurs.items() if n != "modalites_particulieres"
        }:
            suite = ", avec les mêmes valeurs"
        pris = {
            cle for genre, cle_du_parent, cle in self.vues if (genre, cle_du_parent) == (niveau, parent.pk)
        }
        libre = identifiant_libre(identifiant, pris)
        phrase = f"« {identifiant} » est déjà à la {autre.lue.vue_de(planifiee.lue.feuille)}{suite}."
        planifiee.refuser("doublon", phrase, niveau, libre)

    # --- The values ---

    def _valeurs(self, planifiee: LignePlanifiee) -> dict[str, Any]:
        """Return what the line says, with what is proposed for a new session."""
        valeurs, fiche = dict(planifiee.lue.valeurs), planifiee.fiche
        if planifiee.lue.niveau == Niveau.SESSION and fiche.statut != Statut.ACTIVE:
            self._un_seul_jour(planifiee, valeurs)
        if planifiee.lue.niveau != Niveau.SESSION or fiche.pk is not None:
            return valeurs
        fautifs = {anomalie.champ for anomalie in planifiee.anomalies}
        for nom, entree in self.existant.habitudes.pour(fiche.action.pk).items():
            if nom not in valeurs and nom not in fautifs and nom not in planifiee.lue.ecrites:
                valeurs[nom] = entree
                self.proposes.setdefault(nom, set()).add(entree.nom_court)
        permanente = fiche.action.modalites_entrees_sorties == EntreesSorties.PERMANENTES
        if permanente and not (DATES & fautifs) and not any(valeurs.get(nom) for nom in DATES):
            valeurs["pas_de_dates"] = True
        return valeurs

    def _un_seul_jour(self, planifiee: LignePlanifiee, valeurs: dict[str, Any]) -> None:
        """Leave the end of a session of one day to be completed, where the form refuses it (D-45)."""
        debut, fin = valeurs.get("date_debut"), valeurs.get("date_fin")
        if fin and debut == fin and not settings.SESSION_D_UN_JOUR:
            valeurs["date_fin"] = None
            planifiee.dire("30020", Gravite.BROUILLON, _UN_JOUR, "date_fin")

    def _comparer(self, planifiee: LignePlanifiee) -> None:
        """Fill the form of the level, and note what would change."""
        fiche, lue = planifiee.fiche, planifiee.lue
        valeurs = self._valeurs(planifiee)
        saisie: dict[str, Any] = {}
        if lue.niveau == Niveau.OFFRE:
            # The form of an offre depends on its type and on its certification, as it is made.
            saisie = {"type_offre": valeurs.get("type_offre", fiche.type_offre) or ""}
            saisie["certification"] = self.liens.trouver(planifiee, "certification", valeurs) or (
                fiche.certification if "certification" not in valeurs else None
            )
        form = self._formulaire(lue.niveau, fiche, saisie)
        for nom, champ in form.fields.items():
            if isinstance(champ, TrouveeField):
                dite = (
                    self.liens.trouver(planifiee, nom, valeurs)
                    if nom in valeurs
                    else self.liens.actuel(fiche, nom)
                )
                form.data[nom] = dite
            elif nom in valeurs:
                form.data[nom] = en_saisie(champ, valeurs[nom])
            else:
                form.data[nom] = champ.prepare_value(form.get_initial_for_field(champ, nom))
        for nom, erreurs in form.errors.as_data().items():
            for erreur in erreurs:
                champ_dit = nom if nom in form.fields else ""
                planifiee.refuser(erreur.code or "valeur", " ".join(erreur.messages), champ_dit)
        for nom in valeurs.keys() - form.fields.keys() - {"identifiant"}:
            if valeurs[nom] not in (None, "", []) and not self._est_imposee(form, nom, valeurs[nom]):
                phrase = "Ce champ n'a pas d'objet pour ce type d'action : il n'est pas repris."
                planifiee.dire("sans-objet", Gravite.AVERTISSEMENT, phrase, nom)
        candidate = form.candidate or copy.copy(fiche)
        planifiee.candidate = candidate
        planifiee.nettes = {n: v for n, v in form.cleaned_data.items() if n in valeurs}
        planifiee.valeurs |= {nom: en_json(getattr(candidate, nom)) for nom in planifiee.nettes}
        for nom in planifiee.nettes if fiche.pk is not None else ():
            colonne = fiche._meta.get_field(nom)
            if getattr(fiche, colonne.attname) != getattr(candidate, colonne.attname):
                avant = self.liens.actuel(fiche, nom) if colonne.is_relation else getattr(fiche, nom)
                planifiee.changements[nom] = [en_json(avant), en_json(getattr(candidate, nom))]
        if form.candidate is not None:
            self._juger(planifiee, form)

    def _formulaire(self, niveau: str, fiche: Any, saisie: dict[str, Any]) -> Any:
        """Return the form of the level for this record, without anything typed but `saisie`."""
        if niveau != Niveau.SESSION:
            return FORMULAIRES_D_IMPORT[niveau](saisie, fiche=fiche)
        if self.formulaire is None:
            self.formulaire = SessionImportee({}, fiche=fiche)
        self.formulaire.reprendre(fiche)
        return self.formulaire

    def _est_imposee(self, form: Any, nom: str, valeur: Any) -> bool:
        imposee = getattr(form, "imposee", None)
        return nom == "certification" and imposee is not None and lire_code(str(valeur)) == imposee.code

    # --- The rules ---

    def _juger(self, planifiee: LignePlanifiee, form: Any) -> None:
        """Say which rules the record would not satisfy, and what deserves a look."""
        fiche, candidate = planifiee.fiche, planifiee.candidate
        neuve = fiche.pk is None
        if not neuve and not planifiee.changements:
            planifiee.validable = not form.manquements
            return
        touchees = planifiee.nettes.keys() if neuve else planifiee.changements.keys()
        for regle in form.manquements:
            code = "30020" if regle in {FIN_APRES_DEBUT, DEBUT_APRES_SAISIE} else regle.slug
            if regle is FIN_APRES_DEBUT or fiche.statut == Statut.ACTIVE:
                planifiee.refuser(code, _phrase(regle, candidate), regle.champ or "")
            elif not any(anomalie.champ == regle.champ != "" for anomalie in planifiee.anomalies):
                planifiee.dire(code, Gravite.BROUILLON, regle.raison, regle.champ or "")
        a_completer = any(anomalie.gravite == Gravite.BROUILLON for anomalie in planifiee.anomalies)
        planifiee.validable = not form.manquements and not a_completer and not planifiee.est_fautive
        if neuve or planifiee.lue.niveau != Niveau.SESSION or DATES & touchees:
            for phrase in form.reserves:
                planifiee.dire("a-verifier", Gravite.AVERTISSEMENT, phrase)
        if self.remarque and isinstance(candidate, Session) and (neuve or DATES & touchees):
            self.memes_dates.comparer(planifiee, candidate)

    def _decider(self, planifiee: LignePlanifiee) -> None:
        fiche, candidate, lue = planifiee.fiche, planifiee.candidate, planifiee.lue
        neuve = fiche.pk is None
        self._comparer_le_prix(planifiee)
        change = neuve or bool(planifiee.changements)
        debut_dit = neuve or "date_debut" in planifiee.changements
        commencee = isinstance(candidate, Session) and debut_dit and candidate.commencee
        if commencee and not planifiee.est_fautive and self.commencees == Commencees.IGNORER:
            planifiee.decision, planifiee.validable = Decision.IGNOREE, False
            planifiee.anomalies = list(lue.anomalies)
            planifiee.dire("commencee", Gravite.AVERTISSEMENT, _COMMENCEE, "date_debut")
            return
        if change and not planifiee.est_fautive:
            for refus in refus_de(fiche, Operation.MODIFIER):
                planifiee.refuser(refus.code or "refus", refus.phrase, refus.champ or "")
        if lue.demande == Demande.ARCHIVER:
            deja = fiche.statut == Statut.ARCHIVEE
        else:
            ouverte = getattr(fiche, "ouverte", None)
            deja = {Demande.OUVRIR: ouverte is not False, Demande.FERMER: not ouverte}.get(lue.demande, True)
        lue.demande = Demande.RIEN if deja else lue.demande
        if planifiee.est_fautive:
            planifiee.decision, planifiee.validable = Decision.ERREUR, False
        elif neuve:
            planifiee.decision = Decision.CREATION
        else:
            planifiee.decision = Decision.MODIFICATION if change else Decision.INCHANGEE

    def _comparer_le_prix(self, planifiee: LignePlanifiee) -> None:
        if not (ecrit := planifiee.lue.temoins.get("prix")) or planifiee.lue.niveau != Niveau.SESSION:
            return
        try:
            dit = Decimal(str(ecrit))
        except InvalidOperation:
            return
        if not dit.is_finite() or dit.adjusted() > CHIFFRES_D_UN_PRIX:
            return
        vrai = planifiee.fiche.action.total_ttc
        if vrai is not None and abs(dit - vrai) >= ECART:
            phrase = f"Le prix de l'action est {euros(vrai)}, pas {euros(dit)} : il n'est pas changé."
            planifiee.dire("prix", Gravite.AVERTISSEMENT, phrase, "prix")

    def _annoncer(self, planifiee: LignePlanifiee, parent: Any, identifiant: str) -> None:
        """Make what the line creates known to the lines below it; its key is provisional, in memory only."""
        candidate, cle = planifiee.candidate, normaliser_identifiant(identifiant)
        if planifiee.decision == Decision.MODIFICATION:
            # The lines below are compared with what it becomes.
            if isinstance(candidate, Offre):
                self.existant.offres[cle] = candidate
            elif isinstance(candidate, Action):
                self.existant.actions[parent.pk, cle] = candidate
        if planifiee.decision != Decision.CREATION or isinstance(candidate, Session):
            return
        candidate.pk, candidate.identifiant_normalise = next(self.provisoires), cle
        if isinstance(candidate, Offre):
            self.existant.offres[cle] = candidate
        else:
            self.existant.poser_l_action(candidate)


_LE = {"contact_inscription": "le contact d'inscription", "adresse_inscription": "l'adresse d'inscription"}
_CETTE = {"offre": "cette offre", "action": "cette action", "session": "cette session"}
_UN_JOUR = (
    "Début et fin sont le même jour : une session d'un seul jour n'est pas admise ici, sa fin reste à"
    " compléter."
)
_COMMENCEE = "Cette session a déjà commencé : elle n'est pas reprise, sauf si vous demandez un brouillon."


def _phrase(regle: Any, candidate: Any) -> str:
    """Return why the rule does not hold; with the two days, for an end that is before the start."""
    if regle is FIN_APRES_DEBUT:
        fin, debut = candidate.date_fin, candidate.date_debut
        if fin == debut:
            return (
                f"Début et fin sont le même jour, {fin:%d/%m/%Y} :"
                f" {regle.raison[0].lower()}{regle.raison[1:]}"
            )
        return (
            f"La fin, {fin:%d/%m/%Y}, précède le début, {debut:%d/%m/%Y} :"
            f" {regle.raison[0].lower()}{regle.raison[1:]}"
        )
    return str(regle.raison)
