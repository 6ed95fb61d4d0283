"""Files spoilt at random: each is read, or refused with a sentence; nothing else is raised, nothing hangs."""

import csv
import datetime as dt
import random
import time
import zipfile
from functools import cache
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from echanges.decisions import Decision
from echanges.lignes import FichierRefuse
from echanges.plan import planifier
from echanges.texte import decoder, separateur_de
from tests.conftest import quantite
from tests.echanges.monde import FICHIERS, LE_JOUR, MondeDesFichiers, classeur, en_octets, lecture
from tests.outils import trop_long

SECONDES_AU_PLUS = 5.0
PONCTUATION = (".", "!", "?", "…")

NOMS = sorted(chemin.name for chemin in FICHIERS.iterdir() if chemin.suffix != ".json")
MORCEAUX = (
    b"\x00", b'"', b";", b"\t", b"\n", b"\r", b"\xff\xfe", b"<", b"&amp;", b"=1+1", b"-99999999999", b"1e999",
    "\u202e".encode(), "é".encode("cp1252"), b"31/12/9999", b"00/00/0000", b"60000", b"x" * 5000,
    b"\xed\xa0\x80",
)  # fmt: skip
# What a cell may hold that nobody expected.
CELLULES: tuple[Any, ...] = (
    None, "", " ", "\xa0", "oui", "NON", "peut-être", "x" * 5000, "=1+1", "-1", "+33 1", "@x", "#N/A",
    "#REF!", "31/02/2027", "1/2/27", "00/00/0000", "9999-12-31", "12/13/2027", "mars 2027", "lundi", "60000",
    "du 1er au 5 mars 2027", "1e999", "nan", "inf", "1 200,50 €", "²", "٣", "\u202e", "\ud7ff\ue000", "\x0b",
    "\x1f", "<b>gras</b>", "&eacute;", "a\nb\r\nc", '"', "'", ";", "É" * 300, "CARISTE-CRETEIL", "Total",
    "Du", "Session", "Nadia Roux", "nadia.roux@ilvm.example", "Siège", 0, -1, 45_000, 45_000.75, 10**15,
    1e300, -1e-300, True, False,
    dt.date(1900, 1, 1), dt.date(2027, 3, 1), dt.datetime(9999, 12, 31, 23, 59, 59), dt.time(12, 30),
    dt.timedelta(days=3),
)  # fmt: skip


def muter(octets: bytes, hasard: random.Random) -> bytes:
    """Return the same octets with a few of them changed, cut, doubled or re-encoded."""
    for _ in range(hasard.randint(1, 4)):
        ou = hasard.randrange(len(octets) + 1)
        geste = hasard.randrange(6)
        if geste == 0:
            octets = octets[:ou] + bytes([hasard.randrange(256)]) + octets[ou + 1 :]
        elif geste == 1:
            octets = octets[:ou]
        elif geste == 2:
            octets = octets[:ou] + hasard.choice(MORCEAUX) + octets[ou:]
        elif geste == 3:
            octets = octets[:ou] + octets[max(0, ou - 200) : ou] * hasard.randint(1, 3) + octets[ou:]
        elif geste == 4:
            octets = octets[:ou] + octets[ou + hasard.randint(1, 60) :]
        else:
            codage = hasard.choice(["utf-16", "utf-8-sig", "cp1252", "utf-16-be"])
            octets = octets.decode("utf-8", "replace").encode(codage, "replace")
    return octets


def muter_le_classeur(octets: bytes, hasard: random.Random) -> bytes:
    """Return the same workbook with one of its parts spoilt, the archive staying whole."""
    sortie = BytesIO()
    with zipfile.ZipFile(BytesIO(octets)) as source, zipfile.ZipFile(sortie, "w") as z:
        visee = hasard.choice(source.namelist())
        for nom in source.namelist():
            piece = source.read(nom)
            z.writestr(nom, muter(piece, hasard) if nom == visee else piece)
    return sortie.getvalue()


