"""The Gunicorn internals that server/worker.py and gunicorn.conf.py rely on: a new Gunicorn that changes them fails here."""

import inspect
import time
from types import SimpleNamespace

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import PollableMethodQueue, ThreadWorker

from boneyard_blog.server.worker import PromptWorker


@pytest.fixture
def worker():
    """A worker that has not started."""
    return PromptWorker(0, 1, [], SimpleNamespace(), 30, Config(), None)


def _connection(closed: list):
    """An idle connection that Gunicorn would keep for another minute."""
    connection = SimpleNamespace(timeout=time.monotonic() + 60, sock=None)
    connection.close = lambda: closed.append(connection)
    return connection


@pytest.mark.parametrize("name", ["murder_keepalived", "murder_pending"])
def test_gunicorn_closes_expired_connections_in_methods_without_parameters(name):
    assert list(inspect.signature(getattr(ThreadWorker, name)).parameters) == ["self"]


@pytest.mark.parametrize("name", ["murder_keepalived", "murder_pending"])
def test_gunicorn_closes_expired_connections_while_it_runs_and_while_it_stops(name):
    assert inspect.getsource(ThreadWorker.run).count(f"self.{name}()") == 2


def test_gunicorns_event_loop_is_woken_by_a_deferred_callback():
    assert list(inspect.signature(PollableMethodQueue.defer).parameters) == ["self", "callback", "args"]


@pytest.mark.parametrize(
    ("method", "connections"), [("murder_keepalived", "keepalived_conns"), ("murder_pending", "pending_conns")]
)
@pytest.mark.parametrize("alive", [True, False])
def test_idle_connections_are_closed_only_when_the_worker_stops(worker, method, connections, alive):
    closed = []
    worker.alive, worker.nr_conns = alive, 2
    worker.poller = SimpleNamespace(unregister=lambda sock: None)
    getattr(worker, connections).extend([_connection(closed), _connection(closed)])

    getattr(worker, method)()

    assert (len(closed), worker.nr_conns) == ((0, 2) if alive else (2, 0))


def test_waking_runs_a_callback_in_the_event_loop(worker):
    worker.method_queue.init()

    worker.wake()

    assert worker.method_queue._queue.qsize() == 1
    worker.method_queue.run_callbacks(None)
    assert worker.method_queue._queue.qsize() == 0
    worker.method_queue.close()


def test_waking_a_worker_that_has_not_started_is_ignored(worker):
    worker.wake()

    assert worker.method_queue._queue is None
