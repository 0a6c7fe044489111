"""The Nginx image with a certificate: handshakes, redirects, and a certificate that is replaced."""
import http.client
import json
import os
import socket
import ssl
import threading
import unittest
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

from test_containers import engine
from test_containers.front import Front, backend


def certificate(names: str = "DNS:localhost,IP:127.0.0.1", dates: tuple[str, ...] = ("-days", "30"), extensions: tuple[str, ...] = ()) -> tuple[str, str]:
    """A new certificate and its key, from the image's own openssl."""
    return chain_and_key("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *dates,
                         "-subj", "/CN=localhost", "-addext", f"subjectAltName={names}",
                         *(part for extension in extensions for part in ("-addext", extension)), "-keyout", "/dev/stdout", "-out", "/dev/stdout")


def chain_of_two() -> tuple[str, str]:
    """A new certificate with its issuer behind it, and its key."""
    return chain_and_key("sh", "-euc", """
        cd /tmp
        new() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "$@" 2>/dev/null; }
        new -subj /CN=Authority -keyout ca.key -out ca.pem
        new -subj /CN=localhost -CA ca.pem -CAkey ca.key -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out server.pem
        cat key.pem server.pem ca.pem""")


def chain_and_key(*command: str) -> tuple[str, str]:
    """Of what a command in the image writes: the key, then the certificates."""
    text = engine.output("run", "--rm", "--name", engine.new_name(), "--entrypoint", command[0], engine.FRONT, *command[1:])
    key, begin, chain = text.partition("-----BEGIN CERTIFICATE-----")
    return begin + chain + "\n", key[key.index("-----BEGIN"):]


def put(folder: Path, chain: str, key: str) -> None:
    """As a renewal does: each file at once, one after the other."""
    for name, content in (("privkey.pem", key), ("fullchain.pem", chain)):
        beside = folder / f"{name}.new"
        beside.write_text(content)
        beside.chmod(0o644)
        os.replace(beside, folder / name)


def tls_folder(chain: str, key: str) -> Path:
    folder = engine.folder()
    put(folder, chain, key)
    return folder


def trusting(chain: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=chain)


def handshake(port: int, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=10), server_hostname="localhost", session=session)


EXPIRED = ("-not_before", "20200101000000Z", "-not_after", "20210101000000Z")


def trusting_anybody() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextmanager
def repeated(visit, threads: int = 1):
    """Does it again and again in the meantime, in each thread."""
    done = threading.Event()

    def go():
        while not done.is_set():
            visit()

    visitors = [threading.Thread(target=go) for _ in range(threads)]
    for visitor in visitors:
        visitor.start()
    try:
        yield
    finally:
        done.set()
        for visitor in visitors:
            visitor.join()


def served(front: Front) -> str:
    """The certificate that a visitor gets, in PEM."""
    with handshake(front.https, trusting_anybody()) as connection:
        return ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True))


