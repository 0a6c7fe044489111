#!/usr/bin/env bash
# usage: eng/clean.sh [--yes]
#
# Removes what BoneYard made on this machine: its files in .boneyard, the images it built, and, after a question, the
# volumes with the blog's posts and pictures. The container engine and the base images stay.
set -Eeuo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

main() {
    local answer=${1-} image volume
    if [[ $answer != --yes ]]; then
        read -rp 'Remove the images and the volumes with all posts and pictures? Type yes: ' answer || true
        [[ $answer == yes ]] || die 'nothing was removed'
    fi
    if command -v docker >/dev/null && docker version >/dev/null 2>&1; then
        # The last two are DCP's tunnel and the browser of the tests.
        for image in $(docker image ls --format '{{.Repository}}:{{.Tag}}' | grep -E '^((sitedb|siteblog|sitewww):[0-9a-f]+$|dcptun|boneyard-test-browser:)' || true); do
            docker image rm --force "$image" >/dev/null
        done
        # And the name that the stand-in gave to the base image, for DCP to find it.
        for image in $(docker image inspect --format '{{range .RepoTags}}{{println .}}{{end}}' debian:trixie-slim 2>/dev/null | grep -v '^debian:' || true); do
            docker image rm "$image" >/dev/null
        done
        for volume in boneyard-data boneyard-media; do
            docker volume rm --force "$volume" >/dev/null
        done
    fi
    rm -rf "$state"
}

main "$@"
