#!/usr/bin/env bash
# usage: docker-entrypoint.sh postgres [options]   (anything else is run as it is)
#
# On an empty data directory: makes a cluster, creates user and database, runs /docker-entrypoint-initdb.d/*, all without
# listening on the network. Then becomes the server.
#
# One data directory has one server: a second container that mounts it waits 15 seconds for the first to stop, then ends with
# an error.
#
# POSTGRES_PASSWORD (required, unless POSTGRES_HOST_AUTH_METHOD=trust), POSTGRES_USER (postgres), POSTGRES_DB (the user's
# name), POSTGRES_INITDB_ARGS, POSTGRES_HOST_AUTH_METHOD (scram-sha-256), each also as NAME_FILE; PGDATA.
set -Eeuo pipefail

readonly template=/usr/share/site-db/template
readonly init_scripts=/docker-entrypoint-initdb.d
# Says that a first start did not get to its end: what lies beside it is no cluster to keep.
readonly unfinished="$PGDATA/.initialising"
# Where initdb is at work, for it wants an empty directory.
readonly made="$PGDATA/.made"

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Takes NAME from the file that NAME_FILE names, else from NAME, else the default.
from_file_or_environment() {
    local name=$1 default=${2-} file_name="$1_FILE"
    if [[ -n ${!name-} && -n ${!file_name-} ]]; then
        die "$name and $file_name are both set; set one of them"
    fi
    if [[ -n ${!file_name-} ]]; then
        [[ -r ${!file_name} ]] || die "$file_name is '${!file_name}', which cannot be read"
        printf -v "$name" '%s' "$(<"${!file_name}")"
    fi
    printf -v "$name" '%s' "${!name:-$default}"
    unset "$file_name"
}

read_settings() {
    from_file_or_environment POSTGRES_PASSWORD
    from_file_or_environment POSTGRES_USER postgres
    from_file_or_environment POSTGRES_DB "$POSTGRES_USER"
    from_file_or_environment POSTGRES_INITDB_ARGS
    from_file_or_environment POSTGRES_HOST_AUTH_METHOD scram-sha-256
    if [[ -z $POSTGRES_PASSWORD && $POSTGRES_HOST_AUTH_METHOD != trust ]]; then
        die 'POSTGRES_PASSWORD is empty: set it (or POSTGRES_PASSWORD_FILE), or POSTGRES_HOST_AUTH_METHOD=trust to let everybody in'
    fi
    if [[ $POSTGRES_HOST_AUTH_METHOD == trust ]]; then
        echo 'warning: POSTGRES_HOST_AUTH_METHOD=trust lets everybody in who reaches the port' >&2
    fi
}

# The template serves when nothing is asked for that it does not have: authentication is written to pg_hba.conf anyway.
template_fits() {
    local argument
    [[ $POSTGRES_USER == postgres ]] || return 1
    for argument in $POSTGRES_INITDB_ARGS; do
        [[ $argument == --auth-host=* || $argument == --auth-local=* || $argument == --auth=* ]] || return 1
    done
}

# What --auth-local or --auth asks for on the socket.
local_auth_method() {
    local argument method=scram-sha-256
    for argument in $POSTGRES_INITDB_ARGS; do
        case $argument in
            --auth=* | --auth-local=*) method=${argument#*=} ;;
        esac
    done
    printf '%s' "$method"
}

make_cluster() {
    if template_fits; then
        cp -a "$template/." "$PGDATA"
    else
        local -a arguments
        read -ra arguments <<<"$POSTGRES_INITDB_ARGS"
        # Passed over a pipe: a command line and a file would show it.
        initdb --pgdata="$made" --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
            --encoding=UTF8 --locale=C.UTF-8 --no-sync --no-instructions "${arguments[@]}" >/dev/null
        find "$made" -mindepth 1 -maxdepth 1 -exec mv --target-directory="$PGDATA" {} +
        rmdir "$made"
    fi
    cat >"$PGDATA/pg_hba.conf" <<EOF
local all all $(local_auth_method)
host all all all $POSTGRES_HOST_AUTH_METHOD
local replication all $(local_auth_method)
EOF
    cat >>"$PGDATA/postgresql.conf" <<'EOF'
listen_addresses = '*'
unix_socket_directories = '/tmp'
include_dir = '/code/conf.d'
EOF
}

sql_literal() {
    printf "'%s'" "${1//\'/\'\'}"
}

sql_name() {
    printf '"%s"' "${1//\"/\"\"}"
}

# One backend without any server: the quickest way to say a few words to a cluster.
single_user() {
    postgres --single -j -F -c exit_on_error=true -c log_min_messages=fatal -D "$PGDATA" postgres >/dev/null
}

