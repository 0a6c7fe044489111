"""Signing in and out, sessions, lockout, passwords."""

import pytest
from webtest import TestApp

from boneyard_blog.auth import passwords
from helpers import Author


def test_an_author_signs_in_and_reaches_the_desk(make_author):
    ada = make_author("ada")

    response = ada.sign_in(status=303)

    assert response.location == "http://blog.test/author/"
    assert response.follow().html.h1.text == "Desk"


@pytest.mark.parametrize("path", ["/author/", "/author/posts/new", "/author/posts/1", "/author/posts/1/revisions",
                                  "/author/media", "/author/imports", "/author/export", "/author/password"])  # fmt: skip
def test_anonymous_user_is_redirected_to_the_sign_in_form(browser, site, path):
    site.add_post()

    response = browser.get(path, status=303)

    assert response.location.startswith("http://blog.test/sign-in?next=%2Fauthor")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/author/posts/new", 403),
        ("/author/posts/1", 403),
        ("/author/posts/1/bin", 303),
        ("/author/posts/1/erase", 303),
        ("/author/posts/1/revisions/restore", 303),
        ("/author/media", 303),
        ("/author/imports", 303),
    ],
)
def test_anonymous_user_cannot_write(browser, site, path, status):
    site.add_post()
    token = browser.get("/sign-in").forms[0]["csrf_token"].value

    browser.post(path, {"csrf_token": token, "title": "x"}, status=status)

    assert site.execute("SELECT title, deleted_at FROM posts") == [("A post", None)]


def test_signing_in_returns_to_the_requested_page(make_author):
    ada = make_author("ada")
    form = ada.browser.get("/author/media").follow().forms[0]
    form["name"], form["password"] = "ada", ada.password

    assert form.submit().location == "http://blog.test/author/media"


@pytest.mark.parametrize(
    "next_path", ["http://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/\n/x", "/日本"]
)
def test_signing_in_never_redirects_to_another_site(make_author, next_path):
    ada = make_author("ada")
    form = ada.browser.get("/sign-in").forms[0]
    form["name"], form["password"] = "ada", ada.password
    form["next"].force_value(next_path)

    assert form.submit(status=303).location == "http://blog.test/author/"


@pytest.mark.parametrize(
    ("name", "password"),
    [("ada", "wrong"), ("nobody", "correct horse battery"), ("", ""), ("ada\x00", "x"), ("a" * 5000, "b" * 5000)],
)
def test_an_unknown_name_and_a_wrong_password_get_the_same_response(make_author, name, password):
    ada = make_author("ada")
    form = ada.browser.get("/sign-in").forms[0]
    form["name"], form["password"] = name, password

    assert "Wrong name or password." in form.submit(status=422)


def test_the_session_cookie_has_security_attributes(make_author):
    ada = make_author("ada")
    ada.browser.extra_environ["wsgi.url_scheme"] = "https"
    form = ada.browser.get("/sign-in").forms[0]
    form["name"], form["password"] = "ada", ada.password

    cookie = form.submit(headers={"Referer": "https://blog.test/sign-in"}).headers["Set-Cookie"]

    assert "HttpOnly" in cookie and "secure" in cookie and "SameSite=Lax" in cookie


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_token_of_the_sign_in_form_is_in_its_own_cookie(browser, scheme):
    browser.extra_environ["wsgi.url_scheme"] = scheme

    name, *attributes = browser.get("/sign-in").headers.getall("Set-Cookie")[0].split("; ")

    assert name.startswith("boneyard_sign_in=")
    assert set(attributes) == {"Path=/sign-in", "HttpOnly", "SameSite=Lax"} | ({"secure"} if scheme == "https" else set())


def test_a_sign_in_form_of_another_site_is_refused(make_author):
    ada = make_author("ada")
    fields = {"name": "ada", "password": ada.password}

    for token in ("", "0" * 32, "й"):
        ada.browser.post("/sign-in", fields | {"csrf_token": token}, status=400)
    # Nor with a token of another browser.
    token = TestApp(ada.browser.app).get("/sign-in").forms[0]["csrf_token"].value
    ada.browser.get("/sign-in")
    ada.browser.post("/sign-in", fields | {"csrf_token": token}, status=400)

    ada.browser.get("/author/", status=303)


def test_the_sign_in_form_stays_valid_while_a_text_is_returned_in_another_tab(make_author):
    ada = make_author("ada")
    form = ada.browser.get("/sign-in").forms[0]
    ada.browser.post("/author/posts/new", {"title": "Mine"}, status=403)

    form["name"], form["password"] = ada.name, ada.password

    form.submit(status=303)


def test_a_forged_session_is_not_valid(browser, make_author):
    make_author("ada")
    browser.set_cookie("boneyard_session", "Zm9yZ2Vk" * 10)

    browser.get("/author/", status=303)


