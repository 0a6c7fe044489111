"""Helpers of the tests: SQL, browsers, images, zip files."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZipFile

from PIL import Image
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from webtest import TestApp

from boneyard_blog import schema


def upgrade_when_possible(engine, seconds: float = 30) -> None:
    """Upgrade the schema; retry for `seconds` while the database is starting."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            schema.upgrade(engine)
            return
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


class Site:
    """The database, for SQL that other programs could execute."""

    def __init__(self, engine):
        self._engine = engine

    def execute(self, statement: str, **values):
        with self._engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return result.all() if result.returns_rows else result.rowcount

    def value(self, statement: str, **values):
        return self.execute(statement, **values)[0][0]

    def add_post(self, title="A post", slug="a-post", body="Some *words*.", published="now()", tags=(), **columns):
        """Insert a post; `published` is an SQL expression."""
        names = "".join(f", {name}" for name in columns)
        values = "".join(f", :{name}" for name in columns)
        key = self.value(
            f"INSERT INTO posts (title, slug, body, published_at{names})"
            f" VALUES (:title, :slug, :body, {published}{values}) RETURNING id",
            title=title, slug=slug, body=body, **columns,
        )  # fmt: skip
        for tag in tags:
            self.execute("INSERT INTO tags (name) VALUES (:tag) ON CONFLICT DO NOTHING", tag=tag)
            self.execute(
                "INSERT INTO post_tags (post_id, tag_id) SELECT :key, id FROM tags WHERE name = :tag", key=key, tag=tag
            )
        return key

    def add_posts(self, count: int, tag: str | None = None):
        """Insert posts named Post 1 (the oldest) to Post `count`, an hour apart, the newest an hour old."""
        self.execute(
            """
            INSERT INTO posts (title, slug, body, published_at)
            SELECT 'Post ' || i, 'post-' || i, 'Body of post ' || i, now() - make_interval(hours => :count - i + 1)
            FROM generate_series(1, :count) AS i
            """,
            count=count,
        )
        if tag:
            self.execute("INSERT INTO tags (name) VALUES (:tag) ON CONFLICT DO NOTHING", tag=tag)
            self.execute(
                "INSERT INTO post_tags (post_id, tag_id) SELECT posts.id, tags.id FROM posts, tags WHERE name = :tag",
                tag=tag,
            )


def wait_until_a_lock_is_awaited(site: Site) -> None:
    """Wait until a transaction waits for a lock."""
    deadline = time.monotonic() + 60
    while not site.value("SELECT count(*) FROM pg_locks WHERE NOT granted"):
        assert time.monotonic() < deadline, "no transaction waits for a lock"
        time.sleep(0.02)


@dataclass
class Author:
    """An author with a browser."""

    name: str
    password: str
    browser: TestApp

    def sign_in(self, password: str | None = None, **options):
        form = self.browser.get("/sign-in").forms[0]
        form["name"] = self.name
        form["password"] = password or self.password
        return form.submit(**options)

    def post_form(self, path: str, button: str | None = None, status=None, **fields):
        """Open a page, fill its form and send it."""
        form = self.edit_form(path)
        for name, value in fields.items():
            form[name] = value
        return form.submit(button, status=status)

    def edit_form(self, path: str):
        forms = self.browser.get(path).forms.values()
        return next(form for form in forms if "csrf_token" in form.fields and "title" in form.fields)

    def write(self, title="A title", body="A text.", state="published", **fields) -> int:
        """Write a post through the form; return its id."""
        response = self.post_form("/author/posts/new", title=title, body=body, state=state, status=303, **fields)
        return int(response.location.rpartition("/")[2])

    def token(self) -> str:
        return self.edit_form("/author/posts/new")["csrf_token"].value

    def press(self, path: str, **options):
        """Submit a form that has only a button, such as Move to bin."""
        return self.browser.post(path, {"csrf_token": self.token()}, **options)

    def upload(self, path: str, name: str, data: bytes, **options):
        return self.browser.post(path, {"csrf_token": self.token()}, upload_files=[("file", name, data)], **options)


def titles(response) -> list[str]:
    """Return the titles of the posts in a list."""
    return [link.text for link in response.html.select("ol.posts h2 a")]


def tidy(document: str) -> str:
    """Return the errors and warnings of tidy, an HTML validator."""
    command = ["tidy", "-quiet", "-errors", "-utf8", "--drop-empty-elements", "no"]
    messages = subprocess.run(command, input=document, capture_output=True, text=True, check=False).stderr
    # Tidy does not know aria-current, which is newer.
    return "\n".join(line for line in messages.splitlines() if not line.endswith('attribute "aria-current"'))


def picture(image_format="PNG", size=(40, 30), **options) -> bytes:
    """Return an image file."""
    out = BytesIO()
    Image.new("RGB", size, (156, 58, 32)).save(out, image_format, **options)
    return out.getvalue()


def photo(image_format="JPEG", size=(80, 60)) -> bytes:
    """Return an image file with noise: every lossy encoding changes it."""
    out = BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(out, image_format)
    return out.getvalue()


def zip_file(**files) -> bytes:
    """Return a zip; the names of files are given as keys of `files` or in a dictionary of that name."""
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, data in files.get("files", files).items():
            archive.writestr(name, data)
    return out.getvalue()


def post_file(title="Title", slug="a-slug", body="Body.\n", **fields) -> str:
    """Return a Markdown file with front matter."""
    head = "".join(f"{name}: {value}\n" for name, value in ({"title": title, "slug": slug} | fields).items())
    return f"---\n{head}---\n{body}"


def import_zip(ada, data: bytes) -> str:
    """Import a zip file through the form; return the message at its end."""
    return import_message(ada, ada.upload("/author/imports", "posts.zip", data, status=303).location)


def import_message(ada, url: str) -> str:
    """Wait for the end of an import; return its message."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        page = ada.browser.get(url)
        note = page.html.select_one(".note")
        if note:
            return note.text.strip()
        assert page.headers["Refresh"] == "5"
        time.sleep(0.05)
    raise AssertionError("the import did not end within two minutes")
