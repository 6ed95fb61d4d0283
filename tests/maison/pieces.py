"""The list of the project's packages, for the tests of tests/maison: a new package is thus covered too."""

import tomllib
from pathlib import Path

RACINE = Path(__file__).parents[2]
CONFIGURATION = tomllib.loads((RACINE / "pyproject.toml").read_text())["tool"]
PIECES: tuple[str, ...] = tuple(CONFIGURATION["importlinter"]["root_packages"])
