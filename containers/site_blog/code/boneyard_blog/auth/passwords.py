"""Passwords, kept as scrypt hashes that name their own cost."""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from functools import cache

SHORTEST, LONGEST = 12, 200

# OWASP's setting for 32 MiB: about a tenth of a second.
_N, _R, _P = 2**15, 8, 3


def problem_with(password: str) -> str | None:
    """Return why a password cannot be used, None if it can."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"A password has {SHORTEST} to {LONGEST} characters."
    return None


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)


def hash_password(password: str) -> str:
    """Return what to keep of a password."""
    salt = os.urandom(16)
    key = _derive(password, salt, _N, _R, _P)
    return f"scrypt${_N}${_R}${_P}${b64encode(salt).decode()}${b64encode(key).decode()}"


@cache
def _nobodys_hash() -> str:
    return hash_password(os.urandom(16).hex())


def matches(password: str, kept: str | None) -> bool:
    """Tell whether a password is the one that was kept; for an unknown author it takes as long and is false."""
    _, n, r, p, salt, key = (kept or _nobodys_hash()).split("$")
    derived = _derive(password[:LONGEST], b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(derived, b64decode(key)) and kept is not None
