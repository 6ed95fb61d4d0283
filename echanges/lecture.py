"""A file becomes lines, whatever it is: the one way in, for the screens, the command and the API."""

import zlib
from typing import IO

from echanges import lecture_edof
from echanges.classeur import lire_classeur, tetes_des_feuilles
from echanges.fichiers import Format, reconnaitre
from echanges.lecture_archive import lire_archive
from echanges.lignes import FichierRefuse, LigneLue
from echanges.lignes_json import lire_lignes_json
from echanges.tableau import LIGNES_AU_PLUS, Tableau, trop_de_lignes
from echanges.tableur import TITRES_AVANT_LA_LIGNE, Choix, Lecture, lire_tableau, sans_titres, tete_de
from echanges.texte import lire_lignes_de_texte, lire_texte


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
    """Return the lines of a sheet: the one that was chosen, else the one whose titles are best known."""
    tetes = tetes_des_feuilles(fichier, TITRES_AVANT_LA_LIGNE + 1)
    reconnues = {t.nom: tete.reconnues for t in tetes if (tete := tete_de(t, choix)) is not None}
    if not reconnues:
        raise sans_titres()
    feuille = choix.feuille if choix.feuille in reconnues else max(reconnues, key=lambda nom: reconnues[nom])
    lecture = _lire(lire_classeur(fichier, feuille), choix, Format.XLSX)
    lecture.feuilles = list(reconnues)
    if len(reconnues) > 1:
        autres = ", ".join(f"« {nom} »" for nom in reconnues if nom != feuille)
        lecture.remarques.append(
            f"Seule la feuille « {feuille} » est lue ; d'autres pourraient l'être : {autres}."
        )
    return lecture


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
