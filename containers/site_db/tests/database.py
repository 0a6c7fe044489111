"""The PostgreSQL image as a client sees it."""
import subprocess
from pathlib import Path

from engine import Container, Engine, build

PASSWORD = "it's a \\ \"secret\""
DATA = "/var/lib/postgresql/data"
SCRIPTS = "/docker-entrypoint-initdb.d"


def image() -> str:
    return build(Path(__file__).resolve().parents[1])


class Database(Container):
    def __init__(self, engine: Engine, *options: str, password: str | None = PASSWORD, volume: str | None = None, scripts: Path | None = None,
                 user: str = "postgres", database: str | None = None):
        self.user, self.password, self.database = user, password or "", database or user
        if password is not None:
            options += ("--env", f"POSTGRES_PASSWORD={password}")
        if user != "postgres":
            options += ("--env", f"POSTGRES_USER={user}")
        if database:
            options += ("--env", f"POSTGRES_DB={database}")
        if volume:
            options += ("--volume", f"{volume}:{DATA}")
        if scripts:
            options += ("--volume", f"{scripts}:{SCRIPTS}:ro")
        super().__init__(engine, image(), *options)

    def query(self, sql: str, check: bool = True) -> subprocess.CompletedProcess:
        """Over TCP and with the password."""
        return self.execute("psql", "-h", "127.0.0.1", "-U", self.user, "-d", self.database, "-v", "ON_ERROR_STOP=1", "-Atc", sql,
                            env={"PGPASSWORD": self.password}, check=check)

    def value(self, sql: str) -> str:
        return self.query(sql).stdout.strip()

    def ready(self) -> "Database":
        def responds() -> bool:
            if not self.running():
                raise AssertionError(f"{self.name} has exited. Its log:\n{self.logs()}")
            return self.query("SELECT 1", check=False).returncode == 0

        self.wait_for("ready", responds)
        return self
