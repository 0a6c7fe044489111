"""A server span and metrics for each request, a client span for each SQL statement."""

import logging
import time

from opentelemetry import context as telemetry_context
from opentelemetry import metrics, propagate, trace
from opentelemetry.metrics import Observation
from opentelemetry.trace import SpanKind, Status, StatusCode
from sqlalchemy import event

from boneyard_blog.server.visitor import visitor_address

_TRACER = "boneyard_blog"
# Goes to the exporter only: the access log has a line for each request already.
REQUEST_LOGGER = "boneyard_blog.requests"
_requests = logging.getLogger(REQUEST_LOGGER)
_HEALTH_PATHS = ("/alive", "/health")
# Set in the context of health checks, which would fill the traces: their statements get no spans.
_QUIET = telemetry_context.create_key("quiet")
_METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}


def _carrier(environ) -> dict[str, str]:
    names = {"traceparent": "HTTP_TRACEPARENT", "tracestate": "HTTP_TRACESTATE", "baggage": "HTTP_BAGGAGE"}
    return {name: environ[key] for name, key in names.items() if key in environ}


class RequestTelemetry:
    """Calls the application inside a span that continues the trace of the proxy."""

    def __init__(self, engine):
        self._tracer = trace.get_tracer(_TRACER)
        meter = metrics.get_meter(_TRACER)
        self._durations = meter.create_histogram(
            "http.server.request.duration",
            "s",
            "Duration of HTTP server requests.",
            explicit_bucket_boundaries_advisory=[
                0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
            ],
        )  # fmt: skip
        self._active = meter.create_up_down_counter(
            "http.server.active_requests", "{request}", "Number of active HTTP server requests."
        )
        meter.create_observable_up_down_counter(
            "db.client.connection.count",
            [lambda options: _pool_observations(engine.pool)],
            "{connection}",
            "Number of connections in the pool by state.",
        )

    def serve(self, application, environ, start_response, record):
        """Call the WSGI application inside a span, health checks without one; add the trace id to `record`."""
        if environ["PATH_INFO"] in _HEALTH_PATHS:
            token = telemetry_context.attach(telemetry_context.set_value(_QUIET, True))
            try:
                return application(environ, start_response)
            finally:
                telemetry_context.detach(token)
        method = environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in _METHODS else "_OTHER"
        attributes = {"http.request.method": method, "url.scheme": environ["wsgi.url_scheme"]}
        statuses = []

        def note_status(status, headers, *exc_info):
            statuses.append(int(status[:3]))
            return start_response(status, headers, *exc_info)

        began = time.perf_counter()
        self._active.add(1, attributes)
        with self._tracer.start_as_current_span(
            method,
            context=propagate.extract(_carrier(environ)),
            kind=SpanKind.SERVER,
            attributes=attributes
            | {"url.path": environ["PATH_INFO"], "server.address": environ.get("HTTP_HOST", "").partition(":")[0]},
        ) as span:
            record["trace_id"] = format(span.get_span_context().trace_id, "032x")
            span.set_attribute("client.address", visitor_address(environ))
            try:
                return application(environ, note_status)
            finally:
                status = statuses[-1] if statuses else 500
                known = attributes | {"http.response.status_code": status}
                if "pattern" in record:
                    known["http.route"] = record["pattern"]
                    span.update_name(f"{method} {record['pattern']}")
                span.set_attributes(known)
                if status >= 500:
                    span.set_status(Status(StatusCode.ERROR))
                # Without the query, which may contain personal data.
                _requests.info("%s %s: %d", method, environ["PATH_INFO"], status)
                self._active.add(-1, attributes)
                self._durations.record(time.perf_counter() - began, known)


def _pool_observations(pool):
    yield Observation(pool.checkedout(), {"db.client.connection.state": "used"})
    yield Observation(pool.checkedin(), {"db.client.connection.state": "idle"})


def trace_statements(engine) -> None:
    """Create a client span for each SQL statement; its text has placeholders instead of values."""
    tracer = trace.get_tracer(_TRACER)
    url = engine.url

    @event.listens_for(engine, "before_cursor_execute")
    def _before(connection, cursor, statement, parameters, context, executemany):
        if telemetry_context.get_value(_QUIET):
            return
        operation = statement.split(None, 1)[0].upper() if statement else "SQL"
        span = tracer.start_span(
            f"{operation} {url.database}",
            kind=SpanKind.CLIENT,
            attributes={
                "db.system.name": "postgresql",
                "db.namespace": url.database,
                "db.operation.name": operation,
                "db.query.text": statement,
                "server.address": url.host,
                "server.port": url.port,
            },
        )
        connection.info.setdefault("spans", []).append(span)

    @event.listens_for(engine, "after_cursor_execute")
    def _after(connection, cursor, statement, parameters, context, executemany):
        if connection.info.get("spans"):
            connection.info["spans"].pop().end()

    @event.listens_for(engine, "handle_error")
    def _failed(context):
        connection = context.connection
        if connection is not None and not connection.closed and connection.info.get("spans"):
            span = connection.info["spans"].pop()
            span.set_status(Status(StatusCode.ERROR, type(context.original_exception).__name__))
            span.end()
