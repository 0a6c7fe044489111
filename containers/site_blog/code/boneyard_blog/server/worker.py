"""Gunicorn's threaded worker, which stops as soon as its requests have ended. test_worker.py pins what it relies on."""

from contextlib import suppress

from gunicorn.workers.gthread import ThreadWorker


class PromptWorker(ThreadWorker):
    """Closes idle connections at shutdown: Nginx keeps some open, and Gunicorn would wait for them."""

    def wake(self):
        """Wake the event loop, which sleeps for up to a second, so that it notices a shutdown at once."""
        # The event loop does not exist until the worker has started.
        with suppress(AttributeError):
            self.method_queue.defer(int)

    def murder_keepalived(self):
        if not self.alive:
            for connection in self.keepalived_conns:
                connection.timeout = 0
        super().murder_keepalived()

    def murder_pending(self):
        if not self.alive:
            for connection in self.pending_conns:
                connection.timeout = 0
        super().murder_pending()
