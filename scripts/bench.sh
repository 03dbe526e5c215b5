#!/usr/bin/env bash
# Measures this machine: the disk, the server on SQLite and on Postgres beside bare peers, then the libraries.
# One JSON object a line on standard output; what is measured, on standard error.
# A line with "ratio" divides a figure of ours by its bare peer's, which ran just before and after it.
#   INOS_BENCH_SPAN        how long each load lasts (10s)
#   INOS_BENCH_LIBRARIES   0 leaves the libraries out
set -euo pipefail
. "$(dirname "$0")/common.sh"
need_rust
use_target_dir
use_processor
span="${INOS_BENCH_SPAN:-10s}"
libraries="${INOS_BENCH_LIBRARIES:-1}"
unset INOS_BENCH_SPAN INOS_BENCH_LIBRARIES
inos="$target_dir/release/inos"
# How often each way to hash a large file is tried; the median counts.
rounds=5

have curl || install curl
for peer in b3sum brotli; do
    have "$peer" || (install "$peer") || say "Without $peer, figures beside it are left out"
done

say "Building"
cargo build --release --locked -p inos-node
cargo build --release --locked -p inos-gateway --example bare

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
bare=""

# end PID: ends a process of ours, if it was begun.
end() {
    if [ -n "$1" ]; then
        kill -TERM "$1" 2>/dev/null || true
        wait "$1" || true
    fi
}
stop_server() {
    end "$server"
    server=""
}
trap 'trap "" INT TERM; stop_server; end "$bare"; rm -rf "$work"; stop_postgres' EXIT

