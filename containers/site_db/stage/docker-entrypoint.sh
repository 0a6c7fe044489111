#!/usr/bin/env bash
# usage: docker-entrypoint.sh postgres [options]   (any other command is executed unchanged)
#
# In an empty data directory: creates a cluster, the user and the database, and runs the scripts in /docker-entrypoint-initdb.d
# (*.sh, *.sql, *.sql.gz, by name), all without listening on the network. Then executes the server. Only one container can use
# a data directory: a second one waits 15 seconds for the first to stop, then ends with an error.
#
# POSTGRES_PASSWORD          Password of the user. Required, unless POSTGRES_HOST_AUTH_METHOD=trust.
# POSTGRES_USER              Superuser (postgres).
# POSTGRES_DB                Database (the name of the user).
# POSTGRES_INITDB_ARGS       Arguments of initdb, separated by spaces.
# POSTGRES_HOST_AUTH_METHOD  Authentication over the network (scram-sha-256). trust accepts connections without a password.
# PGDATA                     Data directory (/var/lib/postgresql/data).
#
# Each POSTGRES_ variable can be set as NAME_FILE instead: the path of a file with the value. They apply to the first start:
# a later change of POSTGRES_PASSWORD does not change the password of an initialised cluster.
set -Eeuo pipefail

readonly template=/usr/share/site-db/template
readonly init_scripts=/docker-entrypoint-initdb.d
# Exists during the initialisation: the files beside it are not a complete cluster.
readonly unfinished="$PGDATA/.initialising"
# initdb requires an empty directory.
readonly made="$PGDATA/.made"

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# read_setting NAME [DEFAULT]: sets NAME from the file that NAME_FILE names, or else to its default.
read_setting() {
    local name=$1 default=${2-} file_name="$1_FILE"
    if [[ -n ${!name-} && -n ${!file_name-} ]]; then
        die "$name and $file_name are both set; set one of them"
    fi
    if [[ -n ${!file_name-} ]]; then
        [[ -r ${!file_name} ]] || die "$file_name is '${!file_name}', which does not exist or is not readable by user $(id -un)"
        printf -v "$name" '%s' "$(<"${!file_name}")"
    fi
    printf -v "$name" '%s' "${!name:-$default}"
    unset "$file_name"
}

read_settings() {
    read_setting POSTGRES_PASSWORD
    read_setting POSTGRES_USER postgres
    read_setting POSTGRES_DB "$POSTGRES_USER"
    read_setting POSTGRES_INITDB_ARGS
    read_setting POSTGRES_HOST_AUTH_METHOD scram-sha-256
    if [[ $POSTGRES_HOST_AUTH_METHOD == trust ]]; then
        echo 'warning: POSTGRES_HOST_AUTH_METHOD=trust accepts connections without a password' >&2
    elif [[ -z $POSTGRES_PASSWORD ]]; then
        die 'POSTGRES_PASSWORD is empty: set it or POSTGRES_PASSWORD_FILE, or set POSTGRES_HOST_AUTH_METHOD=trust to accept connections without a password'
    fi
}

# create_cluster: copies the image's template where it fits, because initdb takes seconds.
create_cluster() {
    local argument local_method=scram-sha-256 fits=false
    local -a arguments
    read -ra arguments <<<"$POSTGRES_INITDB_ARGS"
    [[ $POSTGRES_USER != postgres ]] || fits=true
    for argument in "${arguments[@]}"; do
        case $argument in
            --auth=* | --auth-local=*) local_method=${argument#*=} ;;
            # pg_hba.conf is written below.
            --auth-host=*) ;;
            *) fits=false ;;
        esac
    done

    if $fits; then
        cp -a "$template/." "$PGDATA"
    else
        # The password comes from a pipe: a command line or a file would disclose it.
        initdb --pgdata="$made" --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
            --encoding=UTF8 --locale=C.UTF-8 --no-sync --no-instructions "${arguments[@]}" >/dev/null
        find "$made" -mindepth 1 -maxdepth 1 -exec mv --target-directory="$PGDATA" {} +
        rmdir "$made"
    fi
    cat >"$PGDATA/pg_hba.conf" <<EOF
local all all $local_method
host all all all $POSTGRES_HOST_AUTH_METHOD
local replication all $local_method
EOF
    cat >>"$PGDATA/postgresql.conf" <<'EOF'
listen_addresses = '*'
unix_socket_directories = '/tmp'
include_dir = '/code/conf.d'
EOF
}

# In single-user mode, which starts faster than a server.
create_user_and_database() {
    {
        if [[ -n $POSTGRES_PASSWORD ]]; then
            printf 'ALTER ROLE "%s" PASSWORD '\''%s'\'';\n\n' "${POSTGRES_USER//\"/\"\"}" "${POSTGRES_PASSWORD//\'/\'\'}"
        fi
        if [[ $POSTGRES_DB != postgres ]]; then
            printf 'CREATE DATABASE "%s";\n\n' "${POSTGRES_DB//\"/\"\"}"
        fi
    } | postgres --single -j -F -c exit_on_error=true -c log_min_messages=fatal -D "$PGDATA" postgres >/dev/null
}

run_init_scripts() {
    local script socket
    local -a scripts
    mapfile -t scripts < <(find -L "$init_scripts" -maxdepth 1 -type f \( -name '*.sh' -o -name '*.sql' -o -name '*.sql.gz' \) | LC_ALL=C sort)
    ((${#scripts[@]})) || return 0

    # On a socket that only this container and this user can reach.
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
            die "$script failed and the initialisation is discarded: correct the script and start again"
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
        echo 'initialisation was interrupted; starting over' >&2
        find "$PGDATA" -mindepth 1 -delete
    elif [[ -n $(find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit) ]]; then
        die "$PGDATA is not empty and has no PG_VERSION, so it is not a database cluster: mount an empty volume, or one with a cluster"
    fi
    chmod 0700 "$PGDATA"
    : >"$unfinished"
    sync "$unfinished" "$PGDATA"
    create_cluster
    create_user_and_database
    run_init_scripts
    # The data is on the disk before the marker is deleted, and that is before the first client writes: the power may fail at any time.
    initdb --sync-only --pgdata="$PGDATA" >/dev/null
    rm "$unfinished"
    sync "$PGDATA"
}

# postmaster.pid is no lock between containers: the server is process 1 in each. The descriptor of the locked directory is
# inherited by the server and its processes, so the lock ends with the last of them.
lock_data() {
    local timed_out=75 status=0
    exec 9<"$PGDATA"
    # A container runtime kills a container that does not stop within ten seconds.
    flock --exclusive --timeout 15 --conflict-exit-code "$timed_out" 9 || status=$?
    if ((status == timed_out)); then
        die "$PGDATA is in use by another server: stop that container (docker ps --filter volume=NAME, with the name of the volume" \
            "that is mounted there), or mount another volume"
    elif ((status)); then
        die "$PGDATA cannot be locked against a second server: mount a volume whose file system supports flock"
    fi
}

main() {
    if [[ ${1-} != postgres ]]; then
        exec "$@"
    fi
    # Process 1 ignores signals without a handler. The server installs its own. An interrupted initialisation starts over.
    trap 'exit 0' INT TERM
    [[ -w $PGDATA ]] || die "$PGDATA is not writable by user $(id -un) ($(id -u)): give the mounted folder to that user"
    lock_data
    if [[ -e $unfinished || ! -s $PGDATA/PG_VERSION ]]; then
        initialise
    fi
    # Programs started by the server do not need the password.
    unset POSTGRES_PASSWORD POSTGRES_PASSWORD_FILE
    exec "$@"
}

main "$@"
