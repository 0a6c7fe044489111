"""The server process: start, outages of the database, stop, reload."""

import http.client
import shutil
import socket
import subprocess
import time

import pytest

from servers import SOURCE, Server


def _behind(gate) -> dict[str, str]:
    return {"BLOG_HOST": "127.0.0.1", "BLOG_PORT": str(gate.port)}


def test_each_request_is_logged_as_a_json_line(site, tmp_path):
    site.add_post()
    with Server(tmp_path / "log") as server:
        server.wait_until_ready()

        answer = server.get(
            "/post/a-post", X_Real_IP="198.51.100.7", traceparent="00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"
        )

        line = server.wait_for_access_line("/post/a-post")
    assert answer.status == 200
    assert line["status"] == 200
    assert line["method"] == "GET"
    assert line["route"] == "post"
    assert line["client"] == "198.51.100.7"
    assert line["trace_id"] == "ab" * 16
    assert line["bytes"] == len(answer.text.encode())
    assert line["ms"] > 0


def test_it_listens_on_ipv4_and_ipv6(site, tmp_path):
    with Server(tmp_path / "log") as server:
        server.wait_until_ready()

        for host in ("127.0.0.1", "::1"):
            connection = http.client.HTTPConnection(host, server.port, timeout=20)
            connection.request("GET", f"/archive?{host}")

            assert connection.getresponse().status == 200
            assert server.wait_for_access_line(f"/archive?{host}")["client"] == host


def test_it_starts_without_a_database_and_recovers(site, tmp_path, gate):
    gate.close()
    with Server(tmp_path / "log", **_behind(gate)) as server:
        alive = server.wait_for("/alive", lambda answer: answer.status == 200)
        health = server.get("/health")
        page = server.get("/")
        gate.open()
        ready = server.wait_until_ready()

    assert alive.json == {"status": "alive"}
    assert health.status == 503
    assert health.json == {"status": "unhealthy", "database": "unreachable", "schema": None}
    assert page.status == 503
    assert "Try again in a few seconds." in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert ready.json["database"] == "reachable"


def test_it_survives_a_restart_of_the_database(site, tmp_path, gate):
    site.add_post()
    with Server(tmp_path / "log", **_behind(gate)) as server:
        server.wait_until_ready()
        for _ in range(8):
            assert server.get("/").status == 200
        gate.close()
        during = server.get("/").status, server.get("/health").status, server.get("/alive").status
        gate.open()

        after = [server.get("/").status for _ in range(12)]

    assert during == (503, 503, 200)
    assert after == [200] * 12


def test_connections_that_the_database_closed_are_replaced(site, tmp_path):
    site.add_post()
    with Server(tmp_path / "log") as server:
        server.wait_until_ready()
        for _ in range(8):
            server.get("/")
        site.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'boneyard-blog' AND pid <> pg_backend_pid()"
        )

        assert [server.get("/").status for _ in range(12)] == [200] * 12


def test_it_adds_the_first_author(site, tmp_path):
    with Server(tmp_path / "log", FIRST_AUTHOR="grace", FIRST_AUTHOR_PASSWORD="a good long password") as server:
        server.wait_until_ready()
        deadline = time.monotonic() + 30
        while not site.execute("SELECT name FROM authors") and time.monotonic() < deadline:
            time.sleep(0.05)

    assert site.execute("SELECT name FROM authors") == [("grace",)]


def test_it_stops_promptly_with_an_idle_connection(site, tmp_path):
    with Server(tmp_path / "log") as server:
        server.wait_until_ready()
        kept_open = socket.create_connection(("127.0.0.1", server.port))
        kept_open.sendall(b"GET /alive HTTP/1.1\r\nHost: x\r\n\r\n")
        kept_open.recv(4096)

        # Gunicorn's own worker waits for the connection for the whole graceful_timeout.
        server.terminate()
        kept_open.close()

    assert server.process.returncode == 0


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (
            {"SESSION_SECRET": ""},
            "boneyard-blog: SESSION_SECRET is not set: set it to a random text of at least 32 characters\n",
        ),
        ({"BLOG_PORT": "x"}, "boneyard-blog: BLOG_PORT=x: must be a whole number from 1 to 65535\n"),
        ({"GUNICORN_WORKERS": "many"}, "boneyard-blog: GUNICORN_WORKERS=many: must be a whole number from 1 to 64\n"),
        ({"INI_FILE": "other.ini"}, "boneyard-blog: INI_FILE=other.ini: file not found in /srv/site: use"),
        ({"MEDIA_FOLDER": "/nowhere"}, "boneyard-blog: MEDIA_FOLDER=/nowhere: must be a folder that user 10001 can write to"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_EXPORTER_OTLP_PROTOCOL": "smoke"},
            "OTEL_EXPORTER_OTLP_PROTOCOL=smoke: must be grpc or http/protobuf",
        ),
    ],
)
def test_an_invalid_setting_stops_the_start_with_one_line(tmp_path, environment, message):
    with Server(tmp_path / "log", **environment) as server:
        server.process.wait(10)

    assert server.process.returncode == 78
    assert message in server.log
    assert server.log.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[app:other]", "blog.title is not set: set it in the section [app:main] of the ini file"),
        ("blog.title", "cannot be parsed (Source contains parsing errors"),
        ("blog.title = x", "option 'blog.title' in section 'app:main' already exists"),
    ],
)
def test_an_invalid_ini_file_stops_the_start_with_one_line(tmp_path, line, message):
    ini = tmp_path / "wrong.ini"
    right = (SOURCE / "production.ini").read_text()
    ini.write_text(right.replace("blog.development = false", f"blog.development = false\n{line}"))
    with Server(tmp_path / "log", INI_FILE=str(ini)) as server:
        server.process.wait(10)

    assert server.process.returncode == 78
    assert message in server.log
    assert server.log.count("\n") == 1


