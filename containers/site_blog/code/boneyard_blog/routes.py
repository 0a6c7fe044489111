"""Every address of the site."""

# A plain positive number: /page/0, /page/01 and /page/abc do not exist.
_PAGE = "{page:[1-9][0-9]{0,6}}"
_ID = "{id:[1-9][0-9]{0,17}}"


def _listing(config, name: str, pattern: str) -> None:
    """Add a list of posts and its further pages."""
    config.add_route(name, pattern or "/")
    config.add_route(f"{name}_page", f"{pattern}/page/{_PAGE}")


def includeme(config):
    _listing(config, "home", "")
    config.add_route("post", "/post/{slug}")

    config.add_route("archive", "/archive")
    _listing(config, "year", "/archive/{year:[0-9]{4}}")
    _listing(config, "month", "/archive/{year:[0-9]{4}}/{month:[0-9]{2}}")

    config.add_route("tags", "/tags")
    _listing(config, "tag", "/tag/{tag}")
    config.add_route("tag_feed", "/tag/{tag}/feed")

    config.add_route("search", "/search")
    config.add_route("feed", "/feed")
    config.add_route("sitemap", "/sitemap.xml")
    config.add_route("sitemap_pages", "/sitemap/pages.xml")
    config.add_route("sitemap_month", "/sitemap/{year:[0-9]{4}}-{month:[0-9]{2}}.xml")
    config.add_route("robots", "/robots.txt")

    config.add_route("sign_in", "/sign-in")
    config.add_route("sign_out", "/sign-out")
    # With the slash, as Nginx has a location of that name and redirects the bare one by itself.
    config.add_route("desk", "/author/")
    config.add_route("bare_desk", "/author")
    config.add_route("password", "/author/password")
    config.add_route("new_post", "/author/posts/new")
    config.add_route("edit_post", f"/author/posts/{_ID}")
    config.add_route("bin_post", f"/author/posts/{_ID}/bin")
    config.add_route("take_back_post", f"/author/posts/{_ID}/take-back")
    config.add_route("erase_post", f"/author/posts/{_ID}/erase")
    config.add_route("revisions", f"/author/posts/{_ID}/revisions")
    config.add_route("restore_revision", f"/author/posts/{_ID}/revisions/restore")
    config.add_route("media", "/author/media")
    config.add_route("delete_image", f"/author/media/{_ID}/delete")
    config.add_route("export", "/author/export")
    config.add_route("imports", "/author/imports")
    config.add_route("import", f"/author/imports/{_ID}")
