"""Posts: reading, searching, feeds, writing, revisions."""

from boneyard_blog.web.parameters import ID, PAGE


def _add_list(config, name: str, pattern: str) -> None:
    """Add the routes of a list of posts: its first page and its further pages."""
    config.add_route(name, pattern or "/")
    config.add_route(f"{name}_page", f"{pattern}/page/{PAGE}")


def includeme(config):
    """Add `request.site`, and the pages for readers, feed readers, search engines and authors."""
    config.include(".site")

    _add_list(config, "home", "")
    config.add_route("post", "/post/{slug}")
    config.add_route("archive", "/archive")
    _add_list(config, "year", "/archive/{year:[0-9]{4}}")
    _add_list(config, "month", "/archive/{year:[0-9]{4}}/{month:[0-9]{2}}")
    config.add_route("tags", "/tags")
    _add_list(config, "tag", "/tag/{tag}")
    config.add_route("tag_feed", "/tag/{tag}/feed")
    config.add_route("search", "/search")
    config.add_route("feed", "/feed")
    config.add_route("sitemap", "/sitemap.xml")
    config.add_route("sitemap_pages", "/sitemap/pages.xml")
    config.add_route("sitemap_month", "/sitemap/{year:[0-9]{4}}-{month:[0-9]{2}}.xml")
    config.add_route("robots", "/robots.txt")

    # With the slash, because Nginx has a location of that name and redirects the address without it.
    config.add_route("desk", "/author/")
    config.add_route("bare_desk", "/author")
    config.add_route("new_post", "/author/posts/new")
    config.add_route("edit_post", f"/author/posts/{ID}")
    config.add_route("bin_post", f"/author/posts/{ID}/bin")
    config.add_route("take_back_post", f"/author/posts/{ID}/take-back")
    config.add_route("erase_post", f"/author/posts/{ID}/erase")
    config.add_route("revisions", f"/author/posts/{ID}/revisions")
    config.add_route("restore_revision", f"/author/posts/{ID}/revisions/restore")
    config.scan(".views")
