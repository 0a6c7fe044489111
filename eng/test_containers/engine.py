"""The container engine: what the tests start, and the removal of all of it."""
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

# The one that the AppHost takes.
ENGINE = os.environ.get("ASPIRE_CONTAINER_RUNTIME", "docker")
ROOT = Path(__file__).resolve().parents[2]
PREFIX = f"boneyard-test-{secrets.token_hex(4)}"
# The images of a run are its own, so that two runs at once cannot test each other's source; the layers stay cached.
DATABASE = f"{PREFIX}-db"
FRONT = f"{PREFIX}-www"
HTTP3_CLIENT = f"{PREFIX}-http3"

_containers: list[str] = []
_networks: list[str] = []
_volumes: list[str] = []
_folders: list[str] = []


def run(*args: str, check: bool = True) -> subprocess.CompletedProcess:
    """Runs the engine with these arguments."""
    done = subprocess.run([ENGINE, *args], capture_output=True, text=True, timeout=120)
    if check and done.returncode:
        raise AssertionError(f"{ENGINE} {' '.join(args)} ended with {done.returncode}: {done.stderr.strip()}")
    return done


def output(*args: str) -> str:
    return run(*args).stdout.strip()


def build_images() -> None:
    for image, folder, dockerfile in (
            (DATABASE, "containers/site_db", "stage/Dockerfile"),
            (FRONT, "containers/site_www", "stage/Dockerfile"),
            (HTTP3_CLIENT, "eng/test_containers/http3_client", "Dockerfile")):
        context = ROOT / folder
        run("build", "--quiet", "--tag", image, "--file", str(context / dockerfile), str(context))


def remove_everything() -> None:
    """Of this run, and only of it."""
    for kind, names in (("rm --force --volumes", _containers), ("network rm", _networks), ("volume rm --force", _volumes)):
        if names:
            run(*kind.split(), *names, check=False)
    run("rmi", "--no-prune", DATABASE, FRONT, HTTP3_CLIENT, check=False)
    for folder in _folders:
        shutil.rmtree(folder, ignore_errors=True)


def new_name() -> str:
    return f"{PREFIX}-{secrets.token_hex(3)}"


def network() -> str:
    name = new_name()
    _networks.append(name)
    run("network", "create", name)
    return name


def volume() -> str:
    name = new_name()
    _volumes.append(name)
    run("volume", "create", name)
    return name


def folder(**files: str) -> Path:
    """A folder to be mounted: anybody in a container may read it. A file's name has __ for its dot."""
    path = Path(tempfile.mkdtemp(prefix="boneyard-test-"))
    _folders.append(str(path))
    path.chmod(0o755)
    for name, content in files.items():
        (path / name.replace("__", ".")).write_text(content)
    return path


class Container:
    """A container of this run."""

    def __init__(self, image: str, *options: str, command: tuple[str, ...] = ()):
        self.name = new_name()
        _containers.append(self.name)
        run("run", "--detach", "--name", self.name, *options, image, *command)

    def port(self, inside: int | str) -> int:
        return int(output("port", self.name, str(inside)).splitlines()[0].rpartition(":")[2])

    def address(self, on: str) -> str:
        return output("inspect", "--format", f'{{{{ (index .NetworkSettings.Networks "{on}").IPAddress }}}}', self.name)

    def logs(self) -> str:
        done = run("logs", self.name)
        return done.stdout + done.stderr

    def execute(self, *command: str, env: dict[str, str] | None = None, check: bool = True) -> subprocess.CompletedProcess:
        options = [part for name, value in (env or {}).items() for part in ("--env", f"{name}={value}")]
        return run("exec", *options, self.name, *command, check=check)

    def stop(self) -> int:
        """Stops it as an orchestrator would; the exit code (137: it did not end within ten seconds and had to be killed)."""
        run("stop", "--time", "10", self.name)
        return self.exit_code()

    def exit_code(self) -> int:
        """Waits for its end."""
        return int(output("wait", self.name))

    def remove(self) -> None:
        run("rm", "--force", "--volumes", self.name)
        _containers.remove(self.name)

    def wait_for(self, what: str, holds, seconds: float = 30):
        """Polls until `holds` returns something true, and returns that; connections refused so far do not count."""
        last: object = None
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if found := holds():
                    return found
            except OSError as error:
                last = error
            time.sleep(0.05)
        raise AssertionError(f"{self.name}: not {what} after {seconds} s ({last}). Its log:\n{self.logs()}")

    def wait_for_log(self, text: str) -> None:
        self.wait_for(f"'{text}' in its log", lambda: text in self.logs())
