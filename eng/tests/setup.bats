#!/usr/bin/env bats
# What the set-up decides and says. Nothing is installed or started.
# shellcheck disable=SC2016,SC2154  # fakes are scripts in quotes; bats and helpers set variables

load helpers

make_forky='set -Eeuo pipefail; source eng/lib.sh; source eng/images.sh; engine=docker mirror=http://mirror.example
    quietly debian:forky-slim make_image forky'

@test "a machine with everything needs no set-up" {
    run eng/setup.sh

    expect 0 ''
    [[ -z $output ]]
}

@test "an SDK that is too old is refused with the installed versions" {
    fake dotnet 'case $1 in --list-sdks) echo "8.0.100 [/usr/share/dotnet/sdk]" ;; *) exit 1 ;; esac'

    run eng/setup.sh

    expect 1 'global.json requires the .NET SDK 10.0.100 or later; installed: 8.0.100'
}

@test "a failed restore shows NuGet's message and what to do" {
    fake dotnet 'case $1 in
        --version) echo 10.0.100 ;;
        *) echo "error NU1301: Unable to load the service index: Connection refused"; exit 1 ;;
    esac'

    run ./boneyard run

    expect 1 'error NU1301: Unable to load the service index: Connection refused'
    expect 1 'Check the network and the package sources (dotnet nuget list source), then try again.'
    expect 1 'error: the build of BoneYard.AppHost failed; its output is above'
}

@test "a compiler error shows no advice about the network" {
    fake dotnet 'case $1 in --version) echo 10.0.100 ;; *) echo "AppHost.cs(1,1): error CS1002: ; expected"; exit 1 ;; esac'

    run ./boneyard run

    expect 1 'CS1002'
    expect_without 'NuGet'
}

@test "a failed build stops the preparation of the images" {
    fake docker 'case "$*" in
        *APIVersion*) echo 1.45 ;;
        "buildx "*) trap "exit 130" INT; touch started; while sleep 0.1; do touch "running.$$"; done ;;
    esac'
    fake dotnet 'case $1 in --version) echo 10.0.100 ;; *) until [[ -e started ]]; do sleep 0.1; done; exit 1 ;; esac'

    run ./boneyard run

    expect 1 'the build of BoneYard.AppHost failed'
    rm -f running.*
    sleep 0.5
    [[ -z $(compgen -G 'running.*') ]]
}

@test "Ctrl+C stops the build" {
    fake dotnet 'case $1 in --version) echo 10.0.100 ;; *) echo $$ >build.pid; exec sleep 60 ;; esac'
    set -m
    ./boneyard run &
    set +m
    until [[ -s build.pid ]]; do sleep 0.1; done

    kill -INT -- "-$!"
    status=0
    wait "$!" || status=$?

    [[ $status == 130 ]]
    run kill -0 "$(<build.pid)"
    expect 1 'No such process'
}

@test "an engine that is too old is refused with both versions" {
    fake docker 'case "$*" in *APIVersion*) echo 1.41 ;; *) echo "client 20.10, server 20.10" ;; esac'

    run eng/setup.sh

    expect 1 'the container engine supports API 1.41; 1.44 is required (Docker 25 or later). Update it: client 20.10, server 20.10'
}

@test "missing permission on the engine's socket names the group" {
    fake docker 'echo "permission denied while trying to connect to the Docker daemon socket" >&2; exit 1'

    run eng/setup.sh

    expect 1 'usermod -aG docker'
}

@test "an engine at DOCKER_HOST that does not answer is named" {
    fake docker 'echo "Cannot connect to the Docker daemon" >&2; exit 1'

    DOCKER_HOST=tcp://127.0.0.1:1 run eng/setup.sh

    expect 1 'the container engine at DOCKER_HOST=tcp://127.0.0.1:1 does not answer: Cannot connect to the Docker daemon'
}

@test "a stopped Docker is not replaced by Podman" {
    fake docker 'echo "Cannot connect to the Docker daemon" >&2; exit 1'
    fake podman '[[ $1 != version ]] || echo 5.4.2'

    BONEYARD_NO_INSTALL=1 run eng/setup.sh

    expect 1 'a running container engine (dockerd is installed but not running)'
}

@test "Podman is used where ASPIRE_CONTAINER_RUNTIME names it" {
    fake podman '[[ $1 != version ]] || echo 5.4.2'

    ASPIRE_CONTAINER_RUNTIME=podman run eng/setup.sh

    expect 0 ''
}

@test "a Podman that is too old is refused with both versions" {
    fake podman '[[ $1 != version ]] || echo 4.3.1'

    ASPIRE_CONTAINER_RUNTIME=podman run eng/setup.sh

    expect 1 'Podman 4.3.1 is too old; 5.0 is required'
}

@test "a Podman that does not work is refused with its own message" {
    fake podman 'case $1 in version) echo 5.4.2 ;; *) echo "cannot set up a user namespace" >&2; exit 1 ;; esac'

    ASPIRE_CONTAINER_RUNTIME=podman run eng/setup.sh

    expect 1 'Podman does not work on this machine: cannot set up a user namespace'
}

@test "an unknown container runtime is refused" {
    ASPIRE_CONTAINER_RUNTIME=docekr run eng/setup.sh

    expect 1 "ASPIRE_CONTAINER_RUNTIME is 'docekr'; it must be docker or podman"
}

@test "BONEYARD_NO_INSTALL=1 lists what is missing" {
    fake docker 'case "$*" in *APIVersion*) echo 1.45 ;; *) exit 1 ;; esac'

    BONEYARD_NO_INSTALL=1 run eng/setup.sh --compose

    expect 1 'BONEYARD_NO_INSTALL=1 forbids to install what is missing:
  - the image debian:trixie-slim
  - the image debian:forky-slim
  - docker compose'
}

@test "a folder without write permission is named with the remedy" {
    touch .boneyard

    run eng/setup.sh

    expect 1 "sudo chown -R $(id -un) '$repository/.boneyard'"
}

@test "the mirror is the one that apt uses, after an update on a new machine" {
    fake apt-get 'case $1 in
        update) touch updated ;;
        indextargets) [[ ! -e updated ]] || echo "mirror.example bookworm Debian" ;;
    esac'

    run bash -c 'source eng/lib.sh; source eng/images.sh; find_mirror; echo "$mirror"'

    expect 0 'mirror.example'
}

@test "a machine without a mirror is refused" {
    fake apt-get 'exit 0'

    run bash -c 'source eng/lib.sh; source eng/images.sh; find_mirror'

    expect 1 'apt has no Debian mirror'
}

@test "a base image is made from the packages of its suite and imported" {
    mkdir .boneyard
    fake mmdebstrap 'echo "mmdebstrap $*" >>calls; for file; do [[ $file != *.tar ]] || touch "$file"; done'
    fake docker 'echo "docker $*" >>calls'

    run bash -c "$make_forky"

    expect 0 ''
    grep "^mmdebstrap .* forky $repository/.boneyard/forky.tar http://mirror.example\$" calls
    grep "^docker import .* $repository/.boneyard/forky.tar debian:forky-slim\$" calls
    [[ ! -e .boneyard/forky.tar ]]
}

@test "a base image that cannot be made is not imported" {
    mkdir .boneyard
    fake mmdebstrap 'echo "E: no such suite" >&2; exit 25'
    fake docker 'touch imported'

    run bash -c "$make_forky"

    expect 1 'E: no such suite'
    expect 1 'debian:forky-slim failed'
    [[ ! -e imported ]]
}