def test_the_wait_doubles_with_each_failure(make_author, site):
    ada = make_author("ada")
    for _ in range(5):
        ada.sign_in("wrong", status=422)

    waits = []
    for _ in range(3):
        response = ada.sign_in(status=429)
        waits.append(int(response.headers["Retry-After"]))
        site.execute("UPDATE sign_in_failures SET locked_until = now()")
        ada.sign_in("wrong", status=422)

    assert waits == [2, 4, 8]


def test_the_right_password_is_accepted_after_the_wait(make_author, site):
    ada = make_author("ada")
    for _ in range(5):
        ada.sign_in("wrong", status=422)
    site.execute("UPDATE sign_in_failures SET locked_until = now()")

    ada.sign_in(status=303)

    assert site.value("SELECT count(*) FROM sign_in_failures") == 0


def test_the_wait_never_exceeds_15_minutes(make_author, site):
    ada = make_author("ada")
    ada.sign_in("wrong", status=422)
    site.execute("UPDATE sign_in_failures SET failures = 1000000")
    ada.sign_in("wrong", status=422)

    assert 890 <= int(ada.sign_in(status=429).headers["Retry-After"]) <= 900


def test_failures_on_another_network_do_not_lock_an_author_out(make_author):
    ada, stranger = make_author("ada"), make_author("eve")
    stranger.name = "ada"
    stranger.browser.extra_environ["HTTP_X_REAL_IP"] = "198.51.100.7"
    for _ in range(6):
        stranger.sign_in("wrong", expect_errors=True)

    stranger.sign_in(status=429)
    ada.sign_in(status=303)


def _lock_everybody_else_out(stranger, site):
    """Lock this name for all networks, by failures from many addresses."""
    stranger.browser.extra_environ["HTTP_X_REAL_IP"] = "198.51.100.7"
    stranger.sign_in("wrong", status=422)
    site.execute("UPDATE sign_in_failures SET failures = 1000 WHERE subject LIKE '%in all'")
    stranger.sign_in("wrong", status=422)


def test_failures_elsewhere_do_not_lock_a_known_device(ada, make_author, site):
    stranger = make_author("eve")
    stranger.name = "ada"
    _lock_everybody_else_out(stranger, site)
    ada.browser.cookies.pop("boneyard_session")

    stranger.browser.extra_environ["HTTP_X_REAL_IP"] = "203.0.113.9"
    stranger.sign_in(status=429)
    ada.sign_in(status=303)

    assert site.value("SELECT count(*) FROM sign_in_failures WHERE subject LIKE 'ada%'") == 0


def test_a_known_device_has_no_more_attempts_than_others(ada):
    for _ in range(5):
        ada.sign_in("wrong", status=422)

    ada.sign_in(status=429)


def test_a_device_is_known_for_its_own_author_only(ada, make_author, site):
    eve = make_author("eve")
    _lock_everybody_else_out(eve, site)
    ada.name = "eve"

    ada.sign_in(status=429)


def test_a_forged_device_is_not_known(make_author, site):
    ada = make_author("ada")
    _lock_everybody_else_out(ada, site)
    ada.browser.set_cookie("boneyard_device", "Zm9yZ2Vk" * 10)

    ada.sign_in(status=429)


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ("192.0.2.7", "192.0.2.7", 429),
        ("192.0.2.7", "192.0.2.8", 422),
        ("2001:db8:1:2::3", "2001:db8:1:2:ffff::4", 429),
        ("2001:db8:1:2::3", "2001:db8:1:3::3", 422),
        ("192.0.2.7", "::ffff:192.0.2.7", 429),
    ],
)
def test_failures_with_many_names_lock_a_network(make_author, site, first, second, status):
    ada = make_author("ada")
    ada.browser.extra_environ["HTTP_X_REAL_IP"] = first
    ada.name = "one"
    ada.sign_in("wrong", status=422)
    site.execute("UPDATE sign_in_failures SET failures = 1000 WHERE subject LIKE 'from %'")
    ada.name = "two"
    ada.sign_in("wrong", status=422)

    ada.browser.extra_environ["HTTP_X_REAL_IP"] = second
    ada.name = "three"
    ada.sign_in("wrong", status=status)


