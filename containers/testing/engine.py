"""A pytest plugin: starts containers for the tests of an image, and removes everything that it made."""
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

# The container runtime of the AppHost.
RUNTIME = os.environ.get("ASPIRE_CONTAINER_RUNTIME", "docker")
# Each run has images of its own, so that two runs side by side do not test each other's sources. Their layers stay cached.
PREFIX = f"boneyard-test-{secrets.token_hex(4)}"

_images: list[str] = []
_removals = ThreadPoolExecutor(max_workers=1)


def pytest_configure():
    # End as after Ctrl+C: with clean-up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_unconfigure():
    _removals.shutdown()
    if _images:
        run("rmi", "--no-prune", *_images, check=False)


def run(*args: str, check: bool = True) -> subprocess.CompletedProcess:
    """Run the container runtime with these arguments."""
    done = subprocess.run([RUNTIME, *args], capture_output=True, text=True, timeout=300)
    if check and done.returncode:
        raise AssertionError(f"{RUNTIME} {' '.join(args)} exited with {done.returncode}: {done.stderr.strip()}")
    return done


def output(*args: str) -> str:
    return run(*args).stdout.strip()


@cache
def build(context: Path, dockerfile: str = "stage/Dockerfile") -> str:
    """Build an image once per run and return its tag."""
    _images.append(tag := f"{PREFIX}-{context.name}")
    run("build", "--quiet", "--tag", tag, "--file", str(context / dockerfile), str(context))
    return tag


def run_to_end(image: str, *options: str, command: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
    """Run a container that ends by itself."""
    return run("run", "--rm", "--name", new_name(), *options, image, *command, check=False)


def new_name() -> str:
    return f"{PREFIX}-{secrets.token_hex(3)}"


class Engine:
    """What one test, or one module of tests, starts."""

    def __init__(self):
        self._made: dict[str, list[str]] = {"rm --force --volumes": [], "network rm": [], "volume rm --force": []}
        self._folders: list[Path] = []

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_) -> None:
        # In the background: the next test does not wait.
        _removals.submit(self._remove)

    def _remove(self) -> None:
        for command, names in self._made.items():
            if names:
                run(*command.split(), *names, check=False)
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)

    def start(self, image: str, *options: str, command: tuple[str, ...] = ()) -> "Container":
        return Container(self, image, *options, command=command)

    def add_container(self) -> str:
        return self._add("rm --force --volumes")

    def network(self) -> str:
        run("network", "create", name := self._add("network rm"))
        return name

    def volume(self) -> str:
        run("volume", "create", name := self._add("volume rm --force"))
        return name

    def folder(self, files: dict[str, str] | None = None) -> Path:
        """A folder to mount, readable by every user of a container."""
        self._folders.append(path := Path(tempfile.mkdtemp(prefix="boneyard-test-")))
        path.chmod(0o755)
        for name, content in (files or {}).items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_text(content)
        return path

    def _add(self, removal: str) -> str:
        self._made[removal].append(name := new_name())
        return name


class Container:
    def __init__(self, engine: Engine, image: str, *options: str, command: tuple[str, ...] = ()):
        self.name = engine.add_container()
        run("run", "--detach", "--name", self.name, *options, image, *command)

    def running(self) -> bool:
        return output("inspect", "--format", "{{.State.Running}}", self.name) == "true"

    def ports(self) -> dict[str, int]:
        """The published ports by container port, such as 8080/tcp."""
        lines = (line.split(" -> ") for line in output("port", self.name).splitlines())
        return {inside: int(outside.rpartition(":")[2]) for inside, outside in lines}

    def address(self, network: str) -> str:
        return output("inspect", "--format", f'{{{{ (index .NetworkSettings.Networks "{network}").IPAddress }}}}', self.name)

    def logs(self) -> str:
        done = run("logs", self.name)
        return done.stdout + done.stderr

    def execute(self, *command: str, env: dict[str, str] | None = None, check: bool = True) -> subprocess.CompletedProcess:
        options = [part for name, value in (env or {}).items() for part in ("--env", f"{name}={value}")]
        return run("exec", *options, self.name, *command, check=check)

    def stop(self) -> int:
        """Stop it as an orchestrator does. Returns the exit code; 137: it was killed after ten seconds."""
        run("stop", "--time", "10", self.name)
        return self.exit_code()

    def kill(self) -> None:
        run("kill", self.name)

    def exit_code(self) -> int:
        """Wait for its end."""
        return int(output("wait", self.name))

    def remove(self) -> None:
        run("rm", "--force", "--volumes", self.name)

    def wait_for(self, what: str, holds, seconds: float = 60):
        """Poll until `holds` returns a true value, and return that; a refused connection counts as false."""
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


@pytest.fixture
def engine():
    """Removes at the end of the test what it started."""
    with Engine() as engine:
        yield engine


@pytest.fixture(scope="module")
def shared_engine():
    """Removes at the end of the module what it started."""
    with Engine() as engine:
        yield engine
