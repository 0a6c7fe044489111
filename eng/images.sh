# The base images of the Dockerfiles: pulled, or made from Debian packages where no registry answers. Source after lib.sh, with
# the name of the container runtime in $engine.
# shellcheck shell=bash disable=SC2154

# find_mirror: the Debian mirror that apt uses is in $mirror.
find_mirror() {
    local attempt
    for attempt in first second; do
        # shellcheck disable=SC2016  # variables of apt
        mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME) $(ORIGIN)' 'Created-By: Packages' 2>/dev/null |
            awk '$2 ~ /^[a-z]+$/ && $3 == "Debian" { print $1; exit }')
        [[ -z $mirror ]] || return 0
        # A new machine has no package lists yet.
        [[ $attempt == second ]] || apt_update
    done
    die 'apt has no Debian mirror. Add one to /etc/apt/sources.list.d'
}

# make_image SUITE: creates debian:SUITE-slim. Like the official image it has no documentation and no caches of apt.
make_image() {
    local directory options=() files=$state/$1.tar
    for directory in doc info lintian locale man; do
        options+=("--dpkgopt=path-exclude=/usr/share/$directory/*")
    done
    # A mirror may keep a testing suite longer than its Valid-Until.
    [[ $1 != forky ]] || options+=('--aptopt=Acquire::Check-Valid-Until "false"')
    # Without dpkg-preconfigure, which searches each package for questions although the installation is not interactive.
    printf '%s\n' 'APT::Keep-Downloaded-Packages "false";' 'Dir::Cache::pkgcache "";' 'Dir::Cache::srcpkgcache "";' \
        '#clear DPkg::Pre-Install-Pkgs;' >"$state/apt-slim"
    # Not in a pipe: a failure must not leave an incomplete image. It starts Python for each package: with the system's own, and not
    # a wrapper such as pyenv's, it takes a third of the time.
    # shellcheck disable=SC2016  # $1 is the folder that mmdebstrap gives to a hook
    PATH=/usr/sbin:/usr/bin:/sbin:/bin "$(command -v mmdebstrap)" --variant=minbase "${options[@]}" --dpkgopt='path-include=/usr/share/doc/*/copyright' --dpkgopt=force-unsafe-io \
        --customize-hook="copy-in '$state/apt-slim' /etc/apt/apt.conf.d" --customize-hook='rm "$1"/var/cache/apt/*.bin' \
        "$1" "$files" "$mirror"
    "$engine" import --change 'CMD ["bash"]' "$files" "debian:$1-slim"
    rm "$files"
}

# fill_cache SUITE: builds the Dockerfiles that start from debian:SUITE-slim, so that the AppHost finds their layers in the cache.
fill_cache() {
    local dockerfile
    # Only at the first start, and only BuildKit builds without an image as the result.
    [[ -n ${with_cache-} && $engine == docker && -z $(docker image ls --quiet site-py) ]] && docker buildx version || return 0
    for dockerfile in "$root"/containers/*/stage/Dockerfile; do
        grep --quiet "^FROM debian:$1-slim" "$dockerfile" || continue
        docker buildx build --progress plain --output type=cacheonly --file "$dockerfile" "${dockerfile%/stage/Dockerfile}"
    done
}

make_image_and_fill_cache() {
    make_image "$1"
    fill_cache "$1"
}

need_base_images() {
    local suite image error='' to_make=()
    for suite in trixie forky; do
        image=debian:$suite-slim
        if "$engine" image inspect "$image" >/dev/null 2>&1; then
            start "the images based on $image" fill_cache "$suite"
            continue
        elif [[ ${BONEYARD_NO_INSTALL-} == 1 ]]; then
            missing+=("the image $image")
            continue
        fi
        step "pulling $image"
        # 600 s are enough for a slow line; an unreachable registry fails earlier.
        if error=$(timeout 600 "$engine" pull --quiet "$image" 2>&1); then
            start "the images based on $image" fill_cache "$suite"
        else
            to_make+=("$suite")
        fi
    done
    ((${#to_make[@]})) || return 0

    error="the base images cannot be pulled: $(tail -n 1 <<<"$error")"
    ((EUID == 0)) || die "$error; and only root can make them from Debian packages. Run ./boneyard setup once as root"
    if ! command -v mmdebstrap >/dev/null; then
        may_install "mmdebstrap ($error)" || return 0
        step 'installing mmdebstrap'
        apt_install mmdebstrap
    fi
    find_mirror
    step "$error"
    step "making the base images from Debian packages: ${to_make[*]}"
    for suite in "${to_make[@]}"; do
        start "debian:$suite-slim" make_image_and_fill_cache "$suite"
    done
}
