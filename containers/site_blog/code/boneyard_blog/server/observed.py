"""The outermost layer of the application: a record for the access log and, with telemetry, a span for each request."""


class Observed:
    """A WSGI application around Pyramid's router."""

    def __init__(self, router):
        self._router = router
        self.registry = router.registry

    def __call__(self, environ, start_response):
        # A dictionary, because pyramid_retry copies the environment for each attempt.
        record = environ["boneyard.record"] = {}
        telemetry = self.registry.telemetry
        if telemetry is None:
            return self._router(environ, start_response)
        return telemetry.serve(self._router, environ, start_response, record)
