#!/usr/bin/env bash
# usage: eng/clean.sh [--yes]
#
# Removes, after a question, what BoneYard made on this machine: its files in .boneyard, the images it built, and the two volumes
# with the posts and pictures of a site that was given no others. Volumes named with --data-volume and --media-volume stay, for
# nothing marks them as BoneYard's; and so do the container engine and the base images.
set -Eeuo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Of $engine.
clean_engine() {
    local image volume
    # The last two are DCP's tunnel and the browser of the tests. Podman calls what was built here localhost/NAME.
    for image in $("$engine" image ls --format '{{.Repository}}:{{.Tag}}' | grep -E '^(localhost/)?((sitedb|siteblog|sitewww):[0-9a-f]+$|dcptun|boneyard-test-browser:)' || true); do
        "$engine" image rm --force "$image" >/dev/null
    done
    # And the name that the stand-in gave to the base image, for DCP to find it.
    for image in $("$engine" image inspect --format '{{range .RepoTags}}{{println .}}{{end}}' debian:trixie-slim 2>/dev/null | grep -vE '^(localhost/|docker.io/library/)?debian:' || true); do
        "$engine" image rm "$image" >/dev/null
    done
    for volume in boneyard-data boneyard-media; do
        "$engine" volume rm --force "$volume" >/dev/null
    done
}

main() {
    local answer=${1-} engine
    if [[ $answer != --yes ]]; then
        read -rp 'Remove the images, and the volumes boneyard-data and boneyard-media with their posts and pictures? Type yes: ' answer || true
        [[ $answer == yes ]] || die 'nothing was removed'
    fi
    for engine in docker podman; do
        if command -v "$engine" >/dev/null && "$engine" version >/dev/null 2>&1; then
            clean_engine
        fi
    done
    rm -rf "$state"
}

main "$@"
