#!/usr/bin/env bash
# The long forms: loom's models of the arena's threads, thousands of cases per property, many kills, the contract, the image.
set -euo pipefail
. "$(dirname "$0")/common.sh"
need_rust
use_target_dir

models() {
    # Under this cfg every atomic is loom's, so nothing built for it is of use to anybody else.
    LOOM_MAX_PREEMPTIONS="${LOOM_MAX_PREEMPTIONS:-3}" RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR="$target_dir/loom" \
        cargo test -p inos-arena --locked --release --lib models | tee "$target_dir/models.log"
    grep -q '^test result: ok. [1-9]' "$target_dir/models.log" || die "no model ran"
}

long_tests() {
    local features=(--features inos-node/test-units)
    cargo build --workspace --locked "${features[@]}" --lib --bins --tests
    export INOS_TEST_LONG=1 PROPTEST_CASES="${PROPTEST_CASES:-4096}"
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --workspace --locked "${features[@]}" --profile long
    else
        cargo test --workspace --locked "${features[@]}" --no-fail-fast --lib --bins --tests
    fi
}

sdk() {
    INOS_SDK_CUTS=1000 INOS_SDK_HOSTILE=300000 scripts/sdk.sh "$target_dir/debug/inos"
}

# Its list with a million jobs, where the other tests have 50,000.
console() { INOS_CONSOLE_JOBS=1000000 scripts/console.sh "$target_dir/debug/inos"; }

documentation() { RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked; }

step "models of threads" models
use_mold
step "documentation" documentation
. scripts/with-postgres.sh
step "long tests" long_tests
step "TypeScript" sdk
step "console" console
step "contract" scripts/contract.sh
step "image" scripts/image-test.sh
print_steps
