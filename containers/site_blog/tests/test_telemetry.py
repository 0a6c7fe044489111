"""Traces, metrics and logs over OTLP."""

import subprocess

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from servers import Server, Sink

TRACE, PARENT = "ab" * 16, "cd" * 8


@pytest.fixture(scope="module")
def collected(application, tmp_path_factory):
    """The telemetry that a server sends for a few requests, until it stops."""
    sink = Sink()
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_SERVICE_NAME": "blog-under-test",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "OTEL_BLRP_SCHEDULE_DELAY": "100",
        "OTEL_METRIC_EXPORT_INTERVAL": "300",
        "GUNICORN_WORKERS": "1",
    }
    with Server(tmp_path_factory.mktemp("telemetry") / "log", **environment) as server:
        server.wait_until_ready()
        server.get("/search?q=secretsearch", traceparent=f"00-{TRACE}-{PARENT}-01")
        server.get("/alive")
        server.get("/health")
        server.get("/post/none")
        sink.wait_for("/v1/traces", ExportTraceServiceRequest, "/post/{slug}")
        sink.wait_for("/v1/metrics", ExportMetricsServiceRequest, "/post/{slug}")
        sink.wait_for("/v1/logs", ExportLogsServiceRequest, "GET /post/none")
        server.terminate()
        sink.lines = server.access_lines()
    yield sink
    sink.shutdown()
    sink.server_close()


def _spans(sink):
    return [
        span
        for message in sink.messages("/v1/traces", ExportTraceServiceRequest)
        for resource in message.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _attributes(thing) -> dict:
    return {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in thing.attributes}


def _server_span(sink, name):
    return next(span for span in _spans(sink) if span.kind == span.SPAN_KIND_SERVER and span.name == name)


def test_a_request_is_a_server_span_named_by_its_route(collected):
    attributes = _attributes(_server_span(collected, "GET /search"))

    assert attributes["http.request.method"] == "GET"
    assert attributes["http.route"] == "/search"
    assert attributes["url.path"] == "/search"
    assert attributes["http.response.status_code"] == 200


def test_the_trace_of_the_proxy_is_continued(collected):
    span = _server_span(collected, "GET /search")

    assert span.trace_id.hex() == TRACE
    assert span.parent_span_id.hex() == PARENT


_PARTS_OF_A_SEARCH = ("websearch_to_tsquery", "site_state", "search_words", "SAVEPOINT", "set_config")


def test_each_statement_is_a_client_span_without_values(collected):
    span = _server_span(collected, "GET /search")
    statements = [child for child in _spans(collected) if child.parent_span_id == span.span_id]

    assert len(statements) >= 2
    for statement in statements:
        attributes = _attributes(statement)
        assert statement.kind == statement.SPAN_KIND_CLIENT
        assert attributes["db.system.name"] == "postgresql"
        assert any(part in attributes["db.query.text"] for part in _PARTS_OF_A_SEARCH)
    assert b"secretsearch" not in b"".join(data for _, data in collected.received)


def test_a_404_is_not_an_error_of_the_server_span(collected):
    span = _server_span(collected, "GET /post/{slug}")

    assert _attributes(span)["http.response.status_code"] == 404
    assert span.status.code == span.status.STATUS_CODE_UNSET


def test_health_checks_create_no_spans(collected):
    first = _server_span(collected, "GET /search")

    later = [span for span in _spans(collected) if span.start_time_unix_nano > first.start_time_unix_nano]

    assert {span.name for span in later if span.kind == span.SPAN_KIND_SERVER} == {"GET /post/{slug}"}
    assert all(span.parent_span_id for span in later if span.kind == span.SPAN_KIND_CLIENT)


def test_the_resource_is_named_by_the_environment(collected):
    message, *_ = collected.messages("/v1/traces", ExportTraceServiceRequest)

    assert _attributes(message.resource_spans[0].resource)["service.name"] == "blog-under-test"


def test_requests_and_the_pool_are_measured(collected):
    names = {
        metric.name
        for message in collected.messages("/v1/metrics", ExportMetricsServiceRequest)
        for resource in message.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }

    assert {"http.server.request.duration", "http.server.active_requests", "db.client.connection.count"} <= names


def test_logs_are_sent(application, site, tmp_path):
    sink = Sink()
    with Server(tmp_path / "log", OTEL_EXPORTER_OTLP_ENDPOINT=sink.url, OTEL_BLRP_SCHEDULE_DELAY="50",
                FIRST_AUTHOR="grace", FIRST_AUTHOR_PASSWORD="a good long password") as server:  # fmt: skip
        server.wait_until_ready()
        sink.wait_for("/v1/logs", ExportLogsServiceRequest, "Added the first author, grace")
        server.terminate()
    sink.shutdown()
    sink.server_close()


def test_each_request_is_logged_in_its_trace_except_for_health_checks(collected):
    records = {
        record.body.string_value: record.trace_id.hex()
        for message in collected.messages("/v1/logs", ExportLogsServiceRequest)
        for resource in message.resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
        if record.body.string_value.startswith("GET ")
    }

    assert records["GET /search: 200"] == TRACE
    assert records.keys() == {"GET /search: 200", "GET /post/none: 404"}


def test_the_access_log_has_the_same_trace_id(collected):
    line = next(line for line in collected.lines if line["path"].startswith("/search"))

    assert line["trace_id"] == TRACE


def test_an_unreachable_collector_does_not_affect_pages(application, site, tmp_path):
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_BSP_SCHEDULE_DELAY": "50"}
    with Server(tmp_path / "log", **environment) as server:
        server.wait_until_ready()
        answer = server.get("/")
        server.terminate()

    assert (answer.status, server.process.returncode) == (200, 0)
    assert "Traceback" not in server.log and "127.0.0.1:1" not in server.log


def test_grpc_gives_a_warning_and_pages_are_served(application, site, tmp_path):
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    with Server(tmp_path / "log", **environment) as server:
        server.wait_until_ready()

        assert server.get("/").status == 200
    assert "Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf" in server.log


def test_without_an_endpoint_opentelemetry_is_not_imported():
    script = (
        "import configparser, sys, boneyard_blog;"
        "ini = configparser.RawConfigParser(); ini.read('/srv/site/production.ini');"
        "boneyard_blog.main({}, **dict(ini['app:main']));"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'grpc'))])"
    )

    assert subprocess.run(["python3", "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"
