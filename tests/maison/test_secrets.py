"""A scan of the tracked files for secrets: keys, tokens, passwords that look true."""

import re
import subprocess
from pathlib import Path

import pytest

RACINE = Path(__file__).parents[2]
# What a secret looks like. Each kind has an example below, written so that this file holds none.
GENRES = {
    "clé privée": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{30,}",
    "jeton de l'API": r"\bedof_[0-9a-f]{64}\b",
    "clé d'un nuage": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{35}\b",
    "jeton d'une forge": r"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_\w{22,}|glpat-[0-9A-Za-z_-]{20,})",
    "jeton d'un registre": r"\b(?:pypi-AgEI[\w-]{40,}|npm_[0-9A-Za-z]{36})",
    "secret d'un webhook": r"\bwhsec_[A-Za-z0-9+/]{40,}={0,2}",
    "jeton de messagerie": r"\bxox[abprs]-[0-9A-Za-z-]{20,}",
    "jeton signé": r"\beyJ[\w-]{15,}\.eyJ[\w-]{15,}\.[\w-]{15,}",
    "mot de passe d'une adresse": r"\b[a-z+]{3,12}://[\w.-]+:(?!\$|\{|%|mot-de-passe@)[^\s:@/'\"{}<>]{12,}@[\w.-]+",
    "secret écrit": (
        r"(?i)\b(?:secret_key|password|passwd|api_?key|auth_?token|secret)\b['\"]?\s*[:=]\s*['\"]"
        r"(?=[^'\"]*[0-9])(?=[^'\"]*[A-Za-z])[A-Za-z0-9+/_=.-]{24,}['\"]"
    ),
}
EXEMPLES = {
    "clé privée": "-----BEGIN RSA " + "PRIVATE KEY-----\n" + "MIIE" * 10,
    "jeton de l'API": "edof_" + "0a" * 32,
    "clé d'un nuage": "AKIA" + "ABCD" * 4,
    "jeton d'une forge": "ghp_" + "a1B2" * 9,
    "jeton d'un registre": "npm_" + "a1B2" * 9,
    "secret d'un webhook": "whsec_" + "aB3/" * 11,
    "jeton de messagerie": "xoxb-" + "123456789-" * 3,
    "jeton signé": "eyJ" + "a" * 20 + ".eyJ" + "b" * 20 + "." + "c" * 20,
    "mot de passe d'une adresse": "postgres://edof:" + "Xk29dkLq0a7Z" + "@base.example/edof",
    "secret écrit": "SECRET_KEY = '" + "k3j4h5k3j4h5k3j4h5k3j4h5k3" + "'",
}
# What looks like one and opens nothing: (file, text).
EXEMPLE_DE_LA_DOCUMENTATION = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" + "KQ9r8GKYqrQ="
CONNUS = {
    ("api/exemples.py", EXEMPLE_DE_LA_DOCUMENTATION),
    ("api/exemples.py", f'secret": "{EXEMPLE_DE_LA_DOCUMENTATION}"'),
}
AU_PLUS = 2_000_000


def trouves(texte: str) -> list[tuple[str, str]]:
    return [(genre, un.group()) for genre, motif in GENRES.items() for un in re.finditer(motif, texte)]


@pytest.mark.parametrize("genre", GENRES)
def test_chaque_genre_se_voit(genre):
    assert genre in [nom for nom, _ in trouves(EXEMPLES[genre])]


def test_aucun_secret_dans_les_fichiers_suivis():
    suivis = subprocess.run(
        ["git", "ls-files", "-z"], cwd=RACINE, capture_output=True, text=True, check=False
    )
    if suivis.returncode:
        pytest.skip("sans dépôt git, rien ne dit quels fichiers sont suivis")
    fuites = []
    for nom in filter(None, suivis.stdout.split("\0")):
        chemin = RACINE / nom
        if chemin.is_file() and chemin.stat().st_size <= AU_PLUS and b"\0" not in (lu := chemin.read_bytes()):
            fuites += [
                (nom, genre, texte)
                for genre, texte in trouves(lu.decode(errors="replace"))
                if (nom, texte) not in CONNUS
            ]
    assert fuites == []


def test_aucun_fichier_de_secrets_n_est_suivi():
    suivis = subprocess.run(["git", "ls-files"], cwd=RACINE, capture_output=True, text=True, check=False)
    douteux = re.compile(r"(?:^|/)(?:\.env|id_[a-z0-9]+|[^/]+\.(?:pem|key|p12|pfx|dump|sqlite3?))$")
    assert [nom for nom in suivis.stdout.splitlines() if douteux.search(nom)] == []