class AFrontWithACertificate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chain, key = certificate()
        cls.trust = trusting(cls.chain)
        network = engine.network()
        backend(network, "--network-alias", "siteblog")
        cls.front = Front("--network", network, "--env", "CACHE=off", "--env", "HTTPS_PORT=9443", "--env", "HTTP3_PORT=9444", "--env", "HSTS=on",
                          "--read-only", "--tmpfs", "/tmp", tls=tls_folder(cls.chain, key))

    def test_speaks_TLS_1_2_and_1_3(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version.name):
                context = trusting(self.chain)
                context.minimum_version = context.maximum_version = version
                with handshake(self.front.https, context) as connection:
                    self.assertEqual(version.name.replace("_", "."), connection.version())

    def test_refuses_TLS_1_1(self):
        context = trusting(self.chain)
        # Or this side would refuse first.
        context.set_ciphers("ALL:@SECLEVEL=0")
        with self.assertWarns(DeprecationWarning):
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises(ssl.SSLError) as refusal:
            handshake(self.front.https, context)
        self.assertEqual("TLSV1_ALERT_PROTOCOL_VERSION", refusal.exception.reason)

    def test_refuses_ciphers_without_forward_secrecy_or_authentication(self):
        for ciphers in ("AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA"):
            with self.subTest(ciphers):
                context = trusting(self.chain)
                context.maximum_version = ssl.TLSVersion.TLSv1_2
                context.set_ciphers(ciphers)
                with self.assertRaises(ssl.SSLError) as refusal:
                    handshake(self.front.https, context)
                self.assertIn("HANDSHAKE_FAILURE", refusal.exception.reason)

    def test_speaks_HTTP_2(self):
        context = trusting(self.chain)
        context.set_alpn_protocols(["h2", "http/1.1"])
        with handshake(self.front.https, context) as connection:
            self.assertEqual("h2", connection.selected_alpn_protocol())

    def test_speaks_HTTP_3(self):
        visitor = self.front.get_over_http3("/", "--write-out", "\nHTTP/%{http_version} %{http_code}")
        self.assertEqual(0, visitor.exit_code(), visitor.logs())
        page, _, how = visitor.logs().rpartition("\n")
        self.assertEqual("HTTP/3 200", how)
        # There is no Host header to be passed on.
        self.assertEqual(("https", "127.0.0.1:9443"), (json.loads(page)["proto"], json.loads(page)["host"]))

    def test_tells_browsers_of_HTTP_3(self):
        self.assertEqual('h3=":9444"; ma=86400', self.front.get_secure("/", self.trust).headers["Alt-Svc"])

    def test_resumes_a_session(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version.name):
                context = trusting(self.chain)
                context.minimum_version = context.maximum_version = version
                with handshake(self.front.https, context) as first:
                    # In TLS 1.3 the ticket comes after the handshake, with the first data.
                    first.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    while first.recv(4096):
                        pass
                    session = first.session
                with handshake(self.front.https, context, session) as second:
                    self.assertTrue(second.session_reused)

    def test_tells_the_blog_that_the_visitor_came_over_HTTPS(self):
        seen = self.front.get_secure("/", self.trust, Host="localhost:9443", X_Forwarded_Proto="http").json()
        self.assertEqual(("https", "localhost:9443", "localhost:9443"), (seen["proto"], seen["host"], seen["forwarded_host"]))

    def test_sends_HTTP_to_HTTPS_and_keeps_the_method(self):
        for method in ("GET", "POST"):
            with self.subTest(method):
                answer = self.front.get("/a/b?c=d", method, Host="site.example:8080")
                self.assertEqual((308, "https://site.example:9443/a/b?c=d"), (answer.status, answer.headers["Location"]))
                self.assertIsNone(answer.headers["Strict-Transport-Security"])

    def test_sends_who_speaks_HTTP_to_the_HTTPS_port_there_too(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.front.https, timeout=10)
        connection.request("GET", "/a", headers={"Host": "localhost:9443"})
        answer = connection.getresponse()
        self.assertEqual((308, "https://localhost:9443/a"), (answer.status, answer.headers["Location"]))
        connection.close()

    def test_answers_health_on_both_ports(self):
        self.assertEqual(b"ok\n", self.front.get("/health").body)
        self.assertEqual(b"ok\n", self.front.get_secure("/health", self.trust).body)

    def test_binds_no_browser_to_HTTPS_at_another_port_than_443(self):
        self.assertIsNone(self.front.get_secure("/static/site.css", self.trust, Host="site.example:9443").headers["Strict-Transport-Security"])

    def test_does_not_staple_what_there_is_not(self):
        self.assertNotIn("stapling", self.front.execute("cat", "/tmp/nginx/certificate.conf").stdout + self.front.logs())


class AFrontWithDefaults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chain, key = certificate()
        cls.front = Front("--env", "SITE_HOSTS=localhost", tls=tls_folder(cls.chain, key))

    def test_leaves_port_443_out_of_the_redirect(self):
        self.assertEqual("https://localhost/a", self.front.get("/a", Host="localhost:8080").headers["Location"])

    def test_does_not_bind_browsers_to_HTTPS(self):
        self.assertIsNone(self.front.get_secure("/static/site.css", trusting(self.chain)).headers["Strict-Transport-Security"])

    def test_does_not_send_browsers_to_HTTP_3_that_nobody_published(self):
        self.assertIsNone(self.front.get_secure("/static/site.css", trusting(self.chain)).headers["Alt-Svc"])

    def test_gives_no_answer_under_another_name(self):
        for ask in (lambda: self.front.get("/", Host="other.example"),
                    lambda: self.front.get_secure("/", trusting(self.chain), Host="other.example")):
            with self.assertRaises(http.client.RemoteDisconnected):
                ask()
        self.assertEqual(200, self.front.get_secure("/static/site.css", trusting(self.chain)).status)

    def test_stops_at_once(self):
        front = Front(tls=tls_folder(*certificate()))
        self.assertEqual(0, front.stop())


