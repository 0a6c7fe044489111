#!/usr/bin/env bash
# usage: eng/setup.sh [--build PROJECT] [--tools] [--compose]
#
# Prepares this machine for BoneYard: checks the .NET SDK, installs a container engine and the base images where they are missing.
# --build builds a project at the same time, --tools restores the Aspire CLI, --compose installs docker compose.
# Changes nothing that is already there; a second run takes a moment.
set -Eeuo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=engine.sh
source "$root/eng/engine.sh"
# shellcheck source=images.sh
source "$root/eng/images.sh"

need_dotnet() {
    local version
    command -v dotnet >/dev/null || die 'the .NET SDK is missing. Install version 10 (https://dot.net/download)'
    version=$(cd "$root" && dotnet --version 2>/dev/null) ||
        die "global.json requires the .NET SDK 10.0.100 or later; installed: $(dotnet --list-sdks | tr '\n' ' ')"
    [[ $version == 10.* ]] || die "the .NET SDK is $version; version 10 is required"
}

# dotnet_online COMMAND...: runs a dotnet command that may need the package source.
dotnet_online() {
    local output status=0
    cd "$root"
    output=$(dotnet "$@" 2>&1) || status=$?
    printf '%s\n' "$output"
    if ((status)) && grep --quiet --extended-regexp 'NU1[0-9]{3}|service index' <<<"$output"; then
        echo 'NuGet could not restore the packages. Check the network and the package sources (dotnet nuget list source), then try again.'
    fi
    return "$status"
}

# What a run as root created belongs to the user who called sudo.
give_state_to_user() {
    if ((EUID == 0)) && [[ -n ${SUDO_UID-} ]]; then
        chown -R "$SUDO_UID:${SUDO_GID-$SUDO_UID}" "$state"
    fi
}

main() {
    local compose=
    if ! mkdir -p "$state" 2>/dev/null || ! touch "$state/lock" 2>/dev/null; then
        die "$(id -un) cannot write to $state: sudo chown -R $(id -un) '$state'"
    fi
    trap 'stop_jobs; give_state_to_user' EXIT
    # Two set-ups at the same time would install the same packages.
    exec 9>"$state/lock"
    if ! flock --nonblock 9; then
        step 'waiting for another set-up of this clone'
        flock 9
    fi

    need_dotnet
    while (($#)); do
        case $1 in
            --build)
                step "building ${2##*/}"
                start "the build of ${2##*/}" dotnet_online build "$2" --nologo --verbosity quiet
                with_cache=1
                shift
                ;;
            --tools)
                step 'restoring the Aspire CLI'
                start 'the restore of the Aspire CLI' dotnet_online tool restore
                ;;
            --compose) compose=1 ;;
            *) die "unknown argument '$1'" ;;
        esac
        shift
    done
    need_engine
    # Without an engine there is no place for an image.
    ((${#missing[@]})) || need_base_images
    [[ -z $compose ]] || need_compose

    if ((${#missing[@]})); then
        printf 'BONEYARD_NO_INSTALL=1 forbids to install what is missing:\n' >&2
        printf '  - %s\n' "${missing[@]}" >&2
        exit 1
    fi
    finish
}

main "$@"
