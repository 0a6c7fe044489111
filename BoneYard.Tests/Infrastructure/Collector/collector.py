"""Takes traces over OTLP/HTTP and prints each span as one line of JSON. It runs in the blog's image, which has all it needs."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                print_spans(resource)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        """Only spans are of interest."""


def print_spans(resource):
    service = next(a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
    for scope in resource.scope_spans:
        for span in scope.spans:
            line = {
                "service": service,
                "trace": span.trace_id.hex(),
                "id": span.span_id.hex(),
                "parent": span.parent_span_id.hex(),
                "kind": Span.SpanKind.Name(span.kind),
                "name": span.name,
            }
            print(json.dumps(line), flush=True)


server = ThreadingHTTPServer(("", 4318), Collector)
print("listening", flush=True)
server.serve_forever()
