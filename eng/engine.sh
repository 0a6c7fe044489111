# The container runtime: uses the one that is installed, otherwise installs docker.io of Debian 13. Source after lib.sh.
# shellcheck shell=bash disable=SC2154

# The first API version that can attach a new container to two networks (Docker 25).
readonly required_api=1.44
# Podman 4 cannot mount a volume read-only.
readonly required_podman=5.0

engine_api() {
    docker version --format '{{.Server.APIVersion}}' 2>/dev/null
}

# version_at_least A B: whether A >= B.
version_at_least() {
    [[ $(printf '%s\n%s\n' "$1" "$2" | sort --version-sort | head -n 1) == "$2" ]]
}

start_dockerd() {
    local log=$state/dockerd.log waited
    step 'starting the container engine'
    if [[ -d /run/systemd/system ]]; then
        systemctl start docker || die 'the container engine did not start; journalctl -u docker shows the reason'
        return
    fi
    # In its own session: it outlives this script and does not receive Ctrl+C.
    setsid --fork dockerd >"$log" 2>&1 9>&- </dev/null
    for ((waited = 0; waited < 300; waited++)); do
        [[ -z $(engine_api) ]] || return 0
        pause
    done
    die "the container engine did not start within 30 s; the end of $log: $(tail -n 5 "$log")"
}

# use_debian_13 WHAT: makes the packages of Debian 13 available; $debian_13 is their suffix for apt_install. Those of Debian 12 are
# too old. There the source gets a low priority, so that apt takes nothing else from it.
use_debian_13() {
    local release source=/etc/apt/sources.list.d/boneyard-trixie.sources
    # shellcheck disable=SC1091
    release=$(. /etc/os-release && printf '%s %s' "${ID-}" "${VERSION_CODENAME-}")
    debian_13=
    case $release in
        'debian bookworm')
            debian_13=/trixie
            [[ ! -e $source ]] || return 0
            find_mirror
            printf 'Package: *\nPin: release n=trixie\nPin-Priority: 50\n' >/etc/apt/preferences.d/boneyard-trixie
            printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
                "$mirror" >"$source"
            # find_mirror has updated the other lists if there were none.
            apt_update
            ;;
        'debian trixie' | 'debian forky' | 'debian sid') ;;
        *) die "this is $release: install $1 yourself (Docker 25 or later: https://docs.docker.com/engine/install/)" ;;
    esac
}

# For the comparison in bench start.
need_compose() {
    docker compose version >/dev/null 2>&1 && return
    may_install 'docker compose' || return 0
    step 'installing docker compose'
    use_debian_13 'docker compose'
    apt_install "docker-compose$debian_13"
}

need_podman() {
    local error version
    command -v podman >/dev/null || die 'ASPIRE_CONTAINER_RUNTIME is podman, but Podman is not installed. Install it, or unset the variable'
    version=$(podman version --format '{{.Client.Version}}' 2>/dev/null) || true
    version_at_least "${version:-0}" "$required_podman" || die "Podman ${version:-of unknown version} is too old; $required_podman is required"
    error=$(podman info 2>&1 >/dev/null) || die "Podman does not work on this machine: $(tail -n 1 <<<"$error")"
}

# need_engine: the name of the container runtime is in $engine.
need_engine() {
    local api error
    engine=$(engine_name)
    if [[ $engine == podman ]]; then
        need_podman
        return
    fi
    if command -v docker >/dev/null; then
        api=$(engine_api) || true
        if [[ -n $api ]]; then
            version_at_least "$api" "$required_api" ||
                die "the container engine supports API $api; $required_api is required (Docker 25 or later). Update it: $(docker version --format 'client {{.Client.Version}}, server {{.Server.Version}}')"
            return
        fi
        error=$(docker version 2>&1 >/dev/null | tail -n 1) || true
        [[ $error != *'permission denied'* ]] ||
            die "no permission to use the container engine ($error). Join its group: sudo usermod -aG docker $(id -un), then log in again"
        [[ -z ${DOCKER_HOST-} ]] || die "the container engine at DOCKER_HOST=$DOCKER_HOST does not answer: $error"
    fi
    if ! command -v dockerd >/dev/null; then
        may_install 'a container engine (Docker 25 or later)' || return 0
        step 'installing the container engine (docker.io of Debian 13)'
        use_debian_13 'a container engine'
        # iptables of this Debian's own release: that of Debian 13 would need a newer libc. mmdebstrap is for machines that cannot pull
        # images: to install it later would take ten times as long.
        apt_install iptables mmdebstrap "docker.io$debian_13" "docker-cli$debian_13" "docker-buildx$debian_13"
        # With an init system the package has started it.
        [[ -z $(engine_api) ]] || return 0
    elif [[ ${BONEYARD_NO_INSTALL-} == 1 ]]; then
        missing+=('a running container engine (dockerd is installed but not running)')
        return
    elif ((EUID != 0)); then
        die 'the container engine is installed but not running: sudo systemctl start docker'
    fi
    start_dockerd
}
