#!/usr/bin/env bash
# Asks a real server everything that its own description allows, and much that it does not: no 5xx, no status, media
# type or body that is not described, nothing taken that the description forbids, no door open without a key.
#   INOS_CONTRACT_EXAMPLES  how many requests are made up for each operation (30)
set -euo pipefail
. "$(dirname "$0")/common.sh"
need_rust
use_target_dir
use_mold
python="$target_dir/contract/bin"
examples="${INOS_CONTRACT_EXAMPLES:-30}"
# The server takes none of our variables for its own.
unset INOS_CONTRACT_EXAMPLES

install_schemathesis() {
    if [ -x "$python/schemathesis" ]; then return; fi
    have python3 || install python3 python3-venv
    python3 -m venv "$target_dir/contract" || { install python3-venv && python3 -m venv "$target_dir/contract"; }
    "$python/pip" install --quiet 'schemathesis>=4.20,<5'
}

work="$(mktemp -d "${TMPDIR:-/tmp}/inos-contract.XXXXXX")"
server=""
clean_up() {
    if [ -n "$server" ]; then
        kill -TERM "$server" 2>/dev/null || true
        wait "$server" || true
    fi
    rm -rf "$work"
}
trap clean_up EXIT

ask() {
    local url key
    cargo build --locked -p inos-node
    "$target_dir/debug/inos" serve --json --listen 127.0.0.1:0 --data-dir "$work/data" >"$work/out" 2>"$work/log" &
    server=$!
    for _ in $(seq 300); do
        url="$(sed -n 's/.*"url": *"\([^"]*\)".*/\1/p' "$work/out")"
        if [ -n "$url" ]; then break; fi
        kill -0 "$server" 2>/dev/null || die "the server ended: $(cat "$work/log")"
        sleep 0.1
    done
    key="$(cat "$work/data/admin.key")"
    "$python/schemathesis" --config-file scripts/schemathesis.toml run "$url/openapi.json" \
        --header "Authorization: Bearer $key" --max-examples "$examples" \
        --phases examples,coverage,fuzzing,stateful --request-timeout 20 --no-color
    if grep -q panicked "$work/log"; then die "the server panicked: $(cat "$work/log")"; fi
}

step "install schemathesis" install_schemathesis
step "ask" ask
print_steps