create_user_and_database() {
    {
        if [[ -n $POSTGRES_PASSWORD ]]; then
            printf 'ALTER ROLE %s PASSWORD %s;\n\n' "$(sql_name "$POSTGRES_USER")" "$(sql_literal "$POSTGRES_PASSWORD")"
        fi
        if [[ $POSTGRES_DB != postgres ]]; then
            printf 'CREATE DATABASE %s;\n\n' "$(sql_name "$POSTGRES_DB")"
        fi
    } | single_user
}

run_init_scripts() {
    local script
    local -a scripts
    shopt -s nullglob
    scripts=("$init_scripts"/*.sh "$init_scripts"/*.sql "$init_scripts"/*.sql.gz)
    shopt -u nullglob
    ((${#scripts[@]})) || return 0
    mapfile -t scripts < <(printf '%s\n' "${scripts[@]}" | LC_ALL=C sort)

    # On a socket that only this container sees, and to which only its own user is let.
    local socket
    socket=$(mktemp -d)
    printf 'local all all trust\n' >"$socket/pg_hba.conf"
    export PGHOST=$socket PGUSER=$POSTGRES_USER PGDATABASE=$POSTGRES_DB
    pg_ctl --pgdata="$PGDATA" --wait --silent start \
        -o "-c listen_addresses='' -c unix_socket_directories='$socket' -c unix_socket_permissions=0700 -c hba_file='$socket/pg_hba.conf'"
    for script in "${scripts[@]}"; do
        printf 'running %s\n' "$script"
        case $script in
            *.sh) if [[ -x $script ]]; then "$script"; else bash -Eeuo pipefail "$script"; fi ;;
            *.sql) psql --no-psqlrc --set=ON_ERROR_STOP=1 --quiet --file="$script" ;;
            *.sql.gz) gunzip --stdout "$script" | psql --no-psqlrc --set=ON_ERROR_STOP=1 --quiet ;;
        esac || {
            pg_ctl --pgdata="$PGDATA" --mode=immediate --silent stop
            die "$script failed; nothing of this first start is kept: mend the script and start again"
        }
    done
    pg_ctl --pgdata="$PGDATA" --mode=fast --wait --silent stop
    rm -r "$socket"
    export PGHOST=/tmp
    unset PGUSER PGDATABASE
}

initialise() {
    read_settings
    if [[ -e $unfinished ]]; then
        echo 'the last first start did not get to its end: it is done anew' >&2
        find "$PGDATA" -mindepth 1 -delete
    elif [[ -n $(find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit) ]]; then
        die "$PGDATA is not empty, but is no cluster (there is no PG_VERSION in it): mount an empty volume or a whole one"
    fi
    chmod 0700 "$PGDATA"
    : >"$unfinished"
    sync "$unfinished" "$PGDATA"
    make_cluster
    create_user_and_database
    run_init_scripts
    # On the disk before the marker goes, and the marker off it before anybody writes: a power failure may come at any time.
    initdb --sync-only --pgdata="$PGDATA" >/dev/null
    rm "$unfinished"
    sync "$PGDATA"
}

# Each container is a world of its own, in which the server is process 1: what postmaster.pid says proves nothing to another
# one. The lock is on the directory itself, held by the descriptor, which the server and all its processes inherit: it lives as
# long as one of them does, and leaves nothing behind.
lock_data() {
    local held=75 status=0
    exec 9<"$PGDATA"
    # An engine gives the one before ten seconds to stop, and then kills it.
    flock --exclusive --timeout 15 --conflict-exit-code "$held" 9 || status=$?
    if ((status == held)); then
        die "another server is using the data in $PGDATA, and a second one would destroy it: stop the other container" \
            "(docker ps --filter volume=NAME shows it, NAME being the volume that is mounted at $PGDATA), or mount another volume here"
    elif ((status)); then
        die "$PGDATA cannot be locked against a second server, which would destroy the data: mount a volume whose file system knows flock"
    fi
}

main() {
    if [[ ${1-} != postgres ]]; then
        exec "$@"
    fi
    # Process 1 of a container ignores what it has no handler for; the server sets its own. A first start is done anew.
    trap 'exit 0' INT TERM
    [[ -w $PGDATA ]] || die "$PGDATA cannot be written by user $(id -un) ($(id -u)): give the mounted folder to that user"
    lock_data
    if [[ -e $unfinished || ! -s $PGDATA/PG_VERSION ]]; then
        initialise
    fi
    # Nothing that runs SQL needs to find the password in its environment.
    unset POSTGRES_PASSWORD POSTGRES_PASSWORD_FILE
    exec "$@"
}

main "$@"
