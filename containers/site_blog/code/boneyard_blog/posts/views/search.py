"""Search by text and by tag."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config

from boneyard_blog.posts import search
from boneyard_blog.web.parameters import page_number


@view_config(route_name="search", renderer="posts/search.jinja2", public=True)
def search_posts(request):
    """A reader gets the matching posts, best first; without a match, a suggestion."""
    asked = search.clean(request.GET.get("q", ""))
    names = search.tags_asked_for(asked.text) if request.GET.get("by") == "tag" else ()
    if names:
        return _search_by_tag(request, asked, names)
    results = None
    suggestion = None
    if asked.text:
        size = int(request.registry.settings["blog.posts_per_page"])
        results = search.find(request.dbsession, asked.text, page_number(request), size)
        if not results.total and not results.only_excludes:
            suggestion = search.suggest(request.dbsession, asked.text)
    return {"asked": asked, "results": results, "suggestion": suggestion, "tags": None}


def _search_by_tag(request, asked: search.Asked, names: tuple[str, ...]):
    """Redirect to the page of the tag, or show tags with similar names."""
    tags = search.nearest_tags(request.dbsession, names)
    if len(names) == 1 and names[0] in tags:
        return HTTPSeeOther(request.route_path("tag", tag=names[0]))
    return {"asked": asked, "results": None, "suggestion": None, "tags": tags}
