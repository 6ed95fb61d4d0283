"""The table of what the program aims at, and how a bench hands its figures over to `bench/tout.py`."""

import json
import os
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# The file in which the benches write, when `./run bench tout` runs them.
VARIABLE = "EDOF_TABLEAU"


@dataclass(frozen=True)
class Ligne:
    """A line of the table: what is measured, and the greatest values that pass the bar and reach the aim."""

    libelle: str
    barre: float | None
    but: float | None
    decimales: int = 2

    def ecrire(self, valeur: float | None) -> str:
        """Return the value as the table shows it, empty when there is none."""
        return "" if valeur is None else f"{valeur:,.{self.decimales}f}".replace(",", " ").replace(".", ",")


LIGNES = {
    "insertion_lineaire": Ligne(
        "Ajouter des sessions avec leur historique : µs par ligne à 32 000 / à 4 000", 1.2, None
    ),
    "insertion_copy": Ligne("Ajouter 32 000 sessions avec leur historique / COPY et ses index", None, 3),
    "accueil": Ligne("Accueil / une page d'aide, 250 000 sessions", 5, 2),
    "catalogue": Ligne("Catalogue / une page de 50 cartes qui ne lit rien", 3, 1.8),
    "catalogue_requetes": Ligne("Catalogue : requêtes", None, 5, 0),
    "pastilles": Ligne("Nombres des pastilles, 250 000 sessions, ms", 10, 1, 1),
    "recherche": Ligne("Recherche d'un mot dans un organisme de 250 000 sessions, ms", 15, 5, 1),
    "operation_requetes": Ligne("Une opération par formulaire : requêtes", 7, 4, 0),
    "operation": Ligne("Une opération par formulaire / lire et enregistrer avec l'historique", 3, 1.5),
    "identite_requetes": Ligne("Qui est connecté : requêtes", 1, 1, 0),
    "identite": Ligne("Qui est connecté, ms", None, 1, 1),
    "grande_nuit": Ligne("Nuit de deux sessions sur trois, toutes dues / les instructions simples", 1.1, 0.6),
    "nuit": Ligne("Nuit de 10 000 dues de 1 500 000 / les instructions simples", 0.7, 0.3),
    "nuit_dix_fois": Ligne("10 000 dues : un catalogue dix fois plus grand / le petit", 2.1, 1.5),
    "memoire": Ligne("Mémoire au plus haut : 1 000 000 / 10 000 dues", 1.1, 1.05),
    "xml_lire": Ligne("Lire un XML d'EDOF de 8 000 sessions / lxml.iterparse", 3, None),
    "xml_ecrire": Ligne("Écrire le même catalogue / COPY des mêmes lignes", None, 3),
    "vitrine": Ligne("Recherche publique : p95 / celui de ses instructions seules", 1.5, None),
    "vitrine_queue": Ligne("Recherche publique, sa page : p99 / p50", 8, None),
    "vitrine_nombres_queue": Ligne("Recherche publique, ses nombres : p99 / p50", 8, None),
    "vitrine_pages": Ligne("Recherche publique : page 200 / page 1", 1.2, 1.0),
    "vitrine_304": Ligne("Page publique qui n'a pas changé (304) / la même, entière", None, 0.04, 3),
    "vitrine_correction": Ligne("Corriger un mot, p95, ms", 10, 5, 1),
    "poids": Ligne("Première visite du catalogue, octets envoyés", 120_000, 70_000, 0),
}  # fmt: skip


def noter(cle: str, valeurs: Iterable[float]) -> None:
    """Hand the figures of a line over, one for each round, when the whole is run."""
    if cle not in LIGNES:
        raise KeyError(cle)
    if chemin := os.environ.get(VARIABLE):
        with Path(chemin).open("a") as fichier:
            fichier.write(json.dumps([cle, list(valeurs)]) + "\n")


def lire(chemin: Path) -> dict[str, list[float]]:
    """Return the figures that the benches wrote."""
    return dict(json.loads(ligne) for ligne in chemin.read_text().splitlines())


def dessiner(chiffres: dict[str, list[float]], cles: Iterable[str]) -> list[str]:
    """Return these rows of the table, in Markdown: median (smallest – greatest), the bar, the aim."""
    rangees = [
        "| Mesure | médiane (de – à) | barre | but | |",
        "|---|---:|---:|---:|---|",
    ]
    for cle in cles:
        ligne, valeurs = LIGNES[cle], chiffres.get(cle)
        if not valeurs:
            dite, atteint = "pas mesuré", ""
        else:
            mediane, moins, plus = (ligne.ecrire(f(valeurs)) for f in (statistics.median, min, max))
            dite = mediane if moins == plus else f"{mediane} ({moins} – {plus})"
            atteint = _atteint(ligne, statistics.median(valeurs))
        rangees.append(
            f"| {ligne.libelle} | {dite} | {ligne.ecrire(ligne.barre)} | {ligne.ecrire(ligne.but)} |"
            f" {atteint} |"
        )
    return rangees


def _atteint(ligne: Ligne, valeur: float) -> str:
    if ligne.but is not None and valeur <= ligne.but:
        return "but atteint"
    if ligne.barre is not None:
        return "barre passée" if valeur <= ligne.barre else "barre non passée"
    return "but non atteint"
