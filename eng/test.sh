#!/usr/bin/env bash
# usage: eng/test.sh
#
# Installs what is missing, then runs all tests: scripts, containers, blog, AppHost. Each part writes a JUnit report and a log to
# TestResults/. The last line is `N passed, N failed`.
set -Eeuo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly results=$root/TestResults

# The network tests use both container runtimes: makes Podman start a container.
prepare_podman() {
    local image=debian:trixie-slim
    [[ $ASPIRE_CONTAINER_RUNTIME == podman ]] || podman image exists "$image" || quietly "the copy of $image to Podman" copy_image "$image"
    if ! podman run --rm "$image" true >/dev/null 2>&1; then
        # Some virtual machines do not let root raise limits, and crun does not support every layout of control groups.
        printf '[containers]\ndefault_ulimits = ["nofile=%d:%d", "nproc=20000:20000"]\n[engine]\nruntime = "runc"\n' \
            "$(ulimit -Hn)" "$(ulimit -Hn)" >"$state/containers.conf"
        export CONTAINERS_CONF=$state/containers.conf
        quietly 'a container in Podman' podman run --rm "$image" true
    fi
}

copy_image() {
    docker save "$1" | podman load
}

need_tools() {
    local tool packages=()
    for tool in bats git python3 shellcheck; do
        command -v "$tool" >/dev/null || packages+=("$tool")
    done
    command -v pytest >/dev/null || packages+=(python3-pytest)
    command -v podman >/dev/null || packages+=(podman crun netavark aardvark-dns)
    ((${#packages[@]})) || return 0
    may_install "${packages[*]} (for the tests)" || die "missing: ${packages[*]}"
    step "installing ${packages[*]}"
    apt_install "${packages[@]}"
}

# One bats test for each shell script that Git tracks, by its name or its first line.
shellcheck_tests() {
    local file
    cd "$root"
    git ls-files | while read -r file; do
        if [[ $file == *.@(sh|bash|bats) ]] || head -n 1 "$file" 2>/dev/null | grep --quiet --text -E '^#!.*\b(ba)?sh$'; then
            printf '@test "shellcheck accepts %s" {\n    cd "%s"\n    shellcheck --external-sources "%s"\n}\n' "$file" "$root" "$file"
        fi
    done
}

test_scripts() {
    mkdir -p "$results/bats"
    shellcheck_tests >"$results/bats/shellcheck.bats"
    ln -s bats/report.xml "$results/scripts.xml"
    BATS_TEST_TIMEOUT=120 bats --report-formatter junit --output "$results/bats" "$root/eng/tests" "$results/bats/shellcheck.bats"
}

test_containers() {
    cd "$root"
    pytest -p no:cacheprovider --junitxml "$results/containers.xml" containers/site_db/tests containers/site_www/tests
}

test_blog() {
    "$root/eng/test-blog" --junitxml "$results/blog.xml"
}

test_apphost() {
    cd "$root"
    dotnet test --no-build --no-progress --results-directory "$results" --report-xunit-junit --report-xunit-junit-filename apphost.xml
}

# run_part NAME: runs test_NAME and keeps its log and its exit code.
run_part() (
    set +e
    # Functions called in a condition ignore `set -e`; a subshell of its own does not.
    (set -e; "test_$1") >"$results/$1.log" 2>&1
    echo $? >"$results/$1.status"
)

main() {
    "$root/eng/setup.sh" --build BoneYard.sln --tools
    ASPIRE_CONTAINER_RUNTIME=$(engine_name)
    export ASPIRE_CONTAINER_RUNTIME
    need_tools
    prepare_podman
    rm -rf "$results"
    mkdir -p "$results"

    # The parts that mostly wait run side by side. The AppHost's tests measure times, and run alone.
    step 'testing the scripts, the containers and the blog'
    start 'scripts' run_part scripts
    start 'containers' run_part containers
    start 'blog' run_part blog
    finish
    step 'testing the AppHost'
    start 'AppHost' run_part apphost
    finish
    "$root/eng/sum-tests" "$results" scripts containers blog apphost
}

main "$@"
