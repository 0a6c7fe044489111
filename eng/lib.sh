# Messages, background jobs and packages, for the scripts of this folder. Source this file.
# shellcheck shell=bash

root=${root:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
# Files of the set-up; ignored by Git.
state=$root/.boneyard
# shellcheck disable=SC2034  # the sourcing scripts read it
readonly state
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 ASPIRE_CLI_NOLOGO=true ASPIRE_CLI_TELEMETRY_OPTOUT=true

# step WORDS: says what the script does next.
step() {
    printf '==> %s\n' "$*"
    reported=$SECONDS
}

# die WORDS: reports an error and exits.
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# pause: waits 0.1 s. `sleep` would start a process each time.
pause() {
    read -rt 0.1 -u "$never" || true
}
exec {never}<> <(:)

# The background jobs that run: their names and logs, by process id.
declare -A job_names=() job_logs=()
reported=0

# start NAME COMMAND...: runs a command in the background and keeps its output in a log. Its process id is in $job.
start() {
    local log
    log=$(mktemp)
    # A process group of its own, so that stop_jobs ends its children too. Descriptor 9 is the lock of the set-up.
    set -m
    "${@:2}" >"$log" 2>&1 </dev/null 9>&- &
    set +m
    job=$!
    job_names[$job]=$1 job_logs[$job]=$log
}

# check_jobs: waits a moment. If a job has failed, shows its log and exits; the exit stops the other jobs.
check_jobs() {
    local pid name
    pause
    for pid in "${!job_names[@]}"; do
        kill -0 "$pid" 2>/dev/null && continue
        name=${job_names[$pid]}
        wait "$pid" || { cat "${job_logs[$pid]}" >&2; die "$name failed; its output is above"; }
        rm -f "${job_logs[$pid]}"
        unset "job_names[$pid]" "job_logs[$pid]"
    done
    if ((${#job_names[@]} && SECONDS - reported >= 15)); then
        reported=$SECONDS
        name=$(printf ', %s' "${job_names[@]}")
        printf '    … %d s: %s\n' "$SECONDS" "${name:2}"
    fi
}

# finish [PID...]: waits for the given jobs, by default for all.
finish() {
    local pid
    (($#)) || set -- "${!job_names[@]}"
    for pid; do
        while [[ -n ${job_names[$pid]-} ]]; do check_jobs; done
    done
}

# quietly NAME COMMAND...: runs a command and shows its output only if it fails. The background jobs continue.
quietly() {
    start "$@"
    finish "$job"
}

# stop_jobs: interrupts all jobs, and kills those that have not ended after 30 s.
stop_jobs() {
    local pid waited
    for pid in "${!job_names[@]}"; do
        # As Ctrl+C does: the tests then remove their containers.
        kill -INT -- "-$pid" 2>/dev/null || true
    done
    for pid in "${!job_names[@]}"; do
        for ((waited = 0; waited < 300; waited++)); do
            kill -0 -- "-$pid" 2>/dev/null || break
            pause
        done
        kill -KILL -- "-$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        rm -f "${job_logs[$pid]}"
    done
}
trap stop_jobs EXIT
# Bash runs the EXIT trap after these.
trap 'exit 130' INT
trap 'exit 143' TERM

# What BONEYARD_NO_INSTALL=1 forbids to install.
missing=()

# may_install WHAT: whether the scripts may install WHAT on this machine. If not, adds it to the list of what is missing.
may_install() {
    if [[ ${BONEYARD_NO_INSTALL-} == 1 ]]; then
        missing+=("$1")
        return 1
    fi
    ((EUID == 0)) || die "$1 is missing, and only root can install it. Install it, or run ./boneyard setup once as root"
    command -v apt-get >/dev/null || die "$1 is missing, and only Debian packages can be installed automatically. Install it"
}

apt_update() {
    quietly 'apt-get update' apt-get update
    apt_is_up_to_date=1
}

# apt_install PACKAGE...: installs Debian packages without questions.
apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    [[ -n ${apt_is_up_to_date-} ]] || apt_update
    # An installation that was interrupted blocks every later one until dpkg completes it.
    quietly 'dpkg --configure -a' dpkg --configure -a
    quietly "the installation of $*" apt-get install --yes --no-install-recommends --option DPkg::Lock::Timeout=120 "$@"
}

# engine_name: the container runtime as Aspire chooses it: the one that its setting names, otherwise Docker, and Podman where
# only that is installed.
engine_name() {
    local name=${ASPIRE_CONTAINER_RUNTIME:-${DOTNET_ASPIRE_CONTAINER_RUNTIME-}}
    if [[ -n $name ]]; then
        [[ $name == docker || $name == podman ]] || die "ASPIRE_CONTAINER_RUNTIME is '$name'; it must be docker or podman"
        printf '%s' "$name"
    elif ! command -v docker >/dev/null && command -v podman >/dev/null; then
        printf podman
    else
        printf docker
    fi
}
