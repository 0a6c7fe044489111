"""What gunicorn.conf.py needs to know, and what it does around a fork."""

from __future__ import annotations

import importlib
import sys
from configparser import RawConfigParser
from dataclasses import dataclass
from pathlib import Path

from boneyard_blog.settings import Environment, SettingError, Settings

SOURCE = Path(__file__).parent.parent.parent

# Slow to import and the same for every reload: the master imports them once and each worker inherits them.
_LIBRARIES = (
    "boneyard_blog.server.wsgi",
    "jinja2.ext",
    "markdown_it",
    "nh3",
    "psycopg",
    "pygments.lexers",
    "pyramid.config",
    "pyramid.paster",
    "pyramid.session",
    "pyramid.view",
    "pyramid_jinja2",
    "pyramid_retry",
    "pyramid_tm",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.orm",
    "zope.sqlalchemy",
)


@dataclass(frozen=True)
class ServerConfiguration:
    """The server's share of the settings."""

    ini_file: str
    development: bool
    bind: str
    workers: int
    threads: int
    source: str = str(SOURCE)

    @classmethod
    def from_environment(cls) -> ServerConfiguration:
        environment = Environment()
        ini_file = ini_path(environment)
        parser = RawConfigParser()
        parser.read(ini_file)
        settings = Settings.from_environment(environment)
        return cls(
            ini_file=ini_file,
            development=parser.getboolean("app:main", "blog.development", fallback=False),
            bind=f"0.0.0.0:{environment.integer('PORT', 8000, 1, 65535)}",
            workers=environment.integer("WEB_CONCURRENCY", 2, 1, 64),
            threads=settings.threads,
        )


def ini_path(environment: Environment | None = None) -> str:
    """Return the path of the ini file that INI_FILE names, relative to the source folder."""
    name = (environment or Environment()).get("INI_FILE", "production.ini")
    path = SOURCE / name
    if not path.is_file():
        raise SettingError(f"INI_FILE={name}: there is no such file in {SOURCE}: use production.ini or development.ini")
    return str(path)


def import_libraries() -> None:
    """Import the libraries in the master, so that a reload takes only as long as our own code."""
    for name in _LIBRARIES:
        importlib.import_module(name)


def forget_source() -> None:
    """Drop our modules, except the server's: a broken one must fail where BrokenSource can show it."""
    for name in list(sys.modules):
        package, _, module = name.partition(".")
        if package == "boneyard_blog" and module.partition(".")[0] != "server":
            del sys.modules[name]
