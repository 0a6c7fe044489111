#!/usr/bin/env bash
# usage: eng/clean.sh [--yes]
#
# Removes, after a question, what BoneYard created on this machine: the files in .boneyard, the images, and the two volumes of a site
# with the default options. It keeps volumes named with --data-volume and --media-volume, because nothing marks them as BoneYard's,
# the container engine and the base images.
set -Eeuo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Of all clones and of earlier versions; DCP's tunnel and the browser of the tests. Podman adds localhost/ to the name.
readonly images='^(localhost/)?((site-(psql|py|nginx)|sitedb|siteblog|sitewww):[0-9a-f]+|dcptun.*|boneyard-test-browser:.*)$'

main() {
    local answer=${1-} engine image
    if [[ $answer != --yes ]]; then
        read -rp 'Remove the images, and the volumes boneyard-data and boneyard-media with all posts and pictures? Type yes: ' answer || true
        [[ $answer == yes ]] || die 'nothing was removed'
    fi
    for engine in docker podman; do
        "$engine" version >/dev/null 2>&1 || continue
        for image in $("$engine" image ls --format '{{.Repository}}:{{.Tag}}' | grep -E "$images" || true); do
            "$engine" image rm --force "$image" >/dev/null
        done
        "$engine" volume rm --force boneyard-data boneyard-media >/dev/null
    done
    rm -rf "$state"
}

main "$@"
