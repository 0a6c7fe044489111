"""A certificate that is replaced while Nginx runs."""
import http.client
import os
import ssl
import threading
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from certificates import (
    Pair, client_pair, encrypted, expired_pair, handshake, new_pair, put, served_certificate, serves, tls_folder, trusting, trusting_any)
from cryptography import x509
from engine import build
from front import CONTEXT, Front, start_front_and_backend


def wait_for_refusal(front: Front, reason: str) -> None:
    refused = "error: the new certificate /www/tls/fullchain.pem is refused and the previous one stays: "
    front.wait_for(f"refusing it ({reason})", lambda: any(line.startswith(refused) and reason in line for line in front.logs().splitlines()))


@contextmanager
def repeated(visit, threads: int = 1):
    """Call it again and again in the meantime, in each thread."""
    done = threading.Event()

    def work():
        while not done.is_set():
            visit()

    visitors = [threading.Thread(target=work) for _ in range(threads)]
    for visitor in visitors:
        visitor.start()
    try:
        yield
    finally:
        done.set()
        for visitor in visitors:
            visitor.join()


class TestUnderLoad:
    @pytest.fixture(scope="class")
    def folder(self, shared_engine):
        return tls_folder(shared_engine, new_pair())

    @pytest.fixture(scope="class")
    def front(self, shared_engine, folder):
        files = shared_engine.folder({"long.txt": "0123456789abcdef" * 200_000})
        return start_front_and_backend(shared_engine, "--env", "CACHE=off", "--volume", f"{files}:/www/data:ro", tls=folder)

    def test_no_connection_is_lost(self, engine, front, folder):
        old, new = served_certificate(front), new_pair()
        both = trusting(old, new.chain)
        visits: list[str] = []

        def visit():
            try:
                visits.append(str(front.get_secure("/", both).status))
            except (OSError, http.client.HTTPException) as failure:
                visits.append(repr(failure))

        download = engine.start(build(CONTEXT / "tests/http3_client", "Dockerfile"), "--network", "host", command=(
            "--insecure", "--limit-rate", "300k", "--no-buffer", f"https://127.0.0.1:{front.http3}/long.txt"))
        download.wait_for("reading over HTTP/3", download.logs)
        with handshake(front, both) as slow:
            slow.sendall(b"POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhello")
            with repeated(visit):
                put(folder, new)
                front.wait_for("serving the new certificate", lambda: serves(front, new))
            slow.sendall(b"world")
            assert slow.recv(4096).startswith(b"HTTP/1.1 200 ")

        assert download.running(), "The download ended before the certificate was replaced."
        assert download.exit_code() == 0
        assert len(download.logs()) == 3_200_000
        assert set(visits) == {"200"}
        assert len(visits) > 10

    def test_certificate_and_key_are_one_pair_at_each_instant(self, engine):
        one, other = new_pair(), new_pair()
        front = Front(engine, "--volume", f"{tls_folder(engine, other)}:/other:ro", tls=tls_folder(engine, one))
        both = trusting(one.chain, other.chain)
        failures: list[str] = []
        seen: set[str] = set()

        def visit():
            try:
                with handshake(front, both) as connection:
                    seen.add(ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True)))
            except OSError as failure:
                failures.append(repr(failure))

        with repeated(visit, threads=3):
            # The way of take-certificate.sh, two hundred times. The watcher would take the pair in /www/tls again.
            front.execute("sh", "-euc", """
                kill -STOP $(grep -l '[s]erve-certificate' /proc/[0-9]*/cmdline 2>/dev/null | cut -d / -f 3)
                cd /dev/shm/tls
                mkdir -p other/empty
                cp /other/* other
                for pair in $(yes "other $(readlink served)" | head -n 100); do ln -sfn "$pair" next; mv -T next served; done""")

        assert failures == []
        assert seen == {one.chain, other.chain}


def leaf(pair: Pair) -> str:
    return pair.chain[:pair.chain.index("-----END CERTIFICATE-----\n") + len("-----END CERTIFICATE-----\n")]


class TestRefusal:
    """All against one container: the first pair stays in each case."""
    GOOD = new_pair(with_issuer=True)
    OTHER = new_pair(with_issuer=True)

    @pytest.fixture(scope="class")
    def folder(self, shared_engine):
        return tls_folder(shared_engine, self.GOOD)

    @pytest.fixture(scope="class")
    def front(self, shared_engine, folder):
        return Front(shared_engine, "--env", "TLS_HOST=127.0.0.1", "--env", "SITE_HOSTS=certificate", tls=folder)

    @pytest.mark.parametrize("pair, reason", [
        (Pair("garbage", GOOD.key), 'cannot load certificate "/www/tls/fullchain.pem"'),
        (Pair(OTHER.chain, GOOD.key), "key values mismatch"),
        (encrypted(OTHER), "the private key must not be encrypted"),
        (new_pair("other.example", with_issuer=True), "IP address mismatch (certificate 0 of the chain, host 127.0.0.1)"),
        (Pair(leaf(OTHER), OTHER.key), "the certificates of its issuers are missing: append them to the file"),
        (Pair(leaf(OTHER) + GOOD.chain.removeprefix(leaf(GOOD)), OTHER.key), "unable to get local issuer certificate (certificate 0 of the chain, "),
    ], ids=["garbage", "mismatch", "encrypted", "host", "no issuer", "other issuer"])
    def test_a_pair_that_visitors_would_refuse_is_not_served(self, front, folder, pair, reason):
        put(folder, pair)

        wait_for_refusal(front, reason)
        assert serves(front, self.GOOD)
        assert front.execute("cat", "/tmp/nginx/server-names.conf").stdout == "server_name localhost 127.0.0.1;\n"

    def test_the_next_good_pair_is_served(self, front, folder):
        put(folder, self.OTHER)

        front.wait_for("serving the new certificate", lambda: serves(front, self.OTHER))
        front.wait_for_log("the new certificate /www/tls/fullchain.pem is served")