def test_a_forged_forwarding_header_does_not_avoid_the_lockout(make_author):
    ada = make_author("ada")
    for i in range(5):
        ada.browser.extra_environ["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{i}"
        ada.sign_in("wrong", status=422)

    ada.sign_in(status=429)


@pytest.fixture
def elsewhere(ada, application):
    """The same author on another device."""
    elsewhere = Author(ada.name, ada.password, TestApp(application, extra_environ={"HTTP_HOST": "blog.test"}))
    elsewhere.sign_in(status=303)
    return elsewhere


def _sign_out(author):
    form = next(form for form in author.browser.get("/author/").forms.values() if form.action == "/sign-out")
    return form.submit(status=303)


def test_signing_out_invalidates_copies_of_the_cookie(ada, elsewhere):
    kept = ada.browser.cookies["boneyard_session"]

    _sign_out(ada)

    ada.browser.get("/author/", status=303)
    ada.browser.set_cookie("boneyard_session", kept)
    ada.browser.get("/author/", status=303)
    elsewhere.browser.get("/author/", status=200)


def test_signing_out_enables_caching_again(ada):
    assert "ETag" not in ada.browser.get("/").headers

    _sign_out(ada)

    assert "boneyard_session" not in ada.browser.cookies
    assert "ETag" in ada.browser.get("/").headers


def test_a_session_ends_after_90_days(ada, site):
    site.execute("UPDATE author_sessions SET started_at = now() - interval '91 days'")

    ada.browser.get("/author/", status=303)
    ada.sign_in(status=303)

    assert site.value("SELECT count(*) FROM author_sessions") == 1


def test_a_new_password_ends_other_sessions_and_keeps_this_one(ada, elsewhere):
    form = next(form for form in ada.browser.get("/author/password").forms.values() if "new" in form.fields)
    form["current"], form["new"], form["again"] = ada.password, "a new long password", "a new long password"

    form.submit(status=303)

    ada.browser.get("/author/", status=200)
    elsewhere.browser.get("/author/", status=303)
    elsewhere.sign_in(status=422)
    elsewhere.sign_in("a new long password", status=303)


@pytest.mark.parametrize(
    ("current", "new", "again", "message"),
    [
        ("wrong", "a new long password", "a new long password", "The current password is wrong"),
        ("correct horse battery", "short", "short", "12 to 200 characters"),
        ("correct horse battery", "x" * 201, "x" * 201, "12 to 200 characters"),
        ("correct horse battery", "a new long password", "another long one", "two passwords are different"),
    ],
)
def test_an_invalid_new_password_is_refused(ada, current, new, again, message):
    form = next(form for form in ada.browser.get("/author/password").forms.values() if "new" in form.fields)
    form["current"], form["new"], form["again"] = current, new, again

    assert message in form.submit(status=422)


def test_the_password_page_limits_guessing_too(ada, site):
    def change(current, **options):
        form = next(form for form in ada.browser.get("/author/password").forms.values() if "new" in form.fields)
        form["current"], form["new"], form["again"] = current, "a new long password", "a new long password"
        return form.submit(**options)

    for _ in range(5):
        change("wrong", status=422)
    locked = change(ada.password, status=429)
    site.execute("UPDATE sign_in_failures SET locked_until = now()")
    change(ada.password, status=303)

    assert "Too many failed attempts." in locked and int(locked.headers["Retry-After"]) > 0
    assert site.value("SELECT count(*) FROM sign_in_failures") == 0


def test_passwords_are_stored_as_salted_scrypt_hashes():
    one, other = passwords.hash_password("correct horse battery"), passwords.hash_password("correct horse battery")

    assert one.startswith("scrypt$32768$8$3$") and one != other
    assert passwords.matches("correct horse battery", one)
    assert not passwords.matches("correct horse batterz", one)
    assert not passwords.matches("correct horse battery", None)


def test_the_desk_without_a_slash_redirects(ada):
    assert ada.browser.get("/author", status=301).location == "http://blog.test/author/"


@pytest.mark.parametrize("token", ["", "wrong", "\x00", None])
def test_a_form_without_a_csrf_token_changes_nothing(ada, site, token):
    fields = {"title": "Forged", "state": "published"}
    if token is not None:
        fields["csrf_token"] = token

    page = ada.browser.post("/author/posts/new", fields, status=400)

    assert "The post was not saved" in page
    assert site.value("SELECT count(*) FROM posts") == 0


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded; charset=x"],
)
def test_a_form_of_the_wrong_type_changes_nothing(ada, site, content_type):
    response = ada.browser.post(
        "/author/posts/new", b'{"title": "x"}', headers={"Content-Type": content_type}, expect_errors=True
    )

    assert 400 <= response.status_int < 500
    assert site.value("SELECT count(*) FROM posts") == 0


def test_a_form_that_is_not_utf8_changes_nothing(ada, site):
    body = b"title=%ff%fe&csrf_token=" + ada.token().encode()

    response = ada.browser.post("/author/posts/new", body, status=400)

    assert "not valid UTF-8" in response
    assert site.value("SELECT count(*) FROM posts") == 0


def test_a_body_that_is_too_large_is_refused_before_it_is_read(ada):
    response = ada.browser.post("/sign-in", b"x" * (3 * 1024 * 1024 + 1), status=413)

    assert "3 MB" in response
