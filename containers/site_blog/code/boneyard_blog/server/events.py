"""Events that Gunicorn's hooks send to the application."""

from dataclasses import dataclass

from pyramid.registry import Registry


@dataclass(frozen=True)
class WorkerStarted:
    """Sent once in each worker, after the fork: threads and connections can be created from now on."""

    registry: Registry


@dataclass(frozen=True)
class WorkerStopping:
    """Sent once in each worker that has started, before its process ends."""

    registry: Registry
