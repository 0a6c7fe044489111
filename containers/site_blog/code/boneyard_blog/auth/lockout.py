"""Slows down password guessing: after a few free failures each further one doubles the wait, up to 15 minutes.

Three counters apply: one for a name from a network, one for a network with any name, and one for a name from anywhere.
The last one would let attackers lock an author out; so on a device on which that author has signed in before, only a
separate counter of that device applies.
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
    """An attempt to sign in; `device` is None unless the author has signed in on that device before."""

    name: str
    network: str
    device: str | None = None

    @property
    def counters(self) -> dict[str, int]:
        """The counters that apply to this attempt, each with its number of free failures."""
        if self.device is not None:
            return {f"{self.name}\non {self.device}": 4}
        return {f"{self.name}\nfrom {self.network}": 4, f"from {self.network}": 20, f"{self.name}\nin all": 30}


def seconds_to_wait(session, attempt: Attempt) -> int:
    """Return how many seconds the attempt must wait, 0 if it may be made now."""
    return int(session.scalar(_WAIT, {"subjects": list(attempt.counters)}) or 0)


def note_failure(session, attempt: Attempt) -> None:
    """Count a failure, and delete counters that are older than a day."""
    session.execute(text("DELETE FROM sign_in_failures WHERE last_failed_at < now() - interval '1 day'"))
    for subject, free in attempt.counters.items():
        session.execute(_FAILED, {"subject": subject, "free": free})


def note_success(session, attempt: Attempt) -> None:
    """Reset the counters of this name and of this network."""
    reset_failures(session, attempt.name)
    session.execute(text("DELETE FROM sign_in_failures WHERE subject = :s"), {"s": f"from {attempt.network}"})


def reset_failures(session, name: str) -> None:
    """Reset the counters of a name, for all networks and devices."""
    session.execute(text("DELETE FROM sign_in_failures WHERE starts_with(subject, :s)"), {"s": f"{name}\n"})
