"""Public pages that Nginx caches."""
import json
import time
from types import SimpleNamespace

import pytest
from front import Front, start_backend


@pytest.fixture(scope="module")
def site(shared_engine):
    network, pages = shared_engine.network(), shared_engine.folder({"kept/post": "a post"})
    blog = start_backend(shared_engine, network, "--volume", f"{pages}:/pages:ro")
    # By its address, as the AppHost sets it: Nginx could not resolve the name of a removed container.
    front = Front(shared_engine, "--network", network, "--env", f"BLOG_URL=http://{blog.address(network)}:8000")
    front.wait_for("reaching the blog", lambda: front.get("/kept/post").status == 200)
    return SimpleNamespace(front=front, blog=blog, pages=pages / "kept")


def let_pages_expire() -> None:
    """No request in the meantime: the first visitor must not get an expired page."""
    time.sleep(2.1)


def test_the_first_visitor_after_a_change_gets_the_new_page(site):
    page = site.pages / "changed"
    page.write_text("a text")
    assert site.front.get("/kept/changed").body == b"a text"
    page.write_text("another text")
    let_pages_expire()

    assert site.front.get("/kept/changed").body == b"another text"


def test_only_a_session_bypasses_the_cache(site):
    for cookie in ("boneyard_session", "boneyard_sign_in"):
        assert site.front.get(f"/kept/post?{cookie}", Cookie=f"{cookie}=x").status == 200
        site.front.wait_for_log(f"/kept/post?{cookie}")

    requests = [json.loads(line) for line in site.front.logs().splitlines() if "/kept/post?" in line]
    assert [request["cache"] for request in requests] == ["BYPASS", "MISS"]


@pytest.mark.parametrize("claimed, passed_on", [
    ("site.example:@evil.example", b"site.example"), ("site.example:81", b"site.example:81"), ("site.example", b"site.example"),
    ("[::1]:8080", b"[::1]:8080")])
def test_a_page_for_one_host_is_not_served_for_another(site, claimed, passed_on):
    assert site.front.get("/kept/host", Host=claimed).body == passed_on


def test_cached_pages_are_served_without_the_blog_but_withdrawn_ones_are_not(site):
    (site.pages / "other").write_text("another post")
    withdrawn = site.pages / "withdrawn"
    withdrawn.write_text("a secret")
    assert [site.front.get(f"/kept/{name}").status for name in ("other", "withdrawn")] == [200, 200]
    withdrawn.unlink()
    let_pages_expire()
    assert site.front.get("/kept/withdrawn").status == 404

    site.blog.remove()
    let_pages_expire()

    page = site.front.get("/kept/other")
    assert (page.status, page.body) == (200, b"another post")
    assert site.front.get("/kept/withdrawn").status == 404
