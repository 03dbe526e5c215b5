#!/usr/bin/env bash
# Measures this machine: the disk, the server on SQLite and on Postgres, then the libraries.
# One JSON object a line on standard output; what is measured, on standard error.
#   INOS_BENCH_SPAN   how long each load lasts (10s)
set -euo pipefail
. "$(dirname "$0")/common.sh"
need_rust
use_target_dir
span="${INOS_BENCH_SPAN:-10s}"
unset INOS_BENCH_SPAN
inos="$target_dir/release/inos"

say "Building"
cargo build --release --locked -p inos-node

# Not in memory, where a flush costs nothing.
export TMPDIR="${TMPDIR:-/var/tmp}"
export INOS_TEST_POSTGRES_FSYNC=on
. scripts/with-postgres.sh
unset INOS_TEST_POSTGRES_FSYNC
postgres_url="$INOS_TEST_POSTGRES_URL"
unset INOS_TEST_POSTGRES_URL

# On the disk of the clone.
work="$(mktemp -d "$target_dir/bench.XXXXXX")"
server=""

stop_server() {
    if [ -n "$server" ]; then
        kill -TERM "$server" 2>/dev/null || true
        wait "$server" || true
        server=""
    fi
}
trap 'trap "" INT TERM; stop_server; rm -rf "$work"; stop_postgres' EXIT

# start_server NAME ARGUMENT…: a server with a folder and a port of its own.
start_server() {
    database="$1"
    export INOS_DATA_DIR="$work/$database"
    shift
    mkdir "$INOS_DATA_DIR"
    "$inos" serve --json --listen 127.0.0.1:0 "$@" >"$INOS_DATA_DIR.out" 2>"$INOS_DATA_DIR.log" &
    server=$!
    for _ in $(seq 300); do
        INOS_URL="$(sed -n 's/.*"url": *"\([^"]*\)".*/\1/p' "$INOS_DATA_DIR.out")"
        export INOS_URL
        if [ -n "$INOS_URL" ] && "$inos" health >/dev/null 2>&1; then return; fi
        kill -0 "$server" 2>/dev/null || die "the server ended: $(cat "$INOS_DATA_DIR.log")"
        sleep 0.1
    done
    die "the server is not ready after 30 s: $(cat "$INOS_DATA_DIR.log")"
}

load() {
    say "$*"
    "$inos" bench "$@" --span "$span" | sed "s/^{/{\"database\":\"$database\",/"
}

loads() {
    load ws compute.blake3 --size 1KiB --connections 1 --window 16 --batch 64
    load ws compute.blake3 --size 1KiB --connections 1
    load http compute.blake3 --size 1KiB --connections 64
    load http compute.blake3 --size 1KiB --connections 64 --rate 1000
}

say "A flush of this disk"
INOS_DATA_DIR="$work" "$inos" bench fsync
say "On SQLite"
start_server sqlite
loads
stop_server
say "On Postgres"
start_server postgres --database-url "$postgres_url"
loads
stop_server
say "The libraries"
cargo bench --workspace --locked --bench '*' >&2
