"""Nginx as the tests see it, and something to stand behind it."""
import http.client
import json
import ssl
from pathlib import Path

from test_containers import engine

# Answers with what it was asked: Nginx itself can do that.
BACKEND = """
pid /tmp/backend.pid;
events {}
http {
    access_log off;
    client_max_body_size 0;
    large_client_header_buffers 4 16k;
    client_body_temp_path /tmp/a; proxy_temp_path /tmp/b; fastcgi_temp_path /tmp/c; uwsgi_temp_path /tmp/d; scgi_temp_path /tmp/e;
    server {
        listen 8000;
        add_header X-Echo $http_x_big;
        # A page that may be kept for a second. It is there, or not, as a file is.
        location /kept/ {
            root /pages;
            add_header Cache-Control "public, max-age=0, s-maxage=1" always;
        }
        location = /kept/host {
            add_header Cache-Control "public, max-age=0, s-maxage=1" always;
            return 200 "$http_host";
        }
        # More than the sockets on its way hold.
        location ~ ^/(large|author/export)$ {
            alias /pages/large;
        }
        location / {
            default_type application/json;
            return 200 '{"uri":"$request_uri","host":"$http_host","for":"$http_x_forwarded_for","proto":"$http_x_forwarded_proto","forwarded_host":"$http_x_forwarded_host","ip":"$http_x_real_ip","traceparent":"$http_traceparent","forwarded":"$http_forwarded","cookie":"$http_cookie","peer":"$remote_addr","me":"$server_addr"}';
        }
    }
}
"""


def backend(network: str, *options: str) -> engine.Container:
    configuration = engine.folder(**{"backend__conf": BACKEND})
    return engine.Container(engine.FRONT, "--network", network, *options, "--volume", f"{configuration}:/backend:ro", "--entrypoint", "nginx",
                            command=("-e", "stderr", "-c", "/backend/backend.conf", "-g", "daemon off;"))


class Answer:
    """A response, read to its end."""

    def __init__(self, response: http.client.HTTPResponse):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self) -> dict:
        return json.loads(self.body)


class Front(engine.Container):
    """The Nginx image, published on ports of the host."""

    def __init__(self, *options: str, tls: Path | None = None):
        if tls:
            options += ("--volume", f"{tls}:/www/tls:ro")
        super().__init__(engine.FRONT, "--publish", "127.0.0.1::8080", "--publish", "127.0.0.1::8443", "--publish", "127.0.0.1::8444/udp", *options)
        self.wait_for("up", lambda: engine.output("inspect", "--format", "{{.State.Running}}", self.name) == "true" and self.port(8080))
        self.http, self.https, self.http3 = self.port(8080), self.port(8443), self.port("8444/udp")
        self.wait_for("answering", lambda: self.get("/health").status == 200)

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        return self._ask(http.client.HTTPConnection("127.0.0.1", self.http, timeout=10), method, path, headers)

    def get_secure(self, path: str, trust: "ssl.SSLContext", **headers: str) -> Answer:
        return self._ask(http.client.HTTPSConnection("localhost", self.https, timeout=10, context=trust), "GET", path, headers)

    def get_over_http3(self, path: str, *options: str) -> engine.Container:
        """Starts a visitor whose log is the page. It trusts anybody: how the certificate is checked, other tests see."""
        return engine.Container(engine.HTTP3_CLIENT, "--network", "host", command=("--insecure", *options, f"https://127.0.0.1:{self.http3}{path}"))

    @staticmethod
    def _ask(connection: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str]) -> Answer:
        try:
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            return Answer(connection.getresponse())
        finally:
            connection.close()
