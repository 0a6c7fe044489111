"""What the benchmarks share: a site isolated from any other on this machine, and the result file."""

import contextlib
import http.client
import json
import os
import random
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "BoneYard.AppHost/BoneYard.AppHost.csproj"
TIMEOUT = 120  # seconds

# Below the ports that the system gives to connections and containers.
PORTS = iter(random.sample(range(20_000, 32_000), 12_000))


def free_port():
    """A port without a listener: a foreign page would be a very fast start."""
    for port in PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def run(*command, **options):
    """Run a command and return its output; show it only if the command fails."""
    result = subprocess.run(command, capture_output=True, text=True, **options)
    if result.returncode:
        sys.exit(f"error: {' '.join(map(str, command))} exited with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


def wait_until(condition, failure, exit_reason, pause=0.02):
    """Poll a condition; stop early when `exit_reason` returns a text."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if condition():
                return
        if reason := exit_reason():
            sys.exit(f"error: {failure}: {reason}")
        time.sleep(pause)
    sys.exit(f"error: {failure} within {TIMEOUT} s")


def page_answers(port, path="/"):
    """Whether Nginx serves a page; an error status raises an OSError."""
    with urllib.request.urlopen(f"http://localhost:{port}{path}", timeout=2) as page:
        return page.status == 200


def stop_on_sigterm():
    """Let SIGTERM stop the site as Ctrl+C does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


class Site:
    """A running AppHost: its process, the name of its network, when its command began and how many seconds Ctrl+C took."""

    def __init__(self, process, network):
        self.process = process
        self.network = network
        self.started = time.monotonic()
        self.stop_seconds = None

    def exit_reason(self):
        return None if self.process.poll() is None else f"the AppHost exited with {self.process.returncode}"

    def stop(self):
        begin = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(TIMEOUT)
        self.stop_seconds = time.monotonic() - begin


@contextlib.contextmanager
def apphost(port, *options, root=ROOT):
    """Start the built AppHost with its own volumes, network, ports and secrets; stop it and remove the volumes at the end."""
    name = f"boneyard-bench-{secrets.token_hex(3)}"
    subnet = f"198.19.{secrets.randbelow(256)}.{secrets.randbelow(16) * 16}/28"  # RFC 2544 reserves it for benchmarks
    command = [
        "dotnet", "run", "--no-build", "--no-launch-profile", "--project", root / PROJECT, "--",
        "--tls=off", f"--http-port={port}", f"--network={name}", f"--subnet={subnet}",
        f"--data-volume={name}-data", f"--media-volume={name}-media", *options,
    ]
    addresses = ("ASPNETCORE_URLS", "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL",
                 "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL")
    environment = os.environ | {
        "DOTNET_ENVIRONMENT": "Development",
        "ASPIRE_ALLOW_UNSECURED_TRANSPORT": "true",
        **{address: f"http://localhost:{free_port()}" for address in addresses},
        **{f"Parameters__{secret}": secrets.token_hex(24) for secret in ("sitedb-password", "session-secret", "author-password")},
    }
    with tempfile.TemporaryFile("w+") as log:
        site = Site(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment, start_new_session=True), name)
        try:
            yield site
        except SystemExit:
            log.seek(0)
            print(f"The output of the AppHost:\n{log.read()}", file=sys.stderr)
            raise
        finally:
            site.stop()
            run("docker", "volume", "rm", "--force", f"{name}-data", f"{name}-media")


def print_table(title, times):
    """One row for each kind of sample."""
    print(f"{'':16}{'median':>9}{'least':>9}{'most':>9}   {title}")
    for name, values in times.items():
        print(f"{name:16}{statistics.median(values):9.3f}{min(values):9.3f}{max(values):9.3f}")


def write_result(name, ratio, goal, samples):
    """Report whether the goal holds, and write bench/results/NAME.json."""
    holds = ratio <= goal
    print(f"{name}: ratio {ratio:.2f}, goal at most {goal:.2f}: {'holds' if holds else 'does not hold'}")
    results = ROOT / "bench/results"
    results.mkdir(parents=True, exist_ok=True)
    result = {"name": name, "ratio": ratio, "goal": goal, "holds": holds, "samples": samples}
    (results / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