@cache
def rangees(nom: str) -> list[list[Any]]:
    """Return the cells of an example, each row as long as the others."""
    octets = (FICHIERS / nom).read_bytes()
    if nom.endswith("xlsx"):
        feuille = openpyxl.load_workbook(BytesIO(octets), data_only=True).active
        return [list(rangee) for rangee in feuille.iter_rows(values_only=True)]
    texte = decoder(octets)[0]
    lues = list(csv.reader(StringIO(texte, newline=""), delimiter=separateur_de(texte)))
    largeur = max(map(len, lues))
    return [[*lue, *[""] * (largeur - len(lue))] for lue in lues]


def muter_les_cellules(nom: str, hasard: random.Random) -> bytes:
    """Return the same table with cells, rows and columns changed, as a sound CSV or workbook."""
    lues = [list(rangee) for rangee in rangees(nom)]
    for _ in range(hasard.choice((1, 1, 3, 12))):
        rang, colonne = hasard.randrange(len(lues)), hasard.randrange(len(lues[0]))
        geste = hasard.randrange(8)
        if geste < 5:
            lues[rang][colonne] = hasard.choice(CELLULES)
        elif geste == 5:
            lues.insert(hasard.randrange(len(lues) + 1), list(lues[rang]))
        elif geste == 6:
            autre = hasard.randrange(len(lues[0]))
            for lue in lues:
                lue[colonne], lue[autre] = lue[autre], lue[colonne]
        else:
            for lue in lues:
                lue.insert(colonne, hasard.choice(CELLULES) if hasard.random() < 0.1 else lue[colonne])
    if hasard.random() < 0.4:
        return en_octets(classeur(*([_pour_excel(cellule) for cellule in lue] for lue in lues)))
    sortie = StringIO(newline="")
    quand = hasard.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    csv.writer(sortie, delimiter=hasard.choice(";,\t|"), quoting=quand).writerows(lues)
    return sortie.getvalue().encode(hasard.choice(("utf-8-sig", "utf-8", "cp1252", "utf-16")), "replace")


def _pour_excel(cellule: Any) -> Any:
    return ILLEGAL_CHARACTERS_RE.sub("", cellule) if isinstance(cellule, str) else cellule


def eprouver(nom: str, hasard: random.Random, monde: MondeDesFichiers) -> bool:
    """Read and plan one mutation of an example; return whether it has lines.

    It is refused in a sentence, or each of its lines has a decision and sentences; nothing else is raised.
    """
    octets, debut, tirage = (FICHIERS / nom).read_bytes(), time.process_time(), hasard.random()
    if tirage < 0.4:
        mute = muter_les_cellules(nom, hasard)
    elif tirage < 0.8 and nom.endswith("xlsx"):
        mute = muter_le_classeur(octets, hasard)
    else:
        mute = muter(octets, hasard)
    try:
        lignes = lecture(mute, hasard.choice([nom, ""])).lignes
    except FichierRefuse as refus:
        phrase = str(refus)
        assert phrase.endswith(".") and phrase[0].isupper() and len(phrase) < 400, phrase
        return False
    plan = planifier(
        lignes, organisme=monde.organisme, par=monde.gestionnaire, action=monde.action_de_creteil
    )
    for ligne in plan.lignes:
        assert ligne.decision != Decision.ERREUR or ligne.anomalies
        for anomalie in ligne.anomalies:
            assert anomalie.phrase.endswith(PONCTUATION), anomalie.phrase
    assert not trop_long(time.process_time() - debut, SECONDES_AU_PLUS)
    return bool(plan.lignes)


@pytest.mark.parametrize("nom", NOMS)
def test_un_fichier_abime_se_lit_ou_se_refuse(db, settings, nom):
    settings.EDOF_AUJOURDHUI = LE_JOUR
    monde, hasard, nombre = MondeDesFichiers(), random.Random(nom), quantite(500, 60)
    assert sum(eprouver(nom, hasard, monde) for _ in range(nombre)) > nombre // 20


@pytest.mark.parametrize("prix", ["nan", "inf", "-inf", "1e999", "1e300", "sNaN"])
def test_un_prix_qui_n_est_pas_un_nombre_ne_compte_pas(db, settings, prix):
    settings.EDOF_AUJOURDHUI = LE_JOUR
    titres = "Action;Session;Du;Au;Prix\n"
    plan = MondeDesFichiers().plan(f"{titres}CARISTE-CRETEIL;P;01/03/2027;05/03/2027;{prix}\n")
    assert [ligne.decision for ligne in plan.lignes] == [Decision.CREATION]
