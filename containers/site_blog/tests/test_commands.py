"""The command line boneyard-blog."""

import os
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, StringIO
from unittest.mock import patch
from zipfile import ZipFile

import pytest

from boneyard_blog import commands, schema
from boneyard_blog.commands import exchange


def _run(*arguments, stdin="", status=0):
    """Run a command in this process, which saves the seconds of a process's start."""
    output = StringIO()
    with redirect_stdout(output), redirect_stderr(output), patch("sys.stdin", StringIO(stdin)):
        assert commands.main(list(arguments)) == status, output.getvalue()
    return output.getvalue()


def _run_process(*arguments):
    return subprocess.run(["boneyard-blog", *arguments], capture_output=True, check=True)


def test_an_author_is_added_and_can_sign_in(make_author, site):
    assert _run("author", "add", "grace", stdin="a good long password\n") == "Added grace.\n"

    grace = make_author("someone else")
    grace.name = "grace"
    grace.sign_in("a good long password", status=303)
    assert _run("author", "list") == "grace\nsomeone else\n"


@pytest.mark.parametrize(
    ("name", "password", "message"),
    [
        ("grace", "short", "A password must have 12 to 200 characters."),
        ("", "a good long password", "is not valid"),
        ("a\x01b", "a good long password", "is not valid"),
        ("x" * 61, "a good long password", "is not valid"),
        ("ada", "a good long password", "An author named ada exists already"),
    ],
)
def test_an_invalid_author_is_refused(make_author, name, password, message):
    make_author("ada")

    assert message in _run("author", "add", name, stdin=password, status=1)


def test_a_password_is_changed(make_author):
    ada = make_author("ada")

    assert _run("author", "password", "ada", stdin="a good long password") == "Changed the password of ada.\n"

    ada.sign_in("a good long password", status=303)
    assert "There is no author named nobody" in _run("author", "password", "nobody", stdin="x", status=1)


def test_a_new_password_ends_a_lockout(make_author, site):
    ada = make_author("ada")
    ada.sign_in("wrong", status=422)
    site.execute("UPDATE sign_in_failures SET failures = 1000 WHERE subject LIKE '%in all'")
    ada.sign_in("wrong", status=422)
    ada.sign_in(status=429)

    _run("author", "password", "ada", stdin="a good long password")

    ada.sign_in("a good long password", status=303)


def test_posts_are_exported_and_imported(site, tmp_path):
    site.add_post("One", "one")
    file = str(tmp_path / "posts.zip")

    out = _run("export", file)
    site.execute("DELETE FROM posts")
    into = _run("import", file)

    assert out == f"Exported 1 posts to {file}.\n"
    assert "Reading posts: 1 of 1" in into and "1 posts added, 0 changed, 0 unchanged; 0 images." in into
    assert site.value("SELECT slug FROM posts") == "one"


def test_posts_are_exported_to_standard_output(site):
    site.add_post("One", "one")

    done = _run_process("export", "-")

    with ZipFile(BytesIO(done.stdout)) as archive:
        assert archive.namelist() == ["posts/one.md"]
    assert done.stderr == b"Exported 1 posts to standard output.\n"


def test_a_failed_export_keeps_the_previous_file(site, tmp_path, monkeypatch, capsys):
    file = tmp_path / "posts.zip"
    file.write_bytes(b"the one before")

    def fails(*arguments):
        yield b"PK"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exchange, "exported", fails)

    assert commands.main(["export", str(file)]) == 1

    assert "No space left on device" in capsys.readouterr().err
    assert (file.read_bytes(), os.listdir(tmp_path)) == (b"the one before", ["posts.zip"])


def test_a_file_that_cannot_be_read_is_named(site, tmp_path):
    assert "No such file" in _run("import", "/nowhere.zip", status=1)
    (tmp_path / "bad.zip").write_bytes(b"not a zip")
    assert "The zip file cannot be read" in _run("import", str(tmp_path / "bad.zip"), status=1)


def test_the_schema_is_shown(site):
    assert _run("schema", "show") == f"database {schema.HEAD}, container {schema.HEAD}\n"


def test_a_missing_setting_is_reported_in_one_line(monkeypatch):
    monkeypatch.delenv("SESSION_SECRET")

    said = _run("author", "list", status=1)

    assert said.startswith("boneyard-blog: SESSION_SECRET is not set") and said.count("\n") == 1


def test_an_unreachable_database_is_reported_in_one_line(monkeypatch):
    monkeypatch.setenv("BLOG_HOST", "127.0.0.1")
    monkeypatch.setenv("BLOG_PORT", "1")

    said = _run("author", "list", status=1)

    assert said.startswith("boneyard-blog: cannot connect to the database") and said.count("\n") == 1


def test_help_names_the_commands():
    said = _run_process("--help").stdout.decode()

    assert all(name in said for name in ("author", "schema", "export", "import"))
