"""Passwords, stored as scrypt hashes with their cost parameters."""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from functools import cache

MIN_LENGTH, MAX_LENGTH = 12, 200

# OWASP's recommendation for 32 MiB of memory; takes about 0.1 s.
_N, _R, _P = 2**15, 8, 3


def error_in(password: str) -> str | None:
    """Return why a password cannot be used; None if it can."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        return f"A password must have {MIN_LENGTH} to {MAX_LENGTH} characters."
    return None


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)


def hash_password(password: str) -> str:
    """Return the hash of a password, with a new salt: `scrypt$n$r$p$salt$key`."""
    salt = os.urandom(16)
    key = _derive(password, salt, _N, _R, _P)
    return f"scrypt${_N}${_R}${_P}${b64encode(salt).decode()}${b64encode(key).decode()}"


@cache
def _dummy_hash() -> str:
    return hash_password(os.urandom(16).hex())


def matches(password: str, stored: str | None) -> bool:
    """Return whether a password matches a stored hash; without one (unknown author) it takes as long and is False."""
    _, n, r, p, salt, key = (stored or _dummy_hash()).split("$")
    derived = _derive(password[:MAX_LENGTH], b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(derived, b64decode(key)) and stored is not None
