"""Development: the page that shows an exception of the source."""

import html
import sys
import traceback

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Error in the source</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 8vh auto; max-width: 60rem; padding: 0 1.5rem; }}
pre {{ background: #1d2023; border-left: 6px solid #d4453b; color: #f2efe9; overflow: auto; padding: 1rem 1.5rem; }}
</style></head>
<body>
<h1>{title}</h1>
<p>Correct the file and save it. The site then reloads automatically.</p>
<pre>{trace}</pre>
</body>
</html>
"""


def broken_page(error: BaseException) -> str:
    """Return an HTML page with an exception and its traceback."""
    trace = "".join(traceback.format_exception(error))
    return _PAGE.format(title=html.escape(f"{type(error).__name__}: {error}"), trace=html.escape(trace))


class BrokenSource:
    """A WSGI application that answers every request with the exception that is handled when it is created."""

    def __init__(self):
        self._body = broken_page(sys.exception()).encode()

    def __call__(self, environ, start_response):
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(self._body))),
            ("Cache-Control", "no-store"),
        ]
        start_response("500 Internal Server Error", headers)
        return [self._body]
