"""What a series would create: one line per date, checked as one batch, nothing written."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.formats import date_format

from catalogue.cycle_de_vie import Statut
from catalogue.forms.fiche import IDENTIFIANT_PRIS
from catalogue.models import Action
from edof.horloge import demain
from edof.templatetags.affichage import date_longue, pluriel
from organismes.validateurs import identifiant_libre, normaliser_identifiant
from sessions_app.coherence import FIN_APRES_DEBUT
from sessions_app.memes_dates import Dates, ParDates, phrase
from sessions_app.models import Session
from sessions_app.series import Occurrence, Unite, identifiant

# What was typed: in the form, and beside each line of the preview.
Saisie = MultiValueDict[str, Any]
# What is copied from the session chosen in « repris de », or from the one that is shifted.
REPRIS = ("contact_inscription", "adresse_inscription", "garantie", "modalites_particulieres")
# The sessions read to say which are at the same place.
AU_MEME_LIEU = 1000
UN_SEUL_JOUR = "Elle commence et finit le même jour, ce qu'EDOF n'accepte pas : elle restera en brouillon."


@dataclass(frozen=True)
class Prevue:
    """A session to create: under which action, when, and copied from which session."""

    action: Action
    occurrence: Occurrence
    # What names the line in the form.
    cle: str
    unite: str
    duree: int
    modele: Session | None = None
    # For a session shifted from another: the identifier that recalls it.
    origine: str = ""

    def repris(self, proposees: dict[str, Any]) -> dict[str, Any]:
        """Return the values to copy; what the session copied does not have is what the action proposes."""
        copiees = {nom: getattr(self.modele, nom) for nom in REPRIS} if self.modele else {}
        return {**proposees, **{nom: lue for nom, lue in copiees.items() if lue not in (None, "")}}


@dataclass(frozen=True)
class Constat:
    """A sentence about a line, and the session that it is about; `note` when nothing is wrong."""

    phrase: str
    autre: int | None = None
    note: bool = False


@dataclass
class Ligne:
    """A date: the session that it gives, what is typed for it, and what deserves a look."""

    prevue: Prevue
    identifiant: str = ""
    # What the pattern gives.
    genere: str = ""
    cochee: bool = True
    erreur: Constat | None = None
    # Whether the page that was sent showed this error for this identifier.
    erreur_vue: bool = False
    # What to type instead of an identifier that is taken.
    propose: str = ""
    avertissements: list[Constat] = field(default_factory=list)

    @property
    def cle(self) -> str:
        """Return what names the line in the form."""
        return self.prevue.cle

    @property
    def occurrence(self) -> Occurrence:
        """Return the dates of the line."""
        return self.prevue.occurrence

    @property
    def a_creer(self) -> bool:
        """Return whether the session is to be created, once its identifier is free."""
        return self.cochee and not self.occurrence.passee

    @property
    def prete(self) -> bool:
        """Return whether the session can be created as it is."""
        return self.a_creer and self.erreur is None

    @property
    def dates(self) -> str:
        """Return « 4 janvier 2027 au 8 janvier 2027 », or the only day."""
        o = self.occurrence
        if o.passee or o.debut == o.fin:
            return date_longue(o.debut)
        return f"{date_longue(o.debut)} au {date_longue(o.fin)}"

    @property
    def dates_courtes(self) -> str:
        """Return « 4 – 8 janv. 2027 », or « 5 avril 2027 » for the date that is skipped."""
        o = self.occurrence
        if o.passee or o.debut == o.fin:
            return date_longue(o.debut)
        forme = "" if (o.debut.year, o.debut.month) == (o.fin.year, o.fin.month) else " N"
        annee = " Y" if o.debut.year != o.fin.year else ""
        return f"{_jour(o.debut, forme + annee)} – {_jour(o.fin, ' N Y')}"

    @property
    def longueur(self) -> str:
        """Return « 5 jours ouvrés, allongée d'un jour »."""
        unite = dict(Unite.choices)[self.prevue.unite] if self.prevue.duree > 1 else "jour"
        dite, n = f"{self.prevue.duree} {unite}", self.occurrence.allongee
        if not n:
            return dite
        return f"{dite}, allongée {'d' + chr(39) + 'un jour' if n == 1 else f'de {n} jours'}"


def _jour(jour: dt.date, forme: str) -> str:
    return f"{'1er' if jour.day == 1 else jour.day}{date_format(jour, forme) if forme else ''}"