def test_malformed_requests_are_refused(site, tmp_path):
    with Server(tmp_path / "log") as server:
        server.wait_until_ready()
        for nonsense in (
            b"\x16\x03\x01\x02\x00",
            b"GET\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"\0" * 100,
            b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", server.port), 5) as connection:
                connection.sendall(nonsense)
                connection.settimeout(5)
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(4096)
            assert not answer or answer.startswith(b"HTTP/1.1 4"), (nonsense, answer)

        assert server.get("/").status == 200
        huge = server.get("/", X_Large="x" * 20_000)
        assert huge.status in (400, 431)


@pytest.fixture
def workshop(tmp_path):
    """A copy of the source that a test can change."""
    copy = tmp_path / "site"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["chmod", "-R", "u+w", copy], check=True)
    return copy


def test_in_development_a_saved_template_is_reloaded(site, tmp_path, workshop):
    with Server(tmp_path / "log", workshop, INI_FILE="development.ini", PYTHONDONTWRITEBYTECODE="1") as server:
        server.wait_until_ready()
        template = workshop / "boneyard_blog/templates/posts/archive.jinja2"

        template.write_text(template.read_text().replace("<h1>Archive</h1>", "<h1>Changed</h1>"))

        server.wait_for("/archive", lambda answer: "<h1>Changed</h1>" in answer.text, 5)
        assert server.get("/archive").headers["Cache-Control"] == "no-cache"
        assert "ETag" not in server.get("/archive").headers


def test_in_development_saved_python_is_reloaded(site, tmp_path, workshop):
    with Server(tmp_path / "log", workshop, INI_FILE="development.ini", PYTHONDONTWRITEBYTECODE="1") as server:
        server.wait_until_ready()
        module = workshop / "boneyard_blog/web/templating.py"
        # The lock file of an editor: a broken link.
        (module.parent / ".#templating.py").symlink_to("me@host.1:2")

        module.write_text(module.read_text().replace('settings["blog.title"]', '"Changed title"'))

        server.wait_for("/", lambda answer: "Changed title" in answer.text, 5)
        time.sleep(0.5)  # for the check for changes during the import
    assert "Exception in thread" not in server.log


MISTAKES = ["def broken(:\n", "raise RuntimeError('a mistake')\n", "import no_such_module\n", "raise SystemExit(3)\n"]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_in_development_an_error_is_shown_until_it_is_corrected(site, tmp_path, workshop, mistake):
    with Server(tmp_path / "log", workshop, INI_FILE="development.ini", PYTHONDONTWRITEBYTECODE="1") as server:
        server.wait_until_ready()
        module = workshop / "boneyard_blog/posts/views/home.py"
        good = module.read_text()

        module.write_text(good + mistake)
        broken = server.wait_for("/", lambda answer: answer.status == 500, 5)
        module.write_text(good)
        server.wait_for("/", lambda answer: answer.status == 200, 5)

        assert server.process.poll() is None
    assert "Error in the source" in broken.text and "home.py" in broken.text
    assert "home.py" in server.log


def test_in_development_a_start_with_an_error_recovers(site, tmp_path, workshop):
    module = workshop / "boneyard_blog/posts/views/home.py"
    good = module.read_text()
    module.write_text(good + MISTAKES[0])

    with Server(tmp_path / "log", workshop, INI_FILE="development.ini", PYTHONDONTWRITEBYTECODE="1") as server:
        server.wait_for("/", lambda answer: answer.status == 500 and "home.py" in answer.text, 15)
        module.write_text(good)
        server.wait_for("/", lambda answer: answer.status == 200, 5)


def test_in_development_an_error_in_a_template_is_shown(site, tmp_path, workshop):
    with Server(tmp_path / "log", workshop, INI_FILE="development.ini", PYTHONDONTWRITEBYTECODE="1") as server:
        server.wait_until_ready()
        template = workshop / "boneyard_blog/templates/posts/home.jinja2"
        good = template.read_text()

        template.write_text(good + "{% if %}")
        broken = server.wait_for("/", lambda answer: answer.status == 500, 5)
        template.write_text(good)
        server.wait_for("/", lambda answer: answer.status == 200, 5)

    assert "TemplateSyntaxError" in broken.text and "home.jinja2" in broken.text
    assert broken.headers["Cache-Control"] == "no-store"
