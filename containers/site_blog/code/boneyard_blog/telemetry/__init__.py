"""Traces, metrics and logs over OTLP. Without an endpoint, OpenTelemetry is not even imported."""

import logging

from pyramid.events import ContextFound

from boneyard_blog.server.events import WorkerStarted, WorkerStopping

log = logging.getLogger(__name__)


def _remember_route(event: ContextFound) -> None:
    """Store the name and pattern of the route for the access log and the server span."""
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
    """Start telemetry in each worker, after the fork: the threads of exporters do not survive a fork."""
    config.registry.telemetry = None
    config.add_subscriber(_remember_route, ContextFound)
    protocol = config.registry.blog.telemetry_protocol
    if protocol == "grpc":
        # The generated code of the gRPC exporter needs grpcio 1.63, Debian 14 has 1.51.
        log.warning(
            "Telemetry is off: OTLP over gRPC is not supported. Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
        )
    elif protocol is not None:
        config.add_subscriber(_start, WorkerStarted)
        config.add_subscriber(_stop, WorkerStopping)
