"""Taking everything out, and bringing it in."""

from datetime import UTC, datetime

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config
from sqlalchemy import select

from boneyard_blog.exchange.exporting import exported
from boneyard_blog.exchange.jobs import ImportJob, give_up_on_dead_jobs, is_import_under_way
from boneyard_blog.models import Import


@view_config(route_name="export", request_method="GET", permission="write")
def export(request):
    """An author gets everything as a zip of Markdown files and images."""
    name = f"boneyard-{datetime.now(UTC):%Y-%m-%d}.zip"
    response = Response(
        app_iter=_export(request.registry),
        content_type="application/zip",
        content_disposition=f"attachment; filename={name}",
    )
    # What a slow reader has not fetched yet must not pile up in Nginx, whose temporary files are memory.
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _export(registry):
    # The request's own session ends before the first piece is sent.
    with registry.session_factory() as session:
        yield from exported(session, registry.blog.media_folder)


@view_config(route_name="imports", request_method="GET", permission="write", renderer="imports.jinja2")
def imports(request):
    """An author gets the form to import a zip file, and the imports so far."""
    return _imports(request)


def _imports(request, error=None):
    give_up_on_dead_jobs(request.dbsession)
    jobs = request.dbsession.scalars(select(Import).order_by(Import.id.desc()).limit(20)).all()
    return {"jobs": jobs, "error": error}


@view_config(route_name="imports", request_method="POST", permission="write", renderer="imports.jinja2")
def start_import(request):
    """An author starts an import and is led to its progress."""
    field = request.POST.get("file")
    if not hasattr(field, "file"):
        request.response.status = 422
        return _imports(request, "Choose a zip file first.")
    if is_import_under_way(request.dbsession):
        request.response.status = 409
        return _imports(request, "Another import is under way. Try again when it is done.")
    author_id = request.identity.id
    name = "".join(c for c in field.filename if c.isprintable())[:100]
    record = Import(name=name, author_id=author_id)
    request.dbsession.add(record)
    request.dbsession.flush()
    registry = request.registry
    job = ImportJob(registry.session_factory, registry.blog.media_folder, record.id, author_id, field)
    request.tm.get().addAfterCommitHook(lambda committed: job.start() if committed else None)
    return HTTPSeeOther(request.route_path("import", id=record.id))


@view_config(route_name="import", request_method="GET", permission="write", renderer="import.jinja2")
def show_import(request):
    """An author sees how far an import has come; the page renews itself until it is done."""
    give_up_on_dead_jobs(request.dbsession)
    job = request.dbsession.get(Import, int(request.matchdict["id"]))
    if job is None:
        raise HTTPNotFound
    if job.state == "running":
        request.response.headers["Refresh"] = "5"
    return {"job": job}
