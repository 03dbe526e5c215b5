#!/usr/bin/env bash
# Holds every dependency against deny.toml with nothing but cargo: licences, sources, bans.
set -euo pipefail
. "$(dirname "$0")/common.sh"
need_rust

# The names between `allow = [` and `]` under [licenses], one a line.
allowed() {
    awk '/^\[/ { inside = 0 } /^\[licenses\]/ { inside = 1 }
         inside && /^allow = \[/ { list = 1; next } list && /^\]/ { exit }
         list { gsub(/^[ "]+|[", ]+$/, ""); print }' deny.toml
}

# Whether a licence expression can be met with allowed licences alone.
is_met() {
    local sum=" ${1//\// OR } " name
    sum="${sum//(/ ( }"
    sum="${sum//)/ ) }"
    while read -r name; do
        sum="${sum// $name / 1 }"
        sum="${sum// $name / 1 }"
    done < <(allowed | awk '{ print length, $0 }' | sort -rn | cut -d' ' -f2-)
    sum="$(sed -E 's/ OR / || /g; s/ AND / \&\& /g; s/[A-Za-z][A-Za-z0-9.+-]*( WITH [A-Za-z0-9.+-]+)?|[0-9][A-Za-z0-9.+-]*[A-Za-z.+-][A-Za-z0-9.+-]*/0/g' <<<"$sum")"
    [[ "$sum" =~ ^[01\ \|\&\(\)]+$ ]] && ((sum))
}

check_licences() {
    local expression package used wrong=0
    used="$(cargo tree --workspace --locked --edges normal,build --prefix none --format '{l}|{p}' | sort -u)"
    while IFS='|' read -r expression package; do
        case "$package" in "" | inos-*' (/'* | *" (*)") continue ;; esac
        if ! is_met "$expression"; then
            printf 'not an allowed licence: %s of %s\n' "${expression:-none}" "$package" >&2
            wrong=1
        fi
    done <<<"$used"
    return "$wrong"
}

check_sources() {
    if grep '^source = ' Cargo.lock | grep -v '"registry+https://github.com/rust-lang/crates.io-index"'; then
        die "a dependency comes from elsewhere than crates.io"
    fi
}

# Every version of a crate in the lock file.
versions() { awk -v name="$1" '$0 == "name = \"" name "\"" { getline; gsub(/version = |"/, ""); print }' Cargo.lock; }

is_below() { [ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

check_bans() {
    local crate below only_one version
    # Each entry as: name, the version it must not be below if there is one, whether there may be only one.
    while read -r crate below only_one; do
        if [ "$only_one" = yes ]; then
            [ "$(versions "$crate" | wc -l)" -le 1 ] || die "there are several versions of $crate: $(versions "$crate" | xargs)"
            continue
        fi
        for version in $(versions "$crate"); do
            if [ "$below" = - ] || is_below "$version" "$below"; then die "$crate $version is banned in deny.toml"; fi
        done
    done < <(sed -nE 's/^ *\{ crate = "([^":]+)(:<([^"]+))?"(, deny-multiple-versions = (true))?.*/\1 \3 \5/p' deny.toml |
        awk -F' ' '{ below = "-"; only = "no"
                     for (i = 2; i <= NF; i++) if ($i == "true") only = "yes"; else below = $i
                     print $1, below, only }')
}

check_licences
check_sources
check_bans
if cargo deny --version >/dev/null 2>&1; then
    cargo deny --log-level error check bans licenses sources
else
    echo "note: cargo-deny is not installed; the same was checked without it" >&2
fi
