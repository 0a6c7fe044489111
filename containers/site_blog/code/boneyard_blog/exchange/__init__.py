"""Export and import: all posts as Markdown files, and all images, in one zip file."""

from boneyard_blog.web.parameters import ID


def includeme(config):
    """Add the pages on which authors export and import."""
    config.add_route("export", "/author/export")
    config.add_route("imports", "/author/imports")
    config.add_route("import", f"/author/imports/{ID}")
    config.scan(".views")
