"""Traces, metrics and logs over OTLP."""

import subprocess

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from servers import Server, Sink

TRACE, PARENT = "ab" * 16, "cd" * 8


@pytest.fixture(scope="module")
def told(application, tmp_path_factory):
    """What a server told a collector about a few requests, until it ended."""
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


def test_a_request_is_a_server_span_named_by_its_route(told):
    attributes = _attributes(_server_span(told, "GET /search"))

    assert attributes["http.request.method"] == "GET"
    assert attributes["http.route"] == "/search"
    assert attributes["url.path"] == "/search"
    assert attributes["http.response.status_code"] == 200


def test_the_proxys_trace_goes_on(told):
    span = _server_span(told, "GET /search")

    assert span.trace_id.hex() == TRACE
    assert span.parent_span_id.hex() == PARENT


_PARTS_OF_A_SEARCH = ("websearch_to_tsquery", "site_state", "search_words", "SAVEPOINT", "set_config")


def test_each_statement_is_a_client_span_without_values(told):
    span = _server_span(told, "GET /search")
    statements = [child for child in _spans(told) if child.parent_span_id == span.span_id]

    assert len(statements) >= 2
    for statement in statements:
        attributes = _attributes(statement)
        assert statement.kind == statement.SPAN_KIND_CLIENT
        assert attributes["db.system.name"] == "postgresql"
        assert any(part in attributes["db.query.text"] for part in _PARTS_OF_A_SEARCH)
    assert b"secretsearch" not in b"".join(data for _, data in told.received)


def test_a_missing_page_is_no_error_of_the_server(told):
    span = _server_span(told, "GET /post/{slug}")

    assert _attributes(span)["http.response.status_code"] == 404
    assert span.status.code == span.status.STATUS_CODE_UNSET


def test_health_checks_make_no_spans(told):
    first = _server_span(told, "GET /search")

    later = [span for span in _spans(told) if span.start_time_unix_nano > first.start_time_unix_nano]

    assert {span.name for span in later if span.kind == span.SPAN_KIND_SERVER} == {"GET /post/{slug}"}
    assert all(span.parent_span_id for span in later if span.kind == span.SPAN_KIND_CLIENT)


def test_the_resource_is_the_one_that_the_environment_names(told):
    message, *_ = told.messages("/v1/traces", ExportTraceServiceRequest)

    assert _attributes(message.resource_spans[0].resource)["service.name"] == "blog-under-test"


def test_requests_and_the_pool_are_measured(told):
    names = {
        metric.name
        for message in told.messages("/v1/metrics", ExportMetricsServiceRequest)
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


def test_the_access_log_has_the_same_trace(told):
    line = next(line for line in told.lines if line["path"].startswith("/search"))

    assert line["trace_id"] == TRACE


def test_a_collector_that_is_down_harms_nobody(application, site, tmp_path):
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_BSP_SCHEDULE_DELAY": "50"}
    with Server(tmp_path / "log", **environment) as server:
        server.wait_until_ready()
        answer = server.get("/")
        server.terminate()

    assert (answer.status, server.process.returncode) == (200, 0)
    assert "Traceback" not in server.log and "127.0.0.1:1" not in server.log


def test_grpc_which_debian_lacks_is_refused_with_a_warning_and_pages_go_on(application, site, tmp_path):
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    with Server(tmp_path / "log", **environment) as server:
        server.wait_until_ready()

        assert server.get("/").status == 200
    assert "Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf" in server.log


def test_without_an_endpoint_nothing_of_it_is_loaded():
    script = (
        "import configparser, sys, boneyard_blog;"
        "ini = configparser.RawConfigParser(); ini.read('/srv/site/production.ini');"
        "boneyard_blog.main({}, **dict(ini['app:main']));"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'grpc'))])"
    )

    assert subprocess.run(["python3", "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"
