"""Makes guessing passwords slow: each failure beyond a few doubles the wait, up to a quarter of an hour.

Who guesses is locked out by one of three counters: for a name from a network, for a network whatever the name, and for a name
from everywhere. The last one would let strangers lock an author out; so a device on which that author has signed in before
has one of its own, and no other counts there.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

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


@dataclass(frozen=True)
class Attempt:
    """Somebody who wants to sign in; `device` is None unless that author has signed in on it before."""

    name: str
    network: str
    device: str | None = None

    @property
    def counters(self) -> dict[str, int]:
        """The counters that hold for this attempt, each with the number of failures that are free."""
        if self.device is not None:
            return {f"{self.name}\non {self.device}": 4}
        return {f"{self.name}\nfrom {self.network}": 4, f"from {self.network}": 20, f"{self.name}\nin all": 30}


def seconds_to_wait(session, attempt: Attempt) -> int:
    """Return for how long the attempt may not be made, 0 if it may."""
    return int(session.scalar(_WAIT, {"subjects": list(attempt.counters)}) or 0)


def note_failure(session, attempt: Attempt) -> None:
    """Count a failure, and forget those of yesterday."""
    session.execute(text("DELETE FROM sign_in_failures WHERE last_failed_at < now() - interval '1 day'"))
    for subject, free in attempt.counters.items():
        session.execute(_FAILED, {"subject": subject, "free": free})


def note_success(session, attempt: Attempt) -> None:
    """Forget the failures of this name, and of this network."""
    forget_failures(session, attempt.name)
    session.execute(text("DELETE FROM sign_in_failures WHERE subject = :s"), {"s": f"from {attempt.network}"})


def forget_failures(session, name: str) -> None:
    """Forget the failures of a name, wherever they were made."""
    session.execute(text("DELETE FROM sign_in_failures WHERE starts_with(subject, :s)"), {"s": f"{name}\n"})
