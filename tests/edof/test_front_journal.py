"""Test of the log of nginx, configured as in docker-compose.yml: neither a secret nor what is typed."""

import shutil
from collections.abc import Iterator

import pytest
from django.urls import get_resolver

from tests.attaques import celui_de_compose, front, serveur

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "un-secret-qui-ne-doit-etre-ecrit-nulle-part"


def secretes() -> Iterator[str]:
    """Yield the address of each page whose path has a secret, as edof/journal.py knows them."""
    toutes = get_resolver().reverse_dict
    for nom in filter(lambda cle: isinstance(cle, str), toutes):
        for formes, *_ in toutes.getlist(nom):
            chemin, parametres = formes[0]
            if {"jeton", "token"} & set(parametres):
                yield "/" + chemin % dict.fromkeys(parametres, SECRET)


def test_le_journal_de_nginx_ne_dit_ni_les_secrets_ni_ce_qui_est_tape(tmp_path):
    if not shutil.which("nginx", path="/usr/sbin:/usr/bin"):
        pytest.skip("nginx n'est pas installé")
    adresses = list(secretes())
    assert len(adresses) >= 6
    with serveur(celui_de_compose) as programme, front(programme, tmp_path) as cible:
        for adresse in adresses:
            cible("GET", f"{adresse}?q={SECRET}", b"", {"Referer": f"http://localhost{adresse}"})
        cible("GET", f"/formations/?q={SECRET}", b"", {"User-Agent": "lecteur"})
    lignes = (tmp_path / "acces").read_text().splitlines()
    assert len(lignes) > len(adresses) and SECRET not in "".join(lignes)
    assert '"GET /formations/ HTTP/1.1" 200 ' in lignes[-1] and '"-" "lecteur"' in lignes[-1]
    dites = {ligne.split('"')[1].split()[1] for ligne in lignes}
    for adresse in adresses:
        assert any(dite.endswith("/*") and adresse.startswith(dite[:-1]) for dite in dites), adresse
