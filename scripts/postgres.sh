#!/usr/bin/env bash
# A Postgres of our own, on a free port of 127.0.0.1, in a folder of its own, never run by root.
#   scripts/postgres.sh start DIR     makes it in DIR (missing or empty) and prints its URL
#   scripts/postgres.sh restart DIR   stops it at once, as a crash would, and starts it again on its port
#   scripts/postgres.sh stop DIR      stops it at once; DIR may then be removed
# INOS_TEST_POSTGRES_FSYNC=on makes it wait for the disk, for measurements.
set -euo pipefail

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

find_programs() {
    if command -v initdb >/dev/null 2>&1; then
        programs="$(dirname "$(command -v initdb)")"
        return
    fi
    local newest
    newest="$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)"
    [ -x "$newest" ] || die "Postgres is missing: apt-get install postgresql"
    programs="$(dirname "$newest")"
}

# Postgres refuses to be run by root.
as_owner() {
    if [ "$(id -u)" = 0 ]; then
        # From a folder that its user may enter.
        (cd / && setpriv --reuid=postgres --regid=postgres --init-groups -- "$@")
    else
        "$@"
    fi
}

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
    local port
    for _ in $(seq 50); do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        if is_free "$port"; then
            printf '%s' "$port"
            return
        fi
    done
    die "no free port was found for Postgres"
}

configure() {
    cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = '$dir'
max_connections = 300
shared_buffers = 128MB
fsync = ${INOS_TEST_POSTGRES_FSYNC:-off}
full_page_writes = ${INOS_TEST_POSTGRES_FSYNC:-off}
max_wal_size = 1GB
CONF
}

start() {
    mkdir -p "$dir"
    chmod 0700 "$dir"
    (umask 077 && head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$dir/password")
    if [ "$(id -u)" = 0 ]; then chown -R postgres: "$dir"; fi
    as_owner "$programs/initdb" -D "$dir/data" -U inos -A scram-sha-256 --pwfile="$dir/password" \
        -E UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1 || die "initdb failed: $(tail -n 3 "$dir/initdb.log")"
    configure 0
    # Somebody may take the port between the look and the start.
    for _ in 1 2 3 4 5; do
        local port
        port="$(free_port)"
        printf 'port = %s\n' "$port" >>"$dir/data/postgresql.conf"
        if control start; then
            printf 'postgres://inos:%s@127.0.0.1:%s/postgres\n' "$(cat "$dir/password")" "$port"
            return
        fi
    done
    die "Postgres did not start: $(tail -n 3 "$dir/postgres.log")"
}

control() {
    as_owner "$programs/pg_ctl" -D "$dir/data" -l "$dir/postgres.log" -w -t 60 "$@" >/dev/null 2>&1
}

[ $# = 2 ] || die "usage: postgres.sh start|restart|stop DIR"
dir="$(realpath -m "$2")"
find_programs
case "$1" in
start) start ;;
restart) control -m immediate restart || die "Postgres did not come back: $(tail -n 3 "$dir/postgres.log")" ;;
stop) control -m immediate stop || true ;;
*) die "usage: postgres.sh start|restart|stop DIR" ;;
esac
