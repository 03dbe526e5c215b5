#!/usr/bin/env bash
# A storm over both databases: the server and Postgres are killed at random moments and steps while clients go on,
# and everything that clients were told must hold at the end.
#   INOS_TEST_KILLS   how often (500)
#   INOS_TEST_WISHES  how much clients are to be told at least (50000)
#   INOS_TEST_SEED    the choices of an earlier storm again; each prints its own
set -euo pipefail
. "$(dirname "$0")/common.sh"
need_rust
use_target_dir
use_mold

storm() {
    local features=(--features inos-node/test-units)
    cargo build --workspace --locked "${features[@]}" --lib --bins --tests
    INOS_TEST_KILLS="${INOS_TEST_KILLS:-500}" INOS_TEST_WISHES="${INOS_TEST_WISHES:-50000}" \
        cargo test --locked "${features[@]}" -p inos-tests --test it chaos -- --nocapture --test-threads 1
}

. scripts/with-postgres.sh
step "storm" storm
print_steps
