"""The Nginx image without a certificate: files, the proxy, and when the blog is away."""
import http.client
import json
import socket
import time
import unittest

from test_containers import engine
from test_containers.front import Front, backend

PICTURE = "ab" + "0123456789" * 3

class AFrontAlone(unittest.TestCase):
    """Nothing is behind it: what it answers is its own."""

    @classmethod
    def setUpClass(cls):
        files = engine.folder(**{"page__txt": "ours", "__secret": "hidden"})
        (files / "static").mkdir()
        (files / "static/site.css").write_text("body {}")
        (files / "static/.env").write_text("hidden")
        media = engine.folder(notes__txt="of nobody's business")
        (media / "ab").mkdir()
        for name in (f"{PICTURE}.png", f"{PICTURE}.html", f"{PICTURE}.png.txt", "old.png"):
            (media / "ab" / name).write_text("a picture")
        cls.front = Front("--volume", f"{files}:/www/data:ro", "--volume", f"{media}:/www/media:ro", "--env", "HSTS=on", "--env", "HTTP3_PORT=443")

    def test_starts_and_is_healthy_without_the_blog(self):
        self.assertEqual(b"ok\n", self.front.get("/health").body)

    def test_is_not_run_by_root(self):
        self.assertEqual("10001", self.front.execute("id", "-u").stdout.strip())

    def test_is_process_one(self):
        self.assertEqual("nginx", self.front.execute("cat", "/proc/1/comm").stdout.strip())

    def test_serves_static_files(self):
        answer = self.front.get("/static/site.css")
        self.assertEqual((200, b"body {}"), (answer.status, answer.body))
        self.assertEqual("text/css", answer.headers.get_content_type())
        # A page that is new comes with the stylesheet that belongs to it.
        self.assertEqual("no-cache", answer.headers["Cache-Control"])
        self.assertEqual(304, self.front.get("/static/site.css", If_None_Match=answer.headers["ETag"]).status)

    def test_serves_pictures_for_long(self):
        answer = self.front.get(f"/media/ab/{PICTURE}.png")
        self.assertEqual((200, b"a picture"), (answer.status, answer.body))
        self.assertEqual("image/png", answer.headers.get_content_type())
        self.assertEqual("public, max-age=31536000, immutable", answer.headers["Cache-Control"])
        self.assertEqual("nosniff", answer.headers["X-Content-Type-Options"])

    def test_serves_nothing_else_that_lies_among_the_pictures(self):
        for path in ("notes.txt", "", "ab", "ab/", "ab/old.png", f"ab/{PICTURE}.html", f"ab/{PICTURE}.png.txt", f"ab/{PICTURE}.png/", f"cd/{PICTURE}.png"):
            with self.subTest(path):
                self.assertEqual(404, self.front.get(f"/media/{path}").status)

    def test_serves_other_files_of_the_site(self):
        self.assertEqual(b"ours", self.front.get("/page.txt").body)

    def test_hides_hidden_files(self):
        for path in ("/.secret", "/static/.env", "/static/..%2f.secret"):
            with self.subTest(path):
                self.assertEqual(404, self.front.get(path).status)

    def test_says_so_when_the_blog_is_away(self):
        for method in ("GET", "POST"):
            with self.subTest(method):
                answer = self.front.get("/posts/anything", method)
                self.assertEqual(502, answer.status)
                self.assertIn(b"Back in a moment", answer.body)
                self.assertEqual(("5", "no-store"), (answer.headers["Retry-After"], answer.headers["Cache-Control"]))

    def test_does_not_tell_its_version(self):
        self.assertEqual("nginx", self.front.get("/health").headers["Server"])

    def test_ignores_TLS_settings_without_a_certificate(self):
        headers = self.front.get("/static/site.css").headers
        self.assertEqual((None, None), (headers["Strict-Transport-Security"], headers["Alt-Svc"]))


