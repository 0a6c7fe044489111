"""The configuration of Gunicorn, from the environment and the ini file."""

from __future__ import annotations

import configparser
import socket
from dataclasses import dataclass
from pathlib import Path

from boneyard_blog.settings import DatabaseSettings, Environment, SettingError, Settings, check_ini

SOURCE = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class ServerConfiguration:
    """The settings that gunicorn.conf.py needs."""

    ini_file: str
    development: bool
    bind: str
    workers: int
    threads: int
    sends_telemetry: bool
    database: DatabaseSettings
    source: Path = SOURCE

    @classmethod
    def from_environment(cls) -> ServerConfiguration:
        """Read and validate all settings of the container. Raises SettingError."""
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
            bind=f"{wildcard_address()}:{environment.integer('PORT', 8000, 1, 65535)}",
            workers=environment.integer("GUNICORN_WORKERS", 1 if development else 2, 1, 64),
            threads=settings.threads,
            sends_telemetry=settings.telemetry_protocol == "http/protobuf",
            database=settings.database,
        )


def wildcard_address() -> str:
    """Return the address to listen on for IPv4 and IPv6; some kernels have no IPv6."""
    return "[::]" if socket.has_dualstack_ipv6() else "0.0.0.0"


def read_ini(path: str) -> dict[str, str]:
    """Return the section [app:main] of an ini file. Raises SettingError."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
        return dict(parser["app:main"])
    except (configparser.Error, UnicodeDecodeError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise SettingError(f"INI_FILE={path}: cannot be parsed ({reason}): compare it with the original production.ini") from error


def ini_path(environment: Environment | None = None) -> str:
    """Return the path of the ini file that INI_FILE names, relative to the source folder. Raises SettingError."""
    name = (environment or Environment()).get("INI_FILE", "production.ini")
    path = SOURCE / name
    if not path.is_file():
        raise SettingError(f"INI_FILE={name}: file not found in {SOURCE}: use production.ini or development.ini")
    return str(path)