class AFrontAtPort443(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        chain, key = certificate()
        cls.trust = trusting(chain)
        network = engine.network()
        backend(network, "--network-alias", "siteblog")
        cls.front = Front("--network", network, "--env", "HSTS=on", tls=tls_folder(chain, key))

    def bound(self, path: str, host: str) -> str | None:
        return self.front.get_secure(path, self.trust, Host=host).headers["Strict-Transport-Security"]

    def test_binds_browsers_to_HTTPS_on_every_kind_of_page(self):
        for path in ("/", "/static/site.css", "/health", "/static/none"):
            with self.subTest(path):
                self.assertEqual("max-age=31536000", self.bound(path, "site.example"))

    def test_binds_them_under_no_name_that_other_services_share(self):
        for host in ("localhost", "LOCALHOST", "blog.localhost", "127.0.0.1", "[::1]"):
            with self.subTest(host):
                self.assertIsNone(self.bound("/static/site.css", host))

    def test_binds_nobody_over_plain_HTTP(self):
        self.assertIsNone(self.front.get("/", Host="site.example").headers["Strict-Transport-Security"])


class ASiteUnderTheNamesOfItsCertificate(unittest.TestCase):
    def front_for(self, names: str, *options: str) -> Front:
        self.folder = tls_folder(*certificate(names))
        return Front("--env", "SITE_HOSTS=certificate", *options, tls=self.folder)

    @staticmethod
    def answers(front: Front, host: str) -> bool:
        try:
            return front.get_secure("/static/site.css", trusting_anybody(), Host=host).status == 200
        except http.client.RemoteDisconnected:
            return False

    def test_answers_to_each_of_them_and_to_no_other(self):
        front = self.front_for("DNS:Site.example,DNS:*.site.example,IP:10.11.12.3,IP:::1,IP:2001:db8::1:0:0:2,DNS:w*.wild.example,email:me@mail.example,DNS:site.example")

        for host in ("localhost", "site.example", "www.site.example:9443", "10.11.12.3", "[::1]", "[2001:db8::1:0:0:2]"):
            with self.subTest(host):
                self.assertTrue(self.answers(front, host))
        for host in ("other.example", "mail.example", "10.11.12.4", "[::2]", "www.wild.example"):
            with self.subTest(host):
                self.assertFalse(self.answers(front, host))
        self.assertNotIn("conflicting", front.logs())

    def test_answers_to_a_new_one_as_soon_as_the_certificate_has_it(self):
        front = self.front_for("DNS:site.example,DNS:old.example")
        self.assertEqual((True, False), (self.answers(front, "old.example"), self.answers(front, "new.example")))

        put(self.folder, *certificate("DNS:site.example,DNS:new.example"))
        front.wait_for("answering to the new name", lambda: self.answers(front, "new.example"))

        self.assertTrue(self.answers(front, "site.example"))
        front.wait_for("no longer answering to the old name", lambda: not self.answers(front, "old.example"))

    def test_keeps_to_the_old_ones_when_the_new_certificate_is_refused(self):
        front = self.front_for("DNS:old.example")

        put(self.folder, certificate("DNS:new.example")[0], certificate()[1])
        front.wait_for_log("the old one stays")
        self.assertEqual("server_name localhost old.example;", front.execute("cat", "/tmp/nginx/names.conf").stdout.strip())

    def test_may_have_the_longest_name_that_there_can_be(self):
        longest = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])
        self.assertEqual(253, len(longest))

        self.assertTrue(self.answers(self.front_for(f"DNS:{longest},DNS:*.{longest[2:]}"), longest))

    def test_may_have_a_hundred_names(self):
        names = [f"a-rather-long-name-of-a-blog-of-many-authors-number-{number}.blogs.example" for number in range(100)]
        front = self.front_for(",".join(f"DNS:{name}" for name in names))

        self.assertEqual([True, True], [self.answers(front, names[0]), self.answers(front, names[-1])])
        self.assertNotIn("server_names_hash", front.logs())

    def test_needs_one(self):
        done = engine.run("run", "--rm", "--name", engine.new_name(), "--env", "SITE_HOSTS=certificate", engine.FRONT, check=False)
        self.assertEqual(1, done.returncode)
        self.assertIn("error: SITE_HOSTS is 'certificate', but there is none in /www/tls: mount a folder with fullchain.pem and privkey.pem there", done.stderr)