@dataclass
class Apercu:
    """The lines of a series, and what is said of them."""

    lignes: list[Ligne]
    phrase: str
    # What is to be known of the whole: school holidays unknown after a day, sessions left out.
    reserves: list[str] = field(default_factory=list)
    # Whether the form was sent already, and its sessions created.
    deja: bool = False

    @property
    def groupes(self) -> list[tuple[Action, list[Ligne]]]:
        """Return the lines of each action."""
        return [
            (action, list(lignes))
            for action, lignes in groupby(self.lignes, lambda ligne: ligne.prevue.action)
        ]

    @property
    def pretes(self) -> list[Ligne]:
        """Return the lines whose session is to be created."""
        return [ligne for ligne in self.lignes if ligne.prete]

    @property
    def en_erreur(self) -> list[Ligne]:
        """Return the lines to correct, or to leave out."""
        return [ligne for ligne in self.lignes if ligne.a_creer and ligne.erreur]

    @property
    def jamais_vues(self) -> list[Ligne]:
        """Return the lines to correct that nobody has been shown: the others are left out knowingly."""
        return [ligne for ligne in self.en_erreur if not ligne.erreur_vue]

    @property
    def _noms(self) -> list[str]:
        return [ligne.genere for ligne in self.lignes if ligne.genere]

    @property
    def premiers(self) -> list[str]:
        """Return the first identifiers that the pattern gives."""
        return self._noms[:3]

    @property
    def autres_noms(self) -> bool:
        """Return whether it gives others."""
        return len(self._noms) > len(self.premiers)

    @property
    def longueur(self) -> int:
        """Return the length of the longest one."""
        return max(map(len, self._noms), default=0)

    @property
    def longueur_permise(self) -> int:
        """Return the length that an identifier may have."""
        colonne: Any = Session._meta.get_field("identifiant")
        return int(colonne.max_length)

    @property
    def passees(self) -> int:
        """Return the number of dates that an exclusion skips."""
        return sum(1 for ligne in self.lignes if ligne.occurrence.passee)


def apercevoir(
    prevues: list[Prevue], modele: str, saisie: Saisie, phrase: str, reserves: list[str], serie: UUID
) -> Apercu:
    """Return what would be created, with the ticks and the identifiers that were typed.

    Two queries, whatever the number of dates. `prevues` is in the order of the actions; `serie` is the key of
    the form that was sent.
    """
    lignes: list[Ligne] = []
    rangs: dict[int, int] = defaultdict(int)
    for prevue in prevues:
        ligne, action = Ligne(prevue), prevue.action
        if not prevue.occurrence.passee:
            rangs[action.pk] += 1
            # A box that is not ticked sends nothing: the line also sends that it was shown.
            ligne.cochee = f"vue-{ligne.cle}" not in saisie or f"garder-{ligne.cle}" in saisie
            ligne.genere = identifiant(
                modele,
                prevue.occurrence.debut,
                rangs[action.pk],
                action=action.identifiant,
                ville=action.ville,
                origine=prevue.origine,
            )
            tape = saisie.get(f"identifiant-{ligne.cle}", "").strip()
            # What nobody has changed follows the pattern.
            ligne.identifiant = tape if tape and tape != saisie.get(f"genere-{ligne.cle}") else ligne.genere
            if saisie.get("operation") == f"prendre:{ligne.cle}":
                ligne.identifiant = saisie.get(f"propose-{ligne.cle}", "").strip() or ligne.identifiant
        lignes.append(ligne)
    soeurs = _soeurs(lignes)
    _verifier_les_identifiants(lignes, soeurs, saisie)
    _avertir(lignes, soeurs)
    return Apercu(lignes, phrase, reserves, any(soeur["serie"] == serie for soeur in soeurs))


def _sessions(lignes: list[Ligne]) -> Any:
    return Session.objects.pour_organisme(lignes[0].prevue.action.organisme)


def _soeurs(lignes: list[Ligne]) -> list[dict[str, Any]]:
    """Return the sessions that the actions have already."""
    actions = {ligne.prevue.action.pk for ligne in lignes}
    return list(
        _sessions(lignes)
        .filter(action__in=actions)
        .values(
            "pk",
            "action",
            "identifiant",
            "identifiant_normalise",
            "date_debut",
            "date_fin",
            "statut",
            "serie",
        )
    )


