"""Uploaded images: decoding and encoding, the media folder, the gallery."""

from boneyard_blog.web.parameters import ID


def includeme(config):
    """Add the pages on which authors upload and delete images."""
    config.add_route("media", "/author/media")
    config.add_route("delete_image", f"/author/media/{ID}/delete")
    config.scan(".views")
