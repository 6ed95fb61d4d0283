"""Test that runs docs/api.md block by block, against the live server.

The command `publier` of the document is run in this process.
"""

import datetime as dt
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from catalogue.models import Certification
from edof.horloge import aujourd_hui
from organismes.models import Jeton, Qualiopi
from publication.bac_a_sable import creer
from tests.api.client import jeton_de
from tests.conftest import Monde

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"
PUBLIER = "./run manage publier"


@pytest.mark.django_db(transaction=True)
def test_la_promenade_du_document(live_server, settings, tmp_path):
    if not shutil.which("curl") or not shutil.which("bash"):
        pytest.skip("curl ou bash est absent")
    monde = Monde()
    Qualiopi.objects.create(
        organisme=monde.organisme, categorie="bilans_de_competences", du=dt.date(2020, 1, 1)
    )
    Certification.objects.get_or_create(
        code="CPF202", defaults={"type_certification": "cpf", "intitule": "Bilan de compétences"}
    )
    jeton, secret = jeton_de(monde)

    def publier() -> None:
        settings.EDOF_AUJOURDHUI = aujourd_hui() + dt.timedelta(1)
        call_command("publier", verbosity=0)

    bac = creer(monde.gestionnaire)
    _, du_bac = jeton_de(SimpleNamespace(organisme=bac.organisme, gestionnaire=monde.gestionnaire))
    jouer(f"{live_server.url}/api/v1", secret, tmp_path, publier, du_bac)
    assert Jeton.objects.get(pk=jeton.pk).dernier_usage_le is not None


def jouer(
    adresse: str, secret: str, dossier: Path, publier: Callable[[], None], du_bac: str | None = None
) -> None:
    """Run the blocks of the document, in their order, against the API at `adresse`.

    Each continues from the previous one: its variables and functions are kept in `dossier`. `publier` takes
    the place of the command of that name. Without `du_bac`, the token of a sandbox, its blocks are left out.
    """
    blocs = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(), re.S)
    # The first block sets the URL of the program and the token: they are replaced by those of the test.
    blocs[0] = f"API={adresse}\nJETON={secret}"
    if du_bac is None:
        blocs = [bloc for bloc in blocs if "BAC" not in bloc and "bac-a-sable" not in bloc]
    else:
        blocs = [bloc.replace("JETON_DU_BAC=edof_...", f"JETON_DU_BAC={du_bac}") for bloc in blocs]
    fait, etat = 0, dossier / "etat"
    etat.write_text("")
    for bloc in blocs:
        if PUBLIER in bloc:
            publier()
            fait += 1
            continue
        script = (
            f". {etat}\nset -e -o pipefail\n{bloc}\nset +e\ndeclare -p > {etat} 2>/dev/null; declare -f >>"
            f" {etat}"
        )
        joue = subprocess.run(
            ["bash", "-c", script],
            capture_output=True,
            text=True,
            # `dossier` may hold a `.curlrc`.
            env={**os.environ, "LC_ALL": "C.UTF-8", "CURL_HOME": str(dossier)},
            timeout=60,
        )
        assert joue.returncode == 0, f"{bloc}\n{joue.stdout[-1500:]}\n{joue.stderr[-1500:]}"
        etat.write_text(
            "\n".join(
                ligne for ligne in etat.read_text().splitlines() if not re.match(r"declare -\S*r", ligne)
            )
        )
    assert fait == 1
