"""What gunicorn.conf.py needs to know, and what it does around a fork."""

from __future__ import annotations

import configparser
import socket
from dataclasses import dataclass
from pathlib import Path

from boneyard_blog.settings import Environment, SettingError, Settings, check_ini

SOURCE = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class ServerConfiguration:
    """The server's share of the settings."""

    ini_file: str
    development: bool
    bind: str
    workers: int
    threads: int
    sends_telemetry: bool
    source: Path = SOURCE

    @classmethod
    def from_environment(cls) -> ServerConfiguration:
        environment = Environment()
        ini_file = ini_path(environment)
        ini = read_ini(ini_file)
        check_ini(ini)
        settings = Settings.from_environment(environment)
        settings.check_media_folder()
        development = ini["blog.development"] == "true"
        return cls(
            ini_file=ini_file,
            development=development,
            bind=f"{every_address()}:{environment.integer('PORT', 8000, 1, 65535)}",
            workers=environment.integer("GUNICORN_WORKERS", 1 if development else 2, 1, 64),
            threads=settings.threads,
            sends_telemetry=settings.telemetry_protocol == "http/protobuf",
        )


def every_address() -> str:
    """Return where to listen to be reached by IPv4 and IPv6 alike; some kernels are made without the latter."""
    return "[::]" if socket.has_dualstack_ipv6() else "0.0.0.0"


def read_ini(path: str) -> dict[str, str]:
    """Return the section of an ini file that describes the application."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
        return dict(parser["app:main"])
    except (configparser.Error, UnicodeDecodeError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise SettingError(f"INI_FILE={path}: cannot be understood ({reason}): see production.ini as it came") from error


def ini_path(environment: Environment | None = None) -> str:
    """Return the path of the ini file that INI_FILE names, relative to the source folder."""
    name = (environment or Environment()).get("INI_FILE", "production.ini")
    path = SOURCE / name
    if not path.is_file():
        raise SettingError(f"INI_FILE={name}: there is no such file in {SOURCE}: use production.ini or development.ini")
    return str(path)