class TestSelfSigned:
    @pytest.fixture(scope="class")
    def folder(self, shared_engine):
        return tls_folder(shared_engine, new_pair())

    @pytest.fixture(scope="class")
    def front(self, shared_engine, folder):
        return Front(shared_engine, "--shm-size", "128k", tls=folder)

    @pytest.mark.parametrize("pair, reason", [
        (expired_pair(), "certificate has expired (certificate 0 of the chain, host any)"),
        (new_pair(begin=datetime.utcnow() + timedelta(days=1)), "certificate is not yet valid (certificate 0 of the chain, host any)"),
        (client_pair(), "unsuitable certificate purpose (certificate 0 of the chain, host any)"),
    ], ids=["expired", "not yet valid", "purpose"])
    def test_an_expired_or_unsuitable_certificate_is_not_served(self, front, folder, pair, reason):
        served = served_certificate(front)
        put(folder, pair)

        wait_for_refusal(front, reason)
        assert served_certificate(front) == served

    def test_a_certificate_is_served_once_there_is_memory_for_it(self, front, folder):
        front.execute("sh", "-c", "cat /dev/zero >/dev/shm/filling", check=False)
        pair = new_pair()
        put(folder, pair)
        wait_for_refusal(front, "No space left on device")
        assert not serves(front, pair)

        front.execute("rm", "/dev/shm/filling")

        front.wait_for("serving the new certificate", lambda: serves(front, pair))
        assert front.logs().count("No space left on device") == 1


def test_links_that_change_their_target_are_noticed(engine):
    pairs, folder = [new_pair(), new_pair()], engine.folder({"archive0/README": "", "archive1/README": ""})
    for number, pair in enumerate(pairs):
        put(folder / f"archive{number}", pair)
    for name in ("fullchain.pem", "privkey.pem"):
        (folder / name).symlink_to(f"archive0/{name}")
    front = Front(engine, tls=folder)
    assert serves(front, pairs[0])

    for name in ("fullchain.pem", "privkey.pem"):
        (folder / f"{name}.new").symlink_to(f"archive1/{name}")
        os.replace(folder / f"{name}.new", folder / name)

    front.wait_for("serving the new certificate", lambda: serves(front, pairs[1]))


class TestNamesOfTheCertificate:
    LONGEST = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])
    MANY = [f"a-rather-long-name-of-a-blog-of-many-authors-number-{number}.blogs.example" for number in range(100)]

    @pytest.fixture(scope="class")
    def folder(self, shared_engine):
        return tls_folder(shared_engine, new_pair(
            "Site.example", "*.site.example", "site.example", "10.11.12.3", "::1", "2001:db8::1:0:0:2", "w*.wild.example", "old.example",
            self.LONGEST, *self.MANY, others=(x509.RFC822Name("me@mail.example"),)))

    @pytest.fixture(scope="class")
    def front(self, shared_engine, folder):
        return Front(shared_engine, "--env", "SITE_HOSTS=certificate", tls=folder)

    @staticmethod
    def responds(front: Front, host: str) -> bool:
        try:
            return front.get_secure("/static/site.css", trusting_any(), Host=host).status == 200
        except http.client.RemoteDisconnected:
            return False

    @pytest.mark.parametrize("host", [
        "localhost", "site.example", "www.site.example:9443", "10.11.12.3", "[::1]", "[2001:db8::1:0:0:2]", LONGEST, MANY[0], MANY[-1]])
    def test_a_name_in_the_certificate_gets_a_response(self, front, host):
        assert self.responds(front, host)

    @pytest.mark.parametrize("host", ["other.example", "mail.example", "10.11.12.4", "[::2]", "www.wild.example"])
    def test_the_connection_is_closed_for_another_name(self, front, host):
        assert not self.responds(front, host)
        assert "server name" not in front.logs()

    def test_a_replaced_certificate_brings_its_names(self, front, folder):
        assert (self.responds(front, "old.example"), self.responds(front, "new.example")) == (True, False)

        put(folder, new_pair("site.example", "new.example"))

        front.wait_for("responding to the new name", lambda: self.responds(front, "new.example"))
        assert self.responds(front, "site.example")
        front.wait_for("closing connections for the old name", lambda: not self.responds(front, "old.example"))
