"""Tests of the read replica: two servers in streaming replication, that are late, stop, come back."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from api.views.publications import FormationVue
from tests.edof.test_production import CLE, gerer
from tests.replique import primaire_vide, replique_de
from vitrine.urls import urlpatterns

RACINE = Path(__file__).parents[2]
VARIABLES = {"DATABASE_URL", "DATABASE_URL_LECTURE", "PYTEST_CURRENT_TEST", "POSTGRES_HOST"}


def copier_la_base(primaire):
    """Give the primary the tables and what the migrations put in them."""
    base = connection.settings_dict
    depuis = [
        "-h",
        base["HOST"],
        "-U",
        base["USER"] or "edof",
        *(["-p", base["PORT"]] if base["PORT"] else []),
    ]
    ecrite = subprocess.run(
        [str(primaire.binaires / "pg_dump"), *depuis, "-Fc", base["NAME"]], capture_output=True, check=True
    )
    vers = ["-h", str(primaire.socket), "-U", "edof", "-d", "edof", "--no-owner"]
    subprocess.run([str(primaire.binaires / "pg_restore"), *vers], input=ecrite.stdout, check=True)


# The guardian of each server outlives the call that starts it.
@pytest.mark.filterwarnings("ignore:subprocess:ResourceWarning")
@pytest.mark.exigence("D-20")
def test_un_retrait_n_est_jamais_montre_en_retard(db, tmp_path):
    var = settings.VAR / "tests-replique"
    environnement = {nom: valeur for nom, valeur in os.environ.items() if nom not in VARIABLES}
    with primaire_vide(var) as primaire:
        copier_la_base(primaire)
        with replique_de(primaire, var) as replique:
            environnement |= {
                "DJANGO_SETTINGS_MODULE": "edof.settings", "DEBUG": "1", "EDOF_VAR": str(tmp_path),
                "EDOF_SERVICE": "web", "DATABASE_URL": primaire.url, "DATABASE_URL_LECTURE": replique.url,
                "PYTHONPATH": str(RACINE),
            }  # fmt: skip
            # A file: nobody empties the pipe of the errors while the answers are read.
            journal = tmp_path / "journal"
            with journal.open("wb") as erreurs:
                enfant = subprocess.Popen(
                    [sys.executable, str(RACINE / "tests" / "edof" / "replique_enfant.py")],
                    cwd=RACINE, env=environnement, text=True,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=erreurs,
                )  # fmt: skip
            faire = {
                "tuer le primaire": primaire.tuer,
                "lancer le primaire": primaire.relancer,
                "tuer la réplique": replique.tuer,
            }
            dites = []
            assert enfant.stdin and enfant.stdout
            for ligne in enfant.stdout:
                dites.append(ligne.strip())
                if dites[-1] in faire:
                    faire[dites[-1]]()
                    enfant.stdin.write("fait\n")
                    enfant.stdin.flush()
            enfant.communicate(timeout=60)
            assert dites == [*faire, "fini"], journal.read_text()[-3000:]


# These read no table, or the primary: the probes, and the previews of what is not public yet.
SANS_REPLIQUE = {
    "apercu", "donnees", "donnees_derniere", "donnees_fichier", "rapport_csp", "sante", "sante_metriques",
    "sante_pret", "sante_vivant", "securite_txt",
}  # fmt: skip


def test_chaque_page_publique_lit_la_replique():
    sans = {motif.name for motif in urlpatterns if not hasattr(motif.callback, "lit_la_replique")}
    assert sans == SANS_REPLIQUE
    for methode in (FormationVue.lister, FormationVue.lire):
        assert methode.lit_la_replique


def test_sans_la_variable_rien_ne_change():
    assert settings.DATABASES.keys() == {"default"} and settings.DATABASE_ROUTERS == []


@pytest.mark.parametrize(
    ("lecture", "dit"),
    [
        ("mysql://edof@db2/edof", "DATABASE_URL_LECTURE ne se lit pas"),
        ("postgres://edof:a/b+c=@db2/edof", "DATABASE_URL_LECTURE ne se lit pas"),
        ("postgres://autre:x@db/edof", "DATABASE_URL_LECTURE désigne la base principale"),
    ],
)
def test_une_variable_inutilisable_ne_demarre_pas(tmp_path, lecture, dit):
    variables = {"SECRET_KEY": CLE, "DATABASE_URL": "postgres://edof:x@db/edof"}
    fait = gerer(tmp_path, "check", **variables, DATABASE_URL_LECTURE=lecture)
    assert fait.returncode and dit in fait.stderr.strip().splitlines()[-1] and "a/b+c" not in fait.stderr


def test_une_replique_se_verifie_sans_etre_jointe(tmp_path):
    variables = {"SECRET_KEY": CLE, "DATABASE_URL": "postgres://edof:x@db/edof"}
    fait = gerer(tmp_path, "check", **variables, DATABASE_URL_LECTURE="postgres://edof:x@db2/edof")
    assert fait.returncode == 0, fait.stderr
