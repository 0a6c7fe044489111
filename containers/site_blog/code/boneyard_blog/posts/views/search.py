"""Search by text and by tag."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config

from boneyard_blog import search
from boneyard_blog.listing import page_asked_for


@view_config(route_name="search", renderer="search.jinja2", public=True)
def search_posts(request):
    """A reader gets the posts that match, best first, or else a search that would have found something."""
    asked = search.clean(request.GET.get("q", ""))
    names = search.tags_asked_for(asked.text) if request.GET.get("by") == "tag" else ()
    if names:
        return _search_by_tag(request, asked, names)
    results = None
    suggestion = None
    if asked.text:
        size = int(request.registry.settings["blog.posts_per_page"])
        results = search.find(request.dbsession, asked.text, page_asked_for(request), size)
        if not results.total and not results.only_excludes:
            suggestion = search.suggest(request.dbsession, asked.text)
    return {"asked": asked, "results": results, "suggestion": suggestion, "tags": None}


def _search_by_tag(request, asked: search.Asked, names: tuple[str, ...]):
    """Lead to the one tag that was meant, or show those that may have been."""
    tags = search.nearest_tags(request.dbsession, names)
    if len(names) == 1 and names[0] in tags:
        return HTTPSeeOther(request.route_path("tag", tag=names[0]))
    return {"asked": asked, "results": None, "suggestion": None, "tags": tags}
