"""The files that an import gives: the model to fill, and the refused lines with their reason."""

import csv
import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.cell.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from catalogue.models import Action, Offre
from echanges.cellules import choix_du_champ
from echanges.cibles import FORMULAIRES, OUVERTE, PRIX, cibles
from echanges.lignes import Gravite, Niveau
from echanges.models import Import, LigneImport
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
    return {nom: cible.titre for nom, cible in cibles(niveau).items() if nom != PRIX}


def modele_csv(niveau: str) -> bytes:
    """Return the model of a level as a CSV file that Excel opens in French: its titles."""
    return en_csv([list(titres_du_modele(niveau).values())])


def modele_xlsx(organisme: Organisme, niveau: str) -> bytes:
    """Return the model of a level as a workbook: its titles, and the values that each column allows."""
    wb = Workbook()
    feuille = wb.active
    assert isinstance(feuille, Worksheet)
    feuille.title = str(Niveau(niveau).label) + "s"
    valeurs = wb.create_sheet("Valeurs admises")
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


def refusees(importation: Import) -> tuple[list[str], list[list[str]]]:
    """Return the titles and the rows of the lines that were not applied, each with its reason.

    The file comes back in as it is: the reason is a column that no field has.
    """
    lignes = importation.lignes.filter(decision="erreur") | importation.lignes.filter(issue=Issue.REFUSEE)
    titres = {c["champ"]: c["titre"] for c in importation.lecture.get("colonnes", ()) if c["champ"]}
    toutes = list(lignes.order_by("ligne", "rang"))
    if not titres:
        noms = {nom for ligne in toutes for nom in ligne.ecrites}
        niveau = importation.lecture.get("niveau", Niveau.SESSION)
        titres = {nom: cible.titre for nom, cible in cibles(niveau).items() if nom in noms}
    champs = list(titres)
    rangees = [[_ecrit(ligne, champ) for champ in champs] + [raison(ligne)] for ligne in toutes]
    return [*titres.values(), RAISON], rangees


def raison(ligne: LigneImport) -> str:
    """Return why a line was not applied."""
    graves = [a.phrase for a in ligne.dites_en_anomalies() if a.gravite == Gravite.BLOQUANTE]
    return ligne.phrase or " ".join(graves)


def _ecrit(ligne: LigneImport, champ: str) -> str:
    corrigee = ligne.corrections.get(champ, {}).get("mise")
    return str(corrigee or ligne.ecrites.get(champ) or "")


def en_csv(rangees: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV file that Excel opens in French, and in which nothing is computed."""
    sortie = io.StringIO(newline="")
    ecrivain = csv.writer(sortie, delimiter=";", lineterminator="\r\n")
    ecrivain.writerows([sans_formule(texte) for texte in rangee] for rangee in rangees)
    return sortie.getvalue().encode("utf-8-sig")


def en_xlsx(titre: str, rangees: Iterable[Sequence[str]]) -> bytes:
    """Return a workbook of one sheet, with its header frozen, and in which nothing is computed."""
    wb = Workbook(write_only=True)
    feuille = wb.create_sheet(titre)
    feuille.freeze_panes = "A2"
    for rang, rangee in enumerate(rangees):
        cellules = []
        for texte in rangee:
            cellule = WriteOnlyCell(feuille, texte)
            # A text, whatever it begins with.
            cellule.data_type = "s"
            cellule.font = Font(bold=rang == 0)
            cellules.append(cellule)
        feuille.append(cellules)
    return _en_octets(wb)


def _en_octets(wb: Workbook) -> bytes:
    sortie = io.BytesIO()
    wb.save(sortie)
    return sortie.getvalue()