class ACertificateWithAResponder(unittest.TestCase):
    """The responder says what an authority wrote down of its certificates; Nginx passes that on, signed, with each handshake."""

    # In a container of its own: an authority, a certificate of its issue, and its word on it.
    AUTHORITY = """
cd /tmp && exec 2>&1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=Authority -keyout ca.key -out ca.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost -CA ca.pem -CAkey ca.key \\
    -set_serial 0x1234 -addext subjectAltName=DNS:localhost -addext authorityInfoAccess=OCSP\\;URI:http://responder:8888/ -keyout privkey.pem -out server.pem
cat server.pem ca.pem > fullchain.pem
printf 'V\\t401231235959Z\\t\\t1234\\tunknown\\t/CN=localhost\\n' > index.txt
exec openssl ocsp -port 8888 -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key
"""

    @classmethod
    def setUpClass(cls):
        network = engine.network()
        cls.responder = engine.Container(engine.FRONT, "--network", network, "--network-alias", "responder", "--entrypoint", "sh", command=("-c", cls.AUTHORITY))
        cls.responder.wait_for_log("waiting for OCSP client connections")
        cls.chain, cls.key = (cls.responder.execute("cat", f"/tmp/{name}.pem").stdout for name in ("fullchain", "privkey"))
        cls.front = Front("--network", network, "--env", "HTTP3_PORT=9444", tls=tls_folder(cls.chain, cls.key))

    def status(self) -> str:
        """What openssl says of the response that came with the handshake."""
        return self.front.execute("sh", "-c", "openssl s_client -connect 127.0.0.1:8443 -servername localhost -status </dev/null 2>/dev/null").stdout

    def test_is_stapled(self):
        # The first visitor has Nginx ask, and does not wait for the answer.
        self.front.wait_for("stapling", lambda: "Cert Status: good" in self.status())

    def test_has_browsers_not_told_of_HTTP_3(self):
        self.assertIsNone(self.front.get_secure("/static/site.css", trusting(self.chain)).headers["Alt-Svc"])

    def test_may_take_turns_with_one_that_names_none(self):
        folder = tls_folder(self.chain, self.key)
        front = Front("--env", "HTTP3_PORT=9444", tls=folder)
        plain, plain_key = certificate()

        for chain, key, told in ((plain, plain_key, 'h3=":9444"; ma=86400'), (self.chain, self.key, None)):
            put(folder, chain, key)
            front.wait_for("serving the other one", lambda: chain.startswith(served(front)))
            front.wait_for("telling of HTTP/3 or not", lambda: front.get_secure("/static/site.css", trusting(chain)).headers["Alt-Svc"] == told)


