#!/usr/bin/env bash
# Everything a change must pass. Installs what it needs, starts a Postgres of its own, prints minutes per step,
# ends at the first step that fails.
set -euo pipefail
. "$(dirname "$0")/common.sh"

# Units that misbehave on purpose; never in a release.
features=(--features inos-node/test-units)

install_what_is_missing() {
    local missing=()
    have capnp || missing+=(capnproto)
    have mold || missing+=(mold)
    have brotli || missing+=(brotli)
    have faketime || missing+=(faketime)
    have initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
    have chromium || have google-chrome || missing+=(chromium)
    if [ "${#missing[@]}" != 0 ]; then install "${missing[@]}"; fi
}

check_scripts() {
    local script
    for script in scripts/*.sh .ci/run; do bash -n "$script"; done
    if have shellcheck; then shellcheck scripts/*.sh .ci/run; fi
}

run_tests() {
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --workspace --locked "${features[@]}"
    else
        cargo test --workspace --locked "${features[@]}" --no-fail-fast --lib --bins --tests
    fi
}

# The integration tests run the real `inos`, so it is built with them.
build_tests() { cargo build --workspace --locked "${features[@]}" --lib --bins --tests; }

need_rust
step "install what is missing" install_what_is_missing
use_target_dir
use_mold
export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-auto}"

step "scripts" check_scripts
step "format" cargo fmt --all --check
step "dependencies" scripts/dependencies.sh
step "clippy" cargo clippy --workspace --all-targets --locked -- -D warnings
step "build the tests" build_tests
say "start Postgres"
. scripts/with-postgres.sh
step "unit and integration tests" run_tests
step "TypeScript" scripts/sdk.sh "$target_dir/debug/inos"
step "console" scripts/console.sh "$target_dir/debug/inos"
step "documentation tests" cargo test --workspace --locked --doc
print_steps
