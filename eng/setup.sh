#!/usr/bin/env bash
# usage: eng/setup.sh [compose]
#
# Makes this machine able to run BoneYard: .NET SDK, container engine and base images; and docker compose, where
# a start is to be measured beside it. What is there already is left alone; a second run takes a moment.
set -Eeuo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=engine.sh
source "$root/eng/engine.sh"
# shellcheck source=images.sh
source "$root/eng/images.sh"

need_dotnet() {
    local version
    command -v dotnet >/dev/null || die 'the .NET SDK is missing: install version 10 (https://dot.net/download)'
    version=$(cd "$root" && dotnet --version 2>/dev/null) ||
        die "no .NET SDK here satisfies global.json, which asks for 10.0.100 or later: $(dotnet --list-sdks | tr '\n' ' ')"
    [[ $version == 10.* ]] || die "the .NET SDK is $version; version 10 is needed"
}

# Whoever ran this as root once is not root the next time.
give_state_to_user() {
    if ((EUID == 0)) && [[ -n ${SUDO_UID-} ]]; then
        chown -R "$SUDO_UID:${SUDO_GID-$SUDO_UID}" "$state"
    fi
}

main() {
    if ! mkdir -p "$state" 2>/dev/null || ! touch "$state/lock" 2>/dev/null; then
        die "$state cannot be written by $(id -un): sudo chown -R $(id -un) '$state'"
    fi
    trap give_state_to_user EXIT
    # Two set-ups at once would install the same things over each other.
    exec 9>"$state/lock"
    if ! flock --nonblock 9; then
        step 'another set-up is at work here; waiting for it'
        flock 9
    fi

    need_dotnet
    need_engine
    # Without an engine there is nowhere to put an image.
    ((${#missing[@]})) || need_base_images
    [[ ${1-} != compose ]] || need_compose

    if ((${#missing[@]})); then
        printf 'missing, and BONEYARD_NO_INSTALL=1 forbids installing it:\n' >&2
        printf '  - %s\n' "${missing[@]}" >&2
        exit 1
    fi
    # What is started from here must not hold the lock.
    exec 9>&-
}

main "$@"
