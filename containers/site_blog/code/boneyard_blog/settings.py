"""The settings from the environment, validated once. An error names the setting, its value and the remedy."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit


class SettingError(Exception):
    """A setting is missing or malformed."""


class Environment:
    """Environment variables. Each can also be set as NAME_FILE, the path of a file that contains the value."""

    def __init__(self, variables: Mapping[str, str] = os.environ):
        self._variables = variables

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the value; an empty one counts as not set. Raises SettingError if NAME_FILE cannot be read."""
        value = self._variables.get(name) or None
        path = self._variables.get(f"{name}_FILE")
        if not path:
            return value if value is not None else default
        if value is not None:
            raise SettingError(f"{name} and {name}_FILE are both set: set only one of them")
        try:
            with open(path, encoding="utf-8") as file:
                return file.read().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(f"{name}_FILE={path}: cannot be read ({error}): mount the file or unset it") from error

    def require(self, name: str, remedy: str) -> str:
        """Return the value. Raises SettingError with the remedy if it is not set."""
        value = self.get(name)
        if not value:
            raise SettingError(f"{name} is not set: {remedy}")
        return value

    def integer(self, name: str, default: int, minimum: int, maximum: int) -> int:
        """Return the value as a number. Raises SettingError unless it is from `minimum` to `maximum`."""
        value = self.get(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit() or not minimum <= int(value) <= maximum:
            raise SettingError(f"{name}={value}: must be a whole number from {minimum} to {maximum}")
        return int(value)


# Name, minimum and maximum.
_INI_NUMBERS = (
    ("blog.posts_per_page", 1, 100),
    ("blog.shared_max_age", 0, 86_400),
    ("blog.statement_timeout_ms", 1, 600_000),
)


def check_ini(settings: Mapping[str, str]) -> None:
    """Validate the section [app:main] of an ini file. Raises SettingError."""
    ini = Environment(settings)
    remedy = "set it in the section [app:main] of the ini file"
    for name in ("blog.title", "blog.language", "blog.development", *(name for name, *_ in _INI_NUMBERS)):
        ini.require(name, remedy)
    if "blog.tagline" not in settings:
        raise SettingError(f"blog.tagline is not set: {remedy}; it may be empty")
    for name in ("blog.title", "blog.tagline"):
        if re.search(r"[\x00-\x1f\x7f]", settings[name]):
            raise SettingError(f"{name}={settings[name]!r}: must be one line")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", settings["blog.language"]):
        raise SettingError(f"blog.language={settings['blog.language']!r}: must name a language, such as en or pt-BR")
    if settings["blog.development"] not in ("true", "false"):
        raise SettingError(f"blog.development={settings['blog.development']!r}: must be true or false")
    for name, minimum, maximum in _INI_NUMBERS:
        ini.integer(name, minimum, minimum, maximum)


@dataclass(frozen=True)
class DatabaseSettings:
    """The address of PostgreSQL and the credentials."""

    host: str
    port: int
    name: str
    username: str
    password: str = field(repr=False)

    @classmethod
    def from_environment(cls, environment: Environment) -> DatabaseSettings:
        """Read BLOG_*, which an Aspire reference to the database `blog` sets, or else DATABASE_URL."""
        url = environment.get("DATABASE_URL")
        if environment.get("BLOG_HOST") is None and url is not None:
            return cls._from_url(url)
        remedy = "set the BLOG_HOST, BLOG_USERNAME and BLOG_PASSWORD of the database, or DATABASE_URL"
        return cls(
            host=environment.require("BLOG_HOST", remedy),
            port=environment.integer("BLOG_PORT", 5432, 1, 65535),
            name=environment.get("BLOG_DATABASENAME", "blog"),
            username=environment.require("BLOG_USERNAME", remedy),
            password=environment.require("BLOG_PASSWORD", remedy),
        )

    @classmethod
    def _from_url(cls, url: str) -> DatabaseSettings:
        # The message must not contain the value, which has a password in it.
        form = "DATABASE_URL must look like postgresql://user:password@host:5432/name"
        try:
            parts = urlsplit(url)
            port = parts.port or 5432
        except ValueError as error:
            raise SettingError(f"{form} ({error})") from error
        name = unquote(parts.path.removeprefix("/"))
        if parts.scheme not in ("postgresql", "postgres") or not parts.hostname or not parts.username or not name:
            raise SettingError(form)
        return cls(parts.hostname, port, name, unquote(parts.username), unquote(parts.password or ""))


@dataclass(frozen=True)
class ContactLink:
    """A link to the authors, shown under "How to connect"."""

    label: str
    url: str


def _contact_links(value: str | None) -> tuple[ContactLink, ...]:
    links = []
    for entry in filter(None, (part.strip() for part in (value or "").split(","))):
        label, equals, url = entry.partition("=")
        if not equals or not label.strip() or urlsplit(url.strip()).scheme not in ("http", "https", "mailto"):
            raise SettingError(
                f"CONTACT_LINKS={entry}: must look like Mastodon=https://example.org/@me,E-mail=mailto:me@example.org"
            )
        links.append(ContactLink(label.strip(), url.strip()))
    return tuple(links)


def _telemetry_protocol(environment: Environment) -> str | None:
    """Return the OTLP protocol, None if no endpoint is set."""
    signals = ("", "TRACES_", "METRICS_", "LOGS_")
    if not any(environment.get(f"OTEL_EXPORTER_OTLP_{signal}ENDPOINT") for signal in signals):
        return None
    protocol = environment.get("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    if protocol not in ("grpc", "http/protobuf"):
        raise SettingError(f"OTEL_EXPORTER_OTLP_PROTOCOL={protocol}: must be grpc or http/protobuf")
    return protocol


def _site_url(value: str | None) -> str | None:
    if value is None:
        return None
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise SettingError(f"SITE_URL={value}: must look like https://blog.example.org")
    return value.rstrip("/")


@dataclass(frozen=True)
class Settings:
    """All settings of the application that the environment contains."""

    database: DatabaseSettings
    session_secret: str = field(repr=False)
    site_url: str | None
    contact_links: tuple[ContactLink, ...]
    first_author: str | None
    first_author_password: str | None = field(repr=False)
    media_folder: str = "/srv/media"
    threads: int = 4
    telemetry_protocol: str | None = None

    @classmethod
    def from_environment(cls, environment: Environment | None = None) -> Settings:
        """Read and validate the settings; `environment` defaults to that of the process. Raises SettingError."""
        environment = environment or Environment()
        secret = environment.require("SESSION_SECRET", "set it to a random text of at least 32 characters")
        if len(secret) < 32:
            raise SettingError(f"SESSION_SECRET has {len(secret)} characters: set it to a random text of at least 32")
        author = environment.get("FIRST_AUTHOR")
        password = environment.get("FIRST_AUTHOR_PASSWORD")
        if (author is None) != (password is None):
            raise SettingError("Only one of FIRST_AUTHOR and FIRST_AUTHOR_PASSWORD is set: set both or neither")
        if author is not None and not (1 <= len(author) <= 60 and author.isprintable() and author == author.strip()):
            raise SettingError(f"FIRST_AUTHOR={author}: must be a name of 1 to 60 visible characters")
        if password is not None and not 12 <= len(password) <= 200:
            raise SettingError(f"FIRST_AUTHOR_PASSWORD has {len(password)} characters: use 12 to 200")
        return cls(
            database=DatabaseSettings.from_environment(environment),
            session_secret=secret,
            site_url=_site_url(environment.get("SITE_URL")),
            contact_links=_contact_links(environment.get("CONTACT_LINKS")),
            first_author=author,
            first_author_password=password,
            media_folder=environment.get("MEDIA_FOLDER", "/srv/media"),
            threads=environment.integer("GUNICORN_THREADS", 4, 1, 64),
            telemetry_protocol=_telemetry_protocol(environment),
        )

    def check_media_folder(self) -> None:
        """Check at the start that images can be stored. Raises SettingError."""
        if not os.path.isdir(self.media_folder) or not os.access(self.media_folder, os.W_OK | os.X_OK):
            raise SettingError(f"MEDIA_FOLDER={self.media_folder}: must be a folder that user {os.getuid()} can write to")


def includeme(config):
    """Validate the ini file and the environment, and store the settings as `registry.blog`."""
    check_ini(config.get_settings())
    config.registry.blog = Settings.from_environment()
    config.registry.blog.check_media_folder()
