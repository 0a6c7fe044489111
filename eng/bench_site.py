"""What the benchmarks have in common: a site that shares nothing with one under development, and a result."""

import contextlib
import http.client
import json
import os
import pathlib
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATIENCE = 120  # seconds


# None of those that the system gives to connections and to containers, for what is measured here makes many.
PORTS = iter(random.sample(range(20_000, 32_000), 12_000))


def free_port():
    """A port on which nobody answers yet: somebody else's page would be a very quick start."""
    for port in PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def run(*command, **options):
    """Run a command to its end; show its words only if it fails."""
    result = subprocess.run(command, capture_output=True, text=True, **options)
    if result.returncode:
        sys.exit(f"error: {' '.join(map(str, command))} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


def wait_until(said, what, end_of, pause=0.02):
    """Ask until it is so, for what takes a moment; `end_of` says why it never will be, once that is known."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if said():
                return
        if end := end_of():
            sys.exit(f"error: {what}, for {end}")
        time.sleep(pause)
    sys.exit(f"error: {what} within {PATIENCE} s")


def wait_for_home_page(port, end_of):
    """Wait for the first page through Nginx."""
    def is_there():
        with urllib.request.urlopen(f"http://localhost:{port}/", timeout=2) as page:
            return page.status == 200

    wait_until(is_there, "there was no page", end_of)


def end_in_good_order():
    """Let SIGTERM end the site as Ctrl+C does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


@contextlib.contextmanager
def apphost(port, *options, root=ROOT):
    """A built AppHost from its start to its end, with volumes, network, ports and secrets of its own. Gives what says why it has ended."""
    name = f"boneyard-bench-{secrets.token_hex(3)}"
    subnet = f"198.19.{secrets.randbelow(256)}.{secrets.randbelow(16) * 16}/28"  # RFC 2544: for benchmarks
    command = [
        "dotnet", "run", "--no-build", "--no-launch-profile", "--project", root / "BoneYard.AppHost", "--",
        "--tls=off", f"--http-port={port}", f"--network={name}", f"--subnet={subnet}",
        f"--data-volume={name}-data", f"--media-volume={name}-media", *options,
    ]
    environment = os.environ | {
        "DOTNET_ENVIRONMENT": "Development",
        # As ./boneyard run has them.
        "DOTNET_TieredPGO": "0",
        "DOTNET_TC_CallCountingDelayMs": "2710",
        "ASPIRE_ALLOW_UNSECURED_TRANSPORT": "true",
        "ASPNETCORE_URLS": f"http://localhost:{free_port()}",
        "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL": f"http://localhost:{free_port()}",
        "ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL": f"http://localhost:{free_port()}",
        "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL": f"http://localhost:{free_port()}",
    } | {f"Parameters__{secret}": secrets.token_hex(24) for secret in ("sitedb-password", "session-secret", "author-password")}
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment, start_new_session=True)
        try:
            yield lambda: None if process.poll() is None else f"the AppHost ended with {process.returncode}"
        except SystemExit:
            log.seek(0)
            print(f"The AppHost said:\n{log.read()}", file=sys.stderr)
            raise
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            process.wait(PATIENCE)
            run("docker", "volume", "rm", "--force", f"{name}-data", f"{name}-media")


def write_result(name, ratio, goal, samples):
    """Say whether the goal holds, and leave the numbers in bench/results."""
    holds = ratio <= goal
    print(f"ratio {ratio:.2f}, goal at most {goal:.2f}: {'holds' if holds else 'does not hold'}")
    results = ROOT / "bench/results"
    results.mkdir(parents=True, exist_ok=True)
    result = {"name": name, "ratio": ratio, "goal": goal, "holds": holds, "samples": samples}
    (results / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
