"""The outermost layer of the application: each request gets a record, and a span when telemetry is on."""


class Observed:
    """A WSGI application around Pyramid's router."""

    def __init__(self, router):
        self._router = router
        self.registry = router.registry

    def __call__(self, environ, start_response):
        # A dictionary of its own: pyramid_retry works on copies of the environment.
        record = environ["boneyard.record"] = {}
        telemetry = self.registry.telemetry
        if telemetry is None:
            return self._router(environ, start_response)
        return telemetry.serve(self._router, environ, start_response, record)
