# A container engine that answers: the one that is there, or Debian 13's. To be sourced after lib.sh.
# shellcheck shell=bash disable=SC2154

# The first API version that can attach a container to two networks when it is made (Docker 25).
readonly needed_api=1.44
# Podman 4 takes no volume that is mounted read-only.
readonly needed_podman=5.0

engine_answers() {
    docker version --format '{{.Server.APIVersion}}' 2>/dev/null
}

# version_at_least A B: whether A >= B.
version_at_least() {
    [[ $(printf '%s\n%s\n' "$1" "$2" | sort --version-sort | head -n 1) == "$2" ]]
}

start_dockerd() {
    local log=$state/dockerd.log
    step 'starting the container engine'
    if [[ -d /run/systemd/system ]]; then
        systemctl start docker || die 'the container engine did not start; journalctl -u docker says why'
        return
    fi
    # In a session of its own: it outlives this script, and Ctrl+C is not meant for it.
    setsid --fork dockerd >"$log" 2>&1 9>&- </dev/null
    local waited
    for ((waited = 0; waited < 300; waited++)); do
        [[ -n $(engine_answers) ]] && return
        sleep 0.1
    done
    die "the container engine did not start; the end of $log: $(tail -n 5 "$log")"
}

# add_debian_13: on Debian 12, whose own packages are too old and on which these run as they are. Pinned low, so that nothing
# else comes along. $suite is then what a package's name takes to come from there.
add_debian_13() {
    local release mirror source=/etc/apt/sources.list.d/boneyard-trixie.sources
    # shellcheck disable=SC1091
    release=$(. /etc/os-release && printf '%s %s' "${ID-}" "${VERSION_CODENAME-}")
    suite=
    case $release in
        'debian bookworm') ;;
        'debian trixie' | 'debian forky' | 'debian sid') return 0 ;;
        *) die "this is $release: install Docker 25 or later by hand (https://docs.docker.com/engine/install/), and docker compose for the benchmark of a start" ;;
    esac
    rm -f "$source"
    mirror=$(debian_mirror)
    printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
        "$mirror" >"$source"
    printf 'Package: *\nPin: release n=trixie\nPin-Priority: 50\n' >/etc/apt/preferences.d/boneyard-trixie
    apt_update
    suite=/trixie
}

install_docker() {
    step 'installing the container engine (docker.io of Debian 13)'
    add_debian_13
    apt_install "docker.io$suite" "docker-cli$suite" "docker-buildx$suite" iptables
}

# need_compose: what a start is measured beside.
need_compose() {
    docker compose version >/dev/null 2>&1 && return
    may_install 'docker compose' || return 0
    step 'installing docker compose'
    add_debian_13
    apt_install "docker-compose$suite"
}

need_podman() {
    local error version
    command -v podman >/dev/null || die 'ASPIRE_CONTAINER_RUNTIME is podman, which is not installed: install it, or unset the variable'
    version=$(podman version --format '{{.Client.Version}}' 2>/dev/null) || true
    version_at_least "${version:-0}" "$needed_podman" || die "Podman is ${version:-of an unknown version}; $needed_podman is needed"
    error=$(podman info 2>&1 >/dev/null) || die "Podman does not work here: $(tail -n 1 <<<"$error")"
}

# Leaves the engine's name in $engine.
need_engine() {
    local api error
    engine=$(engine_name)
    if [[ $engine == podman ]]; then
        need_podman
        return
    fi
    if command -v docker >/dev/null; then
        api=$(engine_answers) || true
        if [[ -n $api ]]; then
            version_at_least "$api" "$needed_api" ||
                die "the container engine speaks API $api; $needed_api is needed (Docker 25). Update it: $(docker version --format 'client {{.Client.Version}}, server {{.Server.Version}}')"
            return
        fi
        error=$(docker version 2>&1 >/dev/null | tail -n 1) || true
        case $error in
            *'permission denied'*)
                die "you may not use the container engine ($error). Join its group: sudo usermod -aG docker $(id -un), then log in anew"
                ;;
        esac
        if [[ -n ${DOCKER_HOST-} ]]; then
            die "the container engine at DOCKER_HOST=$DOCKER_HOST does not answer: $error"
        fi
    fi
    if ! command -v dockerd >/dev/null; then
        may_install 'a container engine (Docker 25 or later)' || return 0
        install_docker
        # Where there is an init, the package has started it.
        [[ -z $(engine_answers) ]] || return 0
    elif ((EUID != 0)) && [[ ${BONEYARD_NO_INSTALL-} != 1 ]]; then
        die 'the container engine is installed but does not run: sudo systemctl start docker'
    elif ! may_install 'a running container engine (dockerd is there, but does not run)'; then
        return 0
    fi
    start_dockerd
}