# start_server NAME ARGUMENT…: a server with a folder and a port of its own; `ready_ms` says how long it took.
start_server() {
    database="$1"
    export INOS_DATA_DIR="$work/$database"
    shift
    mkdir "$INOS_DATA_DIR"
    local begun="${EPOCHREALTIME/./}"
    "$inos" serve --json --listen 127.0.0.1:0 "$@" >"$INOS_DATA_DIR.out" 2>"$INOS_DATA_DIR.log" &
    server=$!
    for _ in $(seq 3000); do
        INOS_URL="$(sed -n 's/.*"url": *"\([^"]*\)".*/\1/p' "$INOS_DATA_DIR.out")"
        export INOS_URL
        if [ -n "$INOS_URL" ] && "$inos" health >/dev/null 2>&1; then
            ready_ms=$(((${EPOCHREALTIME/./} - begun) / 1000))
            return
        fi
        kill -0 "$server" 2>/dev/null || die "the server ended: $(cat "$INOS_DATA_DIR.log")"
        sleep 0.01
    done
    die "the server is not ready after 30 s: $(cat "$INOS_DATA_DIR.log")"
}

start_bare() {
    "$target_dir/release/examples/bare" 127.0.0.1:0 >"$work/bare.out" &
    bare=$!
    until bare_url="$(grep http "$work/bare.out")"; do
        kill -0 "$bare" 2>/dev/null || die "the bare peer ended"
        sleep 0.01
    done
}

# field NAME: a number from the JSON object on standard input.
field() { sed -n "s/.*\"$1\": *\([0-9.]*\).*/\1/p"; }

# ratio OF FIGURE TO PEER [PEER]: how our figure stands to the mean of its peer's.
ratio() {
    LC_ALL=C awk -v database="$database" -v of="$1" -v figure="$2" -v to="$3" -v before="$4" -v after="${5:-$4}" 'BEGIN {
        peer = (before + after) / 2
        printf "{\"database\":\"%s\",\"ratio\":%.3g,\"of\":\"%s\",\"to\":\"%s\",\"figure\":%.6g,\"peer\":%.6g}\n",
            database, (peer > 0 ? figure / peer : 0), of, to, figure, peer
    }'
}

load() {
    say "$*"
    "$inos" bench "$@" --size 1KiB --span "$span" | sed "s/^{/{\"database\":\"$database\",/"
}

peer_load() {
    say "The bare peer: $*"
    "$inos" bench "$@" --size 1KiB --span "$span" --url "$bare_url" | sed 's/^{/{"database":null,/'
}

# beside OF TO DOOR PATH ARGUMENT…: a load of ours between two of its bare peer's at PATH.
beside() {
    local of="$1" to="$2" door="$3" path="$4" before ours after
    shift 4
    before="$(peer_load "$door" --raw "$path" "$@")"
    ours="$(load "$door" compute.blake3 "$@")"
    after="$(peer_load "$door" --raw "$path" "$@")"
    printf '%s\n' "$before" "$ours" "$after"
    ratio "$of" "$(field throughput <<<"$ours")" "$to" "$(field throughput <<<"$before")" "$(field throughput <<<"$after")"
}

flush() { "$inos" bench fsync; }

# What an answer in time costs beside the one flush that it waits for.
offered() {
    local before ours after
    say "A flush of this disk"
    before="$(flush)"
    ours="$(load http compute.blake3 --connections 16 --rate 1000)"
    after="$(flush)"
    printf '%s\n' "$before" "$ours" "$after"
    ratio "p50 in µs at 1,000 jobs a second over HTTP" "$(field p50_us <<<"$ours")" \
        "p50 in µs of one fdatasync" "$(field p50_us <<<"$before")" "$(field p50_us <<<"$after")"
}

# One commit of an accepted job, on a database of its own.
commit() {
    local where=("$database" "dir=$work")
    if [ "$database" = postgres ]; then where=("postgres=$postgres_url"); fi
    cargo bench --locked --quiet -p inos-ledger --features testing --bench ledger -- "${where[@]}" accepted
}

# What the promise to run a job costs beside the one commit that it waits for.
accepted() {
    local before ours after
    us() { LC_ALL=C awk -v ms="$(field p50_ms <<<"$1")" 'BEGIN { print 1000 * ms }'; }
    say "One commit"
    before="$(commit)"
    ours="$(load jobs compute.blake3 --connections 1)"
    after="$(commit)"
    printf '%s\n' "$before" "$ours" "$after"
    ratio "p50 in µs of an accepted job over HTTP" "$(field p50_us <<<"$ours")" \
        "p50 in µs of one commit" "$(us "$before")" "$(us "$after")"
}

loads() {
    # First: what large loads have written is still on its way to the disk for a while.
    accepted
    beside "jobs a second, frames of 64" "a WebSocket that only hashes" ws /ws --connections 1 --window 15 --batch 64
    beside "jobs a second, one POST each, 64 connections" "a POST that only hashes" http /hash --connections 64
    load batches compute.blake3 --connections 4 --batch 256
    load ws compute.blake3 --connections 1
    say "Running jobs, cancelled one after the other"
    "$inos" bench cancel | sed "s/^{/{\"database\":\"$database\",/"
    offered
}

# post PATH FILE: seconds that curl takes to send a file and get its answer.
post() {
    local key=()
    if [ "$1" = "$INOS_URL" ]; then key=(-H "authorization: Bearer $(cat "$INOS_DATA_DIR/admin.key")"); fi
    # Without `Expect` a server cannot make curl wait for its go-ahead.
    curl -fsS -o "$work/answer" -w '%{time_total}\n' -X POST -H 'expect:' "${key[@]}" "${@:3}" "$1$2"
}

seconds_of() {
    local begun="${EPOCHREALTIME/./}"
    "$@" >"$work/answer"
    LC_ALL=C awk -v us=$((${EPOCHREALTIME/./} - begun)) 'BEGIN { print us / 1e6 }'
}

median() { sort -n "$1" | sed -n "$(((rounds + 1) / 2))p"; }

# 1 GiB as a body and as a stored blob. Ratios are of speeds: above 1, ours took less time.
large() {
    local file="$work/gib" hash job at="$work/times"
    say "1 GiB: posted, a sink, a stored blob and b3sum, in turns"
    head -c 1G /dev/urandom >"$file"
    # Else it would still be on its way to the disk while others are measured.
    sync "$file"
    hash="$("$inos" blobs put "$file" --json | sed -n 's/.*"hash": *"\([0-9a-f]*\)".*/\1/p')"
    job="{\"unit\":\"compute\",\"method\":\"blake3\",\"inputs\":[{\"blob\":\"$hash\"}]}"
    for _ in $(seq "$rounds"); do
        post "$bare_url" /sink -T "$file" >>"$at.sink"
        post "$INOS_URL" /v1/run/compute/blake3 -T "$file" >>"$at.posted"
        [ "$(cat "$work/answer")" = "$hash" ] || die "a digest is wrong: $(cat "$work/answer")"
        if have b3sum; then seconds_of b3sum "$file" >>"$at.b3sum"; fi
        post "$INOS_URL" /v1/jobs -H 'content-type: application/json' -H 'prefer: wait=60' -d "$job" >>"$at.blob"
        grep -q '"succeeded"' "$work/answer" || die "a job did not succeed: $(cat "$work/answer")"
    done
    # Seconds, the other way round: a ratio of speeds.
    ratio "a sink's seconds for 1 GiB posted" "$(median "$at.sink")" "seconds of compute.blake3 on it" "$(median "$at.posted")"
    if have b3sum; then
        ratio "b3sum's seconds for 1 GiB" "$(median "$at.b3sum")" "seconds of compute.blake3 on it as a stored blob" "$(median "$at.blob")"
    fi
    rm "$file"
}

# What a started server takes while nobody asks.
at_rest() {
    say "Started and idle"
    local worked rss
    ticks() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }
    worked="$(ticks)"
    sleep 5
    rss="$(awk '/^VmRSS/ { print $2 * 1024 }' "/proc/$server/status")"
    worked=$((($(ticks) - worked) * 1000 / $(getconf CLK_TCK)))
    echo "{\"database\":\"$database\",\"ready_ms\":$ready_ms,\"idle_rss_bytes\":$rss,\"idle_cpu_ms_in_5_s\":$worked}"
}

start_bare
say "On SQLite"
start_server sqlite
at_rest
loads
large
stop_server
say "On Postgres"
start_server postgres --database-url "$postgres_url"
loads
stop_server
end "$bare"
bare=""
if [ "$libraries" != 0 ]; then
    say "The libraries"
    # A grid in numba as the peer of flocks, OpenBLAS and FFTW of products and transforms: the benches leave them out where
    # there are none.
    if have python3 && { [ -x "$target_dir/peers/bin/python" ] || python3 -m venv "$target_dir/peers"; } &&
        "$target_dir/peers/bin/pip" install --quiet numpy==2.4.6 numba==0.68.1 pyfftw==0.15.1 >&2; then
        export INOS_BENCH_PYTHON="$target_dir/peers/bin/python"
    else
        say "Without python3 and its venv, figures beside numba, OpenBLAS and FFTW are left out"
    fi
    cargo bench --workspace --locked --bench '*' >&2
fi
