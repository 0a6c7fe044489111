"""HTTPS: protocols, redirects and headers."""
import http.client
import json
import ssl

import pytest
from certificates import handshake, new_pair, tls_folder, trusting
from engine import build
from front import CONTEXT, Front, start_front_and_backend

PAIR = new_pair()


def https_front(engine, *options: str) -> Front:
    return start_front_and_backend(engine, "--env", "CACHE=off", "--env", "HSTS=on", *options, tls=tls_folder(engine, PAIR))


@pytest.fixture(scope="module")
def trust() -> ssl.SSLContext:
    return trusting(PAIR.chain)


@pytest.fixture(scope="module")
def front(shared_engine):
    return https_front(shared_engine, "--env", "HTTPS_PORT=9443", "--env", "HTTP3_PORT=9444", "--read-only", "--tmpfs", "/tmp")


def tls(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = trusting(PAIR.chain)
    # Without it, this client would refuse TLS 1.1 itself.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_TLS_1_2_and_1_3_are_accepted_and_sessions_resumed(front, version):
    context = tls(version)

    with handshake(front, context) as first:
        # In TLS 1.3 the ticket comes after the handshake, with the first data.
        first.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        while first.recv(4096):
            pass
        protocol, session = first.version(), first.session
    with handshake(front, context, session) as second:
        resumed = second.session_reused

    assert (protocol, resumed) == (version.name.replace("_", "."), True)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_TLS_1_1_is_refused(front):
    with pytest.raises(ssl.SSLError) as refusal:
        handshake(front, tls(ssl.TLSVersion.TLSv1_1))
    assert refusal.value.reason == "TLSV1_ALERT_PROTOCOL_VERSION"


@pytest.mark.parametrize("cipher", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA"])
def test_a_cipher_without_forward_secrecy_or_authentication_is_refused(front, cipher):
    context = tls(ssl.TLSVersion.TLSv1_2)
    context.set_ciphers(cipher)
    with pytest.raises(ssl.SSLError) as refusal:
        handshake(front, context)
    assert "HANDSHAKE_FAILURE" in refusal.value.reason


def test_HTTP_2_is_negotiated(front):
    context = trusting(PAIR.chain)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with handshake(front, context) as connection:
        assert connection.selected_alpn_protocol() == "h2"


def test_HTTP_3_is_advertised_and_reaches_the_blog(front, trust, shared_engine):
    client = shared_engine.start(build(CONTEXT / "tests/http3_client", "Dockerfile"), "--network", "host", command=(
        "--insecure", "--write-out", "\nHTTP/%{http_version} %{http_code}", f"https://127.0.0.1:{front.http3}/"))
    assert client.exit_code() == 0, client.logs()
    page, _, protocol = client.logs().rpartition("\n")

    assert protocol == "HTTP/3 200"
    # There is no Host header to pass on.
    assert (json.loads(page)["proto"], json.loads(page)["host"]) == ("https", "127.0.0.1:9443")
    assert front.get_secure("/", trust).headers["Alt-Svc"] == 'h3=":9444"; ma=86400'


def test_the_blog_gets_the_scheme_https(front, trust):
    seen = front.get_secure("/", trust, Host="localhost:9443", X_Forwarded_Proto="http").json()
    assert (seen["proto"], seen["host"], seen["forwarded_host"]) == ("https", "localhost:9443", "localhost:9443")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_HTTP_redirects_to_HTTPS_with_the_same_method(front, method):
    response = front.get("/a/b?c=d", method, Host="site.example:8080")

    assert (response.status, response.headers["Location"]) == (308, "https://site.example:9443/a/b?c=d")
    assert response.headers["Strict-Transport-Security"] is None


def test_HTTP_on_the_HTTPS_port_redirects_too(front):
    connection = http.client.HTTPConnection("127.0.0.1", front.https, timeout=10)
    connection.request("GET", "/a", headers={"Host": "localhost:9443"})
    response = connection.getresponse()
    connection.close()

    assert (response.status, response.headers["Location"]) == (308, "https://localhost:9443/a")


def test_health_responds_over_HTTP_and_HTTPS(front, trust):
    assert (front.get("/health").body, front.get_secure("/health", trust).body) == (b"ok\n", b"ok\n")


def test_HSTS_is_not_sent_at_another_port_than_443(front, trust):
    assert front.get_secure("/static/site.css", trust, Host="site.example:9443").headers["Strict-Transport-Security"] is None


class TestDefaultPort:
    @pytest.fixture(scope="class")
    def front(self, shared_engine):
        return https_front(shared_engine, "--env", "SITE_HOSTS=site.example localhost blog.localhost 127.0.0.1 [::1]")

    @pytest.mark.parametrize("path", ["/", "/static/site.css", "/health", "/static/none"])
    def test_HSTS_is_sent_with_every_kind_of_page(self, front, trust, path):
        assert front.get_secure(path, trust, Host="site.example").headers["Strict-Transport-Security"] == "max-age=31536000"

    @pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "blog.localhost", "127.0.0.1", "[::1]"])
    def test_HSTS_is_not_sent_for_localhost_and_addresses(self, front, trust, host):
        assert front.get_secure("/static/site.css", trust, Host=host).headers["Strict-Transport-Security"] is None

    def test_HSTS_is_not_sent_over_HTTP(self, front):
        assert front.get("/", Host="site.example").headers["Strict-Transport-Security"] is None

    def test_the_redirect_omits_port_443(self, front):
        assert front.get("/a", Host="localhost:8080").headers["Location"] == "https://localhost/a"

    def test_HTTP_3_is_not_advertised_without_a_published_port(self, front, trust):
        assert front.get_secure("/static/site.css", trust).headers["Alt-Svc"] is None

    def test_the_connection_is_closed_for_an_unknown_host(self, front, trust):
        for get in (lambda: front.get("/", Host="other.example"), lambda: front.get_secure("/", trust, Host="other.example")):
            with pytest.raises(http.client.RemoteDisconnected):
                get()

    def test_the_container_stops_at_once(self, front):
        assert front.stop() == 0
