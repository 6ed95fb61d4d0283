"""What the tests of the house look at: every room, so that one that is born today is looked at too."""

import tomllib
from pathlib import Path

RACINE = Path(__file__).parents[2]
CONFIGURATION = tomllib.loads((RACINE / "pyproject.toml").read_text())["tool"]
PIECES: tuple[str, ...] = tuple(CONFIGURATION["importlinter"]["root_packages"])
