"""The reading of one cell for one field: its value as the API gives it, and what was assumed or is wrong.

The ways in which people write dates, numbers and answers are in `edof/lecture.py`.
"""

import datetime as dt
import re
from calendar import monthrange
from typing import Any

from echanges.choix import choix_du_champ, hors_des_choix
from echanges.cibles import NOM_PRENOM, PERIODE, PRENOM_NOM, PRIX, Cible, cibles
from echanges.lignes import Anomalie, Gravite
from echanges.tableau import ERREURS, Cellule, CelluleFautive, DateAbregee, erreur_de_tableur
from edof.dates import (
    ANNEE_AU_MOINS,
    DateDeCellule,
    dates_en_chiffres,
    lire_date_de_cellule,
    lire_periode_de_cellule,
    mois_ou_jour,
    retourner_jour_et_mois,
)
from edof.lecture import lire_nombre, lire_oui_non, lire_prix
from edof.pliage import plier
from organismes.adresse_en_ligne import decouper
from organismes.contact_en_ligne import nommer_sans_deviner, sans_civilite

ILLISIBLE = object()
# From here on a spreadsheet, which counts fifteen digits, no longer holds each number.
CHIFFRES_GARDES = 1e15
# « 1,23457E+11 »: what a spreadsheet writes of a long number.
_ABREGE = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{1,3}")
# The code of a date of which the rest of the file, not the cell, tells that it may be read both ways.
SENS = "mois-ou-jour"
_AUTRE_SENS = "d'autres dates du fichier ont le mois avant le jour, rien ne dit si celle-ci aussi."
_PREMIER = {PRENOM_NOM: "prenom", NOM_PRENOM: "nom"}
_PRIX = ("ttc", "ht_", "frais", PRIX)
# What people write after a price, or after a number of hours.
_NET = re.compile(r"\s*\bnets?(?: de (?:tva|taxes?))?\.?$", re.I)
_HEURES = re.compile(r"\s*(?:(?:h|:) ?00|heures?|hrs?|h)\.?$")
_TAXE = re.compile(r"\s*\b(HT|TTC)\.?$", re.I)
_TAXES = {"ht": "hors taxes", "ttc": "toutes taxes comprises"}


def en_texte(cellule: Cellule) -> str:
    """Return what a cell shows, as text: « 702 », « 01/03/2027 », « Oui »."""
    if cellule is None:
        return ""
    if isinstance(cellule, bool):
        return "Oui" if cellule else "Non"
    if isinstance(cellule, dt.datetime):
        heure = f" {cellule:%H:%M}" if cellule.time() != dt.time() else ""
        return f"{cellule:%d/%m/%Y}{heure}"
    if isinstance(cellule, dt.date):
        return f"{cellule:%d/%m/%Y}"
    if isinstance(cellule, dt.timedelta):
        minutes = round(cellule.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02d}"
    if isinstance(cellule, dt.time):
        return f"{cellule:%H:%M}"
    if isinstance(cellule, float):
        return f"{cellule:.10f}".rstrip("0").rstrip(".")
    return str(cellule).strip()


