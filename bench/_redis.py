"""A Redis of its own for a measurement, when the machine has one."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def redis_a_part() -> Iterator[str]:
    """Give the socket of a server that lives as long as the block; "" when this machine has none."""
    if not (programme := shutil.which("redis-server")):
        yield ""
        return
    with tempfile.TemporaryDirectory() as dossier:
        prise = f"{dossier}/redis"
        serveur = subprocess.Popen(
            [programme, "--port", "0", "--unixsocket", prise, "--save", "", "--dir", dossier],
            stdout=subprocess.DEVNULL,
        )
        try:
            while not Path(prise).exists():
                time.sleep(0.05)
            yield prise
        finally:
            serveur.terminate()
            serveur.wait()
