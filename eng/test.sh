#!/usr/bin/env bash
# usage: eng/test.sh
#
# Sets up what is missing, then runs every test: shell, containers, blog, graph. The last line is `N passed, N failed`.
set -Eeuo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

passed=0 failed=0

# run_part NAME COMMAND...: runs it in sight, then adds up the counts of its last such line. A part that counts nothing failed,
# and so did one that counts no failure but says with its exit code that there was one.
run_part() {
    local name=$1 output counts status=0
    shift
    step "$name"
    output=$(mktemp)
    "$@" 2>&1 | tee "$output" || status=$?
    counts=$("count_$name" <"$output")
    rm -f "$output"
    local part_passed=${counts% *} part_failed=${counts#* }
    if ((part_passed + part_failed == 0)); then
        printf 'error: %s ran no test\n' "$name" >&2
        part_failed=1
    elif ((status && part_failed == 0)); then
        printf 'error: %s ended with %d\n' "$name" "$status" >&2
        part_failed=1
    fi
    passed=$((passed + part_passed)) failed=$((failed + part_failed))
}

# Each reads a part's output and prints "PASSED FAILED".
count_plain() {
    sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' | tail -n 1 | grep . || echo '0 0'
}
count_shell() { count_plain; }
count_setup() { count_plain; }
count_containers() { count_plain; }
count_dotnet() {
    awk '/^ *succeeded: /{p=$2} /^ *failed: /{f=$2} /^ *skipped: /{s=$2} END {print p+0, f+0+s+0}'
}
count_blog() {
    # pytest's last line: 3 failed, 40 passed, 1 skipped in 9.87s
    grep -E '(passed|failed|error).* in [0-9.]+s' | tail -n 1 | awk '{
        for (i = 2; i <= NF; i++) {
            if ($i ~ /^passed/) p = $(i-1)
            if ($i ~ /^(failed|error|skipped)/) f += $(i-1)
        } } END { print p+0, f+0 }'
}

# Every file of the repository that is a shell script, by its name or its first line.
shell_scripts() {
    local file
    cd "$root"
    while read -r file; do
        if [[ $file == *.sh ]] || head -n 1 "$file" 2>/dev/null | grep --quiet --text -E '^#!.*\b(ba)?sh$'; then
            echo "$file"
        fi
    done < <(git ls-files)
}

# The tests of networks run with both engines.
need_podman_too() {
    local image=debian:trixie-slim
    if ! command -v podman >/dev/null; then
        may_install 'podman (for the tests)' || die 'podman is missing'
        step 'installing Podman, for the tests of networks'
        apt_install podman crun netavark aardvark-dns
    fi
    [[ $ASPIRE_CONTAINER_RUNTIME == podman ]] || podman image exists "$image" || quietly copy_image "$image" || die "$image could not be given to Podman"
    if ! podman run --rm "$image" true >/dev/null 2>&1; then
        # In a virtual machine root may not be allowed to raise limits, and crun does not take every layout of control groups.
        printf '[containers]\ndefault_ulimits = ["nofile=%d:%d", "nproc=20000:20000"]\n[engine]\nruntime = "runc"\n' \
            "$(ulimit -Hn)" "$(ulimit -Hn)" >"$state/containers.conf"
        export CONTAINERS_CONF=$state/containers.conf
        quietly podman run --rm "$image" true || die 'Podman cannot start a container here; above is why'
    fi
}

copy_image() {
    docker save "$1" | podman load
}

need_tools() {
    local tool
    for tool in git python3 shellcheck; do
        command -v "$tool" >/dev/null && continue
        may_install "$tool (for the tests)" || die "$tool is missing"
        apt_install "$tool"
    done
}

check_shell() {
    local script ok=0 bad=0
    while read -r script; do
        if (cd "$root" && shellcheck --external-sources "$script"); then ok=$((ok + 1)); else bad=$((bad + 1)); fi
    done < <(shell_scripts)
    printf '%d passed, %d failed\n' "$ok" "$bad"
}

main() {
    "$root/eng/setup.sh"
    # For the parts that are no shell.
    ASPIRE_CONTAINER_RUNTIME=$(engine_name)
    export ASPIRE_CONTAINER_RUNTIME
    need_tools
    need_podman_too
    run_part shell check_shell
    run_part setup "$root/eng/test-setup"
    run_part containers "$root/eng/test-containers"
    run_part blog "$root/eng/test-blog"
    cd "$root"
    # Its words are counted, so they have to be English.
    DOTNET_CLI_UI_LANGUAGE=en run_part dotnet dotnet test --no-progress

    printf '%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0))
}

main "$@"
