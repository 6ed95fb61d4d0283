"""Import of the open data export of France compétences into the table of certifications.

The export is read as a stream: whatever its size, one line of it is in memory at a time. Each file is copied
into a temporary table, then a few statements on sets compare it with the existing rows and write only the
differences.
"""

import csv
import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pghistory
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from catalogue.cycle_de_vie import Origine
from catalogue.models import Certification, Releve
from catalogue.recherche_de_certification import sans_accents
from edof.horloge import maintenant
from edof.lecture import lire_code
from edof.textes import nettoyer_texte

# Maximum size of the three files once decompressed, in bytes: ten times the export of 2026.
OCTETS_AU_PLUS = 500_000_000
# Maximum number of characters of a record, and of lines of a file: fifty times those of the export.
LIGNE_AU_PLUS, LIGNES_AU_PLUS = 1_000_000, 5_000_000
# How many refused lines the report describes, and how many it counts: above this number, the chosen file
# cannot be the export.
REFUS_DECRITS, REFUS_AU_PLUS = 100, 20_000
# Key of the lock that makes an import wait for another one; any constant will do.
VERROU = 9_1_2026

FICHIERS = re.compile(
    r"export_fiches_csv_(standard|blocs_de_comp.*|certificateurs)_(\d{4})_(\d\d)_(\d\d)\.csv"
)
COLONNES = {
    "standard": (
        "numero_fiche",
        "intitule",
        "abrege_libelle",
        "nomenclature_europe_niveau",
        "date_fin_enregistrement",
        "actif",
    ),
    "blocs": ("numero_fiche", "bloc_competences_code", "bloc_competences_libelle"),
    "certificateurs": ("numero_fiche", "nom_certificateur"),
}
SANS_NIVEAU = {"", "REPRISE"}
ACTIF = {"ACTIVE": True, "INACTIVE": False}


class ImportImpossible(Exception):
    """Exception raised when the file as a whole cannot be imported; nothing has changed.

    The message gives the reason, in French.
    """


class _LigneRefusee(Exception):
    """Exception raised when a line cannot be stored; the message gives the reason, in French."""


@dataclass
class Bilan:
    """The report of an import; `phrases()` returns it in French."""

    creees: int = 0
    modifiees: int = 0
    inchangees: int = 0
    desactivees: int = 0
    # Certifications of the two registers that are not in the file: they are left unchanged.
    absentes: int = 0
    # Lines of blocs or certificateurs about a fiche that is not in the file, or was refused.
    orphelines: int = 0
    sans_blocs: bool = False
    sans_certificateurs: bool = False
    # (file, number of the line, reason) of the first REFUS_DECRITS refused lines.
    refus: list[tuple[str, int, str]] = field(default_factory=list)
    refusees: int = 0

    def refuser(self, fichier: str, ligne: int, raison: str) -> None:
        """Count a refused line, and keep its description if it is one of the first REFUS_DECRITS.

        Raise ImportImpossible after more than REFUS_AU_PLUS lines.
        """
        self.refusees += 1
        if self.refusees > REFUS_AU_PLUS:
            raise ImportImpossible(
                f"Plus de {_compte(REFUS_AU_PLUS, '', 'lignes refusées')} : ce n'est pas l'export attendu. "
                + " ".join(self.lignes_refusees()[:3])
            )
        if len(self.refus) < REFUS_DECRITS:
            self.refus.append((fichier, ligne, raison))

    def phrases(self) -> list[str]:
        """Return the sentences of the report, without the details of the refused lines."""
        dites = [
            f"{_compte(self.creees, 'certification créée', 'certifications créées')},"
            f" {_compte(self.modifiees, 'modifiée', 'modifiées')},"
            f" {_compte(self.inchangees, 'inchangée', 'inchangées')}."
        ]
        if not self.creees and not self.modifiees:
            dites.append("Rien n'a changé : la table était à jour.")
        if self.desactivees:
            dites.append(
                f"Parmi elles, {_compte(self.desactivees, 'a été désactivée', 'ont été désactivées')}."
            )
        if self.absentes:
            dites.append(
                f"{_compte(self.absentes, 'certification', 'certifications')} hors du fichier : rien n'y a"
                " changé."
            )
        if self.sans_blocs:
            dites.append(
                "L'archive ne contient pas le fichier des blocs de compétences : ceux de la table restent."
            )
        if self.sans_certificateurs:
            dites.append(
                "L'archive ne contient pas le fichier des certificateurs : ceux de la table restent."
            )
        if self.orphelines:
            dites.append(
                f"{_compte(self.orphelines, 'bloc ou certificateur', 'blocs ou certificateurs')} d'une fiche"
                " non retenue : sans effet."
            )
        if self.refusees:
            dites.append(f"{_compte(self.refusees, 'ligne refusée', 'lignes refusées')}.")
        return dites

    def lignes_refusees(self) -> list[str]:
        """Return the descriptions (« Standard, ligne 12 : ... »), then how many more lines were refused."""
        dites = [f"{fichier}, ligne {ligne} : {raison}" for fichier, ligne, raison in self.refus]
        return (
            [*dites, f"... et {self.refusees - len(dites)} de plus."] if self.refusees > len(dites) else dites
        )


