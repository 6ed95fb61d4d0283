"""Test of the cache in Redis: never the reason of a fault when Redis is frozen, dead or emptied."""

import pickle
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.test import RequestFactory, override_settings

from edof import cache as le_cache
from edof import variables
from edof.debit import trop_souvent
from tests.outils import port_libre


def lancer(port: int, dossier: Path) -> "subprocess.Popen[bytes]":
    """Start a Redis that keeps nothing on disk, and wait for it."""
    processus = subprocess.Popen(
        ["redis-server", "--port", str(port), "--save", "", "--dir", str(dossier)], stdout=subprocess.DEVNULL
    )
    for _ in range(200):
        fait = subprocess.run(["redis-cli", "-p", str(port), "ping"], capture_output=True, check=False)
        if b"PONG" in fait.stdout:
            return processus
        time.sleep(0.05)
    raise AssertionError("redis-server ne répond pas")


def reprendre() -> None:
    """Forget the pause, as if its seconds had passed."""
    le_cache._Client.revient_a = 0.0


def test_redis_gele_mort_ou_vide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("absent : redis-server")
    port = port_libre()
    monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{port}/0")
    redis = lancer(port, tmp_path)
    demande = RequestFactory().get("/formations/", REMOTE_ADDR="203.0.113.9")
    reglages: Any = variables.caches()
    # On a busy machine, a Redis that answers is not taken for one that hangs.
    reglages["default"]["OPTIONS"] |= {"socket_timeout": 1.5, "socket_connect_timeout": 1.5}
    with override_settings(CACHES=reglages):
        try:
            cache = caches["default"]
            assert cache.get_or_set("a", [1, {"b": "é"}], 60) == [1, {"b": "é"}] == cache.get("a")
            assert [trop_souvent(demande, "essai", 2) for _ in range(3)] == [False, False, True]

            brut = cache._cache.get_client()
            (cle,) = brut.keys("edof:*:a")
            brut.set(cle, b"x" * 32 + pickle.dumps("lu"))
            assert cache.get("a") is None, "what we have not signed is not read"
            brut.set("message", "de Celery")
            cache.clear()
            assert brut.keys() == [b"message"]
            cache.set("a", [1, {"b": "é"}], 60)
            assert [trop_souvent(demande, "essai", 2) for _ in range(3)] == [False, False, True]

            redis.send_signal(signal.SIGSTOP)
            debut = time.monotonic()
            # One page waits, the others do not.
            assert cache.get("a") is None
            assert not any(trop_souvent(demande, "essai", 2) for _ in range(50))
            assert cache.get_or_set("c", 3, 60) == 3 and time.monotonic() - debut < 20
            redis.send_signal(signal.SIGCONT)
            reprendre()
            assert cache.get("a") == [1, {"b": "é"}] and trop_souvent(demande, "essai", 2)

            subprocess.run(["redis-cli", "-p", str(port), "flushall"], check=True, capture_output=True)
            assert cache.get("a") is None and not trop_souvent(demande, "essai", 2)
            cache.set("a", 1, 60)

            redis.kill()
            redis.wait()
            assert cache.get("a", "rien") == "rien" and not cache.add("d", 1) and cache.get_many(["a"]) == {}
            assert "sans cache" in caplog.text
            reprendre()
            redis = lancer(port, tmp_path)
            assert cache.add("d", 1) and cache.get("d") == 1
        finally:
            reprendre()
            redis.send_signal(signal.SIGCONT)
            redis.kill()
            redis.wait()


def test_sans_redis_chaque_processus_a_le_sien(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert variables.caches()["default"]["BACKEND"].endswith("LocMemCache")
    monkeypatch.setenv("REDIS_URL", "redis+socket:///run/redis.sock")
    assert variables.caches()["default"]["LOCATION"] == "unix:///run/redis.sock"