def _verifier_les_identifiants(lignes: list[Ligne], soeurs: list[dict[str, Any]], saisie: Saisie) -> None:
    colonne: Any = Session._meta.get_field("identifiant")
    pris: dict[int, dict[str, int | None]] = defaultdict(dict)
    for soeur in soeurs:
        pris[soeur["action"]][soeur["identifiant_normalise"]] = soeur["pk"]
    for ligne in lignes:
        if not ligne.a_creer:
            continue
        ligne.erreur_vue = saisie.get(f"erreur-{ligne.cle}") == ligne.identifiant
        try:
            ligne.identifiant = colonne.clean(ligne.identifiant, None)
        except ValidationError as erreur:
            ligne.erreur = Constat(" ".join(erreur.messages))
            continue
        siens = pris[ligne.prevue.action.pk]
        normalise = normaliser_identifiant(ligne.identifiant)
        if normalise in siens:
            ligne.erreur = Constat(IDENTIFIANT_PRIS["session"], siens[normalise])
        else:
            siens[normalise] = None
    # Once all are known, so that what is proposed is free for good.
    for ligne in lignes:
        siens = pris[ligne.prevue.action.pk]
        if ligne.erreur and normaliser_identifiant(ligne.identifiant) in siens:
            ligne.propose = identifiant_libre(ligne.identifiant, siens)
            siens[normaliser_identifiant(ligne.propose)] = None


def _avertir(lignes: list[Ligne], soeurs: list[dict[str, Any]]) -> None:
    """Say what is accepted and deserves a look: same dates (D-44), same place, a start too close."""
    a_creer = [ligne for ligne in lignes if ligne.a_creer]
    if not a_creer:
        return
    premier = min(ligne.occurrence.debut for ligne in a_creer)
    dernier = max(ligne.occurrence.fin for ligne in a_creer)
    memes: ParDates[tuple[str, int | None]] = ParDates(
        (
            Dates(soeur["action"], soeur["date_debut"], soeur["date_fin"]),
            (soeur["identifiant"], soeur["pk"]),
        )
        for soeur in soeurs
        if soeur["statut"] != Statut.ARCHIVEE
    )
    lieux = {lieu for ligne in a_creer if (lieu := _lieu(ligne.prevue.action))}
    occupes: dict[int, list[tuple[dt.date, dt.date, str, int | None]]] = defaultdict(list)
    if lieux:
        pendant = (
            _sessions(a_creer)
            .non_archivees()
            .filter(action__lieu_de_formation__in=lieux, date_fin__gte=premier, date_debut__lte=dernier)
            .order_by("date_debut", "pk")
            .values_list("action__lieu_de_formation", "date_debut", "date_fin", "identifiant", "pk")
        )
        for lieu, debut, fin, nom, pk in pendant[:AU_MEME_LIEU]:
            occupes[lieu].append((debut, fin, nom, pk))
    for ligne in a_creer:
        o, lieu = ligne.occurrence, _lieu(ligne.prevue.action)
        dates = Dates(ligne.prevue.action.pk, o.debut, o.fin)
        if pareille := memes.pareille(dates):
            ligne.avertissements.append(Constat(phrase(pareille[0]), pareille[1]))
        memes.ranger(dates, (ligne.identifiant, None))
        if lieu:
            croisees = (
                (nom, pk)
                for debut, fin, nom, pk in occupes[lieu]
                if debut <= o.fin and fin >= o.debut and (nom, pk) != pareille
            )
            if croisee := next(croisees, None):
                dite = f"Au même lieu que « {croisee[0]} », aux mêmes jours."
                ligne.avertissements.append(Constat(dite, croisee[1], note=True))
            # The next lines may meet this one too.
            occupes[lieu].append((o.debut, o.fin, ligne.identifiant, None))
        if o.debut < demain():
            ligne.avertissements.append(Constat("Elle commence avant demain : elle restera en brouillon."))
        elif not FIN_APRES_DEBUT.est_respectee(SimpleNamespace(date_debut=o.debut, date_fin=o.fin)):
            ligne.avertissements.append(Constat(UN_SEUL_JOUR))


def _lieu(action: Action) -> int | None:
    return None if action.a_distance else action.lieu_de_formation_id


def a_changer(apercu: Apercu) -> str:
    """Return « 1 identifiant à changer », empty without any."""
    formes = "identifiant à changer,identifiants à changer"
    return pluriel(len(apercu.en_erreur), formes) if apercu.en_erreur else ""


def bilan(apercu: Apercu) -> str:
    """Return « 7 prêtes · 4 passées »."""
    dit = [pluriel(len(apercu.pretes), "prête,prêtes")]
    if apercu.passees:
        dit.append(pluriel(apercu.passees, "passée,passées"))
    return " · ".join(dit)
