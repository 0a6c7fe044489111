"""Processes around the application: Gunicorn, a proxy in front of the database, an OTLP receiver."""

from __future__ import annotations

import http.client
import http.server
import json
import os
import signal
import socket
import socketserver
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

SOURCE = Path("/srv/site")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    """A response."""

    def __init__(self, response: http.client.HTTPResponse):
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.text)


class Server:
    """Gunicorn with the blog, started as in the image."""

    def __init__(self, log: Path, source: Path = SOURCE, **environment):
        self.port = free_port()
        self._log = log
        # A worker that waits for connections at its end then exceeds the timeout of `terminate`.
        own = {"PORT": str(self.port), "PYTHONPATH": str(source), "GUNICORN_CMD_ARGS": "--graceful-timeout=600"}
        variables = dict(os.environ) | own | environment
        command = ["gunicorn", "--config", f"{source}/gunicorn.conf.py"]
        with log.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=source, env=variables, stdout=out, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def access_lines(self) -> list[dict]:
        return [json.loads(line) for line in self.log.splitlines() if line.startswith("{") and line.endswith("}")]

    def wait_for_access_line(self, path: str, seconds: float = 20) -> dict:
        """Return the access log line of a request for this path, which is written after the response."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in self.access_lines():
                if line["path"] == path:
                    return line
            time.sleep(0.05)
        raise AssertionError(f"no request for {path} was logged:\n{self.log}")

    def get(self, path: str, **headers) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            return Answer(connection.getresponse())

    def wait_for(self, path: str, accept, seconds: float = 20) -> Answer:
        """Repeat a request until `accept` returns true for the response."""
        deadline = time.monotonic() + seconds
        last = "no answer"
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log}")
            try:
                answer = self.get(path)
                if accept(answer):
                    return answer
                last = f"{answer.status}: {answer.text[:500]}"
            except OSError as error:
                last = str(error)
            time.sleep(0.03)
        raise AssertionError(f"GET {path} within {seconds} s: {last}\n{self.log}")

    def wait_until_ready(self) -> Answer:
        return self.wait_for("/health", lambda answer: answer.status == 200)

    def terminate(self) -> None:
        """Send SIGTERM and wait for the end of the process."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


class Gate:
    """Forwards connections to the database; closing it simulates an outage."""

    def __init__(self, host: str, port: int):
        self.port = free_port()
        self._target = (host, port)
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None

    def open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        if self._listener is None:
            return
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listener = None
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._open.clear()

    def _accept(self, listener) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._target)
            self._open |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source, sink) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return


class _Post(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, data))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Sink(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Receives OTLP over HTTP."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Post)
        self.received: list[tuple[str, bytes]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def wait_for(self, path: str, kind, words: str, seconds: float = 20) -> None:
        """Wait for a message that contains these words."""
        deadline = time.monotonic() + seconds
        while not any(words in str(message) for message in self.messages(path, kind)):
            if time.monotonic() > deadline:
                raise AssertionError(f"nothing about {words} came to {path} within {seconds} s: {self.received}")
            time.sleep(0.05)

    def messages(self, path: str, kind) -> list:
        return [kind.FromString(data) for where, data in list(self.received) if where == path]