class ACertificateThatIsReplaced(unittest.TestCase):
    def setUp(self):
        self.chain, key = certificate()
        self.folder = tls_folder(self.chain, key)

    def test_is_served_soon_and_nobody_is_cut_off(self):
        network = engine.network()
        backend(network, "--network-alias", "siteblog")
        front = Front("--network", network, "--env", "CACHE=off", tls=self.folder)
        chain, key = certificate()
        both = trusting(self.chain + chain)
        visits: list[str] = []

        def visit():
            try:
                visits.append(str(front.get_secure("/", both).status))
            except (OSError, http.client.HTTPException) as failure:
                visits.append(repr(failure))

        slow = handshake(front.https, both)
        self.addCleanup(slow.close)
        slow.sendall(b"POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhello")
        with repeated(visit):
            put(self.folder, chain, key)
            front.wait_for("serving the new one", lambda: served(front) == chain)
        slow.sendall(b"world")

        self.assertTrue(slow.recv(4096).startswith(b"HTTP/1.1 200 "))
        self.assertEqual({"200"}, set(visits))
        self.assertGreater(len(visits), 10)

    def test_goes_together_with_its_key_at_each_instant(self):
        chain, key = certificate()
        front = Front("--volume", f"{tls_folder(chain, key)}:/other:ro", tls=self.folder)
        both = trusting(self.chain + chain)
        failures: list[str] = []
        seen: set[str] = set()

        def visit():
            try:
                with handshake(front.https, both) as connection:
                    seen.add(ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True)))
            except OSError as failure:
                failures.append(repr(failure))

        with repeated(visit, threads=3):
            # As the entry point does it, but two hundred times.
            front.execute("sh", "-euc", """
                cd /dev/shm/tls
                mkdir -p other/empty
                cp /other/* other
                for pair in $(yes "other $(readlink served)" | head -n 100); do ln -sfn "$pair" next; mv -T next served; done""")

        self.assertEqual([], failures)
        self.assertEqual({self.chain, chain}, seen)

    def test_does_not_break_off_what_is_under_way_over_HTTP_3(self):
        files = engine.folder(long__txt="0123456789abcdef" * 200_000)
        front = Front("--volume", f"{files}:/www/data:ro", tls=self.folder)
        chain, key = certificate()
        slow = front.get_over_http3("/long.txt", "--limit-rate", "500k", "--no-buffer")
        slow.wait_for("reading", lambda: slow.logs())

        put(self.folder, chain, key)
        front.wait_for("serving the new one", lambda: served(front) == chain)

        self.assertEqual("true", engine.output("inspect", "--format", "{{.State.Running}}", slow.name), "It had read all before the certificate changed.")
        self.assertEqual(0, slow.exit_code())
        self.assertEqual(3_200_000, len(slow.logs()))

    def test_is_noticed_through_links_that_are_set_anew(self):
        for number, pair in enumerate(((self.chain, (self.folder / "privkey.pem").read_text()), certificate())):
            archive = self.folder / f"archive{number}"
            archive.mkdir()
            put(archive, *pair)
        for name in ("fullchain.pem", "privkey.pem"):
            (self.folder / name).unlink()
            (self.folder / name).symlink_to(f"archive0/{name}")
        front = Front(tls=self.folder)
        self.assertEqual(self.chain, served(front))

        for name in ("fullchain.pem", "privkey.pem"):
            (self.folder / f"{name}.new").symlink_to(f"archive1/{name}")
            os.replace(self.folder / f"{name}.new", self.folder / name)

        new = (self.folder / "archive1/fullchain.pem").read_text()
        front.wait_for("serving the new one", lambda: served(front) == new)

    def test_is_kept_out_when_it_cannot_be_used(self):
        front = Front(tls=self.folder)
        other, _ = certificate()

        for chain in ("garbage", other):
            with self.subTest(chain[:7]):
                reported = front.logs().count("the old one stays")
                put(self.folder, chain, (self.folder / "privkey.pem").read_text())
                front.wait_for("reporting it", lambda: front.logs().count("the old one stays") > reported)
                self.assertEqual(self.chain, served(front))

        chain, key = certificate()
        put(self.folder, chain, key)
        front.wait_for("serving the next good one", lambda: served(front) == chain)

    def test_is_kept_out_when_it_has_expired(self):
        front = Front(tls=self.folder)

        put(self.folder, *certificate(dates=EXPIRED))
        front.wait_for_log("the old one stays")

        self.assertIn("it has expired (notAfter=Jan  1 00:00:00 2021 GMT): have it renewed", front.logs())
        self.assertEqual(self.chain, served(front))

    def test_is_kept_out_when_visitors_would_refuse_it(self):
        chain, key = chain_of_two()
        put(self.folder, chain, key)
        front = Front("--env", "TLS_HOST=127.0.0.1", tls=self.folder)
        begin = "-----BEGIN CERTIFICATE-----"
        issuer = begin + chain.split(begin)[2]
        purpose, purpose_key = certificate(extensions=("extendedKeyUsage=clientAuth",))
        other, other_key = chain_of_two()

        for what, new, new_key, reason in (
                ("another name", *certificate("DNS:other.example"), "it does not cover 127.0.0.1: have it issued for that name"),
                ("another purpose", purpose, purpose_key, "its chain is of no use: unsuitable certificate purpose (certificate 0, from 0)"),
                ("no issuer", begin + other.split(begin)[1], other_key, "its issuers are missing, which the one before had"),
                ("another issuer", begin + other.split(begin)[1] + issuer, other_key, "its chain is of no use: unable to get local issuer certificate (certificate 0, from 0)")):
            with self.subTest(what):
                put(self.folder, new, new_key)
                front.wait_for_log(reason)
                self.assertTrue(chain.startswith(served(front)))

        put(self.folder, other, other_key)
        front.wait_for("serving the next good one", lambda: other.startswith(served(front)))

    def test_is_kept_out_until_it_is_valid(self):
        front = Front(tls=self.folder)
        begin = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=8)
        chain, key = certificate(dates=("-not_before", f"{begin:%Y%m%d%H%M%SZ}", "-not_after", "20491231235959Z"))

        put(self.folder, chain, key)
        front.wait_for_log(f"it is not valid before {begin:%Y-%m-%d %H:%M:%SZ}: until then the old one is served")

        front.wait_for("serving the new one", lambda: served(front) == chain)
        self.assertGreaterEqual(datetime.now(timezone.utc), begin)

    def test_is_served_once_there_is_room_for_it_again(self):
        for folder, options in (("/tmp", ("--tmpfs", "/tmp:mode=1777,size=1m")), ("/dev/shm", ("--tmpfs", "/tmp", "--shm-size", "128k"))):
            with self.subTest(folder):
                put(self.folder, *certificate())
                front = Front("--read-only", *options, tls=self.folder)
                chain, key = certificate()
                self.assertNotEqual(0, front.execute("sh", "-c", f"cat /dev/zero >{folder}/filling", check=False).returncode)

                put(self.folder, chain, key)
                front.wait_for_log("No space left on device")
                # It is tried again meanwhile, each time in a folder of its own, and not said again.
                changes: set[str] = set()
                front.wait_for("tried again", lambda: changes.add(front.execute("stat", "-c", "%y", "/dev/shm/tls").stdout) or len(changes) > 4)
                self.assertEqual(1, front.logs().count("this is tried again every second"), front.logs())
                self.assertNotEqual(chain, served(front))
                front.execute("rm", f"{folder}/filling")

                front.wait_for("serving the new one", lambda: served(front) == chain)
                front.wait_for_log("the new one is served")


