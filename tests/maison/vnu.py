"""A run of the Nu HTML checker over a folder of pages."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

JAR = Path(os.environ.get("VNU_JAR") or settings.VAR / "outils/node_modules/vnu-jar/build/dist/vnu.jar")


def verifier(dossier: Path) -> list[dict[str, str]]:
    """Return the errors, without the warnings, in the pages of `dossier`.

    The test is skipped when the checker is not installed.
    """
    if not (java := shutil.which("java")) or not JAR.exists():
        pytest.skip("Le validateur HTML est absent (java, vnu-jar)")
    # Deeply nested pages need a large stack. It runs for a few seconds: compiling more would take longer.
    commande = [
        java,
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Xss4m",
        "-jar",
        str(JAR),
        "--format",
        "json",
        "--exit-zero-always",
        "--stdout",
        str(dossier),
    ]
    sortie = subprocess.run(commande, capture_output=True, text=True, check=True).stdout
    return [message for message in json.loads(sortie)["messages"] if message["type"] != "info"]
