"""Traces, metrics and logs over OTLP. Without an endpoint nothing of OpenTelemetry is even imported."""

import logging

from pyramid.events import ContextFound

from boneyard_blog.server.events import WorkerStarted, WorkerStopping

log = logging.getLogger(__name__)


def _remember_route(event: ContextFound) -> None:
    """Leave the route's name and pattern where the access log and the server span find them."""
    route = event.request.matched_route
    if route is not None:
        record = event.request.environ.get("boneyard.record", {})
        record["route"] = route.name
        record["pattern"] = route.pattern


def _start(event: WorkerStarted) -> None:
    from .export import Exporters
    from .spans import RequestTelemetry, trace_statements

    registry = event.registry
    registry.exporters = Exporters()
    registry.telemetry = RequestTelemetry(registry.engine)
    trace_statements(registry.engine)


def _stop(event: WorkerStopping) -> None:
    event.registry.exporters.flush()


def includeme(config):
    """Start telemetry in each worker, after the fork: an exporter's thread would not survive it."""
    config.registry.telemetry = None
    config.add_subscriber(_remember_route, ContextFound)
    protocol = config.registry.blog.telemetry_protocol
    if protocol == "grpc":
        # The exporter's generated code wants grpcio 1.63, Debian 14 has 1.51: it cannot even be constructed.
        log.warning(
            "No telemetry is sent: OTLP over gRPC does not work here. Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
        )
    elif protocol is not None:
        config.add_subscriber(_start, WorkerStarted)
        config.add_subscriber(_stop, WorkerStopping)
