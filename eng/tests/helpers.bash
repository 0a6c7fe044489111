# For the bats tests: a copy of the scripts, and fakes of the commands that would change this machine.
# shellcheck shell=bash disable=SC2016,SC2154  # fakes are scripts in quotes; bats sets variables

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

# A machine with everything: each test replaces what it lacks.
setup() {
    repository=$BATS_TEST_TMPDIR/repository
    mkdir -p "$repository" "$BATS_TEST_TMPDIR/bin"
    cp -r "$root/boneyard" "$root/eng" "$root/global.json" "$repository"
    cd "$repository" || return
    PATH=$BATS_TEST_TMPDIR/bin:$PATH
    unset DOCKER_HOST ASPIRE_CONTAINER_RUNTIME DOTNET_ASPIRE_CONTAINER_RUNTIME BONEYARD_NO_INSTALL
    fake docker 'case "$*" in
        "version --format {{.Server.APIVersion}}") echo 1.45 ;;
        "image inspect "*) ;;
        *) exit 1 ;;
    esac'
    fake dotnet 'case "$1" in
        --version) echo 10.0.100 ;;
        build) ;;
        run | tool) echo "dotnet $*" ;;
        *) exit 1 ;;
    esac'
    fake dockerd 'echo "dockerd was called" >&2; exit 1'
    fake podman 'exit 1'
}

# fake NAME SCRIPT: a command in front of the machine's own.
fake() {
    printf '#!/usr/bin/env bash\n%s\n' "$2" >"$BATS_TEST_TMPDIR/bin/$1"
    chmod +x "$BATS_TEST_TMPDIR/bin/$1"
}

# The last `run` ended with this exit code, and its output contains this text.
expect() {
    [[ $status == "$1" && $output == *"$2"* ]] && return
    printf 'expected exit code %s and "%s"\ngot exit code %s and:\n%s\n' "$1" "$2" "$status" "$output" >&2
    return 1
}

expect_without() {
    [[ $output == *"$1"* ]] || return 0
    printf 'did not expect "%s" in:\n%s\n' "$1" "$output" >&2
    return 1
}
