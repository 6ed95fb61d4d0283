"""Tests of the addresses that may receive a delivery: nothing private, however it is written."""

import socket
from typing import Any

import pytest

from crochets.adresses import AdresseRefusee, viser

# Written otherwise, resolved or embedded: all lead inside.
DEGUISEES = [
    "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/",
    "https://0/", "https://0.0.0.0/", "https://10.1.2.3/", "https://172.16.0.1/", "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/", "https://[::1]/", "https://[::]/",
    "https://[::ffff:10.0.0.1]/", "https://[::ffff:0:8.8.8.8]/", "https://[64:ff9b::a00:1]/",
    "https://[2002:a00:1::]/", "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", "https://[fe80::1]/",
    "https://[fd00::1]/", "https://[fec0::1]/", "https://224.0.0.1/", "https://[ff02::1]/",
    "https://198.18.0.1/", "https://255.255.255.255/", "https://localhost/", "https://LOCALHOST./",
    "https://[::127.0.0.1]/", "https://192.88.99.1/",
]  # fmt: skip


@pytest.mark.parametrize("url", DEGUISEES)
def test_une_adresse_interne_est_refusee_sous_tous_ses_noms(url):
    with pytest.raises(AdresseRefusee, match="réseau privé ou réservé"):
        viser(url)


MAL_ECRITES = {
    "http://93.184.215.14/": "https://",
    "ftp://93.184.215.14/": "https://",
    "//93.184.215.14/": "https://",
    "https://": "aucun serveur",
    "https://moi:secret@93.184.215.14/": "ni nom ni mot de passe",
    "https://93.184.215.14@127.0.0.1/": "ni nom ni mot de passe",
    "https://93.184.215.14:8443/": "port 8443",
    "https://93.184.215.14:99999/": "ne se lit pas",
    "https://93.184.215.14/#ici": "« # »",
    "https://93.184.215.14/a b": "caractère",
    "https://93.184.215.14\\@10.0.0.1/": "caractère",
    "https://93.184.215.14/é": "caractère",
    "https://93.184.215.14/\r\nHost: x": "caractère",
    "https://[fe80::1%25eth0]/": "aucun serveur|ne se lit pas",
    "https://93.184.215.14/" + "a" * 500: "trop longue",
    "https://ce-nom-n-existe-pas.invalid/": "introuvable",
    "https://" + "a" * 70 + ".example/": "introuvable",
}


@pytest.mark.parametrize("url", MAL_ECRITES, ids=range(len(MAL_ECRITES)))
def test_une_adresse_mal_ecrite_est_refusee_en_francais(url):
    with pytest.raises(AdresseRefusee, match=MAL_ECRITES[url]):
        viser(url)


def test_une_adresse_publique_garde_son_nom_et_ses_ip():
    cible = viser("https://93.184.215.14/recevoir?cle=1")
    assert (cible.hote, cible.port, cible.chemin) == ("93.184.215.14", 443, "/recevoir?cle=1")
    assert (cible.en_tete, cible.ips) == ("93.184.215.14", ("93.184.215.14",))
    assert viser("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/").en_tete.startswith("[2606:")


@pytest.mark.parametrize("ips", [["10.0.0.8"], ["93.184.215.14", "10.0.0.8"], ["93.184.215.14", "fd00::1"]])
def test_un_nom_dont_une_seule_ip_est_privee_est_refuse(monkeypatch, ips):
    """The resolver of the system is the only thing replaced: no test depends on a name of the Internet."""

    def repondre(*_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ips]

    monkeypatch.setattr(socket, "getaddrinfo", repondre)
    with pytest.raises(AdresseRefusee, match="réseau privé"):
        viser("https://piege.example/")


def test_la_machine_elle_meme_n_est_permise_que_si_on_le_dit(settings):
    settings.WEBHOOKS_LOCAUX = True
    assert viser("http://127.0.0.1:8080/x").port == 8080
    for url in ("http://10.0.0.1/", "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/"):
        with pytest.raises(AdresseRefusee):
            viser(url)
