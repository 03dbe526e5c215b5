# shellcheck shell=bash
# What the scripts share: sourced, never run. Leaves the caller in the root of the repository.

cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n\033[1m%s\033[0m\n' "$*" >&2; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root, or fails when that is not possible without a password.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

# install PACKAGE…: installs Debian packages, or says plainly what is missing.
install() {
    if ! have apt-get; then
        die "these are missing, and only Debian's apt-get is known here: $*"
    fi
    if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
        die "these Debian packages are missing: $*
       install them with: sudo apt-get install $*"
    fi
    say "Installing $*"
    local options=(-y -q --no-install-recommends -o Dpkg::Use-Pty=0)
    if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@" >/dev/null 2>&1; then
        as_root apt-get update -q >/dev/null
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@" >&2
    fi
}

need_rust() {
    have cargo || PATH="$HOME/.cargo/bin:$PATH"
    have cargo || die "Rust is missing: see https://rustup.rs"
    have cc || install gcc libc6-dev
}

NODE_MAJOR_MIN=20

has_node() { have node && have npm && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge "$NODE_MAJOR_MIN" ]; }

need_node() { has_node || die "Node $NODE_MAJOR_MIN or newer is missing: see https://nodejs.org"; }

# Where cargo builds: a folder outside the clone when there is one to share, else ./target.
use_target_dir() {
    local shared="${INOS_TARGET_DIR:-}"
    if [ -z "$shared" ] && [ -d "$HOME/.cache/inos-target" ]; then
        shared="$HOME/.cache/inos-target"
    fi
    if [ -n "$shared" ] && [ -z "${CARGO_TARGET_DIR:-}" ]; then
        export CARGO_TARGET_DIR="$shared"
    fi
    # A server started from here would take it for a setting of its own.
    unset INOS_TARGET_DIR
    # shellcheck disable=SC2034 # the sourcing script reads it
    target_dir="$(realpath -m "${CARGO_TARGET_DIR:-target}")"
}

# Links with mold where the compiler can. For debug builds alone: a release build links once.
use_mold() {
    if have mold && [ -z "${RUSTFLAGS:-}" ] &&
        printf 'int main(void) { return 0; }\n' | cc -fuse-ld=mold -x c - -o /dev/null 2>/dev/null; then
        export RUSTFLAGS="-C link-arg=-fuse-ld=mold"
    fi
}

# Builds for processors like this one (those since about 2013) where it is one of them: statements of `data` over large
# files take a tenth less. For what runs where it was built; such a build tells a processor that it cannot run on.
use_processor() {
    local flag
    if [ -n "${RUSTFLAGS:-}" ] || [ "$(uname -m)" != x86_64 ]; then return; fi
    for flag in avx2 bmi1 bmi2 f16c fma movbe abm aes; do
        if ! grep -m1 '^flags' /proc/cpuinfo 2>/dev/null | grep -qw "$flag"; then return; fi
    done
    export RUSTFLAGS="-C target-cpu=x86-64-v3 -C target-feature=+aes"
}

steps=""

# step NAME COMMAND…: runs it, remembers how long it took, and ends the script when it fails.
step() {
    local name="$1" begun="$SECONDS" outcome=ok
    shift
    say "$name"
    # A subshell keeps `set -e` at work inside functions.
    set +e
    (
        set -e
        "$@"
    )
    local status=$?
    set -e
    if [ "$status" != 0 ]; then outcome=FAILED; fi
    local seconds=$((SECONDS - begun))
    steps+="$(printf '  %-44s %3d min %02d s  %s' "$name" $((seconds / 60)) $((seconds % 60)) "$outcome")"$'\n'
    if [ "$status" != 0 ]; then
        print_steps
        exit "$status"
    fi
}

print_steps() {
    say "Steps"
    printf '%s' "$steps" >&2
    printf '  %-44s %3d min %02d s\n' "in all" $((SECONDS / 60)) $((SECONDS % 60)) >&2
}
