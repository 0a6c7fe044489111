"""What the server tells the application about the life of its process."""

from dataclasses import dataclass

from pyramid.registry import Registry


@dataclass(frozen=True)
class WorkerStarted:
    """Sent once in each worker, after the fork: threads and connections may be started now."""

    registry: Registry


@dataclass(frozen=True)
class WorkerStopping:
    """Sent once in each worker that has started, before its process ends."""

    registry: Registry
