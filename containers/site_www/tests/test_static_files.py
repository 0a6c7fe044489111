"""Nginx without a certificate and without the blog."""
import http.client
import socket

import pytest
from front import Front

MEDIA = "ab" + "0123456789" * 3


@pytest.fixture(scope="module")
def front(shared_engine):
    files = shared_engine.folder({"page.txt": "static", ".secret": "hidden", "static/site.css": "body {}", "static/.env": "hidden"})
    media = shared_engine.folder({"notes.txt": "private"} | {
        f"ab/{name}": "an image" for name in (f"{MEDIA}.png", f"{MEDIA}.html", f"{MEDIA}.png.txt", "old.png")})
    return Front(shared_engine, "--volume", f"{files}:/www/data:ro", "--volume", f"{media}:/www/media:ro", "--env", "HSTS=on", "--env", "HTTP3_PORT=443")


def test_the_front_is_healthy_without_the_blog(front):
    assert front.get("/health").body == b"ok\n"


def test_Nginx_is_process_1_and_not_root(front):
    assert front.execute("cat", "/proc/1/comm").stdout.strip() == "nginx"
    assert front.execute("id", "-u").stdout.strip() == "10001"


def test_browsers_revalidate_static_files(front):
    response = front.get("/static/site.css")

    assert (response.status, response.body) == (200, b"body {}")
    assert response.headers.get_content_type() == "text/css"
    assert response.headers["Cache-Control"] == "no-cache"
    assert front.get("/static/site.css", If_None_Match=response.headers["ETag"]).status == 304


def test_browsers_keep_media_for_a_year(front):
    response = front.get(f"/media/ab/{MEDIA}.png")

    assert (response.status, response.body) == (200, b"an image")
    assert response.headers.get_content_type() == "image/png"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", [
    "notes.txt", "", "ab", "ab/", "ab/old.png", f"ab/{MEDIA}.html", f"ab/{MEDIA}.png.txt", f"ab/{MEDIA}.png/", f"cd/{MEDIA}.png"])
def test_other_files_in_the_media_folder_are_not_served(front, path):
    assert front.get(f"/media/{path}").status == 404


def test_files_outside_static_are_served(front):
    assert front.get("/page.txt").body == b"static"


@pytest.mark.parametrize("path", ["/.secret", "/static/.env", "/static/..%2f.secret"])
def test_hidden_files_are_not_served(front, path):
    assert front.get(path).status == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_says_that_the_blog_does_not_respond(front, method):
    response = front.get("/posts/anything", method)

    assert response.status == 502
    assert b"The service is temporarily unavailable" in response.body
    assert (response.headers["Retry-After"], response.headers["Cache-Control"]) == ("5", "no-store")


def test_the_version_of_Nginx_is_not_disclosed(front):
    assert front.get("/health").headers["Server"] == "nginx"


def test_HSTS_and_HTTP_3_are_ignored_without_a_certificate(front):
    headers = front.get("/static/site.css").headers
    assert (headers["Strict-Transport-Security"], headers["Alt-Svc"]) == (None, None)


def test_a_request_without_a_host_gets_a_response(front):
    with socket.create_connection(("127.0.0.1", front.http), timeout=10) as visitor:
        visitor.sendall(b"GET /page.txt HTTP/1.0\r\n\r\n")
        assert visitor.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_read_only_root_file_system_without_capabilities_is_enough(engine):
    front = Front(engine, "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")

    assert front.get("/static/site.css").status == 200
    assert front.execute("touch", "/www/data/x", check=False).returncode != 0


def test_an_idle_connection_does_not_delay_the_stop_and_the_access_log_is_complete(engine):
    front = Front(engine)
    browser = http.client.HTTPConnection("127.0.0.1", front.http, timeout=10)
    browser.request("GET", "/static/site.css?last")
    browser.getresponse().read()

    assert front.stop() == 0
    assert '"uri":"/static/site.css?last"' in front.logs()


class TestSiteHosts:
    @pytest.fixture(scope="class")
    def front(self, shared_engine):
        return Front(shared_engine, "--env", "SITE_HOSTS=site.example *.site.example")

    @pytest.mark.parametrize("host", ["site.example", "SITE.example:8080", "www.site.example"])
    def test_a_listed_host_gets_a_response(self, front, host):
        assert front.get("/static/site.css", Host=host).status == 200

    @pytest.mark.parametrize("host", ["other.example", "site.example.evil", "127.0.0.1"])
    def test_the_connection_is_closed_for_an_unknown_host(self, front, host):
        with pytest.raises(http.client.RemoteDisconnected):
            front.get("/static/site.css", Host=host)

    def test_health_responds_for_any_host(self, front):
        assert front.get("/health", Host="127.0.0.1").status == 200
