"""Django's cache in Redis, which may be away: a page then counts again what the cache would have given.

Used when REDIS_URL is set, so that all the machines have the same counts and the same kept numbers. Only
numbers that are counted again elsewhere are kept there; nothing is lost with it.
"""

import hmac
import logging
import time
from typing import Any, ClassVar

from django.core.cache.backends.redis import RedisCache, RedisCacheClient, RedisSerializer
from django.core.signing import BadSignature
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

journal = logging.getLogger(__name__)

# After a failure this process does without Redis for so many seconds: a Redis that hangs makes one page wait
# (edof/variables.py says how long), not all of them.
PAUSE = 5.0
# Bytes of a signature.
TAILLE = 32


class Serialiseur(RedisSerializer):
    """Signs what is kept, and reads only what it signed: Redis may give somebody else's bytes.

    Reading a pickle executes what it says.
    """

    def dumps(self, obj: Any) -> Any:
        """Return a number as it is, so that Redis counts, and the rest signed."""
        dit = super().dumps(obj)
        return dit if isinstance(dit, int) else _signature(dit) + dit

    def loads(self, data: Any) -> Any:
        """Return what was kept. Raise BadSignature when it is not ours."""
        if data.removeprefix(b"-").isdigit():
            return int(data)
        signature, dit = data[:TAILLE], data[TAILLE:]
        if not hmac.compare_digest(signature, _signature(dit)):
            raise BadSignature
        return super().loads(dit)


def _signature(dit: bytes) -> bytes:
    return salted_hmac("edof.cache", dit, algorithm="sha256").digest()


class _Redis(RedisCacheClient):
    def _oublier(self, motif: str) -> None:
        client = self.get_client(write=True)
        if cles := list(client.scan_iter(motif)):
            client.delete(*cles)


class _Client(_Redis):
    """Does what the cache asks of Redis, or nothing while Redis does not answer."""

    # Until when, on the monotonic clock, Redis is not asked. One for the process.
    revient_a: ClassVar[float] = 0.0

    def _ou(self, defaut: Any, nom: str, *arguments: Any) -> Any:
        if time.monotonic() < _Client.revient_a:
            return defaut
        try:
            return getattr(_Redis, nom)(self, *arguments)
        except BadSignature:
            return defaut
        except (RedisError, OSError) as erreur:
            _Client.revient_a = time.monotonic() + PAUSE
            journal.warning("Redis ne répond pas, sans cache pendant %s s : %s", PAUSE, erreur)
            return defaut

    def add(self, key: Any, value: Any, timeout: Any) -> bool:
        """Return False, as for a key that is there, when Redis is away."""
        return bool(self._ou(False, "add", key, value, timeout))

    def get(self, key: Any, default: Any) -> Any:
        """Return the default when Redis is away."""
        return self._ou(default, "get", key, default)

    def set(self, key: Any, value: Any, timeout: Any) -> None:
        """Keep the value, or nothing."""
        self._ou(None, "set", key, value, timeout)

    def touch(self, key: Any, timeout: Any) -> bool:
        """Return False when Redis is away."""
        return bool(self._ou(False, "touch", key, timeout))

    def delete(self, key: Any) -> bool:
        """Return False when Redis is away."""
        return bool(self._ou(False, "delete", key))

    def get_many(self, keys: Any) -> dict[Any, Any]:
        """Return nothing when Redis is away."""
        return dict(self._ou({}, "get_many", keys))

    def has_key(self, key: Any) -> bool:
        """Return False when Redis is away."""
        return bool(self._ou(False, "has_key", key))

    def incr(self, key: Any, delta: Any) -> int:
        """Return 0, which is below any limit, when Redis is away."""
        return int(self._ou(0, "incr", key, delta))

    def set_many(self, data: Any, timeout: Any) -> None:
        """Keep the values, or nothing."""
        self._ou(None, "set_many", data, timeout)

    def delete_many(self, keys: Any) -> None:
        """Delete these keys, or nothing."""
        self._ou(None, "delete_many", keys)

    def oublier(self, motif: str) -> None:
        """Delete the keys of this pattern, or nothing."""
        self._ou(None, "_oublier", motif)


class CacheQuiPeutManquer(RedisCache):
    """The cache; its keys have a prefix of their own, beside the messages of Celery."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _Client

    def clear(self) -> None:  # type: ignore[override]
        """Delete what the cache has, and leave the messages."""
        client: Any = self._cache
        client.oublier(f"{self.key_prefix}:*")
