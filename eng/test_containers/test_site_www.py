"""The Nginx image without a certificate: files, the proxy, and when the blog is away."""
import http.client
import json
import unittest

from test_containers import engine
from test_containers.front import Front, backend


class AFrontAlone(unittest.TestCase):
    """Nothing is behind it: what it answers is its own."""

    @classmethod
    def setUpClass(cls):
        files = engine.folder(**{"page__txt": "ours", "__secret": "hidden"})
        (files / "static").mkdir()
        (files / "static/site.css").write_text("body {}")
        (files / "static/.env").write_text("hidden")
        cls.front = Front("--volume", f"{files}:/www/data:ro", "--env", "HSTS=on", "--env", "HTTP3_PORT=443")

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
        self.assertEqual("public, max-age=86400", answer.headers["Cache-Control"])
        self.assertEqual(304, self.front.get("/static/site.css", If_None_Match=answer.headers["ETag"]).status)

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

    def test_refuses_a_body_larger_than_a_picture(self):
        self.assertEqual(413, self.front.get("/", "POST", Content_Length=str(13 * 1024 * 1024)).status)

    def test_does_not_let_hidden_files_through_to_the_blog(self):
        self.assertEqual(404, self.front.get("/.git/config").status)


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
