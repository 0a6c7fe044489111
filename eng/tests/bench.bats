#!/usr/bin/env bats
# How a benchmark ends when what it measures fails.
# shellcheck disable=SC2016,SC2154  # fakes are scripts in quotes; bats and helpers set variables

load helpers

@test "a benchmark ends when the AppHost exits, and shows its output" {
    fake docker 'exit 0'
    fake dotnet 'echo "no space for an AppHost" >&2; exit 3'

    run timeout 30 eng/bench/start --samples 1

    expect 1 'error: the site served no page: the AppHost exited with 3'
    expect 1 'no space for an AppHost'
}

@test "a benchmark ends when docker compose fails, and shows its output" {
    fake docker 'case "$*" in *" up --detach") echo "no space for a container" >&2; exit 7 ;; esac'
    # The AppHost's first answer breaks off in the middle.
    cat >"$BATS_TEST_TMPDIR/bin/server" <<'SERVER'
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    for answer in b"half of an", b"HTTP/1.0 200 OK\r\n\r\n":
        visitor, _ = server.accept()
        visitor.recv(4096)
        visitor.sendall(answer)
        visitor.close()
SERVER
    fake dotnet 'for argument; do [[ $argument != --http-port=* ]] || exec python3 "${0%/*}/server" "${argument#*=}"; done'

    run timeout 30 eng/bench/start --samples 1

    expect 1 $'error: compose served no page: docker compose up exited with 7:\nno space for a container'
}

@test "the benchmark of a restart refuses a second site of the same clone" {
    fake dotnet 'printf "[{\"appHostPath\": \"%s\"}]" "$PWD/BoneYard.AppHost/BoneYard.AppHost.csproj"'

    run eng/bench/restart

    expect 1 'error: a site of this clone is running; stop it first'
}
