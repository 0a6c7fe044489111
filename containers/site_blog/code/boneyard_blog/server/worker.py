"""Gunicorn's threaded worker, ending as soon as its requests have."""

from contextlib import suppress

from gunicorn.workers.gthread import ThreadWorker


class PromptWorker(ThreadWorker):
    """Does not wait for connections on which nothing is asked: Nginx keeps some open, for seconds after SIGTERM."""

    def wake(self):
        """Look now whether the end has come: with nothing to do, the loop would sleep for up to a second first."""
        # Before the worker has come up, there is no loop yet.
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
