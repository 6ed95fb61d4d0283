"""A file becomes lines, whatever it is: the one way in, for the screens, the command and the API."""

import zlib
from typing import IO

from echanges import lecture_edof
from echanges.classeur import lire_classeur
from echanges.fichiers import Format, reconnaitre
from echanges.lecture_archive import lire_archive
from echanges.lignes import FichierRefuse, LigneLue, Niveau
from echanges.lignes_json import lire_lignes_json
from echanges.tableau import LIGNES_AU_PLUS, LISTES_ADMISES, Tableau, trop_de_lignes
from echanges.tableur import Lecture, lire_tableau
from echanges.texte import lire_lignes_de_texte, lire_texte
from echanges.titres import (
    TITRES_AVANT_LA_LIGNE,
    Choix,
    Tete,
    niveau_du_nom,
    sans_titres,
    tete_de,
)
from edof.templatetags.affichage import enumerer


def lire(
    fichier: IO[bytes], taille: int, nom: str = "", choix: Choix | None = None, siret: str = ""
) -> Lecture:
    """Return the lines of a file; `siret` is the only one that a catalogue may name.

    Raise FichierRefuse, with a French sentence, when nothing can be read of it.
    """
    trouve = reconnaitre(fichier, taille, nom)
    if trouve == Format.XML:
        return _lire_xml(fichier, siret)
    if trouve == Format.ARCHIVE:
        return _lire_archive(fichier, siret)
    if trouve == Format.JSON:
        return Lecture(trouve, lire_lignes_json(fichier), "utf-8", niveau="")
    if trouve == Format.XLSX:
        return _lire_classeur(fichier, choix or Choix())
    return _lire(lire_texte(fichier.read()), choix or Choix(), Format.CSV)


def lire_collage(texte: str, choix: Choix | None = None) -> Lecture:
    """Return the lines of a block of cells pasted from a spreadsheet."""
    if not texte.strip():
        raise FichierRefuse("Rien n'est collé : copiez des cellules de votre tableur, titres compris.")
    return _lire(lire_lignes_de_texte(texte.strip("\r\n")), choix or Choix(), Format.CSV)


def _lire_xml(fichier: IO[bytes], siret: str) -> Lecture:
    """Return the lines of a catalogue in EDOF's XML."""
    lue = lecture_edof.lire(fichier, siret)
    if lue.refus:
        raise FichierRefuse(lue.refus)
    lecture = Lecture(Format.XML, list(lue.lignes()), lue.encodage.lu, niveau="")
    _reperer(lecture.lignes)
    lecture.remarques = [*lue.reparations, *lue.avertissements]
    return lecture


def _lire_archive(fichier: IO[bytes], siret: str) -> Lecture:
    """Return the lines of an archive « Tout emporter »."""
    lignes, remarques = lire_archive(fichier, siret)
    _reperer(lignes)
    return Lecture(Format.ARCHIVE, lignes, "utf-8", niveau="", remarques=remarques)


def _reperer(lignes: list[LigneLue]) -> None:
    """Tell the lines by what they are about, where several have the same number."""
    for ligne in lignes:
        ligne.repere = zlib.crc32("\n".join((ligne.niveau, *ligne.chemin)).encode()) >> 1


def _lire_classeur(fichier: IO[bytes], choix: Choix) -> Lecture:
    """Return the lines of the sheets that were chosen; else of those that say what they are.

    The one whose titles are best known always is; another one, when its name and its titles tell a level of
    its own. So a workbook may hold contacts, addresses, offres, actions and sessions.
    """
    tetes: dict[str, Tete] = {}

    def choisir(debuts: list[Tableau]) -> list[str]:
        vues = [debut for debut in debuts if debut.nom not in LISTES_ADMISES] or debuts
        tetes.update({d.nom: tete for d in vues if (tete := tete_de(d, choix)) is not None})
        if not tetes:
            raise sans_titres()
        if choisies := [nom for nom in tetes if nom in choix.feuilles]:
            return choisies
        masquees = {debut.nom for debut in debuts if debut.masque}
        return _feuilles_a_lire(tetes, masquees)

    tableaux = lire_classeur(fichier, TITRES_AVANT_LA_LIGNE + 1, choisir)
    lecture, *autres = [_lire(tableau, choix, Format.XLSX) for tableau in tableaux]
    lecture.feuilles, lecture.autres = list(tetes), autres
    if autres:
        _reunir(lecture, autres)
    lues = {table.feuille for table in lecture.tables}
    if laissees := [f"« {nom} »" for nom in tetes if nom not in lues]:
        prises = enumerer([f"« {nom} »" for nom in tetes if nom in lues])
        debut = f"Seule la feuille {prises} est lue" if len(lues) == 1 else f"Les feuilles {prises} sont lues"
        lecture.remarques.append(f"{debut} ; d'autres pourraient l'être : {', '.join(laissees)}.")
    return lecture


def _feuilles_a_lire(tetes: dict[str, Tete], masquees: set[str]) -> list[str]:
    """Return the sheets to read, the levels in the order in which they are written."""
    premiere = max(tetes, key=lambda nom: (nom not in masquees, tetes[nom].reconnues))
    lues = {tetes[premiere].niveau: premiere}
    for nom, tete in tetes.items():
        if nom not in masquees and tete.niveau == niveau_du_nom(nom):
            lues.setdefault(tete.niveau, nom)
    rangs = {str(niveau): rang for rang, niveau in enumerate(Niveau.values)}
    return sorted(lues.values(), key=lambda nom: rangs[tetes[nom].niveau])


def _reunir(lecture: Lecture, autres: list[Lecture]) -> None:
    """Put the lines of several sheets together: each says its sheet."""
    for table in lecture.tables:
        for ligne in table.lignes:
            ligne.feuille = table.feuille
            ligne.repere = zlib.crc32(f"{ligne.feuille}\n{ligne.ligne}".encode()) >> 1
        if table is not lecture:
            lecture.lignes += table.lignes
            lecture.remarques += [f"« {table.feuille} » : {dite}" for dite in table.remarques]
            table.lignes = []
    if len(lecture.lignes) > LIGNES_AU_PLUS:
        raise trop_de_lignes()


def _lire(tableau: Tableau, choix: Choix, format_: str) -> Lecture:
    if not tableau.rangees:
        raise FichierRefuse("Ce tableau est vide : il n'y a rien à importer.")
    tete = tete_de(tableau, choix)
    if tete is None:
        raise sans_titres()
    lecture = lire_tableau(tableau, tete, choix, format_)
    if len(lecture.lignes) > LIGNES_AU_PLUS:
        raise trop_de_lignes()
    return lecture