def _compte(nombre: int, un: str, plusieurs: str) -> str:
    return f"{nombre:,} {un if nombre < 2 else plusieurs}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def importer(fichier: str | Path | IO[bytes], *, par: int | None = None, source: str = "") -> Bilan:
    """Import the certifications of the archive into the table, in one transaction, and return the report.

    Running it again changes nothing, but that the registers were read again. `par` is the key of the user,
    for the history; `source` says where the archive comes from. Raise ImportImpossible when the archive
    cannot be imported.
    """
    try:
        with (
            zipfile.ZipFile(fichier) as archive,
            transaction.atomic(),
            pghistory.context(
                operation="importer_certifications", origine=str(Origine.IMPORT), utilisateur=par
            ),
            connection.cursor() as curseur,
        ):
            bilan = _importer(curseur, archive, _membres(archive))
            Releve.objects.create(source=source[:300], bilan=" ".join(bilan.phrases()))
            return bilan
    except FileNotFoundError as erreur:
        raise ImportImpossible(f"Le fichier « {fichier} » n'existe pas.") from erreur
    except (zipfile.BadZipFile, zlib.error, EOFError) as erreur:
        raise ImportImpossible(
            "Ce fichier n'est pas une archive ZIP, ou il est incomplet : téléchargez-le de nouveau."
        ) from erreur


