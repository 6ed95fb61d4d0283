"""The catalogue that the example files suppose, workbooks made in memory, and a plan in one call."""

import datetime as dt
import io
from pathlib import Path
from typing import Any

import openpyxl

from echanges.decisions import LignePlanifiee, Plan
from echanges.lecture import lire
from echanges.plan import planifier
from echanges.tableur import Lecture
from echanges.titres import Choix
from organismes.models import Adresse, Contact
from sessions_app.models import Habitude
from tests.conftest import Monde

FICHIERS = Path(__file__).parent / "fichiers"
LE_JOUR = dt.date(2026, 12, 1)


class MondeDesFichiers(Monde):
    """The organisme of the example files, with the three actions and the address book that they name."""

    def __init__(self) -> None:
        super().__init__()
        Contact.objects.filter(pk=self.contact.pk).update(courriel="inscriptions@ilvm.example")
        self.nadia = Contact.objects.create(
            organisme=self.organisme, prenom="Nadia", nom="Roux", telephone_fixe="0149800012",
            courriel="nadia.roux@ilvm.example",
        )  # fmt: skip
        self.creteil = Adresse.objects.create(
            organisme=self.organisme, titre="Site de Créteil", denomination="Institut", numero_voie="5",
            nature_voie="RUE", libelle_voie="du Général Leclerc", code_postal="94000", ville="Créteil",
        )  # fmt: skip
        self.offre = self.nouvelle_offre("TSLO14-14247-98569")
        self.longue = self.nouvelle_action("88A-79-78490-XX")
        self.distance = self.nouvelle_action("88A-79-78490-FOAD", "permanentes")
        self.cariste = self.nouvelle_offre("CARISTE-2024")
        self.offre = self.cariste
        self.action_de_creteil = self.nouvelle_action("CARISTE-CRETEIL")
        Habitude.objects.create(organisme=self.organisme, contact=self.contact, adresse=self.lieu)

    def plan(self, octets: bytes | str, nom: str = "", choix: Choix | None = None, **options: Any) -> Plan:
        """Return the plan of a file."""
        lignes = lecture(octets, nom, choix).lignes
        return planifier(lignes, organisme=self.organisme, par=self.gestionnaire, **options)


def lecture(octets: bytes | str, nom: str = "", choix: Choix | None = None) -> Lecture:
    """Return what is read of a file."""
    contenu = octets.encode() if isinstance(octets, str) else octets
    return lire(io.BytesIO(contenu), len(contenu), nom, choix)


def classeur(*rangees: Any, titre: str = "Sessions") -> openpyxl.Workbook:
    """Return a workbook of one sheet with these rows."""
    wb = openpyxl.Workbook()
    wb.active.title = titre
    for rangee in rangees:
        wb.active.append(list(rangee))
    return wb


def classeur_de_tout() -> openpyxl.Workbook:
    """Return a workbook with a sheet for each level, as its owner names them, and one that is not for us."""
    wb = classeur(
        ("Code action", "N° session", "Du", "Au", "Garantie", "Contact", "Lieu"),
        ("NEUVE-A", "N1", "01/03/2027", "05/03/2027", "oui", "Paul Neuf", "Site neuf"),
        titre="Planning 2027",
    )
    for nom, *rangees in (
        ("Stagiaires", ("Nom", "Prénom", "Téléphone", "Courriel"),
         ("Secret", "A", "0149800000", "s@x.example")),
        ("Lieux", ("Titre", "Dénomination", "N°", "Nature de la voie", "Voie", "Code postal", "Ville"),
         ("Site neuf", "Institut", 4, "Rue", "des Lilas", 75019, "Paris")),
        ("Actions", ("Offre", "Code action", "Lieu de formation", "Durée"),
         ("NEUVE", "NEUVE-A", "Site neuf", 40)),
        ("Formations", ("Code formation", "Intitulé", "Certification"),
         ("NEUVE", "Une offre neuve", "RNCP1")),
        ("Contacts", ("Prénom", "Nom", "Téléphone", "Courriel"),
         ("Paul", "Neuf", 149800012, "paul@ilvm.example")),
    ):  # fmt: skip
        feuille = wb.create_sheet(nom)
        for rangee in rangees:
            feuille.append(rangee)
    return wb


def en_octets(wb: openpyxl.Workbook) -> bytes:
    """Return the file of a workbook."""
    sortie = io.BytesIO()
    wb.save(sortie)
    return sortie.getvalue()


def phrases(ligne: LignePlanifiee) -> str:
    """Return all that is said of a line."""
    return " ".join(anomalie.phrase for anomalie in ligne.anomalies)
