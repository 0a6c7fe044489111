"""The Nginx image as a visitor sees it, and a backend in place of the blog."""
import http.client
import json
import ssl
from pathlib import Path

from engine import Container, Engine, build

CONTEXT = Path(__file__).resolve().parents[1]

# Nginx too: it responds with what it received.
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
        # Pages that may be cached for a second. A test writes and deletes them.
        location /kept/ {
            root /pages;
            add_header Cache-Control "public, max-age=0, s-maxage=1" always;
        }
        location = /kept/host {
            add_header Cache-Control "public, max-age=0, s-maxage=1" always;
            return 200 "$http_host";
        }
        # Larger than the socket buffers.
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


def image() -> str:
    return build(CONTEXT)


def start_backend(engine: Engine, network: str, *options: str) -> Container:
    configuration = engine.folder({"backend.conf": BACKEND})
    return engine.start(
        image(), "--network", network, *options, "--volume", f"{configuration}:/backend:ro", "--entrypoint", "nginx",
        command=("-e", "stderr", "-c", "/backend/backend.conf", "-g", "daemon off;"))


def start_front_and_backend(engine: Engine, *options: str, tls: Path | None = None, pages: Path | None = None) -> "Front":
    network = engine.network()
    mounts = ("--volume", f"{pages}:/pages:ro") if pages else ()
    start_backend(engine, network, "--network-alias", "siteblog", *mounts)
    front = Front(engine, "--network", network, *options, tls=tls)
    if not tls:
        front.wait_for("reaching the backend", lambda: front.get("/").status == 200)
    return front


class Response:
    """Read to its end."""

    def __init__(self, response: http.client.HTTPResponse):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self) -> dict:
        return json.loads(self.body)


class Front(Container):
    """A container of the Nginx image whose ports are published."""

    def __init__(self, engine: Engine, *options: str, tls: Path | None = None):
        if tls:
            options += ("--volume", f"{tls}:/www/tls:ro")
        super().__init__(engine, image(), "--publish", "127.0.0.1::8080", "--publish", "127.0.0.1::8443", "--publish", "127.0.0.1::8444/udp", *options)
        ports = self.wait_for("running", lambda: self.running() and self.ports())
        self.http, self.https, self.http3 = ports["8080/tcp"], ports["8443/tcp"], ports["8444/udp"]
        self.wait_for("healthy", lambda: self.get("/health").status == 200)

    def get(self, path: str, method: str = "GET", **headers: str) -> Response:
        return self._send(http.client.HTTPConnection("127.0.0.1", self.http, timeout=10), method, path, headers)

    def get_secure(self, path: str, trust: ssl.SSLContext, **headers: str) -> Response:
        return self._send(http.client.HTTPSConnection("localhost", self.https, timeout=10, context=trust), "GET", path, headers)

    @staticmethod
    def _send(connection: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str]) -> Response:
        try:
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            return Response(connection.getresponse())
        finally:
            connection.close()