def _membres(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the files to read, by their short name in COLONNES.

    When the archive contains two exports, the more recent one is read. Raise ImportImpossible when the
    archive is not the expected one.
    """
    trouves: dict[str, tuple[str, zipfile.ZipInfo]] = {}
    for membre in archive.infolist():
        # Older tools wrote « Compétences » in another encoding than the declared one.
        if nom := FICHIERS.fullmatch(sans_accents(membre.filename.rpartition("/")[2])):
            court, jour = nom[1].partition("_")[0], "".join(nom.groups()[1:])
            trouves[court] = max(
                trouves.get(court, ("", membre)), (jour, membre), key=lambda candidat: candidat[0]
            )
    membres = {court: membre for court, (_, membre) in trouves.items()}
    if "standard" not in membres:
        raise ImportImpossible(
            "L'archive ne contient pas le fichier « export_fiches_CSV_Standard_AAAA_MM_JJ.csv » : "
            "choisissez l'export CSV des fiches RNCP et RS de France compétences."
        )
    for membre in membres.values():
        if membre.flag_bits & 1 or membre.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise ImportImpossible(
                f"Le fichier « {membre.filename} » est chiffré, ou compressé d'une façon que le programme ne"
                " lit pas."
            )
    # The reader never returns more than the declared size: checking the declared size is enough.
    if sum(membre.file_size for membre in membres.values()) > OCTETS_AU_PLUS:
        raise ImportImpossible(
            f"L'archive pèse plus de {OCTETS_AU_PLUS // 1_000_000} Mo une fois décompressée : ce n'est pas"
            " l'export attendu."
        )
    return membres


def _importer(curseur: Any, archive: zipfile.ZipFile, membres: dict[str, zipfile.ZipInfo]) -> Bilan:
    bilan = Bilan(sans_blocs="blocs" not in membres, sans_certificateurs="certificateurs" not in membres)
    curseur.execute("SELECT pg_advisory_xact_lock(%s)", [VERROU])
    curseur.execute(TABLES)
    for court, lire in (("standard", _fiche), ("blocs", _bloc), ("certificateurs", _certificateur)):
        if court in membres:
            with curseur.copy(f"COPY import_{court} FROM STDIN") as copie:
                for ligne in _lire(archive, membres[court], court, lire, bilan):
                    copie.write_row(ligne)
            curseur.execute(f"ANALYZE import_{court}")
    curseur.execute(DOUBLONS, [REFUS_DECRITS])
    doublons = curseur.fetchall()
    for ligne, code, premiere, _ in doublons:
        bilan.refuser("Standard", ligne, f"la fiche {code} est déjà à la ligne {premiere}.")
    bilan.refusees += doublons[0][3] - len(doublons) if doublons else 0
    curseur.execute(_comparaison(bilan))
    curseur.execute(ECRITURE, [maintenant()])
    curseur.execute(COMPTES)
    bilan.creees, bilan.modifiees, bilan.inchangees, bilan.desactivees, bilan.absentes, bilan.orphelines = (
        curseur.fetchone()
    )
    if not bilan.creees + bilan.modifiees + bilan.inchangees:
        raise ImportImpossible(
            " ".join(["Le fichier Standard ne contient aucune fiche lisible.", *bilan.lignes_refusees()[:3]])
        )
    return bilan


# --- Reading ---


class _Lignes:
    """The lines of a file, read within limits.

    Neither an endless line nor an unclosed quotation mark can fill the memory.
    """

    def __init__(self, texte: io.TextIOWrapper, nom: str) -> None:
        self.texte, self.nom = texte, nom
        # `lus` counts the characters of the current record; the caller resets it to 0 before each record.
        self.lus = self.nombre = 0

    def __iter__(self) -> "_Lignes":
        return self

    def __next__(self) -> str:
        ligne = self.texte.readline(LIGNE_AU_PLUS + 1)
        self.lus += len(ligne)
        self.nombre += 1
        if self.lus > LIGNE_AU_PLUS:
            raise ImportImpossible(
                f"Le fichier {self.nom} a une ligne de plus de {_compte(LIGNE_AU_PLUS, '', 'caractères')} (la"
                f" ligne {self.nombre}) : ce n'est pas l'export attendu."
            )
        if self.nombre > LIGNES_AU_PLUS:
            raise ImportImpossible(
                f"Le fichier {self.nom} a plus de {_compte(LIGNES_AU_PLUS, '', 'lignes')} : ce n'est pas"
                " l'export attendu."
            )
        if not ligne:
            raise StopIteration
        return ligne


def _lire(
    archive: zipfile.ZipFile,
    membre: zipfile.ZipInfo,
    court: str,
    lire: Callable[..., tuple[Any, ...]],
    bilan: Bilan,
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of one file, cleaned, each after the number of its first line.

    The lines that cannot be stored are added to the report.
    """
    nom = court.capitalize()
    with archive.open(membre) as brut:
        lignes = _Lignes(io.TextIOWrapper(brut, "utf-8-sig", newline=""), nom)
        lecteur = csv.reader(lignes, delimiter=";", strict=True)
        entetes: list[str] = []
        rangs: list[int] = []
        while True:
            numero = lecteur.line_num + 1
            lignes.lus = 0
            try:
                valeurs = next(lecteur)
                if not entetes:
                    entetes = [sans_accents(_propre(valeur)) for valeur in valeurs]
                    rangs = _rangs(nom, entetes, COLONNES[court])
                elif len(valeurs) == len(entetes):
                    yield numero, *lire(*(_propre(valeurs[rang]) for rang in rangs))
                elif valeurs:
                    raise _LigneRefusee(
                        f"{_compte(len(valeurs), 'colonne', 'colonnes')} au lieu de {len(entetes)}."
                    )
            except StopIteration:
                return
            except _LigneRefusee as refusee:
                bilan.refuser(nom, numero, str(refusee))
            except csv.Error:
                bilan.refuser(nom, numero, "un guillemet n'est pas à sa place, ou la ligne est coupée.")
            except UnicodeDecodeError as erreur:
                raise ImportImpossible(
                    f"Le fichier {nom} n'est pas en UTF-8 (vers la ligne {numero})."
                ) from erreur


def _rangs(nom: str, entetes: list[str], voulues: tuple[str, ...]) -> list[int]:
    """Return the position of each wanted column.

    The export may reorder its columns, or have new ones. Raise ImportImpossible when one is missing.
    """
    if manquantes := [colonne for colonne in voulues if colonne not in entetes]:
        raise ImportImpossible(
            f"Le fichier {nom} n'a pas la colonne « {manquantes[0]} » (ses colonnes :"
            f" {', '.join(entetes)[:300] or 'aucune'}). Les colonnes sont séparées par des points-virgules."
        )
    return [entetes.index(colonne) for colonne in voulues]


def _propre(valeur: str) -> str:
    """Return the value on one line.

    The tabs, newlines and spaces that surround or double the words are removed, and the characters that no
    text can contain.
    """
    return " ".join(nettoyer_texte(valeur).split())


def _code(numero: str) -> str:
    code = lire_code(numero)
    try:
        Certification._meta.get_field("code").run_validators(code)
    except ValidationError:
        code = ""
    if not code.startswith(("RNCP", "RS")):
        raise _LigneRefusee(
            f"« {numero[:40]} » n'est pas un numéro de fiche (RNCP ou RS, puis des chiffres, 10 caractères au"
            " plus)."
        )
    return code


def _longueur(champ: str) -> int:
    return Certification._meta.get_field(champ).max_length or 0  # type: ignore[union-attr]


def _fiche(numero: str, intitule: str, abrege: str, niveau: str, fin: str, actif: str) -> tuple[Any, ...]:
    code = _code(numero)
    for nom, valeur, au_plus in (
        ("l'intitulé", intitule, _longueur("intitule")),
        ("l'abrégé", abrege, _longueur("abrege")),
    ):
        if len(valeur) > au_plus:
            raise _LigneRefusee(f"{nom} de {code} dépasse {au_plus} caractères.")
    if not intitule:
        raise _LigneRefusee(f"{code} n'a pas d'intitulé.")
    if niveau not in SANS_NIVEAU and not re.fullmatch("NIV[1-8]", niveau):
        raise _LigneRefusee(f"le niveau « {niveau[:40]} » de {code} est inconnu.")
    if actif.upper() not in ACTIF:
        raise _LigneRefusee(f"« {actif[:40]} » ne dit pas si {code} est ACTIVE ou INACTIVE.")
    registre = "rncp" if code.startswith("RNCP") else "rs"
    return (
        code,
        registre,
        intitule,
        abrege,
        None if niveau in SANS_NIVEAU else int(niveau[3]),
        _date(fin, code),
        ACTIF[actif.upper()],
    )


def _date(texte: str, code: str) -> dt.date | None:
    if not texte:
        return None
    try:
        jour, mois, annee = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", texte, re.ASCII).groups()  # type: ignore[union-attr]
        return dt.date(int(annee), int(mois), int(jour))
    except (AttributeError, ValueError) as erreur:
        raise _LigneRefusee(
            f"la fin d'enregistrement « {texte[:40]} » de {code} n'est pas une date jj/mm/aaaa."
        ) from erreur


def _bloc(numero: str, code: str, libelle: str) -> tuple[Any, ...]:
    code = lire_code(code)
    if not 0 < len(code) <= 20:
        raise _LigneRefusee(f"le code de bloc « {code[:40]} » est vide, ou dépasse 20 caractères.")
    return lire_code(numero), code, libelle


def _certificateur(numero: str, nom: str) -> tuple[Any, ...]:
    if not nom:
        raise _LigneRefusee(f"le certificateur de « {numero[:40]} » n'a pas de nom.")
    return lire_code(numero), nom


# --- Writing ---

TABLES = """
DROP TABLE IF EXISTS import_standard, import_blocs, import_certificateurs, import_compare;
CREATE TEMPORARY TABLE import_standard (ligne int, code text, type_certification text, intitule text,
    abrege text,
    niveau smallint, date_fin_enregistrement date, active boolean) ON COMMIT DROP;
CREATE TEMPORARY TABLE import_blocs (ligne int, fiche text, code text, libelle text) ON COMMIT DROP;
CREATE TEMPORARY TABLE import_certificateurs (ligne int, fiche text, nom text) ON COMMIT DROP
"""
DOUBLONS = """
SELECT ligne, code, premiere, count(*) OVER ()
FROM (SELECT ligne, code, min(ligne) OVER (PARTITION BY code) AS premiere FROM import_standard) fiches
WHERE ligne > premiere ORDER BY ligne LIMIT %s
"""
_ECRITES = (
    "type_certification",
    "intitule",
    "abrege",
    "niveau",
    "date_fin_enregistrement",
    "active",
    "blocs",
    "certificateurs",
)
ECRITURE = f"""
INSERT INTO catalogue_certification (code, {", ".join(_ECRITES)}, modifie_le)
SELECT code, {", ".join(_ECRITES)}, %s FROM import_compare WHERE nouvelle OR changee
ON CONFLICT (code) DO UPDATE SET {
    ", ".join(f"{colonne} = excluded.{colonne}" for colonne in (*_ECRITES, "modifie_le"))
}
"""
COMPTES = """
SELECT count(*) FILTER (WHERE nouvelle), count(*) FILTER (WHERE changee), count(*) FILTER (WHERE NOT nouvelle
    AND NOT changee),
    count(*) FILTER (WHERE desactivee),
    (SELECT count(*) FROM catalogue_certification c WHERE c.type_certification IN ('rncp', 'rs')
        AND NOT EXISTS (SELECT FROM import_compare i WHERE i.code = c.code)),
    (SELECT count(*) FROM (SELECT fiche FROM import_blocs UNION ALL SELECT fiche
        FROM import_certificateurs) annexes
        WHERE NOT EXISTS (SELECT FROM import_compare i WHERE i.code = annexes.fiche))
FROM import_compare
"""


def _comparaison(bilan: Bilan) -> str:
    """Return the statement that compares the fiches of the archive with the existing rows.

    Each fiche is there once (its first line), with its blocs and certificateurs. When the file of the blocs
    or of the certificateurs is absent, the existing ones are kept.
    """
    blocs = "coalesce(c.blocs, '[]')" if bilan.sans_blocs else "coalesce(b.blocs, '[]')"
    certificateurs = (
        "coalesce(c.certificateurs, '[]')" if bilan.sans_certificateurs else "coalesce(n.noms, '[]')"
    )
    return f"""
CREATE TEMPORARY TABLE import_compare ON COMMIT DROP AS
SELECT f.*, c.id IS NULL AS nouvelle, coalesce(c.active AND NOT f.active, false) AS desactivee,
    c.id IS NOT NULL AND ({", ".join(f"c.{colonne}" for colonne in _ECRITES)}) IS DISTINCT FROM
        ({", ".join(f"f.{colonne}" for colonne in _ECRITES)}) AS changee
FROM (
    SELECT f.*, {blocs} AS blocs, {certificateurs} AS certificateurs
    FROM (SELECT DISTINCT ON (code) * FROM import_standard ORDER BY code, ligne) f
    LEFT JOIN catalogue_certification c ON c.code = f.code
    LEFT JOIN (
        SELECT fiche, jsonb_agg(jsonb_build_object('code', code, 'libelle', libelle) ORDER BY length(code),
            code COLLATE "C") AS blocs
        FROM (SELECT DISTINCT ON (fiche, code) * FROM import_blocs ORDER BY fiche, code,
            ligne) distincts GROUP BY fiche
    ) b ON b.fiche = f.code
    LEFT JOIN (
        SELECT fiche, jsonb_agg(nom ORDER BY ligne) AS noms
        FROM (SELECT DISTINCT ON (fiche, nom) * FROM import_certificateurs ORDER BY fiche, nom,
            ligne) distincts GROUP BY fiche
    ) n ON n.fiche = f.code
) f LEFT JOIN catalogue_certification c ON c.code = f.code"""