class Lecteur:
    """The reading of the cells of one record: its values, and its anomalies."""

    def __init__(self, niveau: str, mois_d_abord: bool = False) -> None:
        """`mois_d_abord`: other dates of the table are written with the month first."""
        self.niveau, self.mois_d_abord = niveau, mois_d_abord
        self.anomalies: list[Anomalie] = []

    def lire(self, cible: Cible, cellule: Cellule) -> Any:
        """Return the value of a cell that is not empty, or ILLISIBLE with the anomaly that says why."""
        if isinstance(cellule, str) and not isinstance(cellule, CelluleFautive) and cellule in ERREURS:
            cellule = erreur_de_tableur(cellule)
        if isinstance(cellule, CelluleFautive):
            return self._refuser(cible, str(cellule), "cellule", cellule.phrase)
        lire = getattr(self, f"_{cible.genre}", None) or self._texte
        return lire(cible, cellule)

    def dire(self, cible: Cible, ecrit: str, code: str, gravite: Gravite, phrase: str) -> None:
        """Add an anomaly that does not prevent the reading."""
        self.anomalies.append(Anomalie(code, gravite, phrase, cible.nom, ecrit))

    def _refuser(self, cible: Cible, ecrit: str, code: str, phrase: str, *propositions: str) -> Any:
        self.anomalies.append(
            Anomalie(code, Gravite.BLOQUANTE, phrase, cible.nom, ecrit, [p for p in propositions if p])
        )
        return ILLISIBLE

    def _texte(self, cible: Cible, cellule: Cellule) -> Any:
        ecrit = en_texte(cellule)
        # A spreadsheet takes them for numbers, which begin with no zero.
        attendus = {"telephone_fixe": 10, "telephone_portable": 10, "code_postal": 5}.get(cible.nom)
        chiffres = re.sub(r"[\s.-]", "", ecrit) if attendus == 10 else ecrit
        if attendus and len(chiffres) == attendus - 1 and re.fullmatch("[1-9][0-9]+", chiffres):
            phrase = f"« {ecrit} » : son zéro de tête, qu'un tableur retire, est remis."
            self.dire(cible, ecrit, "zero", Gravite.REPARE, phrase)
            return f"0{chiffres}"
        return ecrit

    def _identifiant(self, cible: Cible, cellule: Cellule) -> Any:
        ecrit = en_texte(cellule)
        if isinstance(cellule, str) and _ABREGE.fullmatch(ecrit):
            phrase = (
                f"« {ecrit} » : un tableur a abrégé ce numéro, et ses derniers chiffres sont perdus. Mettez"
                " la colonne au format Texte, et retapez-le."
            )
            return self._refuser(cible, ecrit, "numerique", phrase)
        if isinstance(cellule, float) and abs(cellule) >= CHIFFRES_GARDES:
            phrase = (
                f"« {ecrit} » : un tableur ne garde que les quinze premiers chiffres d'un nombre, les"
                " suivants sont peut-être faux. Mettez la colonne au format Texte, et retapez-le."
            )
            self.dire(cible, ecrit, "numerique", Gravite.AVERTISSEMENT, phrase)
        elif isinstance(cellule, int | float) and not isinstance(cellule, bool):
            phrase = f"Code numérique, lu « {ecrit} »."
            self.dire(cible, ecrit, "numerique", Gravite.REPARE, phrase)
        elif isinstance(cellule, dt.datetime | dt.date):
            phrase = f"Excel en a fait une date, lue « {ecrit} » : mettez la colonne au format Texte."
            self.dire(cible, ecrit, "numerique", Gravite.AVERTISSEMENT, phrase)
        return ecrit

    def _date(self, cible: Cible, cellule: Cellule) -> Any:
        ecrit = en_texte(cellule)
        if isinstance(cellule, dt.date) and cellule.year < ANNEE_AU_MOINS:
            phrase = (
                f"« {ecrit} » : cette cellule contient sans doute un nombre, que le tableur montre en date."
            )
            return self._refuser(cible, ecrit, "date", phrase)
        if isinstance(cellule, DateAbregee):
            phrase = (
                f"Lue {cellule:%d/%m/%Y}, mais le classeur n'en montre pas {cellule.manque} : vérifiez-la."
            )
            self.dire(cible, ecrit, "date", Gravite.AVERTISSEMENT, phrase)
        if isinstance(cellule, dt.datetime):
            if cellule.time() != dt.time():
                self.dire(cible, ecrit, "heure", Gravite.REPARE, f"Heure retirée de « {ecrit} ».")
            return cellule.date().isoformat()
        if isinstance(cellule, dt.date):
            return cellule.isoformat()
        if self.mois_d_abord and (autre_sens := _mois_ou_jour(ecrit)) is not None:
            return self._refuser(
                cible, ecrit, SENS, f"« {ecrit[:60]} » : {_AUTRE_SENS}", f"{autre_sens:%d/%m/%Y}"
            )
        try:
            lue = lire_date_de_cellule(ecrit)
        except ValueError as erreur:
            phrase, autre = str(erreur), _autre_date(ecrit)
            if (deux := _periode(ecrit)) is not None:
                phrase = "deux dates dans une cellule : une par colonne, ou titrez la colonne « Dates »."
                autre = f"{deux[cible.nom == 'date_fin']:%d/%m/%Y}"
            return self._refuser(cible, ecrit, "date", f"« {ecrit[:60]} » : {phrase}", autre)
        self._dire_les_reserves(cible, ecrit, lue)
        return lue.jour.isoformat()

    def _dire_les_reserves(self, cible: Cible, ecrit: str, lue: DateDeCellule) -> None:
        for reserve in lue.reserves:
            phrase = f"{reserve[:1].upper()}{reserve[1:]}."
            repare = reserve.startswith("heure")
            self.dire(cible, ecrit, "date", Gravite.REPARE if repare else Gravite.AVERTISSEMENT, phrase)

    def _periode(self, cible: Cible, cellule: Cellule) -> Any:
        """Return the two days of one cell, by field."""
        debut, fin = (cibles(self.niveau)[nom] for nom in self.parties(cible))
        if not isinstance(cellule, str):
            jour = self._date(debut, cellule)
            return jour if jour is ILLISIBLE else {debut.nom: jour, fin.nom: jour}
        try:
            lues = lire_periode_de_cellule(cellule)
            if self.mois_d_abord and any(map(_mois_ou_jour, dates_en_chiffres(cellule))):
                raise ValueError(_AUTRE_SENS)
        except ValueError as erreur:
            phrase = f"« {cellule[:60]} » : {erreur}"
            code = SENS if str(erreur) == _AUTRE_SENS else "date"
            self._refuser(debut, cellule, code, phrase)
            return self._refuser(fin, cellule, code, phrase)
        for champ, lue in zip((debut, fin), lues, strict=True):
            self._dire_les_reserves(champ, cellule, lue)
        return {champ.nom: lue.jour.isoformat() for champ, lue in zip((debut, fin), lues, strict=True)}

    def parties(self, cible: Cible) -> tuple[str, ...]:
        """Return the fields that one column fills."""
        if cible.nom == PERIODE:
            return ("date_debut", "date_fin")
        if cible.genre == "personne":
            return ("nom", "prenom")
        return ("numero_voie", "indice_repetition", "nature_voie", "libelle_voie")

    def _voie(self, cible: Cible, cellule: Cellule) -> Any:
        """Return the parts of an address written on one line."""
        return {nom: partie for nom, partie in decouper(en_texte(cellule)).items() if partie}

    def _personne(self, cible: Cible, cellule: Cellule) -> Any:
        """Return the parts of a full name; refuse one whose parts would have to be guessed."""
        ecrit = en_texte(cellule)
        try:
            lues = nommer_sans_deviner(ecrit, _PREMIER.get(cible.nom, ""))
        except ValueError:
            phrase = (
                f"« {ecrit[:60]} » : rien ne dit où finit le prénom et où commence le nom. Écrivez le nom en"
                " capitales (« Claire DUPONT »), ou suivi d'une virgule (« Dupont, Claire »)."
            )
            mots = sans_civilite(ecrit).replace(",", " ").split()
            propositions = (mots[-1], mots[0]) if len(mots) == 2 else ()
            self._refuser(cibles(self.niveau)["nom"], ecrit, "nom-complet", phrase, *propositions)
            return self._refuser(
                cibles(self.niveau)["prenom"], ecrit, "nom-complet", phrase, *reversed(propositions)
            )
        if "prenom" not in lues and cible.nom != "nom":
            phrase = f"« {ecrit[:60]} » n'a qu'un mot : il faut le nom et le prénom."
            self._refuser(cibles(self.niveau)["nom"], ecrit, "nom-complet", phrase)
            return self._refuser(cibles(self.niveau)["prenom"], ecrit, "nom-complet", phrase)
        return lues

    def _dates(self, cible: Cible, cellule: Cellule) -> Any:
        if isinstance(cellule, dt.date):
            return [self._date(cible, cellule)]
        lues = [self._date(cible, morceau.strip()) for morceau in _morceaux(en_texte(cellule))]
        return ILLISIBLE if ILLISIBLE in lues else lues

    def _oui_non(self, cible: Cible, cellule: Cellule) -> Any:
        if isinstance(cellule, bool):
            return cellule
        ecrit = en_texte(cellule)
        try:
            return lire_oui_non(ecrit)
        except ValueError:
            phrase = f"« {ecrit[:60]} » n'est ni oui ni non : écrivez Oui ou Non."
            return self._refuser(cible, ecrit, "oui-non", phrase)

    def _case(self, cible: Cible, cellule: Cellule) -> Any:
        lue = self._oui_non(cible, cellule)
        return lue if lue is ILLISIBLE else bool(lue)

    _demande = _oui_non

    def _entier(self, cible: Cible, cellule: Cellule) -> Any:
        ecrit = _HEURES.sub("", en_texte(cellule).lower()).strip()
        lu = lire_nombre(ecrit)
        return int(lu) if lu.isascii() and lu.isdecimal() else ecrit

    def _nombre(self, cible: Cible, cellule: Cellule) -> Any:
        ecrit = en_texte(cellule)
        if not cible.nom.startswith(_PRIX):
            return lire_nombre(ecrit)
        lu = _NET.sub("", ecrit)
        if taxe := _TAXE.search(lu):
            if not cible.nom.startswith((taxe[1].lower(), "frais", PRIX)):
                phrase = (
                    f"« {ecrit[:60]} » est {_TAXES[taxe[1].lower()]} : cette colonne attend l'autre prix."
                )
                return self._refuser(cible, ecrit, "taxe", phrase)
            lu = lu[: taxe.start()]
        prix = lire_prix(lu)
        if not re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", prix):
            phrase = f"« {ecrit[:60]} » n'est pas un prix : écrivez un nombre, par exemple 1250,00."
            return self._refuser(cible, ecrit, "prix", phrase)
        if prix != lire_nombre(lu):
            self.dire(cible, ecrit, "prix", Gravite.AVERTISSEMENT, f"« {ecrit[:60]} » est lu {prix}.")
        return prix

    def _temoin(self, cible: Cible, cellule: Cellule) -> Any:
        """Return a price that is compared only: one that cannot be is no fault."""
        lu = self._nombre(cible, cellule)
        ecrit = en_texte(cellule)
        taxe = _TAXE.search(ecrit)
        if lu is not ILLISIBLE and not (taxe and taxe[1].lower() == "ht"):
            return lu
        if lu is ILLISIBLE:
            self.anomalies.pop()
        phrase = f"« {ecrit[:60]} » n'est pas comparé au prix de l'action, toutes taxes comprises."
        self.dire(cible, ecrit, "prix", Gravite.AVERTISSEMENT, phrase)
        return None

    def _choix(self, cible: Cible, cellule: Cellule) -> Any:
        ecrit = en_texte(cellule)
        noms = choix_du_champ(self.niveau, cible.nom)
        if (trouve := noms.get(plier(ecrit))) is not None:
            return trouve
        return self._refuser(cible, ecrit, "choix", hors_des_choix(self.niveau, cible.nom, ecrit))

    def _liste(self, cible: Cible, cellule: Cellule) -> Any:
        lus = []
        noms = choix_du_champ(self.niveau, cible.nom)
        entier = noms.get(plier(en_texte(cellule)))
        for morceau in [] if entier is not None else _morceaux(en_texte(cellule)):
            # The codes of blocs depend on the certification: the form checks them.
            if (trouve := noms.get(plier(morceau), None if noms else morceau.strip())) is None:
                phrase = hors_des_choix(self.niveau, cible.nom, morceau.strip())
                return self._refuser(cible, en_texte(cellule), "choix", phrase)
            lus.append(trouve)
        return lus if entier is None else [entier]


def _morceaux(texte: str) -> list[str]:
    for signe in ("\n", ";", "|", ","):
        if signe in texte:
            return [morceau for morceau in texte.split(signe) if morceau.strip()]
    return [texte]


def _periode(ecrit: str) -> tuple[dt.date, dt.date] | None:
    """Return the two days that a text says, None when it does not say two."""
    try:
        debut, fin = lire_periode_de_cellule(ecrit)
    except ValueError:
        return None
    return (debut.jour, fin.jour) if debut != fin else None


def _mois_ou_jour(ecrit: str) -> dt.date | None:
    try:
        return mois_ou_jour(ecrit)
    except ValueError:
        return None


def _autre_date(ecrit: str) -> str:
    """Return the date that was likely meant when day and month are the wrong way round."""
    if (retournee := retourner_jour_et_mois(ecrit)) is None:
        return ""
    jour, mois, annee = retournee
    return f"{dt.date(annee, mois, min(jour, monthrange(annee, mois)[1])):%d/%m/%Y}"
