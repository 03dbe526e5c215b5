#!/usr/bin/env bash
# Tests of the tests: breaks the way of the money in one place after another, in a copy, and wants the ledger's laws to
# notice each. A break that no longer fits the code, or that nothing notices, is a failure.
set -euo pipefail
. "$(dirname "$0")/common.sh"
need_rust
use_target_dir
use_mold
copy="$target_dir/mutants/tree"
export CARGO_TARGET_DIR="$target_dir/mutants/target"

# file | what stands there | what the break puts in its place
breaks=(
    'committer/posting.rs|Change { balance: -cost, held: 0, leased: -cost }|Change { balance: -cost, held: 0, leased: 0 }'
    'committer/posting.rs|Change { balance: -cost, held: -held.hold, leased: 0 }|Change { balance: -cost, held: 0, leased: 0 }'
    'committer/posting.rs|Change { balance: 0, held: hold, leased: -hold }|Change { balance: 0, held: 0, leased: -hold }'
    'committer/posting.rs|self.fold.balance(transfer.debit().0, -amount)|self.fold.balance(transfer.debit().0, amount)'
    'committer/verdict.rs|if self.jobs.contains(&id)|if false && self.jobs.contains(&id)'
    'committer/sqlite.rs|AND token = ?5 AND remainder|AND ?5 = ?5 AND remainder'
    'committer/postgres/statements.rs|AND t.token = s.token AND|AND'
    'committer/batch.rs|Ok(Fate::Happened) => Ok(results),|Ok(Fate::Happened) => self.attempt(entries, careful),'
    'committer/batch.rs|reservation.spent(amount, until_ms);|reservation.spent(amount / 2, until_ms);'
    'garbage.rs|sum.cost += cost;|sum.cost += cost / 2;'
    'committer/sqlite.rs|expires = ?5 WHERE expires <= ?6|expires = ?5 WHERE expires <> ?6'
    'committer/posting.rs|self.fold.balance(self.node, cost);|self.fold.balance(self.node, cost - 1);'
)

lay_out() {
    rm -rf "$copy"
    mkdir -p "$copy"
    git ls-files -z | xargs -0 cp --parents -t "$copy"
}

# The first law that fails is enough.
laws() {
    cd "$copy"
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --locked -p inos-ledger --lib --fail-fast --cargo-quiet
    else
        cargo test --locked -p inos-ledger --lib -- --quiet
    fi
}

# noticed FILE OLD NEW: whether the laws fail once NEW stands where OLD stood.
noticed() {
    local file="$copy/server/ledger/src/$1" old="$2" new="$3" sound
    sound="$(cat "$file")"
    [[ "$sound" == *"$old"* ]] || die "$1 no longer says: $old"
    # All of them: what is broken in one place only may be mended by the other.
    printf '%s\n' "${sound//"$old"/"$new"}" >"$file"
    if (laws) >"$copy/said" 2>&1; then
        printf '%s\n' "$sound" >"$file"
        return 1
    fi
    grep -qE '^test result: FAILED|^ +FAIL ' "$copy/said" || die "the break does not compile: $new
$(tail -20 "$copy/said")"
    printf '%s\n' "$sound" >"$file"
}

break_all() {
    local one file old new missed=0
    for one in "${breaks[@]}"; do
        IFS='|' read -r file old new <<<"$one"
        if noticed "$file" "$old" "$new"; then
            printf 'noticed: %s: %s\n' "$file" "$new"
        else
            printf 'NOT noticed: %s: %s\n' "$file" "$new" >&2
            missed=$((missed + 1))
        fi
    done
    [ "$missed" = 0 ] || die "$missed breaks went unnoticed"
}

. scripts/with-postgres.sh
step "copy" lay_out
step "the laws hold" laws
step "breaks" break_all
print_steps
