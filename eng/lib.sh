# Words and waiting, for the scripts of this folder. To be sourced.
# shellcheck shell=bash

root=${root:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
# What the set-up makes; git ignores it.
state=$root/.boneyard
# shellcheck disable=SC2034  # read by those who source this
readonly state

# step WORDS: says what happens next.
step() {
    printf '==> %s\n' "$*"
}

# die WORDS: one clear message, and the end.
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# quietly COMMAND...: shows the command's output only if it fails, and that it is still at work every 15 seconds.
quietly() {
    local log finished status=1 started=$SECONDS
    log=$(mktemp)
    # Without the lock of the set-up: what a command leaves behind must not keep it.
    exec {finished}< <("$@" >"$log" 2>&1 9>&- && echo 0 || echo $?)
    until read -r -t 15 -u "$finished" status; do
        # More than 128: nothing was said yet. Less: nobody is left who could say it.
        (($? > 128)) || break
        printf '    … %d s\n' $((SECONDS - started))
    done
    exec {finished}<&-
    if ((status)); then
        cat "$log" >&2
    fi
    rm -f "$log"
    return "$status"
}

# may_install WHAT: whether the system may be changed to get WHAT; if not, it is noted as missing.
may_install() {
    if [[ ${BONEYARD_NO_INSTALL-} == 1 ]]; then
        missing+=("$1")
        return 1
    fi
    ((EUID == 0)) || die "$1 is missing, and only root can install it: install it yourself, or run ./boneyard setup as root once"
    command -v apt-get >/dev/null || die "$1 is missing, and this is not a Debian: install it yourself"
}

# engine_name: the container engine of this machine: what Aspire's setting names, else Docker, else Podman where there is only that.
# Aspire takes the one that runs, Docker first, and the set-up sees to it that it does.
engine_name() {
    local name=${ASPIRE_CONTAINER_RUNTIME:-${DOTNET_ASPIRE_CONTAINER_RUNTIME-}}
    if [[ -n $name ]]; then
        [[ $name == docker || $name == podman ]] || die "ASPIRE_CONTAINER_RUNTIME is '$name'; it has to be docker or podman"
        printf '%s' "$name"
    elif ! command -v docker >/dev/null && command -v podman >/dev/null; then
        printf podman
    else
        printf docker
    fi
}

missing=()

# apt_update: asks the mirrors what there is; on a new machine apt knows nothing before.
apt_update() {
    quietly apt-get update
    apt_lists_are_fresh=1
}

# apt_install PACKAGE...: from Debian, without questions.
apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    [[ -n ${apt_lists_are_fresh-} ]] || apt_update
    quietly apt-get install --yes --no-install-recommends "$@"
}
