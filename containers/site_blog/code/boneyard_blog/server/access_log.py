"""The access log: one JSON line for each request, on standard output."""

import json
from datetime import UTC, datetime

from gunicorn.glogging import Logger

from boneyard_blog.server.visitor import visitor_address


class JsonAccessLogger(Logger):
    """Gunicorn's logger, with access lines in JSON, which log collectors parse without a pattern."""

    def access(self, resp, req, environ, request_time):
        record = environ.get("boneyard.record", {})
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "method": environ.get("REQUEST_METHOD"),
            "path": environ.get("RAW_URI"),
            "route": record.get("route"),
            "status": int(str(resp.status).split(None, 1)[0]),
            "bytes": getattr(resp, "sent", None),
            "ms": round(request_time.total_seconds() * 1000, 1),
            "client": visitor_address(environ),
            "user_agent": environ.get("HTTP_USER_AGENT"),
            "trace_id": record.get("trace_id") or _trace_id(environ.get("HTTP_TRACEPARENT", "")),
        }
        self.access_log.info("%s", json.dumps(line, ensure_ascii=True))


def _trace_id(traceparent: str) -> str | None:
    """Return the trace id of a W3C traceparent header, for the log without telemetry; None if it is malformed."""
    parts = traceparent.split("-")
    return parts[1] if len(parts) == 4 and len(parts[1]) == 32 else None
