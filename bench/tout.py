"""Every measurement of bench/, one after the other, then the table of what the program aims at.

    ./run bench tout                          the whole (a day: run it at night)
    ./run bench tout --petit                  each of them, small
    ./run bench tout catalogue operations     those only
    ./run bench tout --petit --a-la-fois 2    two at a time, the output of those that fail only (what CI does)

Exits with 1 when one of them fails, or leaves a line of the table without a figure.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ICI = Path(__file__).resolve().parent
sys.path.insert(0, str(ICI.parent))

from bench._tableau import LIGNES, VARIABLE, dessiner, lire

MESURES = sorted(f.stem for f in ICI.glob("[!_]*.py") if f != Path(__file__).resolve())


def mesurer(nom: str, petit: bool, en_silence: bool, chiffres: Path) -> tuple[str, int, float]:
    """Run one measurement in a process of its own; return its name, its exit status and its seconds."""
    if not en_silence:
        print(f"\n== {nom}", flush=True)
    debut = time.monotonic()
    fait = subprocess.run(
        [sys.executable, str(ICI / f"{nom}.py"), *(["--petit"] if petit else [])],
        env=os.environ | {VARIABLE: str(chiffres)}, cwd=ICI.parent, check=False,
        **({"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True} if en_silence else {}),
    )  # fmt: skip
    if en_silence and fait.returncode:
        print(f"\n== {nom}\n{fait.stdout}", flush=True)
    return nom, fait.returncode, time.monotonic() - debut


def main() -> None:
    """Read the command line, run the measurements, print what became of each and the table."""
    brut = argparse.RawDescriptionHelpFormatter
    lecteur = argparse.ArgumentParser(description=__doc__, formatter_class=brut)
    lecteur.add_argument("mesures", nargs="*", help=f"parmi : {', '.join(MESURES)}")
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--a-la-fois", type=int, default=1)
    demande = lecteur.parse_args()
    if inconnues := set(demande.mesures) - set(MESURES):
        lecteur.error(f"inconnue : {', '.join(sorted(inconnues))}")
    voulues = demande.mesures or MESURES
    with tempfile.TemporaryDirectory() as dossier, ThreadPoolExecutor(demande.a_la_fois) as ouvriers:
        chiffres = Path(dossier, "chiffres")
        chiffres.touch()
        faites = list(
            ouvriers.map(lambda nom: mesurer(nom, demande.petit, demande.a_la_fois > 1, chiffres), voulues)
        )
        lus = lire(chiffres)
    print("\n| Mesure | | secondes |\n|---|---|---:|")
    for nom, statut, secondes in faites:
        print(f"| {nom} | {f'échec ({statut})' if statut else 'faite'} | {secondes:.0f} |")
    print("\nEn petit, ce tableau dit que tout se mesure, et rien d'autre.\n" if demande.petit else "")
    print("\n".join(dessiner(lus, lus if demande.mesures else LIGNES)))
    manquent = [] if demande.mesures else [cle for cle in LIGNES if not lus.get(cle)]
    if manquent:
        print(f"\nSans chiffre : {', '.join(manquent)}")
    sys.exit(bool(manquent) or any(statut for _, statut, _ in faites))


if __name__ == "__main__":
    main()
