"""Limits of requests and forms."""

import errno
import os
import tempfile
from io import BytesIO

import pytest
from webtest.app import TestRequest

_KILOBYTE = 1024


class _NeverRead(BytesIO):
    def read(self, size=-1):
        raise AssertionError("the body was read")


def _send(browser, path: str, length: int, body: BytesIO | None = None):
    """Send a form as Gunicorn passes it on; without `body`, reading the body fails the test."""
    request = TestRequest.blank(path, method="POST", content_type="application/x-www-form-urlencoded")
    request.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    request.environ["wsgi.input"] = body or _NeverRead()
    request.is_body_seekable = False
    request.content_length = length
    return request.get_response(browser.app)


@pytest.mark.parametrize("path", ["/sign-in", "/author/imports", "/author/media", "/none"])
def test_a_body_without_a_session_is_limited_to_64_kb(browser, path):
    browser.get("/sign-in")

    answer = _send(browser, path, 64 * _KILOBYTE + 1)

    assert (answer.status_int, "64 kB" in answer.text) == (413, True)


def test_a_post_form_without_a_session_may_be_large(browser):
    answer = _send(browser, "/author/posts/new", 3 * 1024 * _KILOBYTE + 1)

    assert (answer.status_int, "3 MB" in answer.text) == (413, True)


@pytest.mark.parametrize("path", ["/author/imports", "/author/media"])
def test_an_upload_without_a_session_is_not_read(browser, path):
    assert _send(browser, path, 1000).status_int == 303


@pytest.mark.parametrize(("path", "most"), [("/author/imports", 64), ("/author/media", 11), ("/author/posts/new", 3)])
def test_an_author_has_larger_limits(ada, path, most):
    answer = _send(ada.browser, path, most * 1024 * _KILOBYTE + 1)

    assert (answer.status_int, f"{most} MB" in answer.text) == (413, True)


def test_a_form_with_too_many_fields_is_refused(ada):
    token = ada.token()

    ada.browser.post("/author/posts/new", f"csrf_token={token}" + "&a=" * 900, status=422)
    page = ada.browser.post("/author/posts/new", f"csrf_token={token}" + "&a=" * 1000, status=400)

    assert "more than 1,000 fields" in page


def test_an_incomplete_form_is_refused(ada):
    answer = _send(ada.browser, "/author/posts/new", 100 * _KILOBYTE, BytesIO(b"title=x"))

    assert (answer.status_int, "was not received completely" in answer.text) == (400, True)


@pytest.mark.parametrize(("path", "size"), [("/author/media", 10_000), ("/author/imports", 5 * 1024 * _KILOBYTE)])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_an_upload_to_a_full_disk_is_reported(ada, site, monkeypatch, caplog, path, size, code):
    token = ada.token()

    def full(*arguments, **options):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(tempfile, "TemporaryFile", full)

    page = ada.browser.post(path, {"csrf_token": token}, upload_files=[("file", "a", b"x" * size)], status=507)

    assert "The disk may be full" in page
    assert os.strerror(code) in caplog.text
    assert site.value("SELECT count(*) FROM imports") == 0


def test_a_disk_that_fills_up_during_an_upload_is_reported(ada, monkeypatch):
    class Full(BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *arguments, **options: Full())

    answer = _send(ada.browser, "/author/imports", 5 * 1024 * _KILOBYTE, BytesIO(b"x" * 5 * 1024 * _KILOBYTE))

    assert (answer.status_int, "The disk may be full" in answer.text) == (507, True)


@pytest.mark.parametrize("name", ["csrf_token", "name", "password", "next"])
def test_a_file_in_a_text_field_is_refused_without_a_session(browser, name):
    page = browser.post("/sign-in", {}, upload_files=[(name, "a.txt", b"text")], status=400)

    assert "A text field contains a file." in page


@pytest.mark.parametrize("name", ["csrf_token", "title", "base", "file"])
def test_a_file_in_a_text_field_is_refused_for_authors(ada, name):
    token = ada.token()

    ada.browser.post("/author/posts/new", {"csrf_token": token}, upload_files=[(name, "a.txt", b"text")], status=400)
    if name != "file":
        ada.browser.post("/author/media", {"csrf_token": token}, upload_files=[(name, "a.txt", b"text")], status=400)
