#!/usr/bin/env bash
# Builds the server, leaves it running on its embedded database, and runs a first job on it.
#   INOS_DATA_DIR   where it keeps its data (./inos-data)
#   SLIM=1          leaves the units `data`, `audio` and `image` out, which are most of what there is to compile
#   INOS_LISTEN     where it listens (127.0.0.1:4667)
set -euo pipefail
. "$(dirname "$0")/common.sh"
need_rust
use_target_dir
use_processor

data_dir="${INOS_DATA_DIR:-./inos-data}"
listen="${INOS_LISTEN:-127.0.0.1:4667}"
url="http://$listen"
inos="$target_dir/release/inos"
export INOS_URL="$url" INOS_DATA_DIR="$data_dir"

is_up() { "$inos" health >/dev/null 2>&1; }

start_server() {
    mkdir -p "$data_dir"
    chmod 0700 "$data_dir"
    local log="$data_dir/serve.log"
    setsid "$inos" serve --listen "$listen" --data-dir "$data_dir" >>"$log" 2>&1 </dev/null &
    local server=$!
    printf '%s\n' "$server" >"$data_dir/serve.pid"
    for _ in $(seq 300); do
        if is_up; then return; fi
        if ! kill -0 "$server" 2>/dev/null; then
            tail -n 20 "$log" >&2
            die "the server ended; its log is $log"
        fi
        sleep 0.1
    done
    tail -n 20 "$log" >&2
    die "the server is not ready after 30 s; its log is $log"
}

# Signs in once within 15 minutes of the server's start; afterwards the page asks for the key.
console_link() {
    local link
    link="$(cat "$data_dir/console.link" 2>/dev/null || true)"
    printf '%s' "${link:-$url/console}"
}

first_job() {
    local work="$data_dir/first-job"
    mkdir -p "$work"
    printf 'The quick brown fox jumps over the lazy dog' >"$work/input"
    "$inos" run compute.blake3 --param encoding=hex "$work/input" \
        --output "$work/output" --receipt "$work/receipt.json" --verbose
    printf 'result   %s\n\nIts receipt, checked without the server:\n' "$(cat "$work/output")"
    "$inos" verify "$work/receipt.json" --input "$work/input" --output "$work/output"
}

if has_node; then
    say "Building the console"
    # The server is worth having without it.
    scripts/console.sh >/dev/null || say "The console could not be built and is left out: scripts/console.sh says why"
else
    say "The console is left out: it wants Node $NODE_MAJOR_MIN or newer to be built"
fi
say "Building (the first time takes minutes)"
slim=()
if [ "${SLIM:-}" = 1 ]; then slim=(--no-default-features); fi
cargo build --release --locked -p inos-node "${slim[@]}"
if is_up; then
    say "A server is already up at $url"
else
    say "Starting the server"
    start_server
fi
say "A first job: the BLAKE3 of a sentence"
first_job
cat >&2 <<TEXT

The server is up at $url
  its key     $data_dir/admin.key
  its log     $data_dir/serve.log
  console     $(console_link)
  its API     $url/docs
  stop it     make stop
TEXT
