"""Makes guessing passwords slow: each failure beyond a few doubles the wait, up to a quarter of an hour."""

from __future__ import annotations

from sqlalchemy import text

# From one address a few mistakes are free; from all addresses together, more, so that others cannot lock an author out.
_FREE_FROM_ADDRESS, _FREE_IN_ALL = 4, 30

_WAIT = text("""
    SELECT ceil(extract(epoch FROM max(locked_until) - now())) FROM sign_in_failures
    WHERE subject = ANY(:subjects) AND locked_until > now()
""")

_FAILED = text("""
    INSERT INTO sign_in_failures AS known (subject, failures, last_failed_at, locked_until)
    VALUES (:subject, 1, now(), now())
    ON CONFLICT (subject) DO UPDATE SET
        failures = known.failures + 1,
        last_failed_at = now(),
        locked_until = now() + CASE WHEN known.failures < :free THEN interval '0'
            ELSE least(interval '15 minutes', interval '1 second' * power(2, least(known.failures - :free + 1, 12))) END
""")


def _subjects(name: str, address: str) -> tuple[str, str]:
    return f"from {address}: {name}", f"in all: {name}"


def seconds_to_wait(session, name: str, address: str) -> int:
    """Return for how long this name may not sign in from this address, 0 if it may."""
    return int(session.scalar(_WAIT, {"subjects": list(_subjects(name, address))}) or 0)


def note_failure(session, name: str, address: str) -> None:
    """Count a failure, and forget those of yesterday."""
    session.execute(text("DELETE FROM sign_in_failures WHERE last_failed_at < now() - interval '1 day'"))
    from_address, in_all = _subjects(name, address)
    session.execute(_FAILED, {"subject": from_address, "free": _FREE_FROM_ADDRESS})
    session.execute(_FAILED, {"subject": in_all, "free": _FREE_IN_ALL})


def note_success(session, name: str, address: str) -> None:
    """Forget the failures from this address."""
    session.execute(text("DELETE FROM sign_in_failures WHERE subject = :s"), {"s": _subjects(name, address)[0]})
