"""Every address of the site."""


def _decimal(name: str):
    """Accept only a plain positive number: /page/0, /page/01 and /page/abc do not exist."""

    def predicate(info, request) -> bool:
        value = info["match"].get(name)
        if value is None:
            return True
        if not value.isascii() or not value.isdigit() or value.startswith("0") or len(value) > 7:
            return False
        info["match"][name] = int(value)
        return True

    return predicate


def _listing(config, name: str, pattern: str) -> None:
    """Add a list of posts and its further pages."""
    config.add_route(name, pattern or "/")
    config.add_route(f"{name}_page", f"{pattern}/page/{{page}}", custom_predicates=[_decimal("page")])


def includeme(config):
    _listing(config, "home", "")
    config.add_route("post", "/post/{slug}")

    config.add_route("archive", "/archive")
    _listing(config, "year", r"/archive/{year:\d{4}}")
    _listing(config, "month", r"/archive/{year:\d{4}}/{month:\d{2}}")

    config.add_route("tags", "/tags")
    _listing(config, "tag", "/tag/{tag}")
    config.add_route("tag_feed", "/tag/{tag}/feed")

    config.add_route("search", "/search")
    config.add_route("feed", "/feed")
    config.add_route("sitemap", "/sitemap.xml")
    config.add_route("sitemap_pages", "/sitemap/pages.xml")
    config.add_route("sitemap_month", r"/sitemap/{year:\d{4}}-{month:\d{2}}.xml")
    config.add_route("robots", "/robots.txt")

    config.add_route("sign_in", "/sign-in")
    config.add_route("sign_out", "/sign-out")
    config.add_route("desk", "/author")
    config.add_route("password", "/author/password")
    config.add_route("new_post", "/author/posts/new")
    number = [_decimal("id")]
    config.add_route("edit_post", "/author/posts/{id}", custom_predicates=number)
    config.add_route("bin_post", "/author/posts/{id}/bin", custom_predicates=number)
    config.add_route("take_back_post", "/author/posts/{id}/take-back", custom_predicates=number)
    config.add_route("erase_post", "/author/posts/{id}/erase", custom_predicates=number)
    config.add_route("revisions", "/author/posts/{id}/revisions", custom_predicates=number)
    config.add_route("restore_revision", "/author/posts/{id}/revisions/restore", custom_predicates=number)
    config.add_route("media", "/author/media")
    config.add_route("export", "/author/export")
    config.add_route("imports", "/author/imports")
    config.add_route("import", "/author/imports/{id}", custom_predicates=number)
