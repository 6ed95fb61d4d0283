"""The comparison of one line with the address book: a contact or an address."""

import copy
from itertools import count
from typing import Any

from echanges.decisions import Decision, LignePlanifiee
from echanges.existant import Existant
from echanges.formulaires import FORMULAIRES_D_IMPORT, en_json, en_saisie
from echanges.lignes import Gravite, LigneLue, Niveau
from edof.pliage import plier
from organismes.genres import GENRES
from organismes.models import Contact
from organismes.validateurs import identifiant_libre, normaliser_courriel, normaliser_identifiant


class ExamenDesEntrees:
    """The lines of contacts and addresses, one after the other."""

    def __init__(self, existant: Existant) -> None:
        self.existant = existant
        self.provisoires = count(-1, -1)
        self.vues: dict[tuple[str, str], LignePlanifiee] = {}
        self.par_courriel = {
            entree.courriel: entree
            for (niveau, _), entree in existant.entrees.items()
            if niveau == Niveau.CONTACT
        }

    def examiner(self, ligne: LigneLue) -> LignePlanifiee:
        """Return what the line would do."""
        planifiee = LignePlanifiee(ligne, anomalies=list(ligne.anomalies), chemin=ligne.chemin)
        if ligne.ignoree:
            planifiee.decision = Decision.IGNOREE
            planifiee.dire("ignoree", Gravite.AVERTISSEMENT, ligne.ignoree)
            return planifiee
        genre = GENRES[ligne.niveau]
        identifiant = ligne.chemin[0]
        entree = self._connue(ligne, identifiant)
        if entree is not None:
            identifiant = getattr(entree, genre.modele.CHAMP_IDENTIFIANT)
        planifiee.fiche = entree or genre.modele(organisme=self.existant.organisme)
        self._comparer(planifiee, identifiant)
        cle = (str(ligne.niveau), normaliser_identifiant(planifiee.chemin[0]))
        if (autre := self.vues.setdefault(cle, planifiee)) is not planifiee:
            phrase = f"« {planifiee.chemin[0]} » est déjà à la {autre.lue.vue_de(ligne.feuille)}."
            planifiee.refuser("doublon", phrase, genre.modele.CHAMP_IDENTIFIANT)
        if planifiee.est_fautive:
            planifiee.decision = Decision.ERREUR
        elif entree is None:
            planifiee.decision, planifiee.validable = Decision.CREATION, True
            self._annoncer(planifiee, cle)
        else:
            change = bool(planifiee.changements)
            planifiee.decision = Decision.MODIFICATION if change else Decision.INCHANGEE
            planifiee.validable = True
        return planifiee

    def _connue(self, ligne: LigneLue, identifiant: str) -> Any:
        """Return the entry that the line names: by its identifier, else a contact by its e-mail address."""
        if identifiant:
            return self.existant.entrees.get((ligne.niveau, normaliser_identifiant(identifiant)))
        if ligne.niveau == Niveau.CONTACT and (courriel := ligne.valeurs.get("courriel")):
            return self.par_courriel.get(normaliser_courriel(str(courriel)))
        return None

    def _comparer(self, planifiee: LignePlanifiee, identifiant: str) -> None:
        ligne, entree = planifiee.lue, planifiee.fiche
        modele = type(entree)
        champ_identifiant = modele.CHAMP_IDENTIFIANT
        formulaire = FORMULAIRES_D_IMPORT[ligne.niveau]
        form = formulaire({}, organisme=self.existant.organisme, instance=copy.copy(entree))
        form.instance.organisme = self.existant.organisme
        noms = [nom for nom in formulaire._meta.fields if nom in ligne.valeurs and nom != champ_identifiant]
        for nom in formulaire._meta.fields:
            initiale = form.get_initial_for_field(form.fields[nom], nom)
            form.data[nom] = (
                en_saisie(form.fields[nom], ligne.valeurs[nom])
                if nom in noms
                else form.fields[nom].prepare_value(initiale)
            )
        if isinstance(entree, Contact) and not identifiant:
            nom_complet = f"{ligne.valeurs.get('prenom') or ''} {ligne.valeurs.get('nom') or ''}".strip()
            connus = (*self.existant.entrees, *self.vues)
            pris = {cle for niveau, cle in connus if niveau == Niveau.CONTACT}
            identifiant = identifiant_libre(nom_complet or "Contact", pris)
        form.data[champ_identifiant] = identifiant
        planifiee.chemin = (identifiant,)
        for nom, erreurs in form.errors.as_data().items():
            for erreur in erreurs:
                planifiee.refuser(
                    erreur.code or "valeur", " ".join(erreur.messages), nom if nom in form.fields else ""
                )
        ecrits = {nom: form.cleaned_data[nom] for nom in noms if nom in form.cleaned_data}
        if entree.pk is None:
            ecrits[champ_identifiant] = identifiant
        planifiee.candidate, planifiee.nettes = form.instance, ecrits
        planifiee.valeurs = {nom: en_json(getattr(form.instance, nom)) for nom in ecrits}
        if entree.pk is not None:
            for nom in ecrits:
                avant, apres = getattr(entree, nom), getattr(form.instance, nom)
                if nom == "ville" and apres.isupper() and plier(apres) == plier(avant):
                    # EDOF's files, and many others, write towns in capitals: it is the same one.
                    planifiee.nettes[nom] = apres = avant
                if avant != apres:
                    planifiee.changements[nom] = [en_json(avant), en_json(apres)]

    def _annoncer(self, planifiee: LignePlanifiee, cle: tuple[str, str]) -> None:
        """Make the new entry known to the next lines: its key is provisional, in memory only."""
        nouvelle = planifiee.candidate
        nouvelle.pk = next(self.provisoires)
        self.existant.entrees[cle] = nouvelle
        self.existant.carnets[type(nouvelle)].ajouter(nouvelle)