class AFrontWithABackend(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = engine.network()
        backend(cls.network, "--network-alias", "siteblog")
        cls.front = Front("--network", cls.network, "--env", "CACHE=off")
        cls.front.wait_for("reaching the backend", lambda: cls.front.get("/").status == 200)

    def test_tells_the_blog_who_asks_for_what(self):
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        seen = self.front.get("/a/b?c=d", Host="site.example:8080", traceparent=trace).json()
        self.assertEqual(
            ("/a/b?c=d", "site.example:8080", "site.example:8080", "http", trace),
            (seen["uri"], seen["host"], seen["forwarded_host"], seen["proto"], seen["traceparent"]))
        self.assertEqual(self.front.address(self.network), seen["peer"])

    def test_does_not_pass_on_a_host_that_is_none(self):
        for claimed in ("localhost:@evil.example", "localhost:80@evil.example"):
            with self.subTest(claimed):
                answer = self.front.get("/", Host=claimed)
                self.assertNotIn(b"evil", answer.body)

    def test_does_not_believe_a_visitor_who_claims_to_be_another(self):
        seen = self.front.get("/", X_Forwarded_For="6.6.6.6", X_Real_IP="6.6.6.6", X_Forwarded_Proto="https", X_Forwarded_Host="evil.example", Forwarded="for=6.6.6.6").json()
        self.assertNotIn("6.6.6.6", json.dumps(seen))
        self.assertNotIn("evil.example", json.dumps(seen))
        self.assertEqual("http", seen["proto"])
        self.assertEqual(seen["ip"], seen["for"])

    def test_lets_large_headers_through_both_ways(self):
        big = "x" * 12_000
        answer = self.front.get("/", X_Big=big, Cookie=f"session={big}")
        self.assertEqual(200, answer.status)
        self.assertEqual(big, answer.headers["X-Echo"])
        self.assertEqual(f"session={big}", answer.json()["cookie"])

    def test_refuses_a_body_larger_than_each_place_takes(self):
        for path, most in (("/", 64 * 1024), ("/sign-in", 64 * 1024), ("/author/media", 12 * 1024**2), ("/author/imports", 64 * 1024**2)):
            with self.subTest(path):
                self.assertEqual(413, self.front.get(path, "POST", Content_Length=str(most + 1)).status)

    def test_asks_the_blog_before_it_takes_in_what_authors_send(self):
        for path in ("/author/media", "/author/imports"):
            with self.subTest(path), socket.create_connection(("127.0.0.1", self.front.http), timeout=10) as visitor:
                visitor.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 11000000\r\n\r\na".encode())
                # The answer of the blog, to a body of which nearly all is still to come.
                self.assertEqual(b"HTTP/1.1 200 OK", visitor.recv(4096).partition(b"\r\n")[0])

    def test_does_not_let_hidden_files_through_to_the_blog(self):
        for path in ("/.git/config", "/author/.git", "/tag/../.git"):
            with self.subTest(path):
                self.assertEqual(404, self.front.get(path).status)

    def test_leaves_it_to_the_blog_where_a_bare_path_leads(self):
        for path in ("/tag", "/author", "/author/posts"):
            with self.subTest(path):
                self.assertEqual(path, self.front.get(path).json()["uri"])

    def test_leads_to_a_tag_that_begins_with_a_dot(self):
        self.assertEqual("/tag/.net", self.front.get("/tag/.net").json()["uri"])


class AFrontThatIsPressed(unittest.TestCase):
    def setUp(self):
        network = engine.network()
        backend(network, "--network-alias", "siteblog")
        self.front = Front("--network", network, "--env", "CACHE=off")
        self.front.wait_for("reaching the backend", lambda: self.front.get("/").status == 200)

    def ask(self, times: int, method: str, path: str) -> list[int]:
        """Over one connection: new ones might be so slow that nothing is pressed."""
        visitor = http.client.HTTPConnection("127.0.0.1", self.front.http, timeout=10)
        self.addCleanup(visitor.close)
        answers = []
        for _ in range(times):
            visitor.request(method, path)
            answer = visitor.getresponse()
            answer.read()
            answers.append(answer.status)
        return answers

    def test_slows_down_who_guesses_passwords(self):
        answers = self.ask(150, "POST", "/sign-in")

        self.assertEqual([200] * 30, answers[:30])
        self.assertEqual({200, 429}, set(answers))
        self.assertEqual([200], self.ask(1, "GET", "/sign-in"))

    def test_slows_down_neither_who_writes_nor_who_reads(self):
        self.assertEqual([200] * 100, self.ask(100, "POST", "/author/posts/1"))
        self.assertEqual([200] * 300, self.ask(300, "GET", "/"))


class AFrontWithASlowReader(unittest.TestCase):
    def setUp(self):
        network = engine.network()
        backend(network, "--network-alias", "siteblog", "--volume", f"{engine.folder(large='x' * 20_000_000)}:/pages:ro")
        self.front = Front("--network", network)
        self.front.wait_for("reaching the backend", lambda: self.front.get("/").status == 200)

    def read_slowly(self, path: str) -> None:
        reader = socket.create_connection(("127.0.0.1", self.front.http), timeout=10)
        self.addCleanup(reader.close)
        reader.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        self.assertEqual(b"HTTP/1.1 200 OK", reader.recv(4096).partition(b"\r\n")[0])

    def test_holds_a_page_back_for_them_but_no_export(self):
        self.read_slowly("/author/export")
        self.read_slowly("/large")

        # The export has waited longer than the page: it would be in the log too.
        self.front.wait_for_log("buffered to a temporary file")

        held_back = [line for line in self.front.logs().splitlines() if "buffered to a temporary file" in line]
        self.assertEqual(1, len(held_back), held_back)
        self.assertIn('"GET /large HTTP/1.1"', held_back[0])


class AFrontThatKeepsPages(unittest.TestCase):
    def setUp(self):
        network, pages = engine.network(), engine.folder()
        (pages / "kept").mkdir()
        self.page = pages / "kept/post"
        self.page.write_text("a post")
        self.blog = backend(network, "--volume", f"{pages}:/pages:ro")
        # By its address, as the AppHost gives it: a name that is gone would leave Nginx nobody to ask, and no page of old.
        self.front = Front("--network", network, "--env", f"BLOG_URL=http://{self.blog.address(network)}:8000")
        self.front.wait_for("reaching the blog", lambda: self.front.get("/kept/post").status == 200)

    @staticmethod
    def let_pages_expire() -> None:
        """For nobody asks meanwhile: it is the first to ask who must not get what is too old."""
        time.sleep(3)

    def test_shows_what_is_new_to_the_first_who_asks(self):
        self.page.write_text("another text")
        self.let_pages_expire()

        self.assertEqual(b"another text", self.front.get("/kept/post").body)

    def test_asks_the_blog_anew_for_who_has_signed_in_and_for_nobody_else(self):
        for cookie in ("boneyard_session", "boneyard_sign_in"):
            self.assertEqual(200, self.front.get(f"/kept/post?{cookie}", Cookie=f"{cookie}=x").status)
            self.front.wait_for_log(f"/kept/post?{cookie}")

        asked = [json.loads(line) for line in self.front.logs().splitlines() if "/kept/post?" in line]
        self.assertEqual(["BYPASS", "MISS"], [request["cache"] for request in asked])

    def test_shows_a_withdrawn_post_to_nobody(self):
        self.page.unlink()
        self.let_pages_expire()

        self.assertEqual(404, self.front.get("/kept/post").status)

    def test_shows_pages_while_the_blog_is_away_but_none_that_was_withdrawn(self):
        other = self.page.with_name("other")
        other.write_text("another post")
        self.assertEqual(200, self.front.get("/kept/other").status)
        self.page.unlink()
        self.let_pages_expire()
        self.assertEqual(404, self.front.get("/kept/post").status)
        self.blog.remove()
        self.let_pages_expire()

        self.assertEqual((200, b"another post"), ((kept := self.front.get("/kept/other")).status, kept.body))
        self.assertEqual(404, self.front.get("/kept/post").status)

    def test_shows_nobody_a_page_made_for_another_host(self):
        for claimed, passed_on in (("site.example:@evil.example", b"site.example"), ("site.example:81", b"site.example:81"),
                                   ("site.example", b"site.example"), ("[::1]:8080", b"[::1]:8080")):
            with self.subTest(claimed):
                self.assertEqual(passed_on, self.front.get("/kept/host", Host=claimed).body)


class ABlogThatMoves(unittest.TestCase):
    def test_is_found_at_its_new_address(self):
        network = engine.network()
        first = backend(network, "--network-alias", "siteblog")
        front = Front("--network", network, "--env", "CACHE=off")
        before = front.wait_for("reaching the first", lambda: (a := front.get("/")).status == 200 and a).json()["me"]

        first.remove()
        self.assertEqual(502, front.wait_for("away", lambda: (a := front.get("/")).status != 200 and a).status)
        # Something else takes the address that became free.
        backend(network)
        backend(network, "--network-alias", "siteblog")

        after = front.wait_for("reaching the second", lambda: (a := front.get("/")).status == 200 and a, seconds=5).json()["me"]
        self.assertNotEqual(before, after)


class Hosts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.front = Front("--env", "SITE_HOSTS=site.example *.site.example")

    def test_that_are_ours_are_answered(self):
        for host in ("site.example", "SITE.example:8080", "www.site.example"):
            with self.subTest(host):
                self.assertEqual(200, self.front.get("/static/site.css", Host=host).status)

    def test_that_are_unknown_get_no_answer(self):
        for host in ("other.example", "site.example.evil", "127.0.0.1"):
            with self.subTest(host), self.assertRaises(http.client.RemoteDisconnected):
                self.front.get("/static/site.css", Host=host)

    def test_do_not_matter_to_health(self):
        self.assertEqual(200, self.front.get("/health", Host="127.0.0.1").status)


class ARestrictedFront(unittest.TestCase):
    def test_runs_on_a_read_only_file_system_without_any_capability(self):
        front = Front("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
        self.assertEqual(200, front.get("/static/site.css").status)
        self.assertNotEqual(0, front.execute("touch", "/www/data/x", check=False).returncode)

    def test_stops_at_once_though_a_browser_keeps_its_connection(self):
        front = Front()
        browser = http.client.HTTPConnection("127.0.0.1", front.http, timeout=10)
        browser.request("GET", "/health")
        browser.getresponse().read()

        self.assertEqual(0, front.stop())


class WhatIsRefused(unittest.TestCase):
    def test_wrong_settings(self):
        for setting, message in (
                ("BLOG_URL=siteblog:8000", "BLOG_URL is 'siteblog:8000'; it has to be an http URL"),
                ("BLOG_URL=http://a;b", "BLOG_URL is 'http://a;b'"),
                ("CACHE=maybe", "CACHE is 'maybe'; it has to be on or off"),
                ("HSTS=1", "HSTS is '1'; it has to be on or off"),
                ("HTTPS_PORT=0", "HTTPS_PORT is '0'; it has to be a port, 1 to 65535"),
                ("HTTPS_PORT=65536", "HTTPS_PORT is '65536'"),
                ("HTTPS_PORT=https", "HTTPS_PORT is 'https'"),
                ("HTTP3_PORT=on", "HTTP3_PORT is 'on'; it has to be a port, 1 to 65535"),
                ("SITE_HOSTS=a;b", "SITE_HOSTS is 'a;b'")):
            with self.subTest(setting):
                done = engine.run("run", "--rm", "--name", engine.new_name(), "--env", setting, engine.FRONT, check=False)
                self.assertEqual(1, done.returncode)
                self.assertIn(f"error: {message}", done.stderr)
