# The base images of the Dockerfiles: present, else pulled, else made from Debian's packages. To be sourced after lib.sh,
# with the engine's name in $engine.
# shellcheck shell=bash disable=SC2154

# The mirror of Debian that apt has lists of; on a new machine it has none yet.
known_mirror() {
    # shellcheck disable=SC2016  # apt's own variables
    apt-get indextargets --format '$(SITE) $(CODENAME) $(ORIGIN)' 'Created-By: Packages' 2>/dev/null |
        awk '$2 ~ /^[a-z]+$/ && $3 == "Debian" { print $1; exit }'
}

# Where this machine gets its Debian packages from.
debian_mirror() {
    local mirror
    mirror=$(known_mirror)
    if [[ -z $mirror ]]; then
        apt_update >&2
        mirror=$(known_mirror)
    fi
    [[ -n $mirror ]] || die 'apt knows no mirror of Debian: add one to /etc/apt/sources.list.d'
    printf '%s' "$mirror"
}

have_image() {
    "$engine" image inspect "$1" >/dev/null 2>&1
}

# make_image SUITE SCRIPT: debootstraps SUITE and imports it as debian:SUITE-slim.
make_image() (
    suite=$1 script=$2
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    # One chain: whoever asks whether it succeeded has switched `set -e` off in here.
    debootstrap --variant=minbase "$suite" "$folder/root" "$(debian_mirror)" "$script" &&
        overlook_an_old_mirror "$suite" "$folder/root" &&
        slim "$folder/root" &&
        tar --create --directory "$folder/root" . | "$engine" import - "debian:$suite-slim"
)

# slim ROOT: leaves out what the image of that name has not either, now and whenever something is installed in it.
slim() {
    local root=$1 unused=(doc info lintian locale man)
    printf 'path-exclude /usr/share/%s/*\n' "${unused[@]}" >"$root/etc/dpkg/dpkg.cfg.d/slim" &&
        echo 'path-include /usr/share/doc/*/copyright' >>"$root/etc/dpkg/dpkg.cfg.d/slim" &&
        printf '%s\n' 'APT::Keep-Downloaded-Packages "false";' 'Dir::Cache::pkgcache "";' 'Dir::Cache::srcpkgcache "";' >"$root/etc/apt/apt.conf.d/slim" &&
        mkdir -p "${unused[@]/#/$root/usr/share/}" &&
        find "${unused[@]/#/$root/usr/share/}" -mindepth 1 ! -type d ! -path '*/doc/*/copyright' -delete &&
        find "${unused[@]/#/$root/usr/share/}" -mindepth 1 -type d -empty -delete &&
        rm -rf "$root/var/cache/apt/"{archives/*.deb,*.bin} "$root/var/lib/apt/lists/"*
}

# A mirror may keep a testing suite past its Valid-Until. Only the image that is made here is told to overlook it.
overlook_an_old_mirror() {
    [[ $1 != forky ]] || echo 'Acquire::Check-Valid-Until "false";' >"$2/etc/apt/apt.conf.d/80boneyard-valid-until"
}

# need_base_image SUITE SCRIPT
need_base_image() {
    local suite=$1 script=$2 image=debian:$1-slim answer
    have_image "$image" && return
    if [[ ${BONEYARD_NO_INSTALL-} == 1 ]]; then
        missing+=("the image $image")
        return
    fi
    step "fetching $image"
    # In 600 seconds even over a slow line; where nobody answers it takes much less.
    if answer=$(timeout 600 "$engine" pull --quiet "$image" 2>&1); then
        return
    fi
    answer=$(tail -n 1 <<<"$answer")
    if ! command -v debootstrap >/dev/null; then
        may_install "the image $image (it cannot be pulled: $answer; and debootstrap is missing to make it)" || return 0
        apt_install debootstrap
    fi
    ((EUID == 0)) || die "$image cannot be pulled ($answer), and only root can make it with debootstrap"
    # Debian 12's debootstrap does not know its successors yet; they are made as the suite that it knows.
    local scripts=/usr/share/debootstrap/scripts
    [[ -e $scripts/$suite ]] && script=$suite
    step "making $image with debootstrap (about half a minute)"
    quietly make_image "$suite" "$script" || die "$image could not be made; above is why"
}

need_base_images() {
    need_base_image trixie sid
    need_base_image forky sid
}
