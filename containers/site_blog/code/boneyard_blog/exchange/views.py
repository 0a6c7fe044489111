"""The pages for export and import."""

from datetime import UTC, datetime

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config
from sqlalchemy import select

from boneyard_blog.exchange.exporting import exported
from boneyard_blog.exchange.jobs import ImportJob, fail_dead_jobs, is_import_running
from boneyard_blog.models import Import


@view_config(route_name="export", request_method="GET", permission="write")
def export(request):
    """An author downloads all posts and images as a zip file."""
    name = f"boneyard-{datetime.now(UTC):%Y-%m-%d}.zip"
    response = Response(
        app_iter=_export(request.registry),
        content_type="application/zip",
        content_disposition=f"attachment; filename={name}",
    )
    # Nginx must not buffer the zip for a slow client: its temporary files are in memory.
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _export(registry):
    # The session of the request ends before the first chunk is sent.
    with registry.session_factory() as session:
        yield from exported(session, registry.blog.media_folder)


@view_config(route_name="imports", request_method="GET", permission="write", renderer="author/imports.jinja2")
def imports(request):
    """An author gets the import form and the latest imports."""
    return _imports(request)


def _imports(request, error=None):
    fail_dead_jobs(request.dbsession)
    jobs = request.dbsession.scalars(select(Import).order_by(Import.id.desc()).limit(20)).all()
    return {"jobs": jobs, "error": error}


@view_config(route_name="imports", request_method="POST", permission="write", renderer="author/imports.jinja2")
def start_import(request):
    """An author starts an import and is redirected to its progress."""
    field = request.POST.get("file")
    if not hasattr(field, "file"):
        request.response.status = 422
        return _imports(request, "Choose a zip file.")
    if is_import_running(request.dbsession):
        request.response.status = 409
        return _imports(request, "Another import is running. Try again when it has finished.")
    author_id = request.identity.id
    name = "".join(c for c in field.filename if c.isprintable())[:100]
    record = Import(name=name, author_id=author_id)
    request.dbsession.add(record)
    request.dbsession.flush()
    registry = request.registry
    job = ImportJob(registry.session_factory, registry.blog.media_folder, record.id, author_id, field)
    request.tm.get().addAfterCommitHook(lambda committed: job.start() if committed else None)
    return HTTPSeeOther(request.route_path("import", id=record.id))


@view_config(route_name="import", request_method="GET", permission="write", renderer="author/import.jinja2")
def show_import(request):
    """An author gets the progress of an import; the page reloads until the import has ended."""
    fail_dead_jobs(request.dbsession)
    job = request.dbsession.get(Import, int(request.matchdict["id"]))
    if job is None:
        raise HTTPNotFound
    if job.state == "running":
        request.response.headers["Refresh"] = "5"
    return {"job": job}
