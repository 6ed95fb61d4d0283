"""The files that an import gives: the model to fill, and the refused lines with their reason."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.cell.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from catalogue.models import Action, Offre
from echanges.cellules import SENS
from echanges.choix import choix_du_champ
from echanges.cibles import CHEMINS, FORMULAIRES, HORS_DU_MODELE, OUVERTE, PERIODE, cibles
from echanges.classeur import echapper
from echanges.lignes import Gravite, Niveau
from echanges.models import Import, LigneImport
from echanges.preparation import tables_de
from echanges.tableau import LISTES_ADMISES
from echanges.tableur import EN_TROP
from edof.textes import sans_formule
from lots.models import Issue
from organismes.carnet_ecrit import CarnetEcrit
from organismes.models import Organisme

RAISON = "Raison"
_OUI_NON = ["Oui", "Non"]
# How many values of the catalogue a list holds: Excel itself shows no more.
LISTE_AU_PLUS = 2_000
LIGNES_A_REMPLIR = 1_000
_LARGEUR = 24


def titres_du_modele(niveau: str) -> dict[str, str]:
    """Return the columns of the model of a level: field and title."""
    return {nom: cible.titre for nom, cible in cibles(niveau).items() if nom not in HORS_DU_MODELE}


def modele_csv(niveau: str) -> bytes:
    """Return the model of a level as a CSV file that Excel opens in French: its titles."""
    return en_csv([list(titres_du_modele(niveau).values())])


def modele_xlsx(organisme: Organisme, niveau: str) -> bytes:
    """Return the model of a level as a workbook: its titles, and the values that each column allows."""
    wb = Workbook()
    feuille = wb.active
    assert isinstance(feuille, Worksheet)
    feuille.title = str(Niveau(niveau).label) + "s"
    valeurs = wb.create_sheet(LISTES_ADMISES[0])
    rang = 0
    for colonne, (nom, titre) in enumerate(titres_du_modele(niveau).items(), 1):
        lettre = get_column_letter(colonne)
        feuille.cell(1, colonne, titre).font = Font(bold=True)
        feuille.column_dimensions[lettre].width = _LARGEUR
        admises = valeurs_admises(organisme, niveau, nom)
        if not admises:
            continue
        rang += 1
        ici = get_column_letter(rang)
        valeurs.cell(1, rang, titre).font = Font(bold=True)
        valeurs.column_dimensions[ici].width = _LARGEUR
        for ligne, admise in enumerate(admises, 2):
            # A text, whatever it begins with.
            valeurs.cell(ligne, rang, admise).data_type = "s"
        plage = f"{quote_sheetname(valeurs.title)}!${ici}$2:${ici}${len(admises) + 1}"
        # What is not in the list may still be typed: the plan will say what it thinks of it.
        validation = DataValidation(type="list", formula1=plage, allow_blank=True, showErrorMessage=False)
        validation.add(f"{lettre}2:{lettre}{LIGNES_A_REMPLIR}")
        feuille.add_data_validation(validation)
    feuille.freeze_panes = valeurs.freeze_panes = "A2"
    return _en_octets(wb)


def valeurs_admises(organisme: Organisme, niveau: str, nom: str) -> list[str]:
    """Return the values that a column may hold, as people write them; nothing when they are free."""
    genre = cibles(niveau)[nom].genre
    if nom == "offre" and niveau != Niveau.OFFRE:
        lues = Offre.objects.pour_organisme(organisme).exclude(statut="archivee").order_by("identifiant")
        return list(lues.values_list("identifiant", flat=True)[:LISTE_AU_PLUS])
    if nom == "action" and niveau != Niveau.ACTION:
        lues = Action.objects.pour_organisme(organisme).exclude(statut="archivee").order_by("identifiant")
        return list(lues.values_list("identifiant", flat=True)[:LISTE_AU_PLUS])
    if genre in {"oui_non", "case"} or nom == OUVERTE:
        return _OUI_NON
    if genre == "lien":
        modele = FORMULAIRES[niveau].base_fields[nom].queryset.model  # type: ignore[attr-defined]
        if not hasattr(modele, "CHAMP_IDENTIFIANT"):
            return []
        return sorted(CarnetEcrit(modele.objects.pour_organisme(organisme)).libelles.values())[:LISTE_AU_PLUS]
    if genre in {"choix", "liste"}:
        slugs = set(choix_du_champ(niveau, nom).values())
        choix = getattr(FORMULAIRES[niveau].base_fields[nom], "choices", ())
        return [str(libelle) for slug, libelle in choix if slug in slugs]
    return []


@dataclass(frozen=True)
class Feuille:
    """A sheet of refused lines: its name, its rows, the titles first."""

    nom: str
    rangees: list[list[str]]


def refusees(importation: Import) -> list[Feuille]:
    """Return the lines that were not applied, each with its reason, by sheet or by level.

    They come back in as they are: the reason is a column that no field has.
    """
    lignes = importation.lignes.filter(decision="erreur") | importation.lignes.filter(issue=Issue.REFUSEE)
    tables = tables_de(importation)
    titres = {
        (table["feuille"] if len(tables) > 1 else ""): {
            c["champ"]: c["titre"] for c in table["colonnes"] if c["champ"]
        }
        for table in tables
    }
    groupes: dict[str, list[LigneImport]] = {}
    for ligne in lignes.order_by("rang" if not tables or len(tables) > 1 else "ligne", "rang"):
        groupes.setdefault(ligne.feuille if tables else ligne.niveau, []).append(ligne)
    feuilles = []
    for nom, siennes in groupes.items():
        colonnes = titres.get(nom) or _colonnes_du_niveau(nom, siennes)
        surplus = max((len(ligne.temoins.get("en_trop", ())) for ligne in siennes), default=0)
        en_trop = [f"{EN_TROP} {rang}" for rang in range(1, surplus + 1)]
        rangees = [
            [*(_ecrit(ligne, champ) for champ in colonnes), raison(ligne), *_surplus(ligne, surplus)]
            for ligne in siennes
        ]
        feuilles.append(Feuille(_nom_de_feuille(nom), [[*colonnes.values(), RAISON, *en_trop], *rangees]))
    return feuilles or [Feuille(_nom_de_feuille(""), [[*next(iter(titres.values()), {}).values(), RAISON]])]


def _nom_de_feuille(nom: str) -> str:
    return f"{Niveau(nom).label}s" if nom in Niveau.values else nom or "À corriger"


def _colonnes_du_niveau(niveau: str, lignes: list[LigneImport]) -> dict[str, str]:
    """Return the columns of lines that come from no table: what leads to them, and what they say."""
    dits = {nom for ligne in lignes for nom in (*CHEMINS[niveau], *ligne.ecrites, *ligne.dites)}
    return {nom: cible.titre for nom, cible in cibles(niveau).items() if nom in dits}


def raison(ligne: LigneImport) -> str:
    """Return why a line was not applied."""
    graves = [a.phrase for a in ligne.dites_en_anomalies() if a.gravite == Gravite.BLOQUANTE]
    # Two fields that one cell fills say the same.
    return ligne.phrase or " ".join(dict.fromkeys(graves))


def _surplus(ligne: LigneImport, nombre: int) -> list[str]:
    """Return what stood beyond the titles, without which a shifted line would come back as a right one."""
    en_trop = ligne.temoins.get("en_trop", [])
    return [*map(str, en_trop), *[""] * (nombre - len(en_trop))]


def _ecrit(ligne: LigneImport, champ: str) -> str:
    if corrigee := ligne.corrections.get(champ, {}).get("mise"):
        return str(corrigee)
    if ecrite := ligne.ecrites.get(champ):
        # Alone, « 03/01/2027 » would be read as the third of January.
        douteux = {a.champ for a in ligne.dites_en_anomalies() if a.code == SENS}
        partie = "date_debut" if champ == PERIODE else champ
        return f"{ecrite} ?" if partie in douteux else str(ecrite)
    chemin = dict(zip(CHEMINS[ligne.niveau], ligne.chemin, strict=False))
    valeur = ligne.dites.get(champ, chemin.get(champ))
    if isinstance(valeur, bool):
        return "Oui" if valeur else "Non"
    return "; ".join(map(str, valeur)) if isinstance(valeur, list) else str(valeur or "")


def en_csv(rangees: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV file that Excel opens in French, and in which nothing is computed."""
    sortie = io.StringIO(newline="")
    ecrivain = csv.writer(sortie, delimiter=";", lineterminator="\r\n")
    ecrivain.writerows([sans_formule(texte) for texte in rangee] for rangee in rangees)
    return sortie.getvalue().encode("utf-8-sig")


def en_xlsx(feuilles: Iterable[Feuille]) -> bytes:
    """Return a workbook of these sheets, with their header frozen, and in which nothing is computed."""
    wb, gras = Workbook(write_only=True), Font(bold=True)
    for dite in feuilles:
        feuille = wb.create_sheet(dite.nom)
        feuille.freeze_panes = "A2"
        for rang, rangee in enumerate(dite.rangees):
            cellules = []
            for texte in rangee:
                cellule = WriteOnlyCell(feuille, echapper(texte))
                # A text, whatever it begins with.
                cellule.data_type = "s"
                if rang == 0:
                    cellule.font = gras
                cellules.append(cellule)
            feuille.append(cellules)
    return _en_octets(wb)


def _en_octets(wb: Workbook) -> bytes:
    sortie = io.BytesIO()
    wb.save(sortie)
    return sortie.getvalue()
