"""Requests that Nginx passes on to the blog."""
import http.client
import json
import socket

import pytest
from front import Front, start_backend, start_front_and_backend


@pytest.fixture(scope="module")
def front(shared_engine):
    return start_front_and_backend(shared_engine, "--env", "CACHE=off", pages=shared_engine.folder({"large": "x" * 20_000_000}))


def test_the_blog_gets_host_scheme_and_trace_of_the_request(front):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    seen = front.get("/a/b?c=d", Host="site.example:8080", traceparent=trace).json()

    assert (seen["uri"], seen["host"], seen["forwarded_host"], seen["proto"], seen["traceparent"]) == (
        "/a/b?c=d", "site.example:8080", "site.example:8080", "http", trace)
    assert seen["peer"] == front.execute("hostname", "-i").stdout.strip()


@pytest.mark.parametrize("claimed", ["localhost:@evil.example", "localhost:80@evil.example"])
def test_an_invalid_host_is_not_passed_on(front, claimed):
    assert b"evil" not in front.get("/", Host=claimed).body


def test_forwarding_headers_of_the_visitor_are_replaced(front):
    seen = front.get("/", X_Forwarded_For="6.6.6.6", X_Real_IP="6.6.6.6", X_Forwarded_Proto="https", X_Forwarded_Host="evil.example",
                     Forwarded="for=6.6.6.6").json()

    assert "6.6.6.6" not in json.dumps(seen)
    assert "evil.example" not in json.dumps(seen)
    assert seen["proto"] == "http"
    assert seen["for"] == seen["ip"]


def test_large_headers_pass_in_both_directions(front):
    big = "x" * 12_000

    response = front.get("/", X_Big=big, Cookie=f"session={big}")

    assert response.status == 200
    assert response.headers["X-Echo"] == big
    assert response.json()["cookie"] == f"session={big}"


@pytest.mark.parametrize("path, limit", [
    ("/", 64 * 1024), ("/sign-in", 64 * 1024), ("/author/media", 12 * 1024**2), ("/author/imports", 64 * 1024**2)])
def test_a_body_above_the_limit_of_its_path_is_refused(front, path, limit):
    assert front.get(path, "POST", Content_Length=str(limit + 1)).status == 413


@pytest.mark.parametrize("path", ["/author/media", "/author/imports"])
def test_the_blog_responds_before_an_upload_is_complete(front, path):
    with socket.create_connection(("127.0.0.1", front.http), timeout=10) as visitor:
        visitor.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 11000000\r\n\r\na".encode())
        assert visitor.recv(4096).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("path", ["/.git/config", "/author/.git", "/tag/../.git"])
def test_hidden_files_are_not_requested_from_the_blog(front, path):
    assert front.get(path).status == 404


@pytest.mark.parametrize("path", ["/tag", "/author", "/author/posts", "/tag/.net"])
def test_the_blog_gets_the_path_unchanged(front, path):
    assert front.get(path).json()["uri"] == path


def test_a_page_for_a_slow_reader_is_buffered_but_an_export_is_not(front):
    def read_slowly(path: str) -> socket.socket:
        reader = socket.create_connection(("127.0.0.1", front.http), timeout=10)
        reader.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert reader.recv(4096).startswith(b"HTTP/1.1 200 OK")
        return reader

    with read_slowly("/author/export"), read_slowly("/large"):
        # The export is older: by now its line would be in the log.
        front.wait_for_log("buffered to a temporary file")
        buffered = [line for line in front.logs().splitlines() if "buffered to a temporary file" in line]

    assert ["/large" in line for line in buffered] == [True], buffered


class TestRateLimit:
    @pytest.fixture
    def fresh_front(self, engine):
        """With the limits unused: they are per address, and all tests have the same one."""
        return start_front_and_backend(engine, "--env", "CACHE=off")

    @staticmethod
    def send(front: Front, times: int, method: str, path: str) -> list[int]:
        """Over one connection: new ones could be too slow to reach the limit."""
        visitor = http.client.HTTPConnection("127.0.0.1", front.http, timeout=10)
        statuses = []
        for _ in range(times):
            visitor.request(method, path)
            response = visitor.getresponse()
            response.read()
            statuses.append(response.status)
        visitor.close()
        return statuses

    def test_guessing_passwords_is_limited(self, fresh_front):
        statuses = self.send(fresh_front, 150, "POST", "/sign-in")

        assert statuses[:30] == [200] * 30
        assert set(statuses) == {200, 429}
        assert self.send(fresh_front, 1, "GET", "/sign-in") == [200]

    def test_writing_and_reading_are_not_limited(self, fresh_front):
        assert self.send(fresh_front, 100, "POST", "/author/posts/1") == [200] * 100
        assert self.send(fresh_front, 300, "GET", "/") == [200] * 300


def test_a_blog_that_was_recreated_is_found_at_its_new_address(engine):
    network = engine.network()
    first = start_backend(engine, network, "--network-alias", "siteblog")
    front = Front(engine, "--network", network, "--env", "CACHE=off")
    before = front.wait_for("reaching the first", lambda: (page := front.get("/")).status == 200 and page).json()["me"]

    first.remove()
    # 504 while Nginx still connects to the address that it has resolved.
    front.wait_for("unavailable", lambda: front.get("/").status == 502)
    # This one takes the free address.
    start_backend(engine, network)
    start_backend(engine, network, "--network-alias", "siteblog")

    after = front.wait_for("reaching the second", lambda: (page := front.get("/")).status == 200 and page, seconds=5).json()["me"]
    assert before != after