class WhatIsRefused(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chain, cls.key = certificate()

    def refused(self, folder: Path, *messages: str) -> None:
        done = engine.run("run", "--rm", "--name", engine.new_name(), "--volume", f"{folder}:/www/tls:ro", engine.FRONT, check=False)
        self.assertEqual(1, done.returncode)
        for message in messages:
            self.assertIn(message, done.stderr)

    def test_a_key_that_cannot_be_read(self):
        folder = tls_folder(self.chain, self.key)
        (folder / "privkey.pem").chmod(0o600)
        self.refused(folder, "error: /www/tls/privkey.pem cannot be read by user 10001", "chgrp 10001", "chmod 640")

    def test_a_folder_that_cannot_be_entered(self):
        folder = tls_folder(self.chain, self.key)
        folder.chmod(0o700)
        self.refused(folder, "error: /www/tls cannot be entered by user 10001", "chgrp 10001", "chmod 750")

    def test_half_of_a_certificate(self):
        folder = tls_folder(self.chain, self.key)
        (folder / "privkey.pem").unlink()
        self.refused(folder, "error: /www/tls/privkey.pem is missing, but the other one is there")

    def test_a_link_that_leads_out_of_the_container(self):
        folder = tls_folder(self.chain, self.key)
        (folder / "privkey.pem").unlink()
        (folder / "privkey.pem").symlink_to("../../archive/site/privkey1.pem")
        self.refused(folder, "error: /www/tls/privkey.pem is a link to ../../archive/site/privkey1.pem, which is not in the container")

    def test_a_key_of_another_certificate(self):
        self.refused(tls_folder(certificate()[0], self.key), "key values mismatch")
